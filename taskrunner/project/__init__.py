"""project keeps the user's files: workspace, settings, tasks.json, plan.md, journal, wallets, checkpoints, claims.

This room knows no node, no suite and no loop: it reads, writes and locks, and says exactly where a file is wrong.
Everything below is imported on first use, because a command line that only prints help must not pay for SQLite or git.

    workspace = Workspace.find(Path.cwd())          # walks up; InputError INPUT-WORKSPACE-NONE if there is none
    workspace.root, workspace.state_dir             # the folder, and its .taskrunner/
    workspace.settings                              # Settings, frozen
    workspace.plan()                                # core.plan.Plan; InputError with file, line and column
    workspace.tasks()                               # list[core.plan.Task], in file order
    workspace.task("1")                             # InputError INPUT-TASK-UNKNOWN names the nearest ids
    workspace.module_of(task)                       # the PlanModule a task is about
    workspace.resolve("custom_lua/counter.lua")     # Path; InputError INPUT-PATH-OUTSIDE when it leaves, links followed
    workspace.module_source(task_or_plan_module)    # Path of custom_lua/NAME.lua or custom_wasm/NAME/src/lib.rs
    workspace.suite_path(plan_module, "pytest")     # Path of test/test_NAME_module.py, or test/NAME-module.test.js

    store = TaskStore(workspace)
    store.get(1); store.update(1, status="in_progress", started_at="2025-06-01T00:00:00Z"); store.add({...})

    with Claim(workspace, 1): ...                   # BusyError names who holds the task; a dead holder is taken over
    with Journal(workspace) as journal:
        seq = journal.append(1, "status", {"to": "done"})
        for event in journal.events(task_id=1, after=seq): event.seq, event.task_id, event.kind, event.data, event.at
        journal.new_run() -> n; journal.run_dir(n) -> Path
    points = Checkpoints(workspace)
    points.save(1, 3, ["custom_lua/counter.lua"]); points.diff(a, b); points.restore(1, 3); points.of(1)
    lock = SuiteLock(workspace); lock.lock(path); lock.check(path).held; lock.unlock(path)
    load_wallet(path); workspace_wallet(workspace, "alice", bits=2048)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner.project.checkpoints import Checkpoint, Checkpoints
    from taskrunner.project.claims import Claim, Holder
    from taskrunner.project.journal import Event, Journal
    from taskrunner.project.plan import parse_plan
    from taskrunner.project.scaffold import add_module, init_workspace
    from taskrunner.project.settings import Settings, load_settings
    from taskrunner.project.suitelock import LockState, SuiteLock
    from taskrunner.project.tasks import TaskStore
    from taskrunner.project.wallets import load_wallet, workspace_wallet
    from taskrunner.project.workspace import Workspace

__all__ = [
    "Checkpoint",
    "Checkpoints",
    "Claim",
    "Event",
    "Holder",
    "Journal",
    "LockState",
    "Settings",
    "SuiteLock",
    "TaskStore",
    "Workspace",
    "add_module",
    "init_workspace",
    "load_settings",
    "load_wallet",
    "parse_plan",
    "workspace_wallet",
]

_HOMES = {
    "checkpoints": ("Checkpoint", "Checkpoints"),
    "claims": ("Claim", "Holder"),
    "journal": ("Event", "Journal"),
    "plan": ("parse_plan",),
    "scaffold": ("add_module", "init_workspace"),
    "settings": ("Settings", "load_settings"),
    "suitelock": ("LockState", "SuiteLock"),
    "tasks": ("TaskStore",),
    "wallets": ("load_wallet", "workspace_wallet"),
    "workspace": ("Workspace",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
