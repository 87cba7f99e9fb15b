"""What a run is told beyond its task: the node, the agent and a person's budget for it, from options and settings.

A settings file comes with a clone, so its agent needs a person's yes; an option is a person's word.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click


def choose_node(node: str | None) -> None:
    """Let this process, and the suites that it starts, use a node: what the settings read from the environment."""
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
    for name, value in (("ITERATIONS", iterations), ("MINUTES", minutes)):
        if value is not None:
            os.environ[f"TASKRUNNER_RULES_AGENT_{name}"] = str(value)


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
