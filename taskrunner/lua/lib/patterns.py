"""Lua patterns as Luerl compiles and matches them, with its gaps (LUERL §2 "Strings"): no `%f`, no `%1`.

A pattern becomes a chain of small functions, one per item, each of which loops inside itself: the depth of Python
calls is the length of the pattern, never of the text. Every loop reports its work to `charge`, so that a pattern
that would keep production busy for hours ends in a limit error here. Knows bytes only, neither tables nor the VM.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from taskrunner.lua.errors import LuaError

Capture: TypeAlias = tuple[int, int]  # start (0-based) and length; length -1 is a position capture
Charge: TypeAlias = Callable[[int], object]
CharSet: TypeAlias = bytes  # 256 flags, one per byte
Matcher: TypeAlias = Callable[["Run", int], int]  # gives the end of the match or -1

_POSITION: Final = -1
_CHUNK: Final = 4096  # bytes that a loop may pass between two reports to the limits


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


class Run:
    """One search: the text, where the searched part begins, the captures so far, and the account of work done."""

    __slots__ = ("base", "captures", "charge", "end", "text")

    def __init__(self, text: bytes, base: int, slots: int, charge: Charge) -> None:
        self.text = text
        self.base = base
        self.end = len(text)
        self.captures: list[Capture | None] = [None] * slots
        self.charge = charge


class Pattern:
    """A compiled pattern; `captures` counts the parentheses."""

    __slots__ = ("captures", "matcher")

    def __init__(self, matcher: Matcher, captures: int) -> None:
        self.matcher = matcher
        self.captures = captures

    def match(self, run: Run, at: int) -> list[Capture] | None:
        """Matches at `at` only: the whole match first, then the captures in order; None if there is no match."""
        end = self.matcher(run, at)
        if end < 0:
            return None
        return [(at, end - at), *(capture for capture in run.captures if capture is not None)]

    def run(self, text: bytes, base: int, charge: Charge) -> Run:
        """The state for searching `text[base:]`; `^` matches at `base` only."""
        return Run(text, base, self.captures, charge)

    def search(self, text: bytes, base: int, charge: Charge) -> list[Capture] | None:
        """The first match in `text[base:]`, also the empty one at its end."""
        run = self.run(text, base, charge)
        for at in range(base, run.end + 1):
            charge(1)
            found = self.match(run, at)
            if found is not None:
                return found
        return None


@lru_cache(maxsize=512)
def compile_pattern(source: bytes) -> Pattern:
    """Reads a pattern; raises Luerl's "malformed pattern" errors as LuaError."""
    items, captures = _Reader(source).read()
    return Pattern(_chain(items), captures)


class _Reader:
    """Turns pattern text into items: (kind, argument, repeat) with repeat one of "", "*", "+", "-", "?"."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.at = 0
        self.items: list[tuple[str, object, str]] = []
        self.open: list[int] = []
        self.captures = 0

    def read(self) -> tuple[list[tuple[str, object, str]], int]:
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


def _flags(members: frozenset[int] | set[int]) -> CharSet:
    return bytes(code in members for code in range(256))


def _chain(items: list[tuple[str, object, str]]) -> Matcher:
    matcher: Matcher = _end
    for kind, argument, repeat in reversed(items):
        if kind == "set":
            matcher = _set_item(argument, repeat, matcher)  # type: ignore[arg-type]
        elif kind == "balance":
            matcher = _balance_item(argument, repeat, matcher)  # type: ignore[arg-type]
        else:
            matcher = _mark(kind, argument, matcher)
    return matcher


def _end(_run: Run, at: int) -> int:
    return at


def _mark(kind: str, argument: object, after: Matcher) -> Matcher:
    """Anchors and parentheses; a parenthesis restores what it found when the rest does not match."""
    if kind == "^":
        return lambda run, at: after(run, at) if at == run.base else -1
    if kind == "$":
        return lambda run, at: after(run, at) if at == run.end else -1
    number = argument
    assert isinstance(number, int)

    def capture(run: Run, at: int) -> int:
        before = run.captures[number]
        if kind == ")":
            assert before is not None
            run.captures[number] = (before[0], at - before[0])
        else:
            run.captures[number] = (at, _POSITION)
        end = after(run, at)
        if end < 0:
            run.captures[number] = before
        return end

    return capture


def _set_item(flags: CharSet, repeat: str, after: Matcher) -> Matcher:
    """One character of a set, once or repeated."""
    if repeat == "":

        def once(run: Run, at: int) -> int:
            return after(run, at + 1) if at < run.end and flags[run.text[at]] else -1

        return once
    if repeat == "?":

        def optional(run: Run, at: int) -> int:
            if at < run.end and flags[run.text[at]]:
                end = after(run, at + 1)
                if end >= 0:
                    return end
            return after(run, at)

        return optional
    if repeat == "-":
        return _shortest(lambda run, at: at + 1 if at < run.end and flags[run.text[at]] else -1, after)
    return _longest_set(flags, 1 if repeat == "+" else 0, after)


def _longest_set(flags: CharSet, least: int, after: Matcher) -> Matcher:
    skip = bytes(code for code in range(256) if flags[code])

    def longest(run: Run, at: int) -> int:
        text, stop = run.text, at
        while True:  # lstrip counts the run of members at C speed, one bounded piece at a time
            piece = text[stop : stop + _CHUNK]
            passed = len(piece) - len(piece.lstrip(skip))
            stop += passed
            run.charge(1 + passed // 16)
            if passed < _CHUNK:
                break
        for tried, end_of_run in enumerate(range(stop, at + least - 1, -1)):
            if tried % 16 == 15:
                run.charge(16)
            end = after(run, end_of_run)
            if end >= 0:
                return end
        return -1

    return longest


def _shortest(step: Matcher, after: Matcher) -> Matcher:
    def shortest(run: Run, at: int) -> int:
        tried = 0
        while at >= 0:
            end = after(run, at)
            if end >= 0:
                return end
            at = step(run, at)
            tried += 1
            if tried % 16 == 0:
                run.charge(16)
        return -1

    return shortest


def _balance_item(pair: tuple[int, int], repeat: str, after: Matcher) -> Matcher:
    left, right = pair

    def step(run: Run, at: int) -> int:
        text, depth = run.text, 1
        if at >= run.end or text[at] != left:
            return -1
        for here in range(at + 1, run.end):
            if (here - at) % _CHUNK == 0:
                run.charge(_CHUNK)
            code = text[here]
            if code == right:  # first, so that equal brackets close at once
                depth -= 1
                if depth == 0:
                    return here + 1
            elif code == left:
                depth += 1
        run.charge(1 + (run.end - at) // 8)
        return -1

    if repeat == "-":
        return _shortest(step, after)

    def balanced(run: Run, at: int) -> int:
        stops = [at]
        most = 1 if repeat in ("", "?") else run.end
        while len(stops) <= most and (stop := step(run, stops[-1])) >= 0:
            stops.append(stop)
        least = 1 if repeat in ("", "+") else 0
        for stop in reversed(stops[least:]):
            run.charge(1)
            end = after(run, stop)
            if end >= 0:
                return end
        return -1

    return balanced
