"""The values that messages hold, and the one shape that HTTP has here: header pairs and a body, all bytes.

This module knows no codec. A *rich* message is `dict[str, Value]`; a *structured* one holds only bytes and maps, with
an `ao-types` note at each level (PROTOCOL §1). Decoded text and binaries are both `bytes`, since the wire does not
tell them apart; `str` is accepted wherever something is encoded, and means its UTF-8 bytes.

Example of a rich message:
    {"action": b"Eval", "count": 3, "ratio": 1.5, "ok": Atom("ok"), "flag": True, "list": [1, b"a"], "map": {}}
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Atom:
    """A bare name that is neither true, false nor null (those are `True`, `False` and `None`)."""

    name: str

    def __str__(self) -> str:
        return self.name


Value: TypeAlias = "bytes | str | int | float | bool | Atom | list[Value] | dict[str, Value] | None"
Message: TypeAlias = "dict[str, Value]"
Structured: TypeAlias = "dict[str, bytes | Structured]"
HeadersLike: TypeAlias = "Iterable[tuple[str | bytes, str | bytes]] | Mapping[str, str | bytes] | Mapping[str, str]"


def to_bytes(value: str | bytes | bytearray | memoryview) -> bytes:
    """Text as UTF-8 (escaped surrogates become the bytes they stand for), binaries as they are."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)


def to_text(value: str | bytes) -> str:
    """Bytes as UTF-8 text; bytes that are no UTF-8 survive as escaped surrogates (`to_bytes` undoes it)."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def b64url(data: bytes) -> str:
    """base64url without padding, the form of ids, addresses and boundaries."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64url(text: str | bytes) -> bytes:
    """The bytes behind base64url or standard base64, padded or not; raises `ValueError` if it is neither."""
    raw = to_bytes(text).translate(_TO_STANDARD).rstrip(b"=")
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True, init=False)
class HttpMessage:
    """Headers in order (names lower case, values bytes) and a body; what travels in one HTTP request or answer."""

    headers: tuple[tuple[str, bytes], ...]
    body: bytes

    def __init__(self, headers: HeadersLike = (), body: bytes = b"") -> None:
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        object.__setattr__(self, "headers", tuple((to_text(name).lower(), to_bytes(value)) for name, value in pairs))
        object.__setattr__(self, "body", bytes(body))

    def get(self, name: str, default: bytes = b"") -> bytes:
        """The value of the header `name`; several with one name are joined by comma and space (RFC 9110 §5.3)."""
        values = [value for key, value in self.headers if key == name]
        return b", ".join(values) if values else default

    def fields(self) -> dict[str, bytes]:
        """Every header once, in order of first appearance."""
        merged: dict[str, bytes] = {}
        for name, value in self.headers:
            merged[name] = merged[name] + b", " + value if name in merged else value
        return merged
