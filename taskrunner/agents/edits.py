"""Recorded edits of a text: what to find and what to put there, so that a recording fits a file that changes elsewhere.

    @@ find
      return fail(msg, "not implemented: Inc")
    @@ replace
      state.count = state.count + amount
      return reply(msg, intstr(state.count))

Text goes in, text comes out; no file is opened here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from taskrunner.errors import InputError

_FIND, _REPLACE = "@@ find\n", "@@ replace\n"


@dataclass(frozen=True, slots=True)
class Edit:
    """Whole lines to find, once in the text, and the lines in their place."""

    find: str
    replace: str


def read_edits(text: str, file: str) -> list[Edit]:
    """The edits of a recording. Raises InputError INPUT-AGENT-REPLAY with the line."""
    blocks = re.split(f"^(?={_FIND})", text, flags=re.MULTILINE)
    line = 1
    edits = []
    for block in blocks:
        parts = block.removeprefix(_FIND).split(_REPLACE)
        if block.strip() and (not block.startswith(_FIND) or len(parts) != 2 or not parts[0].strip()):
            hint = "write `@@ find`, the lines to find, `@@ replace`, the new lines"
            raise InputError("expected an edit", code="INPUT-AGENT-REPLAY", file=file, line=line, hint=hint)
        if block.strip():
            edits.append(Edit(*(part.rstrip("\n") + "\n" for part in parts)))
        line += block.count("\n")
    return edits


def edited(text: str, edits: list[Edit], file: str) -> str:
    """The text after all edits; one that was made already is passed over. Raises InputError INPUT-AGENT-REPLAY."""
    for edit in edits:
        before, *rest = _whole_lines(edit.find).split(text)
        times = len(rest)
        if times == 1:
            text = before + edit.replace + rest[0]
        elif times or not _whole_lines(edit.replace).search(text):
            message = f"the lines {edit.find.strip().splitlines()[0]!r} ... stand {times} times in {file}, not once"
            raise InputError(message, code="INPUT-AGENT-REPLAY", file=file, hint="record the change anew")
    return text


def _whole_lines(lines: str) -> re.Pattern[str]:
    return re.compile("^" + re.escape(lines), re.MULTILINE)
