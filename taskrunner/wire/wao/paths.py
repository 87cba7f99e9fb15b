"""Which values the client's second encoder moves into parts of the body, and in which order (PROTOCOL §5).

The rules look arbitrary because they are that encoder's: every branch here changes bytes that are signed. Paths are
joined by `/`, list items count from 1, and a numeric step on a map looks one place too low.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cmp_to_key
from typing import Any, Final

from taskrunner.wire.errors import EncodeError
from taskrunner.wire.wao.values import collation_key, entries, is_constant, is_number

_NUMBER = re.compile(r"[0-9]+\Z")


class _Undefined:
    """JavaScript's `undefined`: what a path that leads nowhere yields."""


UNDEFINED: Final = _Undefined()


def part_paths(message: Mapping[str, Any]) -> list[str]:
    """The paths that become parts, in the order in which the encoder finds them."""
    paths = _Paths(message)
    for key, value in entries(message):
        if _is_lifted_text(message, key, value):
            paths.add(key)
        elif _is_list(value):
            if value and not fits_header(value):
                paths.add_root_list(key, value)
        elif _is_map(value):
            paths.add_root_map(key, value)
        elif needs_part(value):
            paths.add(key)
    return [path for path in paths.found if not _lies_in_empty_list(message, path)]


def sort_paths(paths: Sequence[str]) -> list[str]:
    """The order of the parts: ICU order, list items after everything else of their root and by first index."""
    return sorted(paths, key=cmp_to_key(_compare))


def value_at(message: Mapping[str, Any], path: str) -> Any:
    """The value at a path as the encoder finds it, or `UNDEFINED`."""
    value: Any = message
    for step in path.split("/"):
        if value is UNDEFINED or value is None:
            raise EncodeError(f"the client cannot encode a message with the path {path!r}", field=path)
        number = int(step) - 1 if _NUMBER.match(step) else None
        if _is_list(value):
            value = value[number] if number is not None and 0 <= number < len(value) else UNDEFINED
        elif _is_map(value):
            value = value.get(step if number is None else str(number), UNDEFINED)
        else:
            value = UNDEFINED
    return value


def is_empty(value: Any) -> bool:
    """Empty text, bytes, list or map."""
    return isinstance(value, str | bytes | list | tuple | Mapping) and not value


def has_maps(items: Any) -> bool:
    """Whether a list holds a map."""
    return any(_is_map(item) for item in items)


def needs_part(value: Any) -> bool:
    """Whether a scalar cannot be a header for this encoder: bytes, line ends, other characters than ASCII."""
    if isinstance(value, bytes):
        return bool(value)
    return isinstance(value, str) and ("\n" in value or not value.isascii())


def fits_header(items: Sequence[Any]) -> bool:
    """Whether a list may stay in a header."""
    return not any(
        _is_map(item)
        or _is_list(item)
        or (isinstance(item, bytes) and item)
        or (isinstance(item, str) and not item.isascii())
        for item in items
    )


