"""`taskrunner new NAME`: one more module in plan and task list."""

from __future__ import annotations

import click

from taskrunner.cli.options import emit_json, json_option, painter, workspace


@click.command(epilog="Example: taskrunner new token --lua")
@click.argument("name")
@click.option("--lua", "kind", flag_value="lua", default=True, help="A Lua module (the default).")
@click.option("--wasm", "kind", flag_value="wasm", help="A Rust module, built to wasm64.")
@click.option("--aos", "kind", flag_value="aos", help="A HyperAOS script, src/NAME.lua.")
@json_option
def command(name: str, kind: str, as_json: bool) -> None:
    """Add a module: its section in plan.md and its task in tasks.json."""
    from taskrunner.project import add_module

    found = workspace()
    changed = add_module(found, name, kind)
    task = found.tasks()[-1]
    if as_json:
        emit_json({"changed": changed, "task": task.id})
        return
    out = painter()
    for path in changed:
        out.line(("", "  "), ("good", "✓ "), ("", path))
    out.blank()
    out.line(("dim", "  next  "), ("strong", f"fill in {name} in plan.md, then: taskrunner run {task.id}"))
