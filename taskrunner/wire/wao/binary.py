"""The client's second encoder, for messages with bytes, line ends or characters beyond ASCII (PROTOCOL §5, §14.2).

Reproduces its bytes, also where it mangles binary values inside maps: what a node received must be what we send.
One value alone becomes the raw body; several become parts that end with an extra CRLF.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from taskrunner.wire.wao import parts as part_text
from taskrunner.wire.wao import paths as places
from taskrunner.wire.wao.lists import list_item
from taskrunner.wire.wao.paths import value_at
from taskrunner.wire.wao.structured import empty_type
from taskrunner.wire.wao.values import (
    constant_name,
    entries,
    is_constant,
    is_integer,
    is_number,
    number_text,
    sha256_base64url,
)

CRLF = b"\r\n"
Text = str | bytes


def encode(message: Mapping[str, Any]) -> tuple[dict[str, Text], Text, bool]:
    """Headers, body, and whether the body has a length to JavaScript (so that `content-length` is signed)."""
    if len(message) == 1:
        (key, value), *_ = message.items()
        alone = _encode_single(key, value)
        if alone is not None:
            return alone
    paths = places.part_paths(message)
    headers, types = _header_fields(message, paths)
    if all(value_at(message, path) == b"" for path in paths):
        return _with_types(headers, types), "", False
    if len(paths) == 1:
        value = value_at(message, paths[0])
        if places.needs_part(value) and (isinstance(value, bytes) or "\n" in value):
            return _raw(headers, types, paths[0], value)
    return _multipart(message, places.sort_paths(paths), headers, types)


def _encode_single(key: str, value: Any) -> tuple[dict[str, Text], Text, bool] | None:
    """A message of one field: the raw body, where that is possible."""
    if value == b"":
        return {"ao-types": f'{key.lower()}="empty-binary"'}, "", False
    if isinstance(value, bytes) or (isinstance(value, str) and not value.isascii()):
        return _raw({}, [], key, value)
    if key in ("data", "body") and (isinstance(value, str) or is_number(value) or is_constant(value)):
        kind = _type_of(value)
        types = [f'{key}="{kind}"'] if kind in ("atom", "integer", "float") else []
        return _raw({}, types, key, value if isinstance(value, str) else scalar_text(value))
    return None


def _raw(headers: dict[str, Text], types: list[str], key: str, value: Text) -> tuple[dict[str, Text], Text, bool]:
    headers["content-digest"] = _digest(value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value)
    if key != "body":
        headers["inline-body-key"] = key
    return _with_types(headers, types), value, isinstance(value, bytes)


def scalar_text(value: Any) -> str:
    """A number or atom as text: numbers as JavaScript prints them, atoms in quotes."""
    return number_text(value) if is_number(value) else f'"{constant_name(value)}"'


def _header_fields(message: Mapping[str, Any], paths: list[str]) -> tuple[dict[str, Text], list[str]]:
    headers: dict[str, Text] = {}
    types: list[str] = []
    for key, value in entries(message):
        kind = _type_of(value)
        if key not in paths and not any(path.startswith(f"{key}/") for path in paths):
            text = _header_text(value)
            if text is not None:
                headers[key] = text
            elif not kind.startswith("empty-"):
                continue
        if kind:
            types.append(f'{key.lower()}="{kind}"')
    return headers, types


def _header_text(value: Any) -> str | None:
    if not isinstance(value, str | bytes | list | tuple | Mapping):
        return scalar_text(value)
    if not value or isinstance(value, bytes | Mapping):
        return None
    if isinstance(value, str):
        return value if value.isascii() else None
    if any(isinstance(item, str) and not item.isascii() for item in value) or places.has_maps(value):
        return None
    return ", ".join(list_item(item) for item in value)


def _type_of(value: Any) -> str:
    if empty := empty_type(value):
        return empty
    if is_constant(value):
        return "atom"
    if is_number(value):
        return "integer" if is_integer(value) else "float"
    return "list" if isinstance(value, list | tuple) else ""


def _with_types(headers: dict[str, Text], types: list[str]) -> dict[str, Text]:
    if types:
        headers["ao-types"] = ", ".join(sorted(types))
    return headers


def _multipart(
    message: Mapping[str, Any], paths: list[str], headers: dict[str, Text], types: list[str]
) -> tuple[dict[str, Text], Text, bool]:
    crossed = _is_crossed(message, paths)
    headers["body-keys"] = ", ".join(f'"{path}"' for path in paths)
    inline = not crossed and paths == ["body"] and isinstance(message["body"], Mapping)
    if inline:
        headers["inline-body-key"] = "body"
    _with_types(headers, types)
    parts = [part for path in paths if (part := part_text.write(message, path, paths, inline, crossed)) is not None]
    if crossed:
        parts.append(part_text.disposition("data/body") + CRLF + CRLF + message["data"]["body"])
    if not parts:
        return headers, "", False
    boundary = sha256_base64url("".join(part.decode("utf-8", "replace") for part in parts).encode())
    mark = b"--" + boundary.encode()
    body = CRLF.join(mark + CRLF + part for part in parts) + CRLF + mark + b"--"
    headers["content-type"] = f'multipart/form-data; boundary="{boundary}"'
    headers["content-digest"] = _digest(body)
    return headers, body, True


def _is_crossed(message: Mapping[str, Any], paths: list[str]) -> bool:
    """`data.body` and `body.data` both binary, a case of its own."""
    if "data" not in paths or "body" not in paths:
        return False
    data, body = message["data"], message["body"]
    return (
        isinstance(data, Mapping)
        and isinstance(body, Mapping)
        and all(isinstance(value, bytes) for value in (data.get("body"), body.get("data")))
    )


def _digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
