"""`dialect="wao-0.35"` sends what npm wao 0.35.7 sends: every recorded call, made again and compared.

Only what is random may differ: seeds, signatures, the ids made of them, and the boundary and digest over those.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskrunner.client import HB, NodeError, Reply
from taskrunner.client.transport import Headers
from taskrunner.wire import Wallet

PID = "PROCESSIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
MODULE = "MODULEIDBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
SOURCE = "function compute(base, req)\n  return base\nend\n"
TRANSPORT = frozenset(
    {"host", "connection", "accept", "accept-language", "sec-fetch-mode", "user-agent", "accept-encoding"}
    | {"content-length"}
)
CALLS: dict[str, Callable[[HB], Any]] = {
    "init": lambda hb: hb.set_info(),
    "spawn_default": lambda hb: hb.spawn({}),
    "spawn_data": lambda hb: hb.spawn({"data": "multi\nline"}),
    "spawnLegacy": lambda hb: hb.spawn_legacy(),
    "spawnLua": lambda hb: hb.spawn_lua(MODULE),
    "spawnAOS": lambda hb: hb.spawn_aos(MODULE),
    "schedule_min": lambda hb: hb.schedule(PID),
    "schedule_tags_data": lambda hb: hb.schedule(PID, {"Action": "Eval", "Count": 3}, data="return 1"),
    "schedule_nested_map": lambda hb: hb.schedule(PID, {"cfg": {"a": 1, "b": "x"}}),
    "schedule_list_bool_null": lambda hb: hb.schedule(
        PID, {"l": [1, "a"], "b": True, "z": None, "e": "", "el": [], "f": 1.25}
    ),
    "schedule_data_large": lambda hb: hb.schedule(PID, data="x" * 6000),
    "schedule_data_unicode": lambda hb: hb.schedule(PID, data="h\u00e9llo \u2603"),
    "scheduleLua": lambda hb: hb.schedule_lua(PID, data="1+1"),
    "scheduleAOS": lambda hb: hb.schedule_aos(PID, data="1+1"),
    "scheduleFlat": lambda hb: hb.schedule_flat(PID, {"Action": "Inc"}, data="d"),
    "scheduleNP": lambda hb: hb.schedule_np("ledger", {"Action": "x"}),
    "compute": lambda hb: hb.compute(PID, 1),
    "compute_path": lambda hb: hb.compute(PID, 1, "results/x"),
    "computeLua": lambda hb: hb.compute_lua(PID, 1),
    "computeAOS": lambda hb: hb.compute_aos(PID, 1),
    "now": lambda hb: hb.now(PID),
    "now_path": lambda hb: hb.now(PID, "cache/x"),
    "slot": lambda hb: hb.slot(PID),
    "slot_path": lambda hb: hb.slot(PID, "current"),
    "messages": lambda hb: hb.messages(PID, from_=0, to=1),
    "cacheBinary": lambda hb: hb.cache_binary(bytes([0, 97, 115, 109, 1, 0, 0, 0]), "application/wasm"),
    "g": lambda hb: hb.g("/~meta@1.0/info/address"),
    "post": lambda hb: hb.post({"path": "/~message@1.0/x", "x": 1, "y": "z"}),
    "get": lambda hb: hb.get("/~meta@1.0/info", a=1),
    "getJSON": lambda hb: hb.get_json("/~meta@1.0/info"),
    "p": lambda hb: hb.p("/~message@1.0/x", {"x": 1}),
    "postJSON": lambda hb: hb.post_json({"path": "/~message@1.0/x", "x": 1}),
    "p_schedule_device": lambda hb: hb.p(
        "/schedule", {"device": "process@1.0", "type": "Process", "scheduler": hb.operator}
    ),
    "meta_info_post": lambda hb: hb.post({"path": "/~meta@1.0/info", "test": "1"}),
    "commit_post_body": lambda hb: hb.post({"path": "/~message@1.0/x", "body": hb.commit({"a": 1})}),
    "post_body_json": lambda hb: hb.post({"path": "/~mydev@1.0/f", "body": '{"a":[1,2]}'}),
    "post_bin_and_float": lambda hb: hb.post(
        {"path": "/x", "data": b"\x01\x02", "f": 1.5, "t": True, "l": [1, "a"], "m": {"k": "v", "n": 2}}
    ),
    "computeLegacy": lambda hb: hb.compute_legacy(PID, 1),
    "messageAOS": lambda hb: hb.message_aos(PID, data="1"),
    "messageLegacy": lambda hb: hb.message_legacy(PID, data="1"),
    "dryrun": lambda hb: hb.dryrun(PID, "Get"),
    "schedule_data_crlf": lambda hb: hb.schedule(PID, data="a\r\nb: c"),
    "schedule_data_binary": lambda hb: hb.schedule(PID, data=bytes([0, 1, 2, 255])),
    "spawn_inline_lua_module": lambda hb: hb.spawn(
        {
            "execution-device": "lua@5.3a",
            "module": {
                "content-type": "application/lua",
                "body": "function compute(b,r,o)\n b.n=(b.n or 0)+1\n return b\nend\n",
            },
        }
    ),
    "cacheScript": lambda hb: hb.cache_script(SOURCE),
    "cacheScript_buffer": lambda hb: hb.cache_script(SOURCE.encode()),
}


class Recorded:
    """Answers as the recording's server did, and keeps what it was sent."""

    url = "recorded:"

    def __init__(self, requests: list[dict[str, Any]], operator: str) -> None:
        self.answers = {request["url"]: request.get("mock_response") for request in requests}
        self.operator = operator
        self.sent: list[tuple[str, str, dict[str, str], bytes]] = []

    def request(
        self, method: str, path: str, headers: Headers = (), body: bytes = b"", timeout: float | None = None
    ) -> Reply:
        self.sent.append((method, path, dict(headers), body))
        answer = self.answers.get(path)
        if answer is None and path == "/~meta@1.0/info/address":
            return Reply(200, (("ao-result", "body"),), self.operator.encode())
        answer = answer or {"status": 200, "headers": {"slot": "1", "process": PID}, "body": "{}"}
        body_text = answer.get("body") or "{}"
        return Reply(answer["status"], tuple(answer["headers"].items()), str(body_text).encode())


