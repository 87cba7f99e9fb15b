"""`taskrunner init --hyperbeam link PATH | clone URL`: name a HyperBEAM clone for this workspace."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from taskrunner.errors import EnvironmentFault, InputError

FOLDER = "HyperBEAM"


def configure(root: Path, how: str, what: str) -> Path:
    """Write `.env.hyperbeam` for a clone that exists (`link`) or is fetched first (`clone`); the clone's folder."""
    from taskrunner.backends.hyperbeam import CONFIG, read_config
    from taskrunner.project.files import write_atomic

    if how not in ("link", "clone"):
        raise click.UsageError("--hyperbeam takes `link PATH` or `clone URL`")
    folder = Path(what) if how == "link" else _clone(root, what)
    file = root / CONFIG
    old = file.read_bytes() if file.exists() else None
    write_atomic(file, _with_cwd(old.decode() if old else "", str(folder)).encode())
    try:
        return read_config(root)
    except EnvironmentFault:
        if old is not None:
            write_atomic(file, old)
        else:
            file.unlink()
        raise


def _with_cwd(text: str, folder: str) -> str:
    """The file's text with its CWD entry set, other lines kept."""
    lines = [line for line in text.splitlines() if not line.strip().removeprefix("export ").startswith("CWD=")]
    return "\n".join([*lines, f"CWD={folder}"]) + "\n"


def _clone(root: Path, url: str) -> Path:
    """Fetch a clone into HyperBEAM/ of the workspace, with progress on a terminal. Building it is the user's step."""
    import git

    target = root / FOLDER
    if target.exists():
        raise InputError(f"{FOLDER}/ is there already", code="INPUT-CLONE", hint=f"use `--hyperbeam link {FOLDER}`")
    try:
        git.Repo.clone_from(url, target, progress=_progress(), depth=1)
    except git.exc.GitError as error:
        words = " ".join(str(error).split())[-200:]
        raise EnvironmentFault(
            f"cannot clone {url}: {words}", code="ENV-HYPERBEAM-CWD", hint="check URL and network"
        ) from error
    return Path(FOLDER)


def _progress() -> Any:
    import git

    class Progress(git.RemoteProgress):
        def update(self, op_code: int, cur_count: Any, max_count: Any = None, message: str = "") -> None:
            if sys.stderr.isatty() and max_count:
                print(
                    f"\r  fetching {100 * float(cur_count) / float(max_count):3.0f} %",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )

    return Progress()
