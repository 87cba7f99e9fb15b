"""Loads every other section of a module with WAMR 2.2's checks, in WAMR's order and words.

Each `load_*` reads one section's bytes from a cursor into the image and raises `Rejected`. Function bodies are only
located here (`load_functions`); `body` validates them afterwards, as WAMR does.
"""

from __future__ import annotations

from taskrunner.wasm.cursor import UINT32, Cursor
from taskrunner.wasm.imports import VALUE_TYPES, load_memory, load_table
from taskrunner.wasm.model import (
    EXTERNREF,
    F32,
    F64,
    FUNCREF,
    I32,
    I64,
    V128,
    ConstExpr,
    Export,
    Function,
    FuncType,
    Global,
    Image,
    Kind,
    Segment,
)

UINT16 = 0xFFFF
# bytes that WAMR 2.2 allocates for each entry, all entries of a section in one piece of less than 4 GiB
_POINTER, _TABLE, _MEMORY, _GLOBAL, _EXPORT, _ELEMENTS, _ELEMENT, _FUNCTION = 8, 12, 16, 32, 16, 56, 24, 72


def cells(types: bytes) -> int:
    """How many 32-bit cells values of these types take on WAMR's stack."""
    return len(types) + types.count(I64) + types.count(F64)


def load_types(cursor: Cursor, image: Image) -> None:
    """The type section: function types only."""
    same: dict[tuple[bytes, bytes], int] = {}
    for _ in range(cursor.count(_POINTER)):
        if cursor.byte() != 0x60:
            raise cursor.reject("invalid type flag")
        params, results = _load_two_vectors(cursor)
        if len(params) > UINT16 or len(results) > UINT16:
            raise cursor.reject("param count or result count too large")
        if not VALUE_TYPES.issuperset(params + results):
            raise cursor.reject("unknown value type")
        if cells(params) > UINT16 or cells(results) > UINT16:
            raise cursor.reject("param count or result count too large")
        same[params, results] = same.get((params, results), 0) + 1
        if same[params, results] > UINT16:
            raise cursor.reject("wasm type's ref count too large")
        image.types.append(FuncType(params, results))
    cursor.finish()


def _load_two_vectors(cursor: Cursor) -> tuple[bytes, bytes]:
    vectors = []
    for _ in range(2):
        count = cursor.u32()
        cursor.need(count)
        vectors.append(cursor.data[cursor.p : cursor.p + count])
        cursor.p += count
    return vectors[0], vectors[1]


def load_functions(cursor: Cursor, code: Cursor | None, image: Image) -> None:
    """The function section together with the code section's sizes and locals."""
    count = cursor.u32()
    if count != (0 if code is None else code.u32()):
        raise cursor.reject("function and code section have inconsistent lengths or unexpected end")
    cursor.reserve(count, _POINTER, len(image.imported(Kind.FUNC)))
    if code is not None:
        for _ in range(count):
            image.functions.append(_load_function(cursor, code, image))
    cursor.finish()


def _load_function(cursor: Cursor, code: Cursor, image: Image) -> Function:
    index = cursor.u32()
    if index >= len(image.types):
        raise cursor.reject("unknown type")
    entry = code.p
    size = code.u32()
    if size == 0 or code.p + size > code.end:
        raise code.reject("invalid function code size")
    end = code.p + size
    groups = _load_local_groups(code)
    total = sum(count for count, _ in groups)
    code.reserve(_FUNCTION + total, 1)
    for _, kind in groups:
        if kind not in VALUE_TYPES:
            raise code.reject(_bad_local(kind))
    if sum(count * cells(bytes([kind])) for count, kind in groups) & UINT32 > UINT16:
        raise code.reject("local count too large")
    code.reserve(len(image.types[index].params) + total, 2)
    start, code.p = code.p, end
    return Function(index, start, end, b"".join(bytes([kind]) * count for count, kind in groups), entry)


