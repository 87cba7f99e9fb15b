"""What `list` and `status` show of tasks: rows of plain data, and the table of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.core.plan import Task
from taskrunner.report.paint import Painter

if TYPE_CHECKING:
    from taskrunner.project import Workspace

MARKS = {"done": ("good", "✓"), "in_progress": ("warn", "▸"), "blocked": ("bad", "■"), "pending": ("dim", "·")}


def row(task: Task) -> dict[str, Any]:
    """A task as plain data."""
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


def standing(found: Workspace, task: Task) -> dict[str, Any]:
    """A task with where its run stands, from the journal."""
    from taskrunner.runner import state_of

    state = state_of(found, task.id)
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


def show(painter: Painter, rows: list[dict[str, Any]]) -> None:
    """The tasks as an aligned table."""
    painter.table(
        [
            (
                MARKS.get(each["status"], ("dim", "?")),
                ("strong", str(each["id"])),
                ("", each["name"]),
                ("dim", each["type"]),
                (MARKS.get(each["status"], ("dim", ""))[0], each["status"].replace("_", " ")),
                ("dim", _detail(each)),
            )
            for each in rows
        ]
    )


def _detail(each: dict[str, Any]) -> str:
    failure = each.get("failure")
    if failure and each["status"] != "done":
        return f"{failure.get('code', '')} {failure.get('test', '')}".strip()
    if each.get("verdict"):
        return f"{each['verdict']} ({each['tests']} tests, {each['assertions']} assertions)"
    return ", ".join(each["files"])
