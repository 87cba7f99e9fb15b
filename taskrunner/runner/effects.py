"""What follows from an event: the status in tasks.json, a checkpoint, the brief; and the end of a run.

Every effect can be repeated, because a killed process may have journalled an event and performed only half of them.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from taskrunner.core.machine import Effect, Happened, State, step

if TYPE_CHECKING:
    from taskrunner.runner import RunOutcome
    from taskrunner.runner.context import Run


def apply(run: Run, event: Happened, data: dict[str, Any]) -> None:
    """Journal the event, then perform what the table asks for on the way."""
    effects = step(run.state.state, event).effects
    run.happened(event, data)
    for effect in effects:
        if effect is Effect.CHECKPOINT:
            save_checkpoint(run)
        elif effect is Effect.BRIEF:
            from taskrunner.runner.briefing import write_brief

            write_brief(run)
        else:
            set_status(run, effect)
    _tell(run, event)


def set_status(run: Run, effect: Effect) -> None:
    """Project the state into tasks.json; a status that stands there already is not written again."""
    from taskrunner.project import TaskStore

    store = TaskStore(run.workspace)
    task = store.get(run.task.id)
    status = str(effect).partition(": ")[2]
    now = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    fields: dict[str, Any] = {"status": status}
    if status == "in_progress":
        fields |= {"completed_at": None, "escalation": None}
        if not task.extra.get("started_at"):
            fields["started_at"] = now
    elif status == "done":
        fields |= {"escalation": None}
        if task.status != "done":
            fields["completed_at"] = now
    elif status == "blocked" and (task.status != "blocked" or _rule_changed(run, task.escalation)):
        fields["escalation"] = {**(run.state.rule or {}), "since": now}
    store.update(run.task.id, **fields)


def save_checkpoint(run: Run) -> None:
    """Keep module and suite as they are at this iteration; a workspace that cannot is told once, and goes on."""
    from taskrunner.errors import TaskrunnerError
    from taskrunner.runner.contents import work_files

    try:
        if run.checkpoints.kind == "copies" and not run.checkpoints.of(run.task.id):
            run.emit({"event": "checkpoints.kept", "kind": "copies", "path": ".taskrunner/checkpoints/"})
        run.checkpoints.save(run.task.id, run.state.iteration, [run.shown(path) for path in work_files(run)])
    except TaskrunnerError as error:
        run.emit({"event": "warning", "message": f"no checkpoint: {error}", "hint": error.hint})


def finish(run: Run) -> RunOutcome:
    """The outcome of this process: exit code, verdict, failure, brief and what to type next."""
    from taskrunner.runner import ESCALATED_BY_MACHINE, EXIT, RunOutcome
    from taskrunner.runner.begin import CLEARS_ITSELF
    from taskrunner.runner.briefing import last_brief

    state = run.state.state
    code = EXIT.get(state, 1)
    rule = run.state.rule or {}
    if state is State.ESCALATED and rule.get("rule") in CLEARS_ITSELF:
        code = ESCALATED_BY_MACHINE
    done = state is State.DONE
    brief = None if done else last_brief(run.journal, run.task.id)
    commands = next_commands(state, run.task.id, rule)
    if state is State.ESCALATED:
        run.emit({"event": "escalated", "next": list(commands), **rule})
    outcome = RunOutcome(
        state, code, run.state.verdict if done else "", None if done else run.state.failure, brief, commands
    )
    names = {State.DONE: "done", State.FIX: "fix", State.ESCALATED: "escalated", State.SKIPPED: "skipped"}
    run.emit(
        {
            "event": "run.finished",
            "outcome": names.get(state, str(state)),
            "exit_code": code,
            "verdict": outcome.verdict,
            "seconds": round(time.monotonic() - run.began, 3),
            "next": list(commands),
            "iteration": run.state.iteration,
        }
    )
    return outcome


def next_commands(state: State, task_id: int | str, rule: dict[str, Any]) -> tuple[str, ...]:
    """What a person may type now."""
    from taskrunner.runner.begin import CLEARS_ITSELF

    if state is State.DONE:
        return ()
    if state is State.FIX:
        return (f"taskrunner brief {task_id}", f"taskrunner run {task_id}")
    if rule.get("rule") in CLEARS_ITSELF:
        return ("taskrunner doctor", f"taskrunner run {task_id}")
    return (f"taskrunner resume {task_id}", f"taskrunner retry {task_id}", f"taskrunner skip {task_id}")


def _rule_changed(run: Run, escalation: dict[str, Any] | None) -> bool:
    rule = run.state.rule or {}
    return any((escalation or {}).get(name) != rule.get(name) for name in ("rule", "reason", "count"))


def _tell(run: Run, event: Happened) -> None:
    """Events that people see beside those that activities emit themselves."""
    if event is Happened.STUCK:
        run.emit({"event": "step_back", "reason": (run.state.rule or {}).get("reason", "")})
