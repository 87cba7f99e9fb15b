"""The wasmtime engine, set up to run what WAMR 2.2 runs: imported on first use, one for each process.

Calls are bounded by fuel and by a deadline. A small thread ticks the engine's epoch while calls run; it belongs to the
process that started it, so that a forked run gets its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from taskrunner.errors import EnvironmentFault

TICK = 0.01
STACK_BYTES = 1 << 16  # WAMR's instances get 64 KiB of wasm stack (WASM.md §3)


def load_wasmtime() -> Any:
    """The wasmtime module; its absence is an environment fault with the line that installs it."""
    try:
        import wasmtime
    except ImportError:
        raise EnvironmentFault(
            "wasmtime, which runs wasm modules, is not installed",
            code="ENV-WASMTIME",
            hint="pip install 'taskrunner[wasm]'",
        ) from None
    return wasmtime


def engine() -> Any:
    """The process's engine (a forked child gets its own)."""
    return _engine(os.getpid())


@lru_cache(maxsize=1)
def _engine(pid: int) -> Any:
    wasmtime = load_wasmtime()
    config = wasmtime.Config()
    config.wasm_memory64 = True
    config.wasm_tail_call = True
    config.wasm_exceptions = True
    config.wasm_relaxed_simd = False  # before wasm_simd: wasmtime aborts the process otherwise (WASM.md §2)
    config.wasm_simd = False
    config.wasm_threads = False
    config.wasm_multi_memory = False
    config.parallel_compilation = False  # its thread pool does not survive a fork
    config.consume_fuel = True
    config.epoch_interruption = True
    config.max_wasm_stack = STACK_BYTES
    return wasmtime.Engine(config)


class _Ticker:
    """Increments the epoch every `TICK` seconds while calls run."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self.active = 0
        self.lock = threading.Lock()
        self.wanted = threading.Event()
        self.thread = threading.Thread(target=self._run, name="wasm-epoch", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self.wanted.wait()
            pause.wait(TICK)
            self.target.increment_epoch()

    def enter(self) -> None:
        with self.lock:
            self.active += 1
            self.wanted.set()

    def leave(self) -> None:
        with self.lock:
            self.active -= 1
            if not self.active:
                self.wanted.clear()


@lru_cache(maxsize=1)
def _ticker(pid: int) -> _Ticker:
    return _Ticker(engine())


@contextmanager
def deadline(store: Any, seconds: float) -> Iterator[None]:
    """Within this, wasm code in `store` is interrupted after `seconds`."""
    ticker = _ticker(os.getpid())
    store.set_epoch_deadline(max(2, int(seconds / TICK) + 1))
    ticker.enter()
    try:
        yield
    finally:
        ticker.leave()
