"""Luerl's patterns: what they match, what they refuse, and that no text outruns the account of work."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskrunner.lua.errors import LimitError, LuaError
from taskrunner.lua.lib.patterns import compile_pattern


def free(_steps: int) -> None:
    """No limit."""


def found(text: bytes, pattern: bytes, base: int = 0) -> list[bytes | int] | None:
    """The whole match and the captures, positions as 1-based numbers."""
    captures = compile_pattern(pattern).search(text, base, free)
    if captures is None:
        return None
    return [start + 1 if size < 0 else text[start : start + size] for start, size in captures]


@pytest.mark.parametrize(
    ("text", "pattern", "result"),
    [
        (b"key=value", b"(%w+)=(%w+)", [b"key=value", b"key", b"value"]),
        (b"  pad  ", b"^%s*(.-)%s*$", [b"  pad  ", b"pad"]),
        (b"f(a(b)c)d", b"%b()", [b"(a(b)c)"]),
        (b"((", b"%b()", None),
        (b"xx|yy|", b"%b||", [b"|yy|"]),
        (b"abc", b"()b()", [b"b", 2, 3]),
        (b"2024-05", b"%d%d%d%d%-%d+", [b"2024-05"]),
        (b"a]b", b"[]]", [b"]"]),
        (b"a-b", b"[a-]+", [b"a-"]),
        (b"a^b", b"[b^]+", [b"^b"]),
        (b"abc", b"[^ab]", [b"c"]),
        (b"x", b"[^x]", None),
        (b"50%", b"%d+%%", [b"50%"]),
        (b"a.b", b"%.", [b"."]),
        (b"a$b", b"a$b", [b"a$b"]),
        (b"ab", b"b$", [b"b"]),
        (b"ab", b"a$", None),
        (b"ab", b"^b", None),
        (b"aab", b"a?ab", [b"aab"]),
        (b"color", b"colou?r", [b"color"]),
        (b"<<a>>", b"<(.-)>", [b"<<a>", b"<a"]),
        (b"aaa", b"a-", [b""]),
        (b"aaa", b"^a-$", [b"aaa"]),
        (b"a*b", b"(a)*", [b"a*", b"a"]),
        (b"x\xe9", b"%a+", [b"x\xe9"]),
        (b"@{|}", b"%p", None),
        (b"\x7f", b"%c", None),
        (b"\0", b"%z", [b"\0"]),
        (b"()()", b"%b()%b()", [b"()()"]),
        (b"()()!", b"%b()*!", [b"()()!"]),
        (b"()()!", b"%b()-!", [b"()()!"]),
        (b"!", b"%b()?!", [b"!"]),
        (b"!", b"%b()+!", None),
        (b"[a]", b"[%[%]]+", [b"["]),
        (b"d-z", b"[%d-z]+", [b"-z"]),
    ],
)
def test_matches(text: bytes, pattern: bytes, result: list[bytes | int] | None) -> None:
    assert found(text, pattern) == result


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        (b"%f[%w]", "invalid_pattern"),
        (b"abc%", "invalid_pattern"),
        (b"(a)%1", "invalid_char_class"),
        (b"%y", "invalid_char_class"),
        (b"%b", "invalid_char_class"),
        (b"[%k]", "invalid_char_class"),
        (b"%\xe9", "invalid_char_class"),
        (b"(a", "invalid_capture"),
        (b"a)", "invalid_capture"),
        (b"[a", "invalid_char_set"),
        (b"[]", "invalid_char_set"),
        (b"[%", "invalid_char_set"),
    ],
)
def test_refusals(pattern: bytes, kind: str) -> None:
    with pytest.raises(LuaError) as caught:
        compile_pattern(pattern)
    assert caught.value.kind == kind


def test_an_anchor_holds_where_the_search_begins() -> None:
    assert found(b"xab", b"^ab", 1) == [b"ab"]
    assert found(b"xab", b"^ab", 0) is None


@given(st.binary(max_size=12), st.sampled_from(["a*b", "[ab]+", "(a)(b)", "a-b", "x?y", "(a*)(.)", "^a.b$", "()a()"]))
def test_agrees_with_pythons_matcher_where_both_mean_the_same(text: bytes, pattern: str) -> None:
    text = bytes(b"abxy"[code % 4] for code in text)
    python = pattern.replace("-", "*?")
    expected = re.search(python.encode(), text, re.DOTALL)
    mine = compile_pattern(pattern.encode()).search(text, 0, free)
    assert (mine is None) == (expected is None)
    if mine is not None and expected is not None:
        assert mine[0] == (expected.start(), expected.end() - expected.start())
        assert [start for start, _ in mine[1:]] == [expected.start(group) for group in range(1, len(mine))]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (b"a" * 40_000, b".-b"),
        (b"a" * 40_000, b".*b"),
        (b"a" * 3000, b".-.-.-.-b"),
        (b"(" * 40_000, b"%b()"),
        (b"()" * 20_000, b"%b()*x"),
        (b"()" * 20_000, b"%b()-x"),
        (b"a" * 3000, b"(a*)*(a*)(a*)b"),
    ],
)
def test_work_is_reported_before_it_is_too_much(text: bytes, pattern: bytes) -> None:
    left = [200_000]

    def charge(steps: int) -> None:
        left[0] -= steps
        if left[0] < 0:
            raise LimitError("steps", "too many")

    began = time.monotonic()
    with pytest.raises(LimitError):
        compile_pattern(pattern).search(text, 0, charge)
    assert time.monotonic() - began < 20


def test_a_long_run_of_one_class_is_cheap() -> None:
    spent = [0]
    text = b" " * 200_000 + b"x"
    assert compile_pattern(b"^%s*x").search(text, 0, lambda steps: spent.__setitem__(0, spent[0] + steps)) is not None
    assert spent[0] < 40_000


def test_a_pattern_of_many_items_needs_no_recursion_limit_of_its_own() -> None:
    assert found(b"a" * 100 + b"b", b"a?" * 100 + b"b") == [b"a" * 100 + b"b"]
