"""Numbers as Erlang prints them and as Luerl's scanner reads them (LUERL §2 "Numbers", §7).

Integers are Python ints without bound, floats are finite Python floats; a Lua string that holds a number always
becomes a float. This module knows neither tables nor the VM: bytes and numbers in, bytes and numbers out.
"""

from __future__ import annotations

import re
from decimal import Decimal
from math import copysign, ldexp
from typing import Final, TypeAlias

from taskrunner.lua.errors import FidelityCrash

Number: TypeAlias = int | float

_EXACT_LIMIT: Final = 9007199254740992.0  # from 2^53 on Erlang always prints an exponent
_LONG_INTEGER: Final = 4000  # digits; Python refuses str(int) and int(str) above 4300

_DIGITS: Final = b"0123456789abcdefghijklmnopqrstuvwxyz"
_SKIP = rb"(?>[\t-\r \xa0]|--\[\[(?:[^\]]|\][^\]])*\]\]|--\n|--\[\n|--\[[^\[\n][^\n]*|--[^\[\n][^\n]*)*+"
_NUMERAL = (
    rb"(?P<float>\d+\.\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)"
    rb"|(?P<hexfloat>0[xX](?:[0-9A-Fa-f]*\.[0-9A-Fa-f]*(?:[pP][-+]?\d+)?|[0-9A-Fa-f]*[pP][-+]?\d+))"
    rb"|(?P<hex>0[xX][0-9A-Fa-f]+)"
    rb"|(?P<int>\d+)"
)
_SCAN = re.compile(_SKIP + rb"(?:(?P<sign>[-+])" + _SKIP + rb")?(?:" + _NUMERAL + rb")" + _SKIP + rb"\Z")
_PLAIN_INTEGER = re.compile(rb"-?\d{1,15}\Z")


def float_text(value: float) -> str:
    """The shortest text that reads back as `value`, in Erlang's choice of form: `1000.0` gives `1.0e3` (LUERL §7)."""
    if value == 0:
        return "-0.0" if copysign(1.0, value) < 0 else "0.0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent_text = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent_text or 0)  # digits before the decimal point, counted in whole + fraction
    point -= len(whole) + len(fraction) - len(digits)
    digits = digits.rstrip("0")
    exponent = point - 1
    scientific = f"{digits[0]}.{digits[1:] or '0'}e{exponent}"
    if abs(value) >= _EXACT_LIMIT:
        return sign + scientific
    if point >= len(digits):
        decimal = digits + "0" * (point - len(digits)) + ".0"
    elif point > 0:
        decimal = digits[:point] + "." + digits[point:]
    else:
        decimal = "0." + "0" * -point + digits
    return sign + (decimal if len(decimal) <= len(scientific) else scientific)


def integer_text(value: int) -> str:
    """All digits of an integer of any size, without Python's limit on the length."""
    if value.bit_length() < 3 * _LONG_INTEGER:
        return str(value)
    return format(Decimal(value), "f")


def integer_from_text(digits: bytes) -> int:
    """The value of a run of decimal digits of any length."""
    return int(digits) if len(digits) <= _LONG_INTEGER else int(Decimal(digits.decode("ascii")))


def number_text(value: Number) -> bytes:
    """A number as every Luerl function shows it."""
    return (float_text(value) if isinstance(value, float) else integer_text(value)).encode("ascii")


def as_float(value: Number) -> float:
    """Erlang's `float/1`: an integer too large for a float is a crash that no `pcall` catches."""
    try:
        return float(value)
    except OverflowError:
        raise FidelityCrash("badarg", "{erlang,float,1}") from None


def text_to_float(text: bytes) -> float | None:
    """A Lua string as a number: always a float, None if Luerl's scanner finds anything but one numeral.

    White space, comments and one sign may stand around the numeral (LUERL `tonumber-float`).
    """
    if _PLAIN_INTEGER.match(text):
        return float(int(text))
    match = _SCAN.match(text)
    if match is None:
        return None
    value = _numeral_value(match)
    if value is None:
        return None
    return as_float(-value if match["sign"] == b"-" else value)


def _numeral_value(match: re.Match[bytes]) -> Number | None:
    if match["int"] is not None:
        return integer_from_text(match["int"])
    if match["hex"] is not None:
        return int(match["hex"][2:], 16)
    if match["hexfloat"] is not None:
        return hex_float(match["hexfloat"])
    value = float(match["float"])
    return None if value in (float("inf"), float("-inf")) else value


def hex_float(text: bytes) -> float | None:
    """`0x1.8p3` as Luerl computes it: digit by digit in floats; None is its "malformed number"."""
    mantissa, letter, exponent = re.sub(rb"[pP]", b"p", text[2:]).partition(b"p")
    whole, _, fraction = mantissa.partition(b".")
    if not whole and not fraction:
        return None
    value = as_float(int(whole, 16)) if whole else 0.0
    power = 16.0
    for digit in fraction:
        value += int(bytes([digit]), 16) / power
        power *= 16
    return _scale(value, int(exponent)) if letter else value


def _scale(value: float, exponent: int) -> float:
    """`value * math:pow(2, exponent)`: the power itself overflows, as in Erlang."""
    if exponent > 1023:
        raise FidelityCrash("badarith", "{math,pow,2}")
    scaled = value * (ldexp(1.0, exponent) if exponent > -1100 else 0.0)
    if scaled == float("inf"):
        raise FidelityCrash("badarith", "{luerl_scan,hex_float,3}")
    return scaled


def to_number(value: object) -> Number | None:
    """A number, or the float in a Lua string, else None (Luerl's arg_to_number)."""
    kind = type(value)
    if kind is int or kind is float:
        return value  # type: ignore[return-value]
    if kind is bytes:
        return text_to_float(value)  # type: ignore[arg-type]
    return None


def to_integer(value: object) -> int | None:
    """A whole number as an int, from a number or from a Lua string; None for anything else."""
    number = value if type(value) is int else to_number(value)
    if type(number) is int:
        return number
    if number is not None and number == int(number):
        return int(number)
    return None


def to_float(value: object) -> float | None:
    """A number of either kind as a float; None if it is none."""
    number = to_number(value)
    return None if number is None else as_float(number)


def to_text(value: object) -> bytes | None:
    """A Lua string as it is, a number as text; None for anything else (Luerl's arg_to_string)."""
    kind = type(value)
    if kind is bytes:
        return value  # type: ignore[return-value]
    if kind is int or kind is float:
        return number_text(value)  # type: ignore[arg-type]
    return None


def number_in_base(text: bytes, base: int) -> float | None:
    """`tonumber(text, base)`: exactly one word of digits, always a float; None if the digits are wrong.

    Luerl's integer parser takes one sign before the digits and bases 2 to 36; another base gives nil.
    """
    word = text.strip(b"\t\n\v\f\r \xa0").lower()
    digits = word[1:] if word[:1] in (b"-", b"+") else word
    if not 2 <= base <= 36 or not digits or digits.strip(_DIGITS[:base]):
        return None
    value = 0
    for digit in digits:
        value = value * base + _DIGITS.index(digit)
    return as_float(-value if word[:1] == b"-" else value)
