"""Numbers between text and value: Erlang's shortest floats, Luerl's scanner, integers without bound."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskrunner.lua.errors import FidelityCrash
from taskrunner.lua.numbers import (
    as_float,
    float_text,
    hex_float,
    integer_from_text,
    integer_text,
    number_in_base,
    number_text,
    text_to_float,
    to_float,
    to_integer,
    to_number,
    to_text,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (7.0, "7.0"),
        (250.0, "250.0"),
        (4000.0, "4.0e3"),
        (-4000.0, "-4.0e3"),
        (1234.5, "1234.5"),
        (0.05, "0.05"),
        (0.0005, "0.0005"),
        (0.00055, "5.5e-4"),
        (2 / 3, "0.6666666666666666"),
        (9007199254740991.0, "9007199254740991.0"),
        (9007199254740992.0, "9.007199254740992e15"),
        (1e300, "1.0e300"),
        (2.5e-9, "2.5e-9"),
        (120000.0, "1.2e5"),
        (123456.0, "123456.0"),
    ],
)
def test_floats_print_in_erlangs_form(value: float, text: str) -> None:
    assert float_text(value) == text
    assert number_text(value) == text.encode()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_reads_back(value: float) -> None:
    text = float_text(value)
    assert float(text) == value
    assert "." in text
    assert math.copysign(1, float(text)) == math.copysign(1, value)


@given(st.integers(min_value=-(10**40), max_value=10**40))
def test_integers_print_like_pythons(value: int) -> None:
    assert integer_text(value) == str(value)


def test_very_long_integers_pass_pythons_limit() -> None:
    digits = b"7" * 9000
    value = integer_from_text(digits)
    assert integer_text(value).encode() == digits
    assert integer_text(-value).encode() == b"-" + digits


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"12", 12.0),
        (b"-12", -12.0),
        (b" \t12\n", 12.0),
        (b"+ 3", 3.0),
        (b"- 3", -3.0),
        (b"0x1F", 31.0),
        (b"0x.8", 0.5),
        (b"0xA.4p1", 20.5),
        (b"0x1p-2", 0.25),
        (b"3.", 3.0),
        (b".25e1", 2.5),
        (b"3.e2", 300.0),
        (b"4e2", 400.0),
        (b"\xa09", 9.0),
        (b"9 -- nine", 9.0),
        (b"--[[ x ]] 9", 9.0),
        (b"-- gone\n9", 9.0),
        (b"--[x\n9", 9.0),
        (b"12345678901234567890", 12345678901234567890.0),
        (b"1e-400", 0.0),
    ],
)
def test_text_that_is_one_numeral(text: bytes, value: float) -> None:
    assert text_to_float(text) == value
    assert isinstance(text_to_float(text), float)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"x",
        b"1 2",
        b"1x",
        b"0x",
        b"0xg",
        b"1e",
        b"1e999",
        b"--5",
        b"+-5",
        b"5-",
        b"inf",
        b"nan",
        b"0x.",
        b"0x.p1",
        b"1_0",
    ],
)
def test_text_that_is_none(text: bytes) -> None:
    assert text_to_float(text) is None


def test_a_number_too_large_for_a_float_crashes() -> None:
    with pytest.raises(FidelityCrash) as caught:
        text_to_float(b"9" * 400)
    assert caught.value.reason == "badarg"
    with pytest.raises(FidelityCrash):
        as_float(10**400)
    with pytest.raises(FidelityCrash, match="badarith"):
        hex_float(b"0x1p5000")
    with pytest.raises(FidelityCrash, match="badarith"):
        hex_float(b"0x1000p1020")
    assert hex_float(b"0x1p-5000") == 0.0


def test_conversions_as_library_functions_make_them() -> None:
    assert to_number(5) == 5 and type(to_number(5)) is int
    assert to_number(b"5") == 5.0 and type(to_number(b"5")) is float
    assert to_number(True) is None and to_number(None) is None
    assert to_integer(5) == 5 and to_integer(5.0) == 5 and to_integer(b"5") == 5
    assert to_integer(5.5) is None and to_integer(b"x") is None and to_integer(False) is None
    assert to_float(3) == 3.0 and to_float(b"0x10") == 16.0 and to_float([]) is None
    assert to_text(b"x") == b"x" and to_text(4000.0) == b"4.0e3" and to_text(7) == b"7" and to_text(None) is None


@pytest.mark.parametrize(
    ("text", "base", "value"),
    [
        (b"ff", 16, 255.0),
        (b" -ff ", 16, -255.0),
        (b"zz", 36, 1295.0),
        (b"0x1f", 16, None),
        (b"0b1", 2, None),
        (b"+7", 8, 7.0),
        (b"-", 10, None),
        (b"8", 8, None),
        (b"1.5", 10, None),
        (b"1 1", 2, None),
        (b"", 10, None),
        (b"11", 1, None),
        (b"11", 37, None),
    ],
)
def test_digits_in_a_base(text: bytes, base: int, value: float | None) -> None:
    assert number_in_base(text, base) == value
