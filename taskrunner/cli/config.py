"""`taskrunner config`: every setting with its value, its meaning and where it comes from."""

from __future__ import annotations

import click

from taskrunner.cli.options import emit_json, json_option, painter, workspace


@click.command(
    epilog='Example: taskrunner config --json; set one with [tool.taskrunner] suite = "node" in pyproject.toml'
)
@json_option
def command(as_json: bool) -> None:
    """Show the settings of this workspace."""
    from taskrunner.project.settings import Settings, keys

    settings = workspace().settings
    if as_json:
        emit_json({"settings": settings.to_json(), "file": settings.source})
        return
    out = painter()
    defaults = {key: value for key, value, _ in keys(Settings())}
    rows = []
    for key, value, meaning in keys(settings):
        changed = value != defaults[key]
        text = " ".join(value) if isinstance(value, tuple) else str(value)
        rows.append((("strong" if changed else "", key), ("warn" if changed else "", text or "-"), ("dim", meaning)))
    out.table(rows)
    out.blank()
    out.line(
        ("dim", f"  from {settings.source or 'the defaults; no settings file'}; TASKRUNNER_... variables come on top")
    )
