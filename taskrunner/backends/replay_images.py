"""Replays recorded wasm images: a case is an image, messages, and what outbox and results were after each slot.

{"id": .., "wasm_base64": "..", "messages": [{"action": "A", "tags": {..}, "data": ".."}],
 "results": [{"slot": 0, "outbox": {"status": 200, "results": {..}}, "results": {..}, "outbox_again": {..}}, ..]}
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from taskrunner.backends.cases import placed, same
from taskrunner.client import HB, Reply
from taskrunner.errors import InputError

if TYPE_CHECKING:
    from taskrunner.backends.replay import Tally

READS = (("outbox", "results/outbox"), ("results", "results"), ("outbox_again", "results/outbox"))
REQUEST = frozenset({"connection", "device", "host", "method", "slot", "user-agent", "accept", "accept-encoding"})


def run_image(case: Mapping[str, Any], hb: HB, tally: Tally) -> None:
    """Replay one image; its readings are counted slot by slot, three at most each."""
    _ImageRun(case, hb, tally).go()


def image_of(case: Mapping[str, Any]) -> bytes:
    """The image of a case. Raises InputError."""
    try:
        return base64.b64decode(str(case["wasm_base64"]), validate=True)
    except binascii.Error as error:
        raise InputError(f"the case {case['id']} holds no base64 image", code="INPUT-CASES") from error


class _ImageRun:
    def __init__(self, case: Mapping[str, Any], hb: HB, tally: Tally) -> None:
        self.case, self.hb, self.tally = case, hb, tally
        self.image = hb.cache_binary(image_of(case))
        self.pid = str(hb.spawn_aos(self.image)["pid"])
        self.waiting = list(case["messages"])
        self.scheduled = 0
        self.outcome: list[dict[str, Any]] = []

    def go(self) -> None:
        """Schedule what was scheduled before each reading, then read."""
        for entry in self.case["results"]:
            while self.scheduled < int(entry["slot"]) and self.waiting:
                self._schedule()
            for name, path in READS:
                expected = entry["outbox"] if entry.get(name) == "same" else entry.get(name)
                if isinstance(expected, dict):
                    self._compare(int(entry["slot"]), name, path, expected)
        self.tally.outcomes[str(self.case["id"])] = self.outcome

    def _schedule(self) -> None:
        waits = True
        while waits and self.waiting:
            message = self.waiting.pop(0)
            waits = bool(message.get("wait"))
            tags = {"action": message["action"], **message.get("tags", {})}
            self.hb.schedule(self.pid, tags, message.get("data"))
            self.scheduled += 1

    def _compare(self, slot: int, name: str, path: str, expected: Mapping[str, Any]) -> None:
        from taskrunner.backends.replay import Miss

        url = f"/{self.pid}/compute/{path}/~json@1.0/serialize?slot={slot}"
        reply: Reply = self.hb.transport.request("GET", url)
        got = self._entry(reply)
        good = _agrees(expected, got, reply)
        counts = self.tally.by_category.setdefault(str(self.case.get("category", "")), [0, 0])
        counts[0] += 1
        counts[1] += good
        self.tally.slots += 1
        self.tally.same += good
        self.outcome.append({"slot": slot, "reading": name, "same": good, **got})
        if not good:
            self.tally.misses.append(Miss(str(self.case["id"]), slot, name, dict(expected), got))

    def _entry(self, reply: Reply) -> dict[str, Any]:
        text = reply.body.decode("utf-8", "replace")
        if reply.status != 200:
            return {"status": reply.status, "core": text[-400:]}
        value = json.loads(text)
        if isinstance(value, dict):
            value = {key: item for key, item in value.items() if key not in REQUEST or not isinstance(item, str)}
        return {"status": 200, "results": placed(value, {self.image.lower(): "<image>"})}


def _agrees(expected: Mapping[str, Any], got: Mapping[str, Any], reply: Reply) -> bool:
    if expected["status"] != got["status"]:
        return False
    if expected["status"] == 200:
        return same(placed(expected["results"], {}), got["results"])
    error = expected["error"]
    text = reply.body.decode("utf-8", "replace")
    if "inside" in error:
        return all(str(value).strip('"') in text for value in error["inside"].values())
    return bool(error["body"] == text)
