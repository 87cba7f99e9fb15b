"""scheduler@1.0: puts messages into order, and tells the order.

in    POST schedule  {"body": {"type": "Message", "target": PID, "action": "Inc", "commitments": {...}}}
out   {"process": PID, "slot": 1, "epoch": "0", "hash-chain": "...", "body": {...}, "commitments": {...}}
in    GET schedule   {"target": PID, "from": 0, "accept": "application/aos-2"}
out   {"page_info": {...}, "edges": [...]} as JSON
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node import aos2, scheduling
from taskrunner.node.devices import Device
from taskrunner.node.processes import Process
from taskrunner.node.results import Failure, Oops, Refusal, Result, ok
from taskrunner.node.values import Definition, Message, text
from taskrunner.wire import message_id

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

AOS2 = "application/aos-2"


def _schedule(context: Context, base: Message, request: Message) -> Result:
    if text(request.get("method"), "GET").upper() != "POST":
        return _listing(context, base, request)
    process = _process(context, base, {})
    if isinstance(context.structured.get("body"), bytes) and "body" in request:
        where = "fun dev_process:schedule/3"
        raise Oops("{bad_generator,not_found}", where, failure=Failure("MOD-NODE-MESSAGE", "the body is no message"))
    message = context.structured.get("body")
    if not isinstance(message, dict):
        message = _bare(context)
    return ok(scheduling.accept(context.node, message, process.id if process else ""))


def _bare(context: Context) -> Message:
    """A request that is itself the message: signed it does not verify on its own, unsigned it says nothing."""
    if context.structured.get("commitments"):
        body: Message = {"status": 400, "body": b"Message is not valid.", "reason": scheduling.INVALID.encode()}
        words = "the signature covers the request, not the message; commit the message and send it as `body`"
        raise Refusal(Result("error", body, Failure("MOD-NODE-SIGNATURE", words)))
    if text(context.fields.get("type")) == "Process":
        raise Refusal(Result("error", scheduling.NO_SCHEDULER.encode()))
    return scheduling.uncommitted()


def _slot(context: Context, base: Message, request: Message) -> Result:
    process = _process(context, base, request)
    if process is None:
        return Result("not_found", {"body": scheduling.NOT_KNOWN})
    return ok(
        {
            "process": process.id.encode(),
            "current": process.current,
            "timestamp": int(context.node.clock() * 1000),
            "block-height": 0,
            "block-hash": scheduling.ZERO_HASH,
            "cache-control": b"no-store",
            "wallet-address": context.node.address.encode(),
        }
    )


def _status(context: Context, base: Message, request: Message) -> Result:
    ids = [identity.encode() for identity in context.node.processes.ids()]
    return ok({"address": context.node.address.encode(), "processes": ids})


def _listing(context: Context, base: Message, request: Message) -> Result:
    process = _process(context, base, request)
    if process is None:
        target = text(request.get("target"))
        where = "fun dev_scheduler:schedule/3"
        term = f'{{process_not_available,\n{" " * 36}<<"{target}">>}}'
        raise Oops(term, where, failure=Failure("MOD-NODE-UNKNOWN", f"there is no process {target} on this node"))
    first = max(0, _number(request.get("from"), 0))
    last = min(_number(request.get("to"), process.current), process.current, first + context.node.limits.page - 1)
    found = {slot: process.assignment(slot) for slot in range(first, last + 1)}
    assignments = {slot: each for slot, each in found.items() if each is not None}
    more = last < min(_number(request.get("to"), process.current), process.current)
    if text(request.get("accept")) == AOS2:
        return ok(aos2.page(context.node, process, assignments, more))
    return ok(
        {
            "type": b"schedule",
            "process": process.id.encode(),
            "continues": more,
            "timestamp": int(context.node.clock() * 1000),
            "block-height": 0,
            "block-hash": scheduling.ZERO_HASH,
            "assignments": {str(slot): each for slot, each in assignments.items()},
        }
    )


def _process(context: Context, base: Message, request: Message) -> Process | None:
    """The process that is meant: named as target, or the base itself."""
    known = context.node.processes
    if "target" in request:
        return known.get(text(request["target"]))
    if isinstance(base, Definition):
        return known.get(base.process)
    definition = base.get("process", base)
    return known.get(message_id(definition)) if isinstance(definition, dict) and "commitments" in definition else None


def _number(value: object, default: int) -> int:
    digits = str(value) if isinstance(value, int) else text(value)
    return int(digits) if digits.lstrip("-").isdigit() and len(digits) < 18 else default


DEVICES = {"scheduler@1.0": Device("scheduler@1.0", {"schedule": _schedule, "slot": _slot, "status": _status})}
