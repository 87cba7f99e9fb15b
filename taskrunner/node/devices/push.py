"""push@1.0: delivers what a slot sent, and what those deliveries sent in turn (PROTOCOL §12).

    in    GET /PID/push?slot=1         (the outbox of slot 1 holds {"target": PID2, "action": "Hi"})
    out   {"process": PID, "slot": 1, "outbox": ..., "1": {"id": .., "target": PID2, "slot": 4, "resulted-in": {...}}}

Deliveries are signed by the node and name their sender in `from-process`; whether they are trusted is the receiver's
matter. Pushing twice delivers twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.node import scheduling
from taskrunner.node.devices import Device
from taskrunner.node.devices.process import process_of, wanted_slot
from taskrunner.node.processes import Process
from taskrunner.node.results import Failure, Oops, Refusal, Result, ok
from taskrunner.node.values import Message, as_map, text
from taskrunner.wire import commit, message_id

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

WHERE = "fun dev_process:push/3"


def _push(context: Context, base: Message, request: Message) -> Result:
    process = process_of(context, base)
    if process is None:
        return Result("not_found", {"body": scheduling.NOT_KNOWN})
    if text(request.get("method")).upper() == "POST" and isinstance(context.structured.get("body"), dict):
        assignment = scheduling.accept(context.node, context.structured["body"], process.id)
        slot, found = int(assignment["slot"]), context.node.processes.get(text(assignment["process"]))
        process = found or process
    else:
        wanted = wanted_slot(request)
        if wanted is None:
            words = "push needs a slot: /PID/push?slot=N"
            raise Oops("{case_clause,not_found}", WHERE, failure=Failure("MOD-NODE-SLOT", words))
        slot = wanted
    return ok({**_deliver(context, process, slot, [0]), **_level(context, process, slot)})


def _level(context: Context, process: Process, slot: int) -> Message:
    """The results themselves, which only the first level shows."""
    shown = as_map(_results(context, process, slot))
    return {**(shown if isinstance(shown, dict) else {}), "process": process.id.encode(), "slot": slot}


def _deliver(context: Context, process: Process, slot: int, count: list[int]) -> Message:
    """Deliver one slot's outbox, depth first; the tree of what came of it."""
    results = as_map(_results(context, process, slot))
    found: Any = as_map(results.get("outbox")) if isinstance(results, dict) else None
    outbox: Message = found if isinstance(found, dict) else {}
    tree: Message = {}
    for key in sorted(outbox, key=_order):
        if isinstance(outbox[key], dict):
            count[0] += 1
            if count[0] > context.node.limits.pushes:
                words = f"one push led to more than {context.node.limits.pushes} deliveries; a real node has no limit"
                raise Oops("system_limit", WHERE, failure=Failure("MOD-NODE-PUSHES", words))
            tree[str(key)] = _one(context, process, str(key), outbox[key], count)
    return tree


def _one(context: Context, process: Process, key: str, entry: Message, count: list[int]) -> Message:
    target = text(entry.get("target", entry.get("Target"))).partition("?")[0]
    if not target:
        words = b"No target on the message."
        return {"response": b"error", "status": 422, "outbox-index": key.encode(), "reason": words, "message": entry}
    receiver = context.node.processes.get(target)
    if receiver is None:
        words = b"Could not access target process!"
        return {"response": b"error", "status": 404, "target": target.encode(), "reason": words}
    message = _letter(process, entry, target)
    signed = commit(message, context.node.wallet)
    try:
        assignment = scheduling.accept(context.node, signed, receiver.id)
    except Refusal as refusal:
        return {"response": b"error", "status": 400, "target": target.encode(), "reason": _words(refusal)}
    slot = int(assignment["slot"])
    answer: Message = {"id": message_id(signed).encode(), "target": target.encode(), "slot": slot}
    came = _deliver(context, receiver, slot, count)
    answer["resulted-in"] = {"process": receiver.id.encode(), "slot": slot, **came}
    return answer


def _letter(process: Process, entry: Message, target: str) -> Message:
    """The entry as a message of its own; what the protocol says of it wins over what the module wrote."""
    fields = {key.lower(): value for key, value in entry.items() if isinstance(key, str) and key.lower() not in _OURS}
    return {
        **fields,
        "target": target.encode(),
        "data-protocol": b"ao",
        "variant": b"ao.N.1",
        "type": b"Message",
        "from-process": process.id.encode(),
    }


_OURS = frozenset({"target", "data-protocol", "variant", "type", "from-process", "commitments", "path", "method"})


def _results(context: Context, process: Process, slot: int) -> Any:
    with process.lock:
        state, _ = context.node.execution(process).state(slot)
        return state.get("results", {})


def _words(refusal: Refusal) -> bytes:
    value = refusal.result.value
    body = value.get("body") if isinstance(value, dict) else value
    return body if isinstance(body, bytes) else b"refused"


def _order(key: Any) -> tuple[int, str]:
    return (int(str(key)), "") if str(key).isdigit() else (1 << 30, str(key))


DEVICES = {"push@1.0": Device("push@1.0", {"push": _push})}
