"""Validates function bodies as WAMR 2.2's interpreter loader does: same order of checks, same words.

This half holds control, calls and legacy exceptions, and walks over the instructions (`Body.validate`).
"""

from __future__ import annotations

from collections.abc import Callable

from taskrunner.wasm.body_values import Context, ValueBody
from taskrunner.wasm.model import F32, F64, I32, I64, VOID, FuncType
from taskrunner.wasm.opcodes import SIMPLE
from taskrunner.wasm.stack import BLOCK, CATCH, CATCH_ALL, FUNCTION, IF, LOOP, TRY, WIDE, type_name

__all__ = ["Body", "Context"]

_LABELS = {0x02: BLOCK, 0x03: LOOP, 0x04: IF, 0x06: TRY}
_BLOCK_VALUES = frozenset((I32, I64, F32, F64, VOID))


class Body(ValueBody):
    """One function body under validation."""

    __slots__ = ()

    def validate(self, *, last: bool) -> None:
        """Walks the body; `last`: no function follows (WAMR words a missing end differently then)."""
        self.open(FUNCTION, self.type.params, self.type.results)
        data, end = self.data, self.end
        while self.p < end:
            opcode = data[self.p]
            self.p += 1
            simple = SIMPLE.get(opcode)
            if simple is not None:
                self._simple(opcode, simple)
            else:
                HANDLERS[opcode](self, opcode)
        if self.frames:
            text = "unexpected end of section or function, or section size mismatch"
            raise self.reject(text if last else "END opcode expected")

    def _unsupported(self, opcode: int) -> None:
        raise self.reject(f"unsupported opcode {opcode:02x}")

    def _unreachable(self, opcode: int) -> None:
        self.unreachable()

    def _nop(self, opcode: int) -> None:
        pass

    def _block(self, opcode: int) -> None:
        if opcode == 0x04:
            self.pop(I32)
        elif opcode == 0x06:
            self.note("exceptions", "try")
        params, results = self._block_type()
        for kind in reversed(params):
            if len(self.cells) <= self.frame.base and self.frame.polymorphic:
                break
            self.pop(kind)
        self.open(_LABELS[opcode], params, results)
        self.push_all(params)

    def _block_type(self) -> tuple[bytes, bytes]:
        value = self.byte()
        if value in _BLOCK_VALUES:
            return b"", b"" if value == VOID else bytes([value])
        self.p -= 1
        index = self.s32()
        if not 0 <= index < len(self.context.types):
            raise self.reject("unknown type")
        kind = self.context.types[index]
        return kind.params, kind.results

    def _else(self, opcode: int) -> None:
        frame = self.frame
        if len(self.frames) < 2 or frame.label != IF or frame.has_else:
            raise self.reject("opcode else found without matched opcode if")
        self.check_block()
        frame.has_else = True
        self.reset()
        frame.polymorphic = False
        self.push_all(frame.params)

    def _end(self, opcode: int) -> None:
        self.check_block()
        if self.frame.label == IF and not self.frame.has_else:
            self._else(opcode)
            self.check_block()
        self.close()
        if not self.frames and self.p < self.end:
            raise self.reject("section size mismatch")

    def _br(self, opcode: int) -> None:
        self.check_branch(self.u32())
        self.unreachable()

    def _br_if(self, opcode: int) -> None:
        self.pop(I32)
        self.check_branch(self.u32())

    def _br_table(self, opcode: int) -> None:
        count = self.u32()
        self.pop(I32)
        depths = []
        for _ in range(count + 1):
            depths.append(self.u32())
            if len(self.frames) - 1 < depths[-1]:
                raise self.reject("unknown label, unexpected end of section or function")
        arity = len(self.frames[-1 - depths[-1]].branch_types)
        for depth in dict.fromkeys(depths):  # the same target again has the same outcome
            if len(self.frames[-1 - depth].branch_types) != arity:
                raise self.reject("type mismatch: br_table targets must all use same result type")
            self.check_branch(depth, table=True)
        self.unreachable()

    def _return(self, opcode: int) -> None:
        self.pop_all(self.type.results)
        self.unreachable()

    # Calls

    def _call(self, opcode: int) -> None:
        index = self.u32()
        if index >= len(self.context.functions):
            raise self.reject(f"unknown function {index}")
        self._apply(self.context.functions[index], tail=opcode == 0x12)

    def _call_indirect(self, opcode: int) -> None:
        index = self.u32()
        # WAMR without reference types takes one byte here: a padded zero is not zero (WASM.md §0.2)
        if self.byte() != 0:
            raise self.reject("zero byte expected")
        tables = self.context.tables
        if not tables:
            raise self.reject("unknown table 0")
        self.pop(I64 if tables[0].is64 else I32)
        if index >= len(self.context.types):
            raise self.reject("unknown type")
        self._apply(self.context.types[index], tail=opcode == 0x13)

    def _apply(self, kind: FuncType, *, tail: bool) -> None:
        self.pop_all(kind.params)
        if not tail:
            self.push_all(kind.results)
            return
        self.note("tail-calls", "return_call")
        if len(kind.results) != len(self.type.results):
            raise self.reject(f"type mismatch: expect {len(self.type.results)} return values but got other")
        for got, wanted in zip(kind.results, self.type.results, strict=True):
            if got != wanted:
                raise self.reject(f"type mismatch: expect {type_name(wanted)} but got other")
        self.unreachable()

    # Exceptions (legacy proposal)

    def _throw(self, opcode: int) -> None:
        self.frame.polymorphic = True
        self.note("exceptions", "throw")
        index = self.s32() & 0xFFFFFFFF
        if index >= len(self.context.tags):
            shown = index if index < 1 << 31 else index - (1 << 32)
            raise self.reject(f"unknown tag {shown}", bare=True)
        self._expect_thrown(self.context.tags[index].params)
        self.reset()

    def _expect_thrown(self, kinds: bytes) -> None:
        top, available = len(self.cells), len(self.cells) - self.frame.base
        for kind in reversed(kinds):
            count = 2 if kind in WIDE else 1
            if available < count or any(cell != kind for cell in self.cells[top - count : top]):
                has = type_name(self.cells[-1]) if available > 0 else ""
                text = f"type mismatch: instruction requires [{type_name(kind)}] but stack has [{has}]"
                raise self.reject(text, bare=True)
            top -= count
            available -= count

    def _rethrow(self, opcode: int) -> None:
        self.frame.polymorphic = True
        self.note("exceptions", "rethrow")
        if self.check_branch(self.u32()).label not in (CATCH, CATCH_ALL):
            raise self.reject("invalid rethrow label")
        self.reset()

    def _delegate(self, opcode: int) -> None:
        self.note("exceptions", "delegate")
        if len(self.frames) - 1 <= self.u32():
            raise self.reject("unknown delegate label")
        self.close()

    def _catch(self, opcode: int) -> None:
        index = self.s32() & 0xFFFFFFFF
        if index >= len(self.context.tags):
            raise self.reject("unknown tag")
        self._handler(CATCH)
        self.push_all(self.context.tags[index].params)

    def _catch_all(self, opcode: int) -> None:
        self._handler(CATCH_ALL)

    def _handler(self, label: int) -> None:
        if self.frame.label not in (TRY, CATCH):
            raise self.reject("Unexpected block sequence encountered.")
        self.frame.label = label
        self.reset()


