"""The judge measured: every workspace of the corpus is run, and the confusion matrix is printed.

A stratified third runs in `make test`, all of it in `make test-full`. The printed lines are the measurement; the
assertions are the promise of docs/judge.md.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from corpus.build import Case, cases
from corpus.run import CLASSES, Said, matrix, run_case, shares, wrong

CASES = cases()


def measure(chosen: list[Case], folder: Path, capsys: pytest.CaptureFixture[str]) -> list[Said]:
    said = [run_case(case, folder / case.id) for case in chosen]
    found = shares(said)
    with capsys.disabled():
        print(f"\n\nThe judge on {len(said)} broken workspaces:\n\n{matrix(said)}\n")
        each = sum(one.seconds for one in said) / len(said)
        rates = (
            f"right class {found['right']:.1%}, right code {found['right_code']:.1%}, unknown {found['unknown']:.1%}"
        )
        print(f"{rates}, {each:.2f} s each")
        print("".join(f"  {line}\n" for line in wrong(said)))
    return said


def is_later(case: Case) -> bool:
    """Whether it was written by somebody who had not seen the rules of its time."""
    return case.name.startswith(("new-", "fresh-"))


def stratified_third(later: bool, classes: tuple[str, ...] = CLASSES[:3]) -> list[Case]:
    """Every third case of each class, in the corpus's order; the third round is for the whole run only."""
    chosen = [case for case in CASES if is_later(case) is later and not case.name.startswith("third-")]
    return [case for cls in classes for case in [c for c in chosen if c.cls == cls][::3]]


def test_the_corpus_is_large_enough() -> None:
    counts = Counter(case.cls for case in CASES)
    assert len(CASES) >= 120
    assert min(counts.values()) >= 40


def keeps_its_promise(said: list[Said]) -> None:
    found = shares(said)
    assert found["right"] >= 0.97, wrong(said)
    assert found["unknown"] <= 0.03, wrong(said)
    charged = [each.case.id for each in said if each.case.cls == "environment" and each.charged]
    assert charged == [], "an environment failure was charged as a fix attempt"


@pytest.mark.timeout(400)
def test_a_third_of_the_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keeps_its_promise(measure(stratified_third(later=False), tmp_path, capsys))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("cls", CLASSES[:3])
def test_a_third_of_what_came_later(cls: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One class at a time, so that the workers share them."""
    keeps_its_promise(measure(stratified_third(True, (cls,)), tmp_path, capsys))


@pytest.mark.full
def test_the_whole_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keeps_its_promise(measure(CASES, tmp_path, capsys))
