"""Installs what is missing to build Rust modules, where it may: as root on a Debian-like system, or in CI.

For `make test` (`python -m taskrunner.modules.rust.install`). It says what it does, and elsewhere only what to do.
"""

from __future__ import annotations

import os
import subprocess
import sys

from taskrunner.modules.rust.advice import debian_command, debian_packages
from taskrunner.modules.rust.discovery import discover


def main() -> int:
    """0 if a toolchain is there in the end, 1 if not (which is no failure of the tests: those for Rust are skipped)."""
    toolchain = discover()
    if toolchain.ready:
        print(f"Rust for wasm64: {toolchain.label}")
        return 0
    if not debian_packages() or not _may_install():
        for part in toolchain.missing:
            print(f"Rust for wasm64: {part.name} is missing; install it with: {part.install}")
        return 1
    print(f"Rust for wasm64: installing what is missing: {debian_command()}", flush=True)
    command = [*([] if os.geteuid() == 0 else ["sudo", "-n"]), "apt-get", "install", "-y", "-q", *debian_packages()]
    done = subprocess.run(command, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, check=False)
    discover.cache_clear()
    print(f"Rust for wasm64: {discover().label if discover().ready else 'still incomplete'}")
    return done.returncode


def _may_install() -> bool:
    return os.geteuid() == 0 or bool(os.environ.get("CI"))


if __name__ == "__main__":
    sys.exit(main())
