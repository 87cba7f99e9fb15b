"""One verdict, as fast as it can be had: all tests, those that failed last first, and the static check meanwhile.

Nothing is journalled and no status is written. A run that became stale is cancelled and gives no verdict.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.facts import SuiteReport, TestResult
from taskrunner.core.plan import TaskType
from taskrunner.errors import TaskrunnerError
from taskrunner.watch.changes import Watched

if TYPE_CHECKING:
    from taskrunner.core.plan import Task
    from taskrunner.project import Workspace
    from taskrunner.suite.warm import Warm

PARTS = 2  # processes that share a run: each one more is got ready after every save
INPUTS = ("plan.md", "tasks.json")


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
    """What one save led to. `partial`: not every test has run, or is to; then it can be red, and green never."""

    report: SuiteReport | None = None
    fault: Fault | None = None
    seconds: float = 0.0
    partial: bool = False

    @property
    def green(self) -> bool:
        """Every test passed."""
        return self.fault is None and not self.partial and self.report is not None and self.report.green

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
        self.module = workspace.check(task, workspace.plan())
        self.source = workspace.module_source(self.module)
        self.failed: list[str] = []
        self._found = self.suites
        self.failing_suite = self._found[0]
        self.fault: Fault | None = None
        self._end_build: Callable[[], None] = _nothing

    @property
    def is_wasm(self) -> bool:
        """Whether the module is compiled before it runs."""
        return self.module.type == TaskType.WASM

    @property
    def suites(self) -> list[Path]:
        """The suites that prove the task, in the order of running."""
        from taskrunner.runner.context import flavours_of

        return [self.workspace.suite_path(self.task, flavour) for flavour in flavours_of(self.workspace, self.task)]

    @property
    def watched(self) -> Watched:
        """The files whose change can change the verdict; suites that do not exist yet are among them."""
        suites = [self.workspace.suite_path(self.task, flavour) for flavour in ("pytest", "node")]
        files = [self.source, *suites, *(self.workspace.root / name for name in INPUTS)]
        return Watched(files, [self.source.parent.parent] if self.is_wasm else [])

    def is_about(self, task: Task) -> bool:
        """Whether this gives verdicts for the task as it is written now; its status says nothing new."""
        return _without_status(task) == _without_status(self.task)

    def cancel(self) -> None:
        """End the build or the run that is under way, from another thread; what it was for must be stale by then."""
        self._end_build()
        self.warm.cancel()

    def verdict(
        self,
        *,
        every: bool = False,
        only: bool = False,
        early: Callable[[Verdict], object] = lambda _: None,
        stale: Callable[[], bool] = lambda: False,
    ) -> Verdict | None:
        """The verdict on the files as they are now; None if they are `stale` by the end.

        The tests that failed last come first where the suite's tests cannot tell; `every` leaves all in their order,
        `only` stops after them if they fail still. `early(verdict)` hears of a first failure while the rest runs.
        """
        began = time.monotonic()

        def judged(report: SuiteReport | None = None, fault: Fault | None = None, *, partial: bool = False) -> Verdict:
            return Verdict(report, fault, time.monotonic() - began, partial)

        fault = self._before(stale)
        if stale():
            return None
        if fault is not None:
            return judged(fault=fault)
        if only and self.failed:
            report = self._run(self.failing_suite, only=self.failed)
            if stale():
                return None
            if self.fault is not None or report.failed or report.crash:
                return judged(report, self.fault, partial=True)

        def failed(results: list[TestResult]) -> None:
            early(judged(SuiteReport(tuple(results), 0, None), partial=True))

        report = self._run_all(first=[] if every else self.failed, failed=failed)
        if stale():
            return None
        if self.fault is not None:
            return judged(fault=self.fault)
        self.failed = [result.id for result in report.failed if result not in report.collection_errors]
        return judged(report)

    def _run_all(self, **how: Any) -> SuiteReport:
        """Every suite, one after the other: all reports as one, or the first that is not green."""
        from taskrunner.runner.suites import joined

        reports: list[SuiteReport] = []
        for suite in self._found:
            reports.append(self._run(suite, **how))
            if self.fault is not None or not reports[-1].green:
                return reports[-1]
        return joined(reports)

    def _run(
        self,
        suite: Path,
        *,
        only: list[str] | None = None,
        first: Sequence[str] = (),
        failed: Callable[[list[TestResult]], object] = lambda _: None,
    ) -> SuiteReport:
        from taskrunner.suite import SuiteRun, Watching, run

        self.fault = None
        settings = self.workspace.settings
        request = SuiteRun(
            root=self.workspace.root,
            suite=suite,
            run_dir=self.workspace.state_dir / "watch",
            only=only,
            first=first,
            again=only is None,
            parts=self._parts,
            seconds=settings.limits.suite_seconds,
            memory=settings.limits.memory_mb << 20,
            dialect=settings.dialect,
        )
        report = run(request, self.warm, Watching(self._meanwhile, failed))
        if report.failed:
            self.failing_suite = suite
        return report

    @property
    def _parts(self) -> int:
        """How many processes may share a run: each has a node of its own, so only where the node is ours."""
        if self.workspace.settings.node.backend != "embedded":
            return 1
        return min(PARTS, len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1)

    def _before(self, stale: Callable[[], bool]) -> Fault | None:
        """What makes a run pointless."""
        self._found = self.suites
        absent = next((path for path in (self.source, *self._found) if not path.exists()), None)
        if absent is not None:
            missing = self.workspace.shown(absent)
            return Fault("MOD-MISSING", f"{missing} does not exist yet; the proof writes it", missing)
        return self._compile(stale) if self.is_wasm else None

    def _meanwhile(self) -> None:
        """The static check of a Lua source, while the suite runs; if it finds an error, that is the verdict."""
        if self.is_wasm:
            return
        try:
            self.fault = self._check_lua()
        except (OSError, TaskrunnerError):
            return  # the file went away: the suite says so, and the next change is being told already
        if self.fault is not None:
            self.warm.cancel()

    def _check_lua(self) -> Fault | None:
        from taskrunner.modules import aos, lua

        check = aos.check if self.module.type == TaskType.AOS else lua.check
        findings = check(self.source.read_bytes(), self.workspace.shown(self.source))
        error = next((finding for finding in findings if finding.severity == "error"), None)
        if error is None:
            return None
        return Fault(error.code, error.message, error.file, error.line or None, error.hint)

    def _compile(self, stale: Callable[[], bool]) -> Fault | None:
        from taskrunner.modules.rust import build

        def begun(end: Callable[[], None]) -> None:
            self._end_build = end
            if stale():  # it became so a moment ago, when there was nothing to end yet
                end()

        limits = self.workspace.settings.limits
        result = build(self.source, root=self.workspace.root, seconds=limits.build_seconds, begun=begun)
        self._end_build = _nothing
        error = next((each for each in result.findings if each.severity == "error"), None)
        if error is None or result.wasm_path is not None:
            return None
        return Fault(error.code, error.message, error.file, error.line or None, error.hint)


def _nothing() -> None:
    """There is no build to end."""


def _without_status(task: Task) -> Task:
    """A task without what a run itself writes into tasks.json."""
    return replace(task, status="", escalation=None, extra={})