def _load_local_groups(code: Cursor) -> list[tuple[int, int]]:
    groups: list[tuple[int, int]] = []
    total = 0
    for _ in range(code.u32()):
        count = code.u32()
        total += count
        if total > UINT32:
            raise code.reject("too many locals")
        groups.append((count, code.byte()))
    return groups


def _bad_local(kind: int) -> str:
    if kind == V128:
        return "v128 value type requires simd feature"
    if kind in (FUNCREF, EXTERNREF):
        return "ref value type requires reference types feature"
    return f"invalid local type 0x{kind:02X}"


def load_tables(cursor: Cursor, image: Image) -> None:
    """The table section: at most one table."""
    count = cursor.u32()
    if (len(image.imported(Kind.TABLE)) + count) & UINT32 > 1:
        raise cursor.reject("multiple tables")
    cursor.reserve(count, _TABLE)
    image.tables.extend(load_table(cursor) for _ in range(count))
    cursor.finish()


def load_memories(cursor: Cursor, image: Image) -> None:
    """The memory section: at most one memory."""
    count = cursor.u32()
    if (len(image.imported(Kind.MEMORY)) + count) & UINT32 > 1:
        raise cursor.reject("multiple memories")
    cursor.reserve(count, _MEMORY)
    image.memories.extend(load_memory(cursor) for _ in range(count))
    cursor.finish()


def load_tags(cursor: Cursor, image: Image) -> None:
    """The tag section of legacy exception handling."""
    count = cursor.u32()
    cursor.reserve(count, _POINTER, len(image.imported(Kind.TAG)))
    for _ in range(count):
        cursor.byte()
        index = cursor.u32()
        if index >= len(image.types):
            raise cursor.reject("unknown type")
        if image.types[index].results:
            raise cursor.reject("non-empty tag result type")
        image.tags.append(index)
    cursor.finish()


def load_globals(cursor: Cursor, image: Image) -> None:
    """The global section."""
    count = cursor.u32()
    cursor.reserve(count, _GLOBAL, len(image.imported(Kind.GLOBAL)))
    for _ in range(count):
        cursor.need(2)
        kind = cursor.byte()
        if kind not in VALUE_TYPES:
            raise cursor.reject("type mismatch")
        mutable = cursor.byte()
        if mutable >= 2:
            raise cursor.reject("invalid mutability")
        image.globals.append(Global(kind, bool(mutable), load_const(cursor, image, kind)))
    cursor.finish()


def load_const(cursor: Cursor, image: Image, wanted: int) -> ConstExpr:
    """A constant expression that leaves one value of type `wanted`."""
    stack: list[tuple[int, ConstExpr]] = []
    opcode = cursor.byte()
    while opcode != 0x0B:
        stack.append(_const_instruction(cursor, image, opcode))
        opcode = cursor.byte()
    if not stack:
        raise cursor.reject("type mismatch: const expr stack underflow")
    kind, value = stack.pop()
    if kind != wanted:
        raise cursor.reject("type mismatch")
    if stack:
        raise cursor.reject("type mismatch: illegal constant opcode sequence")
    return value


def _const_instruction(cursor: Cursor, image: Image, opcode: int) -> tuple[int, ConstExpr]:
    if opcode == 0x41:
        return I32, ConstExpr(opcode, cursor.s32())
    if opcode == 0x42:
        return I64, ConstExpr(opcode, cursor.s64())
    if opcode in (0x43, 0x44):
        size = 4 if opcode == 0x43 else 8
        cursor.need(size)
        cursor.p += size
        bits = int.from_bytes(cursor.data[cursor.p - size : cursor.p], "little")
        return (F32 if size == 4 else F64), ConstExpr(opcode, bits)
    if opcode == 0x23:
        index = cursor.u32()
        imported = image.imported(Kind.GLOBAL)
        if index >= len(imported):
            raise cursor.reject(f"unknown global {index}")
        desc = imported[index].desc
        assert isinstance(desc, Global)
        if desc.mutable:
            raise cursor.reject("constant expression required")
        return desc.type, ConstExpr(opcode, index)
    raise cursor.reject("illegal opcode or constant expression required or type mismatch")


