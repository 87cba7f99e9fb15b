"""Reads a plan's tables by the names of their columns, in any order, and says which column or cell is missing.

It knows tables and names, not what a cell means.
"""

from __future__ import annotations

from dataclasses import dataclass

from taskrunner.project.cells import Cell, cell_of
from taskrunner.project.markdown import Section, Table

CODE = "INPUT-PLAN-TABLE"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by lower-case column name, and its line."""

    cells: dict[str, Cell]
    line: int

    def get(self, name: str) -> Cell:
        """The stripped cell of a column; an empty one if the row or the table has none."""
        return self.cells.get(name, cell_of("", self.line, next(iter(self.cells.values())).file)).strip()

    def name(self, column: str) -> str:
        """The cell as a name, without ticks and emphasis."""
        return self.get(column).plain()


def rows(section: Section, required: tuple[str, ...], optional: tuple[str, ...]) -> list[Row]:
    """The rows of a section's tables that are not wholly empty; other columns are left alone.

    Raises InputError INPUT-PLAN-TABLE: no table although the section means one, a required column missing, a column
    twice, or more cells than columns.
    """
    if section.near_tables:
        first = section.near_tables[0]
        hint = "under the header comes a line of dashes with as many columns: | --- | --- |"
        raise first.wrong("this looks like a table and is none", code=CODE, hint=hint)
    if not section.tables:
        hint = f"add a table with the columns {', '.join(name.title() for name in (*required, *optional))}"
        title = section.title.plain()
        raise section.title.wrong(f"the section {title!r} holds no table", code=CODE, hint=hint)
    return [row for table in section.tables for row in _rows(table, required)]


def _rows(table: Table, required: tuple[str, ...]) -> list[Row]:
    names = [cell.plain().lower() for cell in table.header]
    for index, name in enumerate(names):
        if name and name in names[:index]:
            raise table.header[index].strip().wrong(f"the column {name!r} stands twice", code=CODE, hint="keep one")
    for name in required:
        if name not in names:
            found = ", ".join(repr(cell.plain()) for cell in table.header)
            message = f"expected a column {name.title()!r}, found {found}"
            raise table.header[0].strip().wrong(message, code=CODE, hint="column order is free, names are not")
    return [row for cells in table.rows if (row := _row(cells, names)) is not None]


def _row(cells: tuple[Cell, ...], names: list[str]) -> Row | None:
    if len(cells) > len(names):
        message = f"this row has {len(cells)} cells, its table {len(names)} columns"
        raise cells[len(names)].wrong(message, code=CODE, hint="write a pipe inside of a cell as \\|")
    if not any(cell.text.strip() for cell in cells):
        return None
    return Row(dict(zip(names, cells, strict=False)), cells[0].line)
