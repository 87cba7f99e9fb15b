"""What `list` and `status` show of tasks: the table of a person. The rows are `runner.standing`'s."""

from __future__ import annotations

from typing import Any

from taskrunner.report.paint import Painter
from taskrunner.runner.standing import row, standing

__all__ = ["MARKS", "row", "show", "standing"]

MARKS = {"done": ("good", "✓"), "in_progress": ("warn", "▸"), "blocked": ("bad", "■"), "pending": ("dim", "·")}


def show(painter: Painter, rows: list[dict[str, Any]]) -> None:
    """The tasks as an aligned table."""
    painter.table(
        [
            (
                MARKS.get(each["status"], ("dim", "?")),
                ("strong", str(each["id"])),
                ("", each["name"]),
                ("dim", each["type"]),
                (MARKS.get(each["status"], ("dim", ""))[0], each["status"].replace("_", " ")),
                ("dim", _detail(each)),
            )
            for each in rows
        ]
    )


def _detail(each: dict[str, Any]) -> str:
    failure = each.get("failure")
    if failure and each["status"] != "done":
        return f"{failure.get('code', '')} {failure.get('test', '')}".strip()
    if each.get("verdict"):
        return f"{each['verdict']} ({each['tests']} tests, {each['assertions']} assertions)"
    return ", ".join(each["files"])
