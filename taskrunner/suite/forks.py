"""Forks the warm process for a run, watches the children until they have ended, and says why if they had to be ended.

A child may be told to wait: it gets everything ready and begins when it is told to (see `gate`). Several may share a
run, each with a part of the tests. Knows limits and processes; knows no queue of requests, and no report.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from taskrunner.project.processes import die_with, end_family, exit_status, memory_of
from taskrunner.suite.seal import new_key

STEP = 0.05  # seconds between two looks at memory and output
OUTPUT = 64 << 20  # bytes that a run may print
READY, BEGUN, FAILED = b"r", b"b", b"f"  # what a child tells: it waits, its run has begun, a first test has failed


@dataclass(slots=True)
class Child:
    """One forked child and its run. `told` gathers the bytes that it has sent."""

    pid: int
    key: str
    run: dict[str, Any]
    news: int
    go: int | None = None
    told: bytes = b""
    since: float = field(default_factory=time.time)

    def begin(self, first: list[str]) -> None:
        """Let a waiting child begin, with these tests before all others."""
        assert self.go is not None
        with suppress(BrokenPipeError):
            os.write(self.go, json.dumps({"first": first}).encode() + b"\n")

    @property
    def descriptors(self) -> list[int]:
        """Our ends of its pipes."""
        return [descriptor for descriptor in (self.news, self.go) if descriptor is not None]

    def hear(self) -> bytes:
        """What is new; empty when nothing can follow."""
        new = os.read(self.news, 64)
        self.told += new
        return new

    @property
    def is_over(self) -> bool:
        """Whether the process has ended; it is not reaped."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def end(self, others: Iterable[int] = ()) -> dict[str, Any]:
        """End it and everything that it started, but not the children `others`: `{"exit": ..., "signal": ...}`."""
        end_family(self.pid, others)  # before it is reaped: until then its pid cannot become a stranger's
        for descriptor in self.descriptors:
            os.close(descriptor)
        return exit_status(self.pid)


def fork_parts(run: dict[str, Any], ours: Iterable[int]) -> list[Child]:
    """Children that wait for their parts of a run, `parts` in number; each writes a report and an output of its own."""
    children: list[Child] = []
    for number in range(run["parts"]):
        mine = {**run, "part": number, **{name: part_of(run[name], number) for name in ("report", "output")}}
        pipes = [descriptor for child in children for descriptor in child.descriptors]
        children.append(fork(mine, (*ours, *pipes), waiting=True))
    return children


def part_of(path: str, number: int) -> str:
    """The file of a part: the run's own for the first, one beside it for each other."""
    return path if number == 0 else f"{path}.{number}"


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
    return Child(pid, key, run, news, go)


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


def watch(children: Sequence[Child], parent: int, failed: Callable[[Child], object]) -> str:
    """Wait for the children of a run that has begun; why they must be ended before they have ended, or nothing.

    `parent` is readable for a cancellation, or because the parent is gone: then this process ends too. `failed(child)`
    is called when the first test has failed.
    """
    run = children[0].run
    deadline = time.monotonic() + float(run["seconds"])
    ends = [_end_descriptor(child.pid) for child in children]
    waited = {parent, *(child.news for child in children), *(end for end in ends if end is not None)}
    try:
        while True:
            ready, _, _ = select.select(waited, [], [], 0.005 if None in ends else STEP)
            _hear(children, ready, waited, failed)
            for child, end in zip(children, ends, strict=True):
                if child.is_over and end is not None:
                    waited.discard(end)
            if all(child.is_over for child in children):
                return ""
            crash = next(filter(None, (_too_much(child, deadline) for child in children)), "")
            if parent in ready:
                if not os.read(parent, 1 << 16):
                    _leave(children)
                crash = crash or "cancelled"
            if crash:
                return crash
    finally:
        for end in ends:
            if end is not None:
                os.close(end)


def _hear(children: Sequence[Child], ready: list[int], waited: set[int], failed: Callable[[Child], object]) -> None:
    for child in children:
        if child.news in ready:
            knew = any(FAILED in each.told for each in children)
            if not child.hear():
                waited.discard(child.news)
            elif FAILED in child.told and not knew:
                failed(child)


def _leave(children: Sequence[Child]) -> NoReturn:
    """The parent is gone: everything ends."""
    for child in children:
        end_family(child.pid)
    os._exit(0)


def _too_much(child: Child, deadline: float) -> str:
    if time.monotonic() > deadline:
        return "timeout"
    if memory_of(child.pid) > int(child.run["memory"]):
        return "memory"
    try:
        return "output" if os.stat(child.run["output"]).st_size > OUTPUT else ""
    except OSError:
        return ""


def _end_descriptor(pid: int) -> int | None:
    """A descriptor that is readable once the child has ended (Linux); None where there is none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
