"""Which files a task is about, and one hash of what is in them: how two fixes are told apart.

Knows paths and bytes; knows no journal and no rule.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskrunner.runner.context import Run

_CRATE_FILES = ("Cargo.toml", "build.rs")


def module_files(run: Run) -> list[Path]:
    """The files of the module: the Lua source, or the crate's sources and manifests."""
    if not run.is_wasm:
        return [run.source] if run.source.exists() else []
    crate = run.source.parent.parent
    found = sorted(path for path in run.source.parent.rglob("*.rs") if path.is_file())
    return [crate / name for name in _CRATE_FILES if (crate / name).is_file()] + found


def work_files(run: Run) -> list[Path]:
    """Every file that a fix may touch or must leave alone: module and suites."""
    return module_files(run) + [suite for suite in run.suites if suite.exists()]


def content_hash(run: Run) -> str:
    """One hash over names and bytes of module and suite; line ends count, times do not.

    Raises EnvironmentFault where a file may not be read.
    """
    from taskrunner.project.files import io_errors

    whole = hashlib.sha256()
    for path in work_files(run):
        with io_errors("read", run.shown(path)):
            data = path.read_bytes()
        whole.update(f"{run.shown(path)}\0{len(data)}\0".encode())
        whole.update(data)
    return whole.hexdigest()


def changed_paths(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Names whose content differs between two snapshots, sorted."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def snapshot(run: Run) -> dict[str, str]:
    """The text of every work file by name, for diffs."""
    return {run.shown(path): path.read_text("utf-8", "replace") for path in work_files(run)}
