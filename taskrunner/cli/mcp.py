"""`taskrunner mcp`: serve this workspace to an agent. Becomes `python -m taskrunner.mcp`."""

from __future__ import annotations

from importlib.util import find_spec

import click

from taskrunner.cli.options import become, workspace
from taskrunner.errors import EnvironmentFault


@click.command(epilog="Example: taskrunner mcp   (in an agent's settings: command taskrunner, arguments mcp)")
@click.option(
    "--http",
    "port",
    type=click.IntRange(0, 65535),
    is_flag=False,
    flag_value=0,
    help="HTTP on this port of 127.0.0.1, not stdio.",
)
def command(port: int | None) -> None:
    """Serve this workspace to a coding agent over the Model Context Protocol: stdio, or HTTP on loopback."""
    root = workspace().root
    if find_spec("mcp") is None:
        message = "the package mcp, which speaks the protocol, is not installed"
        raise EnvironmentFault(message, code="ENV-EXTRA", hint="pip install 'taskrunner[mcp]'")
    http = [] if port is None else ["--http", str(port)]
    become("taskrunner.mcp", "--root", str(root), *http)
