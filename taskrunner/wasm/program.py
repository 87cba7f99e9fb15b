"""Compiles an image once: reads it, transforms it, compiles it, and keeps the result by the image's hash.

The cache on disk holds, for each image, the machine code and a small JSON of what an instance must know. It lies in a
directory that only its owner may enter, because machine code from elsewhere would run as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
from collections import OrderedDict
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from taskrunner.wasm import starting
from taskrunner.wasm.engine import STACK_BYTES, engine, load_wasmtime
from taskrunner.wasm.errors import ImageError, StartError
from taskrunner.wasm.loader import load
from taskrunner.wasm.memory import MemoryPlan, plan_memory
from taskrunner.wasm.model import Image, Kind
from taskrunner.wasm.transform import VERSION, transform
from taskrunner.wasm.traps import first_line

FAILED_TO_LOAD = "Failed to create module."
_KEPT_IN_MEMORY = 16


@dataclass(frozen=True, slots=True)
class Facts:
    """What an instance must know about its image beyond the machine code.

    `memory` is the name of the first exported memory; `constructors` the exports that run at start; `fresh_beyond`
    whether memory past what the host sees, or dropped segments, keep state that a snapshot does not hold.
    """

    digest: str
    plan: MemoryPlan | None
    memory: str | None
    functions: tuple[str, ...]
    constructors: tuple[str, ...]
    fresh_beyond: bool


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled image."""

    facts: Facts
    module: Any


_programs: OrderedDict[tuple[int, str], Program] = OrderedDict()


def default_cache() -> Path:
    """Where compiled code is kept: `$XDG_CACHE_HOME/taskrunner/wasm`, or beneath `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "taskrunner" / "wasm"


def compile_image(data: bytes, cache: Path | None) -> Program:
    """The program of an image; `cache` None keeps nothing on disk. Raises `ImageError` or `StartError`."""
    digest = hashlib.sha256(data).hexdigest()
    key = (os.getpid(), digest)
    program = _programs.get(key)
    if program is None:
        program = _from_disk(digest, cache) or _compile(data, digest, cache)
        _programs[key] = program
        while len(_programs) > _KEPT_IN_MEMORY:
            _programs.popitem(last=False)
    _programs.move_to_end(key)
    return program


def _compile(data: bytes, digest: str, cache: Path | None) -> Program:
    image, refusal = load(data)
    if refusal is not None:
        raise ImageError(FAILED_TO_LOAD, detail=refusal.text)
    start = starting.refuse(image)
    if start is not None:
        code = "MOD-WASM-CRASH" if start.crash else "MOD-WASM-START"
        raise StartError(starting.DRIVER_TEXT, code=code, detail=start.text)
    wasmtime = load_wasmtime()
    try:
        module = wasmtime.Module(engine(), transform(image))
    except wasmtime.WasmtimeError as error:
        text = f"production loads this module, the embedded engine does not: {first_line(str(error))}"
        raise ImageError(text, code="MOD-WASM-ENGINE", detail=str(error)) from None
    program = Program(_facts(image, digest), module)
    _to_disk(program, cache)
    return program


def _facts(image: Image, digest: str) -> Facts:
    plan = plan_memory(image)
    started = set(starting.started_functions(image)) - {image.start}
    return Facts(
        digest=digest,
        plan=plan,
        memory=next((one.name for one in image.exports if one.kind is Kind.MEMORY), None),
        functions=tuple(one.name for one in image.exports if one.kind is Kind.FUNC),
        constructors=tuple(name for name in starting.CONSTRUCTORS if _index(image, name) in started),
        fresh_beyond=_keeps_hidden_state(image, plan),
    )


def _index(image: Image, name: str) -> int | None:
    export = image.export(name)
    return None if export is None else export.index


def _keeps_hidden_state(image: Image, plan: MemoryPlan | None) -> bool:
    drops = any(use.instruction == "data.drop" for use in image.features.get("bulk-memory", ()))
    return drops or plan is None or plan.host_size(plan.pages) != plan.pages * 65536


def _name(digest: str) -> str:
    load_wasmtime()
    parts = (version("wasmtime"), str(VERSION), str(STACK_BYTES), platform.machine(), platform.system())
    return digest[:40] + "-" + hashlib.sha256("/".join(parts).encode()).hexdigest()[:16]


def _from_disk(digest: str, cache: Path | None) -> Program | None:
    if cache is None:
        return None
    wasmtime = load_wasmtime()
    base = cache / _name(digest)
    try:
        if not _only_ours(cache):
            return None
        raw = json.loads(base.with_suffix(".json").read_text())
        module = wasmtime.Module.deserialize_file(engine(), str(base.with_suffix(".code")))
    except (OSError, ValueError, wasmtime.WasmtimeError):
        return None
    plan = MemoryPlan(**raw["plan"]) if raw["plan"] else None
    lists = {name: tuple(raw[name]) for name in ("functions", "constructors")}
    return Program(Facts(raw["digest"], plan, raw["memory"], **lists, fresh_beyond=raw["fresh_beyond"]), module)


def _only_ours(cache: Path) -> bool:
    status = cache.stat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _to_disk(program: Program, cache: Path | None) -> None:
    if cache is None:
        return
    base = cache / _name(program.facts.digest)
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _only_ours(cache):
            _write(base.with_suffix(".code"), bytes(program.module.serialize()))
            _write(base.with_suffix(".json"), json.dumps(asdict(program.facts)).encode())
    except OSError:
        pass  # a cache that cannot be written only costs time


def _write(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(temporary, path)
