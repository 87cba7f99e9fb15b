"""Every recorded wasm image on the embedded node: each slot answers what a real node answered (aos-NOTES)."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from taskrunner.backends.inprocess import InProcess
from taskrunner.client import HB
from taskrunner.node import Node
from taskrunner.wire import Wallet

IDENTITY = re.compile(r"(?<=\")[A-Za-z0-9_-]{43}(?=[\"/])")
READS = (("outbox", "results/outbox"), ("results", "results"), ("outbox_again", "results/outbox"))


class Replay:
    """Sends a case's messages as they were sent, and compares each recorded read."""

    def __init__(self, case: dict[str, Any], wallet: Wallet) -> None:
        self.case = case
        self.transport = InProcess(Node(wallet, dialect="2025-06"))
        self.hb = HB(transport=self.transport, jwk=wallet)
        self.image = self.hb.cache_binary(base64.b64decode(case["wasm_base64"]))
        self.pid = self.hb.spawn_aos(self.image)["pid"]
        self.waiting = list(case["messages"])
        self.scheduled = 0
        self.reads = 0

    def run(self) -> list[str]:
        wrong = []
        for slot in self.case["results"]:
            while self.scheduled < slot["slot"]:
                self._schedule()
            for name, path in READS:
                expected = slot["outbox"] if slot.get(name) == "same" else slot.get(name)
                if expected:
                    self.reads += 1
                    found = self._read(slot["slot"], path)
                    if found != _expected(expected):
                        wrong.append(f"slot {slot['slot']} {name}: {_expected(expected)} but {found}")
        return wrong

    def _schedule(self) -> None:
        waits = True
        while waits and self.waiting:
            message = self.waiting.pop(0)
            waits = message.get("wait", False)
            self.hb.schedule(self.pid, {"action": message["action"], **message.get("tags", {})}, message.get("data"))
            self.scheduled += 1

    def _read(self, slot: int, path: str) -> tuple[int, str]:
        reply = self.transport.request("GET", f"/{self.pid}/compute/{path}/~json@1.0/serialize?slot={slot}")
        text = reply.body.decode()
        if reply.status != 200:
            return reply.status, _essence(text)
        shown = json.dumps(json.loads(text), sort_keys=True).replace(self.image, "<image>")
        return 200, IDENTITY.sub("<id>", shown)


def _expected(recorded: dict[str, Any]) -> tuple[int, str]:
    if recorded["status"] == 200:
        return 200, json.dumps(recorded["results"], sort_keys=True)
    error = recorded["error"]
    if "inside" in error:
        return recorded["status"], " ".join(sorted(value.strip('"') for value in error["inside"].values()))
    return recorded["status"], error["body"]


def _essence(body: str) -> str:
    """A long error is known by what lies inside: the text for the caller and the image's own outcome."""
    if "{device_failed," not in body:
        return body
    text = re.search(r'<<"body">> =>\s*<<"([^"]*)">>', body)
    output = re.findall(r'<<"output">> =>\s*("[^"]*"|\[\d+\])', body)
    assert text and output, body
    return " ".join(sorted([text[1], output[-1].strip('"')]))


def _cases() -> list[Any]:
    path = Path(__file__).resolve().parents[3] / "shared" / "battery" / "wasm-images.json"
    cases = json.loads(path.read_text())["cases"] if path.is_file() else []
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.fixture(scope="module")
def wallet() -> Wallet:
    return Wallet.generate(2048)


@pytest.mark.parametrize("case", _cases())
def test_every_slot_answers_as_recorded(case: dict[str, Any], wallet: Wallet) -> None:
    replay = Replay(case, wallet)
    assert replay.run() == []
    assert replay.reads > 0


def test_the_recorded_cases_are_there(shared: Path) -> None:
    assert len(_cases()) == len(json.loads((shared / "battery" / "wasm-images.json").read_text())["cases"]) > 40
