"""Finds what can compile a wasm64 module on this machine, and says what is missing and how to install it.

wasm64 has no prebuilt core, so a compiler needs its library's source. In this order: `cargo +nightly` with rust-src
(the documented way), else any rustc and cargo whose sysroot holds the source, run with `RUSTC_BOOTSTRAP=1`. The linker
is the sysroot's own rust-lld, else any rust-lld, wasm-ld-NN or lld-NN. Source: WASM.md §6, the cargo book (build-std).
`TASKRUNNER_RUST_PATH` names the only folders to look in (as `PATH` names its own), where a person wants no other.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from taskrunner.errors import EnvironmentFault
from taskrunner.modules.rust.advice import advice
from taskrunner.modules.rust.compilers import ask


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the toolchain: what was found (empty: nothing), what installs it, the code of its lack."""

    name: str
    found: str
    install: str = ""
    code: str = "ENV-TOOLCHAIN"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What a build uses. `cargo` is the argv that starts cargo, `vendored` the crates that come with the
    source, `aborts` whether the compiler can panic without a text."""

    parts: tuple[Part, ...]
    kind: str = ""
    cargo: tuple[str, ...] = ()
    rustc: str = ""
    version: str = ""
    sysroot: Path | None = None
    vendored: Path | None = None
    linker: str = ""
    bootstrap: bool = False
    aborts: bool = False

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
class _Candidate:
    kind: str
    folder: Path  # with rustc and cargo in it
    sysroot: Path
    bootstrap: bool

    @property
    def library(self) -> Path:
        return self.sysroot / "lib" / "rustlib" / "src" / "rust" / "library"

    @property
    def has_source(self) -> bool:
        if not (self.library / "core" / "src" / "lib.rs").is_file():
            return False
        return self.bootstrap or (self.library / "Cargo.lock").is_file()  # what rustup brings has a lock file


@lru_cache(maxsize=1)
def discover() -> Toolchain:
    """The best toolchain of this machine, once for each process (`discover.cache_clear()` looks again)."""
    candidates = sorted(_candidates(), key=lambda one: not one.has_source)  # the first with source, else the first
    found = next((one for one in map(_inspect, candidates) if one is not None), None)
    return found or _nothing()


def _nothing() -> Toolchain:
    linker = find_linker(None)
    return Toolchain(
        (
            Part("rustc and cargo", "", advice().compiler),
            Part("a wasm linker", linker, "" if linker else advice().linker, "ENV-LINKER"),
        )
    )


def _candidates() -> Iterator[_Candidate]:
    for folder in sorted(_toolchains("nightly-*")):
        if _runs(folder / "bin" / "cargo") and _runs(folder / "bin" / "rustc"):
            yield _Candidate("cargo +nightly", folder / "bin", folder, bootstrap=False)
    seen = set()
    for folder in _folders():
        rustc = folder / "rustc"
        if _runs(folder / "cargo") and _runs(rustc) and not _is_proxy(rustc) and rustc.resolve() not in seen:
            seen.add(rustc.resolve())
            yield _Candidate(str(rustc), folder, rustc.resolve().parent.parent, bootstrap=True)


def _is_proxy(rustc: Path) -> bool:
    """Whether this is rustup in disguise: its toolchains are looked at where they lie."""
    rustup = rustc.with_name("rustup")
    return rustup.is_file() and (rustup.samefile(rustc) or rustup.stat().st_size == rustc.stat().st_size)


def _folders() -> Iterator[Path]:
    only = _confined()
    return _usual_folders() if only is None else iter(only)


def _usual_folders() -> Iterator[Path]:
    yield from (Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder)
    yield from (Path("/usr/bin"), Path("/usr/local/bin"), Path.home() / ".cargo" / "bin")
    yield from sorted(folder / "bin" for folder in _toolchains("*"))


def _confined() -> list[Path] | None:
    """The folders that a person allows; None where all may be looked at."""
    named = os.environ.get("TASKRUNNER_RUST_PATH")
    return None if named is None else [Path(folder) for folder in named.split(os.pathsep) if folder]


def _toolchains(pattern: str) -> Iterator[Path]:
    """rustup's toolchains of that name; none where a person allows other folders only."""
    return iter(()) if _confined() is not None else (rustup_home() / "toolchains").glob(pattern)


def rustup_home() -> Path:
    """Where rustup keeps its toolchains."""
    return Path(os.environ.get("RUSTUP_HOME") or Path.home() / ".rustup")


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _inspect(candidate: _Candidate) -> Toolchain | None:
    rustc = str(candidate.folder / "rustc")
    compiler = ask(rustc)
    if not compiler.version:
        return None
    linker, vendored = find_linker(candidate.sysroot), candidate.library / "vendor"
    source = str(candidate.library) if candidate.has_source else ""
    return Toolchain(
        parts=(
            Part("rustc and cargo", f"{compiler.version} ({candidate.kind})"),
            Part("the library's source", source, "" if source else _source_command(candidate), "ENV-RUST-SRC"),
            Part("a wasm linker", linker, "" if linker else advice().linker, "ENV-LINKER"),
        ),
        kind=candidate.kind,
        cargo=(str(candidate.folder / "cargo"),),
        rustc=rustc,
        version=" ".join(compiler.version.split()[:2]),
        sysroot=candidate.sysroot,
        vendored=vendored if vendored.is_dir() else None,
        linker=linker,
        bootstrap=candidate.bootstrap,
        aborts=compiler.aborts,
    )


def _source_command(candidate: _Candidate) -> str:
    """The documented command where rustup runs the compiler, else the system's packages."""
    return advice().source if candidate.bootstrap else advice().nightly_source


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
    if _confined() is not None:
        return ""
    elsewhere = sorted(_toolchains("*/lib/rustlib/*/bin/rust-lld"))
    return shutil.which("rust-lld") or (str(elsewhere[-1]) if elsewhere else "")
