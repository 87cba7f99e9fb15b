"""json@1.0: messages as JSON text and back.

in    {"count": 1, "ok": true}  serialize    out  {"content-type": "application/json", "body": '{"count":1,"ok":true}'}
in    {"body": '{"a":1}'}       deserialize  out  {"a": 1}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node import jsontext
from taskrunner.node.devices import Device
from taskrunner.node.results import Result, ok
from taskrunner.node.values import Message, public, text

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

_OURS = frozenset({"device", "ao-types"})


def _serialize(context: Context, base: Message, request: Message) -> Result:
    shown = public(base)
    if "ao-result" not in shown:
        shown = {key: value for key, value in shown.items() if key not in _OURS or text(value) != "json@1.0"}
    return ok({"content-type": b"application/json", "body": jsontext.encode(shown)})


def _deserialize(context: Context, base: Message, request: Message) -> Result:
    source = base.get("body", request.get("body", b""))
    value = jsontext.decode(source if isinstance(source, bytes) else b"")
    if value is jsontext.INVALID:
        return Result("error", {"status": 400, "body": b"The body is no JSON."})
    return ok(value)


DEVICES = {"json@1.0": Device("json@1.0", {"serialize": _serialize, "deserialize": _deserialize, "to": _serialize})}
