"""Numbers and atoms as the text they are on the wire, and back (PROTOCOL §2).

Integers have no size limit, floats are finite, atoms travel in double quotes. Reading is lenient where clients are
sloppy: text that does not fit its type stays text.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from taskrunner.wire.errors import EncodeError
from taskrunner.wire.values import Atom, Value, to_bytes, to_text

MAX_DIGITS: Final = 1_000_000  # digits of an integer that is still read or written as a number
_SHORT: Final = 4000  # below this Python converts directly; above it refuses, so `Decimal` does it
_INTEGER = re.compile(rb"[+-]?[0-9]+\Z")
_FLOAT = re.compile(rb"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
_CONSTANTS: Final[dict[bytes, bool | None]] = {b"true": True, b"false": False, b"null": None}
_NAMES: Final = {True: "true", False: "false", None: "null"}


def integer_text(number: int) -> bytes:
    """Decimal digits. Raises `EncodeError` for more than a million of them."""
    if number.bit_length() < _SHORT:
        return b"%d" % number
    if number.bit_length() > 3.3 * MAX_DIGITS:
        raise EncodeError(f"an integer of {number.bit_length()} bits has no form on the wire")
    return str(Decimal(number)).encode("ascii")


def read_integer(text: bytes) -> int | None:
    """The integer, also behind the exponent text that clients send for large floats (PROTOCOL §14.5); or None."""
    if _INTEGER.match(text):
        if len(text) <= _SHORT:
            return int(text)
        return int(Decimal(text.decode("ascii"))) if len(text) <= MAX_DIGITS else None
    number = read_float(text)
    return int(number) if number is not None and number.is_integer() else None


def float_text(number: float) -> bytes:
    """Scientific text with 20 decimals, as a node prints it: `3.14000000000000012434e+00`."""
    return b"%.20e" % finite(number)


def client_float_text(number: float) -> bytes:
    """The same with trailing zeros cut, as the JavaScript client prints it: `1.5e+00`.

    JavaScript rounds an exact half away from zero where C rounds to even, hence the detour over `Decimal`.
    """
    rounded = Context(prec=21, rounding=ROUND_HALF_UP).plus(Decimal(finite(number)))
    mantissa, _, exponent = f"{rounded:.20e}".partition("e")
    mantissa = mantissa.rstrip("0")
    sign, digits = exponent[0], exponent[1:].zfill(2)
    return f"{mantissa}{'0' if mantissa.endswith('.') else ''}e{sign}{digits}".encode("ascii")


def read_float(text: bytes) -> float | None:
    """The number, or None if the text is none or does not fit a double."""
    if len(text) > _SHORT or not _FLOAT.match(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def finite(number: float) -> float:
    """`number` itself; raises `EncodeError` for inf and nan, which Erlang and JSON do not have either."""
    if not math.isfinite(number):
        raise EncodeError(f"{number} has no form on the wire")
    return number


def atom_text(atom: Atom | bool | None) -> bytes:
    """The name in double quotes."""
    return b'"' + atom_name(atom) + b'"'


def atom_name(atom: Atom | bool | None) -> bytes:
    """The bare name."""
    return to_bytes(atom.name if isinstance(atom, Atom) else _NAMES[atom])


def read_atom(text: bytes) -> Value:
    """True, False, None or an `Atom`, from quoted or bare text."""
    name = text[1:-1] if len(text) > 1 and text[:1] == text[-1:] == b'"' else text
    return _CONSTANTS[name] if name in _CONSTANTS else Atom(to_text(name))
