"""Where a forked child waits for its run: the suite is collected, node and wallet are ready, nothing has been tested.

Each child waits for one run and serves one run. Whatever it looked at while getting ready is looked at again when the
run begins: if anything differs, it ends without a word, and the run begins anew in a fresh child. Knows pytest; knows
nothing of who asks.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from taskrunner.suite.forks import BEGUN, READY
from taskrunner.suite.plain import is_plain, may_be_reordered
from taskrunner.suite.recorder import Recorder, short

STALE = 75  # the exit code of a child whose preparations are out of date
SETTINGS = ("pyproject.toml", "taskrunner.toml", "pytest.ini", ".pytest.ini", "tasks.json", "plan.md", ".env.hyperbeam")
BESIDE_SUITES = ("conftest.py", "__init__.py")


class LateFile:
    """A report that is opened when its run begins; what is written before waits in memory."""

    def __init__(self) -> None:
        self._early: list[str] = []
        self._out: Any = None

    def open(self, path: str) -> None:
        """Write to this file from now on."""
        self._out = open(path, "a", encoding="utf-8")  # noqa: SIM115 (open until the process ends)
        self._out.writelines(self._early)
        self._early.clear()

    def write(self, text: str) -> None:
        """Add a text."""
        self._early.append(text) if self._out is None else self._out.write(text)

    def flush(self) -> None:
        """Hand over to the system what was written."""
        if self._out is not None:
            self._out.flush()


class Order:
    """The plugin that brings the tests named `first` before all others and keeps only this child's part of them.

    It does nothing where a test could tell the difference: then the first part is the whole.
    """

    def __init__(self, run: Mapping[str, Any], recorder: Recorder) -> None:
        self._suite = Path(run["suite"])
        self._recorder = recorder
        self._part = run.get("part"), run["parts"]
        self.first: list[str] = run["first"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Everything is collected, and nothing has been tested."""
        part, parts = self._part
        shared = parts > 1 and part is not None
        if not shared and not any(short(item.nodeid) in self.first for item in session.items[1:]):
            return
        if may_be_reordered(self._suite.read_bytes()):
            session.items.sort(key=lambda item: short(item.nodeid) not in self.first)
            session.items[:] = session.items[part::parts] if shared else session.items
            self._recorder.pytest_collection_finish(session)
        elif shared and part:
            session.items.clear()


class Gate:
    """The plugin that waits. `go` and `news` are ends of pipes: one JSON line comes in, single bytes go out."""

    def __init__(self, run: Mapping[str, Any], report: LateFile, order: Order, go: int, news: int) -> None:
        self._run = run
        self._report = report
        self._order = order
        self._go, self._news = go, news
        self._is_open = False
        self._files = _looked_at(run)
        self._seen = identities(self._files)
        self._text = Path(run["suite"]).read_bytes()
        self._printed = _catch_output()
        if not can_wait(run):
            os._exit(STALE)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Any:
        """A suite that looks beyond its own text is not even imported before its run begins."""
        if not is_plain(self._text):
            self._wait(session)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Any:
        """Nothing is tested before the run begins."""
        self._wait(session)
        return (yield)

    def _wait(self, session: pytest.Session) -> None:
        if self._is_open:
            return
        self._is_open = True
        get_ready(session.config)
        gc.collect()
        gc.freeze()
        os.write(self._news, READY)
        line = os.read(self._go, 1 << 16)
        if not line or threading.active_count() > 1 or identities(self._files) != self._seen:
            os._exit(STALE)
        _release_output(self._printed, self._run["output"])
        self._report.open(self._run["report"])
        os.write(self._news, BEGUN)
        self._order.first = json.loads(line)["first"]


def identities(files: Iterable[Path]) -> list[tuple[int, int, int, str] | None]:
    """What tells one version of each file from any other; None for a file that is not there."""
    return [_identity(path) for path in files]


def _identity(path: Path) -> tuple[int, int, int, str] | None:
    try:
        found, text = path.stat(), path.read_bytes()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size, hashlib.sha256(text).hexdigest()


def can_wait(run: Mapping[str, Any]) -> bool:
    """Whether a run may be prepared at all: a conftest.py that looks beyond its own text must run in its own time."""
    if run["alone"]:
        return True
    texts = [path.read_bytes() for path in _beside(run) if path.is_file()]
    return all(is_plain(text) for text in texts)


def get_ready(config: pytest.Config) -> None:
    """Start what the fixtures will ask for: settings, wallet and the embedded node. Any other node waits for its run.

    What fails here is left to the run itself, where it has its place.
    """
    from taskrunner.suite.plugin import session_of

    try:
        session = session_of(config)
        if session.is_embedded:
            session.client()
    except Exception:
        os._exit(STALE)


def _looked_at(run: Mapping[str, Any]) -> list[Path]:
    root = Path(run["root"])
    found = [Path(run["suite"]), Path(run["config"]), *(root / name for name in SETTINGS), *_beside(run)]
    return [*found, root / ".taskrunner" / "wallets" / f"me-{run['bits']}.json"]


def _beside(run: Mapping[str, Any]) -> list[Path]:
    """Files that pytest imports because they lie in the suite's folder or above it, up to the workspace."""
    root, suite = Path(run["root"]), Path(run["suite"]).absolute()
    folders = [folder for folder in suite.parents if folder.is_relative_to(root)]
    return [folder / name for folder in folders for name in BESIDE_SUITES]


def _catch_output() -> IO[bytes]:
    caught = tempfile.TemporaryFile()  # noqa: SIM115 (until the run begins)
    for descriptor in (1, 2):
        os.dup2(caught.fileno(), descriptor)
    return caught


def _release_output(caught: IO[bytes], path: str) -> None:
    """What was printed so far, and all that follows, belongs to the run's own output."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    caught.seek(0)
    os.write(output, caught.read())
    caught.close()
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.close(output)
