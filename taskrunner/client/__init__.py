"""What asks: the SDK that suites and users write against, over any transport. Knows the wire, and no node.

    hb = HB(url="http://localhost:10001", jwk=wallet)
    pid = hb.spawn({"execution-device": "lua@5.3a", "module": hb.cache_script(source)})["pid"]
    slot = hb.schedule_lua(pid=pid, action="Inc")["slot"]
    hb.compute_lua(pid=pid, slot=slot)["outbox"]

Names are the JavaScript client's in snake case (PROTOCOL §7.1). Failed requests raise `NodeError`; a node that cannot
be reached is an `EnvironmentFault`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner.client.ao import AO
    from taskrunner.client.errors import NodeError, ProcessError
    from taskrunner.client.fields import find
    from taskrunner.client.hb import HB
    from taskrunner.client.http import HttpTransport
    from taskrunner.client.process import Process
    from taskrunner.client.transport import Answer, Reply, Transport

__all__ = ["AO", "HB", "Answer", "HttpTransport", "NodeError", "Process", "ProcessError", "Reply", "Transport", "find"]

_HOMES = {
    "AO": "ao",
    "Process": "process",
    "ProcessError": "errors",
    "HB": "hb",
    "HttpTransport": "http",
    "NodeError": "errors",
    "Answer": "transport",
    "Reply": "transport",
    "Transport": "transport",
    "find": "fields",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
