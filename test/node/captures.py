"""Replays captured exchanges of a real node against ours: same requests, fresh keys and ids, answers compared.

Recorded messages are taken apart, their ids replaced by those of this run, and signed anew; a message whose recorded
signature does not hold is spoilt again after signing. Some exchanges were not kept: what they must have done is done
here first (a process spawned, a module cached, slots filled), so that the others meet the state that they met then.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taskrunner.backends.cases import _AFTER_COMMA, core, placed
from taskrunner.backends.inprocess import InProcess
from taskrunner.client import HB, Reply
from taskrunner.node import Node, Request
from taskrunner.wire import (
    Wallet,
    WireError,
    canonical_id,
    commit,
    httpsig,
    make_request,
    structured,
    verify_message,
)

_ID = re.compile(rb"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
_REQUEST = frozenset(
    {"accept", "accept-encoding", "accept-language", "connection", "content-length", "device", "host", "method"}
    | {"sec-fetch-mode", "slot", "user-agent"}
)


@dataclass
class Replay:
    """One file of captures against one node; `seen` and `differing` are labels with what was expected and what came."""

    node: Node
    wallet: Wallet
    counter: str
    ids: dict[str, bytes] = field(default_factory=dict)
    last_module: str = ""
    seen: int = 0
    errors: int = 0
    differing: list[tuple[str, Any, Any]] = field(default_factory=list)

    def run(self, file: Path) -> None:
        for entry in json.loads(file.read_text()):
            self._one(entry)

    def _one(self, entry: dict[str, Any]) -> None:
        recorded = entry["response"]
        self._prepare(entry["request"], _as_reply(recorded))
        request = self._request(entry["request"])
        got = self.node.answer(request, sign=False)
        reply = Reply(got.status, got.headers, got.body)
        expected = _as_reply(recorded)
        self._learn(expected, reply)
        names = {canonical_id(old): "<known>" for old in self.ids}
        names |= {canonical_id(new.decode()): "<known>" for new in self.ids.values()}
        wanted, came = _summary(expected, names), _summary(reply, names)
        self.seen += 1
        self.errors += expected.status >= 400
        if wanted != came:
            self.differing.append((f"{entry['label']}: {request.method} {request.path}", wanted, came))

    # -- what exchanges that were not kept must have done

    def _prepare(self, request: dict[str, Any], expected: Reply) -> None:
        for old in self._unknown_ids(request):
            if request["method"] == "POST" and "module: " + old in _bytes(request.get("body")).decode("latin-1"):
                self.ids[canonical_id(old)] = self.cache(self.counter).encode()
        target = self._target(request)
        if not target or _is_made_up(target):
            return
        if canonical_id(target) not in self.ids:
            lua = "/schedule" not in request["path"].replace("/~process@1.0/schedule", "") or "~" not in request["path"]
            self.ids[canonical_id(target)] = self._spawn(lua and "~scheduler" not in request["path"]).encode()
        pid = self.ids[canonical_id(target)].decode()
        wanted = re.search(r"compute/.*[?&]slot=(\d+)", request["path"])
        last = int(wanted[1]) if wanted else int(expected.header("slot") or 0) - 1
        if re.search(r"from=(\d+)", request["path"]):
            last = int(re.findall(r"from=(\d+)", request["path"])[0])
        if expected.status != 500 or "badmatch,{undefined" not in expected.body.decode("latin-1"):
            self._fill(pid, last)

    def _unknown_ids(self, request: dict[str, Any]) -> list[str]:
        found = [old.decode() for old in _ID.findall(_bytes(request.get("body")))]
        return [old for old in found if canonical_id(old) not in self.ids and not _is_made_up(old)]

    def _target(self, request: dict[str, Any]) -> str:
        path = request["path"]
        match = re.match(r"/([A-Za-z0-9_-]{43})(?:~|/)", path) or re.search(r"target=([A-Za-z0-9_-]{43})", path)
        if match is not None:
            return match[1]
        body = re.search(rb"\r\ntarget: ([A-Za-z0-9_-]{43})\r\n", _bytes(request.get("body")))
        return body[1].decode() if body else ""

    def _hb(self) -> HB:
        return HB(jwk=self.wallet, transport=InProcess(self.node))

    def cache(self, source: str) -> str:
        return self._hb().cache_script(source)

    def _spawn(self, lua: bool) -> str:
        hb = self._hb()
        if not lua:
            return str(hb.spawn({})["pid"])
        return str(hb.spawn_lua(self.last_module or self.cache(self.counter))["pid"])

    def _fill(self, pid: str, last: int) -> None:
        process = self.node.processes.get(pid)
        while process is not None and process.current < min(last, 50):
            self._hb().schedule_lua(pid, "Inc")

    def _learn(self, expected: Reply, reply: Reply) -> None:
        """Which id of the recording is which of ours: processes, cached modules, the operator."""
        for name in ("process", "id"):
            old, new = expected.header(name), reply.header(name)
            if old and new:
                self.ids.setdefault(canonical_id(old), new.encode())
        if expected.status == reply.status == 200 and len(expected.body) == len(reply.body) == 43:
            self.ids.setdefault(canonical_id(expected.body.decode()), reply.body)
        for old, new in zip(_message_ids(expected), _message_ids(reply), strict=False):
            self.ids.setdefault(canonical_id(old), new.encode())
            self.last_module = new

    def _renamed(self, data: bytes) -> bytes:
        return _ID.sub(lambda match: self.ids.get(canonical_id(match[0].decode()), match[0]), data)

    def _request(self, recorded: dict[str, Any]) -> Request:
        headers = [(name.lower(), self._renamed(value.encode("latin-1"))) for name, value in recorded["rawHeaders"]]
        path = self._renamed(recorded["path"].encode()).decode()
        body = _bytes(recorded.get("body"))
        plain = tuple((name, value.decode("latin-1")) for name, value in headers)
        if recorded["method"] != "POST":
            return Request(recorded["method"], path, plain, body)
        original = [(name.lower(), value.encode("latin-1")) for name, value in recorded["rawHeaders"]]
        try:
            message = httpsig.decode_structured(original, body)
        except WireError:
            return Request("POST", path, plain, self._renamed(body))
        if "signature" not in dict(headers) and not isinstance(message.get("body"), dict):
            return Request("POST", path, plain, self._renamed(body))
        return self._signed(path, message, original, body)

    def _signed(self, path: str, message: Any, headers: list[tuple[str, bytes]], body: bytes) -> Request:
        fields = {key: self._deep(value) for key, value in message.items() if not _is_transport(key)}
        inner = message.get("body")
        if isinstance(inner, dict):
            fields["body"] = self._inner(inner, broken=_is_broken(inner) or _digest_is_broken(headers, body))
        outer = self.wallet if "commitments" in message else None
        made = make_request({**structured.decode(fields), "path": path, "body": fields.get("body", b"")}, outer)
        if "body" not in fields:
            made = make_request({**structured.decode(fields), "path": path}, outer)
        extra = [(name, value) for name, value in headers if name == "slot"]
        sent = tuple((name, value.decode("latin-1")) for name, value in (*made.http.headers, *extra))
        return Request("POST", path, sent, made.http.body)

    def _inner(self, inner: dict[str, Any], *, broken: bool) -> Any:
        commitments = inner.get("commitments")
        fields = self._deep(
            {key: value for key, value in inner.items() if key not in ("commitments", "content-digest")}
        )
        if not commitments:
            return fields
        signed: dict[str, Any] = dict(commit(structured.decode(fields), self.wallet))
        if broken:
            signed["action"] = b"Changed-Afterwards"
        return signed

    def _deep(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._renamed(key.encode()).decode(): self._deep(item) for key, item in value.items()}
        return self._renamed(value) if isinstance(value, bytes) else value


def _is_made_up(identity: str) -> bool:
    """Ids of one letter were meant to be unknown."""
    return len(set(identity)) == 1


def _is_transport(key: str) -> bool:
    return key in _REQUEST or key in ("commitments", "path", "content-type")


def _is_broken(inner: dict[str, Any]) -> bool:
    try:
        verify_message(inner)
    except WireError:
        return True
    return False


def _digest_is_broken(headers: list[tuple[str, bytes]], body: bytes) -> bool:
    found = dict(headers)
    return "content-digest" in found and found["content-digest"] != httpsig.digest_header(body)


def _as_reply(recorded: dict[str, Any]) -> Reply:
    headers = tuple((name.lower(), value) for name, value in recorded["rawHeaders"])
    return Reply(recorded["status"], headers, _bytes(recorded.get("body")))


def _bytes(body: dict[str, Any] | None) -> bytes:
    if not body:
        return b""
    return base64.b64decode(body["base64"]) if "base64" in body else body.get("text", "").encode()


def _message_ids(reply: Reply) -> list[str]:
    if not reply.body.startswith(b'{"edges"'):
        return []
    return [edge["node"]["message"]["Id"] for edge in json.loads(reply.body)["edges"]]


def _summary(reply: Reply, names: dict[str, str]) -> Any:
    """Status, and what is comparable of the body."""
    text = reply.body.decode("utf-8", "replace")
    if reply.status >= 400:
        return reply.status, _AFTER_COMMA.sub(",", placed(core(reply), names).replace("<id>", "<known>"))[:90]
    if text.startswith('{"edges"'):
        return reply.status, [edge["cursor"] for edge in json.loads(text)["edges"]]
    if reply.header("content-type") == "application/json":
        value = json.loads(text)
        kept = {key: item for key, item in value.items() if key not in _REQUEST} if isinstance(value, dict) else value
        return reply.status, placed(_vague(kept), names)
    if reply.header("slot"):
        return reply.status, reply.header("slot")
    if "multipart" in reply.header("content-type") or reply.header("ao-result") != "body":
        return (reply.status,)
    return reply.status, placed(text, names)


def _vague(value: Any) -> Any:
    """Texts without signatures and seeds, which differ in every run."""
    if isinstance(value, dict):
        return {key: _vague(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_vague(item) for item in value]
    if not isinstance(value, str):
        return value
    value = re.sub(r":[A-Za-z0-9+/=]{80,}:", ":S:", value)
    value = re.sub(r'keyid="[^"]*"', "keyid", value)
    return re.sub(r"random-seed=string:[^;}]*", "seed", value)
