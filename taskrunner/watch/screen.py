"""The one frame of watch mode: verdict, the one failure with its source lines, history as marks, the time it took.

A frame is composed as lines and written in one piece over the last one, so nothing flickers. Where there is no terminal
each verdict is one plain line. Knows no files but those whose lines it is given.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from taskrunner.core.facts import TestResult
from taskrunner.report.paint import Painter, Part
from taskrunner.watch.quick import Verdict

KEYS = "a all   f failing   b brief   m mutants   l log   q quit"
MARKS = {True: ("good", "●", "+"), False: ("bad", "●", "x")}
HISTORY = 60
AROUND = 2  # lines shown before and after the failing one


@dataclass(slots=True)
class Shown:
    """Everything that is on the screen."""

    title: str
    busy: str = ""
    verdict: Verdict | None = None
    history: list[bool] = field(default_factory=list)
    source: Sequence[tuple[int, str, bool]] = ()
    place: str = ""
    proof: Sequence[Part] = ()
    page: Sequence[str] = ()


class Screen:
    """Draws frames on a terminal, or lines elsewhere."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.live = bool(getattr(stream, "isatty", lambda: False)()) and os.environ.get("TERM") != "dumb"
        self.ascii = "UTF" not in (getattr(stream, "encoding", "") or "").upper()

    def open(self) -> None:
        """Take the terminal's other page, so that what was there comes back afterwards."""
        if self.live:
            self.stream.write("\x1b[?1049h\x1b[?25l\x1b[H\x1b[J")
            self.stream.flush()

    def close(self) -> None:
        """Give the terminal back."""
        if self.live:
            self.stream.write("\x1b[?25h\x1b[?1049l")
            self.stream.flush()

    def draw(self, shown: Shown) -> None:
        """Put a frame on the screen."""
        if not self.live:
            return
        width, height = shutil.get_terminal_size((100, 30))
        lines = self.compose(shown, width)
        if len(lines) > height - 1:
            lines = [*lines[: height - 3], "..." if self.ascii else "…", lines[-1]]  # the keys stay
        text = "".join(f"{line}\x1b[K\r\n" for line in lines)
        self.stream.write(f"\x1b[?2026h\x1b[H{text}\x1b[J\x1b[?2026l")
        self.stream.flush()

    def tell(self, shown: Shown) -> None:
        """One plain line for a verdict, where there is no screen to draw on."""
        if self.live or shown.verdict is None:
            return
        word = "green" if shown.verdict.green else "red"
        what = f" {shown.place}" if shown.place and not shown.verdict.green else ""
        self.stream.write(f"{time.strftime('%H:%M:%S')} {word} {headline(shown.verdict)}{what}\n")
        self.stream.flush()

    def compose(self, shown: Shown, width: int) -> list[str]:
        """The lines of a frame, styled for this stream."""
        buffer = StringIO()
        painter = Painter(buffer, width, self._rich(buffer, width))
        painter.line(("strong", shown.title), ("dim", f"   {shown.busy}"))
        painter.blank()
        if shown.page:
            for text in shown.page:
                painter.line(("", text))
        else:
            self._verdict(painter, shown)
        painter.blank()
        painter.line(("dim", KEYS if not shown.page else "any key goes back"))
        return buffer.getvalue().split("\n")[:-1]

    def _verdict(self, painter: Painter, shown: Shown) -> None:
        verdict = shown.verdict
        if verdict is None:
            painter.line(("dim", "waiting for the first verdict"))
            return
        style, _, _ = MARKS[verdict.green]
        painter.line((style, "green" if verdict.green else "red"), ("", f"  {headline(verdict)}"))
        painter.blank()
        self._failure(painter, shown, verdict)
        if shown.proof:
            painter.line(*shown.proof)
        marks = [(MARKS[each][0], MARKS[each][2 if self.ascii else 1]) for each in shown.history[-HISTORY:]]
        painter.line(*marks)

    def _failure(self, painter: Painter, shown: Shown, verdict: Verdict) -> None:
        if verdict.fault is not None:
            painter.line(("bad", verdict.fault.code), ("place", f"  {shown.place}"))
            painter.block("", ("", ""), verdict.fault.message)
        elif verdict.first is not None:
            _test(painter, verdict.first, shown.place)
        elif verdict.report is not None and verdict.report.crash:
            painter.block("", ("bad", ""), f"the suite ended without a full report: {verdict.report.crash}")
        for number, text, marked in shown.source:
            mark = (">" if self.ascii else "▸") if marked else " "
            painter.line(("bad" if marked else "dim", f"{mark} {number:>4}  "), ("" if marked else "dim", text))
        if not verdict.green:
            painter.blank()

    def _rich(self, buffer: StringIO, width: int) -> Any:
        if not self.live or "NO_COLOR" in os.environ:
            return None
        from rich.console import Console

        return Console(
            file=buffer,
            width=width,
            force_terminal=True,
            color_system="standard",
            highlight=False,
            markup=False,
            emoji=False,
        )


def _test(painter: Painter, test: TestResult, place: str) -> None:
    painter.line(("strong", test.id), ("place", f"  {place}"))
    if test.expected is not None or test.got is not None:
        painter.block("", ("dim", "expected  "), str(test.expected), "good")
        painter.block("", ("dim", "got       "), str(test.got), "bad")
    else:
        first = next(iter(test.message.strip().splitlines()), "")
        painter.block("", ("", ""), f"{test.error_type}: {first}" if test.error_type else first)


def headline(verdict: Verdict) -> str:
    """`3 of 10 passed  92 ms`, or what stopped the run."""
    took = f"{verdict.seconds * 1000:.0f} ms" if verdict.seconds < 10 else f"{verdict.seconds:.0f} s"
    if verdict.fault is not None:
        return f"{verdict.fault.code}  {took}"
    collected = verdict.report.collected if verdict.report else 0
    if verdict.partial:
        failed = len(verdict.report.failed) if verdict.report else 0
        return f"{failed} of {collected} fail still  {took}" if collected else f"{failed} failed so far  {took}"
    return f"{verdict.passed} of {collected} passed  {took}"


def around(text: str, line: int) -> list[tuple[int, str, bool]]:
    """A few lines of a source around the one that matters: (number, text, whether it is the one)."""
    lines = text.splitlines()
    numbers = range(max(1, line - AROUND), min(len(lines), line + AROUND) + 1)
    return [(number, lines[number - 1], number == line) for number in numbers]
