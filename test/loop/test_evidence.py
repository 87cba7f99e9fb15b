"""Evidence before done, with real suites on a real node: what green is worth, for user's suites and for suite tasks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus.build import Built, Case, build
from corpus.run import keep_wallets, lend_wallets
from corpus.worlds import COUNTER, COUNTER_SUITE

from taskrunner.project import Journal, Workspace
from taskrunner.runner import RunOutcome, run_task

WEAK = '''\
"""Looks only whether something comes back."""

MODULE = "custom_lua/counter.lua"


def test_answers(module):
    process = module.spawn()
    for action in ("Inc", "Dec", "Get"):
        assert process.send(action).outbox
'''

FULL = (
    COUNTER_SUITE
    + """

def test_the_examples_of_the_plan(module):
    process = module.spawn()
    assert [process.send("Inc").data for _ in range(3)] == ["1", "2", "3"]
    assert process.send("Get").data == "3"
    other = module.spawn()
    assert [other.send("Inc", Amount="3").data, other.send("Dec").data, other.send("Get").data] == ["3", "2", "2"]


def test_a_bad_amount(process):
    assert "invalid Amount" in process.send("Inc", Amount="many").error
"""
)


def result(tmp_path: Path, change: Callable[[Built], None], **task: Any) -> tuple[RunOutcome, Workspace]:
    built = build(Case("test", "evidence", COUNTER, change), tmp_path / "counter")
    if task:
        tasks = built.root / "tasks.json"
        whole = json.loads(tasks.read_text())
        whole["tasks"][0].update(task)
        tasks.write_text(json.dumps(whole))
    lend_wallets(built.root)
    workspace = Workspace(built.root)
    outcome = run_task(workspace, 1)
    keep_wallets(built.root)
    return outcome, workspace


def suite(text: str, settings: str = "") -> Callable[[Built], None]:
    def change(built: Built) -> None:
        built.suite.write_text(text)
        built.settings.write_text(settings)

    return change


SUITE_TASK = {"type": "module-test", "module": "counter", "files": ["test/test_counter_module.py"]}


def mutants(workspace: Workspace) -> dict[str, Any]:
    with Journal(workspace) as journal:
        return [event.data for event in journal.events(task_id=1) if event.kind == "mutants"][-1]


def test_a_users_own_weak_suite_is_done_with_that_verdict(tmp_path: Path) -> None:
    outcome, workspace = result(tmp_path, suite(WEAK))
    assert outcome.exit_code == 0
    found = mutants(workspace)
    assert outcome.verdict == f"done (weak suite: {len(found['survivors'])} survivors)"
    assert {each["name"] for each in found["survivors"]} >= {"constant", "forgets"}
    assert found["crashed"] == []


def test_the_setting_of_a_person_makes_that_a_failure(tmp_path: Path) -> None:
    outcome, _ = result(tmp_path, suite(WEAK, "[gate]\nmutants = true\n"))
    assert outcome.exit_code == 1 and outcome.failure is not None
    assert (outcome.failure["class"], outcome.failure["code"]) == ("test", "TEST-WEAK")


def test_a_strong_suite_notices_every_essential_mutant(tmp_path: Path) -> None:
    outcome, workspace = result(tmp_path, suite(FULL))
    assert (outcome.exit_code, outcome.verdict) == (0, "done")
    assert mutants(workspace)["total"] >= 6


def test_a_suite_task_is_done_when_its_suite_proves_something(tmp_path: Path) -> None:
    outcome, _ = result(tmp_path, suite(FULL), **SUITE_TASK)
    assert (outcome.exit_code, outcome.verdict) == (0, "done"), outcome.failure


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (COUNTER_SUITE, "TEST-UNCOVERED", "three times"),
        (WEAK, "TEST-UNCOVERED", "three times"),
        (FULL.replace('    assert "invalid Amount" in', "    _ ="), "TEST-NO-ASSERTION", "test_a_bad_amount"),
    ],
)
def test_a_suite_task_is_not_done_when_something_is_left_out(tmp_path: Path, text: str, code: str, words: str) -> None:
    text = text.replace('    _ = process.send("Inc", Amount="many").error', '    process.send("Inc", Amount="many")')
    outcome, _ = result(tmp_path, suite(text), **SUITE_TASK)
    assert outcome.exit_code == 1 and outcome.failure is not None
    assert (outcome.failure["code"], words in outcome.failure["message"]) == (code, True), outcome.failure
    assert outcome.brief is not None and outcome.brief["json"]["may_change"] == ["test/test_counter_module.py"]


def test_a_suite_task_without_its_module_says_so(tmp_path: Path) -> None:
    def gone(built: Built) -> None:
        built.module.unlink()

    outcome, _ = result(tmp_path, gone, **SUITE_TASK)
    assert outcome.failure is not None and outcome.failure["code"] == "MOD-MISSING"


HIDES = """
def pytest_pycollect_makeitem(collector, name, obj):
    return [] if name == "test_counts" else None
"""


def test_a_test_that_is_hidden_is_missed(tmp_path: Path) -> None:
    def hide(built: Built) -> None:
        suite(FULL)(built)
        (built.root / "test" / "conftest.py").write_text(HIDES)

    outcome, _ = result(tmp_path, hide)
    assert outcome.failure is not None and outcome.failure["code"] == "TEST-SKIPPED", outcome
    assert "test_counts stands in the suite" in outcome.failure["message"]
