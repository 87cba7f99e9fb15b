"""Answers next to each other: what is out of line, and what only bends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cases import answered, case, clean, failed, talk

from taskrunner.core.case import Experiment
from taskrunner.core.judge import verdict
from taskrunner.core.regular import irregular


def probe(answer: Callable[[int], str | None], value: int = 300) -> dict[str, object]:
    """One message whose number is varied."""
    asked = (value, value - 1, value + 1, 1, 2, 3)
    return {"probes": [{"message": 0, "tag": "amount", "value": value, "answers": {n: [answer(n)] for n in asked}}]}


@pytest.mark.parametrize(
    "answer",
    [
        lambda n: str(n - 1 if n > 100 else n),  # a fee that nobody asked for
        lambda n: str(0 if n == 300 else n),  # one value only
        lambda n: "many" if n >= 300 else str(n),
    ],
)
def test_a_number_that_is_out_of_line(answer: Callable[[int], str]) -> None:
    assert irregular(probe(answer))


@pytest.mark.parametrize(
    "answer",
    [
        lambda n: str(2 * n + 7),
        lambda n: str(max(n, 50)),  # a bend
        lambda n: "error: too much" if n >= 300 else str(n),  # a refusal may begin anywhere
        lambda n: f"{n / 3:.2f}",
        lambda n: "ok",
        lambda n: None,
    ],
)
def test_what_is_in_line(answer: Callable[[int], str | None]) -> None:
    assert irregular(probe(answer)) is None


def test_a_refusal_elsewhere_makes_another_story() -> None:
    """With little money the transfers are refused: those answers say nothing of the others."""
    rows = {n: ["5" if n > 10 else "error: poor", str(n - 5 if n > 10 else n)] for n in (100, 99, 101, 1, 2, 3)}
    assert irregular({"probes": [{"message": 0, "tag": "x", "value": 100, "answers": rows}]}) is None


def test_a_series_that_breaks_off() -> None:
    told = ["1", "2", "3", "4", "many"]
    assert "5th time" in str(irregular({"asked": ["Add"] * 5, "told": told}))
    assert irregular({"asked": ["Add"] * 5, "told": [*told[:4], "error: full"]}) is None
    assert irregular({"asked": ["Add"] * 5, "told": ["1", "2", "4", "8", "many"]}) is None


# -- where the evidence leans


def leaning(facts: dict[str, object], expected: str = "7", got: str = "6", tests: int = 1) -> str:
    result = failed(exchanges=talk(("Get", "0"), ("Get", got)), expected=expected, got=got)
    plan = clean(Experiment.PLAN, examples={"starts at zero": "holds"})
    return verdict(answered(case(result), plan, clean(Experiment.NEIGHBOURS, **facts))).code


def test_an_answer_out_of_line_is_the_modules() -> None:
    assert leaning({"asked": ["Get"] * 4, "told": ["1", "2", "3", "x"]}) == "MOD-WRONG-REPLY"


def test_a_test_that_stands_alone_against_everything_else() -> None:
    assert leaning({"asked": ["Get"], "told": ["0"]}) == "TEST-CONTRADICTS-PLAN"


def test_without_an_answer_of_the_neighbours_nothing_is_decided() -> None:
    assert leaning({}) == "UNK-FAILURE"


def test_a_refusal_that_the_plan_knows_may_be_a_check_that_is_missing() -> None:
    assert leaning({"asked": ["Get"], "told": ["0"]}, expected="unknown action") == "MOD-WRONG-REPLY"


def test_a_test_that_fails_the_same_with_other_answers_never_looked() -> None:
    result = failed(exchanges=talk(("Get", "0"), ("Get", "6")), expected="noon", got="night")
    independent = clean(Experiment.ANSWERS, independent=True)
    assert verdict(answered(case(result), independent)).code == "TEST-RAISED"
