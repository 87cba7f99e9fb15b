"""The runner drives the loop: it performs what `core.machine` asks for and journals what happened. It decides nothing.

    outcome = run_task(workspace, 1, reporter=reporter, agent=make_agent(...))      # until FIX, DONE or ESCALATED
    outcome.exit_code, outcome.state, outcome.verdict, outcome.failure, outcome.brief
    act(workspace, 1, Happened.RESUMED)                 # a person's act: RESUMED, RETRIED or SKIPPED
    state_of(workspace, 1)                              # core.fold.RunState, without claiming the task

Raises InputError, EnvironmentFault and BusyError as the rooms below do; then nothing was changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskrunner.core.fold import RunState
from taskrunner.core.machine import ACTIVITY, WAITING, Happened, State, step

if TYPE_CHECKING:
    from taskrunner.agents import Agent
    from taskrunner.project import Workspace
    from taskrunner.runner.context import Emit, Run
    from taskrunner.suite.warm import Warm

__all__ = ["RunOutcome", "act", "ask_person", "run_task", "state_of"]

EXIT = {State.DONE: 0, State.FIX: 1, State.ESCALATED: 3, State.SKIPPED: 3}
ESCALATED_BY_MACHINE = 4


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended. `failure` and `brief` are plain data (None when done); `next` are commands to type."""

    state: State
    exit_code: int
    verdict: str = ""
    failure: dict[str, Any] | None = None
    brief: dict[str, Any] | None = None
    next: tuple[str, ...] = ()


def run_task(
    workspace: Workspace,
    task_id: int | str,
    *,
    reporter: Emit | None = None,
    agent: Agent | None = None,
    warm: Warm | None = None,
) -> RunOutcome:
    """Take a task as far as it goes now: to done, to a failure that somebody must fix, or to an escalation.

    `warm` is a process for suites that was started early; the run ends it.
    """
    from taskrunner.runner.context import Run

    with Run(workspace, task_id, reporter or (lambda event: None), agent, warm) as run:
        return drive(run)


def drive(run: Run) -> RunOutcome:
    """The loop: one activity per state, one event per activity, effects on the way."""
    from taskrunner.runner.activities import PERFORM, attempt
    from taskrunner.runner.begin import begin
    from taskrunner.runner.effects import apply, finish

    for event, data in begin(run):
        apply(run, event, data)
    while run.state.state not in WAITING or (run.state.state is State.FIX and run.agent is not None):
        activity = ACTIVITY[run.state.state]
        run.emit({"event": "working", "what": str(activity)})
        ended, data = attempt(run, PERFORM[activity])
        if ended is None:
            break  # nobody fixes now
        apply(run, ended, data)
    return finish(run)


def act(workspace: Workspace, task_id: int | str, event: Happened) -> RunState:
    """A person's act (RESUMED, RETRIED or SKIPPED), journalled as such. IllegalEvent if it cannot happen now."""
    from taskrunner.runner.context import Run
    from taskrunner.runner.effects import apply

    with Run(workspace, task_id, lambda _: None) as run:
        step(run.state.state, event)
        apply(run, event, {"by": "person"})
        return run.state


def ask_person(workspace: Workspace, task_id: int | str, reason: str) -> RunState:
    """Whoever fixes asks for a person: the task is blocked until it is resumed, retried or skipped.

    Raises InputError INPUT-NOT-NOW where no fix is awaited.
    """
    from taskrunner.core.machine import IllegalEvent
    from taskrunner.errors import InputError
    from taskrunner.runner.context import Run
    from taskrunner.runner.effects import apply

    with Run(workspace, task_id, lambda _: None) as run:
        try:
            apply(run, Happened.ASKED, {"reason": reason, "by": "agent"})
        except IllegalEvent as error:
            message = f"task {task_id} is in the state `{error.state}`; only a fix that is awaited can be handed over"
            hint = f"see `taskrunner status {task_id}`"
            raise InputError(message, code="INPUT-NOT-NOW", hint=hint) from None
        return run.state


def state_of(workspace: Workspace, task_id: int | str) -> RunState:
    """Where a task stands: the fold of its journal."""
    from taskrunner.core.fold import fold
    from taskrunner.project import Journal

    task = workspace.task(task_id)
    with Journal(workspace) as journal:
        return fold((event.kind, event.data) for event in journal.events(task_id=task.id))
