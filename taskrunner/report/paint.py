"""Puts styled lines on a stream: with rich on a terminal, as plain text elsewhere (then rich is not even imported).

Text of others never carries control characters to a terminal: they are taken out here, once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

from taskrunner.report.progress import Progress, is_live

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

    def __init__(self, stream: Any, width: int, colour: Any = None, cut: bool = False) -> None:
        self.stream = stream
        self.width = width
        self._console = colour
        self._cut = cut
        self._progress = Progress(stream)

    @classmethod
    def for_stream(cls, stream: Any, plain: bool = False) -> Painter:
        """Rich when the stream is a terminal and neither `plain` nor NO_COLOR nor TERM=dumb asks otherwise."""
        terminal = bool(getattr(stream, "isatty", lambda: False)())
        if plain or not is_live(stream) or os.environ.get("NO_COLOR"):
            return cls(stream, _width() if terminal else 100, cut=terminal)
        from rich.console import Console as Rich

        rich = Rich(file=stream, highlight=False, markup=False, emoji=False)
        return cls(stream, rich.width, rich)

    def line(self, *parts: Part) -> None:
        """One line; what is wider than the terminal is cut with an ellipsis on a terminal, kept elsewhere."""
        self._progress.stop()
        cleaned = [(style, _CONTROL.sub("", text.replace("\n", " "))) for style, text in parts]
        if self._console is None:
            row = "".join(text for _, text in cleaned).rstrip()
            self.stream.write((row[: self.width - 1] + "…" if self._cut and len(row) > self.width else row) + "\n")
            return
        from rich.text import Text

        text = Text()
        for style, words in cleaned:
            text.append(words, STYLES.get(style, ""))
        text.truncate(self.width, overflow="ellipsis")
        self._console.print(text, soft_wrap=True)

    def passing(self, text: str, again: bool = False) -> None:
        """Words for what takes a while, which the next line replaces; only a terminal shows them."""
        self._progress.say(_CONTROL.sub("", text), again)

    def rest(self) -> None:
        """Nothing is going on any more."""
        self._progress.stop()

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
