"""What the node's cache does between slots: both reading orders, two dialects, poison, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.client import HB, NodeError
from taskrunner.wire import Wallet

Spawn = Callable[..., str]
LEDGER = """
function compute(base, req)
  base.ledger = base.ledger or {}
  local who = req.body.who
  if who then base.ledger[who] = (base.ledger[who] or 0) + 10 end
  base.results = { all = base.ledger }
  return base
end"""


def deposits(hb: HB, pid: str, each: bool) -> Any:
    for _ in range(4):
        slot = hb.schedule_lua(pid, "Deposit", {"Who": "AliceAddr_X"})["slot"]
        if each:
            hb.compute_lua(pid, slot)
    return hb.transport.request("GET", f"/{pid}/compute/ledger/~json@1.0/serialize?slot=4").body


def test_eager_and_lazy_reading_differ_as_on_the_real_node(hb: HB, spawn: Spawn) -> None:
    assert b'"aliceaddr_x":40' not in deposits(hb, spawn(LEDGER), each=True)
    assert deposits(hb, spawn(LEDGER), each=False) == b'{"AliceAddr_X":40}'


def test_a_hazard_is_named_with_key_and_line(hbeam: HyperBEAM, hb: HB, spawn: Spawn) -> None:
    hbeam.name_source(LEDGER, "custom_lua/ledger.lua")
    pid = spawn(LEDGER)
    deposits(hb, pid, each=True)
    warnings = [warning for report in hbeam.reports(pid) for warning in report.warnings]
    assert [(w.code, w.file, w.line) for w in warnings] == [("key-case", "custom_lua/ledger.lua", 3)]
    assert "base.ledger.AliceAddr_X" in str(warnings[0])


def test_top_level_keys_are_lower_case_at_the_next_slot(hb: HB, spawn: Spawn) -> None:
    pid = spawn(
        "function compute(base) base.Total = (base.Total or 0) + 1 base.results = { t = base.Total } return base end"
    )
    for _ in range(3):
        hb.schedule_lua(pid, "Inc")
    assert hb.compute_lua(pid, 3) == {"t": 1}


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("10^0 and 1000000000000000", "function_clause"),
        ("{ 'a\\nb' }", "function_clause"),
        ("{ ['a/b'] = 1 }", "function_clause"),
        ("{ ['caf\\xe9'] = 1 }", "subpath_not_found"),
    ],
)
def test_poison_answers_once_and_then_never_again(hb: HB, spawn: Spawn, value: str, term: str) -> None:
    source = f"function compute(base) base.v = base.v or {value} base.results = {{ ok = 1 }} return base end"
    pid = spawn(source)
    assert hb.compute_lua(pid, 0) == {"ok": 1}
    hb.schedule_lua(pid, "A")
    for slot in (0, 1):
        with pytest.raises(NodeError) as caught:
            hb.compute_lua(pid, slot)
        assert term in caught.value.body
        assert caught.value.code == "MOD-LUA-STORAGE" and "base.v" in caught.value.message
    lazy = spawn(source)
    hb.schedule_lua(lazy, "A")
    assert hb.compute_lua(lazy, 1) == {"ok": 1}


UPPER = """
function compute(base)
  base.results = { Data = "x", outbox = { { Data = "1", target = "t", Empty = "" } }, output = { data = "" } }
  return base
end"""


def test_the_first_reading_shows_nested_keys_as_written(hb: HB, spawn: Spawn) -> None:
    pid = spawn(UPPER)
    assert hb.compute_lua(pid, 0)["outbox"] == [{"Data": "1", "target": "t", "Empty": ""}]
    again = hb.compute_lua(pid, 0)
    assert again["outbox"] == [{"data": "1", "target": "t", "empty": ""}]
    assert again["output"] == {}


def test_the_current_dialect_differs_in_that_alone(wallet: Wallet) -> None:
    with HyperBEAM(jwk=wallet) as hbeam:
        pid = hbeam.hb.spawn_lua(hbeam.hb.cache_script(UPPER))["pid"]
        first = hbeam.hb.compute_lua(pid, 0)
        assert first == {
            "data": "x",
            "outbox": [{"data": "1", "target": "t", "empty": ""}],
            "output": {"data": ""},
        }


def test_a_fresh_table_loses_the_process(hb: HB, spawn: Spawn) -> None:
    pid = spawn("function compute() return { results = { n = 1 } } end")
    assert hb.compute_lua(pid, 0) == {"n": 1}
    hb.schedule_lua(pid, "A")
    with pytest.raises(NodeError) as caught:
        hb.compute_lua(pid, 1)
    assert "No scheduler information provided." in caught.value.body
    assert "return it" in caught.value.hint


def test_module_variables_survive_both_ways_and_a_restart(wallet: Wallet, tmp_path: Path) -> None:
    source = "local n = 0 function compute(base) n = n + 1 base.results = { n = n } return base end"
    with HyperBEAM(jwk=wallet, persist=tmp_path) as hbeam:
        pid = hbeam.hb.spawn_lua(hbeam.hb.cache_script(source))["pid"]
        hbeam.hb.schedule_lua(pid, "A")
        hbeam.hb.schedule_lua(pid, "A")
        assert hbeam.hb.compute_lua(pid, 1) == {"n": 2}
    with HyperBEAM(jwk=wallet, persist=tmp_path, reset=False) as hbeam:
        hb = hbeam.hb
        assert hb.slot(pid, "current")["body"] == 2
        assert hb.compute_lua(pid, 0) == {"n": 1}
        assert hb.compute_lua(pid, 2) == {"n": 3}
        assert hb.compute_lua(pid, hb.schedule_lua(pid, "A")["slot"]) == {"n": 4}


def test_a_replay_sees_the_same_time_and_the_same_chance(wallet: Wallet, tmp_path: Path) -> None:
    source = """
    local drawn = {}
    function compute(base)
      drawn[#drawn + 1] = tostring(math.random(1, 1000000)) .. " " .. tostring(os.time())
      base.results = { drawn = table.concat(drawn, ";") }
      return base
    end"""
    with HyperBEAM(jwk=wallet, persist=tmp_path) as hbeam:
        pid = hbeam.hb.spawn_lua(hbeam.hb.cache_script(source))["pid"]
        hbeam.hb.schedule_lua(pid, "A")
        before = hbeam.hb.compute_lua(pid, 1)["drawn"]
    with HyperBEAM(jwk=wallet, persist=tmp_path, reset=False) as hbeam:
        after = hbeam.hb.compute_lua(pid, hbeam.hb.schedule_lua(pid, "A")["slot"])["drawn"]
    assert after.startswith(before + ";") and after.count(";") == 2


def test_the_state_of_an_old_slot_is_rebuilt(hb: HB, spawn: Spawn) -> None:
    pid = spawn("function compute(base) base.n = (base.n or 0) + 1 base.results = { n = base.n } return base end")
    for _ in range(9):
        slot = hb.schedule_lua(pid, "A")["slot"]
        hb.compute_lua(pid, slot)
    assert hb.compute(pid, 2, "n")["body"] == 3
    assert hb.compute(pid, 2)["n"] == 3
    assert hb.compute_lua(pid, 9) == {"n": 10}
