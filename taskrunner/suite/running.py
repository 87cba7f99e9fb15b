"""Performs a `SuiteRun`: prepares the run's folder, has the suite run in a child, and reads the report back."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from taskrunner.core.facts import SuiteReport
from taskrunner.suite import NOBODY, SuiteRun, Watching, is_generated, suite_hash
from taskrunner.suite.nodereport import read_events
from taskrunner.suite.nodetest import is_node_suite
from taskrunner.suite.nodetest import request_of as node_request_of
from taskrunner.suite.plain import is_plain, may_be_reordered
from taskrunner.suite.reading import events_of, report_of, result_of, whole_of
from taskrunner.suite.warm import Warm

REPORT = "report.jsonl"
CLOCK_JUMP = 5.0  # seconds between wall clock and monotonic clock that no run explains
OUTPUT = "output.txt"
KEPT = 1 << 20  # bytes kept of an output that had no end
EMPTY = "[pytest]\n"


def perform(request: SuiteRun, warm: Warm | None = None, watching: Watching = NOBODY) -> SuiteReport:
    """Run the suite; the report of what happened, whatever it was."""
    _make_room(request.run_dir)
    try:
        text = request.suite.read_bytes()
    except OSError as error:
        return SuiteReport(exit_code=None, crash=f"the suite cannot be read: {error.strerror}")
    began, clock = time.monotonic(), time.time()
    node = is_node_suite(request.suite)
    wanted = node_request_of(request) if node else request_of(request, text)

    def failed(place: dict[str, Any]) -> None:
        events = events_of(Path(place["report"]), place["key"])
        watching.failed([result_of(event) for event in events if event["event"] == "test"])

    with nullcontext(warm) if warm is not None and warm.alive else Warm.start(bare=node) as used:
        ended = used.run(wanted, meanwhile=watching.meanwhile, failed=failed)
    seconds, output = time.monotonic() - began, request.run_dir / OUTPUT
    if ended.get("crash") == "output" and output.exists():
        os.truncate(output, KEPT)
    reports = []
    for part in ended.get("parts") or [{"report": wanted["report"], "key": None}]:
        key, path = part["key"], Path(part["report"])
        events = list(read_events(request.run_dir, request.root, key)) if node else events_of(path, key)
        shown = _shown(output, request.root)
        reports.append(report_of(events, {**ended, **part}, seconds=seconds, output=shown, suite_hash=suite_hash(text)))
    report = whole_of(reports)
    jump = time.time() - clock - seconds
    if abs(jump) < CLOCK_JUMP:
        return report
    return replace(report, warnings=(*report.warnings, f"clock jump of {jump:+.0f} s during the run"))


def _make_room(run_dir: Path) -> None:
    """The run's folder, without what an earlier run left there."""
    run_dir.mkdir(parents=True, exist_ok=True)
    found = [run_dir / name for name in ("counts.jsonl", "standin.jsonl")]
    for name in (REPORT, OUTPUT):
        found += [run_dir / name, *run_dir.glob(f"{name}.*")]
    for stale in found:
        stale.unlink(missing_ok=True)


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
        "parts": request.parts if request.parts > 1 and _may_be_shared(text) else 1,
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


@lru_cache(maxsize=8)
def _may_be_shared(text: bytes) -> bool:
    return is_plain(text) and may_be_reordered(text)


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
