"""The text of one part as the client's second encoder writes it: lists, maps, scalars and bytes (PROTOCOL §5).

Knows how a part looks, not which parts there are (`places.py`). A part with lines ends with an extra CRLF.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from taskrunner.wire.wao import paths as places
from taskrunner.wire.wao.lists import float20, list_item
from taskrunner.wire.wao.structured import empty_type
from taskrunner.wire.wao.values import constant_name, entries, is_constant, is_integer, is_number, number_text

CRLF = b"\r\n"
_LEADING = re.compile(r"[0-9]+")


def write(message: Mapping[str, Any], path: str, paths: list[str], inline: bool, crossed: bool) -> bytes | None:
    """The part at `path`, or None if it has none of its own."""
    value = places.value_at(message, path)
    if isinstance(value, list | tuple):
        return _list_part(path, value, paths)
    if isinstance(value, Mapping):
        if crossed and path == "data" and value.keys() == {"body"}:
            return None
        return _map_part(path, value, paths, inline)
    head = disposition(path) + CRLF + CRLF
    if isinstance(value, bytes):
        return head + value
    if isinstance(value, str):
        return head + _bytes(value)
    if value is places.UNDEFINED:
        return head + b'"undefined"'
    return head + _bytes(number_text(value) if is_number(value) else f'"{constant_name(value)}"')


def disposition(path: str) -> bytes:
    """The line that names a part."""
    return _bytes(f'content-disposition: form-data;name="{path}"')


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _list_part(path: str, items: Sequence[Any], paths: list[str]) -> bytes | None:
    if all(isinstance(item, Mapping) and item for item in items):
        return None
    if all(places.is_empty(item) and not isinstance(item, bytes) for item in items):
        types = [f'{index}="{empty_type(item)}"' for index, item in enumerate(items, 1)]
        lines = [f"ao-types: {', '.join(types)}".encode(), disposition(path)]
        return CRLF.join(lines if path == paths[-1] else [*lines, b""])
    types, fields = _list_fields(path, items, paths)
    lines = [_types_line(sorted(types, key=lambda note: int(note.partition("=")[0])))] if types else []
    lines += [disposition(path), *fields]
    return CRLF.join([*lines, b""] if fields else lines)


def _list_fields(path: str, items: Sequence[Any], paths: list[str]) -> tuple[list[str], list[bytes]]:
    inside = [other[len(path) + 1 :] for other in paths if other.startswith(path + "/")]
    own = {int(match[0]) for other in inside if (match := _LEADING.match(other))}
    deep = any("/" in other for other in inside)
    types = [f'{index}="list"' for index, item in enumerate(items, 1) if deep and isinstance(item, list | tuple)]
    fields: list[bytes] = []
    for index, item in enumerate(items, 1):
        nested = isinstance(item, list | tuple)
        if index in own or (deep and nested and places.has_maps(item)):
            continue
        kind, text = _list_field(item)
        if kind:
            types.append(f'{index}="{kind}"')
        if text is not None:
            fields.append(_bytes(f"{index}: {text}"))
    return types, fields


def _list_field(item: Any) -> tuple[str, str | None]:
    """Type and line of an item: unlike in maps, atoms stand without quotes and floats have all decimals."""
    if empty := empty_type(item):
        return empty, None
    if isinstance(item, list | tuple):
        return "list", ", ".join(list_item(inner) for inner in item)
    if is_number(item):
        return ("integer", number_text(item)) if is_integer(item) else ("float", float20(item))
    if is_constant(item):
        return "atom", constant_name(item)
    if isinstance(item, bytes):
        return "binary", None
    return "", item if isinstance(item, str) else None


def _map_part(path: str, value: Mapping[str, Any], paths: list[str], inline: bool) -> bytes | None:
    if not value or _is_skipped(path, value, paths):
        return None
    types, fields, binaries = _map_fields(path, value, paths)
    notes = [_types_line(sorted(types))] if types else []
    if inline:
        text = CRLF.join([*fields, *notes, b"content-disposition: inline"])
        return text + b"".join(CRLF + binary for binary in binaries) + CRLF
    lines = [*notes, disposition(path)]
    if binaries or not fields:
        lines.append(b"")
    lines += fields
    if binaries:
        return CRLF.join(lines) + CRLF.join(binaries) + CRLF
    return CRLF.join([*lines, b""] if fields else lines)


def _is_skipped(path: str, value: Mapping[str, Any], paths: list[str]) -> bool:
    """A map whose every field has a part of its own has none itself, unless it holds hollow lists."""
    if all(places.is_empty(item) for item in value.values()):
        return False
    lists = [item for item in value.values() if isinstance(item, list | tuple) and item]
    if any(all(places.is_empty(inner) for inner in item) for item in lists):
        return False
    return all(f"{path}/{key}" in paths for key in value)


def _map_fields(path: str, value: Mapping[str, Any], paths: list[str]) -> tuple[list[str], list[bytes], list[bytes]]:
    """Type notes, text lines and binary lines of a map."""
    types: list[str] = []
    fields: list[bytes] = []
    binaries: list[bytes] = []
    for key, item in entries(value):
        is_list = isinstance(item, list | tuple)
        if is_list:
            types.append(f'{key.lower()}="{"list" if item else "empty-list"}"')
        if f"{path}/{key}" in paths:
            continue
        if not is_list and (kind := _map_type(item)):
            types.append(f'{key.lower()}="{kind}"')
        if isinstance(item, bytes):
            binaries.append(_bytes(f"{key}: ") + item)
        elif (text := _map_text(item)) is not None:
            fields.append(_bytes(f"{key}: {text}"))
    return types, fields, binaries


def _map_type(item: Any) -> str:
    if is_constant(item):
        return "atom"
    if is_number(item):
        return "integer" if is_integer(item) else "float"
    return empty_type(item)


def _map_text(item: Any) -> str | None:
    if isinstance(item, str):
        return item
    if is_number(item):
        return number_text(item)
    if is_constant(item):
        return f'"{constant_name(item)}"'
    if isinstance(item, list | tuple) and item and not places.has_maps(item):
        return ", ".join(list_item(inner) for inner in item)
    return None


def _types_line(types: Sequence[str]) -> bytes:
    return _bytes(f"ao-types: {', '.join(types)}")
