"""The flat codec: a nested map of byte strings as a one-level map whose keys are paths joined by `/` (PROTOCOL §3).

    {"a": {"b": b"c"}}  <->  {"a/b": b"c"}  <->  b"a/b: c"

Knows only maps and bytes. The part names of a multipart body follow the same idea and use `put_at_path`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskrunner.wire.errors import DecodeError, EncodeError
from taskrunner.wire.values import Structured, to_bytes, to_text

MAX_DEPTH = 64  # levels of nesting that any codec reads or writes; deeper input is refused, not followed


def encode(nested: Mapping[str, Any]) -> dict[str, bytes]:
    """The flat form of `nested`, whose leaves are bytes or text. Raises `EncodeError` for any other leaf."""
    flat: dict[str, bytes] = {}
    _flatten(nested, "", flat, 0)
    return flat


def decode(flat: Mapping[str, Any]) -> Structured:
    """The nested form of `flat`. Raises `DecodeError` when two values claim one path."""
    nested: Structured = {}
    for path, value in flat.items():
        put_at_path(nested, path, decode(value) if isinstance(value, Mapping) else to_bytes(value))
    return nested


def serialise(nested: Mapping[str, Any]) -> bytes:
    """The text form: one `path: value` per line, in byte order of the paths."""
    flat = encode(nested)
    return b"\n".join(to_bytes(path) + b": " + flat[path] for path in sorted(flat, key=to_bytes))


def deserialise(text: bytes) -> Structured:
    """The nested map behind the text form; lines without `": "` are ignored."""
    nested: Structured = {}
    for line in text.split(b"\n"):
        path, mark, value = line.removesuffix(b"\r").partition(b": ")
        if mark:
            put_at_path(nested, to_text(path), value)
    return nested


def put_at_path(nested: Structured, path: str, value: bytes | Structured) -> None:
    """Store `value` at `path` below `nested`; maps are merged. Raises `DecodeError` on a collision."""
    *parents, last = path.split("/")
    if len(parents) >= MAX_DEPTH:
        raise DecodeError(f"a path has more than {MAX_DEPTH} levels", field=path[:80])
    here = nested
    for name in parents:
        below = here.setdefault(name, {})
        if not isinstance(below, dict):
            raise DecodeError(f"{path!r} lies below a value that is no map", field=path)
        here = below
    _put(here, last, value)


def _put(here: Structured, key: str, value: bytes | Structured) -> None:
    if key not in here:
        here[key] = value
        return
    there = here[key]
    if not (isinstance(there, dict) and isinstance(value, dict)):
        raise DecodeError(f"two values claim the key {key!r}", field=key)
    for name, inner in value.items():
        _put(there, name, inner)


def _flatten(nested: Mapping[str, Any], prefix: str, flat: dict[str, bytes], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise EncodeError(f"the message has more than {MAX_DEPTH} levels", field=prefix[:80])
    for key, value in nested.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            _flatten(value, path + "/", flat, depth + 1)
        elif isinstance(value, str | bytes):
            if path in flat:
                raise EncodeError(f"two values claim the path {path!r}", field=path)
            flat[path] = to_bytes(value)
        else:
            raise EncodeError(f"{path!r} is no byte string: flat knows only byte strings and maps", field=path)
