"""What can be seen of a workspace's tasks without running any: rows of plain data for lists, MCP and the dashboard.

Reads tasks.json and the journal; changes nothing and claims nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.core.plan import Status, Task

if TYPE_CHECKING:
    from taskrunner.project import Workspace

OPEN = (Status.IN_PROGRESS, Status.PENDING)


def row(task: Task) -> dict[str, Any]:
    """A task as tasks.json has it."""
    return {
        "id": task.id,
        "name": task.name,
        "type": task.type,
        "status": task.status,
        "files": list(task.files),
        "module": task.module,
        "done_when": task.done_when,
        "escalation": task.escalation,
    }


def standing(workspace: Workspace, task: Task) -> dict[str, Any]:
    """A task with where its run stands, from the journal."""
    from taskrunner.runner import state_of

    state = state_of(workspace, task.id)
    return {
        **row(task),
        "state": str(state.state),
        "iteration": state.iteration,
        "tests": state.tests,
        "assertions": state.assertions,
        "verdict": state.verdict,
        "failure": state.failure,
        "rule": state.rule,
    }


def next_task(workspace: Workspace) -> Task | None:
    """The task to work on now: one that is in progress, else the first that is pending; None if there is none."""
    tasks = workspace.tasks()
    for status in OPEN:
        for task in tasks:
            if task.status == status:
                return task
    return None


def events(workspace: Workspace, task_id: int | str | None = None, after: int = 0) -> list[dict[str, Any]]:
    """The journal after event number `after`: `{"seq", "at", "task", "kind", "data"}`, oldest first."""
    from taskrunner.project import Journal

    with Journal(workspace) as journal:
        found = journal.events(task_id=task_id, after=after)
    return [{"seq": e.seq, "at": e.at, "task": e.task_id, "kind": e.kind, "data": e.data} for e in found]


def brief(workspace: Workspace, task_id: int | str) -> dict[str, Any] | None:
    """The brief of a task's last failure: `{"text": Markdown, "json": facts}`; None if there is nothing to fix."""
    last = next((e for e in reversed(events(workspace, task_id)) if e["kind"] in ("brief", "proved")), None)
    if last is None or last["kind"] == "proved":
        return None
    data: dict[str, Any] = last["data"]
    return data
