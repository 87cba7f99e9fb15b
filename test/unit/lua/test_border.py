"""Messages into Lua and back, as the device converts them (LUERL §5.3, §5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskrunner.lua.border import (
    LUA_FUNCTION,
    AtomKey,
    Opaque,
    from_lua,
    key_bytes,
    key_text,
    normal_key,
    ordered_items,
    returned,
    to_lua,
)
from taskrunner.lua.erlang import Unknown
from taskrunner.lua.errors import FidelityCrash
from taskrunner.lua.values import Table, make_builtin


class Maker:
    """Makes tables and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def new_table(self) -> Table:
        table = Table()
        table.border, table.id, table.meta, table.shape = 0, self.count, None, None
        self.count += 1
        return table


@dataclass(frozen=True)
class Atom:
    name: str


def table(entries: dict[Any, Any]) -> Table:
    made = Maker().new_table()
    for key, value in entries.items():
        made.put(key, value)
    return made


def test_scalars_keep_their_kind() -> None:
    for value in (5, 10**30, 1.0, b"\xff", True, False):
        assert to_lua(Maker(), value) is value
    assert to_lua(Maker(), "é") == "é".encode()


def test_atoms_are_text_and_null_is_too() -> None:
    assert to_lua(Maker(), None) == b"null"
    assert to_lua(Maker(), Atom("undefined")) == b"undefined"


def test_lists_and_maps_with_keys_from_one_become_sequences() -> None:
    for message in ([b"a", b"b"], {"1": b"a", "2": b"b"}, {1: b"a", 2: b"b"}, {1: b"a", "2": b"b"}):
        made = to_lua(Maker(), message)
        assert list(made.entries()) == [(1, b"a"), (2, b"b")]
    assert list(to_lua(Maker(), {"2": b"b", "3": b"c"}).entries()) == [(b"2", b"b"), (b"3", b"c")]
    assert list(to_lua(Maker(), {5: b"x"}).entries()) == [(5, b"x")]
    assert list(to_lua(Maker(), {}).entries()) == [] and list(to_lua(Maker(), []).entries()) == []


def test_tables_are_numbered_inside_out_in_the_order_of_keys() -> None:
    made = to_lua(Maker(), {"b": {"x": 1}, "a": [{"y": 2}]})
    assert made.id == 3
    assert made.raw(b"a").id == 1 and made.raw(b"a").raw(1).id == 0 and made.raw(b"b").id == 2


def test_a_tuple_crashes() -> None:
    with pytest.raises(FidelityCrash) as caught:
        to_lua(Maker(), (1, 2))
    assert caught.value.reason.startswith("{badarg,")


def test_booleans_as_keys_are_atoms_outside() -> None:
    back = from_lua(table({True: 1, b"x": 2}))
    assert back == {AtomKey("true"): 1, "x": 2}
    assert to_lua(Maker(), back).raw(True) == 1
    assert normal_key(AtomKey("true")) == "true"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({}, []),
        ({1: b"a", 2: b"b"}, [b"a", b"b"]),
        ({b"1": b"a", b"2": b"b"}, [b"a", b"b"]),
        ({b"1": b"a", 2: b"b"}, [b"a", b"b"]),
        ({b"1": b"text", 1: b"number"}, [b"text"]),
        ({b"a": 1}, {"a": 1}),
        ({1: b"a", 3: b"c"}, {1: b"a", 3: b"c"}),
        ({0: b"z", 1: b"a"}, {0: b"z", 1: b"a"}),
        ({1: 1, 2: 2, b"a": 3}, {1: 1, 2: 2, "a": 3}),
        ({b"\xff": 1}, {"\udcff": 1}),
    ],
)
def test_tables_become_lists_or_maps(entries: dict[Any, Any], message: Any) -> None:
    assert from_lua(table(entries)) == message


