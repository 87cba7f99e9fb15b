"""What the page shows, as plain data from tasks.json, the journal and the user's files. Knows no HTTP.

overview(workspace)   {"name", "tasks": [row...], "seq"}
detail(workspace, 1)  {"task", "loop", "marks", "brief", "source", "mutants", "coverage", "events"}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.core.machine import State
from taskrunner.runner import standing

if TYPE_CHECKING:
    from taskrunner.project import Workspace

LAST_EVENTS = 200
SOURCE_LINES = 4000
LINE = 300
JUDGED = ("fixable", "stuck", "hopeless")


def overview(workspace: Workspace) -> dict[str, Any]:
    """Every task with where it stands, and the number of the journal's last event."""
    found = standing.events(workspace)
    return {
        "name": workspace.root.name,
        "tasks": [standing.standing(workspace, task) for task in workspace.tasks()],
        "seq": found[-1]["seq"] if found else 0,
    }


def detail(workspace: Workspace, task_id: int | str) -> dict[str, Any]:
    """All that is known of one task."""
    task = workspace.task(task_id)
    row = standing.standing(workspace, task)
    found = standing.events(workspace, task.id)
    failure = row["failure"] if row["state"] != State.DONE else None
    brief = standing.brief(workspace, task.id)
    return {
        "task": row,
        "loop": row["state"],
        "marks": marks(found),
        "brief": (brief or {}).get("text", ""),
        "source": source(workspace, task, failure),
        "mutants": last(found, "mutants"),
        "coverage": last(found, "coverage"),
        "events": [_short(event) for event in found[-LAST_EVENTS:]],
    }


def marks(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The timeline: one mark for each judged failure, each fix and the end, oldest first."""
    found: list[dict[str, Any]] = []
    for event in events:
        kind, data = event["kind"], event["data"]
        if kind in JUDGED:
            failure = data.get("failure") or {}
            found.append(
                {
                    "kind": "failure",
                    "at": event["at"],
                    "class": failure.get("class", "unknown"),
                    "code": failure.get("code", ""),
                    "text": failure.get("message", ""),
                    "step_back": kind == "stuck",
                    "escalated": kind == "hopeless",
                }
            )
        elif kind == "fixed":
            found.append({"kind": "fix", "at": event["at"], "text": str(data.get("by", "agent"))})
        elif kind == "proved":
            found.append({"kind": "done", "at": event["at"], "text": str(data.get("verdict", "done"))})
    return found


def source(workspace: Workspace, task: Any, failure: dict[str, Any] | None) -> dict[str, Any] | None:
    """The file to look at, with the failing line: the failure's own file, else the module. Never one from outside."""
    from taskrunner.errors import TaskrunnerError

    file = (failure or {}).get("file")
    line = (failure or {}).get("line") if file else None
    try:
        path = workspace.resolve(file) if file else workspace.module_source(task)
        text = path.read_text(encoding="utf-8", errors="replace")
    except (TaskrunnerError, OSError):
        return None
    return {"file": workspace.shown(path), "line": line, "lines": text.splitlines()[:SOURCE_LINES]}


def last(events: list[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    """The data of the last event of a kind."""
    return next((event["data"] for event in reversed(events) if event["kind"] == kind), None)


def _short(event: dict[str, Any]) -> dict[str, Any]:
    """An event as one line of the journal's list: `{"seq", "at", "kind", "line"}`; briefs have their own place."""
    data = event["data"]
    failure = data.get("failure")
    if event["kind"] in JUDGED and isinstance(failure, dict):
        line = f"{failure.get('class')} {failure.get('code')}: {failure.get('message')}"
    else:
        plain = {name: value for name, value in data.items() if isinstance(value, str | int | float) and value != ""}
        line = ", ".join(f"{name} {value}" for name, value in plain.items() if name not in ("text", "content"))
    return {"seq": event["seq"], "at": event["at"], "kind": event["kind"], "line": line[:LINE]}
