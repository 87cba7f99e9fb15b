"""The battery of modules through the node in both reading orders, and the tool that replays it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.backends.replay import Tally, load_cases, replay
from taskrunner.errors import InputError
from taskrunner.wire import Wallet

TRUE_CASE_IDS = "str-upper-lower-addr"  # a permitted difference: our ids keep their case (docs/node.md)


@pytest.fixture(scope="module")
def tally(shared: Path, wallet: Wallet) -> Tally:
    with HyperBEAM(jwk=wallet, dialect="2025-06") as hbeam:
        return replay(load_cases(shared / "battery/lua-modules.json"), hbeam)


def test_first_readings_are_those_of_the_real_node(tally: Tally) -> None:
    misses = [miss.to_json() for miss in tally.misses if miss.reading == "first" and miss.id != TRUE_CASE_IDS]
    assert tally.slots > 600
    assert len(misses) <= 0.005 * tally.slots, misses
    assert tally.same >= 0.97 * tally.slots


def test_second_and_lazy_readings_are_too(tally: Tally) -> None:
    misses = [miss.to_json() for miss in tally.misses if miss.reading != "first"]
    assert tally.other > 350
    assert len(misses) <= 0.01 * tally.other, misses


def test_every_category_is_counted_and_every_outcome_kept(tally: Tally) -> None:
    data = tally.to_json()
    assert sum(row["total"] for row in data["by_category"].values()) == data["total"]
    assert len(data["outcomes"]) == 221
    assert {row["reading"] for row in data["outcomes"]["counter-base"]} == {"first", "second", "lazy", "then-1"}


def case(**changes: object) -> dict[str, object]:
    results = "{ a = req.body.action or 'none', to = req.process }"
    module = f"function compute(base, req) base.results = {results} return base end"
    entries = [
        {"slot": 0, "status": 200, "results": {"a": "none", "to": "<pid>"}},
        {"slot": 1, "message": 0, "status": 200, "results": {"a": "Hi", "to": "<pid>"}},
    ]
    return {"id": "mine", "module": module, "messages": [{"action": "Hi"}], "results": entries, **changes}


@pytest.fixture(scope="module")
def node(wallet: Wallet) -> HyperBEAM:
    return HyperBEAM(jwk=wallet, dialect="2025-06").ready()


def test_a_case_of_ones_own_replays(node: HyperBEAM) -> None:
    tally = replay([case()], node)
    assert (tally.slots, tally.same, tally.misses) == (2, 2, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"slot": 1, "message": 0, "status": 200, "results": {"a": "Ho", "to": "<pid>"}},
        {"slot": 1, "message": 0, "status": 200, "results": {"a": "Hi"}},
        {"slot": 1, "message": 0, "status": 500, "core": "fun dev_process:compute/3 -> badarg"},
        {"message": 0, "schedule_error": "400: Message is not valid."},
    ],
)
def test_a_difference_is_a_miss(node: HyperBEAM, wrong: dict[str, object]) -> None:
    tally = replay([case(results=[wrong])], node)
    assert tally.same == 0 and tally.misses[0].id == "mine"


def test_one_and_one_point_zero_differ(node: HyperBEAM) -> None:
    module = "function compute(base) base.results = { n = 1 } return base end"
    for n, same in ((1, 1), (1.0, 0)):
        assert (
            replay(
                [case(module=module, messages=[], results=[{"slot": 0, "status": 200, "results": {"n": n}}])], node
            ).same
            == same
        )


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '{"cases": 3}', "[" * 100_000])
def test_a_file_that_is_no_battery_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cases.json"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_cases(file)
    assert caught.value.code == "INPUT-CASES"


def test_both_forms_of_a_file_are_read(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    for data in ([case()], {"about": "x", "cases": [case()]}):
        file.write_text(json.dumps(data))
        assert load_cases(file)[0]["id"] == "mine"
