"""What one rustc is: its version and whether it can abort at once, asked once and remembered while it is the same.

A compiler behind rustup takes a tenth of a second for each question, which an edit should not pay.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Compiler:
    """`version` is rustc's own line (empty: it does not run), `aborts` whether it knows `panic=immediate-abort`."""

    version: str
    aborts: bool


def ask(rustc: str) -> Compiler:
    """The facts of a rustc, from memory on disk if the file has not changed."""
    memory = _memory()
    known = _read(memory)
    try:
        status = os.stat(rustc)
    except OSError:
        return Compiler("", False)
    stamp = f"{status.st_mtime_ns}/{status.st_size}"
    entry = known.get(rustc)
    if isinstance(entry, dict) and entry.get("stamp") == stamp:
        return Compiler(str(entry.get("version", "")), bool(entry.get("aborts")))
    found = Compiler(_output([rustc, "--version"]), _aborts(rustc))
    if found.version:
        _write(memory, {**known, rustc: {"stamp": stamp, "version": found.version, "aborts": found.aborts}})
    return found


def _aborts(rustc: str) -> bool:
    """Whether panics can leave no text in the module; asked as a nightly, which RUSTC_BOOTSTRAP makes of any."""
    return bool(_output([rustc, "-Zunstable-options", "-Cpanic=immediate-abort", "--print", "cfg"]))


def _output(command: list[str]) -> str:
    """What a short command prints, or nothing if it fails."""
    environment = os.environ | {"RUSTUP_AUTO_INSTALL": "0", "RUSTC_BOOTSTRAP": "1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _memory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "taskrunner" / "rustc.json"


def _read(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, content: dict[str, object]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            json.dump(content, file)
        os.replace(temporary, path)
    except OSError:
        pass  # asked again next time
