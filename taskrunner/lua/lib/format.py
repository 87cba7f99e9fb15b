"""`string.format` as Luerl does it (LUERL §7): the format is Latin-1, the result is UTF-8, a backslash protects.

Every failure, whatever its cause, is one badarg error over all arguments, raised by the caller. Knows numbers and
text; `%s` and `%q` ask the `tostring` that is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from taskrunner.lua.erlang import Part, Unknown, characters_to_binary
from taskrunner.lua.lib.floats import exponent_form, fixed_form, general_form
from taskrunner.lua.numbers import integer_text, to_float, to_integer

_SPEC: Final = re.compile(rb"%(?P<flags>[#0\- +]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?(?P<letter>[\s\S]?)")
_QUOTED: Final = re.compile(rb'([\x00-\x03\n9"\\\x7f-\x9f])')
_FLOAT_FORMS: Final = {"e": (exponent_form, 7, 1), "f": (fixed_form, 6, 0), "g": (general_form, 6, 0)}
_BASES: Final = {"o": "o", "x": "x", "X": "X"}


class BadFormat(Exception):
    """Something in the format or an argument is wrong; Luerl does not say what."""


class Spec:
    """One conversion: its flags, width and precision; None where the format gives none."""

    __slots__ = ("flags", "letter", "precision", "width")

    def __init__(self, match: re.Match[bytes]) -> None:
        self.flags = match["flags"].decode("ascii")
        self.width = int(match["width"]) if match["width"] else None
        self.precision = int(match["precision"]) if match["precision"] else None
        self.letter = match["letter"].decode("latin-1")

    def pad(self, text: Part) -> Part:
        """Fills up to the width: on the right for `-`, with zeros for `0`, else with blanks on the left."""
        if self.width is None or len(text) >= self.width:
            return text
        missing = self.width - len(text)
        filler = " " if "-" in self.flags or "0" not in self.flags else "0"
        fill = filler * missing if isinstance(text, str) else filler.encode() * missing
        return text + fill if "-" in self.flags else fill + text  # type: ignore[operator]

    def sign(self, negative: bool) -> str:
        """The sign that goes before the digits."""
        return "-" if negative else "+" if "+" in self.flags else " " if " " in self.flags else ""


def format_text(
    source: bytes, args: Sequence[Any], tostring: Callable[[Any], Any], check: Callable[[int], object]
) -> bytes | Unknown:
    """The formatted text, or Luerl's unknown value if an argument brought bytes that are no UTF-8.

    `tostring` is Luerl's, with metamethods; `check` is told the size of each padded piece before it is built.
    """
    parts: list[Part] = []
    values = iter(args)
    for piece in _pieces(source):
        if isinstance(piece, str):
            parts.append(piece)
        else:
            check((piece.width or 0) + (piece.precision or 0))
            parts.extend(_build(piece, values, tostring))
    return characters_to_binary(parts)


@lru_cache(maxsize=256)
def _pieces(source: bytes) -> tuple[str | Spec, ...]:
    """The format cut into plain text and conversions; a wrong conversion is only noticed when it is reached."""
    pieces: list[str | Spec] = []
    at = 0
    while at < len(source):
        code = source[at]
        if code == 37:
            match = _SPEC.match(source, at)
            assert match is not None
            pieces.append(Spec(match))
            at = match.end()
        elif code == 92 and at + 1 < len(source):
            pieces.append(chr(source[at + 1]))
            at += 2
        else:
            stop = _plain_end(source, at)
            pieces.append(source[at:stop].decode("latin-1"))
            at = stop
    return tuple(pieces)


def _plain_end(source: bytes, at: int) -> int:
    ends = [found for found in (source.find(b"%", at + 1), source.find(b"\\", at + 1)) if found >= 0]
    return min(ends, default=len(source))


def _build(spec: Spec, values: Any, tostring: Callable[[Any], Any]) -> list[Part]:
    letter = spec.letter
    if letter == "%":
        if spec.flags or spec.width is not None or spec.precision is not None:
            raise BadFormat
        return ["%"]
    if letter not in "qscidoxXueEfFgG" or not letter:
        raise BadFormat
    try:
        value = next(values)
    except StopIteration:
        raise BadFormat from None
    if letter == "q":
        return _quoted(tostring(value))
    if letter == "s":
        return [_string(spec, tostring(value))]
    if letter.lower() in _FLOAT_FORMS:
        return [_float(spec, value)]
    number = to_integer(value)
    if number is None:
        raise BadFormat
    if letter == "c":
        return [spec.pad(chr(number & 255))]
    return [_integer(spec, number)]


def _string(spec: Spec, text: Any) -> Part:
    """`%s`: precision cuts bytes; a `__tostring` that gave an integer becomes that character."""
    if type(text) is int and 0 <= text <= 0x10FFFF:
        return chr(text)
    if type(text) is not bytes:
        raise BadFormat
    return spec.pad(text if spec.precision is None else text[: spec.precision])


def _integer(spec: Spec, number: int) -> str:
    if spec.letter == "u" and number < 0:
        number &= 0xFFFFFFFFFFFFFFFF
    base = _BASES.get(spec.letter)
    digits = format(abs(number), base) if base else integer_text(abs(number))
    sign = spec.sign(number < 0)
    if spec.precision is not None:
        digits = sign + digits.rjust(spec.precision, "0")
        return digits.ljust(spec.width or 0) if "-" in spec.flags else digits.rjust(spec.width or 0)
    return _signed(spec, sign, digits)


def _float(spec: Spec, value: Any) -> str:
    number = to_float(value)
    if number is None:
        raise BadFormat
    form, default, extra = _FLOAT_FORMS[spec.letter.lower()]
    text = form(abs(number), default if spec.precision is None else spec.precision + extra)
    if text is None or ("0" in spec.flags and "-" not in spec.flags and spec.width is None):
        raise BadFormat
    return _signed(spec, spec.sign(number < 0), text)


def _signed(spec: Spec, sign: str, digits: str) -> str:
    if "0" in spec.flags and "-" not in spec.flags and spec.width is not None:
        return sign + digits.rjust(spec.width - len(sign), "0")
    padded = spec.pad(sign + digits)
    assert isinstance(padded, str)
    return padded


def _quoted(text: Any) -> list[Part]:
    """`%q`: Luerl splits at the bytes it means to quote, and writes a piece that is one control byte as its number."""
    if type(text) is not bytes:
        raise BadFormat
    pieces = [piece for piece in _QUOTED.split(text) if piece]
    parts: list[Part] = ['"']
    for index, piece in enumerate(pieces):
        follower = pieces[index + 1][:1] if index + 1 < len(pieces) else b""
        parts.append(_quoted_piece(piece, follower.isdigit()))
    parts.append('"')
    return parts


def _quoted_piece(piece: bytes, digit_follows: bool) -> Part:
    code = piece[0] if len(piece) == 1 else -1
    if piece in (b"\n", b'"', b"\\"):
        return "\\" + piece.decode("ascii")
    if 0 <= code <= 31:
        return f"\\{code:03d}" if digit_follows else f"\\{code}"
    if 127 <= code <= 159:
        return str(code)
    return piece
