"""Modules for the wasm tests: the measured battery, and text modules assembled on the spot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FRAME = """(module
  (memory (export "memory") i64 {pages})
  (global $next (mut i64) (i64.const 4096))
  (func (export "malloc") (param i64) (result i64) (local i64)
    (local.set 1 (global.get $next))
    (global.set $next (i64.add (global.get $next) (local.get 0)))
    (local.get 1))
  (func (export "free") (param i64))
  (func (export "handle") (param i64 i64) (result i64) (local.get 0))
  {body})"""


@pytest.fixture(scope="session")
def battery(shared: Path) -> dict[str, Any]:
    """What WAMR and hb_beamr answered, by module name."""
    modules: dict[str, Any] = json.loads((shared / "wasm" / "modules" / "results.json").read_text())["modules"]
    return modules


@pytest.fixture(scope="session")
def battery_image(shared: Path) -> Callable[[str], bytes]:
    """The bytes of one module of the battery."""
    return lambda name: (shared / "wasm" / "modules" / f"{name}.wasm").read_bytes()


@pytest.fixture(scope="session")
def assemble() -> Callable[[str], bytes]:
    """Text to module."""
    import wasmtime

    return lambda text: bytes(wasmtime.wat2wasm(text))


@pytest.fixture(scope="session")
def framed(assemble: Callable[[str], bytes]) -> Callable[..., bytes]:
    """A well-formed module around a few functions: `framed('(func (export "t") ...)', pages=1)`."""
    return lambda body="", pages=1: assemble(FRAME.format(body=body, pages=pages))
