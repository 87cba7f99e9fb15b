"""Options and small helpers that several commands share. Knows click, the workspace and reporters; decides nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from taskrunner.project import Workspace
    from taskrunner.report import Reporter
    from taskrunner.report.paint import Painter

F = TypeVar("F", bound=Callable[..., Any])


def workspace() -> Workspace:
    """The workspace around the current folder."""
    from taskrunner.project import Workspace

    return Workspace.find(Path.cwd())


def painter() -> Painter:
    """What puts lines on standard output."""
    from taskrunner.report.paint import Painter

    return Painter.for_stream(sys.stdout)


def emit_json(data: dict[str, Any]) -> None:
    """One JSON object on standard output, with the schema's number."""
    from taskrunner.report.data import SCHEMA, dumps, plain

    click.echo(dumps({"schema": SCHEMA, **plain(data)}, sys.stdout, indent=2))


def json_option(function: F) -> F:
    """`--json`: one object instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(function)


def run_options(function: F) -> F:
    """What every command that runs a task takes: how to show it."""
    for option in (
        click.option("--junit", metavar="FILE", type=click.Path(), help="Also write the suite's results as JUnit XML."),
        click.option(
            "--log", "log_file", metavar="FILE", type=click.Path(), help="Also write every event to this file."
        ),
        click.option("-q", "--quiet", is_flag=True, help="Show only the failure and what to do next."),
        click.option("-v", "--verbose", count=True, help="Show each test; twice: every event."),
        click.option("--jsonl", is_flag=True, help="Print every event as one JSON line."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end."),
    ):
        function = option(function)
    return function


def reporter_for(
    as_json: bool, jsonl: bool, verbose: int, quiet: bool, log_file: str | None, junit: str | None = None
) -> Reporter:
    """The reporters that the options ask for, as one; in a GitHub workflow it annotates too."""
    from taskrunner.cli.tee import Tee, log_to
    from taskrunner.report import open_reporter

    if as_json and jsonl:
        raise click.UsageError("--json and --jsonl exclude each other")
    style = "json" if as_json else "jsonl" if jsonl else "quiet" if quiet else "human"
    reporters = [open_reporter(style, verbose=verbose)]
    if junit is not None:
        from taskrunner.report.junit import Junit

        reporters.append(Junit(Path(junit)))
    if log_file is not None:
        reporters.append(log_to(Path(log_file)))
    if os.environ.get("GITHUB_ACTIONS") == "true" and style in ("human", "quiet"):
        from taskrunner.report.github import Github

        reporters.append(Github(sys.stdout))
    return reporters[0] if len(reporters) == 1 else Tee(reporters)


def task_argument(function: F) -> F:
    """TASK: an id of tasks.json."""
    return click.argument("task", metavar="TASK", shell_complete=task_ids)(function)


def optional_task(function: F) -> F:
    """[TASK]: as `task_argument`, but it may be left out."""
    return click.argument("task", metavar="[TASK]", required=False, shell_complete=task_ids)(function)


def task_ids(ctx: click.Context, param: click.Parameter, begun: str) -> Any:
    """See `completing.task_ids`."""
    from taskrunner.cli import completing

    return completing.task_ids(ctx, param, begun)


def become(module: str, *arguments: str) -> NoReturn:
    """Turn this process into `python -m module`: for faces with imports that the command line must not pay for."""
    import os
    import sys

    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
