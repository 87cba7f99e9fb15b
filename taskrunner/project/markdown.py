"""The outline of a Markdown file: its sections, and the tables in each, with the place of every cell.

markdown-it-py finds headings and tables (so that code blocks, quotes and comments are none); cells are split from the
source line, because only the source has columns. Knows nothing of plans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskrunner.project.cells import Cell, cell_of, split_row

if TYPE_CHECKING:
    from markdown_it.token import Token

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: header cells, then rows of cells; `line` is the header's."""

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    line: int


@dataclass(slots=True)
class Section:
    """A heading and what follows it up to the next heading. `level` is 1 to 6; 0 is what comes before any heading.

    `near_tables` are first lines of paragraphs that begin like a table and are none.
    """

    level: int
    title: Cell
    first: int
    last: int = 0
    tables: list[Table] = field(default_factory=list)
    near_tables: list[Cell] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outline:
    """The sections of a file in order, and its lines."""

    sections: tuple[Section, ...]
    lines: tuple[str, ...]

    def text(self, section: Section, *, last: int | None = None) -> str:
        """The source below a section's heading."""
        return "\n".join(self.lines[section.first : section.last if last is None else last]).strip()


def outline(text: str, file: str) -> Outline:
    """Reads a file's sections. No text is wrong as Markdown; nesting beyond 20 levels is prose."""
    from markdown_it import MarkdownIt

    text = text.removeprefix("\ufeff").replace("\0", "\ufffd")
    lines = tuple(_LINE_END.split(text))
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    sections = [Section(0, cell_of("", 1, file), 0)]
    tokens = parser.parse("\n".join(lines))
    for index, token in _top(tokens):
        first, end = token.map or (0, 0)
        if token.type == "heading_open":
            sections[-1].last = first
            sections.append(Section(int(token.tag[1]), _title(lines[first], tokens[index + 1], file), end))
        elif token.type == "table_open":
            sections[-1].tables.append(_table(lines, first, end, file))
        elif token.type == "paragraph_open" and lines[first].lstrip().startswith("|"):
            sections[-1].near_tables.append(cell_of(lines[first], first + 1, file).strip())
    sections[-1].last = len(lines)
    return Outline(tuple(sections), lines)


def _top(tokens: list[Token]) -> Iterator[tuple[int, Token]]:
    return ((index, token) for index, token in enumerate(tokens) if token.level == 0 and token.map)


def _title(line: str, inline: Token, file: str) -> Cell:
    start = max(line.find(inline.content.partition("\n")[0]), 0)
    return cell_of(inline.content.partition("\n")[0], (inline.map or [0])[0] + 1, file, start + 1)


def _table(lines: tuple[str, ...], first: int, end: int, file: str) -> Table:
    rows = tuple(tuple(split_row(lines[number], number + 1, file)) for number in range(first + 2, end))
    return Table(tuple(split_row(lines[first], first + 1, file)), rows, first + 1)
