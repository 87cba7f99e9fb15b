"""Puts a module's section into a plan.md: after the last module, or under a new `## Modules`, all other bytes kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from taskrunner.project.files import read_text, write_atomic
from taskrunner.project.locks import exclusive
from taskrunner.project.markdown import Outline, outline
from taskrunner.project.plan import below, parse_plan

if TYPE_CHECKING:
    from taskrunner.project.workspace import Workspace

FILE = "plan.md"
_CLOSING = re.compile(r"(status|edge cases)\b", re.IGNORECASE)


def insert_section(workspace: Workspace, section: str) -> None:
    """Adds the text of a `### name (type)` section to the workspace's plan. Raises as `parse_plan` does."""
    with exclusive(workspace.state() / "plan.lock", FILE):
        path = workspace.resolve(FILE)
        text = read_text(path, FILE, code="INPUT-PLAN")
        after = with_section(text, section)
        parse_plan(after, FILE)
        write_atomic(path, after.encode("utf-8"), scratch=workspace.scratch())


def with_section(text: str, section: str) -> str:
    """The plan's text with one more section, in the line ends of the file."""
    found = outline(text, FILE)
    home = next((s for s in found.sections if s.level == 2 and s.title.plain().lower() == "modules"), None)
    if home is not None:
        line = max([home.last, *(inner.last for inner in below(found, home))])
        lead = ""
    else:
        line = _before_closing(found)
        lead = "## Modules\n\n"
    while line > 0 and not found.lines[line - 1].strip():
        line -= 1
    return _insert(text, line, lead + section.strip("\n"))


def _before_closing(found: Outline) -> int:
    """The line of the first `## Edge Cases` or `## Status`, else the end."""
    closing = (s for s in found.sections if s.level == 2 and _CLOSING.match(s.title.plain()))
    first = next(closing, None)
    return first.title.line - 1 if first else len(found.lines)


def _insert(text: str, line: int, block: str) -> str:
    """The block after the first `line` lines, with one empty line on either side."""
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    newline = "\r\n" if "\r\n" in text else "\n"
    head = "".join(lines[:line])
    tail = "".join(lines[line:])
    if head and not head.endswith(("\n", "\r")):
        head += newline
    body = block.replace("\n", newline) + newline
    gap = "" if tail.strip() == "" or tail.startswith(("\n", "\r")) else newline
    return head + newline + body + gap + tail
