"""A suite that is green only in its own order: the proof runs it backwards, and says so."""

from __future__ import annotations

from pathlib import Path

from corpus.worlds import COUNTER_SUITE
from test_evidence import FULL, SUITE_TASK, result, suite

# The second test reads what the first one left behind: alone, or first, it fails.
NEEDS_ORDER = """

SHARED = {}


def test_z_leaves(module):
    SHARED["process"] = module.spawn()
    assert SHARED["process"].send("Inc").data == "1"


def test_z_reads(module):
    assert SHARED["process"].send("Inc").data == "2"
"""


def test_a_users_own_suite_is_done_with_that_verdict(tmp_path: Path) -> None:
    outcome, workspace = result(tmp_path, suite(FULL + NEEDS_ORDER))
    assert (outcome.exit_code, outcome.verdict) == (0, "done (test_z_reads depends on the order of tests)")
    from taskrunner.runner import run_task

    assert run_task(workspace, 1).verdict == outcome.verdict, "and stays so"


def test_a_suite_that_is_the_tasks_work_must_stand_in_any_order(tmp_path: Path) -> None:
    outcome, _ = result(tmp_path, suite(FULL + NEEDS_ORDER), **SUITE_TASK)
    assert outcome.exit_code == 1 and outcome.failure is not None
    assert (outcome.failure["class"], outcome.failure["code"]) == ("test", "TEST-ORDER")
    assert "test_z_reads" in outcome.failure["message"] and outcome.failure["file"] == "test/test_counter_module.py"


def test_a_suite_that_is_red_in_one_backwards_run_only_is_judged_like_any_other(tmp_path: Path) -> None:
    flaky = """

def test_flaky(module):
    from pathlib import Path
    mark = Path(__file__).with_name("count")
    count = int(mark.read_text()) if mark.exists() else 0
    mark.write_text(str(count + 1))
    assert module.spawn().send("Inc").data == ("7" if count == 1 else "1")
"""
    outcome, _ = result(tmp_path, suite(COUNTER_SUITE + flaky))
    assert outcome.failure is not None and outcome.failure["class"] == "test", outcome
    assert outcome.failure["code"] != "TEST-ORDER"
