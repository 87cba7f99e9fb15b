"""What answers: the embedded node, which speaks HyperBEAM's protocol as a real node did (PROTOCOL, NODE.md).

    node = Node(Wallet.generate(2048))
    response = node.handle(Request("GET", "/~meta@1.0/info/address"))     # signed, as over HTTP
    response = node.answer(request, sign=False)                           # as in process

No sockets here: `backends` puts HTTP around `handle`. Knows the wire, Lua and wasm, and no client and no workspace.
A Node may be used from several threads: one process computes one slot at a time, other processes do not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner.node.exchange import Request, Response
    from taskrunner.node.limits import Limits
    from taskrunner.node.node import DIALECTS, Node
    from taskrunner.node.reports import SlotReport
    from taskrunner.node.store import DiskStore, MemoryStore, Store

__all__ = ["DIALECTS", "DiskStore", "Limits", "MemoryStore", "Node", "Request", "Response", "SlotReport", "Store"]

_HOMES = {
    "DIALECTS": "node",
    "Node": "node",
    "Limits": "limits",
    "Request": "exchange",
    "Response": "exchange",
    "SlotReport": "reports",
    "Store": "store",
    "MemoryStore": "store",
    "DiskStore": "store",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
