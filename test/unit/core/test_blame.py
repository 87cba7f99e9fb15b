"""What a report shows by itself: the machine, a broken suite, an error that the test itself raised."""

from __future__ import annotations

import pytest
from cases import HARNESS_FRAME, TEST_FRAME, answered, case, failed, report

from taskrunner.core.case import Case
from taskrunner.core.facts import FailureClass, Outcome, TestResult
from taskrunner.core.judge import verdict


def of(result: TestResult, **changes: object) -> str:
    return verdict(answered(case(result, **changes))).code


def errored(error_type: str, message: str, role: str = "test") -> TestResult:
    frames = (TEST_FRAME,) if role == "test" else (TEST_FRAME, HARNESS_FRAME)
    return failed(outcome=Outcome.ERROR, error_type=error_type, message=message, frames=frames, expected=None, got=None)


@pytest.mark.parametrize(
    ("error_type", "message", "role", "code"),
    [
        ("OSError", "[Errno 28] No space left on device: 'x'", "test", "ENV-DISK-FULL"),
        ("OSError", "[Errno 122] Disk quota exceeded", "harness", "ENV-DISK-FULL"),
        ("OperationalError", "database or disk is full", "harness", "ENV-DISK-FULL"),
        ("PermissionError", "[Errno 13] Permission denied: '.taskrunner'", "harness", "ENV-PERMISSION"),
        ("OSError", "[Errno 30] Read-only file system", "harness", "ENV-READ-ONLY"),
        ("MemoryError", "", "test", "ENV-MEMORY"),
        ("OSError", "[Errno 12] Cannot allocate memory", "harness", "ENV-MEMORY"),
        ("OSError", "[Errno 24] Too many open files", "harness", "ENV-FAULT"),
        ("ConnectError", "[Errno 111] Connection refused", "harness", "ENV-NODE-DIED"),
        ("RemoteProtocolError", "Server disconnected without sending a response.", "harness", "ENV-NODE-DIED"),
    ],
)
def test_the_machine_is_recognised_by_its_own_words(error_type: str, message: str, role: str, code: str) -> None:
    assert of(errored(error_type, message, role)) == code


def test_a_test_that_opens_what_it_may_not_is_its_own_fault() -> None:
    assert of(errored("PermissionError", "[Errno 13] Permission denied: '/etc/shadow'")) == "TEST-RAISED"


def test_a_test_that_talks_to_nobody_is_its_own_fault() -> None:
    assert of(errored("ConnectionRefusedError", "[Errno 111] Connection refused")) == "TEST-RAISED"


def test_words_inside_an_assertion_are_no_evidence_of_the_machine() -> None:
    result = failed(message="assert 'No space left on device' == 'x'", expected="x", got="No space left on device")
    assert verdict(answered(case(result))).cls is not FailureClass.ENVIRONMENT


def test_words_of_the_module_are_no_evidence_of_the_machine() -> None:
    account = {"code": "MOD-LUA-ERROR", "message": "Permission denied"}
    result = failed(error_type="NodeError", message="Permission denied", node_failure=account)
    assert of(result) == "MOD-LUA-ERROR"


def test_a_clock_that_jumped_is_the_machines() -> None:
    given = case(failed(), report=report(failed(), warnings=("x", "clock jump: 3600 s")))
    failure = verdict(answered(given))
    assert (failure.code, failure.message) == ("ENV-CLOCK-JUMP", "clock jump: 3600 s")


@pytest.mark.parametrize(
    ("error_type", "message", "code"),
    [
        ("SyntaxError", "invalid syntax", "TEST-SYNTAX"),
        ("IndentationError", "unexpected indent", "TEST-SYNTAX"),
        ("ModuleNotFoundError", "No module named 'requests'", "TEST-IMPORT"),
        ("ImportError", "cannot import name 'X' from 'taskrunner'", "TEST-IMPORT"),
        ("CollectError", "fixture 'nodes' not found", "TEST-FIXTURE"),
        ("NameError", "name 'x' is not defined", "TEST-RAISED"),
    ],
)
def test_a_suite_that_cannot_be_collected_is_the_suites(error_type: str, message: str, code: str) -> None:
    error = TestResult("test_counter_module.py", Outcome.ERROR, error_type=error_type, message=message,
                       frames=(TEST_FRAME,), file="test/test_counter_module.py")  # fmt: skip
    given = case(error, report=report(collection_errors=(error,), collected=0, exit_code=2))
    failure = verdict(answered(given))
    assert (failure.code, failure.cls, failure.line) == (code, FailureClass.TEST, TEST_FRAME.line)


