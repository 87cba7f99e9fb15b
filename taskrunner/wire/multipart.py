"""The multipart body of httpsig: maps as parts, long or unruly strings as raw parts (PROTOCOL §4.2, §4.3).

Works on bytes and never decodes a body as text. Writes the node's order (bytes), reads any order. A part with only a
disposition line is a raw value; one with more lines is a map, and what follows its empty line is the key `body`.

    --B CRLF  a: 1 CRLF ao-types: b="integer" CRLF b: 2 CRLF content-disposition: form-data;name="m"  CRLF --B--
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from taskrunner.wire.errors import DecodeError, EncodeError
from taskrunner.wire.flat import put_at_path
from taskrunner.wire.structured import normal_key, sorted_keys
from taskrunner.wire.values import Structured, b64url, to_bytes, to_text

CRLF = b"\r\n"
MAX_VALUE = 4096  # bytes of the longest value that stays a header or a line (PROTOCOL §4.1)
DISPOSITION = "content-disposition"
_BOUNDARY = re.compile(rb'boundary[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_NAME = re.compile(rb';[ \t]*name[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)

_MANGLED_HINT = "clients run nested binary values into other lines (PROTOCOL 14.2); send binary data as base64"

Parts = dict[str, "bytes | dict[str, bytes]"]


def boundary_of(content_type: bytes) -> bytes | None:
    """The boundary that a content type names, or None."""
    match = _BOUNDARY.search(content_type)
    return (match[1] if match[1] is not None else match[2]) if match else None


def group(body_map: Mapping[str, bytes | Structured]) -> Parts:
    """Nested maps as a one-level map of part name to raw bytes or to the map's own strings."""
    parts: Parts = {}
    for key, value in body_map.items():
        if isinstance(value, dict):
            _group_map(key, value, parts)
        else:
            _add(parts, key, value)
    return parts


def write(parts: Parts, inline_key: str) -> tuple[bytes, bytes, list[str]]:
    """Body, boundary and part names. Raises `EncodeError` for a name that cannot stand in a disposition line."""
    texts, names = [], []
    for name in sorted_keys(parts):
        content = parts[name]
        if isinstance(content, dict) and content.keys() == {"body"}:
            name, content = f"{name}/body", content["body"]
        texts.append(_write_part(name, content, inline=name == inline_key))
        names.append(name)
    boundary = b64url(hashlib.sha256(CRLF.join(texts)).digest()).encode()
    body = CRLF.join(b"--" + boundary + CRLF + text for text in texts)
    return body + CRLF + b"--" + boundary + b"--", boundary, names


def read(body: bytes, boundary: bytes, inline_key: str) -> Structured:
    """The fields behind a multipart body, each part at its path. Raises `DecodeError` for anything malformed."""
    fields: Structured = {}
    for piece in _pieces(body, boundary):
        name, value = _read_part(piece, inline_key)
        try:
            put_at_path(fields, name, value)
        except DecodeError as error:
            raise DecodeError(error.message, field=error.field, hint=_MANGLED_HINT) from error
    return fields


def is_plain_line(key: str, value: bytes) -> bool:
    """Whether `key: value` can be a line of a part and be read back."""
    name = to_bytes(key)
    return not (len(value) > MAX_VALUE or CRLF in value or CRLF in name or b": " in name or key == DISPOSITION)


def _group_map(path: str, nested: Structured, parts: Parts) -> None:
    lines: dict[str, bytes] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            _group_map(f"{path}/{key}", value, parts)
        elif key == "body" or is_plain_line(key, value):
            lines[key] = value
        else:
            _add(parts, f"{path}/{key}", value)
    if lines:
        _add(parts, path, lines)


def _add(parts: Parts, name: str, value: bytes | dict[str, bytes]) -> None:
    if name in parts:
        raise EncodeError(f"two values of the message claim the part {name!r}", field=name)
    parts[name] = value


def _write_part(name: str, content: bytes | dict[str, bytes], *, inline: bool) -> bytes:
    encoded = to_bytes(name)
    if b'"' in encoded or b"\r" in encoded or b"\n" in encoded:
        raise EncodeError(f"the key {name!r} cannot name a part: it holds a quote or a line end", field=name)
    disposition = b"inline" if inline else b'form-data;name="' + encoded + b'"'
    if isinstance(content, bytes):
        return b"content-disposition: " + disposition + CRLF + CRLF + content
    lines = {key: value for key, value in content.items() if key != "body"} | {DISPOSITION: disposition}
    head = CRLF.join(to_bytes(key) + b": " + lines[key] for key in sorted_keys(lines))
    return head + CRLF + CRLF + content["body"] if "body" in content else head


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts of a body, each without the line ends that belong to the boundaries around it."""
    mark = b"--" + boundary
    start = 0 if body.startswith(mark + CRLF) else body.find(CRLF + mark + CRLF)
    if start < 0:
        raise DecodeError("the body does not hold the boundary of its content type", field="content-type")
    start = body.index(CRLF, start + 1) + len(CRLF)
    end = body.find(CRLF + mark + b"--", start)
    if end < 0:
        raise DecodeError("the multipart body has no end: its closing boundary is missing", field="body")
    return body[start:end].split(CRLF + mark + CRLF)


def _read_part(piece: bytes, inline_key: str) -> tuple[str, bytes | Structured]:
    head, _, raw = piece.partition(CRLF + CRLF)
    lines: dict[str, bytes] = {}
    for line in head.split(CRLF):
        key, mark, value = line.partition(b": ")
        if mark:
            lines[normal_key(to_text(key))] = value
    disposition = lines.pop(DISPOSITION, None)
    if disposition is None:
        raise DecodeError("a part of the multipart body has no content-disposition", field="body")
    name = inline_key if disposition.strip().lower() == b"inline" else _part_name(disposition)
    if not lines:
        return name, raw
    fields: Structured = {**lines}
    if raw:
        fields["body"] = raw
    return name, fields


def _part_name(disposition: bytes) -> str:
    match = _NAME.search(disposition)
    if match is None:
        raise DecodeError("a part of the multipart body has no name", field=DISPOSITION)
    return "/".join(normal_key(step) for step in to_text(match[1] if match[1] is not None else match[2]).split("/"))
