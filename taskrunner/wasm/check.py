"""The verdict on a module: what WAMR 2.2 answers, in its words, and what the profile adds.

`wamr-2.2` is the measured production build. `portable`, the default, also refuses bulk memory, because nodes differ
there (WASM.md, "Portable by default"). `Verdict.findings` holds the lint of WASM.md §0 and §5 besides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from taskrunner.errors import EnvironmentFault, InputError
from taskrunner.wasm import starting
from taskrunner.wasm.cursor import Rejected
from taskrunner.wasm.errors import StartError, WasmError
from taskrunner.wasm.findings import Finding
from taskrunner.wasm.limits import Limits
from taskrunner.wasm.lint import bulk_memory, lint
from taskrunner.wasm.loader import load
from taskrunner.wasm.model import Image

PORTABLE, WAMR = "portable", "wamr-2.2"
PROFILES = (PORTABLE, WAMR)
_START_SECONDS = 5.0

__all__ = ["PROFILES", "Finding", "Verdict", "check"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a module.

    `verdict` is `accept`, `reject-load`, `reject-instantiate`, `crash` (the production node dies) or `reject-portable`;
    `text` the engine's words for a refusal (None if accepted); `accepted` whether the profile takes the module;
    `findings` the failures and warnings that lie ahead even for an accepted one.
    """

    verdict: str
    text: str | None
    profile: str
    findings: tuple[Finding, ...] = ()
    image: Image | None = field(default=None, repr=False, compare=False)

    @property
    def accepted(self) -> bool:
        """Whether a node of this profile loads and starts the module."""
        return self.verdict == "accept"

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make a module fail."""
        return tuple(one for one in self.findings if one.severity == "error")

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return {
            "verdict": self.verdict,
            "accepted": self.accepted,
            "text": self.text,
            "profile": self.profile,
            "findings": [one.to_json() for one in self.findings],
        }


def check(image: bytes, profile: str = PORTABLE, *, limits: Limits | None = None) -> Verdict:
    """The verdict on `image` under a profile; start functions are run, with limits. Never raises for bad bytes."""
    if profile not in PROFILES:
        raise InputError(
            f"unknown profile `{profile}`", code="INPUT-WASM-PROFILE", hint="one of: " + ", ".join(PROFILES)
        )
    limits = limits or Limits()
    if len(image) > limits.image_bytes:
        size = f"the image has {len(image)} bytes, more than the limit of {limits.image_bytes}"
        return Verdict("reject-load", size, profile, (Finding("MOD-WASM-SIZE", "error", size),))
    parsed, refusal = load(image)
    if refusal is not None:
        verdict = "crash" if refusal.crash else "reject-load"
        return Verdict(verdict, refusal.text, profile, (_rejected(parsed, refusal),), parsed)
    findings = lint(parsed)
    start = starting.refuse(parsed)
    if start is not None:
        verdict = "crash" if start.crash else "reject-instantiate"
        return Verdict(verdict, start.text, profile, (_not_started(start.text, verdict), *findings), parsed)
    outcome, text, extra = _run_start(image, parsed, limits)
    findings = (*extra, *findings)
    bulk = bulk_memory(parsed)
    if outcome == "accept" and profile == PORTABLE and bulk:
        return Verdict("reject-portable", bulk[0].message, profile, (*bulk, *findings), parsed)
    return Verdict(outcome, text, profile, findings, parsed)


def _run_start(image: bytes, parsed: Image, limits: Limits) -> tuple[str, str | None, tuple[Finding, ...]]:
    """Runs what production runs while it makes an instance: the start function and the constructors."""
    if not starting.started_functions(parsed):
        return "accept", None, ()
    from taskrunner.wasm.instance import Instance

    short = Limits(limits.fuel, min(limits.seconds, _START_SECONDS), limits.memory_bytes, limits.table_elements)
    try:
        Instance.start(image, limits=short, cache=None).close()
    except StartError as error:
        if not error.detail:
            return "accept", None, (Finding(error.code, "error", error.message),)
        return "reject-instantiate", error.detail, (_not_started(error.detail, "reject-instantiate"),)
    except WasmError as error:
        return "accept", None, (Finding(error.code, "error", error.message, error.hint),)
    except EnvironmentFault as fault:
        words = "the start function was not tried: wasmtime is not installed"
        return "accept", None, (Finding("ENV-WASMTIME", "warning", words, fault.hint),)
    return "accept", None, ()


_CAUSES = {
    "zero byte expected": (
        "MOD-WASM-REFTYPES",
        "a call_indirect or element segment uses reference types; in Rust, compile with "
        "-C target-feature=-reference-types,-call-indirect-overlong",
    ),
    "unsupported opcode fd": ("MOD-WASM-SIMD", "SIMD is off in production; in Rust, do not enable simd128"),
    "unsupported opcode fe": ("MOD-WASM-THREADS", "atomics are off in production"),
    "invalid limits flags": ("MOD-WASM-THREADS", "shared memory and custom page sizes are off in production"),
    "unsupported opcode 1f": ("MOD-WASM-EXCEPTIONS", "production runs the legacy exception handling only"),
    "AOT module load failed": ("MOD-WASM-NOT-WASM", "this is precompiled code of WAMR: send the wasm module itself"),
    "segmentation fault": ("MOD-WASM-CRASH", "the production node itself dies of it: do not export an imported global"),
    "wasm_module_new_ex failed": ("MOD-WASM-NOT-WASM", "this is no wasm module: it does not begin with \\0asm"),
}


def _rejected(parsed: Image, refusal: Rejected) -> Finding:
    code, hint = next((cause for words, cause in _CAUSES.items() if words in refusal.text), ("MOD-WASM-REJECTED", ""))
    name = None if refusal.function is None else parsed.function_name(refusal.function)
    return Finding(code, "error", refusal.text, hint, name, refusal.offset if refusal.offset >= 0 else None)


def _not_started(text: str, verdict: str) -> Finding:
    if text == starting.BAD_IMPORTS:
        hint = "import functions only: an imported global, memory or table kills the production node"
        return Finding("MOD-WASM-IMPORTS", "error", text, hint)
    if verdict == "crash":
        return Finding("MOD-WASM-CRASH", "error", text, "an exported tag kills the production node: do not export it")
    return Finding("MOD-WASM-START", "error", text)
