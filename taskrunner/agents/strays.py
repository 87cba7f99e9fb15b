"""What an agent leaves running: found and ended, also where it left its process group; and the agent itself, if we die.

On Linux the orphans of our descendants come back to us, so none gets away; elsewhere the process group must do. Only
what descends from the agent is ever ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

_DEATHSIG, _SUBREAPER = 1, 36  # prctl(2)
_PATIENCE = 2.0


def adopt() -> frozenset[int]:
    """From now on orphans of our descendants become our children; gives the children that there are already."""
    prctl = _prctl()
    if prctl is not None:
        prctl(_SUBREAPER, 1, 0, 0, 0)
    return frozenset(_children())


def ends_with_us() -> Callable[[], None] | None:
    """What a child does before it becomes the agent: be killed when this process is (Linux)."""
    prctl, parent = _prctl(), os.getpid()
    if prctl is None:
        return None

    def tie() -> None:
        prctl(_DEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def end_strays(others: frozenset[int]) -> None:
    """End every child that is not one of `others`, and what comes back to us when those end."""
    deadline = time.monotonic() + _PATIENCE
    while (strays := _children() - others) and time.monotonic() < deadline:
        for pid in strays:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(pid, 0)


def _children() -> set[int]:
    """The children of this process (Linux); empty where the system does not tell."""
    mine, found = str(os.getpid()), set()
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            if file.read_text(errors="replace").rpartition(")")[2].split()[1] == mine:  # state, parent, ...
                found.add(int(file.parent.name))
    return found


@cache
def _prctl() -> Any:
    if sys.platform != "linux":
        return None
    import ctypes

    return getattr(ctypes.CDLL(None), "prctl", None)
