"""State is the fold of the journal: whatever a killed process left, the next one knows as much."""

from __future__ import annotations

from typing import Any

import pytest

from taskrunner.core.fold import RunState, after, candidate, fold, rank_of
from taskrunner.core.machine import Happened, IllegalEvent, State

Pair = tuple[str, dict[str, Any]]


def judged(fingerprint: str, *, event: str = "fixable", cls: str = "module", rank: tuple[int, int, int] = (1, -3, 0),
           content: str = "c0", test: str = "test_a") -> list[Pair]:  # fmt: skip
    failure = {"class": cls, "code": "MOD-WRONG-REPLY", "fingerprint": fingerprint, "test": test, "message": "m"}
    return [
        ("failed", {"phase": "test_all", "collected": 10, "failed": 3}),
        (event, {"failure": failure, "rank": list(rank), "content": content}),
    ]


TO_TESTS: list[Pair] = [("started", {}), ("ready", {}), ("written", {}), ("built", {}), ("passed", {})]
AGAIN: list[Pair] = [("built", {}), ("passed", {})]


def fixed(content: str) -> list[Pair]:
    return [("fixed", {"content": content, "by": "person", "diff": "d"}), *AGAIN]


def test_nothing_happened_yet() -> None:
    assert fold([]) == RunState()


def test_notes_of_others_change_nothing() -> None:
    assert fold([("run", {"run": 1}), ("evidence", {}), ("unlock", {})]) == RunState()


def test_a_run_goes_through_the_table() -> None:
    assert fold(TO_TESTS).state is State.TEST_ALL


def test_folding_in_two_halves_is_the_same_at_every_cut() -> None:
    events = [
        *TO_TESTS,
        *judged("A"),
        *fixed("c1"),
        *judged("B", content="c1"),
        *fixed("c2"),
        ("passed", {"tests": 10, "assertions": 30}),
    ]
    whole = fold(events)
    for cut in range(len(events)):
        assert fold(events[cut:], fold(events[:cut])) == whole


def test_an_illegal_history_is_refused() -> None:
    with pytest.raises(IllegalEvent):
        fold([("started", {}), ("proved", {})])


def test_a_judged_failure_is_a_round_and_names_the_next_test() -> None:
    run = fold([*TO_TESTS, *judged("A")])
    assert run.state is State.FIX
    assert [each.fingerprint for each in run.rounds] == ["A"]
    assert run.failed_test == "test_a"
    assert run.failure is not None and run.failure["fingerprint"] == "A"
    assert run.iteration == 0 and run.charged == 0


def test_a_fix_is_an_iteration_and_is_charged_when_it_is_judged() -> None:
    run = fold([*TO_TESTS, *judged("A"), *fixed("c1")])
    assert (run.iteration, run.charged, run.fix_pending) == (1, 0, True)
    run = fold(judged("A", content="c1"), run)
    assert (run.iteration, run.charged, run.fix_pending) == (1, 1, False)
    assert run.rounds[-1].different


@pytest.mark.parametrize("content", ["c0", "c1"])
def test_a_fix_that_changes_nothing_or_repeats_an_earlier_content_is_not_a_different_one(content: str) -> None:
    history = [*TO_TESTS, *judged("A"), *fixed("c1"), *judged("A", content="c1"), *fixed(content)]
    run = fold([*history, *judged("A", content=content)])
    assert run.iteration == 2
    assert [each.different for each in run.rounds] == [False, True, False]


def test_environment_charges_nothing_and_the_fix_stays_pending() -> None:
    run = fold([*TO_TESTS, *judged("A"), *fixed("c1"), *judged("E", event="hopeless", cls="environment")])
    assert run.state is State.ESCALATED
    assert run.charged == 0 and len(run.rounds) == 1 and run.fix_pending
    run = fold([("rechecked", {}), *TO_TESTS[1:], *judged("A", content="c1")], run)
    assert run.charged == 1 and run.rounds[-1].different


def test_progress_is_a_better_rank_than_ever() -> None:
    run = fold([*TO_TESTS, *judged("A", rank=(1, -3, 0)), *fixed("c1"), *judged("B", rank=(1, -2, 0), content="c1")])
    assert run.progress == 1
    run = fold([*fixed("c2"), *judged("A", rank=(1, -3, 0), content="c2")], run)
    assert run.progress == 1
    run = fold([*fixed("c3"), *judged("B", rank=(1, -2, 0), content="c3")], run)
    assert run.progress == 1, "coming back to the best is no progress"
    assert run.best is not None and run.best.iteration == 1


