"""What CI systems read: JUnit XML and GitHub annotations."""

from __future__ import annotations

import io
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from taskrunner.core.brief import Brief, Source
from taskrunner.core.facts import Failure, FailureClass, Frame, Outcome, SuiteReport, TestResult
from taskrunner.errors import InputError
from taskrunner.report.github import Github
from taskrunner.report.junit import Junit, document

BAD = TestResult(
    "test_b[each]", Outcome.FAILED, 0.5, "AssertionError", "assert '2' == '3'", "3", "2",
    (Frame("test/t.py", 9, text="assert x"),), file="test/t.py", line=7,
)  # fmt: skip
REPORT = SuiteReport(
    (
        TestResult("test_a", Outcome.PASSED, 0.1, file="test/t.py"),
        BAD,
        TestResult("test_c", Outcome.ERROR, error_type="KeyError", message="\x00\x1b[31m <&>"),
        TestResult("test_d", Outcome.SKIPPED, message="later"),
    ),
    4,
    1,
    seconds=1.5,
)
FAILURE = Failure(FailureClass.MODULE, "MOD-X", "50% wrong:\nreally", file="custom_lua/x.lua", line=3)


def test_junit() -> None:
    suite = ElementTree.fromstring(document("task 1", REPORT)).find("testsuite")
    assert suite is not None
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "4", "failures": "1", "errors": "1", "skipped": "1", "time": "1.500",
    }  # fmt: skip
    case = suite.findall("testcase")[1]
    assert (case.get("name"), case.get("classname"), case.get("line")) == ("test_b[each]", "test.t", "7")
    failure = case.find("failure")
    assert failure is not None and failure.text == "expected: 3\ngot:      2\ntest/t.py:9 assert x"


@pytest.mark.parametrize(
    ("report", "failure", "words"),
    [
        (None, None, "no test ran"),
        (None, FAILURE, "MOD-X: 50% wrong:\nreally"),
        (SuiteReport((), 0, None, crash="timeout"), None, "timeout"),
        (SuiteReport((TestResult("a", Outcome.PASSED),), 1, 0), FAILURE, "MOD-X: 50% wrong:\nreally"),
    ],
)
def test_what_is_no_test_is_an_error_too(report: SuiteReport | None, failure: Failure | None, words: str) -> None:
    errors = ElementTree.fromstring(document("x", report, failure)).findall(".//error")
    assert [error.get("message") for error in errors] == [words.replace("\n", " ")] or errors[0].get("message") == words


def test_the_file_is_written_at_the_end(tmp_path: Path) -> None:
    reporter = Junit(tmp_path / "new" / "junit.xml")
    reporter({"event": "run.started", "task": 1, "name": "Counter"})
    reporter({"event": "failure", "failure": FAILURE})
    reporter({"event": "suite.finished", "report": SuiteReport((TestResult("a", Outcome.PASSED),), 1, 0)})
    reporter({"event": "run.finished", "outcome": "done"})
    reporter.close()
    text = (tmp_path / "new" / "junit.xml").read_text()
    assert 'name="task 1 Counter"' in text and "<error" not in text


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot write"):
        Junit(tmp_path / "file" / "junit.xml").close()


def test_only_ordinary_files_are_written(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    for path in (tmp_path / "link", tmp_path, Path("/dev/null")):
        with pytest.raises(InputError, match="no ordinary file"):
            Junit(path).close()
    assert (tmp_path / "kept").read_text() == "x"


def test_a_pipe_or_device_is_refused_before_the_run_and_blocks_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "to-null").symlink_to("/dev/null")
    for path in (tmp_path / "pipe", tmp_path / "to-null", Path("/dev/full"), tmp_path / "pipe" / "x.xml"):
        with pytest.raises(InputError) as caught:
            Junit(path)
        assert caught.value.code == "INPUT-JUNIT-FILE" and caught.value.hint


def test_a_link_that_comes_during_the_run_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    reporter = Junit(tmp_path / "junit.xml")
    (tmp_path / "junit.xml").symlink_to(tmp_path / "kept")
    with pytest.raises(InputError, match="no ordinary file"):
        reporter.close()
    assert (tmp_path / "kept").read_text() == "x"


def test_an_annotation_without_a_place_of_its_own_is_where_the_brief_looks() -> None:
    stream = io.StringIO()
    failure = Failure(FailureClass.MODULE, "MOD-X", "wrong")
    sources = (Source("Plan", "plan.md", "a"), Source("Module", "custom_lua/x.lua", "a\nb", 2))
    Github(stream)({"event": "failure", "failure": failure, "brief": Brief("1", "x", failure, sources=sources)})
    assert stream.getvalue() == "::error file=custom_lua/x.lua,line=2,title=MOD-X::wrong\n"


def test_annotations() -> None:
    stream = io.StringIO()
    say = Github(stream)
    say({"event": "run.started", "task": 1})
    say({"event": "failure", "failure": FAILURE})
    say({"event": "check.finding", "severity": "warning", "code": "C", "message": "m", "file": "a,b.lua", "line": 2})
    say({"event": "suite.finished", "report": SuiteReport(warnings=("custom_lua/x.lua:7: slow", "elsewhere"))})
    say({"event": "escalated", "rule": "iterations", "reason": "no progress"})
    say.close()
    assert stream.getvalue().splitlines() == [
        "::error file=custom_lua/x.lua,line=3,title=MOD-X::50%25 wrong:%0Areally",
        "::warning file=a%2Cb.lua,line=2,title=C::m",
        "::warning file=custom_lua/x.lua,line=7,title=taskrunner::slow",
        "::warning title=taskrunner::elsewhere",
        "::error title=escalated%3A iterations::no progress",
    ]
