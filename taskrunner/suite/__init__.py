"""Suites prove modules: they are written from a plan, locked, run in a child with limits, and read from a report.

Results come from the structured report (JSON lines) that our pytest plugin or our node:test reporter writes, never
from printed text. Knows clients and nodes; knows no task list, no journal and no verdict.

    text = generate(module, plan)                       # test/test_counter_module.py
    report = run(SuiteRun(root, root / "test/test_counter_module.py", run_dir=root / ".taskrunner/runs/1"))
    report.green, report.failed, report.results[0].expected
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskrunner.core.facts import SuiteReport, TestResult
    from taskrunner.core.plan import Plan, PlanModule
    from taskrunner.suite.warm import Warm

__all__ = ["NOBODY", "SuiteRun", "Watching", "generate", "is_generated", "prepare", "run", "suite_hash"]


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """One run of one suite, always on fresh state.

    `root` is the workspace, `suite` the file, `run_dir` the folder that gets `report.jsonl` and `output.txt`.
    `only` names test ids as reports give them (None: all). `source` replaces the module's file (for mutants).
    `seconds` and `memory` (bytes, resident) end the run's whole process group. `reads` is `both`, `each` or `last`.
    `coverage` measures what of a Lua module the suite reached, on the embedded node. `alone` leaves out plugins and
    conftest.py (None: when the suite says that taskrunner wrote it). `first` names tests that are to come before all
    others, where the suite's tests cannot tell; `backwards` begins with the last test (pytest). `again`: the same run
    will be asked for again, so get it ready.
    """

    root: Path
    suite: Path
    run_dir: Path
    only: Sequence[str] | None = None
    source: Path | None = None
    seconds: float = 120.0
    memory: int = 2 << 30
    bits: int = 2048
    dialect: str = "current"
    reads: str = "both"
    stop_at_first: bool = False
    coverage: bool = False
    alone: bool | None = None
    first: Sequence[str] = ()
    again: bool = False
    parts: int = 1
    backwards: bool = False
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watching:
    """Who wants to hear of a run before it has ended. Neither function may raise.

    `meanwhile()` is called once the run is under way, `failed(results)` when a first test of a pytest suite has failed.
    """

    meanwhile: Callable[[], object] = lambda: None
    failed: Callable[[list[TestResult]], object] = lambda results: None


NOBODY = Watching()


def generate(module: PlanModule, plan: Plan, flavour: str = "pytest") -> str:
    """The text of the suite that proves `module` as `plan` describes it; flavour `pytest` or `node`."""
    if flavour == "node":
        from taskrunner.suite.generate_node import write as write_node

        return write_node(module, plan)
    from taskrunner.suite.generate_pytest import write

    return write(module, plan)


def run(request: SuiteRun, warm: Warm | None = None, watching: Watching = NOBODY) -> SuiteReport:
    """Run a suite and read its report. With `warm` the run forks from that process, else it starts a fresh one.

    Never raises for what the suite does: a crash, a hang or a missing report is `SuiteReport.crash`.
    """
    from taskrunner.suite.running import perform

    return perform(request, warm, watching)


def prepare(dialect: str = "current", *, flavour: str = "pytest") -> Warm:
    """Start importing what every run needs, in a process of its own; close it (or use `with`) when done."""
    from taskrunner.suite.warm import Warm

    return Warm.start(bare=flavour == "node")


def suite_hash(text: bytes) -> str:
    """The hash that locks a suite: SHA-256 of its bytes with line ends made equal."""
    from hashlib import sha256

    return sha256(text.replace(b"\r\n", b"\n")).hexdigest()


def is_generated(text: str) -> bool:
    """Whether a suite says in its head that taskrunner wrote it."""
    return "Written by taskrunner from" in text[:600]
