"""`string.format` as Luerl writes it, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest

from taskrunner.lua.erlang import Unknown
from taskrunner.lua.lib.floats import exponent_form, fixed_form, general_form
from taskrunner.lua.lib.format import BadFormat, format_text
from taskrunner.lua.numbers import to_text


def formatted(source: bytes, *args: Any) -> Any:
    return format_text(source, args, to_text, lambda _size: None)


@pytest.mark.parametrize(
    ("source", "args", "text"),
    [
        (b"plain", (), b"plain"),
        (b"%d items", (3,), b"3 items"),
        (b"%d", (b"12",), b"12"),
        (b"%5d|%-5d|%05d", (42, 42, -42), b"   42|42   |-0042"),
        (b"%+d % d", (5, 5), b"+5  5"),
        (b"%.3d|%6.3d|%-6.3d|", (7, 7, 7), b"007|   007|007   |"),
        (b"%i", (2.0,), b"2"),
        (b"%u", (-1,), b"18446744073709551615"),
        (b"%x %X %o", (255, 255, 8), b"ff FF 10"),
        (b"%x", (-255,), b"-ff"),
        (b"%#x", (255,), b"ff"),
        (b"%d", (10**30,), b"1" + b"0" * 30),
        (b"%c%c", (72, 328), b"HH"),
        (b"%c", (233,), b"\xc3\xa9"),
        (b"%3c|%-3c|", (65, 65), b"  A|A  |"),
        (b"%s|%5s|%-5s|%05s", (b"ab", b"ab", b"ab", b"ab"), b"ab|   ab|ab   |000ab"),
        (b"%.1s", (b"abc",), b"a"),
        (b"%s", (1e6,), b"1.0e6"),
        (b"%f", (1.5,), b"1.500000"),
        (b"%.2f|%8.2f|%-8.2f|%08.2f", (1.5, 1.5, 1.5, -1.5), b"1.50|    1.50|1.50    |-0001.50"),
        (b"%.f", (1.5,), b"1.500000"),
        (b"%.1f %.1f", (0.25, 0.75), b"0.3 0.8"),
        (b"%.2f", (99.999,), b"100.00"),
        (b"%F", (2,), b"2.000000"),
        (b"%+.1f", (-0.0,), b"+0.0"),
        (b"%e", (12345.678,), b"1.234568e+4"),
        (b"%.2e", (9.996,), b"1.00e+1"),
        (b"%e", (0.00012,), b"1.200000e-4"),
        (b"%g|%g|%g|%g", (0.05, 0.5, 1234.5, 12345.0), b"5.00000e-2|0.500000|1234.50|1.23450e+4"),
        (b"%.3g", (2.0,), b"2.00"),
        (b"%.1g", (0.5,), b"0.5"),
        (b"%.1g", (5.0,), b"5.0e+0"),
        (b"100%%", (), b"100%"),
        (b"a\\nb\\%d", (), b"anb%d"),
        (b"end\\", (), b"end\\"),
        (b"\xe9", (), b"\xc3\xa9"),
        (b"%q", (b'a "b"\n\\',), b'"a \\"b\\"\\\n\\\\"'),
        (b"%q", (5,), b'"5"'),
        (b"%q", (b"\x02",), b'"\\2"'),
        (b"%q", (b"\x019",), b'"\\0019"'),
        (b"%q", (b"\x7f",), b'"127"'),
        (b"%q", (b"",), b'""'),
        (b"%d %d", (1, 2, 3), b"1 2"),
    ],
)
def test_formats(source: bytes, args: tuple[Any, ...], text: bytes) -> None:
    assert formatted(source, *args) == text


@pytest.mark.parametrize(
    ("source", "args"),
    [
        (b"%d", ()),
        (b"%d", (1.5,)),
        (b"%d", (b"x",)),
        (b"%d", (None,)),
        (b"%x", (0.5,)),
        (b"%f", (b"x",)),
        (b"%.0f", (1.0,)),
        (b"%.0e", (1.0,)),
        (b"%.0g", (1.0,)),
        (b"%0f", (1.0,)),
        (b"%a", (1.0,)),
        (b"%ld", (1,)),
        (b"%", ()),
        (b"%5", ()),
        (b"%5%", ()),
        (b"%s", (None,)),
        (b"%q", (None,)),
    ],
)
def test_refusals(source: bytes, args: tuple[Any, ...]) -> None:
    with pytest.raises(BadFormat):
        formatted(source, *args)


def test_a_tostring_that_gives_an_integer_is_a_character() -> None:
    assert format_text(b"%s!", (object(),), lambda _value: 65, lambda _size: None) == b"A!"


def test_broken_utf8_becomes_a_value_that_lua_cannot_name() -> None:
    for source, argument in [(b"<%s>", b"\xff"), (b"%.1s", b"\xc3\xa9"), (b"%q", b"\xc3\x89"), (b"%s", b"\xc3")]:
        assert isinstance(formatted(source, argument), Unknown)
    broken = formatted(b"a%sb", b"\xff")
    assert broken.term == '{error,<<"a">>,[<<"ÿ">>,["b"]]}'
    cut = formatted(b"%s", b"ab\xc3")
    assert cut.term == '{incomplete,<<"ab">>,[<<"Ã">>]}'
    assert formatted(b"%s%s", b"\xc3", b"\xa9") == "é".encode()


def test_the_size_is_asked_before_padding() -> None:
    asked: list[int] = []
    format_text(b"%100d", (1,), to_text, asked.append)
    assert asked == [100]


def test_precisions_that_erlang_refuses() -> None:
    assert exponent_form(1.0, 1) is None and fixed_form(1.0, 0) is None and general_form(1.0, 0) is None
    assert fixed_form(1e22, 1) == "10000000000000000000000.0"
    assert fixed_form(0.05, 1) == "0.1"
    assert exponent_form(0.0, 3) == "0.00e+0"
