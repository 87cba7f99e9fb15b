"""The scanner: tokens as Luerl cuts them, its gaps, the double encoding, and places of errors."""

from __future__ import annotations

from typing import Any

import pytest

from taskrunner.lua.errors import LuaSyntaxError
from taskrunner.lua.lexer import Source, erlang_string, erlang_token, tokenize


def tokens(text: bytes) -> list[tuple[str, Any]]:
    return [(kind, value) for kind, value, *_ in tokenize(Source(text, "m.lua"))][:-1]


def failure(text: bytes) -> LuaSyntaxError:
    with pytest.raises(LuaSyntaxError) as caught:
        tokenize(Source(text, "m.lua"))
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"10", 10),
        (b"007", 7),
        (b"0x1F", 31),
        (b"0Xff", 255),
        (b"3.", 3.0),
        (b".5", 0.5),
        (b"1e3", 1000.0),
        (b"2.5E-1", 0.25),
        (b"0x1.8", 1.5),
        (b"0x.8p1", 1.0),
        (b"0xAp2", 40.0),
        (b"0x10.", 16.0),
        (b"9" * 60, int("9" * 60)),
        (b"'a'", b"a"),
        (b'"a\\tb\\\\"', b"a\tb\\"),
        (b"'\\65\\066\\x43'", b"ABC"),
        (b"'\\1234'", b"{4"),
        (b"'\\z  \n  x'", b"x"),
        (b"'it\\'s'", b"it's"),
        (b"'\xc3\xa9'", b"\xc3\x83\xc2\xa9"),
        (b"'\\xc3\\xa9'", b"\xc3\xa9"),
        (b"[[\nline\n]]", b"line\n"),
        (b"[[a]b]]", b"a]b"),
        (b"[=[a]]b]x]=]", b"a]]b]x"),
        (b"[==[]=]]==]", b"]=]"),
        (b"[===[ ]==] ]===]", b" ]==] "),
        (b"[[\xe9]]", b"\xc3\xa9"),
    ],
)
def test_literals(text: bytes, value: Any) -> None:
    ((_, found),) = tokens(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (b"a.b..c...", ["name", ".", "name", "..", "name", "..."]),
        (b"a<=b<<c<d", ["name", "<=", "name", "<<", "name", "<", "name"]),
        (b"::x:: a//b ~= c ~ d", ["::", "name", "::", "name", "//", "name", "~=", "name", "~", "name"]),
        (b"3e", ["number", "name"]),
        (b"1..2", ["number", "number"]),
        (b"and _and goto", ["and", "name", "goto"]),
        (b"a --[[ x\n ]] b", ["name", "name"]),
        (b"a --[=[ x\n b", ["name", "name"]),
        (b"-- only\na", ["name"]),
        (b"--\na", ["name"]),
        (b"--[\na", ["name"]),
        (b"--", ["-", "-"]),
        (b"--[", ["-", "-", "["]),
        (b"-- c\rreturn 1", []),
        (b"\xa0a\x0b\x0c", ["name"]),
        (b"[====[x]====]", ["[", "==", "==", "[", "name", "]", "==", "==", "]"]),
        (b"[[open", ["[", "[", "name"]),
    ],
)
def test_what_is_a_token(text: bytes, kinds: list[str]) -> None:
    assert [kind for kind, _ in tokens(text)] == kinds


@pytest.mark.parametrize(
    ("text", "luerl", "ours"),
    [
        (b"'abc", 'illegal characters "\'abc"', "never closed"),
        (b'"a\\', 'illegal characters "\\"a\\\\"', "never closed"),
        (b"'a\nb'", "illegal string", "end of its line"),
        (b"'a\\n\nb'", "illegal string", "end of its line"),
        (b"'\\\n'", "illegal string", "line break"),
        (b"'\\q'", "illegal string", "'\\q'"),
        (b"'\\u{41}'", "illegal string", "'\\u'"),
        (b"'\\xZZ'", "illegal string", "'\\x'"),
        (b"'\\300'", "illegal string", "255"),
        (b"1e999", "illegal number", "too large"),
        (b"0x", "malformed number", "0x"),
        (b"0x.", "malformed number", "0x."),
        (b"a ! b", 'illegal characters "!"', "'!'"),
        (b"\x01", 'illegal characters "\\1"', "byte 1"),
        (b"--[[ open", "unfinished long comment", "comment"),
    ],
)
def test_what_production_refuses(text: bytes, luerl: str, ours: str) -> None:
    error = failure(text)
    assert error.luerl_text.decode() == luerl
    assert ours in error.message


def test_an_error_knows_its_place() -> None:
    error = failure(b"local a = 1\nlocal b = 'x\n'")
    assert (error.file, error.line, error.column) == ("m.lua", 2, 11)


def test_lines_are_counted_through_strings_and_comments() -> None:
    found = tokenize(Source(b"[[\n\n]] --[[\n]] x\ny", "m.lua"))
    assert [(kind, line) for kind, _, _, _, line in found] == [("string", 1), ("name", 4), ("name", 5), ("eof", 5)]


def test_places_of_offsets() -> None:
    source = Source(b"ab\ncd\n", "m.lua")
    assert [source.place(offset) for offset in (0, 2, 3, 5, 6)] == [(1, 1), (1, 3), (2, 1), (2, 3), (3, 1)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"x", '<<"x">>'),
        (b"'a\"b'", '<<"a\\"b">>'),
        (b"'\\0\\1'", "<<0,1>>"),
        (b"''", "<<>>"),
        (b"1.5", "1.5"),
        (b"1000.0", "1.0e3"),
        (b"12", "12"),
        (b"then", "then"),
        (b"end", "'end'"),
        (b"==", "'=='"),
        (b"", ""),
    ],
)
def test_tokens_as_erlang_shows_them(text: bytes, shown: str) -> None:
    assert erlang_token(tokenize(Source(text, "m.lua"))[0]) == shown


def test_strings_as_erlang_writes_them() -> None:
    assert erlang_string(b'a"\\\n\x1b\x7f\x80\xe9') == '"a\\"\\\\\\n\\e\\d\\200é"'
