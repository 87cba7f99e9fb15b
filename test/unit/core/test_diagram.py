"""The picture of the loop in the docs is what the table says, now."""

from __future__ import annotations

from pathlib import Path

from taskrunner.core.diagram import BEGIN, END, mermaid, section, table, update
from taskrunner.core.machine import transitions


def test_the_document_shows_the_table_as_it_is(root: Path) -> None:
    document = (root / "docs" / "loop.md").read_text()
    assert update(document) == document, "run: .venv/bin/python tools/draw_loop.py"


def test_the_table_has_a_row_for_each_transition() -> None:
    assert len(table().splitlines()) == len(list(transitions())) + 2


def test_the_picture_shows_the_way_and_leaves_out_what_is_possible_everywhere() -> None:
    assert "TEST_ALL --> PROVE: passed" in mermaid()
    assert ": skipped" not in mermaid()


def test_update_replaces_only_what_is_between_the_marks() -> None:
    old = f"before\n{BEGIN}\nold\n{END}\nbehind\n"
    assert update(old) == f"before\n{section()}\nbehind\n"
