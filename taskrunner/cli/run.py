"""`taskrunner run TASK`: the loop, from plan to done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

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


def choose_node(node: str | None) -> None:
    """Let this process, and the suites that it starts, use a node: what the settings read from the environment."""
    import os

    if node is None:
        return
    remote = node.startswith(("http://", "https://"))
    if remote:
        check_url(node)
    elif node not in ("embedded", "hyperbeam"):
        raise click.UsageError(f"--node {node!r} is neither embedded, nor hyperbeam, nor the URL of a node")
    os.environ["TASKRUNNER_NODE_BACKEND"] = "remote" if remote else node
    if remote:
        os.environ["TASKRUNNER_NODE_URL"] = node.rstrip("/")


def check_url(text: str) -> None:
    """Raises click.UsageError for a text that cannot be the address of a node."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        good = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise click.UsageError(f"--node {text!r} is no URL like http://localhost:10001")


def set_budget(iterations: int | None, minutes: float | None) -> None:
    """Let this process, and the lanes that it starts, know a person's budget for the agent: as its settings read it."""
    import os

    for name, value in (("ITERATIONS", iterations), ("MINUTES", minutes)):
        if value is not None:
            os.environ[f"TASKRUNNER_RULES_AGENT_{name}"] = str(value)


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


def chosen_agent(found: Any, agent: str | None, replay: str | None, allow: tuple[str, ...] = ()) -> Any:
    """The agent of the options, else of the settings, else none: then a person fixes.

    Raises InputError INPUT-AGENT-TRUST for an agent of a settings file that nobody has allowed or can be asked about.
    """
    from taskrunner.agents import make_agent

    if agent is not None and replay is not None:
        raise click.UsageError("--agent and --replay exclude each other")
    if replay is not None and not replay.strip():
        raise click.UsageError("--replay names no folder")
    told = f"replay:{Path(replay).absolute()}" if replay else agent
    wanted = told if told is not None else trusted_agent(found)
    limits = found.settings.limits
    kept = limits.agent_log_kb << 10
    return make_agent(wanted, root=found.root, seconds=limits.agent_seconds, log_bytes=kept, allow=allow)


def trusted_agent(found: Any) -> tuple[str, ...]:
    """The settings' agent if a person allows it: asked once on a terminal; a no means that a person fixes."""
    import os
    import shlex
    import sys

    from taskrunner.agents import trust

    words: tuple[str, ...] = found.settings.agent
    if not words or words[0].startswith("replay:") or os.environ.get("TASKRUNNER_AGENT"):
        return words
    if trust.is_allowed(found.root, words):
        return words
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise trust.refusal(words, found.settings.source)
    click.echo(f"{found.settings.source} of this workspace lets an agent fix failures with the command", err=True)
    click.echo(f"\n  {shlex.join(words)}\n", err=True)
    if not click.confirm("It runs with your rights. Allow it for this workspace?", err=True):
        click.echo("then a person fixes; `--agent COMMAND` names another agent", err=True)
        return ()
    trust.allow(found.root, words)
    return words
