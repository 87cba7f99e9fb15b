"""dedup@1.0: in a stack, lets each message through once.

in    {"pass": 1, "dedup": [ID1]}  compute  (a message with the id ID1)   out  status skip
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node.devices import Device
from taskrunner.node.results import Result, ok
from taskrunner.node.values import Message
from taskrunner.wire import message_id

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context


def _any(context: Context, base: Message, key: str, request: Message) -> Result | None:
    if base.get("pass", 1) != 1 or key in ("init", "snapshot", "normalize"):
        return ok(base)
    body = request.get("body")
    subject = body if isinstance(body, dict) else request
    identity = message_id({name: value for name, value in subject.items() if name != "priv"}).encode()
    seen = base.get("dedup", [])
    known = seen if isinstance(seen, list) else []
    if identity in known:
        return Result("skip", base)
    return ok({**base, "dedup": [identity, *known]})


DEVICES = {"dedup@1.0": Device("dedup@1.0", {}, _any)}
