"""The console as plain text: what a person reads, line by line, and what never reaches a terminal."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from taskrunner.core.brief import Brief, Source
from taskrunner.core.facts import Coverage, Evidence, Failure, FailureClass, Frame, Outcome, SuiteReport, TestResult
from taskrunner.report import open_reporter
from taskrunner.report.paint import Painter

FAILURE = Failure(
    FailureClass.MODULE,
    "MOD-WRONG-REPLY",
    "expected 3, got 2",
    test="test_three_times[each]",
    file="custom_lua/counter.lua",
    line=3,
    expected="3",
    got="2",
    evidence=(Evidence("canary", "answers"), Evidence("plan", "MOD-WRONG-REPLY", "the example 'three times' says so")),
    hint="change the action so that the plan's example holds",
)
BRIEF = Brief(
    "1",
    "Counter",
    FAILURE,
    sources=(Source("the module", "custom_lua/counter.lua", "local n = 0\n\nn = n + 2\nreturn n\n", 3),),
)
BAD = TestResult("test_b", Outcome.FAILED, file="test/t.py", line=9, frames=(Frame("test/t.py", 11),))
REPORT = SuiteReport(
    (TestResult("test_a", Outcome.PASSED, 0.012, assertions=2), BAD),
    2,
    1,
    seconds=0.5,
    output=".taskrunner/runs/1/output.txt",
)
GREEN = SuiteReport((TestResult("test_a", Outcome.PASSED, assertions=2),), 1, 0, seconds=0.25)


def shown(*events: dict[str, Any], style: str = "human", verbose: int = 0) -> str:
    stream = io.StringIO()
    reporter = open_reporter(style, verbose=verbose, stream=stream)
    for event in events:
        reporter(event)
    reporter.close()
    return stream.getvalue()


def test_a_failure_says_what_where_why_and_what_next() -> None:
    text = shown(
        {"event": "run.started", "task": 1, "name": "Counter in Lua", "type": "module-lua", "module": "counter"},
        {"event": "file.written", "path": "custom_lua/counter.lua", "what": "skeleton"},
        {"event": "suite.finished", "phase": "all", "report": REPORT},
        {"event": "failure", "failure": FAILURE, "brief": BRIEF, "iteration": 2, "counts": {"different-fixes": (1, 3)}},
        {
            "event": "run.finished",
            "outcome": "awaiting",
            "exit_code": 1,
            "next": ["taskrunner brief 1", "taskrunner run 1"],
        },
    )
    assert (
        text
        == """
task 1  Counter in Lua  module-lua · counter

  ✓ wrote     custom_lua/counter.lua  skeleton
  ✗ tests     1 of 2 passed, 2 assertions, 0.50 s  whole suite
            ✗ test_b  test/t.py:11

  module  MOD-WRONG-REPLY  custom_lua/counter.lua:3
  expected 3, got 2

  test        test_three_times[each]
  expected    3
  got         2

  custom_lua/counter.lua:3  the module
    1 | local n = 0
    2 |
  > 3 | n = n + 2
    4 | return n

  why         the example 'three times' says so
  hint        change the action so that the plan's example holds
  rules       iteration 2; different fixes 1 of 3

  next        taskrunner brief 1
              taskrunner run 1
