"""`taskrunner list`: the tasks of tasks.json."""

from __future__ import annotations

import click

from taskrunner.cli.options import emit_json, json_option, painter, workspace


@click.command(epilog="Example: taskrunner list")
@json_option
def command(as_json: bool) -> None:
    """List the tasks, in the order of tasks.json."""
    from taskrunner.cli.listing import row, show

    rows = [row(task) for task in workspace().tasks()]
    if as_json:
        emit_json({"tasks": rows})
    elif rows:
        show(painter(), rows)
    else:
        click.echo("tasks.json has no tasks; add one with `taskrunner new NAME --lua`")
