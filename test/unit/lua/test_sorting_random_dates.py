"""The small pure helpers of the library: Erlang's merge sort, its generator, and dates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskrunner.lua.lib.dates import date_text, fields, moment
from taskrunner.lua.lib.random import Exs1024
from taskrunner.lua.lib.sorting import merge_sort


@given(st.lists(st.tuples(st.integers(0, 5), st.integers())))
def test_at_most_sorts_stably(items: list[tuple[int, int]]) -> None:
    assert merge_sort(lambda one, two: one[0] <= two[0], items) == sorted(items, key=lambda item: item[0])


@given(st.lists(st.integers(0, 9)))
def test_less_than_sorts_too(items: list[int]) -> None:
    assert merge_sort(lambda one, two: one < two, items) == sorted(items)


@given(st.lists(st.integers(0, 9)), st.booleans())
def test_a_mad_comparator_loses_nothing(items: list[int], answer: bool) -> None:
    assert sorted(merge_sort(lambda _one, _two: answer, items)) == sorted(items)


def test_equal_elements_turn_round_under_less_than() -> None:
    items = [{"k": 1, "n": number} for number in range(4)]
    ordered = merge_sort(lambda one, two: one["k"] < two["k"], items)
    assert [item["n"] for item in ordered] == [3, 2, 1, 0]


def test_the_comparator_is_asked_in_erlangs_order() -> None:
    asked: list[tuple[Any, Any]] = []

    def less(one: Any, two: Any) -> bool:
        asked.append((one, two))
        return bool(one <= two)

    assert merge_sort(less, [3, 1, 2]) == [1, 2, 3]
    assert asked == [(3, 1), (1, 2), (3, 2)]


def test_seeds_give_the_numbers_that_production_gives() -> None:
    generator = Exs1024.from_number(42.0)
    assert [generator.below(1000) for _ in range(3)] == [29, 317, 562]
    assert Exs1024.from_number(42.0).uniform() == 0.6358890564924047


def test_long_runs_stay_in_range_and_repeat() -> None:
    one, two = Exs1024((1, 2, 3)), Exs1024((1, 2, 3))
    first = [one.below(6) for _ in range(500)]
    assert first == [two.below(6) for _ in range(500)]
    assert set(first) == {1, 2, 3, 4, 5, 6}
    assert all(0 <= one.uniform() < 1 for _ in range(100))
    assert 1 <= one.below(10**30) <= 10**30


def test_dates_with_every_specifier() -> None:
    when = moment(1_700_000_000)
    assert when is not None
    text = date_text(when, b"%A %a %B %b|%c|%D|%d|%e|%F|%H|%I|%M|%m|%P|%p|%S|%T|%u|%V|%W|%w|%X|%x|%Y|%y|%Z|%%|%j")
    assert text == (
        b"Tuesday Tue November Nov|Tue Nov 14 22:13:20 2023|11/14/23|14|14|2023-11-14|22|10|13|11|pm|PM|20|22:13:20"
        b"|2|46|46|2|22:13:20|11/14/23|2023|23||%|%j"
    )
    assert date_text(when, b"%%d%n%t") == b"%14\n\t"
    assert dict(fields(when))[b"wday"] == 3


@pytest.mark.parametrize(("stamp", "year"), [(0, 1970), (-1, 1969), (1.5, 1970), (-0.4, 1970), (253402300799, 9999)])
def test_moments(stamp: float, year: int) -> None:
    when = moment(stamp)
    assert when is not None and when.year == year


def test_a_moment_beyond_the_calendar() -> None:
    assert moment(1e20) is None