def test_counts_of_a_full_run_are_kept() -> None:
    run = fold([*TO_TESTS, *judged("A")])
    assert (run.tests, run.assertions) == (10, 0)
    run = fold([*fixed("c1"), ("passed", {"tests": 10, "assertions": 30})], run)
    assert (run.state, run.tests, run.assertions) == (State.PROVE, 10, 30)


def test_a_single_test_says_nothing_about_counts() -> None:
    run = fold([*TO_TESTS[:-1], ("failed", {"phase": "test_first", "collected": 1})])
    assert run.tests == 0


def test_a_suite_that_we_wrote_anew_starts_its_own_count() -> None:
    run = fold([*TO_TESTS, *judged("A"), ("started", {}), ("ready", {})])
    assert run.tests == 10
    assert fold([("written", {})], run).tests == 10
    assert fold([("written", {"suite_written": "test/x.py"})], run).tests == 0


def test_done_forgets_the_failure_and_keeps_the_counts() -> None:
    proof = [
        ("passed", {"tests": 10, "assertions": 30}),
        ("proved", {"verdict": "done", "tests": 10, "assertions": 31}),
    ]
    run = fold([*TO_TESTS, *judged("A"), *fixed("c1"), *proof])
    assert (run.state, run.verdict, run.failure, run.failed_test) == (State.DONE, "done", None, "")
    assert (run.tests, run.assertions, run.fix_pending) == (10, 31, False)


def escalated() -> RunState:
    return fold([*TO_TESTS, *judged("A"), *fixed("c1"), *judged("A", event="hopeless", content="c1")])


def test_resume_opens_a_new_window_and_keeps_the_history() -> None:
    run = fold([("resumed", {"by": "person"})], escalated())
    assert run.state is State.PREFLIGHT
    assert len(run.rounds) == 2 and run.window == 2 and run.iteration == 1
    assert run.rule is None


def test_retry_forgets_what_was_tried() -> None:
    run = fold([("retried", {"by": "person"})], escalated())
    assert run == RunState(state=State.PREFLIGHT, iteration=1, since=1), "the next checkpoint is another one"


def test_skip_leaves_the_task_and_says_so() -> None:
    run = fold([("skipped", {"by": "person"})], escalated())
    assert run.state is State.SKIPPED
    assert run.rule is not None and run.rule["rule"] == "skipped"


def test_a_step_back_is_remembered() -> None:
    run = fold([*TO_TESTS, *judged("A", event="stuck"), ("reconsidered", {})])
    assert run.rounds[-1].stepped_back and run.state is State.FIX


def test_passing_the_first_test_says_nothing_yet() -> None:
    run = fold(TO_TESTS[:-1])
    assert after(run, Happened.PASSED, {"tests": 5}).tests == 0


@pytest.mark.parametrize("value", [None, [1, 2], [1, 2, "3"], "abc", {"a": 1}])
def test_a_rank_that_is_none_is_the_lowest(value: object) -> None:
    assert rank_of(value) == (0, 0, 0)


def test_a_rank_comes_back_from_json() -> None:
    assert rank_of([1, -2, 3]) == (1, -2, 3)


def test_surplus_hunks_are_remembered_with_their_fix() -> None:
    run = fold([*TO_TESTS, *judged("A"), ("fixed", {"content": "c1", "flags": ["touched x"]}), ("built", {})])
    run = fold([("passed", {"surplus": ["line 3: +y"]})], run)
    assert run.fixes[-1]["flags"] == ["touched x", "not needed: line 3: +y"]


def test_the_candidate_is_the_round_that_would_be_charged() -> None:
    run = fold([*TO_TESTS, *judged("A"), *fixed("c1")])
    round_ = candidate(run, {"fingerprint": "B", "class": "test"}, (1, 0, 0), "c1")
    assert (round_.fingerprint, round_.cls, round_.by_fix, round_.different) == ("B", "test", True, True)


def test_without_rounds_there_is_no_best() -> None:
    assert RunState().best is None


def test_whoever_fixes_may_ask_for_a_person() -> None:
    run = fold([*TO_TESTS, *judged("A"), ("asked", {"reason": "the plan contradicts itself"})])
    assert run.state is State.ESCALATED
    assert run.rule == {"rule": "asked", "reason": "the plan contradicts itself", "count": 1, "limit": 1}
