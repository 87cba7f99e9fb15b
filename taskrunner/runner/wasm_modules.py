"""What the loop asks of Rust modules: skeleton, toolchain, build. The work is done in `taskrunner.modules.rust`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.blame import machine_words
from taskrunner.core.codes import code as code_of
from taskrunner.errors import InputError, TaskrunnerError

if TYPE_CHECKING:
    from taskrunner.runner.context import Run


ROOMY = 64  # pages


def skeleton_files(run: Run) -> dict[Path, str]:
    """The crate's files by path."""
    from taskrunner.modules.rust import scaffold

    files = scaffold(run.module, source=run.shown(run.source))
    return {run.workspace.root / name: text for name, text in files.items()}


def toolchain_fault(run: Run) -> dict[str, Any] | None:
    """Why no wasm module can be built here; None if one can."""
    from taskrunner.modules.rust import toolchain

    try:
        toolchain().require()
    except TaskrunnerError as error:
        return error.to_json()
    return None


def build(run: Run) -> dict[str, Any] | None:
    """Compile the crate and look at the image; the first error as a fault."""
    from taskrunner.modules import rust

    seconds = run.settings.limits.build_seconds
    try:
        result = rust.build(run.source, root=run.workspace.root, seconds=seconds)
    except InputError as error:
        found = error.to_json()
        return found if found["code"].startswith("MOD-") else {**found, "code": "MOD-RUST-CARGO"}
    findings = [finding.to_json() for finding in result.findings]
    for finding in findings:
        run.emit({"event": "check.finding", **finding})
    run.notes["suspects"] = [finding for finding in findings if finding["severity"] != "error"]
    first = next((finding for finding in findings if finding["severity"] == "error"), None)
    if first is not None and (missing := re.search(r"linker `[^`]+` not found", str(first["message"]))):
        return {"code": "ENV-LINKER", "message": f"cargo says: {missing[0]}", "hint": "install a C compiler or linker"}
    if first is not None and (name := machine_words(f"{first['message']} {result.rendered[-400:]}", build=True)):
        return {"code": name, "message": f"cargo says: {first['message']}", "hint": code_of(name).hint}
    if first is None and result.wasm_path is None:
        first = {"code": "MOD-RUST-COMPILE", "message": result.rendered[-400:] or "cargo failed without a word"}
    return first or (look_at(run, result.wasm_path) if result.wasm_path is not None else None)


def look_at(run: Run, image: Path) -> dict[str, Any] | None:
    """What production's engine says to the image, before any test runs; the first error as a fault."""
    from taskrunner.wasm import check

    faults = []
    verdict = check(image.read_bytes())
    memories = verdict.image.all_memories() if verdict.image is not None else []
    roomy = bool(memories) and memories[0].minimum >= ROOMY
    for finding in verdict.findings:
        if roomy and finding.code == "MOD-WASM-GROWTH":
            continue  # it grows only for texts that nobody sends: the skeleton does
        shown = {**finding.to_json(), "file": run.shown(image)}
        run.emit({"event": "check.finding", **shown})
        if finding.severity == "error":
            faults.append(shown)
    return faults[0] if faults else None
