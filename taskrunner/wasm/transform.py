"""Rebuilds an accepted image so that wasmtime runs it as WAMR 2.2 would: memory limits and exception handling.

The memory gets the pages of its `MemoryPlan` (WAMR's heap page, no growth where WAMR cannot grow), legacy exceptions
become `try_table`, imported tags become tags of the module's own, and mutable globals are exported under private names
so that an instance can set them back (`Instance.refresh`). An image that needs none of this stays as it is.
"""

from __future__ import annotations

from taskrunner.wasm import encode, legacy_eh
from taskrunner.wasm.loader import CODE, EXPORT, IMPORT, MEMORY, ORDER, START, TAG, TYPE
from taskrunner.wasm.memory import MemoryPlan, plan_memory
from taskrunner.wasm.model import Function, FuncType, Image, Kind, Limits

GLOBAL_PREFIX = "taskrunner:global:"
VERSION = 2  # part of the key of cached code: raise it with any change of what this module writes


def transform(image: Image) -> bytes:
    """The bytes to compile for an image that the loader has accepted."""
    bodies = _rewritten_sections(image)
    idle = image.start is not None and image.start < len(image.imported(Kind.FUNC))  # WAMR does not call an import
    return image.data if not bodies and not idle else _assemble(image, bodies, START if idle else None)


def _rewritten_sections(image: Image) -> dict[int, bytes]:
    replaced: dict[int, bytes] = {}
    types = _Types(image)
    plan = plan_memory(image)
    if plan is not None and image.memories and _limits(plan) != image.memories[0]:
        replaced[MEMORY] = encode.vector([encode.limits(_limits(plan))])
    if any(one.mutable for one in image.globals):
        replaced[EXPORT] = _exports_with_globals(image)
    if image.imported(Kind.TAG):
        replaced[IMPORT] = _imports_without_tags(image)
        replaced[TAG] = encode.vector(b"\0" + encode.unsigned(index) for index in image.all_tags())
    if image.features.get("exceptions"):
        replaced[CODE] = _code(image, types)
    if types.added:
        replaced[TYPE] = encode.vector(encode.func_type(kind) for kind in image.types + types.added)
    return replaced


class _Types:
    """Type indices for block types, new types appended after the module's own."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.added: list[FuncType] = []

    def index(self, kind: FuncType) -> int:
        known = self.image.types + self.added
        if kind not in known:
            self.added.append(kind)
            return len(known)
        return known.index(kind)


def _limits(plan: MemoryPlan) -> Limits:
    return Limits((4 if plan.is64 else 0) | (0 if plan.maximum is None else 1), plan.pages, plan.maximum)


def _imports_without_tags(image: Image) -> bytes:
    kept = []
    for one in image.imports:
        if one.kind is Kind.FUNC and isinstance(one.desc, int):
            kept.append(encode.name(one.module) + encode.name(one.name) + b"\0" + encode.unsigned(one.desc))
    return encode.vector(kept)


def _exports_with_globals(image: Image) -> bytes:
    exports = [(one.name, int(one.kind), one.index) for one in image.exports]
    exports += [
        (f"{GLOBAL_PREFIX}{index}", int(Kind.GLOBAL), index) for index, one in enumerate(image.globals) if one.mutable
    ]
    return encode.vector(encode.name(name) + bytes([kind]) + encode.unsigned(index) for name, kind, index in exports)


def _code(image: Image, types: _Types) -> bytes:
    imported = len(image.imported(Kind.FUNC))
    throwing = {use.function - imported for use in image.features["exceptions"] if use.instruction != "throw"}
    return encode.vector(
        _function(image, function, types) if position in throwing else _copy(image, function)
        for position, function in enumerate(image.functions)
    )


def _copy(image: Image, function: Function) -> bytes:
    body = _locals(function.locals, 0) + image.data[function.start : function.end]
    return encode.unsigned(len(body)) + body


def _function(image: Image, function: Function, types: _Types) -> bytes:
    code, exceptions = legacy_eh.rewrite(image, function, types.index)
    body = _locals(function.locals, exceptions) + code
    return encode.unsigned(len(body)) + body


def _locals(kinds: bytes, exceptions: int) -> bytes:
    groups: list[tuple[int, int]] = []
    for kind in kinds:
        if groups and groups[-1][1] == kind:
            groups[-1] = (groups[-1][0] + 1, kind)
        else:
            groups.append((1, kind))
    if exceptions:
        groups.append((exceptions, legacy_eh.EXNREF))
    return encode.vector(encode.unsigned(count) + bytes([kind]) for count, kind in groups)


def _assemble(image: Image, replaced: dict[int, bytes], dropped: int | None) -> bytes:
    """The module with some sections replaced or added, in prescribed order; custom ones and `dropped` are left out."""
    original = {number: image.data[start:end] for number, start, end in image.sections if number}
    bodies = original | replaced
    bodies.pop(dropped or 0, None)
    return image.data[:8] + b"".join(encode.section(number, bodies[number]) for number in ORDER if number in bodies)
