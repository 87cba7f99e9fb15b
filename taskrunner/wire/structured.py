"""The structured codec: typed values as byte strings and maps with an `ao-types` note per level (PROTOCOL §2).

    {"n": 1, "l": [b"a", 2], "e": b"", "m": {"t": True}}
    {"ao-types": b'e="empty-binary", l="list", n="integer"', "l": b'"a", "(ao-type-integer) 2"', "n": b"1",
     "m": {"ao-types": b't="atom"', "t": b'"true"'}}

Writes the node's form; the JavaScript client's is in `wao/structured.py`. Reads both. Knows nothing of HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from taskrunner.wire import sftext
from taskrunner.wire.errors import EncodeError
from taskrunner.wire.flat import MAX_DEPTH
from taskrunner.wire.ids import ID_LENGTHS
from taskrunner.wire.scalars import atom_text, float_text, integer_text, read_atom, read_float, read_integer
from taskrunner.wire.values import Atom, Message, Structured, Value, to_bytes, to_text

_EMPTY = {"empty-binary": b"", "empty-list": [], "empty-message": {}}
_TYPED_ITEM = re.compile(rb"\(ao-type-([a-z-]+)\)[ \t]*", re.IGNORECASE)
MAX_INLINE_DEPTH = 6
_INDEX = re.compile(r"[0-9]{1,9}\Z")


def encode(message: Mapping[str, Any]) -> Structured:
    """The structured form of a rich message; private keys are left out, other keys lower-cased unless they are ids.

    A map that already is structured stays as it is, byte for byte. Raises `EncodeError` for a value without a form.
    """
    return _encode_map(message, 0)


def decode(message: Mapping[str, Any]) -> Message:
    """The rich form of a structured message, without private keys. Types that do not fit leave their value text."""
    return _decode_map(message, 0)


def normal_key(key: str) -> str:
    """The key in lower case, except that one of 43, 42 or 32 bytes is taken for an id and kept (PROTOCOL §1)."""
    if key.islower() or len(to_bytes(key)) in ID_LENGTHS:
        return key
    return key.lower()


def is_private(key: str) -> bool:
    """Whether a node keeps the key to itself: never sent, never read from outside (PROTOCOL §1)."""
    return key.startswith("priv")


def sorted_keys(keys: Iterable[str]) -> list[str]:
    """Keys in byte order."""
    return sorted(keys, key=to_bytes)


def _encode_map(message: Mapping[str, Any], depth: int) -> Structured:
    if depth > MAX_DEPTH:
        raise EncodeError(f"the message has more than {MAX_DEPTH} levels")
    values = {}
    for key, value in message.items():
        if not isinstance(key, str):
            raise EncodeError(f"the key {key!r} is no text")
        values[normal_key(key)] = value
    types: list[tuple[str, str]] = []
    encoded: Structured = {}
    for key in sorted_keys(values):
        if is_private(key):
            continue
        kind, text = _encode_value(key, values[key], depth)
        if kind:
            types.append((key, kind))
        if text is not None:
            encoded[key] = text
    if not types:
        return encoded
    return {"ao-types": _merged_types(encoded.pop("ao-types", b""), types), **encoded}


def _merged_types(existing: bytes | Structured, types: list[tuple[str, str]]) -> bytes:
    """The note for `types`, together with one that the map brought along."""
    merged = {}
    if isinstance(existing, bytes):
        merged = {to_text(key): to_text(kind) for key, kind in sftext.read_types(existing)}
    merged.update((sftext.escape_key(key), kind) for key, kind in types)
    return sftext.write_types((key, merged[key]) for key in sorted_keys(merged))


def _encode_value(key: str, value: Any, depth: int) -> tuple[str, bytes | Structured | None]:
    """Type note (or "") and stored value (or None) of one value."""
    if isinstance(value, str | bytes | bytearray | memoryview):
        text = to_bytes(value)
        return ("", text) if text else ("empty-binary", None)
    if isinstance(value, Mapping):
        return ("", _encode_map(value, depth + 1)) if value else ("empty-message", None)
    if isinstance(value, list | tuple):
        if not value:
            return "empty-list", None
        if isinstance(value[0], list | tuple) or not _fits_inline(value, 0):
            return "list", _encode_map({str(index): item for index, item in enumerate(value, 1)}, depth + 1)
        return "list", _encode_list(key, value)
    return _encode_scalar(key, value)


def _encode_scalar(key: str, value: Any) -> tuple[str, bytes]:
    if isinstance(value, bool) or value is None or isinstance(value, Atom):
        return "atom", atom_text(value)
    if isinstance(value, int):
        return "integer", integer_text(value)
    if isinstance(value, float):
        return "float", float_text(value)
    raise EncodeError(f"{key!r} holds a {type(value).__name__}, which has no form on the wire", field=key)


def _fits_inline(items: Sequence[Any], depth: int) -> bool:
    """Whether a list has inline text that reads back as itself: no maps, no empty lists, nothing that looks typed.

    Each level of nesting doubles the backslashes, hence the narrow limit.
    """
    if depth > MAX_INLINE_DEPTH:
        return False
    for item in items:
        if isinstance(item, Mapping):
            return False
        if isinstance(item, list | tuple):
            if not item or not _fits_inline(item, depth + 1):
                return False
        elif isinstance(item, str | bytes) and to_bytes(item).startswith(b"(ao-type-"):
            return False
    return True


def _encode_list(key: str, items: Sequence[Any]) -> bytes:
    """Inline list text: every item in quotes, other items than strings as `(ao-type-T) TEXT`."""
    return b", ".join(sftext.quote(_list_item(key, item)) for item in items)


def _list_item(key: str, item: Any) -> bytes:
    if isinstance(item, str | bytes | bytearray | memoryview):
        return to_bytes(item)
    if isinstance(item, list | tuple):
        return b"(ao-type-list) " + _encode_list(key, item)
    kind, text = _encode_scalar(key, item)
    return f"(ao-type-{kind}) ".encode() + text


def _decode_map(message: Mapping[str, Any], depth: int) -> Message:
    note = message.get("ao-types")
    decoded: Message = {}
    types: dict[str, str] = {}
    if isinstance(note, str | bytes):
        for escaped, kind in sftext.read_types(to_bytes(note)):
            key = normal_key(to_text(sftext.unescape_key(escaped)))
            types[key] = to_text(kind).lower()
            if types[key] in _EMPTY and key not in message and not is_private(key):
                decoded[key] = _empty(types[key])
    for key, value in message.items():
        if key != "ao-types" and not is_private(key):
            decoded[key] = _decode_value(types.get(key, ""), value, depth)
    return decoded


def _decode_value(kind: str, value: Any, depth: int) -> Value:
    if isinstance(value, Mapping):
        if depth > MAX_DEPTH:
            return cast("Value", dict(value))
        inner = _decode_map(value, depth + 1)
        return _ordered(inner) if kind == "list" else inner
    if isinstance(value, str | bytes):
        return _decode_text(kind, to_bytes(value), depth) if kind else to_bytes(value)
    return cast("Value", value)


def _decode_text(kind: str, text: bytes, depth: int) -> Value:
    """`text` as `kind` says; the text itself if it does not fit or the type is unknown."""
    if kind == "integer":
        number = read_integer(text)
        return text if number is None else number
    if kind == "float":
        ratio = read_float(text)
        return text if ratio is None else ratio
    if kind == "atom":
        return read_atom(text)
    if kind == "list":
        return [_decode_item(item, quoted, depth) for item, quoted in sftext.read_list(text)]
    return _empty(kind) if kind in _EMPTY else text


def _decode_item(item: bytes, quoted: bool, depth: int) -> Value:
    if not quoted:
        number = read_integer(item)
        return item if number is None else number
    typed = _TYPED_ITEM.match(item)
    if typed is None or depth > MAX_DEPTH:
        return item
    return _decode_text(typed[1].decode().lower(), item[typed.end() :], depth + 1)


def _ordered(numbered: Message) -> Value:
    """The list behind a map with keys `1..n`; the map itself if it has any other key."""
    if not all(_INDEX.match(key) for key in numbered):
        return numbered
    return [numbered[key] for key in sorted(numbered, key=int)]


def _empty(kind: str) -> Value:
    return {} if kind == "empty-message" else [] if kind == "empty-list" else b""
