"""The dashboard: one local page that shows tasks, the loop, iterations, the failing source, its brief and the journal.

It reads; it starts and changes nothing. The page is plain files without a build step, fed by `view` and told by
server-sent events that the journal has grown. Loopback only, with a token for each run of the server.

    serve(workspace, port=0, ready=print)     # blocks until SIGTERM or Ctrl-C; ready gets the URL with its token
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskrunner.project import Workspace


def serve(workspace: Workspace, *, port: int = 0, ready: Callable[[str], None]) -> None:
    """Serve the workspace's dashboard on 127.0.0.1."""
    from taskrunner.serve.app import run

    run(workspace, port, ready)


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m taskrunner.serve [--port N] [--root DIR]`; `taskrunner serve` becomes it."""
    from argparse import ArgumentParser
    from pathlib import Path

    from taskrunner.errors import TaskrunnerError
    from taskrunner.project import Workspace

    parser = ArgumentParser(prog="taskrunner serve", description="Show this workspace in a browser.")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--root", default=".", metavar="DIR", help="a folder of the workspace (default: this one)")
    options = parser.parse_args(arguments)
    try:
        workspace = Workspace.find(Path(options.root).resolve())
        serve(
            workspace, port=options.port, ready=lambda url: print(f"dashboard at {url}  (Ctrl-C ends it)", flush=True)
        )
    except TaskrunnerError as error:
        sys.exit(f"error: {error}\n  hint: {error.hint}\n  code: {error.code}")
    except KeyboardInterrupt:
        sys.exit(130)
