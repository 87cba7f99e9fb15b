"""`taskrunner unlock TASK`: a person allows changes to a locked suite."""

from __future__ import annotations

import click

from taskrunner.cli.decide import by_person
from taskrunner.cli.options import emit_json, json_option, task_argument, workspace


@click.command(epilog="Example: taskrunner unlock 1")
@task_argument
@json_option
def command(task: str, as_json: bool) -> None:
    """Remove the lock of a task's suite, after showing how the suite differs from what was locked."""
    from taskrunner.project import Claim, Journal, SuiteLock

    by_person("unlock")
    found = workspace()
    known = found.task(task)
    with Claim(found, known.id, doing="unlock"), Journal(found) as journal:
        lock = SuiteLock(found)
        paths = [found.suite_path(known, flavour) for flavour in ("pytest", "node")]
        states = [(path, lock.check(path)) for path in paths]
        unlocked = [state for path, state in states if state.locked and lock.unlock(path)]
        for state in unlocked:
            journal.append(known.id, "unlocked", {"path": state.path, "was": state.expected, "by": "person"})
    if as_json:
        emit_json({"unlocked": [state.path for state in unlocked]})
        return
    for state in unlocked:
        if state.diff:
            click.echo(state.diff.rstrip())
        click.echo(f"{state.path} is unlocked; from now on it is yours")
    if not unlocked:
        click.echo(f"no suite of task {task} is locked")
