"""How JavaScript sees the values of a message: order of keys, text of numbers, ICU order of names, UTF-16 digests.

What the other modules of this dialect share (PROTOCOL §5, §14).
There `str` is text and `bytes` is a Buffer; the node's own form does not make that difference.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

from taskrunner.wire.errors import EncodeError
from taskrunner.wire.flat import MAX_DEPTH
from taskrunner.wire.scalars import finite, integer_text
from taskrunner.wire.values import Atom

_ASCII_ORDER: Final = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789"
_INDEX = re.compile(r"(0|[1-9][0-9]{0,9})\Z")
_PRINTABLE = re.compile(r"[\t\n\r -~]*\Z")


def entries(obj: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The entries in JavaScript's order: array indices ascending, then the other keys as they were added."""
    indices = sorted((key for key in obj if _INDEX.match(key)), key=int)
    if not indices:
        return list(obj.items())
    return [(key, obj[key]) for key in indices] + [(key, obj[key]) for key in obj if not _INDEX.match(key)]


def is_integer(value: Any) -> bool:
    """`Number.isInteger`: also for floats without a fraction."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and finite(value).is_integer())


def is_number(value: Any) -> bool:
    """Whether the value is a number to JavaScript."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_text(number: float) -> str:
    """`String(number)`. Integers beyond 2^53 keep all digits, which JavaScript would have lost already."""
    if isinstance(number, int):
        return integer_text(number).decode()
    magnitude = abs(finite(number))
    if number.is_integer() and magnitude < 1e21:
        return str(int(number))
    if 1e-6 <= magnitude < 1e21:
        return format(Decimal(repr(number)), "f")
    mantissa, _, exponent = repr(number).partition("e")
    return f"{mantissa}e{'-' if exponent.startswith('-') else '+'}{exponent.lstrip('+-0')}"


def constant_name(value: Atom | bool | None) -> str:
    """The name of an atom or constant, as a template string shows it."""
    if isinstance(value, Atom):
        return value.name or "Symbol.for()"
    return {True: "true", False: "false", None: "null"}[value]


def is_constant(value: Any) -> bool:
    """Whether the client treats the value as an atom."""
    return value is None or isinstance(value, bool | Atom)


def utf16_length(text: str) -> int:
    """`text.length`."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def buffer_text(data: bytes) -> str:
    """`buffer.toString()`: UTF-8 with replacement characters."""
    return data.decode("utf-8", "replace")


def printable_text(data: bytes) -> str | None:
    """The text of bytes that are printable ASCII or line ends, else None."""
    text = data.decode("latin-1")
    return text if _PRINTABLE.match(text) else None


def low_bytes(text: str) -> bytes:
    """The low byte of each UTF-16 unit: what the client digests instead of UTF-8 (PROTOCOL §14.1)."""
    return text.encode("utf-16-le", "surrogatepass")[::2]


def wire_bytes(value: str | bytes) -> bytes:
    """The bytes that `fetch` sends for a string or a Buffer."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def sha256_base64url(data: bytes) -> str:
    """A digest as a boundary."""
    from taskrunner.wire.values import b64url

    return b64url(hashlib.sha256(data).digest())


def normalised(value: Any, depth: int = 0) -> Any:
    """The value after the client's normaliser: `"::"` has become zero bytes (PROTOCOL §5).

    Raises `EncodeError` for what has no form or lies too deep.
    """
    if depth > MAX_DEPTH:
        raise EncodeError(f"the message has more than {MAX_DEPTH} levels")
    if isinstance(value, str):
        return b"" if value == "::" else value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, list | tuple):
        return [normalised(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {key: normalised(item, depth + 1) for key, item in value.items()}
    if value is None or isinstance(value, bytes | bool | int | float | Atom):
        return value
    raise EncodeError(f"a {type(value).__name__} has no form on the wire")


def collation_key(text: str) -> tuple[list[int], list[int], list[int]]:
    """A sort key that orders names as `localeCompare` does: ICU root order, exact for ASCII.

    Punctuation before digits before letters; accents count only between equal letters, capitals last.
    """
    weights = [weight for char in unicodedata.normalize("NFD", text) if (weight := _weight(char))]
    primary = [weight[0] for weight in weights if weight[0]]
    return primary, [weight[1] for weight in weights], [weight[2] for weight in weights]


@cache
def _weight(char: str) -> tuple[int, int, int] | None:
    """Primary, secondary and tertiary weight of a character; None if it is ignored."""
    place = _ASCII_ORDER.find(char)
    if place >= 0:
        return place + 1, 0, 0
    category = unicodedata.category(char)
    if category in ("Cc", "Cf"):
        return None
    if category.startswith("M"):
        return 0, ord(char), 0
    if category[0] in "SPZ":
        return len(_ASCII_ORDER) - 10 + 1, ord(char), 0
    return 0x1000 + ord(char.lower()[0]), 0, int(char.isupper())
