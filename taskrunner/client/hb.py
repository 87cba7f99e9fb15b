"""`HB`: every call of the JavaScript client's class of that name, in snake case (PROTOCOL §7.1).

    POST /PID/schedule   {"body": {"type": "Message", "target": PID, "action": "Inc", "commitments": {...}}}
    GET  /PID/compute/results/~json@1.0/serialize?slot=1

Calls return plain data. `dialect="wao-0.35"` sends what npm wao 0.35.7 sends, byte for byte; the default follows the
documented tags and signs each message once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from taskrunner.client import tags as standard
from taskrunner.client.connection import JSON, WAO, Connection
from taskrunner.client.errors import NodeError
from taskrunner.client.reading import BAD, checked, failure_of, read, read_json
from taskrunner.client.transport import Answer
from taskrunner.errors import InputError


class HB(Connection):
    """A client of one node, signing with one wallet; see `Connection` for the arguments and the plain requests."""

    # -- spawn

    def spawn(self, tags: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Spawn a process; `{"pid", "slot", "res"}`. Keywords are tags too (`module=ID`, `execution_device=..`)."""
        fields = {**standard.process(self.operator), **_lower(tags), **_keywords(more)}
        fields = {name: value for name, value in fields.items() if value is not None}
        message = {"path": "/~process@1.0/schedule", "scheduler": self.operator, "body": self.commit(fields)}
        res = self.send(message, sign=self.signatures == "both")
        slot = _slot_of(res, "spawn")
        spawned = {"pid": res.headers.get("process"), "slot": slot, "res": res}
        self._tell("spawn", spawned["pid"], fields, res, slot)
        return spawned

    def spawn_lua(
        self, module: str | None = None, tags: Mapping[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Spawn a process of a Lua module (its id; default: `hb.lua`, which is HyperAOS, cached on first use)."""
        if module is None and self.lua is None:
            from taskrunner.client.boot import ours

            self.lua = self.cache_script(ours().source)
        found = module or self.lua or ""
        return self.spawn({**standard.lua(found, self.operator, self.dialect == WAO), **_lower(tags)}, **more)

    def spawn_aos(self, image: str | None = None, tags: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Spawn a process of a wasm image (its id; default: `hb.image`) on the AOS stack."""
        found = image or self.image
        if not found:
            raise InputError("spawn_aos needs the id of an image", code="INPUT-CLIENT", hint="see hb.cache_binary")
        return self.spawn({**standard.aos(found, self.operator, self.dialect == WAO), **_lower(tags)})

    def spawn_legacy(
        self, module: str | None = None, tags: Mapping[str, Any] | None = None, data: Any = None
    ) -> dict[str, Any]:
        """Spawn a process that a legacy compute unit runs."""
        return self.spawn({**standard.legacy(module, self.operator), **_lower(tags), **_data(data)})

    # -- schedule

    def schedule(self, pid: str, tags: Mapping[str, Any] | None = None, data: Any = None) -> dict[str, Any]:
        """Schedule one signed message; `{"slot", "pid", "res"}`."""
        fields = {"type": "Message", "target": pid, **_lower(tags), **_data(data)}
        message = {"path": f"/{pid}/schedule", "body": self.commit(fields)}
        return self._scheduled(pid, fields, self.send(message, sign=self.signatures == "both"))

    def schedule_lua(
        self, pid: str, action: str | None = "Eval", tags: Mapping[str, Any] | None = None, data: Any = None
    ) -> dict[str, Any]:
        """Schedule a message with an Action."""
        return self.schedule(pid, {**_lower(tags), **({"action": action} if action else {})}, data)

    def schedule_aos(self, pid: str, action: str | None = "Eval", **more: Any) -> dict[str, Any]:
        """As `schedule_lua`."""
        return self.schedule_lua(pid, action, **more)

    def schedule_legacy(self, pid: str, action: str | None = "Eval", **more: Any) -> dict[str, Any]:
        """As `schedule_lua`."""
        return self.schedule_lua(pid, action, **more)

    def schedule_flat(self, pid: str, tags: Mapping[str, Any] | None = None, data: Any = None) -> dict[str, Any]:
        """Schedule a message without a commitment of its own: nobody is its sender."""
        fields = {"type": "Message", "target": pid, **_lower(tags), **_data(data)}
        res = self.send({"path": "/~process@1.0/schedule", "body": fields}, sign=self.signatures == "both")
        return self._scheduled(pid, fields, res)

    def schedule_np(self, pid: str, tags: Mapping[str, Any] | None = None, data: Any = None) -> dict[str, Any]:
        """Schedule a message on a process that the node's configuration names (`NAME~node-process@1.0`)."""
        fields = {**_lower(tags), **_data(data)}
        message = {"path": f"/{pid}~node-process@1.0/schedule", "body": self.commit(fields, path=True)}
        return self._scheduled(pid, fields, self.send(message, sign=self.signatures == "both"))

    def _scheduled(self, pid: str, fields: Mapping[str, Any], res: Answer) -> dict[str, Any]:
        slot = _slot_of(res, "schedule")
        self._tell("schedule", pid, fields, res, slot)
        return {"slot": slot, "pid": pid, "res": res}

    # -- ask

    def compute(self, pid: str, slot: int | None = None, path: str = "") -> Any:
        """The state after a slot (default: the latest), or what lies under `path` in it, as JSON data."""
        return self._ask("compute", pid, slot, f"/compute{_path(path)}")

    def compute_lua(self, pid: str, slot: int | None = None) -> Any:
        """The results of a slot as JSON data."""
        return self._ask("compute", pid, slot, "/compute/results")

    def compute_aos(self, pid: str, slot: int | None = None) -> Any:
        """The outbox of a slot as JSON data."""
        return self._ask("compute", pid, slot, "/compute/results/outbox")

    def compute_legacy(self, pid: str, slot: int | None = None) -> Any:
        """The results that a legacy compute unit gave for a slot."""
        return json.loads(self.compute(pid, slot)["results"]["json"]["body"])

    def now(self, pid: str, path: str = "") -> Any:
        """The state after everything scheduled, or what lies under `path` in it, as JSON data."""
        return self._ask("compute", pid, None, f"/now{_path(path)}")

    def slot(self, pid: str, path: str = "") -> Any:
        """What the scheduler says of a process; `hb.slot(pid, "current")["body"]` is its last slot."""
        return self.get_json(f"/{pid}/slot{_path(path)}")

    def messages(self, pid: str, from_: int | None = None, to: int | None = None, **more: Any) -> dict[str, Any]:
        """The messages of slots `from` to `to` as aos-2 JSON; `next()` is there while more pages follow."""
        start = more.get("from", from_)
        limits = {name: value for name, value in (("from", start), ("to", to)) if value is not None}
        query = "".join(f"&{name}={value}" for name, value in limits.items())
        path = f"/~scheduler@1.0/schedule?target={pid}{query}&accept=application/aos-2"
        page: dict[str, Any] = read_json(self._request("GET", path), f"messages of {pid}")
        if page.get("page_info", {}).get("has_next_page") and page.get("edges"):
            after = int(page["edges"][-1]["cursor"]) + 1
            page["next"] = lambda: self.messages(pid, from_=after, to=to)
        return page

    def message(self, pid: str, tags: Mapping[str, Any] | None = None, data: Any = None) -> dict[str, Any]:
        """Schedule, then compute that slot: `{"slot", "pid", "res"}`."""
        slot = self.schedule(pid, tags, data)["slot"]
        return {"slot": slot, "pid": pid, "res": self.compute(pid, slot)}

    def message_aos(self, pid: str, **more: Any) -> dict[str, Any]:
        """Schedule, then read the outbox: `{"slot", "outbox"}`."""
        slot = self.schedule_aos(pid, **more)["slot"]
        return {"slot": slot, "outbox": self.compute_aos(pid, slot)}

    def message_legacy(self, pid: str, **more: Any) -> dict[str, Any]:
        """Schedule, then read the legacy results: `{"slot", "res"}`."""
        slot = self.schedule_legacy(pid, **more)["slot"]
        return {"slot": slot, "res": self.compute_legacy(pid, slot)}

    def _ask(self, kind: str, pid: str, slot: int | None, rest: str) -> Any:
        path = f"/{pid}{rest}{JSON}" + ("" if slot is None else f"?slot={slot}")
        reply = self._request("GET", path)
        at = f"slot {slot} of {pid}" if slot is not None else pid
        self.caught = failure_of(dict(reply.headers)) if reply.status < BAD else None
        try:
            got = read_json(reply, at)
        except NodeError:
            self._tell(kind, pid, {}, read(reply), slot, reply.body.decode("utf-8", "replace"))
            raise
        self._tell(kind, pid, {}, read(reply) if self.listeners else None, slot, got)
        return got

    # -- store

    def cache_script(self, data: str | bytes, type: str = "application/lua") -> str:
        """Put a module's source into the node's cache; its id."""
        if self.cache is None:
            self.cache = str(self.spawn({})["pid"])
        wao = self.dialect == WAO  # asks for every message from there on; and text is not sent as bytes are
        source = data if wao else data.encode() if isinstance(data, str) else bytes(data)
        slot = self.schedule_flat(self.cache, {"content-type": type}, source)["slot"]
        page = self.messages(self.cache, from_=slot, to=None if wao else slot)
        return str(page["edges"][0]["node"]["message"]["Id"])

    def cache_binary(self, data: bytes, type: str = "application/wasm") -> str:
        """Put an image into the node's cache; its id."""
        res = self.send({"path": "/~wao@1.0/cache_module", "data": bytes(data), "type": type})
        return str(_fields(res, "cache_binary")["id"])

    # -- legacy compute units, through the node's relay

    def results(self, process: str, limit: int | None = None, sort: str = "DESC", **more: Any) -> Any:
        """The latest results of a process on the legacy compute unit `hb.cu`."""
        asked = {"limit": limit, "sort": sort, "from": more.get("from_", more.get("from")), "to": more.get("to")}
        query = "&".join(f"{name}={value}" for name, value in asked.items() if value)
        path = f"{self.cu}/results/{process}" + (f"?{query}" if query else "")
        return self._relay({"method": "GET", "relay-path": path})

    def dryrun(
        self, pid: str, action: str | None = None, tags: Mapping[str, Any] | None = None, data: Any = None
    ) -> Any:
        """What a process on the legacy compute unit would answer, without scheduling anything."""
        body: dict[str, Any] = {"Tags": standard.pairs(tags, action), "Owner": self.addr}
        if data:
            body["Data"] = data
        path = f"{self.cu}/dry-run?process-id={pid}"
        return self._relay(
            {"method": "POST", "relay-path": path, "relay-body": json.dumps(body, separators=(",", ":"))}
        )

    def _relay(self, fields: Mapping[str, Any]) -> Any:
        res = self.send({"path": "/~relay@1.0/call", "content-type": "application/json", **fields})
        return json.loads(checked(res, "relay").body)


def _fields(res: Answer, what: str) -> dict[str, Any]:
    """The parsed fields of an answer that must have some. Raises `NodeError` for a bad status."""
    out = checked(res, what).out
    return out if isinstance(out, dict) else {}


def _slot_of(res: Answer, what: str) -> int | None:
    """The slot of an assignment, which travels in a header. Raises `NodeError` for a bad status."""
    digits = checked(res, what).headers.get("slot", "")
    return int(digits) if digits.isdigit() else None


def _path(path: str) -> str:
    return path if not path or path.startswith("/") else f"/{path}"


def _lower(tags: Mapping[str, Any] | None) -> dict[str, Any]:
    """Tags as they travel: names in lower case, so that a default gives way to any spelling."""
    return {name.lower(): value for name, value in (tags or {}).items()}


def _keywords(more: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower().replace("_", "-"): value for name, value in more.items()}


def _data(data: Any) -> dict[str, Any]:
    """The field `data`; empty data is left out, as the JavaScript client does."""
    return {"data": data} if data not in (None, "", b"") else {}