def test_nested_tables_and_functions() -> None:
    function = make_builtin(None, "luerl_lib_basic", "print", lambda _vm, args: args)
    empty = table({})
    empty.id = 98
    inner = table({b"f": function, b"e": empty})
    inner.id = 99
    assert from_lua(table({b"in": inner})) == {
        "in": {"f": Opaque("{luerl_lib_basic,print,undefined}", builtin=True), "e": []}
    }
    assert Opaque(LUA_FUNCTION).builtin is False
    assert to_lua(Maker(), from_lua(function)) is function
    with pytest.raises(FidelityCrash, match="badarg"):
        to_lua(Maker(), Opaque(LUA_FUNCTION))


def test_a_table_inside_itself_crashes_with_its_number() -> None:
    knot = table({})
    knot.id = 29
    knot.put(b"self", knot)
    with pytest.raises(FidelityCrash) as caught:
        from_lua(knot)
    assert caught.value.reason == "{recursive_table,{tref,29}}"


def test_the_same_table_twice_is_no_knot() -> None:
    twin = table({b"x": 1})
    twin.id = 7
    assert from_lua(table({b"a": twin, b"b": twin})) == {"a": {"x": 1}, "b": {"x": 1}}


@pytest.mark.parametrize("key", [1.5, -0.5, make_builtin(None, "m", "f", lambda _vm, args: args)])
def test_keys_that_no_message_has(key: Any) -> None:
    with pytest.raises(FidelityCrash, match="function_clause"):
        from_lua(table({key: 1}))


def test_a_table_as_key() -> None:
    empty, full = table({}), table({1: 1})
    empty.id, full.id = 5, 6
    assert from_lua(table({empty: 1, b"x": 2})) == {(): 1, "x": 2}
    with pytest.raises(FidelityCrash, match="function_clause"):
        from_lua(table({full: 1}))


def test_values_that_lua_cannot_name_cannot_leave() -> None:
    with pytest.raises(FidelityCrash, match="badarg"):
        from_lua(Unknown("{error,<<>>,<<255>>}"))


def test_what_a_call_returns() -> None:
    assert returned((table({b"a": 1}),)).status == "ok"
    refused = returned((b"error", table({b"status": 400})))
    assert (refused.status, refused.value, refused.keeps_state) == ("error", {"status": 400}, True)
    assert not returned((5,)).keeps_state
    assert returned((None,)).value is None
    assert returned((True, table({b"a": 1}))).status == "true"
    assert returned((False, 1)).status == "false" and returned((None, b"why")).status == "nil"


@pytest.mark.parametrize(
    ("values", "reason"),
    [((), "function_clause"), ((1, 2, 3), "function_clause"), ((b"weird", 1), "badarg"), ((5, 1), "badarg")],
)
def test_shapes_that_crash(values: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(FidelityCrash) as caught:
        returned(values)
    assert caught.value.reason == reason


def test_deep_tables_end_in_a_limit_not_in_a_traceback() -> None:
    maker = Maker()
    deep = maker.new_table()
    for _ in range(3000):
        outer = maker.new_table()
        outer.put(b"in", deep)
        deep = outer
    with pytest.raises(Exception, match="nested too deeply"):
        from_lua(deep)
    nested: Any = []
    for _ in range(3000):
        nested = [nested]
    with pytest.raises(Exception, match="nested too deeply"):
        to_lua(Maker(), nested)


@given(st.binary())
def test_keys_keep_their_bytes(data: bytes) -> None:
    assert key_bytes(key_text(data)) == data


messages = st.recursive(
    st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.binary(max_size=5), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("abcXYZ", min_size=1, max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(messages)
def test_a_message_survives_the_way_in_and_out(message: Any) -> None:
    def expected(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: expected(item) for key, item in value.items()} or []
        return [expected(item) for item in value] if isinstance(value, list) else value

    assert from_lua(to_lua(Maker(), message)) == expected(message)


def test_ordered_items() -> None:
    assert ordered_items({"1": "a", "2": "b"}) == ["a", "b"]
    assert ordered_items({"0": "a", "1": "b"}) is None
    assert ordered_items({}) == []