"""
    )


def test_done_is_short() -> None:
    text = shown(
        {"event": "suite.finished", "phase": "prove", "report": GREEN},
        {"event": "mutants.finished", "killed": 4, "total": 4, "survivors": []},
        {
            "event": "run.finished",
            "outcome": "done",
            "exit_code": 0,
            "verdict": "done (weak suite: 1 survivor)",
            "seconds": 1.25,
        },
    )
    assert text.splitlines() == [
        "  ✓ tests     1 of 1 passed, 2 assertions, 0.25 s  proof",
        "  ✓ mutants   4 of 4 noticed by the suite",
        "",
        "  ✓ done      done (weak suite: 1 survivor)  1.2 s",
    ]


def test_survivors_are_named() -> None:
    survivors = [{"name": "dropped state write", "file": "custom_lua/counter.lua", "line": 12}]
    text = shown({"event": "mutants.finished", "killed": 3, "total": 4, "survivors": survivors})
    assert "3 of 4" in text and "dropped state write  custom_lua/counter.lua:12" in text


def test_a_crash_names_the_output() -> None:
    crash = SuiteReport((), 0, None, crash="timeout in test_a", output=".taskrunner/runs/2/output.txt")
    text = shown({"event": "suite.finished", "phase": "first", "report": crash})
    assert "no test ran" in text and "timeout in test_a  .taskrunner/runs/2/output.txt" in text


def test_many_failures_are_counted() -> None:
    many = tuple(TestResult(f"test_{n}", Outcome.FAILED, file="t.py", line=n) for n in range(1, 9))
    text = shown({"event": "suite.finished", "phase": "all", "report": SuiteReport(many, 8, 1)})
    assert "test_3" in text and "test_4" not in text and "and 5 more" in text
    verbose = shown({"event": "suite.finished", "phase": "all", "report": SuiteReport(many, 8, 1)}, verbose=1)
    assert "test_8" in verbose


def test_warnings_and_findings_have_their_place() -> None:
    text = shown(
        {"event": "warning", "message": "not approved", "file": "plan.md", "line": 40},
        {
            "event": "check.finding",
            "severity": "warning",
            "message": "gmatch",
            "file": "x.lua",
            "line": 2,
            "hint": "use find",
        },
        {
            "event": "suite.finished",
            "phase": "all",
            "report": SuiteReport(GREEN.results, 1, 0, warnings=("x.lua:3: slow",)),
        },
        {"event": "step_back", "reason": "same failure", "count": 3, "limit": 3},
        {"event": "escalated", "rule": "iterations", "reason": "no progress", "count": 10, "limit": 10},
    )
    for words in (
        "! warning   plan.md:40 not approved",
        "x.lua:2 gmatch",
        "use find",
        "x.lua:3: slow",
        "3 of 3",
        "10 of 10",
    ):
        assert words in text


def test_quiet_shows_only_the_end() -> None:
    events = [
        {"event": "run.started", "task": 1, "name": "x"},
        {"event": "suite.finished", "phase": "all", "report": REPORT},
        {"event": "failure", "failure": FAILURE},
        {"event": "run.finished", "outcome": "awaiting", "next": ["taskrunner run 1"]},
    ]
    text = shown(*events, style="quiet")
    assert "task 1" not in text and "test_b" not in text and "MOD-WRONG-REPLY" in text and "taskrunner run 1" in text


def test_an_event_that_nobody_knows_is_passed_over() -> None:
    assert shown({"event": "something.new", "a": 1}) == ""
    assert "something.new a=1" in shown({"event": "something.new", "a": 1}, verbose=2)


def test_both_hypotheses_of_an_unknown_failure() -> None:
    unknown = Failure(FailureClass.UNKNOWN, "UNK-FAILURE", "?", facts={"hypotheses": ["the module", "the test"]})
    text = shown({"event": "failure", "failure": unknown})
    assert "maybe       the module" in text and "maybe       the test" in text


@pytest.mark.parametrize("evil", ["\x1b[31mred", "bell\x07", "\u202ereversed", "\x9b2J", "a\rb", "\u200bhidden"])
def test_text_of_others_cannot_talk_to_the_terminal(evil: str) -> None:
    failure = Failure(FailureClass.MODULE, "MOD-X", evil, test=evil, expected=evil, got=evil, hint=evil)
    text = shown({"event": "failure", "failure": failure})
    assert not set(text) & set("\x1b\x07\u202e\x9b\r\u200b")


def test_plain_output_imports_no_rich() -> None:
    import subprocess

    code = (
        "import io, sys\nfrom taskrunner.report import open_reporter\n"
        "open_reporter('human', stream=io.StringIO())({'event': 'warning', 'message': 'x'})\n"
        "print('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_on_a_terminal_and_lines_cut_to_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    painter = Painter.for_stream(stream)
    painter.line(("good", "x" * 100))
    assert "\x1b[" in stream.getvalue() and "…" in stream.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in shown_on(Terminal())


def test_the_line_of_what_goes_on_never_stays() -> None:
    assert shown({"event": "suite.started", "phase": "all"}, {"event": "working", "what": "build the module"}) == ""


def test_a_fix_says_who_changed_what_and_how_it_ended() -> None:
    fix = {"event": "fix.finished", "iteration": 2, "agent": "claude", "seconds": 3.25, "log": "runs/3/agent.txt"}
    text = shown(
        {**fix, "changed": ["custom_lua/counter.lua"], "exit_code": 0, "timed_out": False},
        {**fix, "changed": [], "exit_code": None, "timed_out": True},
        {**fix, "changed": [], "exit_code": 3, "timed_out": False},
    )
    assert [line for line in text.splitlines() if line] == [
        "  ▸ fix 2     claude changed custom_lua/counter.lua  3.2 s, runs/3/agent.txt",
        "  ▸ fix 2     claude changed nothing  3.2 s, time is up, runs/3/agent.txt",
        "  ▸ fix 2     claude changed nothing  3.2 s, exit code 3, runs/3/agent.txt",
    ]


def test_what_goes_on_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, bool]] = []
    monkeypatch.setattr(Painter, "passing", lambda _, text, again=False: said.append((text, again)))
    shown(
        {"event": "working", "what": "build the module"},
        {"event": "suite.started", "phase": "all"},
        {"event": "fix.started", "iteration": 2, "agent": "claude"},
        {"event": "working", "what": "mutants", "at": 3, "of": 5, "text": "constant reply"},
    )
    assert said == [
        ("build     the module", False),
        ("tests     whole suite", False),
        ("fix       claude works on iteration 2", False),
        ("mutants   3 of 5  constant reply", True),
    ]


def shown_on(stream: io.StringIO) -> str:
    Painter.for_stream(stream).line(("good", "x"))
    return stream.getvalue()


def test_long_texts_wrap_beside_their_label() -> None:
    stream = io.StringIO()
    Painter(stream, 40).block("  ", ("dim", "why   "), "one two three four five six seven eight nine ten")
    assert stream.getvalue() == "  why   one two three four five six\n        seven eight nine ten\n"


def test_tables_are_aligned() -> None:
    stream = io.StringIO()
    Painter(stream, 80).table([(("", "a"), ("", "b")), (("", "long"), ("", "c"))])
    assert stream.getvalue() == "  a     b\n  long  c\n"
    Painter(stream, 80).table([])


def test_a_test_that_fails_in_both_reading_orders_is_named_once() -> None:
    both = tuple(TestResult(f"test_a[{order}]", Outcome.FAILED, file="t.py", line=3) for order in ("each", "last"))
    one = TestResult("test_b[last]", Outcome.FAILED, file="t.py", line=9)
    text = shown({"event": "suite.finished", "phase": "all", "report": SuiteReport((*both, one), 3, 1)})
    assert text.count("test_a") == 1 and "✗ test_a  t.py:3" in text and "test_b[last]" in text


def test_many_findings_are_counted() -> None:
    finding = {"event": "check.finding", "severity": "warning", "message": "m", "file": "x.lua", "hint": "h"}
    events = [{**finding, "line": line} for line in range(1, 7)]
    text = shown(*events, {"event": "suite.finished", "phase": "all", "report": GREEN})
    assert "x.lua:3 m" in text and "x.lua:4" not in text and "and 3 more: taskrunner lua check FILE" in text
    assert "x.lua:6 m" in shown(*events, verbose=1)


def test_done_names_the_task() -> None:
    text = shown({"event": "run.started", "task": 1, "name": "Counter"}, {"event": "run.finished", "outcome": "done"})
    assert "✓ done      Counter" in text


def test_coverage_names_what_was_never_reached() -> None:
    found = (Coverage("x.lua", (9, 10), (1, 4), (7,)), Coverage("empty.lua", (0, 0), (0, 0)))
    text = shown(
        {"event": "suite.finished", "phase": "prove", "report": SuiteReport(GREEN.results, 1, 0, coverage=found)}
    )
    assert "· coverage  90 % of lines, 25 % of branches of x.lua  never reached: 7" in text and "empty.lua" not in text
