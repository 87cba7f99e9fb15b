"""Typed text as the JavaScript client's answer parser reads it (PROTOCOL §8.3), defects included.

Text in, one value out; what does not fit becomes NaN or stays text, as in JavaScript.
"""

from __future__ import annotations

import math
import re
from typing import Any

from taskrunner.wire.values import Atom

_TYPED = re.compile(r"\(ao-type-(\w+)\)\s+(.+)\Z")
_TYPED_INTEGER = re.compile(r'"?\(ao-type-integer\)\s+([0-9]+)"?\Z')
_LEADING_INTEGER = re.compile(r"\s*([+-]?[0-9]+)")
_LEADING_FLOAT = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_INTEGER = re.compile(r"-?[0-9]+\Z")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+\Z")
_CONSTANTS = {"true": True, "false": False, "null": None}
_MAX_NESTING = 32


def by_type(value: str, kind: str, depth: int = 0) -> Any:
    """`value` as its type note says; unknown types leave it text."""
    if kind == "integer":
        typed = _TYPED_INTEGER.match(value)
        return _integer(typed[1] if typed else value)
    if kind in ("float", "decimal"):
        number = _LEADING_FLOAT.match(value)
        return _whole(float(number[1])) if number else math.nan
    if kind == "boolean":
        return value in ("true", "?1")
    if kind == "atom":
        name = _unquoted(value).replace('\\"', '"').replace("\\'", "'")
        return _CONSTANTS[name] if name in _CONSTANTS else Atom(name)
    if kind == "list":
        return _list(value, depth)
    if kind.startswith("empty-"):
        return {"empty-binary": "", "empty-list": [], "empty-message": {}}.get(kind, value)
    return value


def _integer(text: str) -> int | float:
    number = _LEADING_INTEGER.match(text)
    if number is None:
        return math.nan
    return int(number[1]) if len(number[1]) < 4000 else math.inf


def _whole(number: float) -> int | float:
    """JavaScript has one kind of number: 2.0 prints as 2."""
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _unquoted(text: str) -> str:
    for quote in "\"'":
        if len(text) > 1 and text.startswith(quote) and text.endswith(quote):
            return text[1:-1]
    return text


def _list(value: str, depth: int) -> Any:
    """The items between commas that stand outside quotes and parentheses."""
    if value.startswith("("):
        value = "" if value == "()" else value.strip()
    if depth > _MAX_NESTING:
        return [value]
    return [_item(item.strip(), depth) for item in _split(value) if item.strip()]


def _split(text: str) -> list[str]:
    items, start, level, quoted, before = [], 0, 0, False, ""
    for place, char in enumerate(text):
        if char == '"' and before != "\\":
            quoted = not quoted
        elif not quoted:
            if char == "," and level == 0:
                items.append(text[start:place])
                start = place + 1
            level += (char == "(") - (char == ")")
        before = char
    return [*items, text[start:]]


def _item(item: str, depth: int) -> Any:
    if item.startswith('"') and item.endswith('"'):
        inner = item[1:-1].replace('\\"', '"')
        typed = _TYPED.match(inner)
        return by_type(_unquoted(typed[2]), typed[1], depth + 1) if typed else inner
    if typed := _TYPED.match(item):
        return by_type(_unquoted(typed[2].replace('\\"', '"')), typed[1], depth + 1)
    if item in ("?1", "?0"):
        return item == "?1"
    if _INTEGER.match(item):
        return _integer(item)
    if _FLOAT.match(item):
        return float(item)
    if item.startswith("(") and item.endswith(")"):
        return _list(item, depth + 1)
    return item
