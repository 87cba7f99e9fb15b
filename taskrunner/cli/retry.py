"""`taskrunner retry TASK`: begin a task anew, forgetting what was tried."""

from __future__ import annotations

from typing import Any

import click

from taskrunner.cli.choices import chosen_agent
from taskrunner.cli.decide import decide
from taskrunner.cli.options import run_options, task_argument, workspace
from taskrunner.cli.run import perform


@click.command(epilog="Example: taskrunner retry 1")
@task_argument
@run_options
def command(task: str, **shown: Any) -> int:
    """Begin a task anew: counts and what was tried are forgotten (the log keeps them). Your files stay."""
    from taskrunner.core.machine import Happened

    found = workspace()
    decide(found, task, Happened.RETRIED)
    return perform(found, task, chosen_agent(found, None, None), **shown)
