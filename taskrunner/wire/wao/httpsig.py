"""The client's main encoder: its structured form as headers and a body of text (PROTOCOL §4, §5).

Same wire idea as `httpsig.py`; what differs is the order of parts and lines (ICU), what stays in headers, and that
the body is a JavaScript string whose digest is taken over UTF-16 low bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from taskrunner.wire.wao.structured import ClientMap
from taskrunner.wire.wao.values import (
    buffer_text,
    collation_key,
    entries,
    low_bytes,
    printable_text,
    sha256_base64url,
    utf16_length,
)

CRLF = "\r\n"
MAX_VALUE = 4096  # UTF-16 units
Text: TypeAlias = "str | bytes"
_ID = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_DROPPED = ("commitments", "signature", "signature-input", "priv")


def encode(message: ClientMap) -> tuple[dict[str, Text], Text]:
    """Headers and body; header values may be Buffers or unprintable, in which case the second encoder is used."""
    fields = _group_ids(message)
    for name in _DROPPED:
        fields.pop(name, None)
    headers, inline_key = _inline_key(message)
    if any(isinstance(value, dict) for value in fields.values()):
        body = _encode_nested(fields, headers, inline_key)
    else:
        body = _encode_plain(fields, headers, inline_key)
    if body:
        headers["content-digest"] = digest(body)
    return headers, body


def digest(body: Text) -> str:
    """The client's `content-digest`: right for Buffers and ASCII, over low bytes for other text (PROTOCOL §14.1)."""
    data = low_bytes(body) if isinstance(body, str) else body
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def _group_ids(message: ClientMap) -> ClientMap:
    ids = {key.lower(): value for key, value in message.items() if isinstance(value, str) and _ID.match(key)}
    kept = {key: value for key, value in message.items() if not (isinstance(value, str) and _ID.match(key))}
    if ids:
        kept["ao-ids"] = ", ".join(f'{key}="{value}"' for key, value in entries(ids))
    return {**kept, **ids}


def _inline_key(message: Mapping[str, Any]) -> tuple[dict[str, Text], str]:
    named = message.get("inline-body-key")
    if named:
        return {}, "[object Object]" if isinstance(named, dict) else _as_text(named)
    if "body" not in message and "data" in message:
        return {"inline-body-key": "data"}, "data"
    return {}, "body"


def _as_text(value: Text) -> str:
    return buffer_text(value) if isinstance(value, bytes) else value


def _encode_plain(fields: ClientMap, headers: dict[str, Text], inline_key: str) -> Text:
    """A message without maps: everything is a header, however long (PROTOCOL §14.6), but the inline key."""
    for key, value in entries(fields):
        text = printable_text(value) if isinstance(value, bytes) else value
        headers[key] = value if text is None else text
    body = headers.pop("body", "")
    if inline_key != "body" and headers.get(inline_key):
        body = headers.pop(inline_key)
    return body


def _encode_nested(fields: ClientMap, headers: dict[str, Text], inline_key: str) -> Text:
    body_map: ClientMap = {}
    for key, value in entries(fields):
        if isinstance(value, dict) or key in ("body", inline_key):
            body_map[key] = value
        elif key == "ao-types" or _length(value) <= MAX_VALUE:
            headers[key] = _as_text(value)
        else:
            body_map[key] = value
    parts: dict[str, Text | dict[str, Text]] = {}
    _group(body_map, "", parts)
    if not parts:
        return ""
    only = parts.get(inline_key)
    if len(parts) == 1 and isinstance(only, str):
        return only
    return _write_multipart(parts, headers, inline_key)


def _length(value: Text) -> int:
    return utf16_length(value) if isinstance(value, str) else len(value)


def _group(nested: ClientMap, parent: str, parts: dict[str, Text | dict[str, Text]]) -> None:
    own: dict[str, Text] = {}
    for key, value in sorted(nested.items(), key=lambda item: collation_key(item[0])):
        path = f"{parent}/{key.lower()}" if parent else key.lower()
        if isinstance(value, dict):
            _group(value, path, parts)
        elif _length(value) > MAX_VALUE:
            parts[path] = value
        else:
            own[key.lower()] = value
    if own and parent:
        parts[parent] = own
    else:
        parts.update(own)


def _write_multipart(parts: dict[str, Text | dict[str, Text]], headers: dict[str, Text], inline_key: str) -> str:
    names, texts = [], []
    for name, part in sorted(parts.items(), key=lambda item: collation_key(item[0])):
        names.append(f'"{name}"')
        if isinstance(part, dict) and part.keys() == {"body"}:
            texts.append(_part_text(f"{name}/body", part, "body"))
        else:
            texts.append(_part_text(name, part, inline_key))
    boundary = sha256_base64url(CRLF.join(texts).encode("utf-8", "surrogateescape"))
    headers["body-keys"] = ", ".join(names)
    headers["content-type"] = f'multipart/form-data; boundary="{boundary}"'
    return CRLF.join(f"--{boundary}{CRLF}{text}" for text in texts) + f"{CRLF}--{boundary}--"


def _part_text(name: str, part: Text | dict[str, Text], inline_key: str) -> str:
    inline = name == inline_key
    disposition = "inline" if inline else f'form-data;name="{name}"'
    if not isinstance(part, dict):
        return f"content-disposition: {disposition}{CRLF}{CRLF}{_as_text(part)}"
    lines = [(key, value.decode("latin-1") if isinstance(value, bytes) else value) for key, value in entries(part)]
    lines = [("content-disposition", disposition)] + [line for line in lines if line[0] != "body"]
    if inline or "ao-types" in part:
        lines = sorted(lines[1:] + lines[:1], key=lambda line: collation_key(line[0]))
    text = CRLF.join(f"{key}: {value}" for key, value in lines)
    body = part.get("body", "")
    if not body:
        return text
    return f"{text}{CRLF}{CRLF}{_as_text(body)}"