Handler = Callable[[Body, int], None]


def _handlers() -> list[Handler]:
    table: list[Handler] = [Body._unsupported] * 256
    named: dict[Handler, tuple[int, ...]] = {
        Body._unreachable: (0x00,),
        Body._nop: (0x01,),
        Body._block: (0x02, 0x03, 0x04, 0x06),
        Body._else: (0x05,),
        Body._catch: (0x07,),
        Body._throw: (0x08,),
        Body._rethrow: (0x09,),
        Body._end: (0x0B,),
        Body._br: (0x0C,),
        Body._br_if: (0x0D,),
        Body._br_table: (0x0E,),
        Body._return: (0x0F,),
        Body._call: (0x10, 0x12),
        Body._call_indirect: (0x11, 0x13),
        Body._delegate: (0x18,),
        Body._catch_all: (0x19,),
        Body._drop: (0x1A,),
        Body._select: (0x1B,),
        Body._local: (0x20, 0x21, 0x22),
        Body._global: (0x23, 0x24),
        Body._memory_access: tuple(range(0x28, 0x3F)),
        Body._memory_size: (0x3F, 0x40),
        Body._const: (0x41, 0x42, 0x43, 0x44),
        Body._misc: (0xFC,),
    }
    for handler, opcodes in named.items():
        for opcode in opcodes:
            table[opcode] = handler
    return table


HANDLERS = _handlers()
