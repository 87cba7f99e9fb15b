"""The frame of watch mode: what stands on it at 80 and at 200 columns, in ASCII, and without a terminal."""

from __future__ import annotations

import io

import pytest

from taskrunner.core.facts import Outcome, SuiteReport, TestResult
from taskrunner.watch.quick import Fault, Verdict
from taskrunner.watch.screen import Screen, Shown, around, headline

FAILED = TestResult("test_three_times[each]", Outcome.FAILED, expected="3", got="4", message="assert '4' == '3'")
PASSED = TestResult("test_spawns", Outcome.PASSED, assertions=1)
RED = Verdict(SuiteReport((PASSED, FAILED), 2, 1), seconds=0.0921)
GREEN = Verdict(SuiteReport((PASSED,), 1, 0), seconds=0.05)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def frame(shown: Shown, width: int, *, ascii_only: bool = False) -> list[str]:
    screen = Screen(io.StringIO())
    screen.ascii = ascii_only
    return [line.rstrip() for line in screen.compose(shown, width)]


def test_a_red_frame_has_verdict_failure_source_and_history() -> None:
    source = around("a\nb\nc\nlocal x = 4\ne\nf\n", 4)
    shown = Shown("task 1  Counter", verdict=RED, history=[True, False], source=source, place="custom_lua/c.lua:4")
    assert frame(shown, 80) == [
        "task 1  Counter",
        "",
        "red  1 of 2 passed  92 ms",
        "",
        "test_three_times[each]  custom_lua/c.lua:4",
        "expected  3",
        "got       4",
        "     2  b",
        "     3  c",
        "▸    4  local x = 4",
        "     5  e",
        "     6  f",
        "",
        "●●",
        "",
        "a all   f failing   b brief   m mutants   l log   q quit",
    ]


def test_marks_and_pointers_have_an_ascii_form() -> None:
    shown = Shown("t", verdict=RED, history=[True, False], source=around("x\n", 1), place="c.lua:1")
    text = "\n".join(frame(shown, 80, ascii_only=True))
    assert text.isascii()
    assert ">    1  x" in text and "+x" in text


@pytest.mark.parametrize("width", [80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = TestResult("test_" + "x" * 300, Outcome.ERROR, error_type="NodeError", message="word " * 100)
    shown = Shown("task 1", verdict=Verdict(SuiteReport((long,), 1, 1)), history=[False] * 500, place="p" * 100)
    stream = Terminal()
    screen = Screen(stream)
    from rich.text import Text

    lines = [Text.from_ansi(line).plain for line in screen.compose(shown, width)]
    assert max(len(line) for line in lines) <= width


def test_a_frame_is_one_write_over_the_last_one() -> None:
    stream = Terminal()
    screen = Screen(stream)
    screen.draw(Shown("t", verdict=GREEN, history=[True]))
    text = stream.getvalue()
    assert text.startswith("\x1b[?2026h\x1b[H") and text.endswith("\x1b[J\x1b[?2026l")
    assert "\x1b[2J" not in text, "clearing the screen first is what flickers"


def test_a_page_longer_than_the_terminal_leaves_room_for_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "10")
    stream = Terminal()
    Screen(stream).draw(Shown("t", page=[f"line {number}" for number in range(50)]))
    text = stream.getvalue()
    assert text.count("\r\n") == 9 and "line 4" in text and "line 5" not in text and "any key goes back" in text


def test_a_partial_verdict_is_never_green() -> None:
    assert not Verdict(SuiteReport((PASSED,), 1, 0), partial=True).green


def test_the_terminal_is_given_back() -> None:
    stream = Terminal()
    screen = Screen(stream)
    screen.open()
    screen.close()
    assert stream.getvalue().endswith("\x1b[?25h\x1b[?1049l")


def test_without_a_terminal_each_verdict_is_one_plain_line() -> None:
    stream = io.StringIO()
    screen = Screen(stream)
    screen.open()
    screen.draw(Shown("t", verdict=RED))
    screen.tell(Shown("t", verdict=RED, place="c.lua:4"))
    screen.close()
    assert stream.getvalue().split(" ", 1)[1] == "red 1 of 2 passed  92 ms c.lua:4\n"


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (GREEN, "1 of 1 passed  50 ms"),
        (Verdict(SuiteReport((FAILED,), 1, 1), seconds=12, partial=True), "1 of 1 fail still  12 s"),
        (Verdict(SuiteReport((PASSED, FAILED), 0, None), seconds=0.3, partial=True), "1 failed so far  300 ms"),
        (Verdict(fault=Fault("MOD-LUA-SYNTAX", "m"), seconds=0.001), "MOD-LUA-SYNTAX  1 ms"),
    ],
)
def test_headlines(verdict: Verdict, text: str) -> None:
    assert headline(verdict) == text
