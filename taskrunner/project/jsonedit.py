"""Smallest textual changes of a JSON document: set, add or remove a member, append to a list, keep every other byte.

A new member copies the spacing of the one before it, so that a file written by a person, by `JSON.stringify` or by
`json.dump` keeps its look. This module reads no files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskrunner.project.jsontext import Node, read


@dataclass(frozen=True, slots=True)
class Edit:
    """`text[start:end]` becomes `new`."""

    start: int
    end: int
    new: str


def apply(text: str, edits: list[Edit]) -> str:
    """The text after edits that do not overlap; inserts at one place keep their order."""
    parts = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        parts += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join([*parts, text[at:]])


def set_members(text: str, node: Node, values: Mapping[str, Any]) -> str:
    """The text with these members of the object `node` set; a value of None removes the member.

    A member that already has the value keeps its spelling.
    """
    edits = []
    fresh = []
    for key, value in values.items():
        old = node.get(key)
        if value is not None and old is None:
            fresh.append((key, value))
        elif value is not None and old is not None and not _is(old, value):
            edits.append(Edit(old.start, old.end, dumps(value)))
    text = apply(text, edits + _insert(text, node, fresh))
    for key in (key for key, value in values.items() if value is None):
        text = apply(text, _remove(_find(read(text), node.start), key))
    return text


def _is(node: Node, value: Any) -> bool:
    """Whether a node says this value already; true is not 1."""
    return type(node.plain()) is type(value) and bool(node.plain() == value)


def _find(root: Node, start: int) -> Node:
    """The node that begins at `start`, which edits inside it do not move."""
    todo = [root]
    while todo:
        node = todo.pop()
        if node.start == start:
            return node
        todo += node.items + [member.value for member in node.members]
    raise LookupError(f"no value starts at {start}")


def _insert(text: str, node: Node, fresh: list[tuple[str, Any]]) -> list[Edit]:
    """New members after the last one."""
    if not fresh:
        return []
    if not node.members:
        inside = ", ".join(f"{json.dumps(key)}: {dumps(value)}" for key, value in fresh)
        return [Edit(node.start + 1, node.end - 1, inside)]
    last = node.members[-1]
    gap, colon = _gap(text, node), text[last.end : last.value.start]
    added = "".join(f",{gap}{json.dumps(key)}{colon}{dumps(value)}" for key, value in fresh)
    return [Edit(last.value.end, last.value.end, added)]


def _gap(text: str, node: Node) -> str:
    """The white space before the last member's name: after its comma, or after the opening bracket."""
    last = node.members[-1]
    before = text[: last.start]
    gap = before[len(before.rstrip(" \t\r\n")) :]
    if len(node.members) > 1 or "\n" in gap:
        return gap
    return " " if " " in text[last.end : last.value.start] else ""


def _remove(node: Node, key: str) -> list[Edit]:
    index = next((i for i, member in enumerate(node.members) if member.key == key), None)
    if index is None:
        return []
    member = node.members[index]
    if index > 0:
        return [Edit(node.members[index - 1].value.end, member.value.end, "")]
    if len(node.members) > 1:
        return [Edit(member.start, node.members[1].start, "")]
    return [Edit(node.start + 1, node.end - 1, "")]


def append_item(text: str, array: Node, value: Mapping[str, Any]) -> str:
    """The text with one more object at the end of a list of objects, in the look of the list's last one."""
    if not array.items:
        line = text[: array.start].rsplit("\n", 1)[-1]
        indent = line[: len(line) - len(line.lstrip())]
        return apply(text, [Edit(array.start + 1, array.end - 1, f"\n{indent}  {dumps(value)}\n{indent}")])
    last = array.items[-1]
    before = text[: last.start]
    gap = before[len(before.rstrip(" \t\r\n")) :]
    if len(array.items) == 1 and "\n" not in gap:
        gap = " "
    return apply(text, [Edit(last.end, last.end, f",{gap}{_object_like(text, last, value)}")])


def _object_like(text: str, model: Node, value: Mapping[str, Any]) -> str:
    """An object written as `model` is: one member a line if that is what the model does, else on one line."""
    if model.kind != "object" or not model.members:
        return dumps(value)
    newline = "\r\n" if "\r\n" in text else "\n"
    first = model.members[0]
    lead = text[model.start + 1 : first.start]
    if "\n" not in lead:
        return dumps(value)
    tail = text[model.members[-1].value.end : model.end - 1]
    indent = lead.rsplit("\n", 1)[-1]
    colon = text[first.end : first.value.start]
    rows = [f"{indent}{json.dumps(key)}{colon}{dumps(item)}" for key, item in value.items()]
    return "{" + newline + f",{newline}".join(rows) + tail + "}"


def dumps(value: Any) -> str:
    """JSON on one line, with text as people wrote it."""
    return json.dumps(value, ensure_ascii=False)
