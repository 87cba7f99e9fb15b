"""The pieces that compiled code is put together from: expression texts with what is known of them, and lines.

An expression text may hold line marks: a new Python line begins there, so that a Python traceback tells Lua lines apart
inside one statement. This module knows nothing of Lua's meaning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

MARK: Final = "\x01"  # \x01LINE\x02 starts a new Python line that stands for Lua line LINE
_MARK_END: Final = "\x02"

Line: TypeAlias = tuple[int, str, int, int]  # indentation, text, Lua line, line that production reports


class Code(NamedTuple):
    """An expression. `atom`: may be written twice. `inert`: evaluating it can neither fail nor change anything.

    `kind` is what the value is known to be: int, string, boolean, nil, table, function; empty if unknown.
    `depth` is how deeply its parentheses nest.
    """

    text: str
    kind: str = ""
    atom: bool = False
    inert: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True)
class LineMap:
    """For each Python line: the Lua line, and the line that production would report."""

    exact: tuple[int, ...]
    device: tuple[int, ...]

    def lua_line(self, python_line: int) -> int:
        """The Lua line of a 1-based Python line; 0 if there is none."""
        return self.exact[python_line - 1] if 0 < python_line <= len(self.exact) else 0

    def device_line(self, python_line: int) -> int:
        """Production's line for a 1-based Python line; 0 if there is none."""
        return self.device[python_line - 1] if 0 < python_line <= len(self.device) else 0


def mark(line: int, text: str) -> str:
    """The text on a line of its own, in parentheses."""
    return f"({MARK}{line}{_MARK_END}{text})"


def shifted(lines: Iterable[Line], indent: int) -> list[Line]:
    """The lines further in."""
    return [(line[0] + indent, line[1], line[2], line[3]) for line in lines]


def assemble(lines: Iterable[Line]) -> tuple[str, LineMap]:
    """Python source and its line map."""
    texts: list[str] = []
    exact: list[int] = []
    device: list[int] = []
    for indent, text, lua_line, device_line in lines:
        pieces = text.split(MARK)
        texts.append(" " * indent + pieces[0])
        exact.append(lua_line)
        device.append(device_line)
        for piece in pieces[1:]:
            number, _, rest = piece.partition(_MARK_END)
            texts.append(rest)
            exact.append(int(number))
            device.append(device_line)
    return "\n".join(texts), LineMap(tuple(exact), tuple(device))
