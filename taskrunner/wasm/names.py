"""Reads the function names of a module's `name` section, for messages only: nothing wrong in it is an error.

Source: WebAssembly core specification, appendix "Custom sections: name section".
"""

from __future__ import annotations

import re

from taskrunner.wasm.cursor import Cursor, Rejected

_FUNCTION_NAMES = 1
_MOST = 200_000


def load_names(data: bytes, start: int, end: int) -> dict[int, str]:
    """Function index to name; what cannot be read is left out."""
    names: dict[int, str] = {}
    cursor = Cursor(data, start, end)
    try:
        while cursor.p < end:
            kind, size = cursor.byte(), cursor.u32()
            stop = min(cursor.p + size, end)
            if kind == _FUNCTION_NAMES:
                _load_map(Cursor(data, cursor.p, stop), names)
            cursor.p = stop
    except Rejected:
        pass
    return names


def _load_map(cursor: Cursor, names: dict[int, str]) -> None:
    for _ in range(min(cursor.u32(), _MOST)):
        index, length = cursor.u32(), cursor.u32()
        raw = cursor.data[cursor.p : min(cursor.p + length, cursor.end)]
        names[index] = demangle(raw.decode("utf-8", "replace"))
        cursor.p += length


def demangle(name: str) -> str:
    """A Rust symbol (`_ZN4core9panicking5panic17h0123456789abcdefE`) as its path (`core::panicking::panic`)."""
    if name.startswith("_R"):
        return _demangle_v0(name)
    if not name.startswith("_ZN") or not name.endswith("E"):
        return name
    rest, parts = name[3:-1], []
    while rest:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        if not digits:
            return name
        length = int(rest[:digits])
        parts.append(rest[digits : digits + length])
        rest = rest[digits + length :]
    if parts and parts[-1].startswith("h") and len(parts[-1]) == 17:
        parts.pop()
    return "::".join(parts)


def _demangle_v0(name: str) -> str:
    """The identifiers of a symbol in Rust's v0 form, without disambiguators, generics and types (RFC 2603)."""
    rest = re.sub(r"(?:(?<=C)|(?<=N[a-z]))s[0-9A-Za-z]*_|B[0-9A-Za-z]?_(?=\d)", "", name[2:])
    parts = []
    while match := re.search(r"(\d+)_?", rest):
        length = int(match[1])
        parts.append(rest[match.end() : match.end() + length])
        rest = rest[match.end() + length :]
    return "::".join(part for part in parts if part) or name
