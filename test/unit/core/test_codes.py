"""The registry: classes follow from prefixes, words are fit for print, codes have pages and pages have codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from taskrunner.core.codes import CODES, code, is_failure, page
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


def test_a_code_that_is_not_registered_is_explained_by_its_prefix() -> None:
    assert code("MOD-NOTHING").cls is FailureClass.MODULE and code("MOD-NOTHING").hint
    assert is_failure("ENV-NEW") and not is_failure("INPUT-PLAN")
    with pytest.raises(KeyError):
        code("INPUT-PLAN")


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


def test_failure_codes_in_the_package_can_be_explained(root: Path) -> None:
    """A code that some room writes but nobody can explain would be a dead end for the user."""
    found: dict[str, str] = {}
    for path in (root / "taskrunner").rglob("*.py"):
        for name in re.findall(r"[\"']((?:ENV|MOD|TEST|UNK)(?:-[A-Z0-9]+)+)[\"']", path.read_text("utf-8")):
            found.setdefault(name, path.name)
    assert len(found) > 60
    assert {name: file for name, file in found.items() if page(name) not in CODES} == {}
    # Families are for codes of languages and nodes; whatever a suite or the machine shows has a page of its own.
    own = {name for name in found if name.startswith(("TEST-", "UNK-"))}
    assert own <= set(CODES)


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("MOD-RUST-E0308", "MOD-RUST-COMPILE"),
        ("MOD-LUA-GMATCH", "MOD-LUA-FIDELITY"),
        ("MOD-LUA-ERROR", "MOD-LUA-ERROR"),
        ("ENV-NODE-ODD", "ENV-NODE-START"),
        ("INPUT-PLAN", ""),
    ],
)
def test_a_family_shares_a_page(name: str, home: str) -> None:
    assert page(name) == home
    assert is_failure(name) is bool(home)
