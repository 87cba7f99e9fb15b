"""`taskrunner init DIR`: a workspace."""

from __future__ import annotations

from pathlib import Path

import click

from taskrunner.cli.options import emit_json, json_option, painter


@click.command(epilog="Example: taskrunner init counter && cd counter && taskrunner run 1")
@click.argument("folder", metavar="DIR", default=".", type=click.Path(file_okay=True, path_type=Path))
@click.option(
    "--hyperbeam",
    nargs=2,
    metavar="link PATH|clone URL",
    help="Name a HyperBEAM clone for this workspace, or fetch one.",
)
@click.option("--js", is_flag=True, help='Write suites for node:test: suite = "node" in taskrunner.toml.')
@json_option
def command(folder: Path, hyperbeam: tuple[str, str] | None, js: bool, as_json: bool) -> None:
    """Make a workspace in DIR (default: here): tasks.json, plan.md and the folders of modules and tests."""
    from taskrunner.project import init_workspace

    if hyperbeam is not None:
        _name_clone(folder, *hyperbeam, as_json=as_json)
        return
    written = init_workspace(folder, javascript=js)
    if as_json:
        emit_json({"folder": str(folder), "written": written})
        return
    out = painter()
    for path in written:
        out.line(("", "  "), ("good", "✓ "), ("", str(path)))
    out.blank()
    step = "" if folder == Path() else f"cd {folder} && "
    out.line(
        ("dim", "  next  "), ("strong", f"{step}taskrunner run 1"), ("dim", "   (plan.md says what will be built)")
    )


def _name_clone(folder: Path, how: str, what: str, *, as_json: bool) -> None:
    """`--hyperbeam`: only writes .env.hyperbeam; the workspace's other files stay as they are."""
    from taskrunner.cli.hyperbeam import configure

    clone = configure(folder, how, what)
    if as_json:
        emit_json({"clone": str(clone), "file": ".env.hyperbeam"})
        return
    out = painter()
    out.line(("", "  "), ("good", "✓ "), ("", f".env.hyperbeam names {clone}"))
    out.line(("dim", "  build it as its documentation says, then  "), ("strong", "taskrunner run 1 --node hyperbeam"))
