"""The registry: classes follow from prefixes, words are fit for print, codes have pages and pages have codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from taskrunner.core.codes import CODES, code
from taskrunner.core.facts import FailureClass


@pytest.mark.parametrize("name", sorted(CODES))
def test_a_code_is_fit_for_print(name: str) -> None:
    found = code(name)
    assert re.fullmatch(r"(ENV|MOD|TEST|UNK)(-[A-Z0-9]+)+", name)
    assert found.title and not found.title.endswith(".")
    assert found.hint and not found.hint.endswith(".")
    assert (
        found.cls
        is {
            "ENV": FailureClass.ENVIRONMENT,
            "MOD": FailureClass.MODULE,
            "TEST": FailureClass.TEST,
            "UNK": FailureClass.UNKNOWN,
        }[name.partition("-")[0]]
    )


def test_an_unknown_code_is_no_code() -> None:
    with pytest.raises(KeyError):
        code("MOD-NOTHING")


def test_each_code_has_its_page_and_each_page_its_code(root: Path) -> None:
    folder = root / "taskrunner" / "docs" / "failures"
    pages = {path.stem for path in folder.glob("*.md") if path.stem != "README"}
    assert pages == set(CODES)


@pytest.mark.parametrize("name", sorted(CODES))
def test_a_page_says_problem_evidence_fix_and_example(name: str, root: Path) -> None:
    text = (root / "taskrunner" / "docs" / "failures" / f"{name}.md").read_text()
    assert text.startswith(f"# {name}: ")
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        "Problem",
        "How we know",
        "Fix",
        "Example",
    ]
    assert "```" in text.partition("## Example")[2]
    assert 40 < len(text.split()) < 400


def test_failure_codes_in_the_package_are_registered(root: Path) -> None:
    """A code that some room writes but nobody can explain would be a dead end for the user."""
    found: dict[str, str] = {}
    for path in (root / "taskrunner").rglob("*.py"):
        for name in re.findall(r"[\"']((?:ENV|MOD|TEST|UNK)(?:-[A-Z0-9]+)+)[\"']", path.read_text("utf-8")):
            found.setdefault(name, path.name)
    assert {name: file for name, file in found.items() if name not in CODES} == {}
