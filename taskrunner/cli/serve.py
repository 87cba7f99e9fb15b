"""`taskrunner serve`: the dashboard in a browser. Becomes `python -m taskrunner.serve`."""

from __future__ import annotations

import click

from taskrunner.cli.options import become, workspace


@click.command(epilog="Example: taskrunner serve --port 8000")
@click.option(
    "--port", default=0, show_default="a free one", type=click.IntRange(0, 65535), help="The port on 127.0.0.1."
)
def command(port: int) -> None:
    """Show tasks, the loop, failures, briefs and the journal on a local page, live while `run` or `watch` works."""
    become("taskrunner.serve", "--port", str(port), "--root", str(workspace().root))
