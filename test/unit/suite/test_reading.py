"""Reports that stop in the middle, lie, or hold rubbish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taskrunner.core.facts import Frame, Outcome, SuiteReport, TestResult
from taskrunner.suite.reading import crash_of, events_of, report_of, result_of, whole_of

ENDED: dict[str, Any] = {"exit": 0, "signal": None, "crash": ""}


def report(events: list[dict[str, Any]], **ended: Any) -> SuiteReport:
    return report_of(events, {**ENDED, **ended}, seconds=1.0, output="out.txt", suite_hash="h")


def test_a_full_report() -> None:
    events = [
        {"event": "collected", "tests": ["test_a"]},
        {"event": "warning", "text": "custom_lua/x.lua:3: slow"},
        {"event": "test", "id": "test_a", "outcome": "passed", "assertions": 2, "seconds": 0.1},
        {"event": "finish", "exit_code": 0},
    ]
    read = report(events)
    assert read.green and read.assertions == 2 and read.warnings == ("custom_lua/x.lua:3: slow",)


def test_a_report_that_stops_names_the_test_that_ran() -> None:
    events = [
        {"event": "collected", "tests": ["test_a", "test_b"]},
        {"event": "test", "id": "test_a", "outcome": "passed"},
    ]
    read = report(events, exit=None, signal=9)
    assert read.crash == "signal 9 in test_b" and read.collected == 2 and not read.green


@pytest.mark.parametrize(
    ("ended", "finish", "crash"),
    [
        ({"exit": 0}, {"exit_code": 0}, ""),
        ({"exit": 0}, None, "exit 0 without a report"),
        ({"exit": 0}, {"exit_code": 1}, "exit 0 although the report says 1"),
        ({"exit": None, "signal": 11}, None, "signal 11"),
        ({"exit": None, "crash": "timeout"}, {"exit_code": 0}, "timeout"),
    ],
)
def test_crashes(ended: dict[str, Any], finish: dict[str, Any] | None, crash: str) -> None:
    assert crash_of(ended, finish, "") == crash


def test_lines_that_were_cut_off_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    path.write_bytes(b'{"event": "finish", "exit_code": 0}\n[1]\n{"no": 1}\n\xff\xfe\n{"event": "te')
    assert [event["event"] for event in events_of(path)] == ["finish"]
    assert events_of(tmp_path / "none") == []


def test_a_result_keeps_every_fact() -> None:
    frame = {"file": "test/t.py", "line": 3, "function": "test_a", "role": "test", "text": "assert 0"}
    exchange = {"slot": 1, "sent": {"kind": "schedule"}, "status": 200, "got": {"outbox": []}}
    line = {
        "event": "test", "id": "test_a", "outcome": "failed", "expected": "1", "got": "0", "example": "one",
        "frames": [frame], "exchanges": [exchange], "node_failure": {"code": "MOD-LUA-ERROR"}, "phase": "call",
    }  # fmt: skip
    result = result_of(json.loads(json.dumps(line)))
    assert result.outcome is Outcome.FAILED and result.frames == (Frame(**frame),)
    assert (result.expected, result.got, result.example) == ("1", "0", "one")
    assert result.exchanges[0].sent == {"kind": "schedule"} and result.node_failure == {"code": "MOD-LUA-ERROR"}


def test_coverage_is_read() -> None:
    event = {"event": "coverage", "file": "custom_lua/x.lua", "lines": [9, 10], "branches": [3, 4], "missing": [7]}
    (found,) = report([event]).coverage
    assert (found.file, found.lines, found.branches, found.missing) == ("custom_lua/x.lua", (9, 10), (3, 4), (7,))


def part(*ids: str, **more: Any) -> SuiteReport:
    results = tuple(TestResult(each, Outcome.PASSED) for each in ids)
    return SuiteReport(**({"results": results, "collected": 3, "exit_code": 0} | more))


def test_parts_make_a_whole_in_the_order_of_running() -> None:
    whole = whole_of([part("test_a", "test_c", warnings=("w",)), part("test_b", warnings=("w", "v"))])
    assert [each.id for each in whole.results] == ["test_a", "test_b", "test_c"]
    assert whole.green and whole.collected == 3 and whole.warnings == ("w", "v")


def test_one_part_is_the_whole() -> None:
    report = part("test_a")
    assert whole_of([report]) is report


@pytest.mark.parametrize(
    ("second", "crash"),
    [
        (part("test_b", crash="signal 9 in test_b", exit_code=None), "signal 9 in test_b"),
        (part("test_b", collected=2), "the parts of the run did not find the same tests"),
        (part("test_b", exit_code=1), ""),
        (part(), ""),
    ],
)
def test_a_whole_is_as_good_as_its_worst_part(second: SuiteReport, crash: str) -> None:
    whole = whole_of([part("test_a", "test_c"), second])
    assert not whole.green and whole.crash == crash


def test_another_order_of_running_adds_no_tests() -> None:
    events = [{"event": "collected", "tests": ["a", "b"]}, {"event": "collected", "tests": ["b"]}]
    report = report_of(events, {"exit": None, "crash": "timeout"}, seconds=1, output="", suite_hash="")
    assert report.collected == 2 and report.crash == "timeout in b"
