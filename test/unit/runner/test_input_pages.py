"""Every code of bad input has a page, and every page of bad input has a code."""

from __future__ import annotations

import re
from pathlib import Path

from taskrunner.runner.pages import page_of


def codes(root: Path) -> set[str]:
    """The INPUT- codes that the package writes out, prefixes of built ones among them."""
    texts = [path.read_text("utf-8") for path in (root / "taskrunner").rglob("*.py")]
    return {name for text in texts for name in re.findall(r"[\"'](INPUT(?:-[A-Z0-9]+)+)[\"'-]", text)}


def test_each_code_has_a_page_that_names_it(root: Path) -> None:
    found = codes(root)
    assert {"INPUT-TASK-UNKNOWN", "INPUT-PLAN-EXAMPLE", "INPUT-TASKS"} <= found
    for code in found:
        text = page_of(code)
        assert text is not None
        assert text.startswith(f"# {code}: ")


def test_each_page_is_some_codes(root: Path) -> None:
    pages = {path.stem for path in (root / "taskrunner" / "docs" / "inputs").glob("*.md")}
    titles = {(page_of(code) or "").partition(": ")[2].partition("\n")[0] for code in codes(root)}
    for page in pages:
        text = (root / "taskrunner" / "docs" / "inputs" / f"{page}.md").read_text()
        assert text.partition(": ")[2].partition("\n")[0] in titles


def test_a_family_is_the_longest_that_fits() -> None:
    tasks, task = page_of("INPUT-TASKS-JSON"), page_of("INPUT-TASK-TYPE")
    assert tasks is not None
    assert task is not None
    assert "never repairs" in tasks
    assert "never repairs" not in task
