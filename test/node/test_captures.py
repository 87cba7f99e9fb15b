"""The captures of a real node, replayed with fresh ids: status and recognisable core (issue: at least 95 percent)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from captures import Replay

from taskrunner.lua import Limits as LuaLimits
from taskrunner.node import Limits, Node
from taskrunner.wire import Wallet

FILES = {"gets_and_lua": 129, "posts": 63, "types_globals_loop": 21}
KNOWN = (
    "slot/current after outer-only",  # an exchange before it was not kept, so that the recording is one slot ahead
    "signed target mismatch path",  # the process that it names was spawned in an exchange that was not kept
    "wasm no image compute",  # so was this one
)


@pytest.fixture(scope="module")
def counter(shared: Path) -> str:
    """The module that most recordings ran; it was cached in an exchange that not every file kept."""
    for entry in json.loads((shared / "protocol/captures/t1.json").read_text()):
        text = (entry["request"].get("body") or {}).get("text") or ""
        if "data: function compute" in text:
            return text[text.index("data: ") + 6 : text.rindex("\r\n\r\n--")]
    raise AssertionError("the recording holds no counter module")


@pytest.mark.parametrize("name", FILES)
def test_answers_as_the_real_node_did(shared: Path, wallet: Wallet, counter: str, name: str) -> None:
    limits = Limits(lua=LuaLimits(seconds=1.0))
    replay = Replay(Node(wallet, dialect="2025-06", limits=limits), wallet, counter)
    replay.run(shared / "protocol/captures" / f"{name}.json")
    assert replay.seen == FILES[name]
    unknown = [each for each in replay.differing if not each[0].startswith(KNOWN)]
    assert len(unknown) <= 0.02 * replay.seen, unknown


def test_a_wrong_answer_would_be_seen(shared: Path, wallet: Wallet, counter: str) -> None:
    replay = Replay(Node(wallet, dialect="current"), wallet, counter)
    replay.run(shared / "protocol/captures/types_globals_loop.json")
    assert [label.partition(":")[0] for label, _, _ in replay.differing] == ["types2 compute 1"]
