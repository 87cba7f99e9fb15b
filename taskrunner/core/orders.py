"""The two reading orders of a generated suite: the same test read after each message, and only at the end.

Production keeps state differently then (lua-NOTES 1), so a test that fails in one order only points to what the module
stores. Tests are told apart by the end of their id: `[each]` and `[last]`.
"""

from __future__ import annotations

import re

from taskrunner.core.facts import Outcome, SuiteReport, TestResult

EACH, LAST = "[each]", "[last]"
_PLACE = re.compile(r"([^\s:]+):(\d+): (.+)")


def both(test: str) -> list[str]:
    """The test and its twin in the other order; the test alone if it has none."""
    base = test.removesuffix(EACH).removesuffix(LAST)
    return [test] if base == test else [base + EACH, base + LAST]


def differ(report: SuiteReport | None, failed: TestResult) -> bool:
    """Whether the failed test passed in the other order."""
    twins = [test for test in both(failed.id) if test != failed.id]
    return report is not None and any(r.id in twins and r.outcome is Outcome.PASSED for r in report.results)


def hazard(report: SuiteReport | None) -> tuple[str, int, str] | None:
    """The first warning about something that is stored, with its place in the module: (file, line, words)."""
    for warning in report.warnings if report else ():
        match = _PLACE.match(warning)
        if match is not None and re.match(r"(base|results)\b", match[3]):
            return match[1], int(match[2]), match[3]
    return None
