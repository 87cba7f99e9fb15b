"""Lua patterns as Luerl compiles and matches them, with its gaps (LUERL §2 "Strings"): no `%f`, no `%1`.

A pattern becomes a chain of small functions, one per item, each of which loops inside itself: the depth of Python
calls is the length of the pattern, never of the text. Every loop reports its work to `charge`, so that a pattern
that would keep production busy for hours ends in a limit error here. Knows bytes only, neither tables nor the VM.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from taskrunner.lua.lib.patternreader import CharSet, Item, PatternReader

Capture: TypeAlias = tuple[int, int]  # start (0-based) and length; length -1 is a position capture
Charge: TypeAlias = Callable[[int], object]
Matcher: TypeAlias = Callable[["Run", int], int]  # gives the end of the match or -1

_POSITION: Final = -1
_CHUNK: Final = 4096  # bytes that a loop may pass between two reports to the limits
_PORTION: Final = 256  # steps in one report


class Run:
    """One search: the text, where the searched part begins, the captures so far, and the account of work done."""

    __slots__ = ("base", "captures", "charge", "end", "text", "work")

    def __init__(self, text: bytes, base: int, slots: int, charge: Charge) -> None:
        self.text = text
        self.base = base
        self.end = len(text)
        self.captures: list[Capture | None] = [None] * slots
        self.charge = charge
        self.work = 0  # done and not yet reported

    def spend(self, steps: int) -> None:
        """Counts work, and reports it in portions: a report costs more than a step."""
        self.work += steps
        if self.work >= _PORTION:
            self.settle()

    def settle(self) -> None:
        """Reports what is not yet reported."""
        work, self.work = self.work, 0
        self.charge(work)


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
            run.spend(1)
            found = self.match(run, at)
            if found is not None:
                run.settle()
                return found
        run.settle()
        return None


@lru_cache(maxsize=512)
def compile_pattern(source: bytes) -> Pattern:
    """Reads a pattern; raises Luerl's "malformed pattern" errors as LuaError."""
    items, captures = PatternReader(source).read()
    return Pattern(_chain(items), captures)


def _chain(items: list[Item]) -> Matcher:
    matcher: Matcher = _end
    while items:
        kind, argument, repeat = items.pop()
        if kind == "set" and not repeat:
            row = [argument]
            while items and items[-1][0] == "set" and not items[-1][2]:
                row.append(items.pop()[1])
            matcher = _row(row[::-1], matcher)  # type: ignore[arg-type]
        elif kind == "set":
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


def _row(row: list[CharSet], after: Matcher) -> Matcher:
    """One character after the other, each from its set; a row of single characters is compared at once."""
    size = len(row)
    if all(flags.count(1) == 1 for flags in row):
        literal = bytes(flags.index(1) for flags in row)
        return lambda run, at: after(run, at + size) if run.text.startswith(literal, at) else -1
    if size == 1:
        only = row[0]
        return lambda run, at: after(run, at + 1) if at < run.end and only[run.text[at]] else -1

    def all_of(run: Run, at: int) -> int:
        if at + size > run.end:
            return -1
        run.spend(1 + size // 16)
        for flags, code in zip(row, run.text[at : at + size], strict=True):
            if not flags[code]:
                return -1
        return after(run, at + size)

    return all_of


def _set_item(flags: CharSet, repeat: str, after: Matcher) -> Matcher:
    """One character of a set, repeated."""
    if repeat == "?":

        def optional(run: Run, at: int) -> int:
            run.spend(1)
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
            run.spend(1 + passed // 16)
            if passed < _CHUNK:
                break
        for tried, end_of_run in enumerate(range(stop, at + least - 1, -1)):
            if tried % 16 == 15:
                run.spend(16)
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
                run.spend(16)
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
                run.spend(_CHUNK)
            code = text[here]
            if code == right:  # first, so that equal brackets close at once
                depth -= 1
                if depth == 0:
                    return here + 1
            elif code == left:
                depth += 1
        run.spend(1 + (run.end - at) % _CHUNK)
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
            run.spend(1)
            end = after(run, stop)
            if end >= 0:
                return end
        return -1

    return balanced
