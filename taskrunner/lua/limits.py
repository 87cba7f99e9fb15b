"""Limits of a run and the meter that enforces them: steps, wall time, memory, string size, depth (DESIGN, Containment).

Compiled code counts a step by taking the next item of `Meter.ticks`, which costs a few nanoseconds; every slice of
steps the meter looks at the clock and at the memory. It knows nothing of Lua. Only the step count is deterministic.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from taskrunner.lua.errors import LimitError

_SLICE: Final = 16384  # steps between two looks at the clock
_ITEMS: Final[list[None]] = [None] * _SLICE
_BYTES_BETWEEN_LOOKS: Final = 16 << 20
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call from outside may use. Steps are loop iterations, calls and what the library charges."""

    steps: int = 200_000_000
    seconds: float = 60.0  # wall time
    memory: int = 1 << 30  # bytes that the process may grow by
    string: int = 64 << 20  # bytes of one string
    depth: int = 300_000  # nested calls, counted in Python frames: a pcall takes four
    values: int = 1_000_000  # values in one argument or result list


class _Poison:
    """An item source that raises the meter's error, and is empty once that is cleared."""

    def __init__(self) -> None:
        self.error: LimitError | None = None

    def __iter__(self) -> _Poison:
        return self

    def __next__(self) -> None:
        if self.error is not None:
            raise self.error
        raise StopIteration


class Meter:
    """Counts the steps of one VM. `begin` resets it, as each call from outside does.

    `ticks` stays the same iterator for the life of the meter, so that compiled code can hold it.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._poison = _Poison()
        self._baseline = 0  # memory when the call began: what the rest of the process took before does not count
        self._done = 0  # steps before the current slice
        self._size = 0  # steps of the current slice
        self._slice: Any = iter(_ITEMS)
        self._bytes = 0
        self._deadline = 0.0
        self.ticks: Iterator[None] = itertools.chain.from_iterable(self)
        self.begin()

    def begin(self) -> None:
        """Full limits from here on."""
        self._poison.error = None
        self._slice.__setstate__(_SLICE)  # whatever is left of the running slice is forfeited
        self._done = self._size = 0
        self._slice = iter(())
        self._deadline = self._clock() + self.limits.seconds
        self._baseline = resident_bytes()

    def __iter__(self) -> Meter:
        return self

    def __next__(self) -> Iterator[None]:
        self._done += self._size
        self._size = 0
        if self._done:
            self._look()
        left = self.limits.steps - self._done
        if left <= 0 and self._poison.error is None:
            self._poison.error = LimitError("steps", f"more than {self.limits.steps} steps")
        if self._poison.error is not None:
            self._slice = iter(())
            return self._poison
        self._size = min(left, _SLICE)
        self._slice = iter(_ITEMS)
        self._slice.__setstate__(_SLICE - self._size)
        slice_: Iterator[None] = self._slice
        return slice_

    @property
    def used(self) -> int:
        """Steps since `begin`."""
        return self._done + self._size - int(self._slice.__length_hint__())

    def charge(self, steps: int) -> None:
        """Counts work done inside the library."""
        left = int(self._slice.__length_hint__())
        if steps < left:
            self._slice.__setstate__(_SLICE - left + steps)
            return
        self._slice.__setstate__(_SLICE)
        self._done += steps - left
        next(self.ticks)
        self._done -= 1  # the look itself is no step

    def string(self, size: int) -> None:
        """To be asked before a string of `size` bytes is made."""
        if size > self.limits.string:
            raise LimitError("string", f"a string of {size} bytes, the limit is {self.limits.string}")
        self._bytes += size
        if self._bytes > _BYTES_BETWEEN_LOOKS:
            self._bytes = 0
            self._look()
            if self._poison.error is not None:
                raise self._poison.error

    def count(self, values: int) -> None:
        """To be asked before a list of so many values is made."""
        if values > self.limits.values:
            raise LimitError("memory", f"{values} values at once, the limit is {self.limits.values}")

    def _look(self) -> None:
        if self._poison.error is not None:
            return
        if self._clock() > self._deadline:
            self._poison.error = LimitError("time", f"more than {self.limits.seconds:g} s")
        elif resident_bytes() - self._baseline > self.limits.memory:
            self._poison.error = LimitError("memory", f"more than {self.limits.memory} bytes of memory")


def resident_bytes() -> int:
    """Resident memory of this process; 0 where /proc does not tell (there the string limit still holds)."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as statm:
            return int(statm.read(100).split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0
