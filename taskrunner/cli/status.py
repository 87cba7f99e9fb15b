"""`taskrunner status [TASK]`: where tasks stand, from the journal."""

from __future__ import annotations

import click

from taskrunner.cli.options import emit_json, json_option, optional_task, painter, workspace


@click.command(epilog="Example: taskrunner status 1")
@optional_task
@json_option
def command(task: str | None, as_json: bool) -> None:
    """Where every task stands; with TASK, why it stands there."""
    from taskrunner.cli.listing import show, standing

    found = workspace()
    rows = [standing(found, each) for each in ([found.task(task)] if task is not None else found.tasks())]
    if as_json:
        emit_json(rows[0] if task is not None else {"tasks": rows})
        return
    out = painter()
    show(out, rows)
    if task is None:
        return
    row = rows[0]
    out.blank()
    facts = [("state", row["state"]), ("iteration", row["iteration"]), ("tests", row["tests"] or "not counted yet")]
    if row["failure"] and row["status"] != "done":
        facts += [("failure", f"{row['failure'].get('class')}: {row['failure'].get('message')}")]
    rule = row["rule"] or row["escalation"]
    if rule and row["status"] == "blocked":
        facts += [
            ("blocked by", f"{rule.get('rule')} ({rule.get('count')} of {rule.get('limit')}): {rule.get('reason')}")
        ]
        facts += [("leave it by", f"taskrunner resume {task}, retry {task} or skip {task}")]
    for label, text in facts:
        out.block("  ", ("dim", f"{label:<12}"), str(text))
