"""The warm process: imports what every run needs, then forks one child for each run and watches it.

Started as `python -m taskrunner.suite.zygote` by `warm`; speaks JSON lines over its standard input and output. It has
no threads, no open database and no event loop, and it ends with its parent: when its input closes, every child is
killed.

    → {"run": {...}}   ← {"started": pid}   ← {"failed": key}   ← {"ended": {"exit": 1, "signal": null, "crash": ""}}

A run that is marked `again` leaves a child behind that gets ready for the next one (see `gate`).
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NoReturn

from taskrunner.suite.forks import BEGUN, READY, Child, fork, watch
from taskrunner.suite.processes import adopt_orphans, memory_of

CANCELLED = {"exit": None, "signal": None, "crash": "cancelled"}
FRESH = 300.0  # seconds that a prepared child may wait; then another one takes its place
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
    if "--bare" not in sys.argv:
        _import_everything()
    gc.freeze()
    server, buffered = _Server(requests.fileno(), answers), b""
    while True:
        server.look_after()
        chunk = os.read(requests.fileno(), 1 << 16)
        if not chunk:
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
                server.prepare(run)


def _import_everything() -> None:
    """Whatever a suite on the embedded node imports; a room that is missing is the run's problem, not ours."""
    for name in PLAIN:
        with suppress(Exception):
            import_module(name)
    for package in OURS:
        with suppress(Exception):
            for module in iter_modules(import_module(package).__path__, f"{package}."):
                if module.name.rpartition(".")[2] not in SELDOM:
                    with suppress(Exception):
                        import_module(module.name)


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
    """Serves one run after the other; between them a child may wait for the next one of the same kind."""

    def __init__(self, requests: int, answers: Any) -> None:
        self._requests = requests
        self._answers = answers
        self._waiting: tuple[Child, dict[str, Any]] | None = None

    def serve(self, run: dict[str, Any]) -> dict[str, Any]:
        """Perform a run; how it ended, and the key of its report."""
        if not run.get("alone", True):
            _import_plugins()
        child = self._take(run)
        if child is not None:
            child.begin(run["first"])
            ended = self._see_through(child, run)
            if ended["crash"] or BEGUN in child.told:
                return ended
        return self._see_through(fork(run, self._ours), run)  # what had been prepared no longer holds

    def _see_through(self, child: Child, run: dict[str, Any]) -> dict[str, Any]:
        self._answer({"started": child.pid})
        crash = watch(child, run, self._requests, lambda: self._answer({"failed": child.key}))
        return {**child.end(), "crash": crash, "key": child.key}

    @property
    def _ours(self) -> tuple[int, int]:
        return self._requests, self._answers.fileno()

    def _answer(self, answer: dict[str, Any]) -> None:
        self._answers.write(json.dumps(answer) + "\n")

    # -- what waits

    def prepare(self, run: dict[str, Any]) -> None:
        """Let a child wait for the next run of this kind."""
        self.dismiss()
        _practise()
        self._waiting = fork(run, self._ours, waiting=True), run

    def _take(self, run: dict[str, Any]) -> Child | None:
        """The child that waits for this very run; one that waits for another run is ended."""
        if self._waiting is not None:
            child, prepared = self._waiting
            if _kind(prepared) == _kind(run) and time.time() - child.since < 2 * FRESH and not child.is_over:
                self._waiting = None
                return child
            self.dismiss()
        return None

    def look_after(self) -> None:
        """Wait for a request; meanwhile see that what waits does no harm and does not grow old."""
        while self._waiting is not None:
            child, run = self._waiting
            prepares = READY not in child.told
            ready, _, _ = select.select([self._requests, child.news], [], [], LOOK if prepares else FRESH)
            if self._requests in ready:
                return
            age = time.time() - child.since
            if (ready and not child.hear()) or (prepares and (age > PREPARE or memory_of(child.pid) > run["memory"])):
                self.dismiss()
            elif not ready and age > FRESH:
                self.prepare(run)

    def dismiss(self) -> None:
        """End the child that waits, if there is one."""
        if self._waiting is not None:
            child, _ = self._waiting
            self._waiting = None
            child.end()


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
