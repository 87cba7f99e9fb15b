"""What a tasks.json says: its text checked field by field, each fault with line and column; nothing is ever repaired.

Reads text, gives `core.plan.Task`s and the place of every task in the text. It touches no disk and does not know what a
module is.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from taskrunner.core.plan import Task
from taskrunner.errors import InputError
from taskrunner.project.files import place
from taskrunner.project.jsontext import JsonError, Node, read

OURS = ("id", "name", "type", "status", "files", "module", "details", "done_when", "escalation")
_TEXTS = ("name", "type", "status", "module", "details", "done_when")
_GIVE_ID = 'give each task a number of its own: "id": 1'
_NEEDS_TASKS = 'it needs {"tasks": [...]}; `taskrunner init` shows a whole one'


@dataclass(frozen=True, slots=True)
class TaskFile:
    """A read tasks.json: the text, where its list of tasks stands, and the tasks in file order with their places."""

    text: str
    file: str
    array: Node
    nodes: tuple[Node, ...]
    tasks: tuple[Task, ...]

    def index(self, task_id: int | str) -> int:
        """The position of a task. Raises InputError INPUT-TASK-UNKNOWN with the nearest ids."""
        for position, task in enumerate(self.tasks):
            if str(task.id) == str(task_id):
                return position
        raise self.unknown(task_id)

    def unknown(self, task_id: int | str) -> InputError:
        """The error for an id that no task has."""
        if not self.tasks:
            hint = "add one with `taskrunner new NAME --lua`"
            return InputError(f"{self.file} holds no tasks yet", code="INPUT-TASK-UNKNOWN", file=self.file, hint=hint)
        near = nearest(str(task_id), [str(task.id) for task in self.tasks])
        names = {str(task.id): task.name for task in self.tasks}
        shown = ", ".join(f"{found} ({names[found]})" if names[found] else found for found in near)
        return InputError(
            f"there is no task {str(task_id)!r} in {self.file}; the nearest: {shown}",
            code="INPUT-TASK-UNKNOWN",
            file=self.file,
            hint="`taskrunner list` shows every task",
        )

    def fault(self, task: Task, field: str, message: str, *, code: str, hint: str = "", item: int = 0) -> InputError:
        """An error at the place of a task's field (or, without that field, of the task); `item` counts in a list."""
        node = self.nodes[self.index(task.id)]
        spot = node.get(field) or node
        if spot.kind == "array" and spot.items:
            spot = spot.items[item]
        line, column = place(self.text, spot.start)
        return InputError(message, code=code, file=self.file, line=line, column=column, hint=hint)


def nearest(wanted: str, known: list[str], count: int = 3) -> list[str]:
    """The entries of `known` that are most like `wanted`: numbers by distance, else by spelling; never empty."""
    close = difflib.get_close_matches(wanted, known, count, 0.5)
    if wanted.isdecimal() and len(wanted) < 19:
        numbers = [entry for entry in known if entry.isdecimal() and len(entry) < 19]
        close = sorted(numbers, key=lambda entry: abs(int(entry) - int(wanted)))[:count] or close
    return close or known[:count]


def read_tasks(text: str, file: str = "tasks.json") -> TaskFile:
    """The tasks of a file's text. Raises InputError INPUT-TASKS-EMPTY, -JSON, -DEEP, -SHAPE, -FIELD or -DUPLICATE."""
    return _Checker(text, file).check()


