"""`taskrunner restore TASK [ITERATION]`: files as they were; without an iteration, the locked suite."""

from __future__ import annotations

import click

from taskrunner.cli.decide import by_person
from taskrunner.cli.options import emit_json, json_option, task_argument, workspace
from taskrunner.errors import InputError


@click.command(epilog="Example: taskrunner restore 1 3; the way back is taskrunner restore 1 --undo")
@task_argument
@click.argument("iteration", required=False, type=int)
@click.option("--undo", is_flag=True, help="Take the last restore back.")
@json_option
def command(task: str, iteration: int | None, undo: bool, as_json: bool) -> None:
    """Bring a task's files back as they were at ITERATION; without one, put the locked suite back.

    What is replaced is kept: `--undo` brings it back.
    """
    from taskrunner.project import Checkpoints, Claim, Journal, SuiteLock

    by_person("restore")
    found = workspace()
    known = found.task(task)
    with Claim(found, known.id, doing="restore"), Journal(found) as journal:
        if undo:
            changed = Checkpoints(found).undo(known.id)
        elif iteration is not None:
            changed = Checkpoints(found).restore(known.id, iteration)
        else:
            lock = SuiteLock(found)
            paths = [found.suite_path(known, flavour) for flavour in ("pytest", "node")]
            wrong = [path for path in paths if not lock.check(path).held]
            changed = [found.shown(path) for path in wrong if lock.restore(path)]
            if not any(lock.check(path).locked for path in paths):
                there = ", ".join(str(point.iteration) for point in Checkpoints(found).of(known.id)) or "none yet"
                message = f"no suite of task {task} is locked, so an iteration is needed; there are: {there}"
                raise InputError(message, code="INPUT-RESTORE-WHAT", hint=f"taskrunner restore {task} ITERATION")
        journal.append(known.id, "restored", {"iteration": iteration, "undo": undo, "paths": changed, "by": "person"})
    if as_json:
        emit_json({"changed": changed})
        return
    click.echo("\n".join(f"restored {path}" for path in changed) or "nothing had changed")
