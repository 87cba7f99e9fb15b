"""The structured form as the JavaScript client makes it (PROTOCOL §2): unescaped keys, short floats, other lists.

Differs from `structured.py` where the clients differ from nodes: a list becomes a map if it holds any map, any empty
list, or only lists; integral floats are integers; a map that brings its own `ao-types` keeps it whatever it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from taskrunner.wire.errors import EncodeError
from taskrunner.wire.flat import MAX_DEPTH
from taskrunner.wire.scalars import client_float_text
from taskrunner.wire.wao.values import buffer_text, constant_name, is_constant, is_integer, is_number, number_text

ClientMap: TypeAlias = "dict[str, str | bytes | ClientMap]"

_EMPTY_TYPES = ((str, "empty-binary"), (bytes, "empty-binary"), (list, "empty-list"), (tuple, "empty-list"))


def encode(message: Mapping[str, Any], depth: int = 0) -> ClientMap:
    """The client's structured form of a rich message; `str` values stay text, `bytes` stay Buffers."""
    if depth > MAX_DEPTH:
        raise EncodeError(f"the message has more than {MAX_DEPTH} levels")
    lowered = {key.lower(): value for key, value in message.items()}
    types: list[str] = []
    values: ClientMap = {}
    for key in sorted(lowered):
        kind, value = _encode_value(key, lowered[key], depth)
        if kind:
            types.append(f'{key}="{kind}"')
        if value is not None:
            values[key] = value
    return {"ao-types": ", ".join(types), **values} if types else values


def empty_type(value: Any) -> str:
    """The `empty-*` type of an empty value, else ""."""
    if isinstance(value, Mapping):
        return "" if value else "empty-message"
    return next((kind for cls, kind in _EMPTY_TYPES if isinstance(value, cls) and not value), "")


def list_text(items: Sequence[Any]) -> str:
    """A list as inline text. Plain strings are not escaped, a defect that readers know (PROTOCOL §14.4)."""
    return ", ".join(_list_item(item) for item in items)


def _encode_value(key: str, value: Any, depth: int) -> tuple[str, str | bytes | ClientMap | None]:
    if empty := empty_type(value):
        return empty, None
    if isinstance(value, str | bytes):
        return "", value
    if isinstance(value, Mapping):
        return "", encode(value, depth + 1)
    if isinstance(value, list | tuple):
        if _becomes_map(value):
            return "list", encode({str(index): item for index, item in enumerate(value, 1)}, depth + 1)
        return "list", list_text(value)
    return _scalar(key, value)


def _becomes_map(items: Sequence[Any]) -> bool:
    lists = [item for item in items if isinstance(item, list | tuple)]
    return any(isinstance(item, Mapping) for item in items) or not all(lists) or len(lists) == len(items)


def _scalar(key: str, value: Any) -> tuple[str, str]:
    if is_constant(value):
        name = "" if getattr(value, "name", None) == "" else constant_name(value)
        return "atom", f'"{name}"'
    if is_integer(value):
        return "integer", number_text(value)
    if is_number(value):
        return "float", client_float_text(value).decode()
    raise EncodeError(f"{key!r} holds a {type(value).__name__}, which has no form on the wire", field=key)


def _list_item(item: Any) -> str:
    if isinstance(item, str | bytes):
        return f'"{buffer_text(item) if isinstance(item, bytes) else item}"'
    if isinstance(item, list | tuple):
        inner = list_text(item).replace("\\", "\\\\").replace('"', '\\"')
        return f'"(ao-type-list) {inner}"'
    if isinstance(item, Mapping):
        return '"(ao-type-unknown) [object Object]"'
    kind, text = _scalar("", item)
    escaped = text.replace('"', '\\"')
    return f'"(ao-type-{kind}) {escaped}"'
