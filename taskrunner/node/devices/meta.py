"""meta@1.0: what the node says of itself; only its operator changes settings.

in    GET /~meta@1.0/info/address                          out  the operator's 43-character address
in    POST /~meta@1.0/info  {"greeting": "hi"}  (operator) out  ok, and `info` shows it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node.devices import Device
from taskrunner.node.results import Result, ok
from taskrunner.node.values import Message, text
from taskrunner.wire import VerificationError, verify_message

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

_REQUEST = frozenset({"path", "method", "commitments", "device", "ao-types"})


def _info(context: Context, base: Message, request: Message) -> Result:
    if text(request.get("method")).upper() != "POST":
        return ok(context.node.info())
    if not _is_operator(context):
        return Result("error", b"Unauthorized")
    changes = {key: value for key, value in context.fields.items() if key not in _REQUEST}
    context.node.settings.update(changes)
    return ok(b"OK")


def _is_operator(context: Context) -> bool:
    try:
        return context.node.address in verify_message(context.structured)
    except VerificationError:
        return False


DEVICES = {"meta@1.0": Device("meta@1.0", {"info": _info}, lambda context, base, key, request: None)}
