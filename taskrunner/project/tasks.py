"""The store of tasks.json: one lock, a fresh read inside it, our fields of one task changed in place, an atomic rename.

Others may write the file too, so nothing is kept between calls. Only the runner calls `update`, from evidence; this
module does not judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.plan import Task
from taskrunner.errors import InputError
from taskrunner.project import jsonedit
from taskrunner.project.faults import point
from taskrunner.project.files import read_text, write_atomic
from taskrunner.project.locks import exclusive
from taskrunner.project.taskfile import TaskFile, read_tasks

if TYPE_CHECKING:
    from taskrunner.project.workspace import Workspace

FILE = "tasks.json"
WRITABLE = frozenset({"status", "started_at", "completed_at", "escalation"})


class TaskStore:
    """Reads and updates one workspace's tasks.json."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def read(self) -> TaskFile:
        """The file as it is now. Raises InputError with line and column, or EnvironmentFault."""
        hint = "make one with `taskrunner init`"
        return read_tasks(read_text(self._path(), FILE, code="INPUT-TASKS", missing_hint=hint), FILE)

    def all(self) -> list[Task]:
        """Every task, in file order."""
        return list(self.read().tasks)

    def get(self, task_id: int | str) -> Task:
        """One task, `"1"` and `1` alike. Raises InputError INPUT-TASK-UNKNOWN that names the nearest ids."""
        found = self.read()
        return found.tasks[found.index(task_id)]

    def update(self, task_id: int | str, **fields: Any) -> Task:
        """Sets `status`, `started_at`, `completed_at` or `escalation` of one task; None removes the field.

        Everything else in the file stays byte for byte; a file that says so already is not written. Gives the task
        as it is now. Raises InputError, BusyError (locked for over 5 s) and EnvironmentFault; the file is then as it
        was.
        """
        if unknown := set(fields) - WRITABLE:
            raise TypeError(f"not a field of the runner: {', '.join(sorted(unknown))}")
        with self._locked():
            found = self.read()
            node = found.nodes[found.index(task_id)]
            after = self._write(found, jsonedit.set_members(found.text, node, fields))
        return after.tasks[after.index(task_id)]

    def add(self, task: Mapping[str, Any]) -> Task:
        """Appends a task; without an `id` it gets the next free number. Raises as `update` does."""
        with self._locked():
            found = self.read()
            numbers = [known.id for known in found.tasks if isinstance(known.id, int)]
            whole = {"id": max(numbers, default=0) + 1, **task}
            after = self._write(found, jsonedit.append_item(found.text, found.array, whole))
        return after.tasks[after.index(whole["id"])]

    def put_back(self, kept: bytes, task_id: int | str) -> bool:
        """Undoes whatever somebody did to the file since its bytes were `kept`; whether there was anything to undo.

        Only while other tasks are held by other runners are the runner's fields of those tasks left as they are now.
        """
        with self._locked():
            path = self._path()
            now = path.read_bytes() if path.is_file() else b""
            if now == kept:
                return False
            wanted = self._merged(kept, now, str(task_id))
            if wanted != now:
                write_atomic(path, wanted, scratch=self._workspace.scratch())
        return wanted != now

    def _merged(self, kept: bytes, now: bytes, task_id: str) -> bytes:
        """The kept file with what other runners wrote since; the kept file itself if nobody else works or can tell."""
        from taskrunner.project.claims import holders

        others = {holder.task_id for holder in holders(self._workspace)} - {task_id}
        try:
            text, current = kept.decode("utf-8"), {str(t.id): t for t in read_tasks(now.decode("utf-8")).tasks}
        except (InputError, UnicodeDecodeError):
            return kept
        for other in sorted(others & current.keys()):
            found = read_tasks(text)
            index = next((i for i, task in enumerate(found.tasks) if str(task.id) == other), None)
            if index is not None:
                text = jsonedit.set_members(text, found.nodes[index], _ours(current[other]))
        return text.encode("utf-8")

    def _write(self, found: TaskFile, text: str) -> TaskFile:
        if text == found.text:
            return found
        after = read_tasks(text, FILE)
        write_atomic(self._path(), text.encode("utf-8"), scratch=self._workspace.scratch())
        point("tasks.json is new")
        return after

    def wait(self) -> None:
        """Returns once nobody writes the file; raises BusyError. For those who must change another file first."""
        with self._locked():
            return

    def _locked(self) -> AbstractContextManager[None]:
        return exclusive(self._workspace.state_dir / "tasks.lock", FILE)

    def _path(self) -> Path:
        """The real file: a link to a file inside the workspace is followed, one that leaves is refused."""
        path = self._workspace.root / FILE
        return self._workspace.resolve(FILE).resolve() if path.is_symlink() else path


def _ours(task: Task) -> dict[str, Any]:
    """The runner's fields of a task; None where it has none."""
    times = {key: task.extra.get(key) for key in ("started_at", "completed_at")}
    return {"status": task.status, "escalation": task.escalation, **times}
