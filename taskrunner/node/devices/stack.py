"""stack@1.0: several devices as one; each gets what the one before it made (PROTOCOL §11.2).

in    {"device-stack": ["dedup@1.0", "lua@5.3a"]}  compute  ASSIGNMENT
out   lua@5.3a's answer, or the state unchanged where dedup@1.0 said skip
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node.devices import Device, DeviceLike, load
from taskrunner.node.results import Failure, Oops, Result, ok
from taskrunner.node.terms import term
from taskrunner.node.values import Message, as_map, public, text
from taskrunner.wire import Atom

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context

MAX_PASSES = 1000


def _fold(context: Context, base: Message, key: str, request: Message) -> Result | None:
    if key in ("keys", "set", "get", "remove", "id"):
        return None
    devices = members(base)
    if key == "compute" and base.get("at-slot") == -1:
        base = _initialised(context, base, devices, request)
    state: Message = {**base, "pass": 1}
    number = 0
    while number < len(devices):
        name, device = devices[number]
        here = {**state, "device": name.encode(), "device-key": str(number + 1).encode()}
        result = device.call(context, here, key, request)
        if result is None or result.status == "not_found":
            number += 1
            continue
        if result.status not in ("ok", "skip", "pass"):
            raise _failed(here, request, number + 1, result)
        state = _next(state, result.value)
        if result.status == "skip":
            break
        if result.status == "pass":
            state["pass"] = int(state.get("pass", 1)) + 1
            if state["pass"] > MAX_PASSES:
                raise Oops("timeout", failure=Failure("MOD-NODE-PASSES", f"more than {MAX_PASSES} passes of a stack"))
            number = 0
            continue
        number += 1
    return ok({key: value for key, value in state.items() if key not in ("pass", "device-key")})


def _initialised(context: Context, base: Message, devices: list[tuple[str, DeviceLike]], request: Message) -> Message:
    """The state before slot 0 after each device that prepares itself (a file system, a wasm instance) has done so."""
    for name, device in devices:
        if isinstance(device, Device) and "init" in device.keys:
            result = device.call(context, {**base, "device": name.encode()}, "init", request)
            if result is not None and isinstance(result.value, dict):
                base = {**result.value, "device": base.get("device", b"stack@1.0")}
    return base


def _failed(base: Message, request: Message, number: int, result: Result) -> Oops:
    """A device's error ends the slot: production raises it with everything it knows (aos-NOTES, json-iface)."""
    value = public(result.value) if isinstance(result.value, dict) else result.value
    words = term(
        (
            Atom("device_failed"),
            (Atom("dev_num"), number),
            (Atom("msg1"), public(base)),
            (Atom("msg2"), public(request)),
            (Atom("info"), value),
        )
    )
    return Oops(words, failure=result.failure or Failure("MOD-NODE-DEVICE", f"device {number} of the stack failed"))


def _next(state: Message, value: object) -> Message:
    """A device's answer as the state for the next one; what runs stays the stack."""
    if not isinstance(value, dict):
        return state
    return {**value, "device": state.get("device", b"stack@1.0"), "pass": state["pass"]}


def members(base: Message) -> list[tuple[str, DeviceLike]]:
    """Names and devices of the stack. Raises `Oops` for one that is not there."""
    stack = as_map(base.get("device-stack", []))
    names = [text(stack[key]) for key in sorted(stack, key=_number)] if isinstance(stack, dict) else []
    found = []
    for name in names:
        device = load(name)
        if device is None:
            words = f"there is no device {name!r} on this node"
            raise Oops(f'{{error,{{device_not_loadable,<<"{name}">>}}}}', failure=Failure("MOD-NODE-DEVICE", words))
        found.append((name, device))
    return found


def _number(key: object) -> int:
    return int(str(key)) if str(key).isdigit() else 1 << 30


DEVICES = {"stack@1.0": Device("stack@1.0", {}, _fold)}
