"""WAMR's words for what stops a wasm call (WASM.md §3), from wasmtime's trap codes."""

from __future__ import annotations

from typing import Any

from taskrunner.wasm.errors import FuelExhausted, TimeExhausted, Trap, WasmError

TEXTS = {
    "UNREACHABLE": "unreachable",
    "MEMORY_OUT_OF_BOUNDS": "out of bounds memory access",
    "HEAP_MISALIGNED": "unaligned atomic",
    "TABLE_OUT_OF_BOUNDS": "undefined element",
    "INDIRECT_CALL_TO_NULL": "uninitialized element",
    "BAD_SIGNATURE": "indirect call type mismatch",
    "INTEGER_DIVISION_BY_ZERO": "integer divide by zero",
    "INTEGER_OVERFLOW": "integer overflow",
    "BAD_CONVERSION_TO_INTEGER": "invalid conversion to integer",
    "STACK_OVERFLOW": "wasm operand stack overflow",
    "UNCAUGHT_EXCEPTION": "uncaught wasm exception",
}
_LONGEST = 255  # hb_beamr cuts longer texts (WASM.md §3)


def exception_text(words: str) -> str:
    """WAMR's exception text."""
    return f"Exception: {words}"[:_LONGEST]


def translate(error: Exception, function: str) -> WasmError:
    """The error of ours for one of wasmtime's; `function` is the export that was called."""
    code = getattr(getattr(error, "trap_code", None), "name", "")
    if code == "OUT_OF_FUEL":
        return FuelExhausted(
            f"`{function}` used all its fuel: it does not seem to end",
            hint="look for a loop that never leaves; production has no limit and would block the process for ever",
        )
    if code == "INTERRUPT":
        return TimeExhausted(
            f"`{function}` ran past its deadline: it does not seem to end",
            hint="look for a loop that never leaves; production has no limit and would block the process for ever",
        )
    if code in TEXTS:
        return Trap(exception_text(TEXTS[code]), detail=where(error))
    if "thrown Wasm exception" in str(error):
        return Trap(exception_text("uncaught wasm exception"), detail=str(error))
    return WasmError(
        f"the engine stopped `{function}`: {first_line(str(error))}", code="MOD-WASM-ENGINE", detail=str(error)
    )


def where(error: Any) -> str:
    """The wasm functions on the stack, innermost first: `inner <- outer`."""
    names = [frame.func_name or f"function {frame.func_index}" for frame in getattr(error, "frames", ())]
    return " <- ".join(names[:12])


def first_line(text: str) -> str:
    """The first line of an engine's message."""
    return text.strip().splitlines()[0] if text.strip() else "no reason given"
