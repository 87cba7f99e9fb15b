"""`taskrunner log TASK`: what happened, iteration by iteration, from the journal."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from taskrunner.cli.options import emit_json, json_option, painter, task_argument, workspace
from taskrunner.report.paint import Part

if TYPE_CHECKING:
    from taskrunner.project import Workspace
    from taskrunner.project.journal import Event
    from taskrunner.report.paint import Painter

PERSON = ("resumed", "retried", "skipped", "unlocked", "restored")


@click.command(epilog="Example: taskrunner log 1 --diff")
@task_argument
@click.option("--diff", is_flag=True, help="Show what each iteration changed.")
@json_option
def command(task: str, diff: bool, as_json: bool) -> None:
    """What happened to a task: runs, failures, fixes and what people decided."""
    from taskrunner.project import Journal

    found = workspace()
    known = found.task(task)
    with Journal(found) as journal:
        events = journal.events(task_id=known.id)
    diffs = diffs_of(found, known.id) if diff else {}
    if as_json:
        rows = [{"seq": e.seq, "at": e.at, "kind": e.kind, "data": e.data} for e in events]
        emit_json({"task": known.id, "events": rows, "diffs": diffs})
        return
    out = painter()
    if not events:
        out.line(("dim", f"nothing has happened to task {known.id} yet"))
    iteration = 0
    for event in events:
        iteration = iteration + 1 if event.kind == "fixed" else iteration
        _line(out, event, iteration)
        if event.kind == "fixed" and iteration in diffs:
            _show_diff(out, diffs[iteration])


def diffs_of(found: Workspace, task_id: int | str) -> dict[int, str]:
    """For each iteration that has a checkpoint before it, what it changed, as a unified diff."""
    from taskrunner.project import Checkpoints

    points = Checkpoints(found)
    there = points.of(task_id)
    return {b.iteration: points.diff(a.ref, b.ref) for a, b in pairwise(there)}


def _line(out: Painter, event: Event, iteration: int) -> None:
    shown = _describe(event.kind, event.data, iteration)
    if shown is not None:
        style, text = shown
        out.line(("dim", f"  {event.at[:19].replace('T', ' ')}  "), (style, f"{event.kind:<12}"), ("", text))


def _describe(kind: str, data: dict[str, Any], iteration: int) -> Part | None:
    """Style and text of one event; None for those that say nothing to a person."""
    match kind:
        case "started":
            return "dim", ""
        case "run":
            crash = f", {data['crash']}" if data.get("crash") else ""
            count = f"{data.get('passed')} of {data.get('collected')} passed{crash}"
            return "", f"{data.get('phase')}: {count} (run {data.get('run')})"
        case "fixable" | "stuck" | "hopeless":
            failure = data.get("failure", {})
            return "bad", f"{failure.get('class')} {failure.get('code')}: {failure.get('message')}"
        case "fixed":
            return "warn", f"iteration {iteration} by {data.get('by', 'agent')}"
        case "refused":
            return "warn", f"{data.get('path')}: taken back"
        case "asked":
            rule = data.get("rule") or {"rule": "asked", "reason": data.get("reason", "")}
            return "strong", f"{rule.get('rule')}: {rule.get('reason')}"
        case "proved":
            return "good", str(data.get("verdict", "done"))
        case _ if kind in PERSON:
            return "strong", "by a person"
        case _:
            return None


def _show_diff(out: Painter, diff: str) -> None:
    styles = {"+": "good", "-": "bad", "@": "dim"}
    for row in diff.splitlines():
        style = "strong" if row.startswith(("+++", "---")) else styles.get(row[:1], "")
        out.line(("", "    "), (style, row))
