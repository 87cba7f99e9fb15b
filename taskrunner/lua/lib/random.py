"""Erlang's exs1024 generator, which Luerl uses: the same seed gives the same numbers as production (LUERL `random`).

Pure state in, numbers out; where the first seed comes from is the VM's business.
"""

from __future__ import annotations

import struct
from typing import Final

from taskrunner.lua.errors import FidelityCrash

_MASK64: Final = (1 << 64) - 1
_MASK21: Final = (1 << 21) - 1
_TAKE: Final = 16  # 64-bit words of state


class Exs1024:
    """The generator's state: words still to use, and words already used in reverse order."""

    __slots__ = ("_todo", "_used")

    def __init__(self, seeds: tuple[int, int, int]) -> None:
        first, second, third = (
            (((seed & _MASK21) + 1) * factor) & _MASK21
            for seed, factor in zip(seeds, (2097131, 2097133, 2097143), strict=True)
        )
        state = (first << 43) | (second << 22) | (third << 1) | 1
        self._todo: list[int] = []
        for _ in range(_TAKE):
            number, state = _exs64(state)
            self._todo.append(number)
        self._todo.reverse()
        self._used: list[int] = []

    @classmethod
    def from_number(cls, seed: float) -> Exs1024:
        """The state after `math.randomseed(seed)`: the 64 bits of the float cut into 24, 24 and 16."""
        (bits,) = struct.unpack(">Q", struct.pack(">d", seed))
        return cls((bits >> 40, (bits >> 16) & 0xFFFFFF, bits & 0xFFFF))

    def next(self) -> int:
        """The next 64 bits."""
        if len(self._todo) < 2:
            self._todo = self._todo + self._used[::-1]
            self._used = []
        before, current, *rest = self._todo
        mixed = current ^ ((current & ((1 << 33) - 1)) << 31)
        mixed ^= mixed >> 11
        new = (before ^ (before >> 30)) ^ mixed
        self._todo = [new, *rest]
        self._used.append(before)
        return (new * 1181783497276652981) & _MASK64

    def uniform(self) -> float:
        """A float from 0.0 up to, not including, 1.0."""
        return self.next() / 18446744073709551616

    def below(self, bound: int) -> int:
        """An integer from 1 to `bound`."""
        number = self.next()
        if bound <= _MASK64:
            return number % bound + 1
        try:
            return int(number / 18446744073709551616 * bound) + 1
        except OverflowError:
            raise FidelityCrash("badarith", "{rand,uniform_s,2}") from None


def _exs64(state: int) -> tuple[int, int]:
    state ^= state >> 12
    state ^= (state & ((1 << 39) - 1)) << 25
    state ^= state >> 27
    return (state * 2685821657736338717) & _MASK64, state
