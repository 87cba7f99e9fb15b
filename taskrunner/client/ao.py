"""Handles in the manner of the JavaScript client's AO class: a process that is sent messages and read from.

ao = AO(hb)
counter = ao.deploy(source)              # cache, spawn
counter.msg("Inc", {"Amount": "5"})      # schedule, compute, push what it sent: the results
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskrunner.client.fields import find
from taskrunner.client.hb import HB


class AO:
    """Deploys modules and hands out their processes; everything is signed by the wallet of `hb`."""

    def __init__(self, hb: HB) -> None:
        self.hb = hb

    def deploy(self, source: str | bytes, tags: Mapping[str, Any] | None = None) -> Process:
        """Cache a Lua module and spawn a process of it."""
        return self.spawn(self.hb.cache_script(source), tags)

    def spawn(self, module: str, tags: Mapping[str, Any] | None = None) -> Process:
        """Spawn a process of a cached Lua module."""
        return Process(self.hb, str(self.hb.spawn_lua(module, tags)["pid"]))

    def process(self, pid: str) -> Process:
        """The handle of a process that exists."""
        return Process(self.hb, pid)


class Process:
    """One process; `id` is its id, `slot` the last slot that this handle scheduled."""

    def __init__(self, hb: HB, pid: str) -> None:
        self.hb = hb
        self.id = pid
        self.slot: int | None = None

    def send(self, action: str, tags: Mapping[str, Any] | None = None, data: Any = None) -> int:
        """Schedule a message; its slot."""
        self.slot = int(self.hb.schedule_lua(self.id, action, tags, data)["slot"])
        return self.slot

    def msg(self, action: str, tags: Mapping[str, Any] | None = None, data: Any = None, *, push: bool = True) -> Any:
        """Schedule a message, compute its slot, and deliver what it sent to processes; the results of the slot."""
        slot = self.send(action, tags, data)
        results = self.hb.compute_lua(self.id, slot)
        if push and find(results, "outbox"):
            self.hb.get_text(f"/{self.id}/push", slot=slot)
        return results

    def results(self, slot: int | None = None) -> Any:
        """The results of a slot (default: the latest)."""
        return self.hb.compute_lua(self.id, slot)

    def var(self, path: str) -> Any:
        """What lies under a path of the latest state, for example `count`."""
        got = self.hb.now(self.id, path)
        return got["body"] if isinstance(got, dict) and got.get("ao-result") == "body" else got

    def __repr__(self) -> str:
        return f"<process {self.id}>"
