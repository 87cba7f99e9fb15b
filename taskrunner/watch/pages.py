"""The pages that a key opens in watch mode: brief, mutants, log. Each is plain lines for one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.runner import standing

if TYPE_CHECKING:
    from taskrunner.project import Workspace

LAST = 20


def page_for(key: str, workspace: Workspace, task_id: int | str) -> list[str]:
    """The lines of the page of a key: `b` brief, `m` mutants, `l` log."""
    return {"b": _brief, "m": _mutants, "l": _log}[key](workspace, task_id)


def _brief(workspace: Workspace, task_id: int | str) -> list[str]:
    found = standing.brief(workspace, task_id)
    return str(found["text"]).split("\n") if found else ["no brief yet: it is written when the proof has classified"]


def _mutants(workspace: Workspace, task_id: int | str) -> list[str]:
    events = [event for event in standing.events(workspace, task_id) if event["kind"] == "mutants"]
    if not events:
        return ["no mutants yet: they run when the suite is green"]
    data: dict[str, Any] = events[-1]["data"]
    lines = [f"{data.get('killed')} of {data.get('total')} broken modules are noticed by the suite"]
    survivors = data.get("survivors") or []
    return lines + [f"  survived: {_place(each)}  {each.get('name')}" for each in survivors]


def _place(mutant: dict[str, Any]) -> str:
    return ":".join(str(mutant[name]) for name in ("file", "line") if mutant.get(name))


def _log(workspace: Workspace, task_id: int | str) -> list[str]:
    events = [event for event in standing.events(workspace, task_id) if event["kind"] not in ("evidence", "brief")]
    return [f"{event['at'][11:19]}  {event['kind']:<10} {_short(event['data'])}" for event in events[-LAST:]]


def _short(data: dict[str, Any]) -> str:
    failure = data.get("failure")
    if isinstance(failure, dict):
        return f"{failure.get('class')} {failure.get('code')}: {failure.get('message')}"
    return ", ".join(f"{name} {value}" for name, value in data.items() if isinstance(value, int | str) and value != "")
