"""Keeps what loading the npm package `wao` took, beside the first run that needs it, so that later runs start sooner.

The file lies in `node_modules/.cache`, is made by a Node.js process of its own (`js/learn.mjs`) and checked by every
run that uses it (`js/kept.mjs`): a module that changed makes it void. Knows what it depends on; knows no suite.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from taskrunner.suite.surroundings import JS

KEEPING = ["--experimental-vm-modules", "--experimental-import-meta-resolve"]
ROOTS = ("index", "test", "hb", "ao")
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the modules of one installed package are kept, and which files of it suites begin with."""

    file: Path
    roots: tuple[Path, ...]


def kept_package(suite: Path) -> Kept | None:
    """What is, or will be, kept for this suite; None where no `wao` is installed."""
    from taskrunner.suite.nodetest import node_command

    package = next(
        (up / "node_modules" / "wao" for up in suite.parents if (up / "node_modules" / "wao").is_dir()), None
    )
    if package is None:
        return None
    package = package.resolve()
    roots = tuple(path for name in ROOTS if (path := package / "esm" / f"{name}.js").is_file())
    description = package / "package.json"
    if not roots or not description.is_file():
        return None
    node = Path(node_command()[0]).resolve()
    marks = [
        *node_command(),
        str(node.stat().st_mtime_ns),
        str(package),
        str(description.stat().st_mtime_ns),
        _version(),
    ]
    name = hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]
    return Kept(package.parent / ".cache" / "taskrunner" / f"wao-{name}.bin", roots)


@contextmanager
def learning(suite: Path) -> Iterator[None]:
    """While a run goes on, keep what is not kept yet; it ends with this process, whatever happens."""
    from taskrunner.suite.nodetest import node_command

    kept = kept_package(suite)
    if kept is None or kept.file.exists():
        yield
        return
    try:
        kept.file.parent.mkdir(parents=True, exist_ok=True)
        for old in kept.file.parent.glob("wao-*"):
            if old.stat().st_mtime < kept.roots[0].stat().st_mtime:  # of an earlier installation
                old.unlink()
    except OSError:  # somebody else's packages: every run then loads them anew
        yield
        return
    command = [*_calm(), *node_command(), *KEEPING, str(JS / "learn.mjs"), str(kept.file), *map(str, kept.roots)]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, cwd=kept.file.parent)
    try:
        yield
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        process.kill()
        process.communicate()


def _calm() -> list[str]:
    """How a program is started that should be in nobody's way."""
    nice = shutil.which("nice")
    return [nice, "-n", "19"] if nice else []


def _version() -> str:
    """What our own hooks are: what they kept is theirs alone."""
    whole = hashlib.sha256()
    for name in ("kept", "learn", "quick", "wrapped"):
        whole.update((JS / f"{name}.mjs").read_bytes())
    return whole.hexdigest()
