"""Ending a whole family of processes, and reading how much memory one has. Only what we started is ever ended.

A child leads a session of its own; its process group, and everything that outlived it and came back to us as an
orphan, ends with it. Knows no suite and no agent.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Let grandchildren that lose their parent become children of this process (Linux), so that they can be ended."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """Let this process, a child of `parent`, be killed when that one is killed (Linux)."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if sys.platform == "linux" and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes

    try:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
    except (OSError, AttributeError):
        return


def exit_status(pid: int) -> dict[str, Any]:
    """Wait for a child that has ended or is being killed: `{"exit": code or None, "signal": number or None}`."""
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return {"exit": None, "signal": os.WTERMSIG(status)}
    return {"exit": os.waitstatus_to_exitcode(status), "signal": None}


def end_family(pid: int, spared: Iterable[int] = ()) -> None:
    """Kill the process group that `pid` leads, then every orphan that came back to us, until none is left.

    `pid` is a child of this process; it stays unreaped, so that its number cannot become a stranger's. So do the
    children `spared`, whose time has not come.
    """
    _kill_group(pid)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # only now are its children ours
    for _ in range(100):
        children = [child for child in children_of(os.getpid()) if child != pid and child not in spared]
        if not children:
            return
        for child in children:
            _kill_group(child)
            _kill(child)
            try:
                os.waitpid(child, 0)
            except ChildProcessError:
                continue


def children_of(pid: int) -> list[int]:
    """The direct children of a process, whichever of its threads they belong to (Linux; elsewhere none are known)."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("[0-9]*/children"):
        with suppress(OSError):  # a thread that ended meanwhile
            found += map(int, file.read_text().split())
    return found


def memory_of(pid: int) -> int:
    """Resident bytes of a process and its children; 0 where that cannot be known."""
    total = 0
    for each in (pid, *children_of(pid)):
        try:
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError, ValueError):
            continue
    return total


def _kill_group(pid: int) -> None:
    """Kill the group that `pid` leads; a process that leads none (not yet a session of its own) is left to `_kill`."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        _kill_orphaned_group(pid)


def _kill_orphaned_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
