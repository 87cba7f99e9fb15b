"""The loop as one table: `(state, event) -> (state, effects)`. A reader sees every transition at once.

This module decides where a run stands and what must be done next. It must not know how anything is done: no files, no
nodes, no clock. Two rules were followed when the table was written:

1. A state names *the activity that is under way*, an event names *how it ended*. So whoever drives the loop needs one
   activity per state (`ACTIVITY`), and nothing else to choose from.
2. Every activity can be repeated. A process that is killed at any instant is followed by one that says `STARTED`; from
   any state under way that leads back to PREFLIGHT, and what was finished is found finished.

Example: `step(State.TEST_ALL, Happened.PASSED) == Step(State.PROVE, ())`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from taskrunner.errors import TaskrunnerError


class State(StrEnum):
    """What a task's run is busy with; `NEW`, `FIX`, `DONE`, `ESCALATED` and `SKIPPED` wait for somebody."""

    NEW = "new"
    PREFLIGHT = "preflight"
    SCAFFOLD = "scaffold"
    BUILD = "build"
    TEST_FIRST = "test_first"
    TEST_ALL = "test_all"
    PROVE = "prove"
    CLASSIFY = "classify"
    FIX = "fix"
    STEP_BACK = "step_back"
    DONE = "done"
    ESCALATED = "escalated"
    SKIPPED = "skipped"


class Happened(StrEnum):
    """How an activity ended, or what a person did."""

    STARTED = "started"  # a process begins or goes on with the task
    READY = "ready"  # the machine is able to run the task
    WRITTEN = "written"  # skeleton and suite exist
    BUILT = "built"  # the module parses or compiles
    PASSED = "passed"  # the test, or the whole suite, is green
    PROVED = "proved"  # the evidence before done is complete
    FAILED = "failed"  # the activity found a failure to classify
    FIXABLE = "fixable"  # the failure is classified and one brief is written
    STUCK = "stuck"  # a rule asks for another approach
    HOPELESS = "hopeless"  # a rule asks for a person
    RECONSIDERED = "reconsidered"  # the step back is written into the brief
    ASKED = "asked"  # whoever fixes asks for a person instead
    FIXED = "fixed"  # a fix was handed in (whatever it is worth)
    RECHECKED = "rechecked"  # an escalation that may clear by itself is looked at again
    RESUMED = "resumed"  # a person: go on, with fresh counts
    RETRIED = "retried"  # a person: begin anew, forget what was tried
    SKIPPED = "skipped"  # a person: leave this task


class Effect(StrEnum):
    """What must be done on the way into the new state, beyond its activity."""

    STATUS_IN_PROGRESS = "status: in_progress"
    STATUS_DONE = "status: done"
    STATUS_BLOCKED = "status: blocked"
    CHECKPOINT = "checkpoint"
    BRIEF = "brief"


class Activity(StrEnum):
    """What the driver does in a state; each ends in exactly one event."""

    CHECK_MACHINE = "check the machine"
    WRITE_MISSING = "write what is missing"
    BUILD_MODULE = "build the module"
    RUN_FAILED_TEST = "run the test that failed last"
    RUN_SUITE = "run the whole suite"
    PROVE_SUITE = "prove that green means something"
    EXPERIMENT = "classify by experiments"
    AWAIT_FIX = "await a fix"
    RECONSIDER = "collect what was tried"
    REST = "nothing"


@dataclass(frozen=True, slots=True)
class Step:
    """Where an event leads, and what to do on the way."""

    state: State
    effects: tuple[Effect, ...] = ()


class IllegalEvent(TaskrunnerError):
    """An event that cannot happen in a state: a bug of the driver, never of a user."""

    default_code = "BUG-ILLEGAL-EVENT"

    def __init__(self, state: State, event: Happened) -> None:
        super().__init__(f"the event {event} cannot happen in the state {state}")
        self.state = state
        self.event = event


