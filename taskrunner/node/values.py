"""Small questions about rich messages: text of a value, the field in any spelling, lists as the maps they also are.

Inside the node a message is `dict[str, Value]` as `wire` decodes it; binaries are bytes. `priv` holds live objects of
devices and never leaves the node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from taskrunner.wire import Atom

Message = dict[str, Any]
PRIVATE = "priv"


def text(value: Any, default: str = "") -> str:
    """A binary or atom as text; `default` for anything else."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        return value
    if isinstance(value, Atom):
        return value.name
    return default


def literal(value: Any) -> bytes:
    """A scalar as the text that an answer shows: `1`, `2.5`, the bytes themselves, an atom in double quotes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, bool) or value is None:
        return f'"{_NAMES[value]}"'.encode()
    if isinstance(value, Atom):
        return f'"{value.name}"'.encode()
    if isinstance(value, float):
        return b"%.20e" % value
    return str(value).encode()


_NAMES = {True: "true", False: "false", None: "null"}


def as_map(value: Any) -> Any:
    """A list as the map with keys `1..n` that it is too (PROTOCOL §1); anything else as it is."""
    return {str(index): item for index, item in enumerate(value, 1)} if isinstance(value, list) else value


def lookup(message: Mapping[Any, Any], key: str) -> Any:
    """The value under a key, exactly or in lower case; `MISSING` if there is none."""
    if key in message:
        return message[key]
    lower = key.lower()
    if lower in message:
        return message[lower]
    if key.isdigit() and int(key) in message:
        return message[int(key)]
    return lookup(message.whole(), key) if isinstance(message, LazyState) else MISSING


class _Missing:
    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()


def public(message: Mapping[str, Any]) -> Message:
    """The message without what only the node may see."""
    every = message.whole() if isinstance(message, LazyState) else message
    return {key: value for key, value in every.items() if not (isinstance(key, str) and key.startswith(PRIVATE))}


class Definition(dict[str, Any]):
    """The definition of a process that this node knows, with its id, so that nobody has to work the id out again."""

    def __init__(self, fields: Message, process: str) -> None:
        super().__init__(fields)
        self.process = process


class LazyState(dict[str, Any]):
    """The state of an old slot: `results` come from the store, anything else is replayed when it is asked for."""

    def __init__(self, replay: Callable[[], Message], known: Message) -> None:
        super().__init__(known)
        self._replay = replay
        self._whole: Message | None = None

    def whole(self) -> Message:
        """Every key of the state."""
        if self._whole is None:
            self._whole = {**self._replay(), **self}
        return self._whole
