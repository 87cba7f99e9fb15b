"""Performs a `SuiteRun`: prepares the run's folder, has the suite run in a child, and reads the report back."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from taskrunner.core.facts import SuiteReport
from taskrunner.suite import NOBODY, SuiteRun, Watching, is_generated, suite_hash
from taskrunner.suite.nodereport import read_events
from taskrunner.suite.nodetest import is_node_suite
from taskrunner.suite.nodetest import request_of as node_request_of
from taskrunner.suite.reading import events_of, report_of, result_of
from taskrunner.suite.warm import Warm

REPORT = "report.jsonl"
CLOCK_JUMP = 5.0  # seconds between wall clock and monotonic clock that no run explains
OUTPUT = "output.txt"
KEPT = 1 << 20  # bytes kept of an output that had no end
EMPTY = "[pytest]\n"


def perform(request: SuiteRun, warm: Warm | None = None, watching: Watching = NOBODY) -> SuiteReport:
    """Run the suite; the report of what happened, whatever it was."""
    request.run_dir.mkdir(parents=True, exist_ok=True)
    output = request.run_dir / OUTPUT
    for stale in (
        request.run_dir / REPORT,
        output,
        request.run_dir / "counts.jsonl",
        request.run_dir / "standin.jsonl",
    ):
        stale.unlink(missing_ok=True)
    try:
        text = request.suite.read_bytes()
    except OSError as error:
        return SuiteReport(exit_code=None, crash=f"the suite cannot be read: {error.strerror}")
    began, clock = time.monotonic(), time.time()
    node = is_node_suite(request.suite)
    wanted = node_request_of(request) if node else request_of(request, text)

    def failed(key: str) -> None:
        events = [event for event in events_of(request.run_dir / REPORT, key) if event["event"] == "test"]
        watching.failed([result_of(event) for event in events])

    with nullcontext(warm) if warm is not None and warm.alive else Warm.start(bare=node) as used:
        ended = used.run(wanted, meanwhile=watching.meanwhile, failed=failed)
    seconds, key = time.monotonic() - began, ended.get("key")
    if ended.get("crash") == "output":
        os.truncate(output, KEPT)
    report = report_of(
        list(read_events(request.run_dir, request.root, key)) if node else events_of(request.run_dir / REPORT, key),
        ended,
        seconds=seconds,
        output=_shown(output, request.root),
        suite_hash=suite_hash(text),
    )
    jump = time.time() - clock - seconds
    if abs(jump) < CLOCK_JUMP:
        return report
    return replace(report, warnings=(*report.warnings, f"clock jump of {jump:+.0f} s during the run"))


def request_of(request: SuiteRun, text: bytes) -> dict[str, Any]:
    """The request as the warm process takes it: plain JSON."""
    root = request.root.resolve()
    head = text[:600].decode("utf-8", "replace")
    return {
        "root": str(root),
        "suite": str(request.suite),
        "report": str(request.run_dir / REPORT),
        "output": str(request.run_dir / OUTPUT),
        "config": _config(root, request.run_dir),
        "pycache": str(root / ".taskrunner" / "pycache"),
        # Our own suites need nobody's plugins and no conftest.py, so nothing beside a locked suite can change what it
        # proves; and loading plugins costs as much as a whole run.
        "alone": is_generated(head) if request.alone is None else request.alone,
        "first": list(request.first),
        "again": request.again,
        "only": None if request.only is None else list(request.only),
        "source": None if request.source is None else str(request.source),
        "seconds": request.seconds,
        "memory": request.memory,
        "bits": request.bits,
        "dialect": request.dialect,
        "reads": request.reads,
        "backwards": request.backwards,
        "stop_at_first": request.stop_at_first,
        "coverage": request.coverage,
        "env": dict(request.env),
    }


def _config(root: Path, run_dir: Path) -> str:
    """The user's own pytest configuration if there is one, else an empty one, so that none is found further up."""
    for name in ("pytest.ini", ".pytest.ini"):
        if (root / name).exists():
            return str(root / name)
    pyproject = root / "pyproject.toml"
    if pyproject.exists() and "[tool.pytest" in pyproject.read_text(errors="replace"):
        return str(pyproject)
    empty = run_dir / "pytest.ini"
    if not empty.exists() or empty.read_text() != EMPTY:  # a file that stays as it is spares preparing runs anew
        empty.write_text(EMPTY)
    return str(empty)


def _shown(path: Path, root: Path) -> str:
    try:
        return str(path.resolve().relative_to(root.resolve()))
    except ValueError:
        return str(path)
