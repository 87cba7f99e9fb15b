"""The merge sort of Erlang's lists module: the order of equal elements and of wild comparators shows (LUERL `sort`).

It asks the comparator the same questions in the same order as production: first it cuts the list into runs, then it
merges neighbouring runs forwards and backwards in turn. Pure but for the comparator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Less: TypeAlias = Callable[[Any, Any], bool]
Items: TypeAlias = list[Any]  # a run; its head, which Erlang's list would begin with, stands last


def merge_sort(less: Less, items: Sequence[Any]) -> Items:
    """The items in order; `less(a, b)` true means that `a` may stand before `b`."""
    if len(items) < 2:
        return list(items)
    ascending = less(items[0], items[1])
    runs = _split(less, ascending, items)
    forward = not ascending
    while len(runs) > 1 or not forward:
        runs = _merge_neighbours(less, runs, ascending, forward)
        forward = not forward
    return runs[0][::-1]


def _split(less: Less, ascending: bool, items: Sequence[Any]) -> list[Items]:
    """Cuts into runs: each element extends the run on top, goes just below its top, or waits for a partner."""
    runs: list[Items] = []
    low, top, below = items[0], items[1], []
    waiting: Items = []
    for item in items[2:]:
        if less(top, item) == ascending:
            below.append(low)
            low, top = top, item
        elif less(low, item) == ascending:
            below.append(low)
            low = item
        elif not waiting and not below:
            below.append(item)
        elif not waiting:
            waiting.append(item)
        else:
            runs.append([*below, low, top])
            partner = waiting.pop()
            low, top = (partner, item) if less(partner, item) == ascending else (item, partner)
            below = []
    runs.append([*below, low, top])
    if waiting:
        runs.append(waiting)
    runs.reverse()
    return runs


def _merge_neighbours(less: Less, runs: list[Items], ascending: bool, forward: bool) -> list[Items]:
    merged: list[Items] = []
    for index in range(0, len(runs) - 1, 2):
        one, two = runs[index], runs[index + 1]
        if forward != ascending:
            one, two = two, one
        merged.append(_merge(less, one, two, forward))
    if len(runs) % 2:
        merged.append(runs[-1][::-1])
    merged.reverse()
    return merged


def _merge(less: Less, one: Items, two: Items, forward: bool) -> Items:
    """Merges from the heads; the result has its head last again, which turns the order round."""
    left, right = len(one) - 1, len(two) - 1
    merged: Items = []
    while left >= 0 and right >= 0:
        if less(one[left], two[right]) == forward:
            merged.append(one[left])
            left -= 1
        else:
            merged.append(two[right])
            right -= 1
    merged.extend(one[left::-1] if left >= 0 else two[right::-1])
    return merged
