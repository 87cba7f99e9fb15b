"""Production's wasm: what WAMR 2.2 inside HyperBEAM accepts, says and runs, without HyperBEAM.

    read(image)           sections, types, imports, exports, features, memories of a module (`Image`)
    check(image, profile) WAMR's verdict and words, plus our findings (`Verdict`)
    Instance.start(image) a running module under fuel, memory and time limits (`Instance`)

The room knows bytes and engines; it knows no node, no message, no JSON and no Rust. wasmtime is imported when the first
instance starts; without it that is an `EnvironmentFault`. Sources: WASM.md, the WebAssembly specification.

Example:
    verdict = check(image, "portable")
    with Instance.start(image) as instance:
        pointer = instance.call("malloc", [6])[0]
        instance.memory.write(pointer, b"hello\\0")
"""

from taskrunner.wasm.check import PROFILES, Verdict, check
from taskrunner.wasm.errors import (
    FuelExhausted,
    ImageError,
    MemoryFault,
    StartError,
    TimeExhausted,
    Trap,
    WasmError,
)
from taskrunner.wasm.findings import Finding
from taskrunner.wasm.instance import Instance
from taskrunner.wasm.limits import Limits
from taskrunner.wasm.model import Image
from taskrunner.wasm.reader import read

__all__ = [
    "PROFILES",
    "Finding",
    "FuelExhausted",
    "Image",
    "ImageError",
    "Instance",
    "Limits",
    "MemoryFault",
    "StartError",
    "TimeExhausted",
    "Trap",
    "Verdict",
    "WasmError",
    "check",
    "read",
]
