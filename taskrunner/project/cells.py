"""Text that remembers where in the file each of its characters stands: cells of tables, and parts of cells.

Dropping the backslash of `\\|` or the ticks of `code` moves characters, so every one keeps its own column. Knows
nothing of plans.
"""

from __future__ import annotations

from dataclasses import dataclass

from taskrunner.errors import InputError


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of one line; `columns[i]` is the 1-based column of `text[i]`, `end` the column after the last one."""

    text: str
    columns: tuple[int, ...]
    end: int
    line: int
    file: str

    def part(self, start: int, stop: int) -> Cell:
        """`text[start:stop]` as a cell."""
        end = self.columns[stop] if stop < len(self.columns) else self.end
        return Cell(self.text[start:stop], self.columns[start:stop], end, self.line, self.file)

    def strip(self) -> Cell:
        """Without white space around it, and without the ticks when the whole is one `code`."""
        start = len(self.text) - len(self.text.lstrip())
        bare = self.part(start, max(start, len(self.text.rstrip())))
        ticks = len(bare.text) - len(bare.text.lstrip("`"))
        inner = bare.text[ticks : len(bare.text) - ticks]
        if ticks and len(bare.text) > 2 * ticks and bare.text.endswith("`" * ticks) and "`" not in inner:
            return bare.part(ticks, len(bare.text) - ticks).strip()
        return bare

    def plain(self) -> str:
        """A name: stripped, without `code` ticks and emphasis around it."""
        text = self.strip().text
        for mark in ("**", "__", "*", "_"):
            if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
                text = text[len(mark) : -len(mark)]
        return text.strip()

    def column(self, at: int = 0) -> int:
        """The column of a character, or of the end."""
        return self.columns[at] if at < len(self.columns) else self.end

    def wrong(self, message: str, *, at: int = 0, code: str, hint: str = "") -> InputError:
        """The error at a character of this cell."""
        return InputError(message, code=code, file=self.file, line=self.line, column=self.column(at), hint=hint)


def cell_of(text: str, line: int, file: str, column: int = 1) -> Cell:
    """A cell that is `text` as it stands in the file from `column` on."""
    return Cell(text, tuple(range(column, column + len(text))), column + len(text), line, file)


def split_row(row: str, line: int, file: str) -> list[Cell]:
    """The cells of a table's row, as GitHub's Markdown has them: a `\\|` is a pipe, a lone `|` ends the cell."""
    cells = []
    text: list[str] = []
    columns: list[int] = []
    for index, char in enumerate(row):
        escaped = index > 0 and row[index - 1] == "\\"
        if char == "|" and not escaped:
            cells.append(Cell("".join(text), tuple(columns), index + 1, line, file))
            text, columns = [], []
            continue
        if char == "|":
            text.pop()
            columns.pop()
        text.append(char)
        columns.append(index + 1)
    cells.append(Cell("".join(text), tuple(columns), len(row) + 1, line, file))
    if not cells[0].text.strip():
        cells = cells[1:]
    if cells and not cells[-1].text.strip() and row.rstrip().endswith("|"):
        cells = cells[:-1]
    return cells
