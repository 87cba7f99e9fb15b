"""Reads a module into an `Image`, for whoever wants to look rather than judge."""

from __future__ import annotations

from taskrunner.wasm.errors import ImageError
from taskrunner.wasm.loader import load
from taskrunner.wasm.model import Image


def read(image: bytes) -> Image:
    """The module's sections, types, imports, exports, memories and features; `ImageError` where WAMR refuses it."""
    parsed, refusal = load(image)
    if refusal is not None:
        name = None if refusal.function is None else parsed.function_name(refusal.function)
        place = f" (byte {refusal.offset}{f', function {name}' if name else ''})" if refusal.offset >= 0 else ""
        raise ImageError(f"{refusal.text}{place}", detail=refusal.text)
    return parsed
