"""Tries one module by hand: load it, call one function with a message, and say everything that is worth knowing.

What `taskrunner lua run` shows: the reply as JSON, what was printed, steps, production's estimated cost, storage
hazards, and the error with its traceback. Knows no node: `base` and `req` are what the caller gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from taskrunner.lua.border import Opaque, Returned, normal_key, returned, to_lua
from taskrunner.lua.errors import LuaError, LuaSyntaxError, Stop
from taskrunner.lua.limits import Limits
from taskrunner.lua.storage import Hazard, hazards
from taskrunner.lua.texts import error_text
from taskrunner.lua.vm import VM


@dataclass(slots=True)
class Trial:
    """How it went: `status` and `value` if the function returned, else `error` as plain data."""

    status: str = ""
    value: Any = None
    error: dict[str, Any] | None = None
    printed: str = ""
    steps: int = 0
    costs: list[str] = field(default_factory=list)
    hazards: list[Hazard] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain data for --json."""
        return {
            "ok": self.error is None,
            "status": self.status,
            "value": json_value(self.value),
            "error": self.error,
            "printed": self.printed,
            "steps": self.steps,
            "costs": self.costs,
            "hazards": [{"kind": each.kind, "where": each.where, "effect": each.effect} for each in self.hazards],
        }


def try_module(
    source: bytes, name: str, *, call: str = "", base: Any = None, request: Any = None, limits: Limits | None = None
) -> Trial:
    """Loads `source`; with `call`, calls that global with base, request and {} as the device does (PROTOCOL §11.1).

    `base` and `request` are JSON values. A syntax error is an error of the trial like any other.
    """
    trial = Trial()
    printed: list[bytes] = []
    vm = VM(limits=limits or Limits(seconds=10.0), stdout=printed.append)
    try:
        vm.run(source, name)
        if call:
            arguments = tuple(to_lua(vm, message(value)) for value in (base or {}, request or {}, {}))
            _took(trial, returned(vm.call(vm.globals.raw(call.encode()), arguments)))
    except LuaSyntaxError as fault:
        trial.error = fault.to_json()
    except LuaError as fault:
        text = error_text(fault).decode("utf-8", "replace")
        trial.error = {"code": "MOD-LUA-ERROR", "message": text, **_place(fault)}
    except Stop as fault:
        trial.error = {**fault.to_json(), **_place(fault)}
    trial.printed = b"".join(printed).decode("utf-8", "replace")
    trial.steps = vm.steps
    trial.costs = [f"{expense.place[0]}:{expense.place[1]}: {expense.message()}" for expense in vm.cost.worth_telling()]
    return trial


def _took(trial: Trial, outcome: Returned) -> None:
    trial.status, trial.value = outcome.status, outcome.value
    if isinstance(outcome.value, dict):
        trial.hazards = hazards(
            {key: item for key, item in outcome.value.items() if key != "results"}, outcome.value.get("results")
        )


def _place(fault: LuaError | Stop) -> dict[str, Any]:
    frames = [
        {"function": frame.function, "file": frame.file, "line": frame.line}
        for frame in getattr(fault, "traceback", ())
    ]
    place = {"file": fault.file, "line": fault.line, "traceback": frames}
    return {name: value for name, value in place.items() if value}


def message(value: Any) -> Any:
    """A JSON value as a message: texts become bytes."""
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, dict):
        return {str(key): message(item) for key, item in value.items()}
    return [message(item) for item in value] if isinstance(value, list) else value


def json_value(value: Any) -> Any:
    """A message as JSON: bytes become text, functions their Erlang term."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {normal_key(key): json_value(item) for key, item in value.items()}
    if isinstance(value, Opaque):
        return value.term
    return [json_value(item) for item in value] if isinstance(value, list) else value
