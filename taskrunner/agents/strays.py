"""What an agent leaves running: found and ended, also where it left its process group; and the agent itself, if we die.

On Linux the orphans of our descendants come back to us, so none gets away; elsewhere the process group must do. Only
what descends from the agent is ever ended.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from taskrunner.project.processes import adopt_orphans, children_of, die_with

_PATIENCE = 2.0


def adopt() -> frozenset[int]:
    """From now on orphans of our descendants become our children; gives the children that there are already."""
    adopt_orphans()
    return frozenset(children_of(os.getpid()))


def ends_with_us() -> Callable[[], None]:
    """What a child does before it becomes the agent: be killed when this process is (Linux)."""
    return partial(die_with, os.getpid())


def end_strays(others: frozenset[int]) -> None:
    """End every child that is not one of `others`, and what comes back to us when those end."""
    deadline = time.monotonic() + _PATIENCE
    while (strays := set(children_of(os.getpid())) - others) and time.monotonic() < deadline:
        for pid in strays:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with suppress(OSError):
                os.waitpid(pid, 0)
