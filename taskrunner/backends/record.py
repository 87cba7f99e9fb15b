"""Makes cases out of what clients do: modules, messages and answers, in the form that `replay` runs.

A `Recorder` hears exchanges, from a tape or a transport; each process of a Lua module or a wasm image becomes one case.
Wallets and ids become placeholders, so that the file holds no secret and runs anywhere.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taskrunner.backends.cases import entry_of, placed, same_entry
from taskrunner.client import Reply, Transport
from taskrunner.client.reading import plain
from taskrunner.client.transport import Headers
from taskrunner.errors import EnvironmentFault
from taskrunner.wire import WireError, canonical_id, httpsig, structured
from taskrunner.wire.commitments import rsa_commitments

_READ = re.compile(r"/([A-Za-z0-9_-]{43})/compute/([^?~]+)/~json@1\.0/serialize\?slot=(\d+)\Z")
_NOW = re.compile(r"/([A-Za-z0-9_-]{43})/now/([^?~]+)/~json@1\.0/serialize\Z")
_PUSH = re.compile(r"/([A-Za-z0-9_-]{43})(/push\?slot=\d+)\Z")
_IMAGE = "/~wao@1.0/cache_module"
_OF_THE_NODE = frozenset({"device", "type", "scheduler", "random-seed", "commitments", "content-digest"})
_STANDARD = _OF_THE_NODE | {
    *("execution-device", "module", "image", "data-protocol", "variant", "push-device", "patch-from"),
    *("device-stack", "output-prefix", "patch-mode", "passes", "authority"),
}

Exchange = tuple[str, str, Headers, bytes, Reply]


@dataclass(slots=True)
class _Process:
    """What happened to one process. `pushed`: others wrote to it, so that replaying its own messages is not enough."""

    what: dict[str, str]
    spawn: dict[str, Any]
    messages: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    again: list[dict[str, Any]] = field(default_factory=list)
    slot: int = 0
    pushed: bool = False


class Recorder:
    """Collects cases; `save` writes them. One recorder may listen on several transports."""

    def __init__(self, category: str = "recorded") -> None:
        self.category = category
        self._sources: dict[str, dict[str, str]] = {}
        self._processes: dict[str, _Process] = {}
        self._names: dict[str, str] = {}
        self._senders: list[str] = []

    def listen(self, transport: Transport) -> Transport:
        """A transport that does what `transport` does, and is heard."""
        return _Heard(transport, self)

    def hear(self, tape: Iterable[Exchange]) -> Recorder:
        """Take note of everything on a tape."""
        for exchange in tape:
            self.heard(*exchange)
        return self

    def heard(self, method: str, path: str, headers: Headers, body: bytes, reply: Reply) -> None:
        """Take note of one request and its answer."""
        if method == "POST" and path == _IMAGE:
            self._cached(headers, body, reply)
        elif method == "POST" and path.endswith("/schedule"):
            self._posted(headers, body, reply)
        elif reply.body.startswith(b'{"edges"'):
            self._listed(reply)
        elif path == "/~meta@1.0/info/address" and reply.status == 200:
            self._names.setdefault(canonical_id(reply.body.decode("latin-1")), "<operator>")
        elif (match := _READ.match(path)) is not None:
            self._read(match[1], match[2], int(match[3]), reply)
        elif (match := _NOW.match(path)) is not None:
            self._read(match[1], match[2], None, reply)
        elif (match := _PUSH.match(path)) is not None:
            self._asked(match[1], match[2])

    @property
    def left_out(self) -> int:
        """Processes that are no case, because other processes wrote to them."""
        return sum(process.pushed for process in self._processes.values())

    def cases(self) -> list[dict[str, Any]]:
        """The cases so far; processes whose module was not seen are left out."""
        made = []
        kept = [process for process in self._processes.values() if not process.pushed]
        for number, process in enumerate(kept, 1):
            case: dict[str, Any] = {"id": f"{self.category}-{number}", "category": self.category}
            case |= {**process.what, "messages": process.messages, "results": process.entries}
            case |= {"lazy": "not run", "spawn": process.spawn}
            tags = {name: value for name, value in process.spawn.items() if name not in _STANDARD}
            if tags:
                case["spawn_tags"] = tags
            if process.again:
                case["second_read"] = {"others_differ": process.again}
            made.append(case)
        return made

    def save(self, file: Path) -> int:
        """Add the cases to a file (a JSON list); their number. Raises `EnvironmentFault`."""
        try:
            earlier = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
            cases = [*earlier, *self.cases()]
            for number, case in enumerate(cases, 1):
                case["id"] = f"{case['category']}-{number}"
            temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
            temporary.write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            temporary.replace(file)
        except (OSError, ValueError) as error:
            raise EnvironmentFault(f"the recording {file} cannot be written: {error}", code="ENV-RECORD") from error
        return len(self.cases())

    # -- what requests mean

    def _posted(self, headers: Headers, body: bytes, reply: Reply) -> None:
        try:
            pairs = [(name, value.encode("latin-1")) for name, value in headers]
            inner = httpsig.decode_structured(pairs, body).get("body")
            if not isinstance(inner, dict):
                return
            fields: dict[str, Any] = structured.decode(inner)
            signers = [each.committer for each in rsa_commitments(inner)]
        except WireError:
            return
        kind = plain(fields.get("type"))
        self._known(signers)
        if kind == "Process" and reply.status == 200:
            self._spawned(fields, reply.header("process"))
        elif kind == "Message":
            self._scheduled(fields, signers, reply)

    def _cached(self, headers: Headers, body: bytes, reply: Reply) -> None:
        identity = reply.header("id")
        if reply.status == 200 and identity:
            self._sources[canonical_id(identity)] = {"wasm_base64": base64.b64encode(body).decode()}

    def _spawned(self, fields: Mapping[str, Any], pid: str) -> None:
        source, module = self._source_of(fields)
        if source is None:
            return
        self._names[canonical_id(pid)] = "<pid>"
        self._names[canonical_id(module)] = "<module>"
        spawn = {key: plain(value) for key, value in fields.items() if key not in _OF_THE_NODE}
        self._processes[canonical_id(pid)] = _Process(source, placed(spawn, self._names))

    def _source_of(self, fields: Mapping[str, Any]) -> tuple[dict[str, str] | None, str]:
        for name in ("module", "image"):
            module = str(plain(fields.get(name, b"")))
            if canonical_id(module) in self._sources:
                return self._sources[canonical_id(module)], module
        return None, ""

    def _scheduled(self, fields: Mapping[str, Any], signers: list[str], reply: Reply) -> None:
        process = self._processes.get(canonical_id(str(plain(fields.get("target", b"")))))
        if process is None:
            return
        skipped = ("type", "target", "action", "data", "commitments", "content-digest")
        tags = {key: plain(value) for key, value in fields.items() if key not in skipped}
        message = {"action": plain(fields.get("action")), "tags": tags, "data": plain(fields.get("data"))}
        message = {name: placed(value, self._known(signers)) for name, value in message.items() if value}
        if signers and self._number(signers[0]) > 1:
            message["wallet"] = 2
        entry: dict[str, Any] = {"message": len(process.messages)}
        if reply.status == 200:
            slot = int(reply.header("slot"))
            process.pushed |= slot != process.slot + 1
            process.slot = slot
            entry |= {"slot": slot, "unread": True}
        else:
            entry["schedule_error"] = f"{reply.status}: {reply.body.decode('utf-8', 'replace')}"
        process.messages.append(message)
        process.entries.append(entry)

    def _asked(self, pid: str, path: str) -> None:
        """A request that changes what follows, and whose answer is not compared."""
        process = self._processes.get(canonical_id(pid))
        if process is not None:
            process.entries.append({"message": len(process.messages), "unread": True})
            process.messages.append({"do": "get", "path": f"/<pid>{path}"})

    def _read(self, pid: str, path: str, slot: int | None, reply: Reply) -> None:
        process = self._processes.get(canonical_id(pid))
        if process is None:
            return
        slot = process.slot if slot is None else slot
        got = entry_of(slot, reply, self._names)
        if path != "results":
            got["path"] = path
        entry = next((each for each in process.entries if each.get("slot") == slot), None)
        if entry is None and slot == 0 and not process.messages:
            process.entries.insert(0, got)
        elif entry is not None and entry.get("unread") and entry is process.entries[-1]:
            del entry["unread"]
            entry |= got
        elif entry is None or entry.get("unread") or not _same_reading(entry, got):
            process.again.append(got)

    def _listed(self, reply: Reply) -> None:
        for edge in json.loads(reply.body)["edges"]:
            message = edge["node"]["message"]
            self._sources[canonical_id(message["Id"])] = {"module": message["Data"]}

    def _known(self, signers: list[str]) -> dict[str, str]:
        for signer in signers:
            self._number(signer)
        return self._names

    def _number(self, signer: str) -> int:
        if signer not in self._senders:
            self._senders.append(signer)
            number = len(self._senders)
            self._names[canonical_id(signer)] = "<sender>" if number == 1 else f"<sender{number}>"
        return self._senders.index(signer) + 1


def _same_reading(entry: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    return entry.get("path") == got.get("path") and same_entry(entry, got)


class _Heard:
    """A transport whose exchanges a recorder hears."""

    def __init__(self, transport: Transport, recorder: Recorder) -> None:
        self._transport = transport
        self._recorder = recorder
        self.url = getattr(transport, "url", "")

    def request(
        self, method: str, path: str, headers: Headers = (), body: bytes = b"", timeout: float | None = None
    ) -> Reply:
        """As the transport itself."""
        reply = self._transport.request(method, path, headers, body, timeout)
        self._recorder.heard(method, path, headers, body, reply)
        return reply

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
