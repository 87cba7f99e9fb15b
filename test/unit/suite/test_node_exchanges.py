"""What a JavaScript suite said to a process and was told, as the preload notes it and the report reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskrunner.suite.nodereport import _exchange

PID = "p" * 43
MESSAGES = {PID: [{"slot": 1, "sender": "me", "data": "", "tags": {"action": "Put", "item": "pen"}}]}


def test_a_scheduled_message_is_what_the_scheduler_keeps() -> None:
    request = {"method": "POST", "path": f"/{PID}/schedule", "status": 200, "process": PID, "kind": "schedule", "at": 1}
    found = _exchange(request, MESSAGES)
    assert found["slot"] == 1
    assert found["sent"]["kind"] == "schedule" and found["sent"]["tags"] == {"action": "Put", "item": "pen"}
    assert found["sent"]["data"] is None and found["sent"]["sender"] == "me"
    assert "kind" not in _exchange(request, {})["sent"]


OUTBOX = [{"data": "1"}]


@pytest.mark.parametrize(
    ("path", "said", "got"),
    [
        ("compute/results/~json@1.0/serialize?slot=1", {"outbox": OUTBOX}, {"outbox": OUTBOX}),
        ("compute/results/outbox/~json@1.0/serialize?slot=1", OUTBOX, {"outbox": OUTBOX}),
        ("compute/~json@1.0/serialize?slot=1", {"results": {"outbox": OUTBOX}}, {"outbox": OUTBOX}),
        ("compute/results/outbox/1/data?slot=1", "1", None),
    ],
)
def test_an_answer_is_read_whichever_part_was_asked_for(path: str, said: Any, got: Any) -> None:
    request = {"method": "GET", "path": f"/{PID}/{path}", "status": 200, "process": PID, "kind": "compute", "at": 1}
    assert _exchange({**request, "got": json.dumps(said)}, {})["got"] == got
    assert _exchange({**request, "got": "no json"}, {})["got"] is None
