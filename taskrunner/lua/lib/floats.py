"""Erlang's `~e`, `~f` and `~g`: 21 exact digits, rounded half up on the decimal text (LUERL §7, string.format).

Pure: a float and a precision in, text out; None where Erlang refuses the precision.
"""

from __future__ import annotations


def _digits(value: float) -> tuple[str, int]:
    """21 significant digits and the decimal exponent plus one (digits before the point)."""
    mantissa, _, exponent = f"{value:.20e}".partition("e")
    return mantissa.replace(".", ""), int(exponent) + 1


def _rounded(digits: str, keep: int) -> tuple[str, bool]:
    """`keep` digits, half up; the flag says that a carry ran out on the left."""
    padded = digits.ljust(keep + 1, "0")
    kept, carry = padded[:keep], padded[keep] >= "5"
    if not carry:
        return kept, False
    grown = str(int("1" + kept) + 1) if kept else "2"
    return grown[1:], grown[0] == "2"


def exponent_form(value: float, precision: int) -> str | None:
    """`~.Pe` of a value that is not negative: P significant digits, exponent without padding; None if P < 2."""
    if precision < 2:
        return None
    digits, point = _digits(value)
    kept, carried = _rounded(digits, precision)
    if carried:
        kept, point = "1" + kept[1:], point + 1
    exponent = point - 1
    return f"{kept[0]}.{kept[1:]}e{exponent:+d}" if exponent >= 0 else f"{kept[0]}.{kept[1:]}e{exponent}"


def fixed_form(value: float, precision: int) -> str | None:
    """`~.Pf` of a value that is not negative: P digits after the point; None if P < 1."""
    if precision < 1:
        return None
    digits, point = _digits(value)
    if point <= 0:
        digits, point = "0" * (1 - point) + digits, 1
    kept, carried = _rounded(digits, point + precision)
    whole, fraction = kept[:point], kept[point:]
    return f"{'1' if carried else ''}{whole}.{fraction}"


def general_form(value: float, precision: int) -> str | None:
    """`~.Pg` of a value that is not negative: decimal for 0.1 <= value < 10000, else the exponent form."""
    if precision < 1:
        return None
    bounds = (0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0)
    exponent = next((index - 2 for index, bound in enumerate(bounds) if value < bound), None)
    if exponent is not None and ((precision <= 1 and exponent == -1) or precision - 1 > exponent >= -1):
        return fixed_form(value, precision - 1 - exponent)
    return exponent_form(value, max(precision, 2))
