"""The line that says what takes time: late enough not to flicker, gone when it is over, never where nobody looks."""

from __future__ import annotations

import io
import threading
import time

import pytest

from taskrunner.report import progress
from taskrunner.report.progress import Progress, working


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.03)
    monkeypatch.setattr(progress, "TICK", 0.01)


def until(stream: io.StringIO, words: str) -> str:
    deadline = time.monotonic() + 5
    while words not in stream.getvalue():
        assert time.monotonic() < deadline, stream.getvalue()
        time.sleep(0.005)
    return stream.getvalue()


def test_it_appears_ticks_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    terminal = Terminal()
    with working("cargo build", terminal):
        text = until(terminal, "cargo build  0.1 s")
    assert text.startswith("\r  ") and "\n" not in text
    assert terminal.getvalue().endswith("\r\x1b[2K")
    length = len(terminal.getvalue())
    time.sleep(0.05)
    assert len(terminal.getvalue()) == length, "nothing is drawn after the end"


def test_what_is_quick_shows_nothing() -> None:
    terminal = Terminal()
    with working("quick", terminal):
        pass
    time.sleep(0.05)
    assert terminal.getvalue() == ""


def test_a_step_of_the_same_work_keeps_its_time() -> None:
    terminal = Terminal()
    line = Progress(terminal)
    line.say("1 of 2")
    until(terminal, "1 of 2  0.1 s")
    line.say("2 of 2", again=True)
    until(terminal, "2 of 2  0.1 s")
    line.stop()


def test_it_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    with working("x" * 100, terminal):
        until(terminal, "xxxx")
    assert all(
        len(frame.replace("\x1b[K", "").replace("\x1b[2K", "")) < 20 for frame in terminal.getvalue().split("\r")
    )


def test_without_unicode_it_turns_in_ascii() -> None:
    terminal = Terminal()
    terminal.encoding = "ascii"
    with working("build", terminal):
        until(terminal, "build")
    assert terminal.getvalue().isascii()


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["piped", "dumb"])
def test_nobody_looks(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    before = threading.active_count()
    with working("build", stream):
        time.sleep(0.06)
        assert threading.active_count() == before
    assert stream.getvalue() == ""
