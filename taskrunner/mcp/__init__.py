"""taskrunner for agents over MCP: the same work as the command line, as tools with schemas and resources to read.

It has an entry point of its own (`taskrunner-mcp`, `python -m taskrunner.mcp`; `taskrunner mcp` becomes it), so that
the command line never imports the `mcp` package. Standard output belongs to the protocol: nothing here prints.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

INSTALL = "pip install 'taskrunner[mcp]'"


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the workspace around the current folder over stdio, or with `--http [PORT]` on loopback."""
    from argparse import ArgumentParser
    from pathlib import Path

    parser = ArgumentParser(prog="taskrunner-mcp", description="Serve this workspace to an agent over MCP.")
    parser.add_argument("--http", nargs="?", const=0, type=int, metavar="PORT", help="HTTP on 127.0.0.1, not stdio")
    parser.add_argument("--root", default=".", metavar="DIR", help="a folder of the workspace (default: this one)")
    options = parser.parse_args(arguments)
    try:
        from taskrunner.mcp.server import serve_http, serve_stdio
    except ModuleNotFoundError as error:
        sys.exit(f"error: the package {error.name} is not installed. Install it with: {INSTALL}  (ENV-EXTRA)")
    root = Path(options.root).resolve()
    if options.http is None:
        serve_stdio(root)
    else:
        serve_http(root, options.http)