def test_no_test_is_no_proof() -> None:
    assert verdict(answered(case(None, report=report(collected=0, exit_code=5)))).code == "TEST-EMPTY"


@pytest.mark.parametrize(
    ("crash", "code"),
    [
        ("timeout", "TEST-HANG"),
        ("signal 9", "TEST-CRASH"),
        ("memory", "TEST-CRASH"),
        ("exit 0 without a report", "TEST-CRASH"),
    ],
)
def test_a_run_without_a_full_report_is_never_green(crash: str, code: str) -> None:
    given = case(None, report=report(crash=crash, exit_code=None))
    failure = verdict(answered(given))
    assert failure.code == code and crash in failure.message


def test_a_crash_is_placed_at_the_test_that_was_running() -> None:
    running = failed(id="test_sleeps", outcome=Outcome.ERROR, file="test/a.py", line=9, frames=())
    given = case(running, report=report(running, crash="timeout", exit_code=None))
    failure = verdict(answered(given))
    assert (failure.code, failure.test, failure.file, failure.line) == ("TEST-HANG", "test_sleeps", "test/a.py", 9)


def test_passing_tests_and_a_bad_exit_code_do_not_go_together() -> None:
    passed = TestResult("test_a", Outcome.PASSED, assertions=1)
    assert verdict(answered(case(None, report=report(passed, exit_code=3)))).code == "TEST-CRASH"


@pytest.mark.parametrize("message", ["fixture 'nodes' not found", "fixture 'hbeem' not found\navailable fixtures: hb"])
def test_an_unknown_fixture_of_one_test(message: str) -> None:
    assert of(errored("FixtureLookupError", message)) == "TEST-FIXTURE"
    assert of(errored("CollectError", message)) == "TEST-FIXTURE"


@pytest.mark.parametrize("error_type", ["NameError", "ZeroDivisionError", "RecursionError", "FileNotFoundError"])
def test_an_error_of_the_tests_own_lines_is_the_tests(error_type: str) -> None:
    failure = verdict(answered(case(errored(error_type, "oops"))))
    assert (failure.code, failure.line) == ("TEST-RAISED", TEST_FRAME.line)
    assert failure.message == f"{error_type}: oops"


def test_a_test_without_frames_is_placed_where_it_stands() -> None:
    result = failed(error_type="NameError", message="", frames=(), expected=None, got=None)
    failure = verdict(answered(case(result)))
    assert (failure.code, failure.file, failure.line) == ("TEST-RAISED", "test/test_counter_module.py", 10)


def test_an_error_below_the_test_needs_more_evidence() -> None:
    assert of(errored("NameError", "inside the library", "harness")) == "TEST-RAISED"
    assert of(errored("OddError", "strange", "harness"), plan=None) == "UNK-FAILURE"


def test_a_case_without_a_report_has_no_machine_words() -> None:
    assert verdict(answered(Case("test_all"))).code == "UNK-HARNESS"


@pytest.mark.parametrize(("passed", "code"), [(True, "ENV-NODE-DIED"), (False, "ENV-NODE-UNREACHABLE")])
def test_a_node_that_was_there_died_and_one_that_never_was_is_unreachable(passed: bool, code: str) -> None:
    account = {"code": "ENV-NODE-UNREACHABLE", "message": "cannot be reached", "hint": "check its address"}
    gone = failed(outcome=Outcome.ERROR, error_type="EnvironmentFault", node_failure=account, frames=(HARNESS_FRAME,))
    others = (TestResult("test_before", Outcome.PASSED, assertions=1),) if passed else ()
    assert verdict(answered(case(gone, report=report(*others, gone)))).code == code


def test_a_fault_that_the_harness_names_keeps_its_name_and_hint() -> None:
    account = {"code": "ENV-OTP-OLD", "message": "this is OTP 25", "hint": "install 27"}
    result = failed(outcome=Outcome.ERROR, error_type="EnvironmentFault", node_failure=account)
    failure = verdict(answered(case(result)))
    assert (failure.code, failure.hint) == ("ENV-OTP-OLD", "install 27")
