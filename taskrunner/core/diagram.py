"""Draws the loop from the machine's table, for docs/loop.md: a Mermaid state diagram and a table of every transition.

The drawing is never edited by hand; a test compares the document with what this module writes.
"""

from __future__ import annotations

from taskrunner.core.machine import ACTIVITY, Happened, State, transitions

# Events that are possible in many states would hide the picture; they are told in words below it.
_EVERYWHERE = frozenset({Happened.STARTED, Happened.RETRIED, Happened.SKIPPED, Happened.RESUMED})
BEGIN = "<!-- generated from taskrunner/core/machine.py: begin -->"
END = "<!-- generated: end -->"


def mermaid() -> str:
    """A Mermaid diagram of the ways through the loop, without the events that are possible everywhere."""
    rows = ["stateDiagram-v2", f"    [*] --> {State.PREFLIGHT.upper()}: started"]
    rows += [
        f"    {state.upper()} --> {target.state.upper()}: {event}"
        for state, event, target in transitions()
        if event not in _EVERYWHERE
    ]
    rows += [f"    {State.DONE.upper()} --> [*]"]
    return "\n".join(rows)


def table() -> str:
    """Every transition as a row of a Markdown table."""
    rows = ["| state | doing | event | leads to | on the way |", "|---|---|---|---|---|"]
    rows += [
        f"| {state} | {ACTIVITY[state]} | {event} | {target.state} | {', '.join(target.effects)} |"
        for state, event, target in transitions()
    ]
    return "\n".join(rows)


def section() -> str:
    """What stands in docs/loop.md between the two marks."""
    return f"{BEGIN}\n```mermaid\n{mermaid()}\n```\n\n{table()}\n{END}"


def update(document: str) -> str:
    """The document with its generated section written anew."""
    before, _, rest = document.partition(BEGIN)
    _, _, behind = rest.partition(END)
    return f"{before}{section()}{behind}"
