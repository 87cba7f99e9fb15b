"""The gate of a real node: what differs is our bug, what did not start is the machine's."""

from __future__ import annotations

from pathlib import Path

from taskrunner.core.facts import Outcome, SuiteReport, TestResult
from taskrunner.project import load_settings
from taskrunner.runner.gate import difference

GREEN = SuiteReport(tuple(TestResult(f"test_{n}", Outcome.PASSED, assertions=1) for n in (1, 2, 3)), 3, 0)


def real(*results: TestResult, crash: str = "") -> SuiteReport:
    return SuiteReport(results, len(results), 1, crash)


def test_tests_that_fail_only_on_the_real_node_are_named_as_our_bug() -> None:
    failed = TestResult("test_2", Outcome.FAILED, message="expected 1, got 1.0")
    fault = difference(GREEN, real(failed), "test/test_x_module.py")
    assert fault["code"] == "UNK-NODES-DIFFER"
    assert fault["message"] == "1 of 3 tests passes on the embedded node and not on HyperBEAM: test_2"
    assert fault["facts"]["messages"] == ["expected 1, got 1.0"]


def test_a_real_node_that_does_not_start_is_the_environments_fault() -> None:
    account = {"code": "ENV-OTP-OLD", "message": "this Erlang/OTP is older than 27", "hint": "install OTP 27"}
    fault = difference(GREEN, real(TestResult("test_1", Outcome.ERROR, node_failure=account)), "s.py")
    assert (fault["code"], fault["hint"]) == ("ENV-OTP-OLD", "install OTP 27")


def test_a_run_without_a_report_says_so() -> None:
    assert "timeout" in difference(GREEN, real(crash="timeout"), "s.py")["message"]


def test_the_short_form_of_the_setting(tmp_path: Path) -> None:
    (tmp_path / "taskrunner.toml").write_text('gate = "hyperbeam"\n')
    assert load_settings(tmp_path, {}).gate.node == "hyperbeam"
    assert load_settings(tmp_path, {}).gate.essential is True
