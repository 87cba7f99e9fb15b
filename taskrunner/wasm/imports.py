"""Loads the import section and the limits of tables and memories with WAMR 2.2's checks, in its order.

WAMR passes over the imports twice, first counting kinds, then resolving: an error that only the first pass sees
(too many memories, an unknown kind) hides one that the second would find earlier in the bytes.
"""

from __future__ import annotations

from taskrunner.wasm.cursor import Cursor
from taskrunner.wasm.model import F32, F64, FUNCREF, I32, I64, Global, Image, Import, Kind, Limits

VALUE_TYPES = frozenset((I32, I64, F32, F64))
MAX_PAGES32 = 65536
MAX_PAGES64 = 0xFFFFFFFF
_IMPORT = 64  # bytes that WAMR 2.2 allocates for each

_BUILTIN_GLOBALS = {("global", "NaN"): F64, ("global", "Infinity"): F64}


def load_imports(cursor: Cursor, image: Image) -> None:
    """Reads the import section into `image.imports`."""
    count = cursor.count(_IMPORT)
    start = cursor.p
    _count_kinds(cursor, count)
    cursor.p = start
    for _ in range(count):
        image.imports.append(_load_import(cursor, image))
    cursor.finish()


def _count_kinds(cursor: Cursor, count: int) -> None:
    tables = memories = 0
    for _ in range(count):
        for _ in range(2):
            length = cursor.u32()
            cursor.need(length)
            cursor.p += length
        kind = cursor.byte()
        if kind == Kind.FUNC:
            cursor.u32()
        elif kind == Kind.TABLE:
            cursor.byte()
            _skip_limits(cursor)
            tables += 1
            if tables > 1:
                raise cursor.reject("multiple tables")
        elif kind == Kind.MEMORY:
            _skip_limits(cursor)
            memories += 1
            if memories > 1:
                raise cursor.reject("multiple memories")
        elif kind == Kind.TAG:
            cursor.byte()
            cursor.u32()
        elif kind == Kind.GLOBAL:
            cursor.need(2)
            cursor.p += 2
        else:
            raise cursor.reject("invalid import kind")


def _skip_limits(cursor: Cursor) -> None:
    flags = cursor.u32()
    cursor.u32()
    if flags & 1:
        cursor.u32()


def _load_import(cursor: Cursor, image: Image) -> Import:
    module, name = cursor.name(), cursor.name()
    kind = Kind(cursor.byte())
    desc: int | Limits | Global
    if kind is Kind.FUNC:
        desc = cursor.u32()
        if desc >= len(image.types):
            raise cursor.reject("unknown type")
    elif kind is Kind.TABLE:
        desc = load_table(cursor)
        _check_spectest(cursor, module, name, desc, ("table", "table64"), 10, 20)
    elif kind is Kind.MEMORY:
        desc = load_memory(cursor)
        _check_spectest(cursor, module, name, desc, ("memory",), 1, 2)
    elif kind is Kind.TAG:
        desc = _load_tag(cursor, image)
    else:
        desc = _load_global(cursor, module, name)
    return Import(module, name, kind, desc)


def _load_tag(cursor: Cursor, image: Image) -> int:
    if cursor.byte() != 0:
        raise cursor.reject("unknown tag attribute")
    index = cursor.u32()
    if index >= len(image.types):
        raise cursor.reject("unknown tag type")
    if image.types[index].results:
        raise cursor.reject("tag type signature does not return void")
    return index


def _load_global(cursor: Cursor, module: str, name: str) -> Global:
    cursor.need(2)
    kind = cursor.byte()
    if kind not in VALUE_TYPES:
        raise cursor.reject("type mismatch")
    mutable = cursor.byte()
    if mutable >= 2:
        raise cursor.reject("invalid mutability")
    builtin = _BUILTIN_GLOBALS.get((module, name))
    if builtin is not None and (builtin != kind or mutable):
        raise cursor.reject("incompatible import type")
    return Global(kind, bool(mutable))


def _check_spectest(
    cursor: Cursor, module: str, name: str, limits: Limits, names: tuple[str, ...], minimum: int, maximum: int
) -> None:
    """WAMR knows the tables and memories of the specification's test suite by name."""
    if module != "spectest":
        return
    if name not in names:
        raise cursor.reject("incompatible import type or unknown import")
    if limits.minimum > minimum or (limits.maximum is not None and limits.maximum < maximum):
        raise cursor.reject("incompatible import type")


def load_table(cursor: Cursor) -> Limits:
    """One table type."""
    if cursor.byte() != FUNCREF:
        raise cursor.reject("incompatible import type")
    flags = _load_flags(cursor)
    # WAMR's texts for shared and oversized flags; the second overwrites the first (flags 2 alone pass: 2 < 5)
    if flags > 5:
        raise cursor.reject("invalid limits flags")
    minimum = cursor.u32()
    maximum = cursor.u32() if flags & 1 else None
    if maximum is not None and maximum < minimum:
        raise cursor.reject("size minimum must not be greater than maximum")
    return Limits(flags, minimum, maximum)


def load_memory(cursor: Cursor) -> Limits:
    """One memory type."""
    flags = _load_flags(cursor)
    if flags & 2 or flags > 7:
        raise cursor.reject("invalid limits flags")
    most = MAX_PAGES64 if flags & 4 else MAX_PAGES32
    minimum = cursor.u32()
    if minimum > most:
        raise cursor.reject("memory size must be at most 65536 pages (4GiB)")
    maximum = cursor.u32() if flags & 1 else None
    if maximum is not None:
        if maximum < minimum:
            raise cursor.reject("size minimum must not be greater than maximum")
        if maximum > most:
            raise cursor.reject("memory size must be at most 65536 pages (4GiB)")
    return Limits(flags, minimum, maximum)


def _load_flags(cursor: Cursor) -> int:
    start = cursor.p
    flags = cursor.u32()
    if cursor.p - start > 1:
        raise cursor.reject("invalid limits flags")
    return flags
