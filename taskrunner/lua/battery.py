"""Runs a battery: chunks, each on a fresh VM under limits, compared with what was measured on production.

A case is `{"id", "category", "chunk", "luerl"}` in the notation of notation.py, where `luerl` is an outcome:
`{"ok": true, "values": [...], "printed"?: "..."}` or `{"ok": false, "kind": "lua", "error": "..."}`. Without `luerl` a
case is only run. Knows nothing of files or of the command line.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from taskrunner.errors import InputError
from taskrunner.lua.errors import FidelityCrash, FidelityError, LimitError, LuaError, LuaSyntaxError
from taskrunner.lua.limits import Limits
from taskrunner.lua.notation import latin1_text, show, show_string
from taskrunner.lua.texts import error_text
from taskrunner.lua.vm import VM

Case: TypeAlias = Mapping[str, Any]
Outcome: TypeAlias = dict[str, Any]

BATTERY_LIMITS: Final = Limits(steps=5_000_000, seconds=10.0, memory=1 << 29, string=1 << 26)
_ENDLESS: Final = frozenset(("timeout", "killed", "limit"))  # kinds of what did not come back; all the same to us
_NOW: Final = re.compile(r"\b1[5-9]\d{8}\.\d+")
_CRASHES: Final = frozenset(("erlang_crash", "compile_crash"))


def read_cases(text: bytes, file: str) -> list[Case]:
    """The cases of a battery file; raises InputError if it is no list of objects with `id` and `chunk`."""
    try:
        cases = json.loads(text)
    except ValueError as fault:
        raise InputError(f"not JSON: {fault}", file=file) from None
    if not isinstance(cases, list) or not all(
        isinstance(case, dict) and {"id", "chunk"} <= set(case) for case in cases
    ):
        raise InputError("a battery is a JSON list of objects with `id` and `chunk`", file=file)
    return cases


def run_battery(cases: Iterable[Case], limits: Limits = BATTERY_LIMITS) -> dict[str, Any]:
    """Runs every case; gives total, same, misses, by_category and outcomes.

    `misses` lists `{id, category, expected, got}`, `by_category` maps to `{total, same}`, `outcomes` maps each id to
    its outcome in the file's notation. Cases without `luerl` count in neither total nor same.
    """
    outcomes: dict[str, Outcome] = {}
    misses: list[dict[str, Any]] = []
    totals: Counter[str] = Counter()
    sames: Counter[str] = Counter()
    for case in cases:
        outcome = outcomes[str(case["id"])] = run_chunk(str(case["chunk"]).encode("utf-8"), limits)
        expected = case.get("luerl")
        if expected is None:
            continue
        category = str(case.get("category", ""))
        totals[category] += 1
        if is_same(expected, outcome):
            sames[category] += 1
        else:
            misses.append({"id": case["id"], "category": category, "expected": expected, "got": outcome})
    return {
        "total": totals.total(),
        "same": sames.total(),
        "misses": misses,
        "by_category": {name: {"total": count, "same": sames[name]} for name, count in sorted(totals.items())},
        "outcomes": outcomes,
    }


def run_chunk(chunk: bytes, limits: Limits = BATTERY_LIMITS, make: Callable[..., VM] = VM) -> Outcome:
    """One chunk on a fresh VM, as an outcome; `printed` is there only if the chunk printed."""
    printed: list[bytes] = []
    vm = make(limits=limits, stdout=printed.append)
    outcome = _run(vm, chunk)
    if printed and outcome["ok"]:
        outcome["printed"] = show_string(b"".join(printed))
    return outcome


def _run(vm: VM, chunk: bytes) -> Outcome:
    loaded = False
    try:
        function = vm.load(chunk)
        loaded = True
        return {"ok": True, "values": [show(value) for value in vm.call(function, ())]}
    except LuaSyntaxError as fault:
        return _failed("compile", latin1_text(fault.luerl_text))
    except LuaError as fault:
        return _failed("lua", latin1_text(error_text(fault)))
    except FidelityCrash as fault:
        where = f" in {fault.where_in_erlang}" if fault.where_in_erlang else ""
        reason = latin1_text(f"{{error,{fault.reason}}}".encode())
        return _failed("erlang_crash" if loaded else "compile_crash", reason + where)
    except LimitError as fault:
        return _failed("limit", f"{fault.limit}: {fault.message}")
    except FidelityError as fault:
        return _failed("fidelity", fault.message)


def _failed(kind: str, error: str) -> Outcome:
    return {"ok": False, "kind": kind, "error": error}


def is_same(expected: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    """Whether two outcomes mean the same: equal values and output, equal error text, the same Erlang reason.

    What did not come back on production is the same as one of our limits; the time of day is not compared.
    """
    if expected["ok"] != got["ok"]:
        return False
    if expected["ok"]:
        values = [list(map(_timeless, outcome["values"])) for outcome in (expected, got)]
        return bool(values[0] == values[1] and expected.get("printed") == got.get("printed"))
    kinds = {expected["kind"], got["kind"]}
    if kinds <= _ENDLESS:
        return True
    if kinds <= _CRASHES:
        return _reason(expected["error"]) == _reason(got["error"])
    return len(kinds) == 1 and _timeless(expected["error"]) == _timeless(got["error"])


def _timeless(text: str) -> str:
    """Text with a time of day, as os.time gives it, replaced: no two runs share it."""
    return _NOW.sub("<time>", text)


def _reason(error: str) -> str:
    """The Erlang reason of a crash, without the function it happened in."""
    return error.rpartition(" in ")[0] or error
