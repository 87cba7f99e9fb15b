"""`taskrunner watch TASK`: on save, verdict."""

from __future__ import annotations

import sys

import click

from taskrunner.cli.options import task_argument, workspace


@click.command(epilog="Example: taskrunner watch 1")
@task_argument
@click.option("--runs", type=click.IntRange(min=1), hidden=True, help="Leave after this many verdicts (for measuring).")
def command(task: str, runs: int | None) -> int:
    """Run TASK's suite again whenever its module, suite, plan or task changes.

    The test that failed last runs first. When you pause, the proof follows: class, brief, mutants and the status.
    Keys: a all tests, f failing first, b brief, m mutants, l log, q quit.
    """
    from taskrunner.watch import watch

    return watch(workspace(), task, sys.stdout, runs=runs)
