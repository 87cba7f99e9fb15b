"""One slot of one process: the execution device is called with the state and the assignment, and gives the new state.

What a device returns is judged as a real node judges it (lua-NOTES, *Return values*); everything else that can go
wrong ends in `Broken`. Holds the live objects of the device (a Lua VM, a wasm instance) and writes nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from taskrunner.lua import storage
from taskrunner.lua.erlang import binary_term
from taskrunner.lua.numbers import float_text
from taskrunner.node.devices import load
from taskrunner.node.processes import Process
from taskrunner.node.reports import SlotReport, Warning_
from taskrunner.node.resolver import Context
from taskrunner.node.results import PRINTED_OOPS, Failure, Oops, Refusal, Result
from taskrunner.node.values import PRIVATE, Message, text

if TYPE_CHECKING:
    from taskrunner.node.computing import Outcome
    from taskrunner.node.node import Node

DEFAULT_DEVICE = "genesis-wasm@1.0"
NO_SCHEDULER = '{case_clause,{error,<<"No scheduler information provided.">>}}'
WORDS = frozenset({"skip", "failure", "pass", "true", "created"})


class Broken(Exception):
    """Slot `slot` cannot be computed; `error` is what the caller is told, now and ever after."""

    def __init__(self, slot: int, error: Oops | Refusal) -> None:
        super().__init__(f"slot {slot}")
        self.slot = slot
        self.error = error

    @property
    def failure(self) -> Failure | None:
        """Our own account of it."""
        return self.error.failure if isinstance(self.error, Oops) else self.error.result.failure


class Stepper:
    """The execution side of a process: its device with its live objects. One thread at a time."""

    def __init__(self, node: Node, process: Process) -> None:
        self.node = node
        self.process = process
        self.private: dict[str, Any] = {"seed": process.seed, "process": process.id}
        self.time = 0.0
        self.steps = 0
        self._told: set[tuple[str, tuple[str, ...]]] = set()

    @property
    def device(self) -> str:
        """The name of the execution device."""
        return text(self.process.definition.get("execution-device"), DEFAULT_DEVICE)

    def initial(self) -> Message:
        """The state before slot 0: the definition's own keys, and the definition."""
        definition = self.process.definition
        return {
            **{key: value for key, value in definition.items() if key != "commitments"},
            "process": definition,
            "initialized": b"true",
            "input-prefix": b"process",
            "at-slot": -1,
        }

    def step(self, base: Message, slot: int, assignment: Message, time: float) -> Message:
        """The state after `slot`, `results` included. Raises `Broken`."""
        self.time = time
        self.private["time"] = time
        self.private["slot"] = slot
        self.private["caught"] = None
        try:
            _check_schedule(base)
            result = self._run(base, assignment)
            state = self._judged(result, slot)
        except (Oops, Refusal) as error:
            raise Broken(slot, _at_slot(error, slot)) from error
        self.steps = int(self.private.get("steps", 0))
        return state

    def _run(self, base: Message, assignment: Message) -> Result:
        device = load(self.device)
        if device is None:
            words = f"there is no device {self.device!r} on this node"
            term = (
                f'{{error,{{device_not_loadable,<<"{self.device}">>,{{module_not_admissable,<<"{self.device}">>}}}}}}'
            )
            raise Oops(term, failure=Failure("MOD-NODE-DEVICE", words))
        state = {key: value for key, value in base.items() if key != "results"}
        state |= {"device": self.device.encode(), PRIVATE: self.private}
        context = Context(self.node)
        result = device.call(context, state, "compute", {**assignment, "path": b"compute"})
        if result is None:
            raise Oops("{case_clause,{error,not_found}}")
        return result

    def _judged(self, result: Result, slot: int) -> Message:
        value = result.value
        if result.status == "ok":
            if isinstance(value, dict):
                return self._state(value, slot)
            if isinstance(value, list):
                return {"at-slot": slot}
            words = f"compute returned {_kind(value)} instead of a table"
            raise Oops("{unexpected,{error,not_found}}", failure=Failure("MOD-LUA-RETURN", words, hint="return base"))
        if result.status in WORDS:
            words = f"compute returned the status {result.status!r}, which a process does not take"
            term = f"{{case_clause,{{{result.status},{_with_state(value)}}}}}"
            raise Oops(term, failure=Failure("MOD-LUA-RETURN", words))
        if result.status in ("nil", "undefined", "none"):
            words = f"compute returned nil first and {_kind(value)} second"
            term = f"{{case_clause,{{{result.status},{term_of(value)}}}}}"
            raise Oops(term, failure=Failure("MOD-LUA-RETURN", words))
        raise Refusal(_refused(result, slot))

    def _state(self, value: Message, slot: int) -> Message:
        state = storage.carried({key: item for key, item in value.items() if key != PRIVATE})
        state["at-slot"] = slot
        return state

    # -- what else there is to say

    @property
    def caught(self) -> Failure | None:
        """The error that the last slot caught and answered with."""
        failure: Failure | None = self.private.get("caught")
        return failure if failure is None else replace(failure, slot=self.private["slot"])

    def warnings(self, hazards: list[storage.Hazard]) -> list[dict[str, Any]]:
        """The hazards of storage that were not told before, with the module's line where it shows."""
        found = []
        for hazard in hazards:
            if _standard(hazard) or (hazard.kind, hazard.path) in self._told:
                continue
            self._told.add((hazard.kind, hazard.path))
            file, line = self._place(hazard.path)
            note = {"code": hazard.kind, "message": f"{hazard.where}: {hazard.effect}", "hint": hazard.hint}
            found.append({**note, "file": file, "line": line})
        return [*found, *self.private.pop("warnings", [])]

    def _place(self, path: tuple[str, ...]) -> tuple[str | None, int | None]:
        """Where in the module a key of the path is written, the innermost that can be found."""
        for file, source in self.private.get("sources", ()):
            for key in reversed(path):
                match = re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", source)
                if match is not None and not key.isdigit():
                    return file, source.count("\n", 0, match.start()) + 1
        return None, None

    def report(self, outcome: Outcome) -> SlotReport:
        """The slot for `Node.reports`."""
        warnings = tuple(Warning_(**fields) for fields in outcome.warnings)
        return SlotReport(outcome.slot, "ok", self.steps, outcome.reloaded, warnings, self.caught)


