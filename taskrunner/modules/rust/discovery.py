"""Finds what can compile a wasm64 module on this machine, and says what is missing and how to install it.

wasm64 has no prebuilt core, so a compiler needs its library's source. In this order: `cargo +nightly` with rust-src
(the documented way), else any rustc and cargo whose sysroot holds the source, run with `RUSTC_BOOTSTRAP=1`. The linker
is the sysroot's own rust-lld, else any rust-lld, wasm-ld-NN or lld-NN. Source: WASM.md §6, the cargo book (build-std).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from taskrunner.errors import EnvironmentFault
from taskrunner.modules.rust.advice import Advice, advice


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the toolchain: what was found (empty: nothing), what installs it, the code of its lack."""

    name: str
    found: str
    install: str = ""
    code: str = "ENV-RUST"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What a build uses. `cargo` is the argv that starts cargo; `vendored` the crates that come with the source."""

    parts: tuple[Part, ...]
    kind: str = ""
    cargo: tuple[str, ...] = ()
    rustc: str = ""
    version: str = ""
    sysroot: Path | None = None
    vendored: Path | None = None
    linker: str = ""
    bootstrap: bool = False

    @property
    def ready(self) -> bool:
        """Whether a module can be built."""
        return all(part.found for part in self.parts)

    @property
    def missing(self) -> tuple[Part, ...]:
        """The parts that are not there."""
        return tuple(part for part in self.parts if not part.found)

    @property
    def label(self) -> str:
        """How reports name it: `rustc 1.96.0 (/usr/bin/rustc, source in its sysroot), linker wasm-ld-19`."""
        return f"{self.version} ({self.kind}), linker {Path(self.linker).name or 'rust-lld'}"

    def require(self) -> None:
        """Raises `EnvironmentFault` that names the first missing part and how to install it."""
        for part in self.missing:
            raise EnvironmentFault(f"to build Rust modules, {part.name} is missing", code=part.code, hint=part.install)


@dataclass(frozen=True, slots=True)
class _Compiler:
    kind: str
    cargo: tuple[str, ...]
    rustc: str
    bootstrap: bool


@lru_cache(maxsize=1)
def discover() -> Toolchain:
    """The best toolchain of this machine, once for each process (`discover.cache_clear()` looks again)."""
    best: Toolchain | None = None
    for compiler in _compilers():
        found = _inspect(compiler)
        if found is not None and found.ready:
            return found
        best = best or found
    return best or _nothing()


def _nothing() -> Toolchain:
    commands = advice()
    linker = Part("a wasm linker", find_linker(None), commands.linker, "ENV-LINKER")
    return Toolchain((Part("rustc and cargo", "", commands.compiler), linker))


def _compilers() -> Iterator[_Compiler]:
    if shutil.which("rustup") and any(name.startswith("nightly") for name in _rustup_toolchains()):
        rustc = _output(["rustup", "which", "--toolchain", "nightly", "rustc"])
        if rustc:
            yield _Compiler("cargo +nightly", ("cargo", "+nightly"), rustc, bootstrap=False)
    seen = set()
    for folder in _folders():
        cargo, rustc_path = folder / "cargo", folder / "rustc"
        if _runs(cargo) and _runs(rustc_path) and rustc_path.resolve() not in seen:
            seen.add(rustc_path.resolve())
            yield _Compiler(str(rustc_path), (str(cargo),), str(rustc_path), bootstrap=True)


def _rustup_toolchains() -> list[str]:
    return _output(["rustup", "toolchain", "list"]).split("\n")


def _folders() -> Iterator[Path]:
    yield from (Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder)
    yield from (Path("/usr/bin"), Path("/usr/local/bin"), Path.home() / ".cargo" / "bin")
    toolchains = rustup_home() / "toolchains"
    if toolchains.is_dir():
        yield from sorted(folder / "bin" for folder in toolchains.iterdir())


def rustup_home() -> Path:
    """Where rustup keeps its toolchains."""
    return Path(os.environ.get("RUSTUP_HOME") or Path.home() / ".rustup")


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _inspect(compiler: _Compiler) -> Toolchain | None:
    version = _output([compiler.rustc, "--version"])
    sysroot_text = _output([compiler.rustc, "--print", "sysroot"])
    if not version or not sysroot_text:
        return None
    sysroot = Path(sysroot_text)
    library = sysroot / "lib" / "rustlib" / "src" / "rust" / "library"
    source = library if (library / "core" / "src" / "lib.rs").is_file() else None
    if source is not None and compiler.kind == "cargo +nightly" and not (library / "Cargo.lock").is_file():
        source = None  # what `rustup component add rust-src` brings has a lock file
    linker = find_linker(sysroot)
    commands = advice()
    vendored = library / "vendor"
    return Toolchain(
        parts=(
            Part("rustc and cargo", f"{version} ({compiler.kind})", commands.compiler),
            Part("the library's source", str(source or ""), _source_command(compiler, commands), "ENV-RUST-SRC"),
            Part("a wasm linker", linker, commands.linker, "ENV-LINKER"),
        ),
        kind=compiler.kind,
        cargo=compiler.cargo,
        rustc=compiler.rustc,
        version=" ".join(version.split()[:2]),
        sysroot=sysroot,
        vendored=vendored if vendored.is_dir() else None,
        linker=linker,
        bootstrap=compiler.bootstrap,
    )


def _source_command(compiler: _Compiler, commands: Advice) -> str:
    """The documented command where rustup runs the compiler, else the system's packages."""
    return commands.nightly_source if compiler.kind == "cargo +nightly" else commands.source


def find_linker(sysroot: Path | None) -> str:
    """The path of a linker for wasm: the sysroot's own, else one on the path, the newest first; empty if none."""
    own = sorted(sysroot.glob("lib/rustlib/*/bin/rust-lld")) if sysroot is not None else []
    if own:
        return str(own[0])
    names: dict[tuple[bool, int], str] = {}
    for folder in _folders():
        if folder.is_dir():
            for path in folder.glob("*l*d*"):
                number = re.fullmatch(r"(?:wasm-ld|lld)(?:-(\d+))?", path.name)
                if number and _runs(path):
                    names.setdefault((path.name.startswith("wasm"), int(number[1] or 0)), str(path))
    if names:
        return names[max(names)]
    elsewhere = sorted((rustup_home() / "toolchains").glob("*/lib/rustlib/*/bin/rust-lld"))
    return shutil.which("rust-lld") or (str(elsewhere[-1]) if elsewhere else "")


def _output(command: list[str]) -> str:
    """What a short command prints, or nothing if it fails."""
    environment = os.environ | {"RUSTUP_AUTO_INSTALL": "0"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


@lru_cache(maxsize=8)
def aborts_at_once(rustc: str, bootstrap: bool) -> bool:
    """Whether this compiler knows `panic = immediate-abort`, which leaves no text of panics in the module."""
    command = [rustc, "-Zunstable-options", "-Cpanic=immediate-abort", "--print", "cfg"]
    environment = os.environ | ({"RUSTC_BOOTSTRAP": "1"} if bootstrap else {})
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, check=False, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
