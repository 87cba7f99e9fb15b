"""The warm process: imports what every run needs, then forks one child for each run and watches it.

Started as `python -m taskrunner.suite.zygote` by `warm`; speaks JSON lines over its standard input and output. It has
no threads, no open database and no event loop, and it ends with its parent: when its input closes, every child is
killed.

    → {"run": {...}}   ← {"started": [pid]}   ← {"ended": {"exit": 1, "signal": null, "crash": "", "parts": [...]}}

A run that is marked `again` leaves children behind that get ready for the next one (see `gate`).
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NoReturn

from taskrunner.project.processes import adopt_orphans, memory_of
from taskrunner.suite.forks import BEGUN, READY, Child, fork, fork_parts, watch

CANCELLED = {"exit": None, "signal": None, "crash": "cancelled"}
FRESH = 300.0  # seconds that a prepared child may wait; then another one takes its place
PAUSE = 0.05  # seconds before preparing begins: the verdict is being drawn, and that comes first
PREPARE = 20.0  # seconds to get ready in
LOOK = 0.2  # seconds between two looks at a child that gets ready
AT_THE_START = frozenset({"first", "again", "seconds", "memory"})  # what a waiting child need not know before

PLAIN = (
    *(
        "_pytest.assertion.rewrite",
        "_pytest.config",
        "_pytest.junitxml",
        "_pytest.terminal",
        "pytest",
        "pdb",
        "unittest",
    ),
    *("cryptography.hazmat.primitives.asymmetric.rsa", "cryptography.hazmat.primitives.asymmetric.padding"),
    *("taskrunner.suite.child", "taskrunner.suite.recorder", "taskrunner.suite.session", "taskrunner.project.wallets"),
    *("taskrunner.project.workspace", "taskrunner.project.settings", "taskrunner.backends.embedded", "sqlite3"),
    *("taskrunner.backends.inprocess", "taskrunner.lua.vm", "difflib"),
)
OURS: tuple[str, ...] = (
    "taskrunner.wire",
    "taskrunner.lua",
    "taskrunner.lua.lib",
    "taskrunner.client",
    "taskrunner.node",
)
OURS += ("taskrunner.lua.compiler", "taskrunner.node.devices")
# What brings HTTP or wasmtime along, or belongs to other commands.
SELDOM = frozenset({"http", "battery", "check", "trial", "coverage", "mutants", "genesis_wasm", "relay", "wasm64"})


def main() -> NoReturn:
    """Import, then serve runs until the parent is gone."""
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopt_orphans()
    buffered = b"" if "--bare" in sys.argv else _import_everything(requests.fileno())
    gc.freeze()
    server = _Server(requests.fileno(), answers)
    while True:
        if b"\n" not in buffered:
            server.look_after()
        chunk = b"" if b"\n" in buffered else os.read(requests.fileno(), 1 << 16)
        if not chunk and b"\n" not in buffered:
            server.dismiss()
            os._exit(0)
        *lines, buffered = (buffered + chunk).split(b"\n")
        for number, line in enumerate(lines):
            if not line:
                continue  # a cancellation: of the run before it, which has ended or is answered below
            stale = b"" in lines[number + 1 :]
            run = json.loads(line)["run"]
            ended = CANCELLED if stale else server.serve(run)
            answers.write(json.dumps({"ended": ended}) + "\n")
            if run.get("again") and number == len(lines) - 1:
                select.select([requests], [], [], PAUSE)
                server.prepare(run)


def _import_everything(requests: int) -> bytes:
    """Whatever a suite on the embedded node imports; a room that is missing is the run's problem, not ours.

    A first request that is a command needs none of it, and is not kept waiting. Gives what was read of requests.
    """
    heard = b""
    for name in _names():
        with suppress(Exception):
            import_module(name)
        if not heard and select.select([requests], [], [], 0)[0]:
            heard = os.read(requests, 1 << 16)
            if not heard:
                os._exit(0)
            if b'"command"' in heard:
                break
    return heard


def _names() -> Iterator[str]:
    yield from PLAIN
    for package in OURS:
        with suppress(Exception):
            for module in iter_modules(import_module(package).__path__, f"{package}."):
                if module.name.rpartition(".")[2] not in SELDOM:
                    yield module.name


@cache
def _import_plugins() -> None:
    """The pytest plugins of this environment, for suites that may use them; each child would import them anew."""
    from importlib.metadata import entry_points

    for plugin in entry_points(group="pytest11"):
        try:
            plugin.load()
        except Exception:
            continue
    if "_hypothesis_pytestplugin" in sys.modules:
        with suppress(Exception):
            import_module("hypothesis")  # its plugin imports it only inside a session


class _Server:
    """Serves one run after the other; between them children may wait for the next one of the same kind."""

    def __init__(self, requests: int, answers: Any) -> None:
        self._requests = requests
        self._answers = answers
        self._waiting: list[Child] = []
        self._prepared: dict[str, Any] = {}

    def serve(self, run: dict[str, Any]) -> dict[str, Any]:
        """Perform a run; how it ended, and the keys of its reports."""
        if not run.get("alone", True):
            _import_plugins()
        children = self._take(run) if run.get("again") else []
        if children:
            for child in children:
                child.begin(run["first"])
            ended = self._see_through(children)
            if ended["crash"] or all(BEGUN in child.told for child in children):
                return ended
            _forget(children)
        return self._see_through([fork(run, self._ours)])  # nothing was prepared, or it no longer holds

    def _see_through(self, children: list[Child]) -> dict[str, Any]:
        self._answer({"started": [child.pid for child in children]})
        crash = watch(children, self._requests, lambda child: self._answer({"failed": _place(child)}))
        pids = [child.pid for child in (*children, *self._waiting)]
        parts = [{**child.end([pid for pid in pids if pid != child.pid]), **_place(child)} for child in children]
        return {**parts[0], "crash": crash, "parts": parts}

    @property
    def _ours(self) -> list[int]:
        """What no child may keep."""
        pipes = [descriptor for child in self._waiting for descriptor in child.descriptors]
        return [self._requests, self._answers.fileno(), *pipes]

    def _answer(self, answer: dict[str, Any]) -> None:
        self._answers.write(json.dumps(answer) + "\n")

    # -- what waits

    def prepare(self, run: dict[str, Any]) -> None:
        """Let children wait for the next run of this kind."""
        self.dismiss()
        _practise()
        self._waiting, self._prepared = fork_parts(run, self._ours), run

    def _take(self, run: dict[str, Any]) -> list[Child]:
        """The children that wait for this very run; those that wait for another run are ended."""
        young = all(time.time() - child.since < 2 * FRESH and not child.is_over for child in self._waiting)
        if young and _kind(self._prepared) == _kind(run):
            children, self._waiting = self._waiting, []
            return children
        self.dismiss()
        return []

    def look_after(self) -> None:
        """Wait for a request; meanwhile see that what waits does no harm and does not grow old."""
        while self._waiting:
            prepare = any(READY not in child.told for child in self._waiting)
            news = [child.news for child in self._waiting]
            ready, _, _ = select.select([self._requests, *news], [], [], LOOK if prepare else FRESH)
            if self._requests in ready:
                return
            gone = [child for child in self._waiting if child.news in ready and not child.hear()]
            if gone or any(_is_too_much(child) for child in self._waiting):
                self.dismiss()
            elif not ready and time.time() - self._waiting[0].since > FRESH:
                self.prepare(self._prepared)

    def dismiss(self) -> None:
        """End the children that wait."""
        children, self._waiting = self._waiting, []
        for child in children:
            child.end([other.pid for other in children if other is not child])


def _forget(children: list[Child]) -> None:
    """What some parts have written of a run that begins anew."""
    for child in children:
        for name in ("report", "output"):
            with suppress(FileNotFoundError):
                os.unlink(child.run[name])


def _place(child: Child) -> dict[str, Any]:
    return {"report": child.run["report"], "key": child.key}


def _is_too_much(child: Child) -> bool:
    """Whether a child takes too long to get ready, or too much memory."""
    if READY in child.told:
        return False
    return time.time() - child.since > PREPARE or memory_of(child.pid) > int(child.run["memory"])


def _kind(run: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in run.items() if name not in AT_THE_START}


@cache
def _practise() -> None:
    """The first time is slow for everything in Python; no run should be the first."""
    with suppress(Exception):
        from taskrunner.suite.practice import practise

        practise()
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main()