_UNKNOWN = {
    Kind.FUNC: "unknown function",
    Kind.TABLE: "unknown table",
    Kind.MEMORY: "unknown memory",
    Kind.GLOBAL: "unknown global",
    Kind.TAG: "unknown tag",
}


def load_exports(cursor: Cursor, image: Image) -> None:
    """The export section; duplicates are looked for when all are read."""
    sizes = {
        Kind.FUNC: len(image.functions) + len(image.imported(Kind.FUNC)),
        Kind.TABLE: len(image.all_tables()),
        Kind.MEMORY: len(image.all_memories()),
        Kind.GLOBAL: len(image.all_globals()),
        Kind.TAG: len(image.all_tags()),
    }
    for _ in range(cursor.count(_EXPORT)):
        if cursor.p == cursor.end:
            raise cursor.reject("length out of bounds")
        name, kind, index = cursor.name(), cursor.byte(), cursor.u32()
        if kind > Kind.TAG:
            raise cursor.reject("invalid export kind")
        if index >= sizes[Kind(kind)]:
            raise cursor.reject(_UNKNOWN[Kind(kind)])
        image.exports.append(Export(name, Kind(kind), index))
    if len({one.name for one in image.exports}) != len(image.exports):
        raise cursor.reject("duplicate export name")
    cursor.finish()


def load_start(cursor: Cursor, image: Image) -> None:
    """The start section."""
    index = cursor.u32()
    types = image.function_types()
    if index >= len(types):
        raise cursor.reject("unknown function")
    kind = image.types[types[index]]
    if kind.params or kind.results:
        raise cursor.reject("invalid start function")
    image.start = index
    cursor.finish()


def load_elements(cursor: Cursor, image: Image) -> None:
    """The element section: only active segments of function indices; any other flag is read as a table index."""
    tables = image.all_tables()
    functions = len(image.functions) + len(image.imported(Kind.FUNC))
    for _ in range(cursor.count(_ELEMENTS)):
        if cursor.p >= cursor.end:
            raise cursor.reject("invalid value type or invalid elements segment kind")
        if cursor.u32() != 0:
            raise cursor.reject("zero byte expected")
        if not tables:
            raise cursor.reject("unknown table 0")
        offset = load_const(cursor, image, I64 if tables[0].is64 else I32)
        indices = []
        for _ in range(cursor.count(_ELEMENT)):
            index = cursor.u32()
            if index >= functions:
                raise cursor.reject(f"unknown function {index}")
            indices.append(index)
        if tables[0].is64 and offset.opcode == 0x42 and offset.value % (1 << 64) > UINT32:
            raise cursor.reject("In table64, table base offset can't be larger than UINT32_MAX")
        image.elements.append(Segment(offset, functions=tuple(indices)))
    cursor.finish()


def load_data_count(cursor: Cursor, image: Image) -> None:
    """The data count section."""
    image.data_count = cursor.u32()
    cursor.finish()


def load_data(cursor: Cursor, image: Image) -> None:
    """The data section; WAMR looks at the two lowest bits of a segment's flags only."""
    memories = image.all_memories()
    count = cursor.u32()
    if image.data_count is not None and count != image.data_count:
        raise cursor.reject("data count and data section have inconsistent lengths")
    cursor.reserve(count, _POINTER)
    for _ in range(count):
        flags = cursor.u32() & 3
        offset = None
        if flags == 3:
            raise cursor.reject("unknown memory")
        if flags != 1:
            memory = cursor.u32() if flags == 2 else 0
            if memory >= len(memories):
                raise cursor.reject(f"unknown memory {memory if memory < 1 << 31 else memory - (1 << 32)}")
            offset = load_const(cursor, image, I64 if memories[memory].is64 else I32)
        length = cursor.u32()
        cursor.need(length)
        image.segments.append(Segment(offset, cursor.p, cursor.p + length))
        cursor.p += length
    cursor.finish()