ACTIVITY: dict[State, Activity] = {
    State.NEW: Activity.REST,
    State.PREFLIGHT: Activity.CHECK_MACHINE,
    State.SCAFFOLD: Activity.WRITE_MISSING,
    State.BUILD: Activity.BUILD_MODULE,
    State.TEST_FIRST: Activity.RUN_FAILED_TEST,
    State.TEST_ALL: Activity.RUN_SUITE,
    State.PROVE: Activity.PROVE_SUITE,
    State.CLASSIFY: Activity.EXPERIMENT,
    State.FIX: Activity.AWAIT_FIX,
    State.STEP_BACK: Activity.RECONSIDER,
    State.DONE: Activity.REST,
    State.ESCALATED: Activity.REST,
    State.SKIPPED: Activity.REST,
}

_BEGIN = Step(State.PREFLIGHT, (Effect.STATUS_IN_PROGRESS,))
_LEAVE = Step(State.SKIPPED, (Effect.STATUS_BLOCKED,))
_CLASSIFY = Step(State.CLASSIFY)

# A killed process left an activity half done: the next one begins at PREFLIGHT. Anybody may leave at any time.
_UNDER_WAY: dict[Happened, Step] = {
    Happened.STARTED: _BEGIN,
    Happened.RETRIED: _BEGIN,
    Happened.SKIPPED: _LEAVE,
}

TABLE: dict[State, dict[Happened, Step]] = {
    State.NEW: _UNDER_WAY,
    State.PREFLIGHT: {
        **_UNDER_WAY,
        Happened.READY: Step(State.SCAFFOLD),
        Happened.FAILED: _CLASSIFY,
    },
    State.SCAFFOLD: {
        **_UNDER_WAY,
        Happened.WRITTEN: Step(State.BUILD),
        Happened.FAILED: _CLASSIFY,
    },
    State.BUILD: {
        **_UNDER_WAY,
        Happened.BUILT: Step(State.TEST_FIRST),
        Happened.FAILED: _CLASSIFY,
    },
    State.TEST_FIRST: {
        **_UNDER_WAY,
        Happened.PASSED: Step(State.TEST_ALL),
        Happened.FAILED: _CLASSIFY,
    },
    State.TEST_ALL: {
        **_UNDER_WAY,
        Happened.PASSED: Step(State.PROVE),
        Happened.FAILED: _CLASSIFY,
    },
    State.PROVE: {
        **_UNDER_WAY,
        Happened.PROVED: Step(State.DONE, (Effect.CHECKPOINT, Effect.STATUS_DONE)),
        Happened.FAILED: _CLASSIFY,
    },
    State.CLASSIFY: {
        **_UNDER_WAY,
        Happened.FIXABLE: Step(State.FIX, (Effect.CHECKPOINT, Effect.BRIEF)),
        Happened.STUCK: Step(State.STEP_BACK, (Effect.CHECKPOINT,)),
        Happened.HOPELESS: Step(State.ESCALATED, (Effect.CHECKPOINT, Effect.BRIEF, Effect.STATUS_BLOCKED)),
    },
    State.STEP_BACK: {
        **_UNDER_WAY,
        Happened.RECONSIDERED: Step(State.FIX, (Effect.BRIEF,)),
    },
    State.FIX: {
        **_UNDER_WAY,
        Happened.FIXED: Step(State.BUILD),
        Happened.ASKED: Step(State.ESCALATED, (Effect.STATUS_BLOCKED,)),
    },
    State.DONE: _UNDER_WAY,
    State.ESCALATED: {
        Happened.RECHECKED: _BEGIN,
        Happened.RESUMED: _BEGIN,
        Happened.RETRIED: _BEGIN,
        Happened.SKIPPED: _LEAVE,
    },
    State.SKIPPED: {
        Happened.STARTED: _BEGIN,
        Happened.RESUMED: _BEGIN,
        Happened.RETRIED: _BEGIN,
    },
}

WAITING = frozenset(state for state, activity in ACTIVITY.items() if activity is Activity.REST) | {State.FIX}


def step(state: State, event: Happened) -> Step:
    """Where `event` leads from `state`; raises IllegalEvent, and changes nothing, if it cannot happen there."""
    try:
        return TABLE[state][event]
    except KeyError:
        raise IllegalEvent(state, event) from None


def transitions() -> Iterator[tuple[State, Happened, Step]]:
    """Every row of the table, in the order in which it is written; diagrams and schemas are made from this."""
    for state, row in TABLE.items():
        for event, target in row.items():
            yield state, event, target
