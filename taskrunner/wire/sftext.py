"""The pieces of structured-field text (RFC 8941) that messages use: `ao-types`, `ao-ids` and inline lists.

Reading takes time linear in the text and accepts what the JavaScript client writes although it forgets to escape
quotes inside strings (PROTOCOL §14.4). Signatures have their own, strict reader in `signatures.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ESCAPE = re.compile(r"[^a-z0-9._/?&+-]")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_BACKSLASHED = re.compile(rb'\\(["\\])')
_BARE_STRING = re.compile(rb'"((?:[^"\\]|\\["\\])*)"')
_SEPARATOR = re.compile(rb"[ \t]*,[ \t]*")
_NEXT_ID = re.compile(rb'",[ \t]*[A-Za-z0-9_-]{32,43}="')


def escape_key(key: str) -> str:
    """The key as a node writes it in `ao-types`: other bytes than `a-z 0-9 . - _ / ? & +` become `%xx`."""
    if _ESCAPE.search(key) is None:
        return key
    encoded = key.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if not _ESCAPE.match(chr(byte)) else f"%{byte:02x}" for byte in encoded)


def unescape_key(key: bytes) -> bytes:
    """The key behind `escape_key`; a `%` that starts no escape stays."""
    return key if b"%" not in key else _PERCENT.sub(lambda match: bytes([int(match[1], 16)]), key)


def write_types(types: Iterable[tuple[str, str]]) -> bytes:
    """`key="type", key2="type2"`; the keys come as they shall be written."""
    return ", ".join(f'{key}="{kind}"' for key, kind in types).encode("utf-8", "surrogateescape")


def read_types(text: bytes) -> list[tuple[bytes, bytes]]:
    """Pairs of escaped key and type, in order; text that is no pair is skipped."""
    pairs = []
    position = 0
    while (middle := text.find(b'="', position)) >= 0:
        end = text.find(b'"', middle + 2)
        if end < 0:
            break
        pairs.append((text[position:middle].lstrip(b", \t"), text[middle + 2 : end]))
        position = end + 1
    return pairs


def quote(text: bytes) -> bytes:
    """A structured-field string: in double quotes, with quotes and backslashes escaped."""
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def unquote(text: bytes) -> bytes:
    """The content of an escaped string, its outer quotes already gone."""
    return _BACKSLASHED.sub(rb"\1", text) if b"\\" in text else text


def read_list(text: bytes) -> list[tuple[bytes, bool]]:
    """The items of a list as (content, was quoted); unescaped, unless the writer forgot to escape."""
    items = []
    position, end = 0, len(text)
    while position < end:
        if text[position] == 0x22:
            match = _BARE_STRING.match(text, position)
            if match is None:
                return _read_sloppy_list(text)
            items.append((unquote(match[1]), True))
            position = match.end()
        else:
            stop = text.find(b",", position)
            stop = end if stop < 0 else stop
            items.append((text[position:stop].strip(b" \t"), False))
            position = stop
        if position < end:
            separator = _SEPARATOR.match(text, position)
            if separator is None:
                return _read_sloppy_list(text)
            position = separator.end()
    return items


def _read_sloppy_list(text: bytes) -> list[tuple[bytes, bool]]:
    """`"say "hi"", "b\\c"`: items end where `", "` is. Only typed items were escaped by the client."""
    items = []
    for item in text.strip(b" \t").removeprefix(b'"').removesuffix(b'"').split(b'", "'):
        items.append((unquote(item) if item.startswith(b"(ao-type-") else item, True))
    return items


def read_ids(text: bytes) -> list[tuple[bytes, bytes]]:
    """The pairs of an `ao-ids` header, `ID="value", ID2="value"`; quotes inside a value may be unescaped."""
    pairs = []
    position = 0
    while (middle := text.find(b'="', position)) >= 0:
        following = _NEXT_ID.search(text, middle + 2)
        end = following.start() if following else text.rfind(b'"', middle + 2)
        if end < middle + 2:
            break
        pairs.append((text[position:middle].lstrip(b", \t"), unquote(text[middle + 2 : end])))
        position = end + 1
        if following is None:
            break
    return pairs
