"""What can go wrong with a wasm image, in the words of the production engine where it has any.

`message` of a `Trap`, `MemoryFault` or `StartError` is exactly what HyperBEAM's driver answers (WASM.md §1, §3), so
that the node can put it into results as it is; `detail` holds the engine's own words where the driver hides them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from taskrunner.errors import TaskrunnerError


class WasmError(TaskrunnerError):
    """Any failure of a wasm image or instance; `detail` is what the engine said beneath the message."""

    default_code: ClassVar[str] = "MOD-WASM"

    def __init__(self, message: str, *, detail: str = "", **place: Any) -> None:
        super().__init__(message, **place)
        self.detail = detail


class ImageError(WasmError):
    """The bytes are no module that production would load: `Failed to create module.` (detail: WAMR's text)."""

    default_code = "MOD-WASM-REJECTED"


class StartError(WasmError):
    """The module loads and its instance does not start (WASM.md §1: start function, imports, segments)."""

    default_code = "MOD-WASM-START"


class Trap(WasmError):
    """A call ended in a trap or named no function; the message is WAMR's (`Exception: unreachable`)."""

    default_code = "MOD-WASM-TRAP"


class MemoryFault(WasmError):
    """The host read or wrote past the memory that hb_beamr sees (`Read request out of bounds`)."""

    default_code = "MOD-WASM-BOUNDS"


class FuelExhausted(WasmError):
    """A call used more fuel than its limit; production has no such limit and would run on."""

    default_code = "MOD-WASM-FUEL"


class TimeExhausted(WasmError):
    """A call ran past its deadline; production would block the process for ever (WASM.md §3)."""

    default_code = "MOD-WASM-TIMEOUT"
