"""`taskrunner lua`: check, try and measure Lua as production runs it. Thin: everything is in the room `lua`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from taskrunner.cli.options import emit_json, json_option

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(epilog="Example: taskrunner lua check custom_lua/counter.lua")
def command() -> None:
    """Check, run and measure Lua as production runs it (Luerl 1.3)."""


@command.command("check", epilog="Example: taskrunner lua check custom_lua/counter.lua")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@json_option
@click.pass_context
def check(context: click.Context, files: tuple[Path, ...], as_json: bool) -> None:
    """Warn where production's Lua differs, with file, line and an idiom that works on both. Exit 1 on errors."""
    from taskrunner.lua.check import check_source
    from taskrunner.lua.errors import LuaSyntaxError

    found: list[dict[str, Any]] = []
    for file in files:
        try:
            found += [_plain(remark) for remark in check_source(file.read_bytes(), str(file))]
        except LuaSyntaxError as fault:
            found.append({**fault.to_json(), "severity": "error"})
    if as_json:
        emit_json({"findings": found})
    else:
        for each in found:
            click.echo(f"{each['file']}:{each['line']}:{each['column']}: {each['severity']}: {each['message']}")
            if each.get("hint"):
                click.echo(f"    instead: {each['hint']}")
        if not found:
            click.echo("nothing to mend: production runs this as you wrote it")
    context.exit(1 if any(each["severity"] == "error" for each in found) else 0)


def _plain(remark: Any) -> dict[str, Any]:
    names = ("code", "severity", "message", "file", "line", "column", "hint")
    return {name: getattr(remark, name) for name in names}


@command.command(
    "run", epilog='Example: taskrunner lua run counter.lua --call compute --req \'{"body":{"action":"Inc"}}\''
)
@click.argument("file", type=_FILE)
@click.option("--call", "function", default="", help="Call this global with (base, req, {}).")
@click.option("--base", "base_text", default="{}", help="JSON of base.")
@click.option("--req", "request_text", default="{}", help="JSON of req.")
@json_option
@click.pass_context
def run(context: click.Context, file: Path, function: str, base_text: str, request_text: str, as_json: bool) -> None:
    """Load a module on production's Lua and, with --call, try one function. Exit 1 if it fails."""
    from taskrunner.lua.trial import try_module

    trial = try_module(
        file.read_bytes(),
        str(file),
        call=function,
        base=_json(base_text, "--base"),
        request=_json(request_text, "--req"),
    )
    if as_json:
        emit_json(trial.to_json())
    else:
        _show(trial.to_json(), function, file)
    context.exit(0 if trial.error is None else 1)


def _json(text: str, option: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as fault:
        raise click.BadParameter(f"not JSON: {fault}", param_hint=option) from None
    except RecursionError:
        raise click.BadParameter("JSON that is nested too deep", param_hint=option) from None


def _show(trial: dict[str, Any], function: str, file: Path) -> None:
    if trial["printed"]:
        click.echo(trial["printed"], nl=False)
    if trial["error"] is None and function:
        click.echo(f"{trial['status']}: {json.dumps(trial['value'], ensure_ascii=False, indent=2)}")
    elif trial["error"] is not None:
        error = trial["error"]
        place = ":".join(str(part) for part in (error.get("file") or file, error.get("line")) if part)
        click.echo(f"{place}: {error['code']}: {error['message']}")
        for frame in (each for each in error.get("traceback", ()) if each["file"]):
            click.echo(f"    in {frame['function']} ({frame['file']}:{frame['line']})")
    for cost in trial["costs"]:
        click.echo(f"cost: {cost}")
    for hazard in trial["hazards"]:
        click.echo(f"storage: {hazard['where']}: {hazard['effect']}")
    click.echo(f"{trial['steps']:,} step{'' if trial['steps'] == 1 else 's'}")


@command.command("battery", epilog="Example: taskrunner lua battery cases.json --json")
@click.argument("file", type=_FILE)
@json_option
@click.pass_context
def battery(context: click.Context, file: Path, as_json: bool) -> None:
    """Run a JSON list of {id, category, chunk, luerl}, each chunk on a fresh VM, and compare. Exit 1 on misses."""
    from taskrunner.lua.battery import read_cases, run_battery
    from taskrunner.report.progress import working

    cases = read_cases(file.read_bytes(), str(file))
    with working(f"{len(cases)} chunks, each on a fresh VM"):
        report = run_battery(cases)
    if as_json:
        emit_json(report)
    else:
        for miss in report["misses"]:
            click.echo(f"{miss['id']}: expected {json.dumps(miss['expected'])}, got {json.dumps(miss['got'])}")
        for name, count in report["by_category"].items():
            click.echo(f"{name}: {count['same']} of {count['total']}")
        click.echo(f"{report['same']} of {report['total']} the same")
    context.exit(0 if not report["misses"] else 1)
