"""A JSON reader that remembers where everything stands, so that one field can be changed and no other byte.

It keeps a stack of its own, so that no nesting can exhaust Python's, and reads numbers only when asked. It knows
nothing of tasks.

    read('{"a": [1]}')  ->  Node("object", 0, 10, [Member("a", 1, 4, Node("array", 6, 9, [Node("number", 7, 8)]))])
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 200

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z_$][\w$]*|[-+.]?[\w.]+")
_LITERALS = {"true": True, "false": False, "null": None}
_CLOSER = {"object": "}", "array": "]"}


class JsonError(Exception):
    """The text is not JSON: `message` says what was expected and `offset` where; `deep` when it nests too far."""

    def __init__(self, message: str, offset: int, *, deep: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.deep = deep


@dataclass(slots=True)
class Node:
    """One value: `kind` is object, array, string, number or literal; `text[start:end]` is its spelling."""

    kind: str
    start: int
    end: int = 0
    members: list[Member] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    scalar: Any = None

    def get(self, key: str) -> Node | None:
        """The value of the last member of that name, as JSON readers have it."""
        return next((member.value for member in reversed(self.members) if member.key == key), None)

    def plain(self) -> Any:
        """The value as Python data."""
        if self.kind == "object":
            return {member.key: member.value.plain() for member in self.members}
        if self.kind == "array":
            return [item.plain() for item in self.items]
        return number(self.scalar) if self.kind == "number" else self.scalar


@dataclass(slots=True)
class Member:
    """One `"key": value` of an object, with the place of the key's quotes."""

    key: str
    start: int
    end: int
    value: Node


def number(text: str) -> int | float | str:
    """A JSON number as int or float; one with more digits than Python reads stays text."""
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return text


def read(text: str) -> Node:
    """The one value that a text holds, a BOM and white space around it aside. Raises JsonError."""
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 1 if text.startswith("\ufeff") else 0
        self.open: list[Node] = []

    def document(self) -> Node:
        root = self.value()
        while self.open:
            self.step()
        self.space()
        if self.at < len(self.text):
            raise JsonError("expected the end of the file here", self.at)
        return root

    def step(self) -> None:
        """One more member or item of the innermost open value, or its end."""
        holder = self.open[-1]
        if self.peek() == _CLOSER[holder.kind]:
            self.close()
            return
        if holder.members or holder.items:
            if self.peek() != ",":
                raise self.wrong(f'expected "," or "{_CLOSER[holder.kind]}"')
            comma = self.at
            self.at += 1
            if self.peek() == _CLOSER[holder.kind]:
                raise JsonError("a comma before the closing bracket is not JSON", comma)
        if holder.kind == "array":
            holder.items.append(self.value())
        else:
            self.member(holder)

    def member(self, holder: Node) -> None:
        if self.peek() != '"':
            raise self.wrong("expected a name in double quotes")
        start = self.at
        key = self.string()
        end = self.at
        if self.peek() != ":":
            raise self.wrong('expected ":" after the name')
        self.at += 1
        holder.members.append(Member(key, start, end, self.value()))

    def value(self) -> Node:
        char = self.peek()
        start = self.at
        if char in ("{", "["):
            if len(self.open) >= MAX_DEPTH:
                raise JsonError(f"values nest more than {MAX_DEPTH} deep", start, deep=True)
            node = Node("object" if char == "{" else "array", start)
            self.open.append(node)
            self.at += 1
            return node
        if char == '"':
            return Node("string", start, scalar=self.string(), end=self.at)
        match = _WORD.match(self.text, start)
        if match and match[0] in _LITERALS:
            self.at = match.end()
            return Node("literal", start, self.at, scalar=_LITERALS[match[0]])
        found = _NUMBER.match(self.text, start)
        if not found:
            raise self.wrong("expected a value")
        if (tail := _WORD.match(self.text, found.end())) is not None:
            raise JsonError(f'"{found[0]}{tail[0][:20]}" is not a number', start)
        self.at = found.end()
        return Node("number", start, self.at, scalar=found[0])

    def string(self) -> str:
        start = self.at
        match = _STRING.match(self.text, start)
        if match is None:
            raise JsonError(*self.bad_string(start))
        self.at = match.end()
        raw = match[0]
        return _HALF_PAIR.sub("\ufffd", json.loads(raw)) if "\\" in raw else raw[1:-1]

    def bad_string(self, start: int) -> tuple[str, int]:
        good = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*').match(self.text, start)
        end = good.end() if good else start
        if end >= len(self.text):
            return "the file ends inside a text", start
        if self.text[end] == "\\":
            return "this backslash starts no escape that JSON knows", end
        return "a text must not contain a line break or control character", end

    def close(self) -> None:
        self.at += 1
        self.open.pop().end = self.at

    def space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def peek(self) -> str:
        self.space()
        return self.text[self.at : self.at + 1]

    def wrong(self, expected: str) -> JsonError:
        if self.at >= len(self.text):
            return JsonError(f"the file ends too early: {expected}{self.still_open()}", self.at)
        shown = self.text[self.at]
        return JsonError(f"{expected}, found {json.dumps(shown, ensure_ascii=False)}", self.at)

    def still_open(self) -> str:
        if not self.open:
            return ""
        start = self.open[-1].start
        return f'; the "{self.text[start]}" of line {self.text.count(chr(10), 0, start) + 1} is still open'
