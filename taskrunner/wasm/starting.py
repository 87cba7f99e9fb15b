"""What keeps a loaded module from becoming an instance, as far as its bytes tell (WASM.md §1).

Start functions and constructors run later (`instance`); imports other than functions, exported tags, and segments that
do not fit are seen here, in WAMR's order and words.
"""

from __future__ import annotations

from dataclasses import dataclass

from taskrunner.wasm.cursor import INSTANTIATE_PREFIX, UINT32
from taskrunner.wasm.memory import plan_memory
from taskrunner.wasm.model import F64, I64, ConstExpr, Image, Kind

PREFIX = "wasm_instance_new_with_args_ex failed: "
BAD_IMPORTS = PREFIX + "Failed to validate imports"
TAG_EXPORT = "interp_process_export meets unsupported kind: 4"
TAG_EXPORT_FIRST = PREFIX + "Interpreter failed to process exports"
DRIVER_TEXT = "Failed to create WASM instance (although module was created)."

# functions that WAMR calls while it makes an instance, after the start function (WASM.md §1)
CONSTRUCTORS = ("__post_instantiate", "__wasm_call_ctors")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no instance comes to be; `crash`: the production node itself dies of it."""

    text: str
    crash: bool = False


def refuse(image: Image) -> Refusal | None:
    """The first static reason against an instance, or None."""
    if any(one.kind in (Kind.TABLE, Kind.MEMORY, Kind.GLOBAL) for one in image.imports):
        return Refusal(BAD_IMPORTS)
    text = _size_text(image) or _memory_text(image) or _elements_text(image)
    if text:
        return Refusal(PREFIX + INSTANTIATE_PREFIX + text)
    if any(one.kind is Kind.TAG for one in image.exports):
        # WAMR frees the export before the tag a second time, if there is one
        first = image.exports[0].kind is Kind.TAG
        return Refusal(TAG_EXPORT_FIRST) if first else Refusal(TAG_EXPORT, crash=True)
    return None


def _size_text(image: Image) -> str:
    """WAMR allocates an instance with its globals and tables in one piece of less than 4 GiB."""
    size = 344 + 120 * len(image.memories)
    size += sum(8 if one.type in (I64, F64) else 4 for one in image.globals)
    size += sum(24 + 8 * one.minimum for one in image.tables)
    return "allocate memory failed" if -(-size // 8) * 8 + 112 >= UINT32 else ""


def _memory_text(image: Image) -> str:
    plan = plan_memory(image)
    if plan is not None and plan.refusal:
        return plan.refusal
    size = plan.bytes if plan is not None else 0
    for segment in image.segments:
        if segment.offset is not None and not _fits(
            segment.offset, segment.length, size, plan is not None and plan.is64
        ):
            return "data segment does not fit"
    return ""


def _fits(offset: ConstExpr, length: int, size: int, is64: bool) -> bool:
    base = offset.value & (0xFFFFFFFFFFFFFFFF if is64 else 0xFFFFFFFF)
    return base <= size and base + length <= size


def _elements_text(image: Image) -> str:
    tables = image.all_tables()
    for segment in image.elements:
        if segment.offset is None:
            continue
        base = segment.offset.value & 0xFFFFFFFF
        size = tables[0].minimum
        if base > size or (base + segment.length) & 0xFFFFFFFF > size:
            return "type mismatch: elements segment does not fit"
    return ""


def started_functions(image: Image) -> list[int]:
    """Indices of the functions that run while an instance is made, in order."""
    imported = len(image.imported(Kind.FUNC))
    indices = [] if image.start is None else [image.start]
    for name in CONSTRUCTORS:
        export = image.export(name)
        kind = image.exported_type(name)
        if export is not None and kind is not None and not kind.params and not kind.results:
            indices.append(export.index)
    return [index for index in indices if index >= imported]  # WAMR passes over imported ones
