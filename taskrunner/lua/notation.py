"""The notation of the measured batteries: how a Lua value, an error and an outcome are written as JSON text.

`10` is an integer, `float 10.0` a float, strings are quoted with escapes, tables show their sorted content once.
Writing only; comparing two notations is comparing their text.
"""

from __future__ import annotations

from typing import Any, Final

from taskrunner.lua.erlang import Unknown
from taskrunner.lua.numbers import integer_text
from taskrunner.lua.values import Table

_STRING_LIMIT: Final = 300  # bytes; a longer string is cut
_STRING_SHOWN: Final = 120  # characters shown of a string that is cut
_NUMBER_LIMIT: Final = 200  # characters shown of a long number
_DEPTH: Final = 3
_TEXT_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def show(value: Any, depth: int = 0) -> str:
    """One Lua value in the notation."""
    if value is None:
        return "nil"
    if value is True or value is False:
        return "true" if value else "false"
    if type(value) is int:
        return _cut(integer_text(value))
    if type(value) is float:
        return f"float {value!r}"
    if type(value) is bytes:
        return show_string(value)
    if isinstance(value, Table):
        return _show_table(value, depth)
    if isinstance(value, Unknown):
        return latin1_text(value.term.encode("utf-8", "surrogatepass"))
    return "function"


def show_string(data: bytes) -> str:
    """A Lua string: as text if it is UTF-8 and printable, else byte by byte with `\\xNN`."""
    long = len(data) > _STRING_LIMIT
    keep = _STRING_SHOWN if long else _STRING_LIMIT
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is not None and all(char.isprintable() or char in "\n\t" for char in text):
        shown = "".join(_TEXT_ESCAPES.get(char, char) for char in text[:keep])
    else:
        shown = "".join(_byte(code) for code in data[:keep])
    return f'"{shown}"...({len(data)} bytes)' if long else f'"{shown}"'


def latin1_text(data: bytes) -> str:
    """Error texts are written with one character per byte."""
    return data.decode("latin-1")


def _byte(code: int) -> str:
    char = chr(code)
    if char in '\\"':
        return "\\" + char
    return char if 32 <= code < 127 else f"\\x{code:02x}"


def _cut(text: str) -> str:
    return text if len(text) <= _NUMBER_LIMIT else text[:_NUMBER_LIMIT] + "..."


def _show_table(table: Table, depth: int) -> str:
    if depth >= _DEPTH:
        return "{...}"
    items = sorted(f"[{show(key, depth + 1)}]={show(value, depth + 1)}" for key, value in table.entries())
    return "{" + ", ".join(items) + "}"
