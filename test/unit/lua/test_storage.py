"""What the cache does to base and results between two slots (lua-NOTES)."""

from __future__ import annotations

from typing import Any

import pytest

from taskrunner.lua.border import LUA_FUNCTION, AtomKey, Opaque
from taskrunner.lua.storage import Poison, cached, carried, hazards, reloaded, shown, stored_key

ADDRESS = "Ab0_-" * 8 + "XyZ"


def test_in_memory_only_the_top_level_changes() -> None:
    base = {"Top": {"Inner": 1}, "count": 2, "t": {5: b"five"}}
    assert carried(base) == {"top": {"Inner": 1}, "count": 2, "t": {5: b"five"}}


def test_of_two_spellings_the_lower_case_one_stays() -> None:
    assert carried({"Data": 1, "data": 2}) == {"data": 2}
    assert carried({"data": 2, "Data": 1}) == {"data": 2}
    assert reloaded({"m": {"Key": 1, "key": 2}}) == {"m": {"key": 2}}


def test_a_reload_lowers_nested_keys_but_not_addresses() -> None:
    assert len(ADDRESS) == 43
    assert reloaded({"balances": {ADDRESS: 1, "AliceAddr": 2}}) == {"balances": {ADDRESS: 1, "aliceaddr": 2}}
    assert stored_key(ADDRESS) == ADDRESS and stored_key(ADDRESS + "A") == (ADDRESS + "A").lower()


def test_a_reload_makes_integer_keys_text() -> None:
    assert reloaded({"t": {5: b"x", 10: 1}}) == {"t": {"5": b"x", "10": 1}}
    assert reloaded({"t": {AtomKey("true"): 1}}) == {"t": {"true": 1}}


def test_a_reload_turns_functions_to_text_and_loses_builtins() -> None:
    base = {"f": Opaque(LUA_FUNCTION), "p": Opaque("{m,f,undefined}", builtin=True), "l": [Opaque(LUA_FUNCTION)]}
    assert reloaded(base) == {"f": LUA_FUNCTION.encode(), "l": [LUA_FUNCTION.encode()]}


def test_a_reload_loses_empty_data_and_target() -> None:
    assert reloaded({"o": {"Data": b"", "target": b"", "body": b"", "x": b""}}) == {"o": {"body": b"", "x": b""}}


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        1e300,
        True,
        b"",
        [],
        {},
        [b"", b"x", [1.5]],
        b"5",
        b"a\nb\xc3\xa9",
        {"s": b"a\nb"},
        [{"s": b"a\nb"}],
        10**15 - 1,
    ],
)
def test_what_comes_back_as_it_was(value: Any) -> None:
    assert reloaded({"v": value}) == {"v": value}


@pytest.mark.parametrize(
    ("value", "kind", "reason"),
    [
        (10**15, "big-integer", "function_clause"),
        (-(10**15), "big-integer", "function_clause"),
        ({"deep": [{"n": 1 << 70}]}, "big-integer", "function_clause"),
        ([b"a\nb"], "list-text", "function_clause"),
        ([[b"\xc3\xa9"]], "list-text", "function_clause"),
        ({"a/b": 1}, "key-slash", "function_clause"),
        ({"caf\u00e9": 1}, "key-bytes", "subpath_not_found"),
    ],
)
def test_poison(value: Any, kind: str, reason: str) -> None:
    for read in (reloaded, cached):
        with pytest.raises(Poison) as caught:
            read({"v": value})
        assert (caught.value.hazard.kind, caught.value.hazard.fatal) == (kind, reason)
        assert caught.value.hazard.where in str(caught.value)
    assert carried({"v": value}) == {"v": value}


def test_first_and_later_reads_of_results() -> None:
    results = {"Data": b"1", "outbox": [{"Data": b"", "Target": b"t"}], "N": {"Deep": 1}}
    assert shown(results) == {"data": b"1", "outbox": [{"Data": b"", "Target": b"t"}], "n": {"Deep": 1}}
    assert shown(results, nested=True) == {"data": b"1", "outbox": [{"data": b"", "target": b"t"}], "n": {"deep": 1}}
    assert cached(results) == {"data": b"1", "outbox": [{"target": b"t"}], "n": {"deep": 1}}
    assert shown(b"text") == b"text" and cached([1]) == [1]


def test_hazards_name_the_path_and_the_effect() -> None:
    base = {
        "Balances": {"Alice": 1, ADDRESS: 2},
        "t": {7: 1},
        "f": Opaque(LUA_FUNCTION),
        "p": Opaque("{m,f,undefined}", builtin=True),
        "o": {"data": b""},
        "big": 10**20,
        "ok": {"lower": [1, 2.5, b"x", True]},
    }
    found = {(hazard.where, hazard.kind): hazard for hazard in hazards(base, {"l": [b"\n"]})}
    assert set(found) == {
        ("base.Balances", "key-case"),
        ("base.Balances.Alice", "key-case"),
        ("base.t.7", "integer-key"),
        ("base.f", "function"),
        ("base.p", "function"),
        ("base.o.data", "empty-text"),
        ("base.big", "big-integer"),
        ("results.l.1", "list-text"),
    }
    assert found[("base.big", "big-integer")].fatal and not found[("base.t.7", "integer-key")].fatal
    assert "top-level" in found[("base.Balances", "key-case")].effect
    assert all(hazard.hint for hazard in found.values())


def test_no_hazard_in_plain_state() -> None:
    assert hazards({"count": 1, "list": [b"a", 2], "m": {"x": {"y": b"z\n"}}}, {"output": {"data": b"ok"}}) == []
