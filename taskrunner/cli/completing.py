"""What a shell may offer after a few letters: task ids with their names, modules, codes. Quick, silent, never wrong.

Reads tasks.json as it is, without the checks of a workspace: a list that cannot be read offers nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem


def task_ids(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The ids of tasks.json, here or in a folder above, that begin so."""
    here = Path.cwd()
    file = next((each for each in (folder / "tasks.json" for folder in (here, *here.parents)) if each.is_file()), None)
    found = [(str(task["id"]), task) for task in _tasks(file) if isinstance(task, dict) and "id" in task]
    return [_item(id_, task) for id_, task in found if id_.startswith(begun)]


def codes(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The codes that `explain` knows and that begin so, in any case."""
    from taskrunner.core.codes import CODES

    known = ((code.name, code.title) for code in CODES.values())
    return [CompletionItem(name, help=title) for name, title in known if name.startswith(begun.upper())]


def _item(id_: str, task: dict[str, Any]) -> CompletionItem:
    words = " ".join(str(task.get(key, "")) for key in ("name", "status")).strip()
    return CompletionItem(id_, help=" ".join(words.split()))


def _tasks(file: Path | None) -> list[Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig")) if file is not None else {}
    except (OSError, ValueError, RecursionError):
        return []
    tasks = found.get("tasks") if isinstance(found, dict) else None
    return tasks if isinstance(tasks, list) else []