class _Paths:
    """Collects paths once each, in order."""

    def __init__(self, message: Mapping[str, Any]) -> None:
        self.message = message
        self.found: dict[str, None] = {}

    def add(self, path: str) -> None:
        self.found.setdefault(path)

    def add_root_list(self, key: str, items: Sequence[Any]) -> None:
        maps = [item for item in items if _is_map(item)]
        nested = [(i, j) for i, item in enumerate(items, 1) if _is_list(item) for j in _map_places(item)]
        hollow = any(item and all(_is_hollow(value) for value in item.values()) for item in maps)
        if nested:
            for i, j in nested:
                self.add(f"{key}/{i}/{j}")
            self.add(key)
        elif maps and not hollow and any(item == "" or (_is_map(item) and not item) for item in items):
            for place, item in enumerate(items, 1):
                if _is_map(item) and item:
                    self._add_item(f"{key}/{place}", item)
            self.add(key)
        elif maps:
            self._add_items(key, items, hollow)
        elif all(is_empty(item) and not isinstance(item, bytes) for item in items) or not all(map(is_empty, items)):
            self.add(key)

    def add_root_map(self, key: str, nested: Mapping[str, Any]) -> None:
        for name, value in entries(nested):
            if _is_list_of_empties(value):
                self.add(f"{key}/{name}")
        self._traverse(nested, key)

    def _add_items(self, key: str, items: Sequence[Any], hollow: bool) -> None:
        all_empty = all(is_empty(item) for item in items)
        for place, item in enumerate(items, 1):
            if _is_map(item):
                if item or not all_empty:
                    self._add_item(f"{key}/{place}", item)
            elif item == "":
                self.add(f"{key}/{place}")
        scalars = any(not _is_map(item) and not _is_list(item) for item in items)
        if (not hollow or scalars) and not all_empty:
            self.add(key)

    def _add_item(self, path: str, item: Mapping[str, Any]) -> None:
        self.add(path)
        for name, value in entries(item):
            if _is_map(value) and value:
                self.add(f"{path}/{name}")

    def _traverse(self, nested: Mapping[str, Any], path: str) -> None:
        below: list[str] = []
        own = [self._visit(value, f"{path}/{name}", below) for name, value in entries(nested)]
        if any(own):
            self.add(path)
        for name, value in entries(nested):
            if _is_list_of_empties(value):
                self.add(f"{path}/{name}")
        for inner in below:
            value = value_at(self.message, inner)
            if _is_map(value):
                self._traverse(value, inner)

    def _visit(self, value: Any, path: str, below: list[str]) -> bool:
        """Add what a field of a map needs; whether the map itself needs a part because of it."""
        if _is_list(value):
            if has_maps(value):
                self._visit_items(value, path, below)
            return True
        if _is_map(value):
            return self._visit_map(value, path, below)
        return bool(value) if isinstance(value, bytes) else isinstance(value, str) or _is_simple(value)

    def _visit_items(self, items: Sequence[Any], path: str, below: list[str]) -> None:
        maps = [item for item in items if _is_map(item)]
        only_full = any(maps) and any(item == "" or (_is_map(item) and not item) for item in items)
        for place, item in enumerate(items, 1):
            if _is_map(item) and (item or not only_full):
                self.add(f"{path}/{place}")
                if item:
                    below.append(f"{path}/{place}")
        if any(not _is_map(item) and not _is_list(item) for item in items):
            self.add(path)

    def _visit_map(self, value: Mapping[str, Any], path: str, below: list[str]) -> bool:
        if not value:
            return True
        if all(_is_hollow(item) for item in value.values()):
            self.add(path)
            return False
        if any(_is_list_of_empties(item) for item in value.values()):
            self.add(path)
        below.append(path)
        return False


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_simple(value: Any) -> bool:
    return is_constant(value) or is_number(value)


def _is_hollow(value: Any) -> bool:
    return is_empty(value) and not isinstance(value, bytes)


def _is_list_of_empties(value: Any) -> bool:
    return _is_list(value) and bool(value) and all(is_empty(item) for item in value)


def _map_places(items: Sequence[Any]) -> list[int]:
    return [place for place, item in enumerate(items, 1) if _is_map(item)]


def _is_lifted_text(message: Mapping[str, Any], key: str, value: Any) -> bool:
    """A scalar `data` or `body` beside other fields becomes a part, unless the other of the two is a full map."""
    if key not in ("data", "body") or len(message) < 2 or not (isinstance(value, str) or _is_simple(value)):
        return False
    other = message.get("body" if key == "data" else "data")
    return not (_is_map(other) and other)


def _lies_in_empty_list(message: Mapping[str, Any], path: str) -> bool:
    parent, mark, last = path.rpartition("/")
    return bool(mark and _NUMBER.match(last)) and _is_list_of_empties(value_at(message, parent))


def _compare(one: str, other: str) -> int:
    steps, others = one.split("/"), other.split("/")
    if steps[0] == others[0]:
        indexed, other_indexed = (len(path) > 1 and bool(_NUMBER.match(path[-1])) for path in (steps, others))
        if indexed != other_indexed:
            return 1 if indexed else -1
        if indexed:
            return _first_index(steps) - _first_index(others)
    key, other_key = collation_key(one), collation_key(other)
    return (key > other_key) - (key < other_key)


def _first_index(steps: list[str]) -> int:
    digits = re.match(r"[0-9]+", steps[1])
    return int(digits[0]) if digits else 0
