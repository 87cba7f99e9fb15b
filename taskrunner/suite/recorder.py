"""Writes the structured report of a run: a pytest plugin that only our own runner registers.

One sealed JSON object a line (see `seal`), flushed at once, so that a run that dies leaves what it knew. Numbers and
texts come from pytest's own objects (exceptions, frames, compared values), never from printed text. The worst outcome
of a test stands, whatever another plugin makes of it; how the run ended is written by whoever called pytest.

    {"event": "collected", "tests": ["test_spawns", ...]}
    {"event": "test", "id": "test_spawns", "outcome": "passed", "assertions": 2, ...}
    {"event": "finish", "exit_code": 0}
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from taskrunner.suite import explain
from taskrunner.suite.asserting import Asserted
from taskrunner.suite.elsewhere import asked_elsewhere
from taskrunner.suite.plugin import SESSION
from taskrunner.suite.seal import sealer

SLOW_FAILURES = ("MOD-TIME-LIMIT", "MOD-MEMORY-LIMIT", "MOD-WASM-FUEL", "MOD-WASM-TIMEOUT")
LIMIT = 4000  # characters of one text in the report


class Out(Protocol):
    """Where a report is written."""

    def write(self, text: str, /) -> Any:
        """Add a text."""

    def flush(self) -> None:
        """Hand it over to the system."""


def writer(out: Out, key: str, failed: Callable[[], object] = lambda: None) -> Callable[..., None]:
    """Gives `write(event, **fields)` for one report; a process that a test forked off writes nothing.

    `failed()` is called after the line of each test that failed.
    """
    seal, owner = sealer(key), os.getpid()

    def write(event: str, **fields: Any) -> None:
        if os.getpid() == owner:
            out.write(seal(json.dumps({"event": event, **fields}, default=str)) + "\n")
            out.flush()
            if event == "test" and fields["outcome"] in ("failed", "error"):
                failed()

    return write


class Current:
    """The line of the test that runs. Its worst outcome stands; nobody outside can turn it round."""

    def __init__(self, write: Callable[..., None]) -> None:
        line: dict[str, Any] = {}

        def begin(**fields: Any) -> None:
            line.clear()
            line.update(fields, outcome="passed", seconds=0.0)

        def ended(outcome: str, **fields: Any) -> None:
            if line["outcome"] not in ("failed", "error") or (outcome == "skipped" and "message" in fields):
                line.update(fields, outcome=outcome)

        def add(seconds: float = 0.0, **fields: Any) -> None:
            line.update({name: value for name, value in fields.items() if name != "outcome"})
            line["seconds"] += seconds

        def close(**fields: Any) -> None:
            add(**fields)
            write("test", **line)

        self.begin, self.ended, self.add, self.close = begin, ended, add, close
        self.get: Callable[[str], Any] = line.get


class Recorder:
    """Hears pytest's events and writes lines.

    `reads` other than `both` leaves out the tests of the other order; `backwards` begins with the last test.
    """

    def __init__(
        self, write: Callable[..., None], root: Path, asserted: Asserted, reads: str = "both", backwards: bool = False
    ) -> None:
        self.write = write
        self.root = root
        self.asserted = asserted
        self.reads = reads
        self.backwards = backwards
        self.compared: tuple[str, Any, Any] | None = None
        self.current = Current(write)
        self.found: list[pytest.Item] = []
        self.config: pytest.Config | None = None

    # -- collecting

    def pytest_configure(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if self.reads == "both" or _reads(item) in (None, self.reads):
            self.found.append(item)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if self.reads == "both" or _reads(item) in (None, self.reads)]
        if self.backwards:
            items.reverse()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Every test that was found counts, also one that a plugin or a conftest.py takes out of the run."""
        left = [item for item in self.found if item not in set(session.items)]
        self.write("collected", tests=[short(item.nodeid) for item in (*session.items, *left)])

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Any:
        report = yield
        if report.failed:
            call = getattr(report, "call", None)
            error = call.excinfo.value if call is not None and call.excinfo else None
            if type(error).__name__ == "CollectError" and error is not None:
                error = error.__cause__ or error
            fields = explain.of_exception(error, self.root) if error is not None else {"message": str(report.longrepr)}
            fields["message"] = fields.get("message", "")[:LIMIT]
            self.write("collect_error", id=short(collector.nodeid), outcome="error", **fields)
        return report

    # -- running

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.compared = None
        self.asserted.begin(item)
        file, line, _ = item.location
        mark = item.get_closest_marker("example")
        example = str(mark.args[0]) if mark is not None and mark.args else None
        place = {"file": file, "line": None if line is None else line + 1}
        self.current.begin(id=short(item.nodeid), example=example, **place)
        if (session := self._session()) is not None:
            session.begin_test()
        result = yield
        if (session := self._session()) is not None:
            talk = session.exchanges if self.current.get("outcome") == "passed" else session.with_last_look()
            self.current.add(exchanges=[explain.of_exchange(exchange) for exchange in talk])
        self.current.close(assertions=self.asserted.count)
        if (self.current.get("node_failure") or {}).get("code") in SLOW_FAILURES:
            item.session.shouldstop = "a limit was reached, and the tests that follow would take as long to reach it"
        return result

    def pytest_assertion_pass(self, orig: str) -> None:
        self.asserted.passed(orig)

    def pytest_assertrepr_compare(self, op: str, left: Any, right: Any) -> None:
        self.compared = (op, left, right)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        error = _raised(item, call)
        report = yield
        self.current.add(seconds=report.duration)
        if isinstance(error, pytest.skip.Exception | pytest.xfail.Exception):
            self.current.ended("skipped", message=str(error))
        elif error is not None or report.failed:
            self._failed(report, error)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and hasattr(report, "wasxfail"):  # the mark is weighed after our look at the error
            self.current.ended("skipped", message=f"it is marked as failing (xfail) {report.wasxfail}".strip())

    def _failed(self, report: pytest.TestReport, error: BaseException | None) -> None:
        if self.current.get("outcome") in ("failed", "error"):
            return  # a teardown that fails after the test did is not the news
        asserted = isinstance(error, AssertionError | pytest.fail.Exception) and report.when == "call"
        self.current.ended("failed" if asserted else "error", phase=report.when)
        if error is None:
            self.current.add(message=str(report.longrepr)[:LIMIT])
            return
        self.current.add(**explain.of_exception(error, self.root))
        if (elsewhere := asked_elsewhere(error, self._session())) is not None:
            self.current.add(node_failure=elsewhere)
        if asserted:
            self.asserted.failed()
            session = self._session()
            compared = self.compared or self.asserted.compared
            self.current.add(**explain.of_comparison(error, compared, session.last_sent if session else None))

    # -- ending

    def pytest_warning_recorded(self, warning_message: Any) -> None:
        text = f"{warning_message.filename}:{warning_message.lineno}: {warning_message.message}"
        self.write("warning", text=explain.relative(text, self.root)[:LIMIT])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        if (session := self._session()) is not None:
            for text in session.collect_warnings():
                self.write("warning", text=text)
            for found in session.collect_coverage():
                self.write("coverage", **found)

    def _session(self) -> Any:
        return None if self.config is None else self.config.stash.get(SESSION, None)


def short(nodeid: str) -> str:
    """A test's id without its file: a run is of one suite."""
    return nodeid.partition("::")[2] or nodeid


def _raised(item: pytest.Item, call: pytest.CallInfo[None]) -> BaseException | None:
    """What was raised, before anybody's hooks see it; unittest's runner keeps it to itself until they do."""
    kept = [] if call.excinfo is not None else getattr(item, "_excinfo", None) or []
    excinfo = call.excinfo if call.excinfo is not None else next(iter(kept), None)
    return None if excinfo is None else excinfo.value


def _reads(item: pytest.Item) -> str | None:
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    order = parameters.get("process")
    return order if order in ("each", "last") else None


_AS_WRITTEN = (dict(vars(Recorder)), dict(vars(Current)))


def changed(recorder: Recorder) -> bool:
    """Whether something of the recorder is no longer what it was when this module was imported."""
    own = {"write", "root", "asserted", "reads", "backwards", "compared", "current", "found", "config"}
    return (dict(vars(Recorder)), dict(vars(Current))) != _AS_WRITTEN or not vars(recorder).keys() <= own
