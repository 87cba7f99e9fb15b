"""What production would pay for what our engine does for nothing: an estimate of Luerl's time, by source line.

`#t` is linear there, so appending in a loop is quadratic; `pairs` walks every index up to the largest integer key
(LUERL §1.9, §8). Up to eight seconds the estimate only warns; a walk that production would hardly finish stops here
with a limit error. Knows no VM: a callable tells the place in the module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from taskrunner.lua.errors import LimitError

Place = tuple[str, int]  # file and line, 1-based

SCAN_SECONDS: Final = 30e-9  # per index that `pairs` walks
LENGTH_SECONDS: Final = 50e-9  # per element that `#t` counts
STRIDE: Final = 1024  # lengths are reported when they are a multiple of this
SEVERE: Final = 8.0  # seconds after which a walk is refused
WORTH_TELLING: Final = 0.05


@dataclass(slots=True)
class Expense:
    """One line's share: how often it was noted, the largest size seen, and the estimated seconds on production."""

    code: str
    place: Place
    count: int = 0
    largest: int = 0
    seconds: float = 0.0

    def message(self) -> str:
        """One sentence for the author."""
        what = {
            "append": f"`#t` counted up to {self.largest:,} elements in a loop",
            "scan": f"pairs walked {self.largest:,} array indices",
        }[self.code]
        return f"{what}: about {self.seconds:.1f} s on production, where both are linear"


class Cost:
    """Collects the expenses of one VM."""

    __slots__ = ("_place", "expenses")

    def __init__(self, place: Callable[[], Place]) -> None:
        self._place = place
        self.expenses: dict[tuple[str, Place], Expense] = {}

    def length(self, size: int) -> None:
        """A `#t` or an append at a size that is a multiple of STRIDE; stands for the STRIDE operations up to it."""
        self._note("append", size, STRIDE, STRIDE * size * LENGTH_SECONDS)

    def scanned(self, indices: int) -> None:
        """A walk over so many array indices; beyond SEVERE seconds in sum production would not come back."""
        expense = self._note("scan", indices, 1, indices * SCAN_SECONDS)
        if expense.seconds > SEVERE:
            raise LimitError(
                "production",
                f"{expense.message()}: a large integer key makes pairs and next walk every index below it",
                file=expense.place[0],
                line=expense.place[1],
                hint="use string keys for times and ids: t[tostring(id)], or t['k' .. id]",
            )

    def worth_telling(self) -> list[Expense]:
        """The expenses that an author should hear of, dearest first."""
        found = [expense for expense in self.expenses.values() if expense.seconds >= WORTH_TELLING]
        return sorted(found, key=lambda expense: -expense.seconds)

    def _note(self, code: str, size: int, count: int, seconds: float) -> Expense:
        place = self._place()
        expense = self.expenses.setdefault((code, place), Expense(code, place))
        expense.count += count
        expense.largest = max(expense.largest, size)
        expense.seconds += seconds
        return expense