def masked(headers: dict[str, str], body: bytes) -> Any:
    """Headers and body with what is random replaced, parts in one order."""
    text = body.decode("latin-1")
    shown = {name: _mask(value) for name, value in headers.items() if name not in TRANSPORT}
    if "boundary=" in shown.get("content-type", ""):
        shown["content-type"], shown["content-digest"] = "multipart", "digest"
        shown["body-keys"] = ", ".join(sorted(_mask(headers["body-keys"]).split(", ")))
        pieces = re.split(r"\r?\n?--[A-Za-z0-9_-]{43}(?:--)?(?:\r\n)?", text)
        return shown, sorted(_mask(piece) for piece in pieces)
    return shown, text


def _mask(text: str) -> str:
    text = re.sub(r"=:[A-Za-z0-9+/=]{300,}:", "=:SIGNATURE:", text)
    text = re.sub(r"commitments/[A-Za-z0-9_-]{43}", "commitments/ID", text)
    return re.sub(r"random-seed: [A-Za-z0-9+/=]+", "random-seed: SEED", text)


@pytest.mark.parametrize("name", CALLS)
def test_sends_what_was_recorded(shared: Path, name: str) -> None:
    folder = shared / "protocol/vectors"
    recorded = json.loads((folder / "requests" / f"{name}.json").read_text())["requests"]
    wallet = Wallet.from_jwk(json.loads((folder / "test-jwk.json").read_text()), check=False)
    transport = Recorded(recorded, _operator(recorded) or wallet.address)
    hb = HB(jwk=wallet, transport=transport, dialect="wao-0.35")
    if name not in ("init", "spawnLua", "g", "cacheScript", "cacheScript_buffer"):
        hb.set_info()
        transport.sent.clear()
    try:
        CALLS[name](hb)
    except NodeError:
        pass  # the recording's server answered what is of no interest here
    assert len(transport.sent) == len(recorded)
    for wanted, (method, path, headers, body) in zip(recorded, transport.sent, strict=True):
        assert (method, path) == (wanted["method"], wanted["url"])
        raw = wanted["body"] or {}
        expected = base64.b64decode(raw["base64"]) if "base64" in raw else (raw.get("text") or "").encode()
        sent = {key.lower(): value for key, value in wanted["rawHeaders"]}
        assert masked(headers, body) == masked(sent, expected)


def _operator(recorded: list[dict[str, Any]]) -> str:
    for request in recorded:
        for name, value in request["rawHeaders"]:
            if name == "scheduler":
                return str(value)
    return ""
