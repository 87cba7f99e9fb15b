"""A running wasm module as hb_beamr drives it: calls by name, memory with its host bounds, snapshots of memory only.

Knows the engine, WAMR's rules and limits; knows no messages. An import that nobody provides answers 0, as HyperBEAM's
stub does; `imports` may map `(module, name)` to a function of (instance, arguments) that returns a list of numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from taskrunner.wasm.cursor import INSTANTIATE_PREFIX
from taskrunner.wasm.engine import deadline, engine, load_wasmtime
from taskrunner.wasm.errors import ImageError, MemoryFault, StartError, Trap, WasmError
from taskrunner.wasm.limits import Limits
from taskrunner.wasm.program import FAILED_TO_LOAD, Program, compile_image, default_cache
from taskrunner.wasm.starting import DRIVER_TEXT, PREFIX
from taskrunner.wasm.transform import GLOBAL_PREFIX
from taskrunner.wasm.traps import exception_text, first_line, translate

Number = int | float
Import = Callable[["Instance", list[Number]], list[Number]]
PAGE = 65536


class HostMemory:
    """The memory as the host sees it: `size` is hb_beamr's (WASM.md §3), reads and writes past it are refused."""

    __slots__ = ("_instance",)

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    @property
    def size(self) -> int:
        """Bytes that the host can reach."""
        instance, plan = self._instance, self._instance.program.facts.plan
        if plan is None or instance.raw_memory is None:
            return 0
        return plan.host_size(instance.raw_memory.size(instance.store))

    def read(self, pointer: int, count: int) -> bytes:
        """`count` bytes at `pointer`; raises `MemoryFault` with hb_beamr's words."""
        self._check(pointer, count, "Read request out of bounds")
        instance = self._instance
        if not count or instance.raw_memory is None:
            return b""
        return bytes(instance.raw_memory.read(instance.store, pointer, pointer + count))

    def write(self, pointer: int, data: bytes) -> None:
        """Writes `data` at `pointer`; raises `MemoryFault` with hb_beamr's words."""
        self._check(pointer, len(data), "Write request out of bounds")
        instance = self._instance
        if data and instance.raw_memory is not None:
            instance.raw_memory.write(instance.store, bytearray(data), pointer)

    def read_string(self, pointer: int, chunk: int = 8) -> bytes:
        """The bytes up to a NUL, read in chunks of 8 as HyperBEAM does: the last may cross the end (WASM.md §5)."""
        size, end = self.size, pointer
        while True:
            if end < 0 or end + chunk > size:
                raise MemoryFault("Read request out of bounds")
            step = self.read(end, min(4096, (size - end) // chunk * chunk))
            stop = step.find(b"\0")
            if stop >= 0:
                return self.read(pointer, end + stop - pointer)
            end += len(step)

    def _check(self, pointer: int, count: int, words: str) -> None:
        if pointer < 0 or pointer + count > self.size:
            raise MemoryFault(words, detail=f"{count} bytes at {pointer}, the host sees {self.size}")


class Instance:
    """One instance. `call` and `memory` work until `close`; also a context manager."""

    def __init__(self, program: Program, imports: Mapping[tuple[str, str], Import], limits: Limits) -> None:
        self.program = program
        self.imports = dict(imports)
        self.limits = limits
        self.memory = HostMemory(self)
        self.fuel_used = 0
        self._make()

    @classmethod
    def start(
        cls,
        image: bytes,
        *,
        imports: Mapping[tuple[str, str], Import] | None = None,
        limits: Limits | None = None,
        cache: Path | str | None = "default",
    ) -> Instance:
        """A fresh instance of `image`: loaded, started, constructors called.

        Raises `ImageError` (WAMR would not load it), `StartError` (it would not start), a limit's error, or
        `EnvironmentFault` without wasmtime. `cache` is the directory for compiled code, None for none.
        """
        limits = limits or Limits()
        if len(image) > limits.image_bytes:
            text = f"the image has {len(image)} bytes, more than the limit of {limits.image_bytes}"
            raise ImageError(text, code="MOD-WASM-SIZE", detail=FAILED_TO_LOAD)
        directory = default_cache() if cache == "default" else Path(cache) if cache is not None else None
        return cls(compile_image(image, directory), imports or {}, limits)

    # Life

    def _make(self) -> None:
        wasmtime = load_wasmtime()
        self.started = False
        self.store = wasmtime.Store(engine())
        self.store.set_limits(memory_size=self._memory_limit(), table_elements=self.limits.table_elements)
        self.store.set_fuel(self.limits.fuel)
        linked = [self._stub(wasmtime, one) for one in self.program.module.imports]
        try:
            with deadline(self.store, self.limits.seconds):
                self._instance = wasmtime.Instance(self.store, self.program.module, linked)
        except (wasmtime.WasmtimeError, wasmtime.Trap, WasmError) as error:
            raise self._start_error(error, "start") from None
        self._exports = self._instance.exports(self.store)
        self._functions: dict[str, tuple[Any, list[str]]] = {}
        name = self.program.facts.memory
        self.raw_memory = self._exports[name] if name is not None else None
        for constructor in self.program.facts.constructors:
            try:
                self._run(constructor, [])
            except WasmError as error:
                raise self._start_error(error, constructor) from None
        self.started = True
        self._fresh_globals = self._globals()
        self._fresh_size = self.raw_memory.size(self.store) if self.raw_memory is not None else 0

    def _memory_limit(self) -> int:
        plan = self.program.facts.plan
        if plan is not None and plan.pages * PAGE > self.limits.memory_bytes:
            text = f"the module asks for {plan.pages * PAGE} bytes of memory, the limit is {self.limits.memory_bytes}"
            raise StartError(text, code="MOD-WASM-MEMORY-LIMIT")
        return self.limits.memory_bytes

    def _start_error(self, error: Exception, function: str) -> WasmError:
        known = error if isinstance(error, WasmError) else translate(error, function)
        if isinstance(known, Trap):
            return StartError(DRIVER_TEXT, detail=PREFIX + INSTANTIATE_PREFIX + known.message)
        if known.code == "MOD-WASM-ENGINE":
            return StartError(
                f"the embedded engine cannot start this module: {first_line(str(error))}", code=known.code
            )
        return known

    def close(self) -> None:
        """Frees the instance."""
        self.store.close()

    def __enter__(self) -> Instance:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Calls

    def call(self, name: str, arguments: Sequence[Number] = ()) -> list[Number]:
        """Calls an export with hb_beamr's leniency: missing arguments are 0, surplus ones are dropped (WASM.md §3).

        Returns the results. Raises `Trap` with WAMR's text, `FuelExhausted`, `TimeExhausted`.
        """
        if name not in self.program.facts.functions:
            raise Trap(f"Function not found: {name}", code="MOD-WASM-NO-FUNCTION")
        return self._run(name, arguments)

    def _run(self, name: str, arguments: Sequence[Number]) -> list[Number]:
        wasmtime = load_wasmtime()
        function, kinds = self._functions.get(name) or self._function(name)
        given = [*arguments, *[0] * len(kinds)][: len(kinds)]
        self.store.set_fuel(self.limits.fuel)
        try:
            with deadline(self.store, self.limits.seconds):
                result = function(self.store, *[_argument(one, kind) for one, kind in zip(given, kinds, strict=True)])
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            raise translate(error, name) from None
        finally:
            self.fuel_used += self.limits.fuel - self.store.get_fuel()
        if result is None:
            return []
        return list(result) if isinstance(result, (list, tuple)) else [result]

    def _function(self, name: str) -> tuple[Any, list[str]]:
        function = self._exports[name]
        self._functions[name] = function, [str(kind) for kind in function.type(self.store).params]
        return self._functions[name]

    def _stub(self, wasmtime: Any, one: Any) -> Any:
        module, name, kind = one.module, one.name, one.type
        results = [str(each) for each in kind.results]

        def run(*arguments: Number) -> Any:
            if not self.started:
                raise Trap(exception_text(f"failed to call unlinked import function ({module}, {name})"))
            handler = self.imports.get((module, name))
            values = handler(self, list(arguments)) if handler is not None else [0]
            padded = [*values, *[0] * len(results)][: len(results)]
            typed = [_argument(value, each) for value, each in zip(padded, results, strict=True)]
            return None if not typed else typed[0] if len(typed) == 1 else typed

        return wasmtime.Func(self.store, kind, run)

    # State

    def snapshot(self) -> bytes:
        """The whole memory that the host sees; globals are not part of it (WASM.md §5)."""
        return self.memory.read(0, self.memory.size)

    def restore(self, snapshot: bytes) -> bool:
        """Starts anew and writes the snapshot at 0. One larger than the fresh memory is lost, and False comes back."""
        self._make()
        try:
            self.memory.write(0, snapshot)
        except MemoryFault:
            return False
        return True

    def refresh(self) -> bool:
        """What happens between two requests: `restore(snapshot())`, without copying where the outcome is the same."""
        grown = self.raw_memory is not None and self.raw_memory.size(self.store) != self._fresh_size
        if grown or self.program.facts.fresh_beyond:
            return self.restore(self.snapshot())
        for name, value in self._fresh_globals.items():
            self._exports[name].set_value(self.store, value)
        return True

    def _globals(self) -> dict[str, Any]:
        names = [name for name in self._exports if name.startswith(GLOBAL_PREFIX)]
        return {name: self._exports[name].value(self.store) for name in names}


def _argument(value: Number, kind: str) -> Number:
    """A number as the driver hands it to a parameter of that type: an integer for a float lends its bits."""
    if kind in ("i32", "i64"):
        bits = 32 if kind == "i32" else 64
        number = value if isinstance(value, int) else struct.unpack("<q", struct.pack("<d", value))[0]
        number &= (1 << bits) - 1
        return number - (1 << bits) if number >> (bits - 1) else number
    if isinstance(value, float):
        return value
    size, code = (4, "f") if kind == "f32" else (8, "d")
    unpacked: float = struct.unpack("<" + code, (value & ((1 << 8 * size) - 1)).to_bytes(size, "little"))[0]
    return unpacked
