"""Locks on suites: what a suite generated from an approved plan was when it was written, and whether it still is.

The text itself is kept, so that a change can be shown and taken back. Who may change or unlock is not decided here.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.errors import InputError
from taskrunner.project.files import io_errors, write_atomic
from taskrunner.project.locks import exclusive
from taskrunner.project.names import slug

if TYPE_CHECKING:
    from taskrunner.project.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LockState:
    """A suite and its lock. `expected` is the locked SHA-256 in hex, `actual` the file's; empty: no lock, no file.

    `diff` is a unified diff from the locked text to the file's; empty when they agree.
    """

    path: str
    expected: str
    actual: str
    diff: str = ""

    @property
    def locked(self) -> bool:
        """Whether there is a lock."""
        return bool(self.expected)

    @property
    def held(self) -> bool:
        """Whether the file is as it was locked, or not locked at all."""
        return not self.expected or self.expected == self.actual


class SuiteLock:
    """The locks of one workspace; paths are inside it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def lock(self, path: Path) -> str:
        """Locks a suite as it is now and gives its SHA-256 in hex. Raises EnvironmentFault when it cannot be read."""
        shown = self._workspace.shown(path)
        with io_errors("read", shown):
            data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        kept = {"schema": 1, "path": shown, "sha256": digest, "text": data.decode("utf-8", "surrogateescape")}
        with self._guard():
            write_atomic(self._kept(path), json.dumps(kept).encode())
        return digest

    def check(self, path: Path) -> LockState:
        """How a suite stands to its lock."""
        shown = self._workspace.shown(path)
        locked = self._read(path)
        data = path.read_bytes() if path.is_file() else None
        actual = hashlib.sha256(data).hexdigest() if data is not None else ""
        if locked is None or locked[0] == actual:
            return LockState(shown, locked[0] if locked else "", actual)
        return LockState(shown, locked[0], actual, _diff(locked[1], data or b"", shown))

    def unlock(self, path: Path) -> bool:
        """Removes a lock; False if there was none."""
        with self._guard(), io_errors("unlock", self._workspace.shown(path)):
            found = self._kept(path).exists()
            self._kept(path).unlink(missing_ok=True)
        return found

    def restore(self, path: Path) -> bool:
        """Puts the locked text back; the changed one is kept under `.taskrunner/locks/`. False without a lock."""
        locked = self._read(path)
        if locked is None:
            return False
        with self._guard():
            if path.is_file() and path.read_bytes() != locked[1]:
                write_atomic(self._kept(path).with_suffix(".changed"), path.read_bytes())
            write_atomic(path, locked[1], scratch=self._workspace.scratch())
        return True

    def all(self) -> list[LockState]:
        """Every lock of the workspace."""
        folder = self._workspace.state_dir / "locks"
        states = []
        for entry in sorted(folder.glob("*.json")) if folder.is_dir() else []:
            found = _load(entry)
            states.append(self.check(self._workspace.resolve(str(found["path"]))))
        return states

    def _read(self, path: Path) -> tuple[str, bytes] | None:
        """The locked hash and bytes; a lock whose text does not have its hash was tampered with, and is an error."""
        kept = self._kept(path)
        if not kept.exists():
            return None
        found = _load(kept)
        data = str(found["text"]).encode("utf-8", "surrogateescape")
        if hashlib.sha256(data).hexdigest() != found["sha256"]:
            raise _damaged(kept)
        return str(found["sha256"]), data

    def _kept(self, path: Path) -> Path:
        return self._workspace.state_dir / "locks" / f"{slug(self._workspace.shown(path))}.json"

    def _guard(self) -> AbstractContextManager[None]:
        return exclusive(self._workspace.state("locks") / "guard.lock", "the list of locked suites")


def _load(kept: Path) -> dict[str, object]:
    try:
        found = json.loads(kept.read_text(encoding="utf-8"))
        if isinstance(found, dict) and {"path", "sha256", "text"} <= found.keys():
            return found
    except (OSError, ValueError, RecursionError):
        pass
    raise _damaged(kept)


def _damaged(kept: Path) -> InputError:
    message = "the lock of a suite was changed by hand"
    hint = "`taskrunner unlock TASK` removes the lock; then check the suite against the plan"
    return InputError(message, code="INPUT-LOCK-DAMAGED", file=f".taskrunner/locks/{kept.name}", hint=hint)


def _diff(old: bytes, new: bytes, shown: str) -> str:
    before, after = (data.decode("utf-8", "replace").splitlines(keepends=True) for data in (old, new))
    return "".join(difflib.unified_diff(before, after, f"{shown} (locked)", f"{shown} (now)"))
