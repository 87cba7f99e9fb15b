"""Claims: one runner at a time holds a task; a dead holder is taken over, a living or stopped one is named.

A claim is a small file that names pid, start time and machine, so that a reused pid is not mistaken for the holder. A
lock that lasts milliseconds keeps two takers apart. It knows no tasks but by their id.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.errors import BusyError
from taskrunner.project.faults import point
from taskrunner.project.files import io_errors, write_atomic
from taskrunner.project.locks import Process, exclusive, me, state
from taskrunner.project.names import slug

if TYPE_CHECKING:
    from taskrunner.project.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds which task: the process, since when (RFC 3339 UTC), doing what, and a nonce of this very claim."""

    task_id: str
    process: Process
    since: str
    doing: str
    nonce: str

    @property
    def state(self) -> str:
        """`alive`, `stopped`, `dead` or `elsewhere`."""
        return state(self.process)


class Claim:
    """The hold on one task (or on anything that has a name), as a context manager.

    Entering raises BusyError INPUT-BUSY that names the holder. Leaving frees the claim; so does the holder's death.
    """

    def __init__(self, workspace: Workspace, task_id: int | str, doing: str = "run") -> None:
        self._workspace = workspace
        self._task_id = task_id
        self._doing = doing
        self._nonce = ""

    def __enter__(self) -> Claim:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def take(self) -> Holder:
        """Takes the task, over a dead holder if there is one."""
        with self._guard():
            other = self.holder()
            if other is not None and other.state != "dead":
                raise self._busy(other)
            since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            mine = Holder(str(self._task_id), me(), since, self._doing, secrets.token_hex(8))
            point("before claim")
            write_atomic(self._path(), json.dumps(asdict(mine)).encode(), mode=0o600)
            point("claim")
        self._nonce = mine.nonce
        return mine

    def free(self) -> None:
        """Frees the task if this claim still holds it."""
        if not self._nonce:
            return
        with self._guard():
            holder = self.holder()
            if holder is not None and holder.nonce == self._nonce and holder.process.pid == os.getpid():
                with io_errors("free", "a claim"):
                    self._path().unlink(missing_ok=True)
        self._nonce = ""

    def holder(self) -> Holder | None:
        """Who holds the task now, dead or alive; None if nobody does, or if the claim cannot be read."""
        return _read(self._path())

    def _busy(self, other: Holder) -> BusyError:
        process = other.process
        who = f"process {process.pid} (`{other.doing}`, since {other.since})"
        hint = f"wait for it, or end it with `kill {process.pid}`"
        if other.state == "stopped":
            who += ", which is stopped"
            hint = f"let it go on with `kill -CONT {process.pid}`, or end it with `kill -KILL {process.pid}`"
        elif other.state == "elsewhere":
            who += f" on {process.host.rpartition('/')[0]}"
            hint = f"if it is gone, delete {self._workspace.shown(self._path())}"
        return BusyError(f"task {self._task_id} is held by {who}", code="INPUT-BUSY", hint=hint)

    def _path(self) -> Path:
        return self._workspace.state_dir / "claims" / f"{slug(self._task_id)}.json"

    def _guard(self) -> AbstractContextManager[None]:
        return exclusive(self._workspace.state("claims") / "guard.lock", "the list of claims")


def holders(workspace: Workspace) -> list[Holder]:
    """Every claim of a living, stopped or foreign process, by task; the dead hold nothing."""
    folder = workspace.state_dir / "claims"
    found = [_read(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    return [holder for holder in found if holder is not None and holder.state != "dead"]


def _read(path: Path) -> Holder | None:
    try:
        return _holder(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _holder(found: dict[str, Any]) -> Holder:
    process = found["process"]
    return Holder(
        str(found["task_id"]),
        Process(int(process["pid"]), str(process["start"]), str(process["host"])),
        str(found["since"]),
        str(found["doing"]),
        str(found["nonce"]),
    )
