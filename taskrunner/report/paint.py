"""Puts styled lines on a stream: with rich on a terminal, as plain text elsewhere (then rich is not even imported).

Text of others never carries control characters to a terminal: they are taken out here, once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

Part = tuple[str, str]  # style, text
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

STYLES = {
    "": "",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "dim": "dim",
    "strong": "bold",
    "place": "cyan",
    "env": "bold magenta",
}


class Painter:
    """Prints lines made of styled parts. `width` is the terminal's, or 100 where there is none."""

    def __init__(self, stream: Any, width: int, colour: Any = None) -> None:
        self.stream = stream
        self.width = width
        self._console = colour
        self._passing = False

    @classmethod
    def for_stream(cls, stream: Any, plain: bool = False) -> Painter:
        """Rich when the stream is a terminal and neither `plain` nor NO_COLOR nor TERM=dumb asks otherwise."""
        terminal = not plain and hasattr(stream, "isatty") and stream.isatty() and os.environ.get("TERM") != "dumb"
        if not terminal or "NO_COLOR" in os.environ:
            return cls(stream, _width() if terminal else 100)
        from rich.console import Console as Rich

        rich = Rich(file=stream, highlight=False, markup=False, emoji=False)
        return cls(stream, rich.width, rich)

    def line(self, *parts: Part) -> None:
        """One line; what is wider than the terminal is cut with an ellipsis on a terminal, kept elsewhere."""
        self._clear()
        cleaned = [(style, _CONTROL.sub("", text.replace("\n", " "))) for style, text in parts]
        if self._console is None:
            self.stream.write("".join(text for _, text in cleaned).rstrip() + "\n")
            return
        from rich.text import Text

        text = Text()
        for style, words in cleaned:
            text.append(words, STYLES.get(style, ""))
        text.truncate(self.width, overflow="ellipsis")
        self._console.print(text, soft_wrap=True)

    def passing(self, text: str) -> None:
        """Words that the next line replaces; only a terminal shows them."""
        if self._console is not None:
            self._clear()
            self.stream.write(_CONTROL.sub("", text)[: self.width - 1])
            self.stream.flush()
            self._passing = True

    def _clear(self) -> None:
        if self._passing:
            self.stream.write("\r\x1b[2K")
            self._passing = False

    def block(self, indent: str, label: Part, text: str, style: str = "") -> None:
        """A label and a text that is wrapped beside it, aligned under its first word."""
        import textwrap

        hang = indent + " " * len(label[1])
        room = max(20, self.width - len(hang))
        lines = [row for part in text.split("\n") for row in (textwrap.wrap(part, room) or [""])]
        for number, row in enumerate(lines):
            self.line(("", indent), label, (style, row)) if number == 0 else self.line(("", hang), (style, row))

    def blank(self) -> None:
        """An empty line."""
        self.line()

    def table(self, rows: Iterable[tuple[Part, ...]], indent: str = "  ", gap: int = 2) -> None:
        """Rows whose columns are aligned; the last column keeps its length."""
        kept = [tuple(row) for row in rows]
        if not kept:
            return
        columns = max(len(row) for row in kept)
        widths = [max((len(row[at][1]) for row in kept if at < len(row)), default=0) for at in range(columns)]
        for row in kept:
            cells = [
                (style, text.ljust(widths[at] + gap) if at < len(row) - 1 else text)
                for at, (style, text) in enumerate(row)
            ]
            self.line(("", indent), *cells)


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((100, 24)).columns
