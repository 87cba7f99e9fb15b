"""Inline lists as the client's second encoder writes them: like the first one's, but with its own floats and depth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from taskrunner.wire.scalars import float_text
from taskrunner.wire.wao.values import buffer_text, constant_name, is_constant, is_integer, is_number, number_text

MAX_LEVEL = 3  # lists below this level are written as plain text


def list_item(item: Any) -> str:
    """One item of an inline list."""
    if isinstance(item, list | tuple):
        return _list_at(item, 1)
    if isinstance(item, bytes):
        return '"(ao-type-binary)"' if item else '""'
    if isinstance(item, Mapping):
        text = json.dumps(item, separators=(",", ":"), ensure_ascii=False, default=str)
        return '"(ao-type-map) ' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _scalar_at(item, 0)


def float20(number: float) -> str:
    """A number with a fraction as this encoder writes it in lists: 20 decimals, nothing cut."""
    return float_text(number).decode()


def _slashes(level: int) -> str:
    return "\\" * ((1 << level) - 1)


def _list_at(items: Sequence[Any], level: int) -> str:
    around = _slashes(level - 1)
    if level >= MAX_LEVEL:
        inner = ", ".join(_plain_at(item, level) for item in items)
    else:
        inner = ", ".join(
            _list_at(item, level + 1) if isinstance(item, list | tuple) else _scalar_at(item, level) for item in items
        )
    return f'{around}"(ao-type-list) {inner}{around}"'


def _scalar_at(item: Any, level: int) -> str:
    slashes = _slashes(level)
    if is_constant(item):
        inner = _slashes(level + 1)
        return f'{slashes}"(ao-type-atom) {inner}"{constant_name(item)}{inner}"{slashes}"'
    return _plain_at(item, level)


def _plain_at(item: Any, level: int) -> str:
    slashes = _slashes(level)
    if is_number(item):
        kind, text = ("integer", number_text(item)) if is_integer(item) else ("float", float20(item))
        return f'{slashes}"(ao-type-{kind}) {text}{slashes}"'
    return f'{slashes}"{_string(item)}{slashes}"'


def _string(item: Any) -> str:
    """`String(item)`."""
    if isinstance(item, bytes):
        return buffer_text(item)
    if isinstance(item, Mapping):
        return "[object Object]"
    if isinstance(item, list | tuple):
        return ",".join("" if inner is None else _string(inner) for inner in item)
    if is_number(item):
        return number_text(item)
    return constant_name(item) if is_constant(item) else str(item)
