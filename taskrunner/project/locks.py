"""Who runs, and who may write now: process identity that survives pid reuse, and short locks on a file.

A process is its pid together with its start time. Locks are the kernel's (`flock`), so they end with their holder. What
they protect is the caller's business.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from taskrunner.errors import BusyError
from taskrunner.project.files import io_errors


@dataclass(frozen=True, slots=True)
class Process:
    """A process on one machine; `start` is its start time in the system's own spelling."""

    pid: int
    start: str
    host: str


def me() -> Process:
    """The running process."""
    pid = os.getpid()
    return Process(pid, probe(pid)[0], host())


def host() -> str:
    """This machine and this boot of it: a pid from before a restart names nobody."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()}/{boot}"


def probe(pid: int) -> tuple[str, str]:
    """Start time and state letter of a pid (`T` stopped, `Z` dead but not collected); both empty if it is gone."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return "", ""
        return fields[19], fields[0]
    found = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, start = found.stdout.strip().partition(" ")
    return start.strip(), state[:1]


def state(process: Process) -> str:
    """`dead`, `alive`, `stopped` (suspended), or `elsewhere` (another machine, so nobody here can know)."""
    if process.host != host():
        same_machine = process.host.rpartition("/")[0] == socket.gethostname()
        return "dead" if same_machine else "elsewhere"
    start, letter = probe(process.pid)
    if not start or start != process.start or letter in ("Z", "X"):
        return "dead"
    return "stopped" if letter in ("T", "t") else "alive"


@contextmanager
def exclusive(path: Path, what: str, *, seconds: float = 5.0) -> Iterator[None]:
    """Holds the lock file `path` for the block; `what` names the protected thing in the error.

    Raises BusyError (INPUT-BUSY-FILE) when it is not free after `seconds`, EnvironmentFault when the disk refuses.
    """
    import fcntl

    with io_errors("lock", what):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise busy_file(what, seconds) from None
            time.sleep(random.uniform(0.001, 0.02))  # at random, so that nobody is always late
        yield
    finally:
        os.close(handle)


def busy_file(what: str, seconds: float) -> BusyError:
    """The error for a file that stays locked."""
    return BusyError(
        f"{what} has been locked by another process for {seconds:g} s",
        code="INPUT-BUSY-FILE",
        file=what,
        hint="wait for the other run, or end it; `taskrunner status` shows who works here",
    )
