"""How a process takes up a task: what its journal says, what the files say since, and which event follows from both.

A fix made by a person between two runs is found here, by the hash of module and suite. Nothing is run yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from taskrunner.core.machine import Effect, Happened, State
from taskrunner.runner.contents import content_hash

if TYPE_CHECKING:
    from taskrunner.runner.context import Run

# Escalations that clear by themselves when the next preflight passes; all others wait for a person's act.
CLEARS_ITSELF = frozenset({"environment", "needs-user-input"})


def begin(run: Run) -> Iterator[tuple[Happened, dict[str, Any]]]:
    """The events with which this process begins; none if the task waits for a person's decision."""
    run.emit(
        {
            "event": "run.started",
            "task": run.task.id,
            "name": run.task.name,
            "type": run.task.type,
            "module": run.module.name,
            "source": run.shown(run.source),
            "suite": run.shown(run.suite),
            "flavour": run.flavour,
            "approved": run.plan.approved,
            "state": str(run.state.state),
            "iteration": run.state.iteration,
        }
    )
    for warning in run.plan.warnings:
        run.emit({"event": "warning", "message": warning.message, "file": run.plan.file, "line": warning.line})
    repair_status(run)
    if run.state.state is State.ESCALATED:
        if (run.state.rule or {}).get("rule") in CLEARS_ITSELF:
            yield Happened.RECHECKED, {}
        return
    content = content_hash(run)
    if run.state.state is State.FIX and content != run.state.content:
        yield Happened.FIXED, {"content": content, "by": "person"}
    yield Happened.STARTED, {"content": content}


def repair_status(run: Run) -> None:
    """Write the status that the journal implies, if a killed process journalled an event and did not get further."""
    from taskrunner.runner.effects import set_status

    waiting_for = {
        State.DONE: Effect.STATUS_DONE,
        State.ESCALATED: Effect.STATUS_BLOCKED,
        State.SKIPPED: Effect.STATUS_BLOCKED,
    }
    effect = waiting_for.get(run.state.state)
    if effect is not None:
        set_status(run, effect)
