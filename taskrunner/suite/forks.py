"""Forks the warm process for one run, watches the child until it has ended, and says why if it had to be ended.

A child may be told to wait: it gets everything ready and begins when it is told to (see `gate`). Knows limits and
processes; knows no queue of requests, and no report.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from taskrunner.suite.processes import die_with, end_family, exit_status, memory_of
from taskrunner.suite.seal import new_key

STEP = 0.05  # seconds between two looks at memory and output
OUTPUT = 64 << 20  # bytes that a run may print
READY, BEGUN, FAILED = b"r", b"b", b"f"  # what a child tells: it waits, its run has begun, a first test has failed


@dataclass(slots=True)
class Child:
    """One forked child. `told` gathers the bytes that it has sent; `ended` is how it ended, once it has."""

    pid: int
    key: str
    news: int
    go: int | None = None
    told: bytes = b""
    since: float = field(default_factory=time.time)

    def begin(self, first: list[str]) -> None:
        """Let a waiting child begin, with these tests before all others."""
        assert self.go is not None
        with suppress(BrokenPipeError):
            os.write(self.go, json.dumps({"first": first}).encode() + b"\n")

    def hear(self) -> bytes:
        """What is new; empty when nothing can follow."""
        new = os.read(self.news, 64)
        self.told += new
        return new

    @property
    def is_over(self) -> bool:
        """Whether the process has ended; it is not reaped."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def end(self) -> dict[str, Any]:
        """End it and everything that it started: `{"exit": ..., "signal": ...}`."""
        end_family(self.pid)  # before it is reaped: until then its pid cannot become a stranger's
        for descriptor in (self.news, self.go):
            if descriptor is not None:
                os.close(descriptor)
        return exit_status(self.pid)


def fork(run: dict[str, Any], ours: Iterable[int], *, waiting: bool = False) -> Child:
    """A child for a run; it does not keep our descriptors `ours`. `waiting`: it begins only when it is told to."""
    key, warm = new_key(), os.getpid()
    news, tell = os.pipe()
    wait, go = os.pipe() if waiting else (None, None)
    pid = os.fork()
    if pid == 0:
        die_with(warm)
        for descriptor in (*ours, news, go):
            if descriptor is not None:
                os.close(descriptor)
        _become_child({**run, "key": key}, tell, wait)
    os.close(tell)
    if wait is not None:
        os.close(wait)
    return Child(pid, key, news, go)


def _become_child(run: dict[str, Any], news: int, wait: int | None) -> NoReturn:
    code = 70
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if wait is None:
            output = os.open(run["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(output, 1)
            os.dup2(output, 2)
        if "command" in run:
            os.chdir(run["root"])
            environment = {**os.environ, **run["env"], "TASKRUNNER_SEAL": str(_readable(run.pop("key")))}
            os.execvpe(run["command"][0], run["command"], environment)
        from taskrunner.suite.child import perform

        code = perform(run, news, wait)  # it takes the key out before anything of the suite runs
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass
        os._exit(code)


def _readable(key: str) -> int:
    """A descriptor from which a command that is started next reads the key of its report, once."""
    end, start = os.pipe()
    os.write(start, key.encode())
    os.close(start)
    os.set_inheritable(end, True)
    return end


def watch(child: Child, run: dict[str, Any], parent: int, failed: Callable[[], object]) -> str:
    """Wait for a child whose run has begun; why it must be ended before it has done so itself, or nothing.

    `parent` is readable for a cancellation, or because the parent is gone: then this process ends too. `failed()` is
    called when the first test has failed.
    """
    deadline = time.monotonic() + float(run["seconds"])
    ended = _end_descriptor(child.pid)
    waited = {descriptor for descriptor in (ended, parent, child.news) if descriptor is not None}
    try:
        while True:
            ready, _, _ = select.select(waited, [], [], STEP if ended is not None else 0.005)
            if child.news in ready:
                knew = FAILED in child.told
                if not child.hear():
                    waited.discard(child.news)
                elif FAILED in child.told and not knew:
                    failed()
            if child.is_over:
                return ""
            crash = _too_much(child.pid, run, deadline)
            if parent in ready:
                if not os.read(parent, 1 << 16):
                    end_family(child.pid)
                    os._exit(0)
                crash = crash or "cancelled"
            if crash:
                return crash
    finally:
        if ended is not None:
            os.close(ended)


def _too_much(pid: int, run: dict[str, Any], deadline: float) -> str:
    if time.monotonic() > deadline:
        return "timeout"
    if memory_of(pid) > int(run["memory"]):
        return "memory"
    try:
        return "output" if os.stat(run["output"]).st_size > OUTPUT else ""
    except OSError:
        return ""


def _end_descriptor(pid: int) -> int | None:
    """A descriptor that is readable once the child has ended (Linux); None where there is none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
