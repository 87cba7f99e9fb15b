"""One verdict, as fast as it can be had: static check, the test that failed last, then all tests.

Nothing is journalled and no status is written. A run that became stale is cancelled and gives no verdict.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.core.facts import SuiteReport, TestResult
from taskrunner.core.plan import TaskType

if TYPE_CHECKING:
    from taskrunner.core.plan import Task
    from taskrunner.project import Workspace
    from taskrunner.suite.warm import Warm

CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Fault:
    """What stopped the run before any test: an error of the module or of the machine."""

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one save led to. `partial`: only the test that failed last was run, and it fails still."""

    report: SuiteReport | None = None
    fault: Fault | None = None
    seconds: float = 0.0
    partial: bool = False

    @property
    def green(self) -> bool:
        """Every test passed."""
        return self.fault is None and self.report is not None and self.report.green

    @property
    def first(self) -> TestResult | None:
        """The test to look at."""
        return next(iter(self.report.failed), None) if self.report else None

    @property
    def passed(self) -> int:
        """How many tests passed."""
        return sum(1 for each in self.report.results if each.outcome == "passed") if self.report else 0


class Quick:
    """Gives verdicts for one task. The files are looked up anew each time, because plan and tasks may change."""

    def __init__(self, workspace: Workspace, task: Task, warm: Warm) -> None:
        self.workspace = workspace
        self.task = task
        self.warm = warm
        self.module = workspace.module_of(task)
        self.source = workspace.module_source(self.module)
        self.suite = self._suite()
        self.failed: str | None = None

    @property
    def is_wasm(self) -> bool:
        """Whether the module is compiled before it runs."""
        return self.module.type == TaskType.WASM

    def _suite(self) -> Path:
        """The suite that exists, else the one that would be written."""
        found = [self.workspace.suite_path(self.module, flavour) for flavour in ("pytest", "node")]
        return next((path for path in found if path.exists()), found[0])

    def verdict(self, *, every: bool = False) -> Verdict | None:
        """The verdict on the files as they are now; None if the run was cancelled."""
        began = time.monotonic()
        fault = self._check()
        if fault is not None:
            return Verdict(fault=fault, seconds=time.monotonic() - began)
        if self.failed is not None and not every:
            report = self._run([self.failed])
            if report.crash == CANCELLED:
                return None
            if report.failed or report.crash:
                return Verdict(report, seconds=time.monotonic() - began, partial=True)
        report = self._run(None)
        if report.crash.startswith(CANCELLED):
            return None
        first = next(iter(report.failed), None)
        self.failed = first.id if first is not None and first not in report.collection_errors else None
        return Verdict(report, seconds=time.monotonic() - began)

    def _run(self, only: list[str] | None) -> SuiteReport:
        from taskrunner.suite import SuiteRun, run

        settings = self.workspace.settings
        request = SuiteRun(
            root=self.workspace.root,
            suite=self.suite,
            run_dir=self.workspace.state_dir / "watch",
            again=True,
            only=only,
            seconds=settings.limits.suite_seconds,
            memory=settings.limits.memory_mb << 20,
            dialect=settings.dialect,
        )
        return run(request, self.warm)

    def _check(self) -> Fault | None:
        if not self.source.exists() or not self.suite.exists():
            missing = self.workspace.shown(self.source if not self.source.exists() else self.suite)
            return Fault("MOD-MISSING", f"{missing} does not exist yet; the proof writes it", missing)
        return self._compile() if self.is_wasm else self._check_lua()

    def _check_lua(self) -> Fault | None:
        from taskrunner.modules import aos, lua

        check = aos.check if self.module.type == TaskType.AOS else lua.check
        findings = check(self.source.read_bytes(), self.workspace.shown(self.source))
        error = next((finding for finding in findings if finding.severity == "error"), None)
        if error is None:
            return None
        return Fault(error.code, error.message, error.file, error.line or None, error.hint)

    def _compile(self) -> Fault | None:
        from taskrunner.modules.rust import build

        limits = self.workspace.settings.limits
        result = build(self.source, root=self.workspace.root, seconds=limits.build_seconds)
        error = next((each for each in result.findings if each.severity == "error"), None)
        if error is None or result.wasm_path is not None:
            return None
        return Fault(error.code, error.message, error.file, error.line or None, error.hint)
