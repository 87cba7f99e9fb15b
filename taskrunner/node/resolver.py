"""Resolves a path: fold over its parts, each a call of a key on the message so far, by that message's device.

    /PID/compute/results?slot=1   =   results of (compute of (the message PID))        (PROTOCOL §9.3)

Devices come from the registry; what a device does not implement falls back to the message's own keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.node.devices import load
from taskrunner.node.paths import Pair, Part, Path
from taskrunner.node.results import OOPS, PARSED, PRINTED_OOPS, Failure, Oops, PlainOops, Refusal, Result, not_found, ok
from taskrunner.node.values import MISSING, LazyState, Message, as_map, lookup, text

if TYPE_CHECKING:
    from taskrunner.node.node import Node

MESSAGE = "message@1.0"
UNKNOWN = b"Necessary messages not found in cache."


class Context:
    """One request on its way: the node, the globals of the request, and how deep resolution has gone."""

    MAX_DEPTH = 64

    def __init__(self, node: Node, fields: Message | None = None, structured: Message | None = None) -> None:
        self.node = node
        self.fields = fields or {}  # what holds for every step: header fields, body fields and the query
        self.structured = structured or {}  # the request as it was read, for signatures
        self.depth = 0
        self.caught: Failure | None = None  # the error that a slot on the way caught and answered with

    def resolve(self, path: Path) -> Result:
        """The result of a whole path; a status other than ok ends it early."""
        self.depth += 1
        if self.depth > self.MAX_DEPTH:
            raise Refusal(Result("error", {"status": 508, "body": b"Maximum path resolution depth reached."}))
        try:
            return self._fold(path)
        finally:
            self.depth -= 1

    def _fold(self, path: Path) -> Result:
        everywhere = {**self.fields, **self._values([pair for pair in path.query if pair.step is None])}
        aimed: dict[int | None, Pair] = {pair.step: pair for pair in path.query if pair.step is not None}
        result, rest, shift = self._base(path.parts, everywhere, aimed)
        for number, part in enumerate(rest, 1 + shift):
            if not result.ok:
                return result
            extra = self._values([aimed[number]]) if number in aimed else {}
            result = self._step(result.value, part, {**everywhere, **extra})
        return result

    def _base(
        self, parts: tuple[Part, ...], everywhere: Message, aimed: dict[int | None, Pair]
    ) -> tuple[Result, tuple[Part, ...], int]:
        """The message that the path starts from, the parts that are left, and how many were used up."""
        first = parts[0] if parts else Part(device=MESSAGE)
        extra = self._values([aimed[0]]) if 0 in aimed else {}
        if first.group is not None:
            result = self.resolve(first.group)
        elif first.id:
            result = self.load(first.id)
        elif first.key:
            return ok({**everywhere, **extra}), parts, 0
        else:
            device = self._device_name(first.device)
            if load(device) is None:
                raise unknown_device(device)
            return ok({**everywhere, **extra, **self._values(first.pairs), "device": device.encode()}), parts[1:], 0
        if result.ok and (first.device or first.pairs):
            result = ok(self._dressed(result.value, first))
        return result, parts[1:], 0

    def _step(self, base: Any, part: Part, everywhere: Message) -> Result:
        if part.group is not None:
            inner = self.resolve(part.group)
            if not inner.ok or not isinstance(inner.value, dict):
                return inner
            request = {**everywhere, **inner.value}
            return self.call(base, text(request.get("path"), "keys"), request)
        if part.device and not part.key and not part.id:
            return ok(self._dressed(base, part))
        key = part.key or part.id
        request = {**everywhere, **self._values(part.pairs), "path": key.encode("utf-8", "surrogateescape")}
        return self.call(base, key, request, self._device_name(part.device) if part.device else "")

    def _dressed(self, base: Any, part: Part) -> Message:
        """The message with the device and the arguments of a part put over it."""
        message = base.whole() if isinstance(base, LazyState) else wrapped(base)
        dressed = {**message, **self._values(part.pairs)}
        if part.device:
            dressed["device"] = self._device_name(part.device).encode()
        return dressed

    def call(self, base: Any, key: str, request: Message, device: str = "") -> Result:
        """What `key` gives on `base`, by `device` or by the message's own; raises `Oops` for an unknown device."""
        message = wrapped(base)
        name = device or text(message.get("device"), MESSAGE)
        found = load(name)
        if found is None:
            raise unknown_device(name)
        if device:
            message = {**message, "device": device.encode()}
        result = found.call(self, message, key, request)
        if result is not None:
            return result
        value = lookup(message, key)
        if key == "results" and isinstance(value, dict):
            _check_results(value)
        return not_found() if value is MISSING else ok(value)

    def load(self, identity: str) -> Result:
        """The message of an id, in any spelling of it."""
        message = self.node.find(identity)
        if message is None:
            return Result("not_found", {"body": UNKNOWN})
        return ok(message)

    def _device_name(self, device: str | Path) -> str:
        if isinstance(device, str):
            return device
        result = self.resolve(device)
        return text(result.value) if result.ok else ""

    def _values(self, pairs: Any) -> Message:
        values: Message = {}
        for pair in pairs:
            value = pair.value
            if isinstance(value, Path):
                inner = self.resolve(value)
                if not inner.ok:
                    raise Refusal(inner)
                value = inner.value
            values[pair.key] = value
        return values


def _check_results(results: Message) -> None:
    """Results that look like a message with a device or signatures make a real node fail while it answers."""
    device = results.get("device")
    if (isinstance(device, bytes) and load(text(device)) is None) or "commitments" in results:
        key = "commitments" if "commitments" in results else "device"
        failure = Failure("MOD-NODE-RESULTS", f"results hold the key {key!r}, which a real node takes for its own")
        raise Refusal(Result("error", {"status": 500, "body": PRINTED_OOPS}, failure))


def wrapped(value: Any) -> Message:
    """A value as a message: literals under `body`, lists by number (PROTOCOL §9.3)."""
    mapped = as_map(value)
    if isinstance(mapped, dict):
        return mapped
    return {"ao-result": b"body", "body": mapped}


def unknown_device(name: str) -> Oops:
    """A real node stops right after parsing, and says nothing about the device."""
    words = f"there is no device {name!r} on this node"
    return PlainOops(f"{OOPS}\n{PARSED}", failure=Failure("MOD-NODE-DEVICE", words, hint="check its name and version"))
