"""What a fix changed beyond need: each hunk is taken back by itself, and the test that failed is run again.

A hunk without which the test passes just as well is surplus: flagged and counted, never charged. Nothing is written
over the user's file; the reduced sources lie in the run's folder.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskrunner.runner.suites import run_suite

if TYPE_CHECKING:
    from taskrunner.runner.context import Run

MAX_HUNKS = 8  # a rewrite is no fix of one failure; it is not taken apart


@dataclass(frozen=True, slots=True)
class Hunk:
    """A change of lines: `old` and `new` with their places (0-based, end excluded)."""

    old_start: int
    old: tuple[str, ...]
    new_start: int
    new: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The change in one line."""
        lines = [f"+{line.strip()}" for line in self.new] or [f"-{line.strip()}" for line in self.old]
        more = f" (and {len(lines) - 1} more lines)" if len(lines) > 1 else ""
        return f"line {self.new_start + 1}: {lines[0][:60]}{more}"


def surplus_hunks(run: Run, test: str) -> list[str]:
    """The hunks of the last fix that the failed test does not need, in words; empty where that cannot be said."""
    before, after = _before(run), run.source.read_text("utf-8", "replace")
    if before is None or run.is_wasm:
        return []
    hunks = hunks_of(before, after)
    if not 1 < len(hunks) <= MAX_HUNKS:
        return []
    folder = run.journal.run_dir(run.notes["run"]) / "surplus"
    found = []
    for number, hunk in enumerate(hunks, 1):
        place = folder / str(number)
        place.mkdir(parents=True, exist_ok=True)
        source = place / run.source.name
        source.write_text(without(after, hunk), encoding="utf-8")
        if run_suite(run, place, only=[test], source=source).green:
            found.append(hunk.shown)
    return found


def hunks_of(before: str, after: str) -> list[Hunk]:
    """The changed places, in order; lines that only moved count as a change of both places."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        Hunk(i1, tuple(old[i1:i2]), j1, tuple(new[j1:j2]))
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    ]


def without(after: str, hunk: Hunk) -> str:
    """The text with one hunk taken back."""
    lines = after.splitlines(keepends=True)
    lines[hunk.new_start : hunk.new_start + len(hunk.new)] = hunk.old
    return "".join(lines)


def _before(run: Run) -> str | None:
    """The module's text at the last checkpoint."""
    points = [point for point in run.checkpoints.of(run.task.id) if point.iteration < run.state.iteration]
    if not points:
        return None
    data = run.checkpoints.contents(points[-1].ref).get(run.shown(run.source))
    return None if data is None else data.decode("utf-8", "replace")
