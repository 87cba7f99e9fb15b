"""Reads the stack of a JavaScript error into frames with roles; the one text of Node.js that we have to read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

# A syntax error has no frame: its place is the first line of the stack.
HEAD = re.compile(r"^(?P<function>)(?P<place>file:\S+?):(?P<line>\d+)$")
FRAME = re.compile(r"^\s*at (?:(?:async )?(?P<function>.*?) \()?(?P<place>[^()]+?):(?P<line>\d+):(?P<column>\d+)\)?$")
HARNESS = Path(__file__).resolve().parent / "js"


def frames_of(stack: str, root: Path) -> list[dict[str, Any]]:
    """`core.facts.Frame` fields for each line of a stack that names a file, innermost last; Node's own are not."""
    found = []
    for line in stack.split("\n"):
        match = FRAME.match(line) or HEAD.match(line)
        if match is None or match["place"].startswith("node:"):
            continue
        place = match["place"].removeprefix("async ")
        path = Path(unquote(urlsplit(place).path)) if place.startswith("file:") else Path(place)
        found.append(
            {
                "file": _shown(path, root),
                "line": int(match["line"]),
                "function": match["function"] or "",
                "role": _role(path),
                "text": "",
            }
        )
    return found[::-1]


def own_line(frames: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The frame of the test itself, not of a function of the suite that it called."""
    return next((frame for frame in frames if frame["role"] == "test"), None)


def seen_from_test(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The frames with one of role `test`: the test's own. What it called in its file is `harness`, as ours would be."""
    own = own_line(frames)
    return [{**frame, "role": "harness"} if frame["role"] == "test" and frame is not own else frame for frame in frames]


def _role(path: Path) -> str:
    if path.is_relative_to(HARNESS):
        return "harness"
    return "library" if "node_modules" in path.parts else "test"


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root.resolve())) if path.is_relative_to(root.resolve()) else str(path)
