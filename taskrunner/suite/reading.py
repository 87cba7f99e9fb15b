"""Reads a run's report (JSON lines) into a `SuiteReport`. Pure but for the one file; never looks at printed text.

A report that stops in the middle is believed up to there, and says why it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from taskrunner.core.facts import Coverage, Exchange, Frame, Outcome, SuiteReport, TestResult
from taskrunner.suite.seal import BROKEN, unsealed

FIELDS = ("id", "seconds", "error_type", "message", "expected", "got", "node_failure", "assertions", "example")
PLACE = ("file", "line")


def events_of(path: Path, key: str | None = None) -> list[dict[str, Any]]:
    """The events of a report file, up to the first line that was not sealed with `key`; none if there is no file."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []
    return [event for event in unsealed(lines, key) if "event" in event]


def report_of(
    events: list[dict[str, Any]], ended: dict[str, Any], *, seconds: float, output: str, suite_hash: str
) -> SuiteReport:
    """The report of a run that ended as the warm process says (`exit`, `signal`, `crash`)."""
    tests = [result_of(event) for event in events if event["event"] == "test"]
    orders: list[list[str]] = [event["tests"] for event in events if event["event"] == "collected"] or [[]]
    collected = orders[0]  # what follows is only another order to run them in
    finish = next((event for event in events if event["event"] == "finish"), None)
    return SuiteReport(
        results=tuple(tests),
        collected=len(collected),
        exit_code=ended.get("exit"),
        crash=broken_of(events) or crash_of(ended, finish, running(orders[-1], tests)),
        collection_errors=tuple(result_of(event) for event in events if event["event"] == "collect_error"),
        warnings=tuple(str(event["text"]) for event in events if event["event"] == "warning"),
        seconds=seconds,
        output=output,
        suite_hash=suite_hash,
        coverage=tuple(coverage_of(event) for event in events if event["event"] == "coverage"),
    )


def whole_of(parts: Sequence[SuiteReport]) -> SuiteReport:
    """The report of a run whose tests were shared out: everything that happened in any part, in turn."""
    first = parts[0]
    if len(parts) == 1:
        return first
    turns = zip_longest(*(part.results for part in parts))
    crash = next((part.crash for part in parts if part.crash), "")
    if not crash and len({part.collected for part in parts}) > 1:
        crash = "the parts of the run did not find the same tests"
    return replace(
        first,
        results=tuple(result for turn in turns for result in turn if result is not None),
        exit_code=next((part.exit_code for part in parts if part.exit_code != 0), 0),
        crash=crash,
        warnings=tuple(dict.fromkeys(text for part in parts for text in part.warnings)),
        coverage=tuple(each for part in parts for each in part.coverage),
    )


def result_of(event: dict[str, Any]) -> TestResult:
    """One test's line as a `TestResult`."""
    known = {name: event[name] for name in (*FIELDS, *PLACE) if event.get(name) is not None}
    return TestResult(
        outcome=Outcome(event.get("outcome", "error")),
        frames=tuple(Frame(**frame) for frame in event.get("frames", ())),
        exchanges=tuple(Exchange(**exchange) for exchange in event.get("exchanges", ())),
        **known,
    )


def coverage_of(event: dict[str, Any]) -> Coverage:
    """One module's coverage."""
    (reached, lines), (taken, branches) = event["lines"], event["branches"]
    return Coverage(str(event["file"]), (reached, lines), (taken, branches), tuple(event["missing"]))


def crash_of(ended: dict[str, Any], finish: dict[str, Any] | None, test: str) -> str:
    """Why there is no full report; empty if there is one and it agrees with the exit code."""
    during = f" in {test}" if test else ""
    if ended.get("crash"):
        return f"{ended['crash']}{during}"
    if ended.get("signal"):
        return f"signal {ended['signal']}{during}"
    if finish is None:
        return f"exit {ended.get('exit')} without a report{during}"
    if finish["exit_code"] != ended.get("exit"):
        return f"exit {ended.get('exit')} although the report says {finish['exit_code']}"
    return ""


def broken_of(events: list[dict[str, Any]]) -> str:
    """What is wrong with a report that somebody else wrote into; empty if every line is the recorder's own."""
    if any(event["event"] == "changed" for event in events):
        return "the recorder of the run was changed by the suite"
    broken = next((event for event in events if event["event"] == BROKEN), None)
    return "" if broken is None else f"line {broken['line']} of the report was not written by its recorder"


def running(collected: list[str], tests: list[TestResult]) -> str:
    """The test that was under way when the run ended: the first collected one without a result."""
    done = {result.id for result in tests}
    return next((test for test in collected if test not in done), "")
