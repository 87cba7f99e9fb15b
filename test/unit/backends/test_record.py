"""A recorder hears a client and writes cases that replay; placeholders stand for what is different in every run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taskrunner.backends import HyperBEAM, InProcess
from taskrunner.backends.cases import core, filled, placed, same, same_entry
from taskrunner.backends.record import Recorder
from taskrunner.backends.replay import load_cases, replay
from taskrunner.client import HB, NodeError, Reply
from taskrunner.errors import EnvironmentFault
from taskrunner.wire import Wallet

MODULE = """
local n = 0
function compute(base, req)
  n = n + 1
  if req.body.action == "Bad" then error("no") end
  base.results = { n = n, Action = req.body.action, who = req.process, tag = req.body.amount }
  return base
end"""


@pytest.fixture(scope="module")
def hbeam() -> Any:
    with HyperBEAM(jwk=Wallet.generate(2048)) as hbeam:
        yield hbeam


def recorded(hbeam: HyperBEAM, *, each: bool) -> list[dict[str, Any]]:
    recorder = Recorder("mine")
    assert hbeam.node is not None
    hb, other = (
        HB(jwk=wallet, transport=recorder.listen(InProcess(hbeam.node)))
        for wallet in (Wallet.generate(2048), Wallet.generate(2048))
    )
    _ = hb.operator
    pid = hb.spawn_lua(hb.cache_script(MODULE), {"Name": "x"})["pid"]
    for client, action in ((hb, "Inc"), (other, "Get"), (hb, "Bad"), (hb, "Inc")):
        slot = client.schedule_lua(pid, action, {"Amount": 5}, data="d")["slot"]
        if each:
            try:
                hb.compute_lua(pid, slot)
            except NodeError:
                pass
    if not each:
        with pytest.raises(NodeError):
            hb.compute_lua(pid, slot)
        hb.compute_lua(pid, 1)
    return recorder.cases()


def test_what_was_said_becomes_a_case(hbeam: HyperBEAM) -> None:
    (case,) = recorded(hbeam, each=True)
    assert (case["id"], case["module"], case["spawn_tags"]) == ("mine-1", MODULE, {"name": "x"})
    assert case["messages"][0] == {"action": "Inc", "tags": {"amount": 5}, "data": "d"}
    assert case["messages"][1]["wallet"] == 2
    assert case["results"][1]["results"] == {"n": 3, "action": "Get", "who": "<pid>", "tag": 5}
    assert case["results"][2]["status"] == case["results"][3]["status"] == 500
    assert "attempted-slot=3" in case["results"][3]["core"]


@pytest.mark.parametrize("each", [True, False])
def test_it_replays_the_same(hbeam: HyperBEAM, each: bool) -> None:
    cases = recorded(hbeam, each=each)
    tally = replay(cases, hbeam)
    assert tally.misses == [] and tally.slots >= 1
    changed = json.loads(json.dumps(cases).replace('"status": 500', '"status": 501'))
    assert replay(changed, hbeam).misses


def test_files_grow_and_hold_no_ids(hbeam: HyperBEAM, tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    for _ in range(2):
        recorder = Recorder()
        assert hbeam.node is not None
        hb = HB(jwk=hbeam.wallet, transport=recorder.listen(InProcess(hbeam.node)))
        pid = hb.spawn_lua(hb.cache_script(MODULE))["pid"]
        hb.compute_lua(pid, 0)
        assert recorder.save(file) == 1
    assert [case["id"] for case in load_cases(file)] == ["recorded-1", "recorded-2"]
    text = file.read_text()
    assert pid not in text and hbeam.addr not in text
    with pytest.raises(EnvironmentFault):
        recorder.save(tmp_path / "no" / "such.json")


def test_what_is_no_module_is_left_out(hbeam: HyperBEAM) -> None:
    recorder = Recorder()
    assert hbeam.node is not None
    hb = HB(jwk=hbeam.wallet, transport=recorder.listen(InProcess(hbeam.node)))
    hb.schedule(hb.spawn({})["pid"], {"Action": "A"})
    hb.get("/~meta@1.0/info")
    assert recorder.cases() == []


# -- comparing

NAMES = {"p" * 43: "<pid>"}


def test_placeholders() -> None:
    value = {"P" * 43: ["x" + "P" * 42, f"to {'P' * 43}!", "Q" * 43, 5, 1.5, "z" * 5000]}
    shown = placed(value, NAMES)
    assert shown["<pid>"][:5] == ["<id>", "to <pid>!", "<id>", 5, 1.5]
    assert shown["<pid>"][5].startswith("z" * 60 + "<5000 characters, sha256 ")
    assert filled({"<pid>": ["<pid> x", 5]}, {"<pid>": "P"}) == {"P": ["P x", 5]}


def test_sameness_is_strict_about_types() -> None:
    assert same({"a": [1, 2.0]}, {"a": [1, 2.0]})
    for other in ({"a": [1, 2]}, {"a": [True, 2.0]}, {"a": [1]}, {"b": [1, 2.0]}, [1]):
        assert not same({"a": [1, 2.0]}, other)
    assert same("{a, b}", "{a,b}") and not same("{a b}", "{ab}")


def test_entries() -> None:
    ok = {"status": 200, "results": {"a": 1}}
    assert same_entry(ok, {"slot": 3, **ok}) and not same_entry(ok, {"status": 200, "results": {"a": 2}})
    assert same_entry(ok, {"status": 200, "results": {"a": 2}}, exact=False)
    assert not same_entry(ok, {"status": 200, "results": {"a": "2"}}, exact=False)
    refusal = {"schedule_error": "400: Message is not valid.\nmore"}
    assert same_entry(refusal, {"schedule_error": "400: Message is not valid."})
    assert not same_entry(refusal, ok) and not same_entry({"no_answer": "x"}, ok)


def test_the_core_of_a_failed_answer() -> None:
    oops = "Oops!\n\u2705Parsing your request\n\u274cError fun a:b/3 ->\n   {x,{luerl,1,2}}".encode()
    assert core(Reply(500, (), oops)) == "fun a:b/3 -> {x,{luerl, ..."
    assert core(Reply(404, (), b'"not_found"')) == '"not_found"'
    assert core(Reply(500, (), b"<<79,111,112,115,33>>")).startswith("(printed byte list) Oops!")
    body = (
        b'--B\r\n1: boom\r\ncontent-disposition: form-data;name="trace/1/parameters"\r\n--B\r\n'
        b'content-disposition: form-data;name="trace/2"\r\nfunction: compute\r\nline: -no-file-:2\r\n--B--'
    )
    headers = (("content-type", "multipart/form-data"), ("attempted-slot", "0"), ("phase", "compute"))
    assert core(Reply(500, headers, body)) == (
        "attempted-slot=0 | phase=compute | trace/1/parameters: 1: boom | trace/2: function: compute; line: -no-file-:2"
    )
