"""What of Erlang shows through: joined texts, broken UTF-8, printed terms, and the messages of errors."""

from __future__ import annotations

import pytest

from taskrunner.lua.erlang import (
    STANDARD_IO,
    Unknown,
    binary_term,
    characters_to_binary,
    checked_binary,
    raw_binary_term,
    string_term,
    utf8_or_latin1,
)
from taskrunner.lua.errors import LuaError
from taskrunner.lua.texts import error_text, pcall_text, raw_tostring, shown, type_name


def test_text_and_bytes_join() -> None:
    assert characters_to_binary(["é", b"\xc3", b"\xa9", "", "x"]) == "ééx".encode()
    assert characters_to_binary([]) == b""


@pytest.mark.parametrize(
    ("parts", "term"),
    [
        ([b"a\xff", "b"], '{error,<<"a">>,[<<"ÿ">>,["b"]]}'),
        ([b"a\xc3"], '{incomplete,<<"a">>,[<<"Ã">>]}'),
        ([b"\xc3", "x"], '{error,<<>>,[<<"Ã">>,["x"]]}'),
        (["a\ud800b"], '{error,<<"a">>,[["\ud800b"]]}'),
    ],
)
def test_what_is_no_utf8_becomes_a_term(parts: list[str | bytes], term: str) -> None:
    broken = characters_to_binary(parts)
    assert isinstance(broken, Unknown) and broken.term == term
    assert term in repr(broken)


def test_one_binary() -> None:
    assert checked_binary(b"ok") == b"ok"
    assert checked_binary(b"a\xe9!") == Unknown('{error,<<"a">>,<<"é!">>}')
    assert checked_binary(b"a\xc3") == Unknown('{incomplete,<<"a">>,<<"Ã">>}')
    assert len({Unknown("x"), Unknown("x"), Unknown("y")}) == 2 and Unknown("x") != "x"


def test_terms() -> None:
    assert binary_term(b"") == "<<>>" and binary_term(b"a\n") == '<<"a\\n">>' and binary_term(b"\0a") == "<<0,97>>"
    assert raw_binary_term(b"ab") == "<<97,98>>" and string_term('"\\\t') == '"\\"\\\\\\t"'
    assert utf8_or_latin1(b"\xc3\xa9") == b"\xc3\xa9" and utf8_or_latin1(b"\xe9") == b"\xc3\xa9"


def test_values_that_lua_cannot_name() -> None:
    assert type_name(STANDARD_IO) == b"unknown" and raw_tostring(STANDARD_IO) == b"unknown"
    assert shown(STANDARD_IO) == b"unknown stuff" and shown(Unknown("{usdref,1}")) == b"userdata"
    assert shown(("a", b"\xff", 1.0, None)) == "'a','ÿ',1.0,nil".encode()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (LuaError("badarg", "sub", (b"x", None)), "bad argument 'x',nil to 'sub'"),
        (LuaError("badarith", "+", (1, None)), "bad arithmetic '+' on 1,nil"),
        (LuaError("illegal_index", None, b"k"), "invalid index in nil: 'k'"),
        (LuaError("undefined_function", None), "undefined function nil"),
        (LuaError("undefined_method", 5, b"m"), "undefined method 'm' in 5"),
        (LuaError("illegal_value", "concat", True), "invalid value in 'concat': true"),
        (LuaError("illegal_value", False), "invalid value: false"),
        (LuaError("illegal_comp", "sort"), "illegal comparison in sort"),
        (LuaError("illegal_op", "break"), "illegal op: 'break'"),
        (LuaError("illegal_return_value"), "illegal format of return value"),
        (LuaError("invalid_char_class", 233), "malformed pattern (class é)"),
        (LuaError("invalid_char_set"), "malformed pattern (missing ']')"),
        (LuaError("assert_error", b"m"), "m!"),
        (LuaError("assert_error", 5), "error object is a number!"),
        (LuaError("error_message", b"gone"), "gone"),
        (LuaError("error_call", (b"boom", 2)), "boom"),
        (LuaError("error_call", (1000.0,)), "1.0e3"),
        (LuaError("error_call", (True,)), "error object is a boolean value"),
        (LuaError("error_call", ()), "error object is a nil value"),
        (LuaError("term", "{'NYI',offset}"), "{'NYI',offset}!"),
    ],
)
def test_messages(error: LuaError, text: str) -> None:
    assert error_text(error) == text.encode()
    if error.kind != "error_call":
        assert pcall_text(error) == text.encode()


def test_what_pcall_says_of_raised_values() -> None:
    assert pcall_text(LuaError("error_call", ())) == b"nil"
    assert pcall_text(LuaError("error_call", (5,))) == b"5"
    assert pcall_text(LuaError("error_call", (b"\xff",))) == b"\xff"
    assert isinstance(pcall_text(LuaError("assert_error", b"\xff")), Unknown)
