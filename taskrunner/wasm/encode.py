"""Writes the few pieces of the wasm binary format that a transform needs: numbers, vectors, sections, types.

Source: WebAssembly core specification §5.
"""

from __future__ import annotations

from collections.abc import Iterable

from taskrunner.wasm.model import FuncType, Limits


def unsigned(value: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while True:
        low, value = value & 0x7F, value >> 7
        out.append(low | 0x80 if value else low)
        if not value:
            return bytes(out)


def signed(value: int) -> bytes:
    """Signed LEB128, as block types need for type indices."""
    out = bytearray()
    while True:
        low, value = value & 0x7F, value >> 7
        done = (value == 0 and not low & 0x40) or (value == -1 and bool(low & 0x40))
        out.append(low if done else low | 0x80)
        if done:
            return bytes(out)


def vector(items: Iterable[bytes]) -> bytes:
    """A vector: its length, then the items."""
    parts = list(items)
    return unsigned(len(parts)) + b"".join(parts)


def section(number: int, body: bytes) -> bytes:
    """A section with its size."""
    return bytes([number]) + unsigned(len(body)) + body


def func_type(kind: FuncType) -> bytes:
    """A function type."""
    return b"\x60" + unsigned(len(kind.params)) + kind.params + unsigned(len(kind.results)) + kind.results


def name(text: str) -> bytes:
    """A name."""
    raw = text.encode()
    return unsigned(len(raw)) + raw


def limits(one: Limits) -> bytes:
    """Limits of a memory or table."""
    maximum = b"" if one.maximum is None else unsigned(one.maximum)
    return bytes([one.flags]) + unsigned(one.minimum) + maximum
