"""The plain half of WAMR 2.2's body validator: values, variables, memory, bulk memory.

`body` adds control, calls and exceptions and walks. Checks come in WAMR's order; the features used are noted.
"""

from __future__ import annotations

from taskrunner.wasm.cursor import Rejected
from taskrunner.wasm.model import ANY, F32, F64, I32, I64, Function, FuncType, Image, Use
from taskrunner.wasm.opcodes import ALIGNMENT, BULK, FIRST_STORE, MEMORY_TYPE, SATURATING
from taskrunner.wasm.stack import WIDE, OperandStack


class Context:
    """What bodies refer to, gathered once for a module."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.types = image.types
        self.functions = [image.types[index] for index in image.function_types()]
        self.globals = image.all_globals()
        self.tables = image.all_tables()
        self.tags = [image.types[index] for index in image.all_tags()]
        self.has_memory = bool(image.all_memories())
        self.address = I64 if image.memory64 else I32

    def note(self, feature: str, use: Use) -> None:
        """Records the use of a feature."""
        self.image.features.setdefault(feature, []).append(use)


class ValueBody(OperandStack):
    """A function body with the handlers of all instructions that do not change where execution goes."""

    __slots__ = ("context", "index", "locals", "type")

    def __init__(self, context: Context, function: Function, index: int) -> None:
        super().__init__(context.image.data, function.start, function.end)
        self.context = context
        self.index = index
        self.type: FuncType = context.types[function.type_index]
        self.locals = self.type.params + function.locals

    def note(self, feature: str, instruction: str) -> None:
        """Records that the instruction just read uses a feature."""
        self.context.note(feature, Use(self.index, self.p - 1, instruction))

    def _simple(self, opcode: int, effect: tuple[int, int, int]) -> None:
        popped, count, pushed = effect
        self.pop(popped)
        if count == 2:
            self.pop(popped)
        self.push(pushed)

    def _drop(self, opcode: int) -> None:
        if len(self.cells) > self.frame.base:
            del self.cells[-2 if self.cells[-1] in WIDE else -1 :]
        elif not self.frame.polymorphic:
            raise self.reject("type mismatch, opcode drop was found but stack was empty")

    def _select(self, opcode: int) -> None:
        self.pop(I32)
        if len(self.cells) > self.frame.base:
            kind = self.cells[-1]
            self.pop(kind)
            self.pop(kind)
            self.push(kind)
        elif self.frame.polymorphic:
            self.push(ANY)
        else:
            text = "type mismatch or invalid result arity, opcode select was found but stack was empty"
            raise self.reject(text)

    def _local(self, opcode: int) -> None:
        index = self.u32()
        if index >= len(self.locals):
            raise self.reject("unknown local")
        kind = self.locals[index]
        if opcode != 0x20:
            self.pop(kind)
        if opcode != 0x21:
            self.push(kind)

    def _global(self, opcode: int) -> None:
        index = self.u32()
        if index >= len(self.context.globals):
            raise self.reject("unknown global")
        one = self.context.globals[index]
        if opcode == 0x23:
            self.push(one.type)
            return
        if not one.mutable:
            raise self.reject("global is immutable")
        self.note("global-set", str(index))
        self.pop(one.type)

    def _const(self, opcode: int) -> None:
        if opcode == 0x41:
            self.s32()
            self.push(I32)
        elif opcode == 0x42:
            self.s64()
            self.push(I64)
        else:
            size, kind = (4, F32) if opcode == 0x43 else (8, F64)
            self.need(size)
            self.p += size
            self.push(kind)

    # Memory

    def _memory_access(self, opcode: int) -> None:
        self._need_memory("unknown memory")
        align = self.u32()
        self._memory_offset()
        if align > ALIGNMENT[opcode - 0x28]:
            raise self.reject("alignment must not be larger than natural")
        kind = MEMORY_TYPE[opcode - 0x28]
        if opcode >= FIRST_STORE:
            self.pop(kind)
            self.pop(self.context.address)
        else:
            self.pop(self.context.address)
            self.push(kind)

    def _memory_offset(self) -> None:
        try:
            if self.context.address == I64:
                self.u64()
            else:
                self.u32()
        except Rejected:
            raise self.reject("offset out of range", bare=True) from None

    def _need_memory(self, text: str) -> None:
        if not self.context.has_memory:
            raise self.reject(text)

    def _zero(self) -> None:
        if self.u32() != 0:
            raise self.reject("zero byte expected")

    def _memory_size(self, opcode: int) -> None:
        self._need_memory("unknown memory")
        self._zero()
        if opcode == 0x40:
            self.pop(self.context.address)
        self.push(self.context.address)
        self.note(
            "memory-size" if opcode == 0x3F else "memory-grow", "memory.size" if opcode == 0x3F else "memory.grow"
        )

    def _misc(self, opcode: int) -> None:
        start = self.p - 1
        sub = self.u32()
        if sub in SATURATING:
            popped, pushed = SATURATING[sub]
            self.pop(popped)
            self.push(pushed)
        elif sub in BULK:
            self._bulk(sub)
            self.context.note("bulk-memory", Use(self.index, start, BULK[sub]))
        else:
            raise self.reject(f"unsupported opcode fc {sub:02x}")

    def _bulk(self, sub: int) -> None:
        address = self.context.address
        if sub in (8, 9):
            self._data_segment(sub)
        elif sub == 10:
            self.need(2)
            self._zero()
            self._zero()
            self._need_memory("unknown memory 0")
        else:
            self._zero()
            self._need_memory("unknown memory 0")
        for kind in {8: (I32, I32, address), 10: (address,) * 3, 11: (address, I32, address)}.get(sub, ()):
            self.pop(kind)

    def _data_segment(self, sub: int) -> None:
        image, index = self.context.image, self.u32()
        if sub == 8:
            self._need_memory("unknown memory 0")
            self._zero()
        if index >= len(image.segments):
            shown = index if index < 1 << 31 else index - (1 << 32)
            raise self.reject(f"unknown data segment {shown}" if sub == 8 else "unknown data segment")
        if not image.data_count:
            raise self.reject("data count section required")
