"""Reads the text of a Lua pattern into items, with Luerl's classes and refusals (LUERL §2 "Strings").

Knows bytes only; what the items match is the business of patterns.py.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeAlias

from taskrunner.lua.errors import LuaError

CharSet: TypeAlias = bytes  # 256 flags, one per byte
Item: TypeAlias = tuple[str, object, str]  # kind, argument, repeat: one of "", "*", "+", "-", "?"


def _bytes_where(*ranges: tuple[int, int]) -> frozenset[int]:
    return frozenset(code for low, high in ranges for code in range(low, high + 1))


_LOWER = _bytes_where((97, 122), (224, 246), (248, 255))
_UPPER = _bytes_where((65, 90), (192, 214), (216, 223))
_DIGIT = _bytes_where((48, 57))
_ALL = _bytes_where((0, 255))
_CLASSES: Final[dict[str, frozenset[int]]] = {
    "a": _LOWER | _UPPER,
    "c": _bytes_where((0, 31), (128, 159)),
    "d": _DIGIT,
    "g": _bytes_where((33, 126), (161, 255)),
    "l": _LOWER,
    "p": _bytes_where((33, 47), (58, 63), (91, 96), (126, 126), (161, 191), (215, 215), (247, 247)),
    "s": _bytes_where((9, 13), (32, 32), (160, 160)),
    "u": _UPPER,
    "w": _LOWER | _UPPER | _DIGIT,
    "x": _DIGIT | _bytes_where((97, 102), (65, 70)),
    "z": frozenset({0}),
}


class PatternReader:
    """Turns pattern text into items; raises Luerl's "malformed pattern" errors."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.at = 0
        self.items: list[Item] = []
        self.open: list[int] = []
        self.captures = 0

    def read(self) -> tuple[list[Item], int]:
        source = self.source
        if source.startswith(b"^"):
            self.items.append(("^", None, ""))
            self.at = 1
        while self.at < len(source):
            self._single()
        if self.open:
            raise LuaError("invalid_capture")
        return self.items, self.captures

    def _single(self) -> None:
        letter = self.source[self.at : self.at + 1]
        self.at += 1
        if letter == b"(":
            self._opened()
        elif letter == b")":
            if not self.open:
                raise LuaError("invalid_capture")
            self.items.append((")", self.open.pop(), ""))
        elif letter == b"[":
            self._repeatable("set", self._set())
        elif letter == b".":
            self._repeatable("set", _flags(_ALL))
        elif letter == b"%":
            self._escaped()
        elif letter == b"$" and self.at == len(self.source):
            self.items.append(("$", None, ""))
        else:
            self._repeatable("set", _flags(frozenset(letter)))

    def _opened(self) -> None:
        number = self.captures
        self.captures += 1
        if self.source[self.at : self.at + 1] == b")":
            self.at += 1
            self.items.append(("()", number, ""))
        else:
            self.open.append(number)
            self.items.append(("(", number, ""))

    def _escaped(self) -> None:
        rest = self.source[self.at : self.at + 3]
        if not rest or rest[:1] == b"f":
            raise LuaError("invalid_pattern")
        if rest[:1] == b"b" and len(rest) == 3:
            self.at += 3
            self._repeatable("balance", (rest[1], rest[2]))
            return
        self.at += 1
        self._repeatable("set", _flags(_escape(rest[0])))

    def _repeatable(self, kind: str, argument: object) -> None:
        repeat = self.source[self.at : self.at + 1].decode("latin-1")
        if repeat and repeat in "*+-?":
            self.at += 1
            self.items.append((kind, argument, repeat))
        else:
            self.items.append((kind, argument, ""))

    def _set(self) -> CharSet:
        source = self.source
        negated = source[self.at : self.at + 1] == b"^"
        self.at += negated
        members: set[int] = set()
        if source[self.at : self.at + 1] == b"]":
            members.add(93)
            self.at += 1
        while self.at < len(source):
            code, dash, high = (*source[self.at : self.at + 3], -1, -1)[:3]
            if code == 93:
                self.at += 1
                return _flags(_ALL - members if negated else frozenset(members))
            if code == 37 and dash >= 0:
                members |= _escape(dash)
                self.at += 2
            elif dash == 45 and high not in (-1, 93):
                members.update(range(code, high + 1))
                self.at += 3
            else:
                members.add(code)
                self.at += 1
        raise LuaError("invalid_char_set")


def _escape(code: int) -> frozenset[int]:
    letter = chr(code)
    lower = letter.lower()
    if code < 128 and lower in _CLASSES:
        return _CLASSES[lower] if letter == lower else _ALL - _CLASSES[lower]
    if code in _CLASSES["w"]:
        raise LuaError("invalid_char_class", code)
    return frozenset({code})


@lru_cache(maxsize=256)
def _flags(members: frozenset[int]) -> CharSet:
    return bytes(code in members for code in range(256))
