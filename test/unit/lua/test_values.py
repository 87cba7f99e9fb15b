"""Tables: keys, order, borders and array sizes, as raw data; and functions as values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskrunner.lua.limits import Limits
from taskrunner.lua.runtime import Runtime
from taskrunner.lua.values import Builtin, Table, builtin_of, function_number, is_function, lua_type, proto_of
from taskrunner.lua.vm import VM

RUNTIME = Runtime(Limits())


def table(**_: Any) -> Table:
    return RUNTIME.new_table()


def filled(entries: dict[Any, Any] | list[tuple[Any, Any]]) -> Table:
    made = table()
    for key, value in entries.items() if isinstance(entries, dict) else entries:
        made.put(key, value)
    return made


def test_a_key_is_found_again() -> None:
    one, two = table(), table()
    made = filled(
        [(1, "int"), (True, "true"), (False, "false"), (0, "zero"), (b"1", "text"), (one, "one"), (0.5, "half")]
    )
    assert [made.raw(key) for key in (1, 1.0, True, False, 0, b"1", one, two, 0.5, None)] == [
        "int",
        "int",
        "true",
        "false",
        "zero",
        "text",
        "one",
        None,
        "half",
        None,
    ]


def test_whole_floats_from_one_on_become_integers_smaller_ones_stay() -> None:
    made = filled([(2.0, "a"), (-3.0, "b"), (float(2**53), "c")])
    keys = [key for key, _ in made.entries()]
    assert [(key, type(key)) for key in keys] == [(2, int), (2**53, int), (-3.0, float)]


def test_the_first_spelling_of_a_small_number_key_stays() -> None:
    made = filled([(-1, "int"), (-1.0, "float")])
    assert [(key, type(key), value) for key, value in made.entries()] == [(-1, int, "float")]


def test_nil_deletes_and_a_missing_key_may_be_deleted() -> None:
    made = filled({b"a": 1, True: 2})
    made.put(b"a", None)
    made.put(True, None)
    made.put(b"never", None)
    assert (len(made), made.raw(b"a"), made.raw(True)) == (0, None, None)


@pytest.mark.parametrize(
    ("keys", "length"),
    [
        ([], 0),
        ([1], 1),
        ([1, 2, 3], 3),
        ([1, 3], 1),
        ([2], 2),
        ([2, 3, 5], 3),
        ([3], 0),
        ([1, 2, 4, 5], 2),
        ([3, 2, 1], 3),
    ],
)
def test_the_border_is_the_first_one(keys: list[int], length: int) -> None:
    assert filled(dict.fromkeys(keys, "x")).length() == length


def test_the_border_follows_deletions() -> None:
    made = filled(dict.fromkeys(range(1, 6), "x"))
    assert made.length() == 5
    made.put(3, None)
    assert made.length() == 2
    made.put(3, "y")
    assert made.length() == 5
    made.put(1.0, None)
    assert made.length() == 5  # a hole at 1 alone is stepped over


def test_the_array_never_shrinks() -> None:
    made = table()
    assert made.array_size() == 0
    made.put(5, "x")
    assert made.array_size() == 6
    made.put(5, None)
    assert made.array_size() == 6
    made.put(9, None)
    assert made.array_size() == 6  # storing nil under an absent key changes nothing ...
    made.rawset(9, None)
    assert made.array_size() == 10  # ... but rawset does
    made.rawset(-4, None)
    made.rawset(b"x", 1)
    assert (made.array_size(), made.raw(b"x")) == (10, 1)


def order(made: Table) -> list[Any]:
    return [key for key, _ in made.entries()]


def test_the_order_of_keys() -> None:
    first, second = table(), table()
    vm = VM()
    (lua_function,) = vm.run(b"return function() end")
    printer = vm.get_global(b"print")
    keys = [b"s", b"", b"A", printer, lua_function, second, first, True, False, 0.5, 0, -2, 3, 1]
    made = filled([(key, 1) for key in keys])
    assert order(made) == [1, 3, -2, 0, 0.5, False, True, first, second, lua_function, printer, b"", b"A", b"s"]


def test_a_nil_key_stands_between_false_and_true() -> None:
    made = table()
    for key in (True, None, False):
        made.put(key, 1)
    assert order(made) == [False, None, True]


def test_closures_of_one_definition_are_ordered_as_they_were_first_used() -> None:
    (one, two) = VM().run(b"local function mk() local x return function() return x end end return mk(), mk()")
    made = filled({two: 1, one: 2})
    assert order(made) in ([one, two], [two, one])
    assert made.after(order(made)[0]) == (order(made)[1], made.raw(order(made)[1]))


def test_after_continues_where_a_key_would_be() -> None:
    made = filled({1: "a", 2: "b", 7: "c", b"k": "d", b"m": "e"})
    assert made.after(None) == (1, "a")
    assert made.after(1.0) == (2, "b")
    assert made.after(2) == (7, "c")
    assert made.after(5) == (7, "c")
    assert made.after(7) == (b"k", "d")
    assert made.after(b"l") == (b"m", "e")
    assert made.after(b"m") is None
    assert table().after(None) is None


def test_how_far_production_walks() -> None:
    made = filled({1: "a", 1000: "b", b"k": "c"})
    assert made.scanned(None, 1) == 1
    assert made.scanned(1, 1000) == 999
    assert made.scanned(1000, b"k") == 1
    assert made.scanned(b"k", None) == 0


KEYS = st.one_of(
    st.integers(-3, 9),
    st.sampled_from([0.5, -1.5, True, False, 2.0]),
    st.binary(max_size=1),
)
EDITS = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.integers(0, 9))), max_size=30)


@given(EDITS, st.lists(EDITS, max_size=12))
def test_walking_while_changing_is_repeated_asking(
    start: list[tuple[Any, Any]], edits: list[list[tuple[Any, Any]]]
) -> None:
    walked, asked = filled(start), filled(start)
    last = None
    for turn, found in enumerate(walked.walk(lambda _: None)):
        expected = asked.after(last)
        assert expected is not None
        assert (found, type(found[0])) == (expected, type(expected[0]))
        last = found[0]
        for key, value in edits[turn] if turn < len(edits) else ():
            walked.put(key, value)
            asked.put(key, value)
        if turn > 40:
            return
    assert asked.after(last) is None


@given(EDITS)
def test_entries_are_what_a_plain_dict_holds(edits: list[tuple[Any, Any]]) -> None:
    model: dict[tuple[bool, Any], Any] = {}
    made = table()
    for key, value in edits:
        made.put(key, value)
        place = (type(key) is bool, key)
        model.pop(place, None)
        if value is not None:
            model[place] = value
    assert {(type(key) is bool, key): value for key, value in made.entries()} == model
    assert order(made) == [key for key, _ in asked_one_by_one(made)]


def asked_one_by_one(made: Table) -> list[tuple[Any, Any]]:
    found = []
    entry = made.after(None)
    while entry is not None:
        found.append(entry)
        entry = made.after(entry[0])
    return found


def test_many_keys_that_come_one_by_one_stay_in_order() -> None:
    made = table()
    for number in range(200, 0, -1):
        made.put(b"%03d" % number, number)
        assert made.after(None) == (b"%03d" % number, number)
    for number in range(1, 190):
        made.put(b"%03d" % number, None)
    assert order(made) == [b"%03d" % number for number in range(190, 201)]


def test_functions_as_values() -> None:
    vm = VM()
    function, anonymous = vm.run(b"local function named() end\nreturn named, function() end")
    assert is_function(function) and is_function(vm.get_global(b"print")) and not is_function(b"print")
    assert builtin_of(vm.get_global(b"print")) == Builtin("luerl_lib_basic", "print")
    assert builtin_of(function) is None
    assert (proto_of(function).name, proto_of(function).line) == ("named", 1)
    assert (function_number(function), function_number(anonymous)) == (0, 1)
    (later,) = vm.run(b"return function() end")
    assert function_number(later) == 3  # the chunks count too


def test_a_host_s_own_function_is_a_value_too() -> None:
    def own(*args: Any) -> tuple[Any, ...]:
        return args

    vm = VM()
    vm.set_global(b"own", own)
    assert vm.run(
        b"local t = {[own] = 1, [print] = 2} local n = 0 for k, v in pairs(t) do n = n + v end return n, own(7)"
    ) == (3, 7)
    assert function_number(own) == -1


def test_names_of_types() -> None:
    vm = VM()
    values = [None, True, 1, 1.5, b"", table(), vm.get_global(b"print"), object()]
    assert [lua_type(value) for value in values] == [
        "nil",
        "boolean",
        "number",
        "number",
        "string",
        "table",
        "function",
        "unknown",
    ]
