"""The permitted differences from the measured node: docs/node.md lists them, and each has a test."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.client import HB, NodeError
from taskrunner.node import Request

Spawn = Callable[..., str]


def test_each_row_of_the_table_names_a_test_that_exists(root: Path) -> None:
    page = (root / "docs/node.md").read_text()
    table = page.partition("## Permitted differences")[2].partition("\n## ")[0]
    named = re.findall(r"`(test_\w+)`", table)
    rows = [line for line in table.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(named) == len(rows) >= 10
    sources = "".join(file.read_text() for file in (root / "test/node").glob("test_*.py"))
    assert [name for name in named if f"def {name}(" not in sources] == []


def test_no_request_headers_in_results(hb: HB, spawn: Spawn) -> None:
    pid = spawn("function compute(base) base.results = { host = 'mine', slot = 'my slot' } return base end")
    headers = (("host", "localhost"), ("user-agent", "node"), ("accept", "*/*"))
    path = f"/{pid}/compute/results/~json@1.0/serialize?slot=0"
    assert json.loads(hb.transport.request("GET", path, headers).body) == {"host": "mine", "slot": "my slot"}


def test_whole_states_are_json(hb: HB, spawn: Spawn) -> None:
    pid = spawn()
    state = hb.compute(pid, 0)
    assert (state["at-slot"], state["results"]["output"]["data"], state["process"]["type"]) == (0, "0", "Process")
    assert hb.now(pid)["at-slot"] == 0


def test_what_would_never_be_answered_is_told(hb: HB, spawn: Spawn) -> None:
    pid = spawn("function compute(base, req) req.results = { n = 1 } return req end")
    assert hb.compute_lua(pid, 0) == {"n": 1}
    hb.schedule_lua(pid, "A")
    with pytest.raises(NodeError) as caught:
        hb.compute_lua(pid, 1)
    assert caught.value.code == "MOD-NODE-NO-ANSWER" and "busy for ever" in caught.value.message


def test_answers_are_signed_over_http_only(hbeam: HyperBEAM) -> None:
    assert hbeam.node is not None
    request = Request("GET", "/~meta@1.0/info/address")
    assert not hbeam.node.answer(request, sign=False).header("signature")
    assert hbeam.node.handle(request).header("signature")
    with HyperBEAM(jwk=hbeam.wallet) as other:
        assert HB(url=other.url).transport.request("GET", "/~meta@1.0/info/address").header("signature")


def test_a_printed_state_is_cut(hb: HB, spawn: Spawn) -> None:
    with pytest.raises(NodeError) as caught:
        hb.compute_lua(spawn("local a = nil; a.b = 1"), 0)
    assert '{lua_error,{illegal_index,nil,<<"b">>},{luerl,...}}' in caught.value.body
