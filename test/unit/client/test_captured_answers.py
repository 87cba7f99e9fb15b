"""Answers that a real node gave are read as they were meant: a captured conversation goes through the client."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from taskrunner.client import HB, NodeError, Reply, find
from taskrunner.client.transport import Headers
from taskrunner.wire import Wallet


class Captured:
    """Answers with the captured responses in their order."""

    url = "captured:"

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.entries = list(entries)

    def request(
        self, method: str, path: str, headers: Headers = (), body: bytes = b"", timeout: float | None = None
    ) -> Reply:
        entry = self.entries.pop(0)
        assert (method, path.partition("?")[0][-20:]) == (
            entry["request"]["method"],
            entry["request"]["path"].partition("?")[0][-20:],
        )
        response = entry["response"]
        headers_ = tuple((name.lower(), value) for name, value in response["rawHeaders"])
        content = response.get("body") or {}
        raw = base64.b64decode(content["base64"]) if "base64" in content else (content.get("text") or "").encode()
        return Reply(response["status"], headers_, raw)


def entries(shared: Path, name: str) -> list[dict[str, Any]]:
    return list(json.loads((shared / "protocol/captures" / f"{name}.json").read_text()))


@pytest.fixture(scope="module")
def wallet() -> Wallet:
    return Wallet.generate(2048)


def test_a_captured_conversation(shared: Path, wallet: Wallet) -> None:
    recorded = entries(shared, "t1")
    hb = HB(jwk=wallet, transport=Captured(recorded))
    assert len(hb.operator) == 43
    module = hb.cache_script("function compute() end")
    assert len(module) == 43
    pid = hb.spawn_lua(module)["pid"]
    assert len(pid) == 43
    for entry in recorded[5:]:
        request = entry["request"]
        if request["method"] == "POST":
            answer = hb.schedule_lua(pid, "Inc")
            assert isinstance(answer["slot"], int) and answer["res"].out["process"] == pid
        elif "/compute/results/~json" in request["path"]:
            slot = int(request["path"].partition("slot=")[2])
            assert hb.compute_lua(pid, slot)["count"] == slot
        else:
            hb.get(request["path"])


def test_captured_failures_speak_the_nodes_own_words(shared: Path) -> None:
    seen = 0
    for entry in entries(shared, "gets_and_lua"):
        if entry["response"]["status"] < 400 or "serialize" not in entry["request"]["path"]:
            continue
        hb = HB(transport=Captured([entry]))
        with pytest.raises(NodeError) as caught:
            hb.get_json(entry["request"]["path"].partition("/~json@1.0")[0])
        assert caught.value.status == entry["response"]["status"]
        words = caught.value.body
        assert words in ('"not_found"', "refused") or "Oops!" in words or "trace" in words or "not found" in words
        seen += 1
    assert seen > 20


def test_outboxes_of_both_spellings_are_read(shared: Path) -> None:
    found = set()
    for entry in entries(shared, "spawnLua"):
        if "/compute/results/~json" not in entry["request"]["path"] or entry["response"]["status"] != 200:
            continue
        path = entry["request"]["path"].partition("/~json@1.0")[0]
        results = HB(transport=Captured([entry])).get_json(path)
        data = find(results, "outbox/1/data")
        if data is not None:
            found.add(data)
    assert found
