"""cache@1.0: reads stored messages, and stores them for writers that may.

in    GET read   {"target": ID}                                  out  the message
in    GET read   {"target": ID, "accept": "application/aos-2"}   out  its JSON in the form of legacy nodes
in    POST write {"body": {...}} signed by the operator          out  {"path": ID}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node import aos2, jsontext
from taskrunner.node.devices import Device
from taskrunner.node.results import Failure, Result, not_found, ok
from taskrunner.node.values import Message, text
from taskrunner.wire import VerificationError, message_id, structured, verify_message

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context


def _read(context: Context, base: Message, request: Message) -> Result:
    identity = text(request.get("target") or request.get("read"))
    message = context.node.find(identity)
    if message is None:
        return not_found()
    if text(request.get("accept")) == "application/aos-2":
        return ok({"content-type": b"application/json", "body": jsontext.encode(aos2.legacy(message, identity))})
    return ok(message)


def _write(context: Context, base: Message, request: Message) -> Result:
    if not _may_write(context):
        failure = Failure("MOD-NODE-UNAUTHORIZED", "only the operator may write into the cache")
        return Result("error", {"status": 403, "body": b"Not authorized to write to the cache."}, failure)
    message = context.structured.get("body")
    stored: Message = structured.decode(message) if isinstance(message, dict) else {"body": message or b""}
    identity = message_id(stored)
    context.node.keep(identity, stored)
    return ok({"status": 200, "path": identity.encode()})


def _may_write(context: Context) -> bool:
    try:
        return context.node.address in verify_message(context.structured)
    except VerificationError:
        return False


DEVICES = {"cache@1.0": Device("cache@1.0", {"read": _read, "write": _write})}
