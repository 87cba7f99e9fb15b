"""`taskrunner brief TASK`: the one failure to fix now, as the fixer gets it."""

from __future__ import annotations

import click

from taskrunner.cli.options import emit_json, json_option, task_argument, workspace


@click.command(epilog="Example: taskrunner brief 1 | less")
@task_argument
@json_option
def command(task: str, as_json: bool) -> int:
    """Print the brief of a task's last failure: Markdown for people and agents, or JSON with the same facts."""
    from taskrunner.project import Journal

    found = workspace()
    found_task = found.task(task)
    with Journal(found) as journal:
        briefs = [event for event in journal.events(task_id=found_task.id) if event.kind in ("brief", "proved")]
    last = briefs[-1] if briefs else None
    if last is None or last.kind == "proved":
        what = "is done; there is nothing to fix" if last else "has no failure yet"
        if as_json:
            emit_json({"task": found_task.id, "brief": None})
        else:
            click.echo(
                f"task {found_task.id} {what}" + ("" if last else f"; start with `taskrunner run {found_task.id}`")
            )
        return 0
    if as_json:
        emit_json({"task": found_task.id, "brief": last.data.get("json")})
    else:
        click.echo(str(last.data.get("text", "")).rstrip())
    return 0
