"""The table: each (state, event) pair is a transition that stands here too, or an error that changes nothing."""

from __future__ import annotations

from itertools import product

import pytest

from taskrunner.core.fold import RunState, after
from taskrunner.core.machine import (
    ACTIVITY,
    TABLE,
    WAITING,
    Activity,
    Effect,
    Happened,
    IllegalEvent,
    State,
    step,
    transitions,
)
from taskrunner.errors import TaskrunnerError

# Written independently of the table: what a reader of DESIGN expects.
BEGIN = State.PREFLIGHT
UNDER_WAY = {"started": BEGIN, "retried": BEGIN, "skipped": State.SKIPPED}
EXPECTED: dict[str, dict[str, State]] = {
    "new": UNDER_WAY,
    "preflight": {**UNDER_WAY, "ready": State.SCAFFOLD, "failed": State.CLASSIFY},
    "scaffold": {**UNDER_WAY, "written": State.BUILD, "failed": State.CLASSIFY},
    "build": {**UNDER_WAY, "built": State.TEST_FIRST, "failed": State.CLASSIFY},
    "test_first": {**UNDER_WAY, "passed": State.TEST_ALL, "failed": State.CLASSIFY},
    "test_all": {**UNDER_WAY, "passed": State.PROVE, "failed": State.CLASSIFY},
    "prove": {**UNDER_WAY, "proved": State.DONE, "failed": State.CLASSIFY},
    "classify": {**UNDER_WAY, "fixable": State.FIX, "stuck": State.STEP_BACK, "hopeless": State.ESCALATED},
    "fix": {**UNDER_WAY, "fixed": State.BUILD, "asked": State.ESCALATED},
    "step_back": {**UNDER_WAY, "reconsidered": State.FIX},
    "done": UNDER_WAY,
    "escalated": {"rechecked": BEGIN, "resumed": BEGIN, "retried": BEGIN, "skipped": State.SKIPPED},
    "skipped": {"started": BEGIN, "resumed": BEGIN, "retried": BEGIN},
}
PAIRS = list(product(State, Happened))


@pytest.mark.parametrize(("state", "event"), PAIRS, ids=lambda value: str(value))
def test_every_pair_leads_where_the_design_says_or_is_refused(state: State, event: Happened) -> None:
    expected = EXPECTED[state].get(str(event))
    if expected is None:
        with pytest.raises(IllegalEvent) as caught:
            step(state, event)
        assert (caught.value.state, caught.value.event) == (state, event)
        assert str(event) in caught.value.message and str(state) in caught.value.message
    else:
        assert step(state, event).state is expected


@pytest.mark.parametrize(("state", "event"), [(s, e) for s, e in PAIRS if str(e) not in EXPECTED[s]])
def test_an_illegal_event_changes_nothing(state: State, event: Happened) -> None:
    run = RunState(state=state, iteration=3)
    table = {each: dict(row) for each, row in TABLE.items()}
    with pytest.raises(IllegalEvent):
        after(run, event, {"content": "x"})
    assert run == RunState(state=state, iteration=3)
    assert {each: dict(row) for each, row in TABLE.items()} == table


def test_an_illegal_event_is_our_bug() -> None:
    with pytest.raises(TaskrunnerError) as caught:
        step(State.NEW, Happened.PROVED)
    assert caught.value.code == "BUG-ILLEGAL-EVENT"


def test_each_state_has_one_activity_and_each_activity_a_state() -> None:
    assert set(ACTIVITY) == set(State) == set(TABLE)
    assert set(ACTIVITY.values()) == set(Activity)


def test_the_loop_waits_only_where_somebody_else_must_act() -> None:
    assert {State.NEW, State.FIX, State.DONE, State.ESCALATED, State.SKIPPED} == WAITING


def test_every_state_can_be_reached_and_left() -> None:
    reached, todo = {State.NEW}, [State.NEW]
    while todo:
        for target in TABLE[todo.pop()].values():
            if target.state not in reached:
                reached.add(target.state)
                todo.append(target.state)
    assert reached == set(State)
    assert all(TABLE[state] for state in State)


def test_no_event_is_useless() -> None:
    assert {event for _, event, _ in transitions()} == set(Happened)


@pytest.mark.parametrize("state", [s for s in State if s is not State.ESCALATED])
def test_a_process_that_starts_recovers_from_every_state(state: State) -> None:
    target = step(state, Happened.STARTED)
    assert target.state is State.PREFLIGHT
    assert target.effects == (Effect.STATUS_IN_PROGRESS,)


def test_only_a_person_or_a_passing_machine_leaves_an_escalation() -> None:
    assert set(TABLE[State.ESCALATED]) == {Happened.RECHECKED, Happened.RESUMED, Happened.RETRIED, Happened.SKIPPED}


def test_only_a_proof_makes_a_task_done() -> None:
    to_done = [(state, event) for state, event, target in transitions() if target.state is State.DONE]
    with_status = [(state, event) for state, event, target in transitions() if Effect.STATUS_DONE in target.effects]
    assert to_done == with_status == [(State.PROVE, Happened.PROVED)]


def test_every_way_into_fix_or_escalation_writes_a_brief() -> None:
    """Who asks for a person has the brief in hands already."""
    for _, event, target in transitions():
        if target.state in (State.FIX, State.ESCALATED) and event is not Happened.ASKED:
            assert Effect.BRIEF in target.effects, event
