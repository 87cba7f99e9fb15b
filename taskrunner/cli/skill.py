"""`taskrunner skill install`: teach a coding agent the loop, with a SKILL.md and a section in AGENTS.md."""

from __future__ import annotations

import re
from pathlib import Path

import click

from taskrunner.cli.options import emit_json, json_option

SECTION = re.compile(r"<!-- taskrunner:begin -->.*?<!-- taskrunner:end -->\n?", re.DOTALL)


@click.group(epilog="Example: taskrunner skill install")
def command() -> None:
    """Teach coding agents how to work here."""


@command.command(epilog="Example: taskrunner skill install --dir .claude/skills")
@click.option(
    "--dir",
    "folder",
    default=".agents/skills",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the agent looks for skills.",
)
@json_option
def install(folder: Path, as_json: bool) -> None:
    """Write DIR/taskrunner/SKILL.md, and the section on taskrunner in AGENTS.md of this folder.

    Both are replaced by a later install; the rest of AGENTS.md stays byte for byte.
    """
    from taskrunner.project.files import write_atomic

    skill = folder / "taskrunner" / "SKILL.md"
    skill.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(skill, _text("SKILL.md").encode())
    agents = Path("AGENTS.md")
    old = agents.read_bytes().decode("utf-8") if agents.exists() else ""
    write_atomic(agents, with_section(old, _text("AGENTS.md")).encode())
    if as_json:
        emit_json({"written": [str(skill), str(agents)]})
        return
    click.echo(f"wrote {skill}\nwrote the taskrunner section of {agents}")


def with_section(text: str, section: str) -> str:
    """A text with our section replaced where it stands, else added at the end."""
    if SECTION.search(text):
        return SECTION.sub(lambda _: section, text, count=1)
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}{section}"


def _text(name: str) -> str:
    from importlib.resources import files

    return files("taskrunner").joinpath("docs", "skill", name).read_text(encoding="utf-8")
