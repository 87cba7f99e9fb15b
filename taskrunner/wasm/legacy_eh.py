"""Rewrites legacy exception handling (`try` `catch` `catch_all` `rethrow` `delegate`), which WAMR runs, to `try_table`.

An AOS image throws for Lua's errors in the legacy form; wasmtime runs only the newer one. One `try` becomes

    block $out (type)
      block $all (exception's values ...)          one block for each clause, the first one innermost
        block $first
          try_table (type) (catch $tag $first) (catch_all $all)
            ...body...
          end  br $out
        end  ...first handler...  br $out
      end  ...last handler...
    end

and every branch counts its labels anew. Where WAMR 2.2 itself errs (a lost payload in `rethrow`, WASM.md §1) this
follows the proposal. Source: legacy exception handling proposal; WebAssembly 3.0 §5.4 (try_table, throw_ref).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from taskrunner.wasm import instructions as op
from taskrunner.wasm.encode import signed, unsigned
from taskrunner.wasm.errors import ImageError
from taskrunner.wasm.instructions import Instruction, split
from taskrunner.wasm.model import VOID, Function, FuncType, Image

EXNREF = 0x69
THROW_REF, TRY_TABLE, LOCAL_GET, LOCAL_SET = 0x0A, 0x1F, 0x20, 0x21

TypeIndex = Callable[[FuncType], int]


@dataclass(slots=True)
class _Try:
    """What a look ahead finds about one `try`: its clauses as tags (None: catch_all), and who needs its exception.

    `delegate` is the try (or function) that takes what its body throws, if it ends in `delegate`.
    """

    clauses: list[int | None] = field(default_factory=list)
    rethrown: bool = False
    delegated_to: bool = False
    delegate: _Try | None = None


@dataclass(slots=True)
class _Entry:
    """One open block of the old code; `level` is the number of new labels that were open before its own."""

    level: int
    plan: _Try | None = None
    clause: int = 0
    exception_local: int = -1
    delegate_level: int = -1


def rewrite(image: Image, function: Function, type_index: TypeIndex) -> tuple[bytes, int]:
    """The new instructions of a function and how many locals of type exnref to append after its own."""
    return _Rewriter(image, function, type_index).run()


class _Rewriter:
    def __init__(self, image: Image, function: Function, type_index: TypeIndex) -> None:
        self.image = image
        self.type_index = type_index
        self.code = list(split(image.data, function.start, function.end))
        self.first_local = len(image.types[function.type_index].params) + len(function.locals)
        self.tags = [image.types[index] for index in image.all_tags()]
        self.out = bytearray()
        self.level = 0
        self.stack: list[_Entry] = []
        self.exception_locals = 0
        self.function_plan = _Try()
        self.plans = _look_ahead(self.code, self.function_plan)

    def run(self) -> tuple[bytes, int]:
        self._open(_Entry(0, self.function_plan))
        if self.function_plan.delegated_to:
            self._open_delegate_block(self.stack[0], FuncType(b"", b""))
        for position, instruction in enumerate(self.code):
            self._instruction(position, instruction)
        return bytes(self.out), self.exception_locals

    def _open(self, entry: _Entry) -> None:
        self.stack.append(entry)
        self.level += 1

    def _label(self, entry_level: int) -> bytes:
        return unsigned(self.level - 1 - entry_level)

    def _instruction(self, position: int, one: Instruction) -> None:
        if one.opcode == op.TRY:
            self._try(self.plans[position], one.operands[0])
        elif one.opcode in (op.BLOCK, op.LOOP, op.IF):
            self._copy(one)
            self._open(_Entry(self.level))
        elif one.opcode in (op.CATCH, op.CATCH_ALL):
            self._next_handler()
        elif one.opcode in (op.BR, op.BR_IF):
            self.out += bytes([one.opcode]) + self._target(one.operands[0])
        elif one.opcode == op.BR_TABLE:
            self.out += bytes([op.BR_TABLE]) + unsigned(len(one.operands) - 1)
            self.out += b"".join(self._target(depth) for depth in one.operands)
        elif one.opcode == op.RETHROW:
            local = self.stack[-1 - one.operands[0]].exception_local
            self.out += bytes([LOCAL_GET]) + unsigned(local) + bytes([THROW_REF])
        elif one.opcode in (op.END, op.DELEGATE):
            self._end()
        else:
            self._copy(one)

    def _copy(self, one: Instruction) -> None:
        self.out += self.image.data[one.start : one.end]

    def _target(self, depth: int) -> bytes:
        return self._label(self.stack[-1 - depth].level)

    def _try(self, plan: _Try, block_type: int) -> None:
        kind = self._block_kind(block_type)
        entry = _Entry(self.level, plan)
        if plan.delegate is not None:
            target = next(one.delegate_level for one in self.stack if one.plan is plan.delegate)
            self.out += bytes([TRY_TABLE]) + self._block_type(kind) + b"\1\3" + self._label(target)
            self._open(entry)
        elif not plan.clauses:
            self.out += bytes([op.BLOCK]) + self._block_type(kind)
            self._open(entry)
        else:
            self._open_clauses(entry, plan, kind)
        if plan.delegated_to:
            self._open_delegate_block(entry, kind)

    def _open_clauses(self, entry: _Entry, plan: _Try, kind: FuncType) -> None:
        self.out += bytes([op.BLOCK]) + self._block_type(kind)
        self._open(entry)
        if plan.rethrown:
            entry.exception_local = self.first_local + self.exception_locals
            self.exception_locals += 1
        for tag in reversed(plan.clauses):
            values = b"" if tag is None else self.tags[tag].params
            carried = values + (bytes([EXNREF]) if plan.rethrown else b"")
            self.out += bytes([op.BLOCK]) + self._block_type(FuncType(kind.params, carried))
            self.level += 1
        self.out += bytes([TRY_TABLE]) + self._block_type(kind) + unsigned(len(plan.clauses))
        for label, tag in enumerate(plan.clauses):
            form = (2 if tag is None else 0) + (1 if plan.rethrown else 0)
            self.out += bytes([form]) + (b"" if tag is None else unsigned(tag)) + unsigned(label)
        self.level += 1

    def _open_delegate_block(self, entry: _Entry, kind: FuncType) -> None:
        self.out += bytes([op.BLOCK]) + self._block_type(FuncType(kind.params, bytes([EXNREF])))
        entry.delegate_level = self.level
        self.level += 1

    def _close_delegate_block(self, entry: _Entry) -> None:
        """Ends a body that others delegate to: its own results leave by a branch, a handed exception is thrown."""
        if entry.delegate_level >= 0 and entry.clause == 0:
            self.out += bytes([op.RETURN]) if entry is self.stack[0] else bytes([op.BR, 1])
            self.out += bytes([op.END, THROW_REF])
            self.level -= 1

    def _next_handler(self) -> None:
        entry = self.stack[-1]
        assert entry.plan is not None
        self._close_delegate_block(entry)
        if entry.clause == 0:
            self.out.append(op.END)  # the try_table
            self.level -= 1
        self.out += bytes([op.BR]) + self._label(entry.level) + bytes([op.END])
        self.level -= 1
        entry.clause += 1
        if entry.plan.rethrown:
            self.out += bytes([LOCAL_SET]) + unsigned(entry.exception_local)

    def _end(self) -> None:
        entry = self.stack[-1]
        self._close_delegate_block(entry)
        self.out.append(op.END)
        self.stack.pop()
        self.level -= 1

    def _block_kind(self, block_type: int) -> FuncType:
        if block_type >= 0:
            return self.image.types[block_type]
        value = block_type + 128
        return FuncType(b"", b"" if value == VOID else bytes([value]))

    def _block_type(self, kind: FuncType) -> bytes:
        if not kind.params and len(kind.results) <= 1:
            return kind.results or bytes([VOID])
        return signed(self.type_index(kind))


def _look_ahead(code: list[Instruction], function: _Try) -> dict[int, _Try]:
    """The plan of every `try`, by its position in the code; marks the plans (and `function`) that others need."""
    plans: dict[int, _Try] = {}
    open_blocks: list[_Try | None] = [function]
    for position, one in enumerate(code):
        if one.opcode == op.TRY:
            plans[position] = _Try()
            open_blocks.append(plans[position])
        elif one.opcode in (op.BLOCK, op.LOOP, op.IF):
            open_blocks.append(None)
        elif one.opcode in (op.CATCH, op.CATCH_ALL):
            plan = open_blocks[-1]
            assert plan is not None
            plan.clauses.append(one.operands[0] if one.opcode == op.CATCH else None)
        elif one.opcode == op.RETHROW:
            plan = open_blocks[-1 - one.operands[0]]
            assert plan is not None
            plan.rethrown = True
        elif one.opcode == op.DELEGATE:
            plan = open_blocks.pop()
            if plan is None or plan.clauses:
                # valid nowhere, but WAMR's loader lets it pass
                text = "production loads this module, the embedded engine does not: delegate ends no plain try"
                raise ImageError(text, code="MOD-WASM-ENGINE", detail=text)
            outer = open_blocks[: len(open_blocks) - one.operands[0]]
            # a try whose handler we are in catches nothing any more; a plain block never does
            plan.delegate = next(each for each in reversed(outer) if each is not None and not each.clauses)
            plan.delegate.delegated_to = True
        elif one.opcode == op.END:
            open_blocks.pop()
    return plans
