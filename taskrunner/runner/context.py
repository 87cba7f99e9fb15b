"""One run of one task: the files it is about, the journal it writes, and where it stands.

`Run.happened` is the only way on: the event is durable before anything follows from it, so a process that is killed
between two lines is followed by one that knows as much. This module performs no activity and judges nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from taskrunner.core.case import Case
from taskrunner.core.facts import Failure, SuiteReport
from taskrunner.core.fold import RunState, after, fold
from taskrunner.core.machine import Happened
from taskrunner.core.plan import Plan, PlanModule, Task, TaskType

if TYPE_CHECKING:
    from taskrunner.agents import Agent
    from taskrunner.project import Checkpoints, Claim, Journal, Settings, SuiteLock, Workspace
    from taskrunner.suite.warm import Warm

Emit = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Failing:
    """What the last activity that failed left behind, for the judge and the brief; lives in this process only."""

    case: Case
    rank: tuple[int, int, int] = (0, 0, 0)
    run: int = 0
    failure: Failure | None = None
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)


class Run:
    """A task that is being run by this process. Use it with `with`: it claims the task and lets it go."""

    def __init__(
        self,
        workspace: Workspace,
        task_id: int | str,
        emit: Emit,
        agent: Agent | None = None,
        warm: Warm | None = None,
    ) -> None:
        from taskrunner.project import Claim, Journal

        self.workspace = workspace
        self.settings: Settings = workspace.settings
        self.plan: Plan = workspace.plan()
        self.task: Task = workspace.task(task_id)
        self.module: PlanModule = workspace.check(self.task, self.plan)
        self.emit = emit
        self.agent = agent
        self.began = time.monotonic()
        self.failing: Failing | None = None
        self.report: SuiteReport | None = None
        self.notes: dict[str, Any] = {}
        self._claim: Claim = Claim(workspace, self.task.id)
        self._claim.__enter__()
        try:
            self.journal: Journal = Journal(workspace)
            events = self.journal.events(task_id=self.task.id)
            self.state: RunState = fold((event.kind, event.data) for event in events)
        except BaseException:
            self._claim.__exit__(None, None, None)
            raise
        self._warm = warm

    # -- what it is about

    @cached_property
    def source(self) -> Path:
        """The module's source file, which may not exist yet."""
        subject = self.module if self.task.type == TaskType.TEST else self.task
        return self.workspace.module_source(subject)

    @property
    def flavours(self) -> tuple[str, ...]:
        """Which suites this run reads, in the order of running: `pytest`, `node`, or both where the setting says so.

        An existing suite of the task decides, then the setting.
        """
        return flavours_of(self.workspace, self.task)

    @property
    def flavour(self) -> str:
        """The suite that is looked at now; see `choose`."""
        chosen = self.notes.get("flavour")
        return str(chosen) if chosen else self.flavours[0]

    def choose(self, flavour: str) -> None:
        """Look at the suite of this flavour from now on."""
        self.notes["flavour"] = flavour

    @property
    def suite(self) -> Path:
        """The suite's file, which may not exist yet."""
        return self.workspace.suite_path(self.task, self.flavour)

    @property
    def suites(self) -> tuple[Path, ...]:
        """The files of all suites of this run."""
        return tuple(self.workspace.suite_path(self.task, each) for each in self.flavours)

    @property
    def owns_suite(self) -> bool:
        """Whether the suite is the task's own work."""
        return self.task.type == TaskType.TEST

    @property
    def is_wasm(self) -> bool:
        """Whether the module is built to wasm."""
        return self.module.type == TaskType.WASM

    @property
    def is_aos(self) -> bool:
        """Whether the module is a script that HyperAOS evaluates."""
        return self.module.type == TaskType.AOS

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Where this task's iterations are kept."""
        from taskrunner.project import Checkpoints

        return Checkpoints(self.workspace)

    @cached_property
    def lock(self) -> SuiteLock:
        """The locks of generated suites."""
        from taskrunner.project import SuiteLock

        return SuiteLock(self.workspace)

    def shown(self, path: Path) -> str:
        """A path as users write it."""
        return self.workspace.shown(path)

    # -- how it goes on

    def happened(self, event: Happened, data: Mapping[str, Any] | None = None) -> None:
        """Journal an event and move on; raises machine.IllegalEvent, and journals nothing, if it cannot happen now."""
        data = dict(data or {})
        state = after(self.state, event, data)
        self.journal.append(self.task.id, str(event), data)
        self.state = state

    def note(self, kind: str, data: Mapping[str, Any]) -> None:
        """Journal something that changes no state: a report, an observation, a refusal."""
        self.journal.append(self.task.id, kind, dict(data))

    # -- what it needs

    @property
    def warm(self) -> Warm:
        """The process that suites fork from, started on first use."""
        from taskrunner.suite import prepare

        if self._warm is None or not self._warm.alive:
            self._warm = prepare(self.settings.dialect, flavour=self.flavour)
        return self._warm

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._warm is not None:
            with suppress(Exception):
                self._warm.close()
        try:
            self.journal.close()
        finally:
            self._claim.__exit__(kind, error, trace)


def flavours_of(workspace: Workspace, task: Task) -> tuple[str, ...]:
    """Which suites prove a task, in the order of running: an existing suite of the task decides, then the setting."""
    for flavour in ("pytest", "node"):
        if workspace.shown(workspace.suite_path(task, flavour)) in task.files:
            return (flavour,)
    if workspace.settings.suite == "both" and task.type != TaskType.TEST:
        return ("pytest", "node")
    wanted = "node" if workspace.settings.suite == "node" else "pytest"
    other = "pytest" if wanted == "node" else "node"
    mine, theirs = (workspace.suite_path(task, each) for each in (wanted, other))
    return (other,) if theirs.exists() and not mine.exists() else (wanted,)
