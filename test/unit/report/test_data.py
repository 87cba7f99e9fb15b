"""Events as JSON: one line each, or one object at the end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from taskrunner.core.facts import Failure, FailureClass, Outcome, SuiteReport, TestResult
from taskrunner.report import open_reporter
from taskrunner.report.data import plain

FAILURE = Failure(FailureClass.MODULE, "MOD-X", "wrong", expected="1", got="2")
REPORT = SuiteReport((TestResult("test_a", Outcome.PASSED, assertions=1),), 1, 0)
EVENTS: list[dict[str, Any]] = [
    {"event": "run.started", "task": 1, "name": "Counter"},
    {"event": "file.written", "path": "a.lua", "what": "skeleton"},
    {"event": "warning", "message": "not approved"},
    {"event": "suite.finished", "phase": "all", "report": REPORT},
    {"event": "mutants.finished", "killed": 1, "total": 1},
    {"event": "failure", "failure": FAILURE, "iteration": 2, "counts": {"different-fixes": (1, 3)}},
    {"event": "escalated", "rule": "x", "reason": "y"},
    {"event": "run.finished", "outcome": "awaiting", "exit_code": 1, "next": ["taskrunner run 1"]},
]


def printed(style: str, events: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    reporter = open_reporter(style, stream=stream)
    for event in events:
        reporter(event)
    reporter.close()
    return stream.getvalue()


def test_lines() -> None:
    rows = [json.loads(line) for line in printed("jsonl", EVENTS).splitlines()]
    assert [row["event"] for row in rows] == [event["event"] for event in EVENTS]
    assert {row["schema"] for row in rows} == {1}
    assert rows[3]["report"]["results"][0]["outcome"] == "passed"
    assert rows[5]["failure"]["class"] == "module"


def test_one_object() -> None:
    data = json.loads(printed("json", EVENTS))
    assert data["schema"] == 1 and data["task"]["task"] == 1
    assert data["failure"]["code"] == "MOD-X" and data["rules"] == {"different-fixes": [1, 3]}
    assert data["written"] == [{"path": "a.lua", "what": "skeleton"}]
    assert (data["outcome"], data["exit_code"], data["next"]) == ("awaiting", 1, ["taskrunner run 1"])
    assert data["escalation"] == {"rule": "x", "reason": "y"} and data["warnings"] == [{"message": "not approved"}]


def test_done_has_no_failure() -> None:
    done = [*EVENTS[:6], {"event": "run.finished", "outcome": "done", "exit_code": 0}]
    assert json.loads(printed("json", done))["failure"] is None


def test_any_value_becomes_json_data() -> None:
    value = {1: (Path("a"), b"\xff", {Outcome.PASSED}), "o": object, "n": None, "f": 1.5}
    data = plain(value)
    assert data["1"] == ["a", "\ufffd", ["passed"]] and data["n"] is None and data["f"] == 1.5
    json.dumps(data)
