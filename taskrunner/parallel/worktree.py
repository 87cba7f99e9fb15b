"""A lane's folder: the workspace as it is now, beside it, and the way back for what changed there.

In a git repository it is a detached work tree that shares the repository's objects; elsewhere a copy. Uncommitted and
untracked files come along. The user's index, branches and stashes are not touched.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.project.files import write_atomic

if TYPE_CHECKING:
    from taskrunner.project import Workspace

NEVER = frozenset({".git", ".taskrunner", ".venv", "node_modules", "target", "__pycache__", ".pytest_cache"})
LINKED = ("node_modules",)  # heavy, and never changed by a lane
OURS = frozenset({"tasks.json"})  # statuses are written at home, from evidence at home

Hashes = dict[str, str]


class Lane:
    """A folder in which one lane works; `merge` brings home what it changed since it was opened."""

    def __init__(self, workspace: Workspace, folder: Path, log: Path) -> None:
        self.workspace = workspace
        self.folder = folder
        self.log = log
        self.kept = False
        self._start = hashes(folder)

    def merge(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Copy what changed in the lane: the paths that were copied, and those that were changed at home meanwhile.

        Nothing is copied if anything conflicts.
        """
        now, home = hashes(self.folder), hashes(self.workspace.root)
        changed = [path for path in now if now[path] != self._start.get(path) and path not in OURS]
        wanted = [path for path in changed if home.get(path) != now[path]]
        conflicts = tuple(path for path in wanted if home.get(path) != self._start.get(path))
        if conflicts:
            return (), conflicts
        for path in wanted:
            target = self.workspace.resolve(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(target, (self.folder / path).read_bytes())
            self._start[path] = now[path]
        return tuple(wanted), ()

    def keep(self) -> None:
        """Leave the folder where it is, for a person to look at."""
        self.kept = True


@contextmanager
def open_lane(workspace: Workspace, name: str) -> Iterator[Lane]:
    """A lane of that name; its folder is removed at the end unless it is kept."""
    place = workspace.state_dir / "lanes" / name
    top = _repository(workspace.root)
    _remove(place, top)
    place.parent.mkdir(parents=True, exist_ok=True)
    if top is None:
        folder = place
        folder.mkdir()
    else:
        _git(top, "worktree", "add", "--detach", "--quiet", str(place), "HEAD")
        folder = place / workspace.root.relative_to(top)
        folder.mkdir(parents=True, exist_ok=True)
    _fill(workspace.root, folder)
    lane = Lane(workspace, folder, place.with_name(f"{name}.jsonl"))
    try:
        yield lane
    finally:
        if not lane.kept:
            _remove(place, top)


def hashes(root: Path) -> Hashes:
    """The hash of every file of a workspace by its path; links and what tools make are left out."""
    found: Hashes = {}
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in NEVER)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink() and name not in NEVER:
                found[path.relative_to(root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _fill(source: Path, folder: Path) -> None:
    """Make the folder equal to the workspace as it is now."""
    wanted = hashes(source)
    there = hashes(folder)
    for path in there.keys() - wanted.keys():
        (folder / path).unlink()
    for path, value in wanted.items():
        if there.get(path) != value:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / path, folder / path)
    for name in LINKED:
        if (source / name).is_dir() and not (folder / name).exists():
            (folder / name).symlink_to((source / name).resolve(), target_is_directory=True)


def _repository(root: Path) -> Path | None:
    """The top of the git repository around a workspace, if it has a commit to start from."""
    try:
        top = _git(root, "rev-parse", "--show-toplevel").strip()
        _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return None
    return Path(top).resolve() if root.resolve().is_relative_to(Path(top).resolve()) else None


def _remove(place: Path, top: Path | None) -> None:
    if top is not None:
        subprocess.run(
            ["git", "-C", str(top), "worktree", "remove", "--force", str(place)], capture_output=True, check=False
        )
    shutil.rmtree(place, ignore_errors=True)
    if top is not None:
        subprocess.run(["git", "-C", str(top), "worktree", "prune"], capture_output=True, check=False)


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=60
    ).stdout