class _Checker:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file

    def check(self) -> TaskFile:
        root = self.document()
        if root.kind != "object":
            raise self.wrong(root.start, "SHAPE", f"{self.file} holds {_a(root)}, not an object", _NEEDS_TASKS)
        array = root.get("tasks")
        if array is None:
            raise self.wrong(root.start, "SHAPE", f'{self.file} has no "tasks"', _NEEDS_TASKS)
        if array.kind != "array":
            raise self.wrong(array.start, "SHAPE", f'"tasks" is {_a(array)}, not a list', _NEEDS_TASKS)
        tasks = tuple(self.task(node) for node in array.items)
        self.unique(tasks, array.items)
        return TaskFile(self.text, self.file, array, tuple(array.items), tasks)

    def document(self) -> Node:
        if not self.text.strip("\ufeff \t\r\n"):
            raise self.wrong(0, "EMPTY", f"{self.file} is empty", _NEEDS_TASKS)
        try:
            return read(self.text)
        except JsonError as error:
            code = "DEEP" if error.deep else "JSON"
            hint = "the file was left as it is; correct it by hand, or take it back from git"
            message = f"{self.file} is not JSON: {error.message}" if not error.deep else f"{self.file}: {error.message}"
            raise self.wrong(error.offset, code, message, hint) from None

    def task(self, node: Node) -> Task:
        if node.kind != "object":
            raise self.wrong(node.start, "SHAPE", f"a task is an object, this is {_a(node)}", _NEEDS_TASKS)
        seen: set[str] = set()
        for member in node.members:
            if member.key in seen and member.key in OURS:
                raise self.wrong(member.start, "FIELD", f'"{member.key}" stands twice in one task', "keep one of them")
            seen.add(member.key)
        values = {key: self.field(node, key) for key in OURS}
        extra = {member.key: member.value.plain() for member in node.members if member.key not in OURS}
        return Task(**values, extra=extra)

    def field(self, node: Node, key: str) -> Any:
        value = node.get(key)
        if key == "id":
            return self.identity(node, value)
        if key == "files":
            return self.files(value)
        if value is None or (value.kind == "literal" and value.scalar is None):
            return {"status": "pending", "module": None, "escalation": None}.get(key, "")
        if key == "escalation":
            return value.plain() if value.kind == "object" else None
        if value.kind != "string":
            raise self.wrong(value.start, "FIELD", f'"{key}" must be text, this is {_a(value)}', "put it in quotes")
        return value.scalar

    def identity(self, node: Node, value: Node | None) -> int | str:
        if value is None:
            raise self.wrong(node.start, "FIELD", 'this task has no "id"', _GIVE_ID)
        found = value.plain()
        whole = value.kind == "number" and isinstance(found, int)
        if not whole and not (value.kind == "string" and found.strip()):
            message = f'"id" must be a whole number or text, this is {_a(value)}'
            raise self.wrong(value.start, "FIELD", message, _GIVE_ID)
        return found  # type: ignore[no-any-return]

    def files(self, value: Node | None) -> tuple[str, ...]:
        if value is None or (value.kind == "literal" and value.scalar is None):
            return ()
        hint = 'for example "files": ["custom_lua/counter.lua"]'
        if value.kind != "array":
            raise self.wrong(value.start, "FIELD", f'"files" must be a list of paths, this is {_a(value)}', hint)
        for item in value.items:
            if item.kind != "string" or not item.scalar.strip():
                raise self.wrong(item.start, "FIELD", f'"files" holds {_a(item)} where a path belongs', hint)
        return tuple(item.scalar for item in value.items)

    def unique(self, tasks: tuple[Task, ...], nodes: list[Node]) -> None:
        """`1` and `"1"` are one id: nobody could tell them apart on a command line."""
        first: dict[str, Node] = {}
        for task, node in zip(tasks, nodes, strict=True):
            spot = node.get("id") or node
            if (other := first.setdefault(str(task.id), spot)) is not spot:
                line, _ = place(self.text, other.start)
                message = f"two tasks have the id {task.id}; the first stands in line {line}"
                raise self.wrong(spot.start, "DUPLICATE", message, "give each task an id of its own")

    def wrong(self, offset: int, code: str, message: str, hint: str) -> InputError:
        line, column = place(self.text, offset)
        return InputError(message, code=f"INPUT-TASKS-{code}", file=self.file, line=line, column=column, hint=hint)


def _a(node: Node) -> str:
    if node.kind == "literal":
        return "null" if node.scalar is None else str(node.scalar).lower()
    empty = node.kind == "string" and not node.scalar.strip()
    return {"object": "an object", "array": "a list", "number": "a number"}.get(
        node.kind, "an empty text" if empty else "a text"
    )
