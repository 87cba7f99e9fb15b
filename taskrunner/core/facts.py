"""What a run found out, as frozen types: test results, suite reports, failures and the evidence behind them.

Runners of suites fill in a `SuiteReport` from structured output; the judge turns it and its experiments into one
`Failure`.
These types know no files and no processes: a path in them is text, relative to the workspace where it can be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How one test ended."""

    PASSED = "passed"
    FAILED = "failed"  # an assertion of the test did not hold
    ERROR = "error"  # something else was raised, in the test, a fixture or while collecting
    SKIPPED = "skipped"


class FailureClass(StrEnum):
    """Who must act."""

    ENVIRONMENT = "environment"
    MODULE = "module"
    TEST = "test"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback, Python's, JavaScript's or Lua's. `role` is module, test, harness (ours) or library."""

    file: str
    line: int
    function: str = ""
    role: str = "test"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message and its answer, as a suite saw it; all values are plain JSON data."""

    slot: int | None
    sent: dict[str, Any]
    status: int | None = None
    got: Any = None


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of one run.

    `node_failure` is the node's own account of an error (the JSON of the header `taskrunner-failure`: code, message,
    file, line, ...).
    `assertions` counts the assertions that ran; `expected` and `got` are the two sides of a failed comparison, as text.
    """

    __test__ = False

    id: str
    outcome: Outcome
    seconds: float = 0.0
    error_type: str = ""
    message: str = ""
    expected: str | None = None
    got: str | None = None
    frames: tuple[Frame, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    node_failure: dict[str, Any] | None = None
    assertions: int = 0
    example: str | None = None  # the plan example that this test states, by name
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a suite reached of one module's file: (reached, all) of lines and branches, and the lines never reached."""

    file: str
    lines: tuple[int, int]
    branches: tuple[int, int]
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SuiteReport:
    """One run of one suite, as read from its structured report.

    `crash` says why there is no full report (`"timeout"`, `"signal 9"`, `"exit 0 without a report"`, ...); empty if
    there is one. `collected` counts tests; `output` names the file with everything the run printed.
    """

    results: tuple[TestResult, ...] = ()
    collected: int = 0
    exit_code: int | None = 0
    crash: str = ""
    collection_errors: tuple[TestResult, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    output: str = ""
    suite_hash: str = ""
    coverage: tuple[Coverage, ...] = ()

    @property
    def failed(self) -> tuple[TestResult, ...]:
        """Tests that failed or raised, collection errors first."""
        return self.collection_errors + tuple(r for r in self.results if r.outcome in (Outcome.FAILED, Outcome.ERROR))

    @property
    def assertions(self) -> int:
        """Assertions that ran, over all tests."""
        return sum(result.assertions for result in self.results)

    @property
    def green(self) -> bool:
        """Every collected test passed, there was at least one, and the runner itself says so."""
        passed = [r for r in self.results if r.outcome is Outcome.PASSED]
        return not self.crash and self.exit_code == 0 and not self.failed and 0 < len(passed) == self.collected


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one experiment showed: its name, its verdict (a word or two) and the detail a reader can check."""

    experiment: str
    verdict: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """The one failure that is worked on. `fingerprint` survives changing ids, numbers, times and paths."""

    cls: FailureClass
    code: str
    message: str
    test: str = ""
    file: str | None = None
    line: int | None = None
    fingerprint: str = ""
    evidence: tuple[Evidence, ...] = ()
    hint: str = ""
    expected: str | None = None
    got: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The failure as DESIGN.md's *Interface* prints it everywhere."""
        return {
            "class": str(self.cls),
            "code": self.code,
            "test": self.test,
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "fingerprint": self.fingerprint,
            "evidence": [{"experiment": e.experiment, "verdict": e.verdict, "detail": e.detail} for e in self.evidence],
            "expected": self.expected,
            "got": self.got,
            "doc": f"taskrunner explain {self.code}",
            "hint": self.hint,
        }
