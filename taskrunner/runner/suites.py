"""Runs of suites as the loop needs them: the request from workspace and settings, and what a report is worth.

Suites run through `taskrunner.suite`; this module only says which, where and with which limits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.core.facts import SuiteReport
from taskrunner.core.fold import Rank
from taskrunner.suite import SuiteRun, generate, run

if TYPE_CHECKING:
    from taskrunner.runner.context import Run

_PHASES = {"preflight": 0, "scaffold": 0, "build": 0, "test_first": 1, "test_all": 1, "prove": 2}


def run_suite(
    task_run: Run,
    run_dir: Path,
    *,
    only: Sequence[str] | None = None,
    suite: Path | None = None,
    source: Path | None = None,
    bits: int = 2048,
    stop_at_first: bool = False,
    reads: str = "both",
    seconds: float | None = None,
    env: dict[str, str] | None = None,
    backwards: bool = False,
) -> SuiteReport:
    """One run on fresh state, with the settings' limits; `source` replaces the module's file (mutants)."""
    settings = task_run.settings
    request = SuiteRun(
        root=task_run.workspace.root,
        suite=suite or task_run.suite,
        run_dir=run_dir,
        only=only,
        source=source,
        seconds=seconds or settings.limits.suite_seconds,
        memory=settings.limits.memory_mb << 20,
        bits=bits,
        dialect=settings.dialect,
        reads=reads,
        stop_at_first=stop_at_first,
        alone=is_ours(task_run) if suite is None else None,
        env=env or {},
        backwards=backwards,
        coverage=bits > 2048,  # the full run before done also says what it reached
    )
    return run(request, task_run.warm)


def expected_suite(task_run: Run) -> str:
    """The suite that we would write now."""
    return generate(task_run.module, task_run.plan, task_run.flavour)


def is_ours(task_run: Run) -> bool:
    """Whether the suite is, byte for byte, what we write from the plan: then its expectations are the plan's."""
    try:
        text = task_run.suite.read_text("utf-8")
    except (OSError, ValueError):
        return False
    return text.replace("\r\n", "\n") == expected_suite(task_run)


def flavour_of(task_run: Run, test: str) -> str:
    """Which of the run's suites a test is of, by its name: a Python function's, or a sentence of node:test."""
    if len(task_run.flavours) == 1:
        return task_run.flavours[0]
    return "pytest" if re.match(r"(\w+::)*test\w*(\[|$)", test) else "node"


def joined(reports: Sequence[SuiteReport]) -> SuiteReport:
    """Green reports of several suites as one."""
    first = reports[0]
    if len(reports) == 1:
        return first
    return replace(
        first,
        results=tuple(result for report in reports for result in report.results),
        collected=sum(report.collected for report in reports),
        warnings=tuple(words for report in reports for words in report.warnings),
        seconds=sum(report.seconds for report in reports),
        coverage=tuple(each for report in reports for each in report.coverage),
    )


def rank_of_report(task_run: Run, phase: str, report: SuiteReport | None) -> Rank:
    """How far the run came. A run of one test cannot tell the others: it ranks as the whole run before it did."""
    number = _PHASES.get(phase, 0)
    if report is None or report.crash or report.collection_errors:
        return (number if report is None else 0, 0, 0)
    if phase == "test_first":
        earlier = [each.rank for each in task_run.state.rounds if each.rank[0] == 1]
        return earlier[-1] if earlier else (1, -len(report.failed), 0)
    order = [result.id for result in report.results]
    first = order.index(report.failed[0].id) if report.failed and report.failed[0].id in order else 0
    return (number, -len(report.failed), first)
