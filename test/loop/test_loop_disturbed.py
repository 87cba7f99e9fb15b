"""The loop, with a scripted suite, where something disturbs it: the machine, cheating agents, kills, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scripted import GOOD, SUITE, Fixer, bad, kinds, module_text, scripted, task_of, workspace, write
from scripted import run_loop as run

from taskrunner.core.case import Experiment, Observation
from taskrunner.core.machine import Happened, IllegalEvent, State
from taskrunner.errors import InputError
from taskrunner.project import Journal, Workspace
from taskrunner.runner import act, run_task, state_of


def test_environment_escalates_at_once_charges_nothing_and_clears_itself(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    run(found)
    write(tmp_path, GOOD)
    full = Observation(Experiment.MACHINE, "ENV-DISK-FULL", "full", code="ENV-DISK-FULL", message="the disk is full")
    with scripted(machine=lambda run: full):
        outcome = run_task(found, 1)
    assert (outcome.exit_code, outcome.state) == (4, State.ESCALATED)
    assert outcome.failure is not None and outcome.failure["class"] == "environment"
    assert task_of(tmp_path)["escalation"]["rule"] == "environment"
    assert state_of(found, 1).charged == 0
    assert outcome.brief is not None and outcome.brief["json"]["may_change"] == []
    assert run(found).exit_code == 0
    assert "escalation" not in task_of(tmp_path)


def test_what_only_a_person_can_give_escalates_with_instructions(tmp_path: Path) -> None:
    found = workspace(tmp_path, GOOD)
    (tmp_path / "taskrunner.toml").write_text('[node]\nbackend = "hyperbeam"\n')
    (tmp_path / ".wallet.json").write_text('{"n": "AQAB", "e": "AQAB", "d": "AQAB"}')
    (tmp_path / ".wallet.json").chmod(0o600)
    outcome = run_task(Workspace(tmp_path), 1)
    assert outcome.exit_code == 4 and outcome.failure is not None
    assert outcome.failure["code"] == "ENV-HYPERBEAM-CONFIG" and "CWD=" in outcome.failure["hint"]
    assert task_of(tmp_path)["escalation"]["rule"] == "needs-user-input"
    assert found.root == tmp_path.resolve()


def test_a_machine_that_fails_in_the_middle_is_found_at_the_activity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "x")

    found = workspace(tmp_path, GOOD)
    monkeypatch.setattr("taskrunner.runner.scaffolding.write_missing_files", full)
    outcome = run(found)
    assert outcome.exit_code == 4 and outcome.failure is not None
    assert outcome.failure["code"] == "ENV-DISK-FULL"


# -- what a fix may not do


def test_an_agent_that_changes_the_plan_or_the_task_list_finds_them_as_they_were(tmp_path: Path) -> None:
    def cheat(root: Path) -> None:
        (root / "plan.md").write_text("# nothing to do\n")
        (root / "tasks.json").write_text(json.dumps({"tasks": [{"id": 1, "status": "done"}]}))

    found = workspace(tmp_path, bad(3))
    plan = (tmp_path / "plan.md").read_text()
    fixer = Fixer(tmp_path, cheat, GOOD)
    assert run(found, fixer).exit_code == 0
    assert (tmp_path / "plan.md").read_text() == plan
    assert "changed plan.md: taken back" in fixer.briefs[1]


@pytest.mark.parametrize(
    "name",
    ["taskrunner.toml", "pyproject.toml", "pytest.ini", "setup.cfg", "conftest.py", "test/conftest.py"],
)
@pytest.mark.parametrize("before", [None, "# mine\n"])
def test_an_agent_that_changes_what_the_loop_stands_on_finds_it_as_it_was(
    tmp_path: Path, name: str, before: str | None
) -> None:
    found = workspace(tmp_path, bad(3))
    if before is not None:
        (tmp_path / name).write_text(before)
    fixer = Fixer(tmp_path, lambda root: (root / name).write_text("[gate]\nessential = false\n") and None, GOOD)
    assert run(found, fixer).exit_code == 0
    assert ((tmp_path / name).read_text() if before is not None else None) == before
    assert before is not None or not (tmp_path / name).exists()
    assert f"changed {name}: taken back" in fixer.briefs[1]
    kept = [path.read_text() for path in (tmp_path / ".taskrunner" / "runs").rglob("refused-*")]
    assert kept == ["[gate]\nessential = false\n"], "what was taken back is not lost"


def test_an_agent_that_removes_a_lock_finds_it_again(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3), suite=False)
    run(found)

    def unlock(root: Path) -> None:
        for path in (root / ".taskrunner" / "locks").glob("*.json"):
            path.unlink()
        (root / SUITE).write_text("def test_1():\n    pass\n")

    fixer = Fixer(tmp_path, unlock, GOOD)
    assert run(found, fixer).exit_code == 0
    assert "def test_spawns" in (tmp_path / SUITE).read_text()
    assert "refused and put back" in fixer.briefs[1]


def test_an_agent_that_changes_a_locked_suite_is_refused_and_the_change_is_kept_as_a_diff(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3), suite=False)
    run(found)
    locked = (tmp_path / SUITE).read_text()

    def weaken(root: Path) -> None:
        (root / SUITE).write_text("def test_1():\n    pass\n")

    fixer = Fixer(tmp_path, weaken, GOOD)
    assert run(found, fixer).exit_code == 0
    assert (tmp_path / SUITE).read_text() == locked
    with Journal(found) as journal:
        refused = [event.data for event in journal.events(task_id=1) if event.kind == "refused"]
    assert "-def test_spawns" in refused[0]["diff"]
    assert "refused and put back" in fixer.briefs[1]


def test_a_person_who_changed_a_locked_suite_is_shown_it_and_may_unlock(tmp_path: Path) -> None:
    found = workspace(tmp_path, GOOD, suite=False)
    run(found)
    text = (tmp_path / SUITE).read_text()
    (tmp_path / SUITE).write_text(text + "\n# mine\n")
    outcome = run(found)
    assert outcome.exit_code == 1 and outcome.failure is not None
    assert (outcome.failure["class"], outcome.failure["code"]) == ("test", "TEST-LOCKED")
    assert (tmp_path / SUITE).read_text().endswith("# mine\n"), "a person's file stays"
    from taskrunner.project import SuiteLock

    SuiteLock(found).unlock(tmp_path / SUITE)
    assert run(found).exit_code == 0


def test_a_fix_beyond_what_the_failure_needs_is_flagged_and_not_charged(tmp_path: Path) -> None:
    def both(root: Path) -> None:
        write(root, bad(5))
        (root / SUITE).write_text((root / SUITE).read_text() + "\n# touched\n")

    found = workspace(tmp_path, bad(3))
    fixer = Fixer(tmp_path, both)
    run(found, fixer)
    assert f"touched {SUITE}, which this failure does not allow: put back" in fixer.briefs[1]
    assert "# touched" not in (tmp_path / SUITE).read_text()
    with Journal(found) as journal:
        refused = [event.data for event in journal.events(task_id=1) if event.kind == "refused"]
    assert "+# touched" in refused[0]["diff"]
    assert state_of(found, 1).charged == 1


def test_hunks_that_the_failed_test_does_not_need_are_flagged(tmp_path: Path) -> None:
    """The fix takes the failing line out and changes two more places; only the first was needed."""
    found = workspace(tmp_path, bad(3))
    wide = bad(5).replace("never", "ever").replace("local count = 0", "local count = 00").replace('"%d"', '"%i"')
    fixer = Fixer(tmp_path, wide)
    run(found, fixer)
    told = fixer.briefs[1].partition("## Tried before")[2]
    assert "not needed: line" in told and "local count = 00" in told
    assert "fails test_5" not in told.partition("```")[0]
    assert state_of(found, 1).charged == 1


# -- acts of a person


def test_retry_forgets_and_skip_leaves(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    run(found, Fixer(tmp_path, *[bad(3)] * 30))
    act(found, 1, Happened.RETRIED)
    assert state_of(found, 1).rounds == ()
    act(found, 1, Happened.SKIPPED)
    task = task_of(tmp_path)
    assert (task["status"], task["escalation"]["rule"]) == ("blocked", "skipped")
    assert state_of(found, 1).state is State.SKIPPED
    write(tmp_path, GOOD)
    assert run(found).exit_code == 0, "whoever runs a skipped task wants it"


def test_an_act_that_is_not_possible_now_changes_nothing(tmp_path: Path) -> None:
    found = workspace(tmp_path, GOOD)
    with pytest.raises(IllegalEvent):
        act(found, 1, Happened.RESUMED)
    assert kinds(found) == []
    assert task_of(tmp_path)["status"] == "pending"


# -- recovery


def test_a_status_that_a_killed_process_did_not_write_is_written_by_the_next(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    run(found, Fixer(tmp_path, *[bad(3)] * 30))
    tasks = tmp_path / "tasks.json"
    tasks.write_text(tasks.read_text().replace('"blocked"', '"in_progress"'))
    run(found)
    assert task_of(tmp_path)["status"] == "blocked"


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_journal_that_ends_anywhere_leads_to_the_same_end(tmp_path: Path, cut: int) -> None:
    """As if the process had been killed right after its n-th event."""
    found = workspace(tmp_path / "whole", bad(3))
    run(found)
    with Journal(found) as journal:
        events = journal.events(task_id=1)[:cut]
    other = workspace(tmp_path / "cut", bad(3))
    with Journal(other) as journal:
        for event in events:
            journal.append(1, event.kind, event.data)
    outcome = run(other)
    assert (outcome.exit_code, outcome.state) == (1, State.FIX)
    whole, again = state_of(found, 1), state_of(other, 1)
    assert (again.iteration, again.charged, again.failed_test) == (whole.iteration, whole.charged, whole.failed_test)
    assert again.rounds[-1].fingerprint == whole.rounds[-1].fingerprint


# -- reports that are never done


@pytest.mark.parametrize("words", ["timeout", "signal 9", "exit 0 without a report"])
def test_a_run_without_a_full_report_is_never_done(tmp_path: Path, words: str) -> None:
    found = workspace(tmp_path, module_text(f"-- crash: {words}"))
    outcome = run(found)
    assert outcome.exit_code == 1 and outcome.failure is not None
    assert outcome.failure["class"] == "test"


def test_fewer_tests_than_before_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = workspace(tmp_path, bad(3))
    run(found)
    write(tmp_path, GOOD)
    monkeypatch.setattr("scripted.TESTS", [f"test_{number}" for number in range(1, 10)])
    outcome = run(found)
    assert outcome.exit_code == 1 and outcome.failure is not None
    assert outcome.failure["code"] == "TEST-COUNT-FELL" and "9 tests, it had 10" in outcome.failure["message"]
    act(found, 1, Happened.RETRIED)
    assert run(found).exit_code == 0, "a person accepted it"


# -- input


def test_bad_input_is_an_error_and_touches_nothing(tmp_path: Path) -> None:
    found = workspace(tmp_path, GOOD)
    with pytest.raises(InputError) as caught:
        run_task(found, 99)
    assert caught.value.code == "INPUT-TASK-UNKNOWN"
    assert not (tmp_path / ".taskrunner").exists() or kinds(found) == []


def test_a_finished_task_can_be_proved_again(tmp_path: Path) -> None:
    found = workspace(tmp_path, GOOD)
    run(found)
    first = task_of(tmp_path)
    assert run(found).exit_code == 0
    again = task_of(tmp_path)
    assert again["started_at"] == first["started_at"]
    write(tmp_path, bad(2))
    assert run(found).exit_code == 1
    assert task_of(tmp_path)["status"] == "in_progress"
