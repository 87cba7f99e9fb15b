"""`taskrunner wasm`: judge and look at images as production's engine does. Thin: everything is in the room `wasm`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from taskrunner.cli.options import emit_json, json_option, painter
from taskrunner.errors import TaskrunnerError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PROFILES = ("portable", "wamr-2.2")
_STYLES = {"error": "bad", "warning": "warn"}


@click.group(epilog="Example: taskrunner wasm check counter.wasm")
def command() -> None:
    """Check wasm images as production does (WAMR 2.2 inside HyperBEAM)."""


@command.command("check", epilog="Example: taskrunner wasm check target/*.wasm --profile wamr-2.2 --json")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option(
    "--profile",
    type=click.Choice(_PROFILES),
    default=_PROFILES[0],
    show_default=True,
    help="portable: runs on every node we know; wamr-2.2: the measured build.",
)
@json_option
@click.pass_context
def check(context: click.Context, files: tuple[Path, ...], profile: str, as_json: bool) -> None:
    """Say for each image whether production takes it, in its engine's words, and what lies ahead. Exit 1 if not."""
    from taskrunner.wasm import check as judge

    verdicts = [(file, judge(file.read_bytes(), profile)) for file in files]
    if as_json:
        emit_json({"profile": profile, "files": [{"file": str(file), **one.to_json()} for file, one in verdicts]})
    else:
        for file, one in verdicts:
            _show(str(file), one.to_json())
    context.exit(0 if all(one.accepted and not one.errors for _, one in verdicts) else 1)


def _show(file: str, verdict: dict[str, Any]) -> None:
    paint = painter()
    style = "good" if verdict["accepted"] else "bad"
    paint.line(("", f"{file}: "), (style, verdict["verdict"]), ("", f": {verdict['text']}" if verdict["text"] else ""))
    for finding in verdict["findings"]:
        place = f" (byte {finding['offset']})" if "offset" in finding else ""
        paint.line((_STYLES[finding["severity"]], f"  {finding['severity']} "), ("", finding["code"]))
        paint.line(("", f"    {finding['message']}{place}"))
        if finding.get("hint"):
            paint.line(("", f"    fix: {finding['hint']}"))


@command.command("show", epilog="Example: taskrunner wasm show counter.wasm")
@click.argument("file", type=_FILE)
@json_option
def show(file: Path, as_json: bool) -> None:
    """Show imports, exports, memory and features of an image."""
    from taskrunner.wasm import read
    from taskrunner.wasm.summary import summary

    try:
        found = summary(read(file.read_bytes()))
    except TaskrunnerError as error:
        error.file = error.file or str(file)
        raise
    if as_json:
        emit_json({"file": str(file), **found})
        return
    for name, value in found.items():
        lines = value if isinstance(value, list) else [value]
        click.echo(f"{name}: {lines[0] if lines else 'none'}")
        for line in lines[1:]:
            click.echo(f"{' ' * (len(name) + 2)}{line}")
