"""Runs independent tasks side by side, each in a work tree of its own, and brings home what is proved.

Tasks about the same module depend on each other and stay in one lane, in the order of tasks.json. A lane that escalates
stops nothing else. What a lane changed is copied back only where the user has not changed the same file meanwhile, and
then proved once more in the workspace itself: only that run writes a status there.

    results = run_all(workspace, jobs=2, agent=("claude", "-p"))
    results[0].task, results[0].exit_code, results[0].merged, results[0].conflicts
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from taskrunner.core.plan import Status, Task, TaskType
from taskrunner.errors import TaskrunnerError
from taskrunner.parallel.worktree import Lane, open_lane

if TYPE_CHECKING:
    from taskrunner.project import Workspace

Emit = Callable[[dict[str, Any]], None]
WAITING = (Status.PENDING, Status.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Result:
    """How one task ended. `merged` and `conflicts` are paths relative to the workspace."""

    task: int | str
    exit_code: int
    state: str = ""
    merged: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    message: str = ""


@dataclass(slots=True)
class _Home:
    """The user's workspace, which one lane at a time may change."""

    workspace: Workspace
    emit: Emit
    lock: Lock = field(default_factory=Lock)


def lanes_of(workspace: Workspace) -> list[list[Task]]:
    """The open tasks, grouped by the module they are about."""
    groups: dict[str, list[Task]] = {}
    known = {kind.value for kind in TaskType}
    for task in workspace.tasks():
        if task.type in known and task.status in WAITING:
            groups.setdefault(workspace.module_of(task).name.replace("-", "_"), []).append(task)
    return list(groups.values())


def run_all(
    workspace: Workspace, *, jobs: int = 2, arguments: Sequence[str] = (), emit: Emit | None = None
) -> list[Result]:
    """Run every open task; `arguments` are passed to each lane's `taskrunner run`, e.g. `--agent CMD`."""
    home = _Home(workspace, emit or (lambda event: None))
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        found = pool.map(lambda lane: _run_lane(home, lane, arguments), lanes_of(workspace))
        return [result for results in found for result in results]


def _run_lane(home: _Home, tasks: list[Task], arguments: Sequence[str]) -> list[Result]:
    """The tasks of one lane in their order; one that is not done ends it, because what follows builds on it."""
    results: list[Result] = []
    try:
        with ExitStack() as stack:
            with home.lock:
                lane = stack.enter_context(open_lane(home.workspace, f"task-{tasks[0].id}"))
            for task in tasks:
                results.append(_run_task(home, lane, task, arguments))
                home.emit({"event": "lane.finished", "task": task.id, "exit_code": results[-1].exit_code})
                if results[-1].exit_code != 0:
                    break
    except TaskrunnerError as error:
        results.append(Result(tasks[min(len(results), len(tasks) - 1)].id, 2, message=str(error)))
    waiting = tasks[len(results) :]
    return results + [Result(task.id, 1, "waiting", message=f"waits for task {results[-1].task}") for task in waiting]


def _run_task(home: _Home, lane: Lane, task: Task, arguments: Sequence[str]) -> Result:
    from taskrunner.project import Claim

    home.emit({"event": "lane.started", "task": task.id, "name": task.name, "log": home.workspace.shown(lane.log)})
    with Claim(home.workspace, task.id, "run --all"):
        code = _drive(lane, task, arguments)
    if code != 0:
        return Result(task.id, code, message=f"see {home.workspace.shown(lane.log)}")
    with home.lock:
        merged, conflicts = lane.merge()
        if conflicts:
            names = ", ".join(conflicts)
            lane.keep()
            return Result(task.id, 1, "conflict", merged, conflicts, f"changed here meanwhile: {names}")
        return _prove_at_home(home, task, merged)


def _drive(lane: Lane, task: Task, arguments: Sequence[str]) -> int:
    """`taskrunner run` in the lane, its events in the lane's log; its exit code."""
    command = [
        sys.executable,
        "-c",
        "from taskrunner.cli import main; main()",
        "run",
        str(task.id),
        "--jsonl",
        *arguments,
    ]
    with lane.log.open("ab") as output:
        ended = subprocess.run(
            command, cwd=lane.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    return ended.returncode


def _prove_at_home(home: _Home, task: Task, merged: tuple[str, ...]) -> Result:
    from taskrunner.runner import run_task

    outcome = run_task(home.workspace, task.id, reporter=home.emit)
    return Result(task.id, outcome.exit_code, str(outcome.state), merged, message=outcome.verdict)
