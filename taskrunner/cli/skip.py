"""`taskrunner skip TASK`: leave a task and name the next one."""

from __future__ import annotations

import click

from taskrunner.cli.decide import decide
from taskrunner.cli.options import emit_json, json_option, task_argument, workspace


@click.command(epilog="Example: taskrunner skip 1")
@task_argument
@json_option
def command(task: str, as_json: bool) -> None:
    """Leave a task; `resume` or `retry` takes it up again."""
    from taskrunner.core.machine import Happened

    found = workspace()
    decide(found, task, Happened.SKIPPED)
    tasks = found.tasks()
    at = next(number for number, each in enumerate(tasks) if str(each.id) == task)
    following = next((each.id for each in tasks[at + 1 :] if each.status not in ("done", "blocked")), None)
    if as_json:
        emit_json({"skipped": task, "next": following})
        return
    click.echo(f"task {task} is left" + (f"; next: taskrunner run {following}" if following is not None else ""))
