"""Loads a whole module as WAMR 2.2 does: header, section order, sections, then every function body.

`load` gives the image as far as it got and the refusal, if any; it never raises for bad bytes. Source: WAMR 2.2.0,
built with HyperBEAM's flags (bulk memory and legacy exceptions on; reference types, SIMD, GC off).
"""

from __future__ import annotations

from collections.abc import Callable

from taskrunner.wasm import imports, sections
from taskrunner.wasm.body import Body, Context
from taskrunner.wasm.cursor import Cursor, Rejected, decode_name
from taskrunner.wasm.model import Image, Kind
from taskrunner.wasm.names import load_names

CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT, TAG = range(14)
ORDER = (TYPE, IMPORT, FUNCTION, TABLE, MEMORY, TAG, GLOBAL, EXPORT, START, ELEMENT, DATA_COUNT, CODE, DATA)
NOT_A_MODULE = "wasm_module_new_ex failed"
AOT_PREFIX = "AOT module load failed: "
LINKER_GLOBALS = ("__heap_base", "__data_end")

_LOADERS: dict[int, Callable[[Cursor, Image], None]] = {
    TYPE: sections.load_types,
    IMPORT: imports.load_imports,
    TABLE: sections.load_tables,
    MEMORY: sections.load_memories,
    TAG: sections.load_tags,
    GLOBAL: sections.load_globals,
    EXPORT: sections.load_exports,
    START: sections.load_start,
    ELEMENT: sections.load_elements,
    DATA_COUNT: sections.load_data_count,
    DATA: sections.load_data,
}


def load(data: bytes) -> tuple[Image, Rejected | None]:
    """Reads `data`; the second value is WAMR's refusal or None."""
    image = Image(data)
    try:
        _check_header(data)
        _locate_sections(image)
        _load_sections(image)
        _resolve_linker_globals(image)
        _validate_bodies(image)
    except Rejected as refusal:
        return image, refusal
    return image, None


def _check_header(data: bytes) -> None:
    if data[:4] == b"\0aot":
        raise Rejected(AOT_PREFIX + _aot_text(data), 4, bare=True)
    if data[:4] != b"\0asm":
        raise Rejected(NOT_A_MODULE, 0, bare=True)
    if len(data) < 8:
        raise Rejected("unexpected end", 4)
    if data[4:8] != b"\1\0\0\0":
        raise Rejected("unknown binary version", 4)


def _aot_text(data: bytes) -> str:
    """WAMR's words for a header of precompiled code that is wrong; a right one is not portable, so ours."""
    if len(data) < 8:
        return "unexpected end"
    if data[4:8] != b"\3\0\0\0":
        return "unknown binary version"
    return "create section list failed" if len(data) == 8 else "precompiled code is for one machine only"


def _locate_sections(image: Image) -> None:
    cursor = Cursor(image.data, 8, len(image.data))
    last = -1
    while cursor.p < cursor.end:
        section = cursor.byte()
        if section > TAG:
            raise cursor.reject("invalid section id")
        if section != CUSTOM:
            if ORDER.index(section) <= last:
                raise cursor.reject("unexpected content after last section or junk after last section")
            last = ORDER.index(section)
        size = cursor.u32()
        if cursor.p + size > cursor.end:
            raise cursor.reject("unexpected end")
        image.sections.append((section, cursor.p, cursor.p + size))
        cursor.p += size


def _load_sections(image: Image) -> None:
    places = {section: (start, end) for section, start, end in image.sections if section != CUSTOM}
    for section, start, end in image.sections:
        cursor = Cursor(image.data, start, end)
        if section == CUSTOM:
            _load_custom(cursor, image)
        elif section == FUNCTION:
            code = Cursor(image.data, *places[CODE]) if CODE in places else None
            sections.load_functions(cursor, code, image)
        elif section == CODE:
            functions = Cursor(image.data, *places[FUNCTION]).u32() if FUNCTION in places else 0
            if cursor.u32() != functions:
                raise cursor.reject("function and code section have inconsistent lengths")
        else:
            _LOADERS[section](cursor, image)


def _load_custom(cursor: Cursor, image: Image) -> None:
    if cursor.p >= cursor.end:
        raise cursor.reject("unexpected end")
    length = cursor.u32()
    if cursor.p + length > cursor.end:
        raise cursor.reject("unexpected end")
    name = decode_name(image.data[cursor.p : cursor.p + length])
    if name is None:
        raise cursor.reject("invalid UTF-8 encoding")
    image.custom.append(name)
    if name == "name":
        image.names.update(load_names(image.data, cursor.p + length, cursor.end))


def _resolve_linker_globals(image: Image) -> None:
    """WAMR looks the linker's globals up among the module's own, wherever they are from."""
    imported = len(image.imported(Kind.GLOBAL))
    for one in image.exports:
        if one.kind is Kind.GLOBAL and one.index < imported and one.name in LINKER_GLOBALS:
            text = f"segmentation fault: {one.name} is exported, and imported"
            raise Rejected(text, bare=True, crash=True)


def _validate_bodies(image: Image) -> None:
    context = Context(image)
    imported = len(image.imported(Kind.FUNC))
    count = len(image.functions)
    for position, function in enumerate(image.functions):
        try:
            body = Body(context, function, imported + position)
            if function.end < function.start:
                # the locals are longer than the function: what is left is negative, and WAMR reads on past the end
                body.end = len(image.data)
            body.validate(last=position == count - 1)
            if function.end < function.start:
                raise body.reject("section size mismatch")
        except Rejected as refusal:
            refusal.function = imported + position
            raise
    if image.functions:
        code_end = next(end for section, _, end in image.sections if section == CODE)
        if image.functions[-1].end != code_end:
            raise Rejected("code section size mismatch", code_end)
