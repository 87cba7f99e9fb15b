"""Reading orders: twins, and a failure in one order only."""

from __future__ import annotations

import pytest

from taskrunner.core import orders
from taskrunner.core.facts import Outcome, SuiteReport, TestResult

FAILED = TestResult("test_a[each]", Outcome.FAILED)


@pytest.mark.parametrize(
    ("test", "both"),
    [
        ("test_a[each]", ["test_a[each]", "test_a[last]"]),
        ("test_a[last]", ["test_a[each]", "test_a[last]"]),
        ("test_a", ["test_a"]),
        ("test_a[1]", ["test_a[1]"]),
    ],
)
def test_twins(test: str, both: list[str]) -> None:
    assert orders.both(test) == both


@pytest.mark.parametrize(
    ("twin", "differ"), [(Outcome.PASSED, True), (Outcome.FAILED, False), (Outcome.ERROR, False), (None, False)]
)
def test_only_a_twin_that_passed_differs(twin: Outcome | None, differ: bool) -> None:
    twins = () if twin is None else (TestResult("test_a[last]", twin),)
    assert orders.differ(SuiteReport((FAILED, *twins), 2, 1), FAILED) is differ
    assert orders.differ(None, FAILED) is False


def test_the_hazard_has_its_place() -> None:
    warnings = ("clock jump of 9 s", "x.lua:3: integers never wrap", "x.lua:96: base.m.Total: a capital letter")
    assert orders.hazard(SuiteReport(warnings=warnings)) == ("x.lua", 96, "base.m.Total: a capital letter")
    assert orders.hazard(SuiteReport(warnings=warnings[:2])) is None and orders.hazard(None) is None
