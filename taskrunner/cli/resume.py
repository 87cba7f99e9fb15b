"""`taskrunner resume TASK`: go on with an escalated task, with fresh counts."""

from __future__ import annotations

from typing import Any

import click

from taskrunner.cli.choices import chosen_agent
from taskrunner.cli.decide import decide
from taskrunner.cli.options import run_options, task_argument, workspace
from taskrunner.cli.run import perform


@click.command(epilog="Example: taskrunner resume 1")
@task_argument
@run_options
def command(task: str, **shown: Any) -> int:
    """Go on with an escalated task: its rules count from zero again, what was tried stays known."""
    from taskrunner.core.machine import Happened

    found = workspace()
    decide(found, task, Happened.RESUMED)
    return perform(found, task, chosen_agent(found, None, None), **shown)
