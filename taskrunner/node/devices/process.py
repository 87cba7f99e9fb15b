"""process@1.0: a definition and its schedule as something that can be asked for its state at any slot.

in    GET /PID/compute/results?slot=3        out  the results after slots 0..3
in    GET /PID/slot/current                  out  3
in    POST /PID/schedule  {"body": MESSAGE}  out  the assignment of slot 4
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from taskrunner.node.devices import Device, Handler, load
from taskrunner.node.processes import Process
from taskrunner.node.results import Failure, Oops, Result, ok
from taskrunner.node.values import Definition, Message, text
from taskrunner.wire import Atom, message_id

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

UNKNOWN = b"Necessary messages not found in cache."
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}\Z")
_MESSAGE = Atom("dev_message")  # the state is a message from here on: its keys are values, not calls


def _compute(context: Context, base: Message, request: Message) -> Result:
    process = process_of(context, base)
    if process is None:
        return Result("not_found", {"body": UNKNOWN})
    slot = wanted_slot(request)
    return _state(context, process, process.current if slot is None else slot)


def _now(context: Context, base: Message, request: Message) -> Result:
    process = process_of(context, base)
    if process is None:
        return Result("not_found", {"body": UNKNOWN})
    return _state(context, process, process.current)


def _state(context: Context, process: Process, slot: int) -> Result:
    with process.lock:
        execution = context.node.execution(process)
        if slot < 0:
            term = f"{{error,{{already_calculated_slot,{{target,{slot}}},{{current,{execution.at}}}}}}}"
            raise Oops(term, failure=Failure("MOD-NODE-SLOT", f"there is no slot {slot}", slot=slot))
        state, _ = execution.state(slot)
        context.caught = execution.caught.get(slot)
    state["device"] = _MESSAGE
    return ok(state)


def wanted_slot(request: Message) -> int | None:
    """The slot that a request names, None if it names none. Raises `Oops` for anything but an integer."""
    value = request.get("slot", request.get("compute"))
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = text(value)
    if not _INTEGER.match(digits):
        raise Oops("badarg", failure=Failure("MOD-NODE-SLOT", f"slot {digits!r} is no integer"))
    return int(digits)


def process_of(context: Context, base: Message) -> Process | None:
    """The process that a definition (or a state) belongs to."""
    if isinstance(base, Definition):
        return context.node.processes.get(base.process)
    definition = base.get("process")
    known = context.node.processes
    if isinstance(definition, dict):
        return known.get(message_id(definition))
    return known.get(message_id(base)) if base.get("commitments") else None


def _scheduler(key: str) -> Handler:
    def ask(context: Context, base: Message, request: Message) -> Result:
        device = load("scheduler@1.0")
        assert device is not None
        result = device.call(context, base, key, request)
        assert result is not None
        return result

    return ask


def _push(context: Context, base: Message, request: Message) -> Result:
    device = load(text(base.get("push-device"), "push@1.0")) or load("push@1.0")
    assert device is not None
    result = device.call(context, base, "push", request)
    assert result is not None
    return result


def _snapshot(context: Context, base: Message, request: Message) -> Result:
    return ok({"body": b""})


DEVICES = {
    "process@1.0": Device(
        "process@1.0",
        {
            "compute": _compute,
            "now": _now,
            "schedule": _scheduler("schedule"),
            "slot": _scheduler("slot"),
            "push": _push,
            "snapshot": _snapshot,
        },
    )
}
