"""`taskrunner init DIR`: a workspace."""

from __future__ import annotations

from pathlib import Path

import click

from taskrunner.cli.options import emit_json, json_option, painter


@click.command(epilog="Example: taskrunner init counter && cd counter && taskrunner run 1")
@click.argument("folder", metavar="DIR", default=".", type=click.Path(file_okay=True, path_type=Path))
@click.option("--js", is_flag=True, help="Also write a package.json, for node:test suites.")
@json_option
def command(folder: Path, js: bool, as_json: bool) -> None:
    """Make a workspace in DIR (default: here): tasks.json, plan.md and the folders of modules and tests."""
    from taskrunner.project import init_workspace

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
