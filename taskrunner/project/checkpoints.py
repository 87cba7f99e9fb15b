"""Checkpoints: what the files of a task were at each iteration, to show what changed and to go back.

In a git repository they are commits under `refs/taskrunner/`, written object by object: index, branches, HEAD and work
tree stay as they are. Elsewhere they are copies under `.taskrunner/`. The caller says which files belong to a task.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from taskrunner.errors import InputError
from taskrunner.project.files import io_errors, write_atomic

if TYPE_CHECKING:
    from taskrunner.project.workspace import Workspace

Contents = Mapping[str, bytes | None]
"""Files of a checkpoint by path; None: there was no such file."""

UNDO = -1
"""The number under which `restore` keeps what it replaced."""

_NEVER = frozenset({"target", "node_modules", "__pycache__"})
_MAX_FILE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint; `ref` is what `diff` takes and, in a git repository, what git takes too."""

    task_id: str
    iteration: int
    ref: str


class Store(Protocol):
    """Where checkpoints are kept. Task ids and refs are opaque texts; contents are small."""

    kind: str

    def write(self, task_id: str, iteration: int, contents: Contents) -> str: ...
    def read(self, ref: str) -> Contents: ...
    def find(self, task_id: str) -> list[Checkpoint]: ...
    def drop(self, task_id: str) -> None: ...


class Checkpoints:
    """The checkpoints of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @cached_property
    def _store(self) -> Store:
        from taskrunner.project.checkpoint_stores import choose_store

        return choose_store(self._workspace)

    @property
    def kind(self) -> str:
        """`git`, or `copies` when the workspace is in no git repository that would keep it."""
        return self._store.kind

    def save(self, task_id: int | str, iteration: int, paths: Iterable[str]) -> str:
        """Keeps files, or whole folders, as they are now and gives the checkpoint's ref.

        Saving an iteration again replaces it. Links, `target/` and files over 4 MiB are left out. Raises
        EnvironmentFault and InputError INPUT-PATH-OUTSIDE.
        """
        return self._store.write(str(task_id), iteration, self._gather(paths))

    def of(self, task_id: int | str) -> list[Checkpoint]:
        """The checkpoints of a task, oldest iteration first."""
        found = [point for point in self._store.find(str(task_id)) if point.iteration != UNDO]
        return sorted(found, key=lambda point: point.iteration)

    def contents(self, ref: str) -> Contents:
        """The files of a checkpoint. Raises InputError INPUT-CHECKPOINT-UNKNOWN."""
        return self._store.read(ref)

    def diff(self, a: str, b: str | None = None) -> str:
        """A unified diff from checkpoint `a` to `b`, or to the files as they are now; empty when nothing changed."""
        old = self.contents(a)
        new = self.contents(b) if b is not None else self._gather(old)
        paths = sorted({*old, *new})
        return "".join(_diff(path, old.get(path), new.get(path)) for path in paths)

    def restore(self, task_id: int | str, iteration: int) -> list[str]:
        """Puts the files of an iteration back and gives the paths that changed.

        What they replace is kept first (`undo`). A file that was not there then is removed. Raises InputError
        INPUT-CHECKPOINT-UNKNOWN that names the iterations there are.
        """
        wanted = next((p for p in self._store.find(str(task_id)) if p.iteration == iteration), None)
        if wanted is None:
            raise self._unknown(task_id, iteration)
        contents = self._store.read(wanted.ref)
        if iteration != UNDO:
            self.save(task_id, UNDO, contents)
        return [path for path, data in contents.items() if self._put(path, data)]

    def undo(self, task_id: int | str) -> list[str]:
        """Takes the last `restore` of a task back."""
        return self.restore(task_id, UNDO)

    def drop(self, task_id: int | str) -> None:
        """Forgets every checkpoint of a task."""
        self._store.drop(str(task_id))

    def _gather(self, paths: Iterable[str]) -> dict[str, bytes | None]:
        found: dict[str, bytes | None] = {}
        for text in paths:
            path = self._workspace.resolve(text)
            files = _walk(path) if path.is_dir() else [path]
            for file in files:
                with io_errors("read", self._workspace.shown(file)):
                    small = file.is_file() and file.stat().st_size <= _MAX_FILE
                    found[self._workspace.shown(file)] = file.read_bytes() if small else None
        return found

    def _put(self, text: str, data: bytes | None) -> bool:
        path = self._workspace.resolve(text)
        now = path.read_bytes() if path.is_file() else None
        if now == data or (data is None and path.is_dir()):
            return False
        with io_errors("restore", text):
            if data is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(path, data, scratch=self._workspace.scratch())
        return True

    def _unknown(self, task_id: int | str, iteration: int) -> InputError:
        there = ", ".join(str(point.iteration) for point in self.of(task_id)) or "none"
        what = "nothing to take back" if iteration == UNDO else f"no checkpoint {iteration}"
        message = f"there is {what} for task {task_id} (there are: {there})"
        return InputError(message, code="INPUT-CHECKPOINT-UNKNOWN", hint=f"`taskrunner log {task_id}` lists them")


def _walk(folder: Path) -> list[Path]:
    """The ordinary files under a folder, sorted; hidden folders, build output and links are left out."""
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.is_symlink() or entry.name in _NEVER or entry.name.startswith("."):
            continue
        found += _walk(entry) if entry.is_dir() else [entry]
    return found


def _diff(path: str, old: bytes | None, new: bytes | None) -> str:
    if old == new:
        return ""
    try:
        before, after = ((data or b"").decode("utf-8").splitlines(keepends=True) for data in (old, new))
    except UnicodeDecodeError:
        return f"Binary file {path} differs\n"
    names = ("/dev/null" if old is None else f"a/{path}", "/dev/null" if new is None else f"b/{path}")
    lines = difflib.unified_diff(before, after, *names)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
