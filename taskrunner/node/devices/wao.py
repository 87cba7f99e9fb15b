"""wao@1.0: puts modules and images into the node's cache, where `module` and `image` tags find them by id.

in    POST cache_module  {"type": "application/wasm", "data": BYTES}     out  {"id": "...", "size": 8}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node.devices import Device
from taskrunner.node.results import Failure, Result, ok
from taskrunner.node.values import Message
from taskrunner.wire import unsigned_id

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context


def _cache_module(context: Context, base: Message, request: Message) -> Result:
    data = request.get("data", request.get("body"))
    if not isinstance(data, bytes) or not data:
        failure = Failure("MOD-NODE-MESSAGE", "cache_module needs the bytes of a module in `data`")
        return Result("error", b"No data.", failure)
    kind = request.get("type", b"application/wasm")
    message: Message = {"content-type": kind, "body": data}
    identity = unsigned_id(message)
    context.node.keep(identity, message)
    return ok({"id": identity.encode(), "size": len(data)})


DEVICES = {"wao@1.0": Device("wao@1.0", {"cache_module": _cache_module})}
