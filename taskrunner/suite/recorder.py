"""Writes the structured report of a run: a pytest plugin that only our own runner registers.

One JSON object a line, flushed at once, so that a run that dies leaves what it knew. Numbers and texts come from
pytest's own objects (exceptions, frames, compared values), never from printed text.

    {"event": "collected", "tests": ["test_spawns", ...]}
    {"event": "test", "id": "test_spawns", "outcome": "passed", "assertions": 2, ...}
    {"event": "finish", "exit_code": 0}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

import pytest

from taskrunner.suite import explain
from taskrunner.suite.plugin import SESSION

SLOW_FAILURES = ("MOD-TIME-LIMIT", "MOD-MEMORY-LIMIT", "MOD-WASM-FUEL", "MOD-WASM-TIMEOUT")
LIMIT = 4000  # characters of one text in the report


class Recorder:
    """Hears pytest's events and writes lines. `reads` other than `both` leaves out the tests of the other order."""

    def __init__(self, out: TextIO, root: Path, reads: str = "both") -> None:
        self.out = out
        self.root = root
        self.reads = reads
        self.assertions = 0
        self.compared: tuple[str, Any, Any] | None = None
        self.current: dict[str, Any] = {}
        self.config: pytest.Config | None = None

    def write(self, event: str, **fields: Any) -> None:
        """One line of the report."""
        self.out.write(json.dumps({"event": event, **fields}, default=str) + "\n")
        self.out.flush()

    # -- collecting

    def pytest_configure(self, config: pytest.Config) -> None:
        self.config = config

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.reads != "both":
            items[:] = [item for item in items if _reads(item) in (None, self.reads)]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.write("collected", tests=[short(item.nodeid) for item in session.items])

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
        self.assertions, self.compared = 0, None
        file, line, _ = item.location
        self.current = {"id": short(item.nodeid), "outcome": "passed", "seconds": 0.0, "file": file}
        self.current["line"] = None if line is None else line + 1
        mark = item.get_closest_marker("example")
        self.current["example"] = str(mark.args[0]) if mark is not None and mark.args else None
        if (session := self._session()) is not None:
            session.begin_test()
        result = yield
        self.current["assertions"] = self.assertions
        if (session := self._session()) is not None:
            talk = session.exchanges if self.current["outcome"] == "passed" else session.with_last_look()
            self.current["exchanges"] = [explain.of_exchange(exchange) for exchange in talk]
        self.write("test", **self.current)
        if (self.current.get("node_failure") or {}).get("code") in SLOW_FAILURES:
            item.session.shouldstop = "a limit was reached, and the tests that follow would take as long to reach it"
        return result

    def pytest_assertion_pass(self) -> None:
        self.assertions += 1

    def pytest_assertrepr_compare(self, op: str, left: Any, right: Any) -> None:
        self.compared = (op, left, right)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        self.current["seconds"] += report.duration
        if report.skipped and not hasattr(report, "wasxfail"):
            self.current["outcome"] = "skipped"
            self.current["message"] = str(call.excinfo.value) if call.excinfo else ""
        elif report.failed:
            self._failed(report, call)
        return report

    def _failed(self, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
        if self.current["outcome"] in ("failed", "error"):
            return  # a teardown that fails after the test did is not the news
        error = call.excinfo.value if call.excinfo is not None else None
        asserted = isinstance(error, AssertionError | pytest.fail.Exception) and report.when == "call"
        self.current["outcome"] = "failed" if asserted else "error"
        self.current["phase"] = report.when
        if error is None:
            self.current["message"] = str(report.longrepr)[:LIMIT]
            return
        self.current.update(explain.of_exception(error, self.root))
        if asserted:
            self.assertions += 1
            session = self._session()
            self.current.update(explain.of_comparison(error, self.compared, session.last_sent if session else None))

    # -- ending

    def pytest_warning_recorded(self, warning_message: Any) -> None:
        text = f"{warning_message.filename}:{warning_message.lineno}: {warning_message.message}"
        self.write("warning", text=explain.relative(text, self.root)[:LIMIT])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if (session := self._session()) is not None:
            for text in session.collect_warnings():
                self.write("warning", text=text)
            for found in session.collect_coverage():
                self.write("coverage", **found)
        self.write("finish", exit_code=int(exitstatus))

    def _session(self) -> Any:
        return None if self.config is None else self.config.stash.get(SESSION, None)


def short(nodeid: str) -> str:
    """A test's id without its file: a run is of one suite."""
    return nodeid.partition("::")[2] or nodeid


def count_other_assertions(recorder: Recorder) -> None:
    """Let `pytest.raises` and unittest's `assert...` methods count as assertions, as plain `assert` does."""
    import unittest

    def counting(original: Any) -> Any:
        def counted(*arguments: Any, **named: Any) -> Any:
            __tracebackhide__ = True
            recorder.assertions += 1
            return original(*arguments, **named)

        return counted

    for name in ("raises", "warns"):
        setattr(pytest, name, counting(getattr(pytest, name)))
    for name in [name for name in vars(unittest.TestCase) if name.startswith("assert")]:
        setattr(unittest.TestCase, name, counting(getattr(unittest.TestCase, name)))


def _reads(item: pytest.Item) -> str | None:
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    order = parameters.get("process")
    return order if order in ("each", "last") else None
