"""`taskrunner run TASK`: the loop, from plan to done."""

from __future__ import annotations

from typing import Any

import click

from taskrunner.cli.choices import choose_node, chosen_agent, set_budget
from taskrunner.cli.options import optional_task, reporter_for, run_options, workspace


@click.command(epilog="Example: taskrunner run 1")
@optional_task
@click.option("--all", "every", is_flag=True, help="Run every open task, independent ones side by side.")
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1, 64), help="With --all: how many at once.")
@click.option("--node", metavar="NODE", help="embedded (the default), hyperbeam, or the URL of a node.")
@click.option(
    "--agent", "agent", metavar="COMMAND", help="Let this command fix failures ({brief} is the brief's file)."
)
@click.option("--replay", metavar="DIR", help="Fix failures with the recorded changes in DIR.")
@click.option(
    "--allow", multiple=True, metavar="PATTERN", help="Let the agent change these files too; may be repeated."
)
@click.option("--iterations", type=click.IntRange(1, 10**6), metavar="N", help="At most N fixes by the agent.")
@click.option("--minutes", type=click.FloatRange(0.01, 10**6), metavar="N", help="At most N minutes of the agent.")
@run_options
def command(
    task: str | None,
    every: bool,
    jobs: int,
    node: str | None,
    agent: str | None,
    replay: str | None,
    allow: tuple[str, ...],
    iterations: int | None,
    minutes: float | None,
    **shown: Any,
) -> int:
    """Take a task from its plan to done, or to the one failure that must be fixed next.

    Writes what is missing (never over your code), runs the suite, classifies the first failure and prints what to do.
    Exit code: 0 done, 1 a fix is awaited, 2 bad input, 3 escalated, 4 the machine is in the way, 5 held by another run.
    """
    from taskrunner.project import Workspace

    choose_node(node)
    set_budget(iterations, minutes)
    found: Workspace = workspace()
    if every and (task is not None or any(shown[name] for name in ("jsonl", "junit", "log_file"))):
        raise click.UsageError("--all runs every open task: it takes no TASK, --jsonl, --junit or --log")
    if every:
        from taskrunner.cli.run_all import perform_all

        return perform_all(found, jobs, agent, replay, allow, as_json=bool(shown["as_json"]))
    if task is None:
        raise click.UsageError("which task? `taskrunner list` shows them; --all runs every open one")
    return perform(found, task, chosen_agent(found, agent, replay, allow), **shown)


def perform(found: Any, task: str, agent: Any = None, **shown: Any) -> int:
    """Run a task and show it; the exit code."""
    from taskrunner.suite import prepare

    reporter = reporter_for(**shown)
    with prepare() as warm:  # it imports while this process reads the workspace
        from taskrunner.runner import run_task

        try:
            return run_task(found, task, reporter=reporter, agent=agent, warm=warm).exit_code
        finally:
            reporter.close()
