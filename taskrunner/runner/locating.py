"""Where to look: the place of a failure whose ruling names none, or only the test around it.

The judge says who must act and why; here sources are read for the line. Nothing of the verdict changes but file and
line, and the fingerprint stays what it was.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from taskrunner.core.blame import innermost_test_frame
from taskrunner.core.case import Case, Experiment
from taskrunner.core.facts import Failure, FailureClass

if TYPE_CHECKING:
    from pathlib import Path

    from taskrunner.runner.context import Run

_CHANCE = re.compile(
    r"math\.random|os\.(time|clock|date)|\btimestamp\b|\.id\b|\bfield\(\"(Id|Timestamp)", re.IGNORECASE
)
_DURING = re.compile(r"\((?:timeout|memory|output|signal \d+|exit \S+ without a report) in ([^)]+)\)")


def located(run: Run, case: Case, failure: Failure) -> Failure:
    """The failure with the line that helps most."""
    if failure.cls is FailureClass.MODULE and not failure.line:
        line = _suspected(case, failure.code) or _by_chance(run, failure.code)
        return replace(failure, file=run.shown(run.source), line=line) if line else failure
    if failure.cls is FailureClass.TEST:
        return _in_suite(run, case, failure)
    return failure


def _suspected(case: Case, code: str) -> int | None:
    """The line of which the static check said just that."""
    module = case.seen(Experiment.MODULE)
    suspects = module.facts.get("suspects", ()) if module else ()
    return next((each.get("line") for each in suspects if each.get("code") == code), None)


def _by_chance(run: Run, code: str) -> int | None:
    """The first line that asks for time, randomness or an id."""
    if code != "MOD-NONDETERMINISM":
        return None
    return _first_line(run.source, _CHANCE)


def _in_suite(run: Run, case: Case, failure: Failure) -> Failure:
    """The line of the test that raised, where only its head is named; the head of a test that did not end."""
    failed, suite = case.failed, run.shown(run.suite)
    frame = innermost_test_frame(failed) if failed is not None else None
    if failed is not None and frame is not None and failure.line in (None, failed.line) and frame.line:
        return replace(failure, file=frame.file, line=frame.line)
    during = _DURING.search(failure.message)
    if failure.line or during is None:
        return failure
    name = during[1].rpartition("::")[2].partition("[")[0]
    head = re.compile(rf"def {re.escape(name)}\b|[\"'`]{re.escape(name.rpartition(' > ')[2])}[\"'`]")
    line = _first_line(run.suite, head)
    return replace(failure, test=failure.test or during[1], file=suite, line=line) if line else failure


def _first_line(path: Path, pattern: re.Pattern[str]) -> int | None:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    comment = ("--", "#", "//")
    found = (at for at, line in enumerate(lines, 1) if pattern.search(line) and not line.lstrip().startswith(comment))
    return next(found, None)
