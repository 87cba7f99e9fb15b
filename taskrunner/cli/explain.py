"""`taskrunner explain CODE`: the page of a failure code, from the package itself."""

from __future__ import annotations

import sys
from typing import Any

import click

from taskrunner.cli.options import emit_json, json_option


def _codes(ctx: click.Context, param: click.Parameter, begun: str) -> Any:
    from taskrunner.cli import completing

    return completing.codes(ctx, param, begun)


@click.command(epilog="Example: taskrunner explain MOD-LUA-NO-COMPUTE")
@click.argument("code", required=False, shell_complete=_codes)
@json_option
def command(code: str | None, as_json: bool) -> None:
    """What a failure code means, how we know and how to fix it. Without CODE: every code."""
    from taskrunner.core.codes import CODES

    if code is None:
        _list(as_json)
        return
    name = code.upper()
    known = CODES.get(name)
    text = note(name) or page(name)
    if known is None and (text is None or _is_typo(name, list(CODES))):
        raise click.UsageError(f"there is no code {name!r}.{_near(name, list(CODES))}")
    if as_json:
        facts = {"title": known.title, "hint": known.hint, "class": known.cls} if known else {}
        emit_json({"code": name, **facts, "page": text})
    elif text is not None:
        _print(text)
    elif known is not None:
        _print(f"# {name}\n\nThe failure is: {known.title}.\n\nFix: {known.hint}.\n")


def page(name: str) -> str | None:
    """The page of a code (its own, or its family's) as Markdown, or None."""
    from taskrunner.runner.pages import page_of

    return page_of(name)


def note(name: str) -> str | None:
    """What the check of Lua sources has to say about one of its own codes, as Markdown, or None."""
    from taskrunner.lua.check import NOTES

    found = NOTES.get(name)
    if found is None:
        return None
    return f"# {name}\n\nIn production {found.happens} ({found.versions}).\n\n## Fix\n\n{found.idiom}\n"


def _list(as_json: bool) -> None:
    from taskrunner.cli.options import painter
    from taskrunner.core.codes import CODES

    if as_json:
        emit_json({"codes": [{"code": c.name, "title": c.title, "hint": c.hint} for c in CODES.values()]})
        return
    painter().table([(("strong", each.name), ("", each.title)) for each in CODES.values()])


def _print(text: str) -> None:
    if not sys.stdout.isatty():
        click.echo(text.rstrip())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(text), width=min(console.width, 100))


def _is_typo(name: str, names: list[str]) -> bool:
    """Whether the name is nearly a code, so that its family's page would hide the mistake."""
    from difflib import get_close_matches

    return bool(get_close_matches(name, names, n=1, cutoff=0.9))


def _near(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=2, cutoff=0.4)
    return f" Did you mean {' or '.join(near)}?" if near else " `taskrunner explain` lists them."
