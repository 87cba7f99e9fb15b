"""The exact commands that install a Rust toolchain on this system, for `doctor` and for errors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

RUSTUP = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- --default-toolchain nightly -c rust-src"
RUST_SRC = "rustup toolchain install nightly --component rust-src"


@dataclass(frozen=True, slots=True)
class Advice:
    """One command for each part that may be missing."""

    compiler: str
    source: str
    nightly_source: str
    linker: str


@lru_cache(maxsize=1)
def advice() -> Advice:
    """The commands for this system: Debian's packages where they exist, rustup elsewhere."""
    debian = debian_command()
    rustup = shutil.which("rustup") is not None
    compiler = debian or (RUST_SRC if rustup else RUSTUP)
    linker = "rustup component add llvm-tools" if rustup else "brew install lld" if sys.platform == "darwin" else ""
    return Advice(compiler, compiler, RUST_SRC, debian or linker or compiler)


def debian_command() -> str:
    """The apt command where Debian's packages can build for wasm64, else nothing."""
    packages = debian_packages()
    if not packages:
        return ""
    prefix = "" if os.geteuid() == 0 else "sudo "
    return f"{prefix}apt-get install -y {' '.join(packages)}"


@lru_cache(maxsize=1)
def debian_packages() -> tuple[str, ...]:
    """The packages to install on a Debian-like system that has them."""
    if not Path("/etc/debian_version").is_file() or not shutil.which("apt-cache"):
        return ()
    command = ["apt-cache", "search", "--names-only", "^(rustc-web|lld-[0-9]+)$"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    names = [line.split()[0] for line in found.splitlines() if line.strip()]
    linkers = sorted((name for name in names if name.startswith("lld-")), key=lambda name: int(name[4:]))
    if "rustc-web" not in names or not linkers:
        return ()
    return ("rustc-web", "cargo-web", "rust-web-src", linkers[-1])