def hazards_of(state: Message) -> list[storage.Hazard]:
    """Everything in a state that storage changes or cannot keep."""
    base = {key: value for key, value in state.items() if key not in ("results", "process")}
    return storage.hazards(base, state.get("results"))


def _standard(hazard: storage.Hazard) -> bool:
    """Differences that every process has, and reading ignores: outbox fields in the documented spelling."""
    return hazard.path[0] == "results" and hazard.kind in ("key-case", "empty-text")


def _check_schedule(base: Message) -> None:
    """A state without its definition has no schedule: the next slot cannot be found (lua-NOTES)."""
    definition = base.get("process")
    if isinstance(definition, bytes):
        words = "the slot before returned req instead of base: a real node is busy for ever with the next slot"
        failure = Failure("MOD-NODE-NO-ANSWER", words, hint="return base")
        raise Oops("timeout", failure=failure)
    if not isinstance(definition, dict) or not definition.get("scheduler"):
        words = "the slot before returned a table without `process`: the next slot cannot be computed"
        hint = "change base and return it, instead of a table of your own"
        raise Oops(NO_SCHEDULER, failure=Failure("MOD-LUA-RETURN", words, hint=hint))


def _refused(result: Result, slot: int) -> Result:
    """A device's error as the process passes it on, with the slot that was tried."""
    value = result.value if isinstance(result.value, dict) else {}
    if "process" in value and "at-slot" in value:
        words = "compute returned 'error' with the whole base"
        failure = Failure("MOD-LUA-RETURN", words, slot=slot)
        return Result("error", {"status": 500, "body": PRINTED_OOPS}, failure)
    failure = result.failure or Failure(
        "MOD-LUA-ERROR-STATUS",
        f"compute returned 'error': slot {slot} and every later one answer the same, the process is over",
        hint="reply through base.results, and return base",
    )
    return Result("error", {**value, "attempted-slot": slot, "phase": b"compute"}, failure)


def _at_slot(error: Oops | Refusal, slot: int) -> Oops | Refusal:
    """The error with the slot in its account."""
    if isinstance(error, Oops):
        error.failure = replace(error.failure, slot=slot)
        return error
    result = error.result
    if result.failure is None:
        return error
    return Refusal(replace(result, failure=replace(result.failure, slot=slot)))


def _kind(value: Any) -> str:
    if value is None:
        return "nil"
    return {bool: "a boolean", int: "a number", float: "a number", bytes: "a string"}.get(type(value), "a function")


def _with_state(value: Any) -> str:
    """The returned map as a real node prints it: with the private state that it carries."""
    if not isinstance(value, dict):
        return term_of(value)
    worker = '#{<<"assignments">> => [],<<"lookahead-worker">> => <0.0.0>}'
    private = f'#{{<<"scheduler@1.0">> => {worker},<<"state">> => {{luerl,...}}}}'
    shown = {str(key): term_of(item) for key, item in value.items()} | {PRIVATE: private}
    return "#{" + ",".join(f'<<"{key}">> => {shown[key]}' for key in sorted(shown)) + "}"


def term_of(value: Any) -> str:
    """A message value as an Erlang term."""
    if isinstance(value, bytes):
        return binary_term(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "nil"}[value]
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, dict):
        return "#{" + ",".join(f'<<"{key}">> => {term_of(value[key])}' for key in sorted(value, key=str)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(term_of(item) for item in value) + "]"
    return str(getattr(value, "term", value))
