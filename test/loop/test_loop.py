"""The loop as a whole, with a scripted suite: from a good module to done, briefs, and every rule in action."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripted import GOOD, MODULE, SUITE, Fixer, bad, kinds, module_text, task_of, workspace, write
from scripted import run_loop as run

from taskrunner.core.machine import Happened, State
from taskrunner.project import Journal
from taskrunner.runner import act, state_of


def test_a_good_module_goes_straight_to_done(tmp_path: Path) -> None:
    found = workspace(tmp_path, GOOD)
    outcome = run(found)
    assert (outcome.exit_code, outcome.state, outcome.verdict) == (0, State.DONE, "done")
    loop = [kind for kind in kinds(found) if kind not in ("run", "evidence", "mutants")]
    assert loop == ["started", "ready", "written", "built", "passed", "passed", "proved"]
    task = task_of(tmp_path)
    assert task["status"] == "done" and task["started_at"] <= task["completed_at"]
    assert task["mine"] == "kept"


def test_a_missing_module_becomes_a_skeleton_and_a_missing_suite_is_written_and_locked(tmp_path: Path) -> None:
    found = workspace(tmp_path, suite=False)
    events: list[dict[str, Any]] = []
    run(found, events=events)
    assert [(e["path"], e["what"]) for e in events if e["event"] == "file.written"] == [
        (MODULE, "skeleton"), (SUITE, "suite"), (SUITE, "lock"),
    ]  # fmt: skip
    assert "not implemented: Inc" in (tmp_path / MODULE).read_text()


def test_the_users_code_is_never_written_over(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    before = {path: path.read_bytes() for path in (tmp_path / MODULE, tmp_path / SUITE, tmp_path / "plan.md")}
    run(found)
    assert {path: path.read_bytes() for path in before} == before


def test_a_failure_ends_the_run_with_one_brief(tmp_path: Path) -> None:
    found = workspace(tmp_path, module_text("-- fails test_3: boom", "-- fails test_7: bang"))
    outcome = run(found)
    assert (outcome.exit_code, outcome.state) == (1, State.FIX)
    assert outcome.failure is not None and outcome.brief is not None
    assert (outcome.failure["class"], outcome.failure["test"]) == ("module", "test_3")
    said = outcome.brief["text"].partition("## Module")[0]
    assert "test_3" in said and "test_7" not in said
    assert outcome.brief["json"]["may_change"] == [MODULE]
    assert SUITE in outcome.brief["json"]["must_not_change"]
    assert task_of(tmp_path)["status"] == "in_progress"
    assert outcome.next == ("taskrunner brief 1", "taskrunner run 1")
    assert (tmp_path / ".taskrunner" / "runs" / "1" / "brief.md").read_text() == outcome.brief["text"]


def test_the_next_run_tries_the_failed_test_first_then_all(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    run(found)
    write(tmp_path, GOOD)
    events: list[dict[str, Any]] = []
    assert run(found, events=events).exit_code == 0
    started = [(event["phase"], event["only"]) for event in events if event["event"] == "suite.started"]
    assert started == [("first", ["test_3"]), ("all", None), ("prove", None)]


def test_a_failed_test_that_is_gone_does_not_hold_the_loop_up(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    run(found)
    write(tmp_path, GOOD)
    with Journal(found) as journal:
        failure = {"class": "module", "code": "MOD-LUA-ERROR", "test": "test_renamed", "fingerprint": "x"}
        journal.append(1, "started", {})
        for kind in ("ready", "written", "built"):
            journal.append(1, kind, {})
        journal.append(1, "failed", {})
        journal.append(1, "fixable", {"failure": failure, "content": "y", "rank": [1, -1, 0]})
    assert run(found).exit_code == 0


def test_a_person_who_edits_between_runs_makes_an_iteration(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    run(found)
    assert state_of(found, 1).iteration == 0
    run(found)
    assert state_of(found, 1).iteration == 0, "looking again is no fix"
    write(tmp_path, bad(5))
    run(found)
    state = state_of(found, 1)
    assert (state.iteration, state.charged, state.failed_test) == (1, 1, "test_5")
    assert "iteration 1" in str(state.rounds) or state.rounds[-1].iteration == 1


def test_an_agent_goes_on_until_done(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    fixer = Fixer(tmp_path, bad(5), bad(8), GOOD)
    outcome = run(found, fixer)
    assert outcome.exit_code == 0
    assert len(fixer.briefs) == 3
    assert "test_3" in fixer.briefs[0] and "test_5" in fixer.briefs[1] and "test_8" in fixer.briefs[2]
    assert state_of(found, 1).iteration == 3


def test_an_agent_without_another_idea_ends_the_run_at_the_fix(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    outcome = run(found, Fixer(tmp_path, bad(5)))
    assert (outcome.exit_code, outcome.state) == (1, State.FIX)
    assert state_of(found, 1).iteration == 1


def test_three_different_fixes_step_back_and_the_brief_says_what_was_tried(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "counter.md").write_text("# Counter\n\nThe counter never goes below zero.\n")
    found = workspace(tmp_path, bad(3))
    fixer = Fixer(tmp_path, *(bad(3, note=f"try {number}") for number in range(3)))
    events: list[dict[str, Any]] = []
    run(found, fixer, events)
    assert [event["reason"] for event in events if event["event"] == "step_back"]
    last = fixer.briefs[-1]
    assert "## Step back" in last and "Question this first" in last
    assert "Stop patching: 3 different fixes led to the same failure." in last
    assert "Best so far: where you stand" in last, "no earlier iteration came further than this one"
    assert "different-fixes 3 of 3" in last
    assert "+-- try 1" in last, "the diff of an earlier fix"
    assert "never goes below zero" in last, "the workspace's own document"
    assert "## Step back" not in fixer.briefs[0]


def test_ten_iterations_without_progress_escalate_and_a_person_can_resume(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    outcome = run(found, Fixer(tmp_path, *(bad(3, note=f"try {number}") for number in range(30))))
    assert (outcome.exit_code, outcome.state) == (3, State.ESCALATED)
    assert outcome.next == ("taskrunner resume 1", "taskrunner retry 1", "taskrunner skip 1")
    task = task_of(tmp_path)
    assert task["status"] == "blocked"
    assert {"rule", "reason", "count", "limit", "since"} <= set(task["escalation"])
    assert (task["escalation"]["rule"], task["escalation"]["count"]) == ("iterations-without-progress", 10)
    assert run(found).exit_code == 3, "it waits for a person"
    assert state_of(found, 1).iteration == 10

    act(found, 1, Happened.RESUMED)
    assert task_of(tmp_path)["status"] == "in_progress" and "escalation" not in task_of(tmp_path)
    write(tmp_path, GOOD)
    assert run(found).exit_code == 0


def test_alternating_failures_escalate(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3, "left"))
    turns = [bad(3, "right"), bad(3, "left")] * 5
    outcome = run(found, Fixer(tmp_path, *turns))
    assert outcome.exit_code == 3
    assert task_of(tmp_path)["escalation"]["rule"] == "alternation"


def test_slow_progress_is_not_stopped(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(1))
    steps = [bad(test, note=f"{test} {turn}") for test in range(1, 11) for turn in range(3)]
    assert run(found, Fixer(tmp_path, *steps, GOOD)).exit_code == 0
    assert state_of(found, 1).iteration == 31


def test_the_same_failure_is_recognised_through_changing_ids_numbers_times_and_paths(tmp_path: Path) -> None:
    def message(number: int) -> str:
        process, day = f"{'aB3' * 14}{number % 10}", number % 9 + 1
        return f"process {process} at 2025-06-0{day}T10:00:00Z got {number} in /tmp/x{number}/counter.lua"

    found = workspace(tmp_path, bad(3, message(0)))
    outcome = run(found, Fixer(tmp_path, *(bad(3, message(number)) for number in range(1, 30))))
    assert outcome.exit_code == 3
    assert len({each.fingerprint for each in state_of(found, 1).rounds}) == 1


def test_fixes_that_change_nothing_are_told_and_escalate_at_ten(tmp_path: Path) -> None:
    found = workspace(tmp_path, bad(3))
    fixer = Fixer(tmp_path, *[bad(3)] * 30)
    assert run(found, fixer).exit_code == 3
    assert state_of(found, 1).iteration == 10
    assert "changed nothing new" in fixer.briefs[-1]
    assert "## Step back" not in fixer.briefs[-1]


# -- the machine
