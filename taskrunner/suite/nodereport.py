"""Reads the reports of a node:test run into the events that `reading` knows.

They are the lines of our reporter, the counts and the log of the stand-in. Knows what `js/reporter.mjs`,
`js/preload.mjs` and `backends.standin` write; no verdict.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from taskrunner.suite.jsframes import frames_of, own_line, seen_from_test
from taskrunner.suite.jsneeds import importing_line, lacking, missing_package, misspelt, nobody_there, unanswered
from taskrunner.suite.seal import BROKEN, unsealed
from taskrunner.suite.surroundings import STANDIN_LOG

_OF_A_PROCESS = re.compile(r"/(schedule|compute|now|push)\b")


def read_events(folder: Path, root: Path, key: str | None = None) -> Iterator[dict[str, Any]]:
    """The run's reports in the form that `reading.report_of` knows: collected, test, warning and finish events."""
    lines = list(unsealed(_lines(folder / "report.jsonl"), key))
    noted = list(unsealed(_lines(folder / "counts.jsonl"), key))
    counts = {line["test"]: line for line in noted if line.get("test")}
    standin = list(unsealed(_lines(folder / STANDIN_LOG), None))
    yield from (line for line in (*lines, *noted) if line.get("event") == BROKEN)
    tests = [line for line in lines if "test" in line and line.get("error", {}).get("kind") != "cancelledByParent"]
    yield {"event": "collected", "tests": [line["test"] for line in tests]}
    silence = unanswered(noted, standin)
    for line in tests:
        yield _test_event(line, counts.get(line["test"], {}), standin, root)
    for fatal in (line["fatal"] for line in noted if "fatal" in line):
        if not any(line.get("error", {}).get("message") == fatal["message"] for line in tests):
            yield _fatal_event(fatal, root)
    ended = any(line.get("end") for line in lines)
    if not ended and any(line["event"] == "failed" for line in standin):
        yield _waiting_event(lines, standin, root)
    if not ended and silence:
        yield {"event": "warning", "text": silence}
    for line in standin:
        if line["event"] != "ready":
            yield {"event": "warning", "text": f"{line['code']}: {line['message']}"}
    if ended:
        yield {"event": "finish", "exit_code": int(any(line["outcome"] == "failed" for line in tests))}


def _test_event(
    line: dict[str, Any], count: dict[str, Any], standin: list[dict[str, Any]], root: Path
) -> dict[str, Any]:
    error = line.get("error") or {}
    asserted = error.get("code") == "ERR_ASSERTION"
    outcome = line["outcome"] if line["outcome"] != "failed" or asserted else "error"
    frames = frames_of(error.get("stack", ""), root)
    if asserted or not frames or frames[-1]["role"] != "test":  # else a function of the suite is itself at fault
        frames = seen_from_test(frames)
    place = own_line(frames)
    return {
        "event": "test",
        "id": line["test"],
        "outcome": outcome,
        "seconds": line.get("ms", 0) / 1000,
        "error_type": error.get("name", ""),
        "message": lacking(error.get("message", ""), frames, root),
        "expected": error.get("expected"),
        "got": error.get("actual"),
        "frames": frames,
        "exchanges": [_exchange(each, count.get("messages", {})) for each in count.get("exchanges", ())],
        "node_failure": _node_failure(count, standin) if outcome in ("failed", "error") else None,
        "assertions": count.get("assertions", 0),
        "file": place["file"] if place else _shown(line.get("file") or "", root),
        "line": place["line"] if place else line.get("line"),
    }


def _fatal_event(error: dict[str, Any], root: Path) -> dict[str, Any]:
    """What ended the whole file before or outside of its tests."""
    code = str(error.get("code") or "")
    frames = frames_of(error["stack"], root)
    place = own_line(frames) or importing_line(error["message"], root) or {}
    return {
        "event": "collect_error",
        "id": place.get("file", ""),
        "outcome": "error",
        "error_type": code if code.startswith("ERR_") else error["name"],
        "message": misspelt(error["message"], root),
        "frames": frames,
        "node_failure": missing_package(error["message"], root),
        "file": place.get("file", ""),
        "line": place.get("line"),
    }


def _waiting_event(lines: list[dict[str, Any]], standin: list[dict[str, Any]], root: Path) -> dict[str, Any]:
    """The test, or hook, in which a suite waited for a node that could not start until its time was over."""
    started = [line["started"] for line in lines if "started" in line]
    line = {"test": started[-1] if started else "", "outcome": "failed", "file": ""}
    return _test_event(line, {}, standin, root)


def _exchange(request: dict[str, Any], messages: dict[str, Any]) -> dict[str, Any]:
    """One request; of a process what was scheduled or computed, if the scheduler or the answer told."""
    sent = {"method": request["method"], "path": request["path"]}
    slot = request.get("at")
    if request.get("kind") == "schedule":
        message = next((each for each in messages.get(request["process"], ()) if each["slot"] == slot), None)
        if message is not None:
            told = {"tags": message["tags"], "data": message["data"] or None, "sender": message["sender"]}
            sent |= {"kind": "schedule", "process": request["process"], **told}
    elif request.get("kind") == "compute" and slot is not None:
        sent |= {"kind": "compute", "process": request["process"], "tags": {}}
        return {"slot": slot, "sent": sent, "status": request["status"], "got": _results(request)}
    return {"slot": slot if "kind" in sent else None, "sent": sent, "status": request["status"], "got": None}


def _results(request: dict[str, Any]) -> Any:
    """The results in an answer, whichever part of the state was asked for; None if it was something else."""
    try:
        found = json.loads(request.get("got") or "null")
    except (ValueError, RecursionError):
        return None
    path = request["path"].partition("?")[0]
    if "/results/outbox" in path:
        return {"outbox": found} if isinstance(found, list | dict) else None
    if "/results" not in path and isinstance(found, dict):
        return found.get("results")
    return found if isinstance(found, dict) else None


def _node_failure(count: dict[str, Any], standin: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The node's own account: why it did not start, else how the last request of the test to a process failed."""
    for line in standin:
        if line["event"] == "failed":
            return {name: line.get(name) for name in ("code", "message", "hint")}
    exchanges = count.get("exchanges", ())
    if exchanges and exchanges[-1]["status"] is None:
        return nobody_there(exchanges[-1]["url"], standin)
    asked = [each for each in exchanges if _OF_A_PROCESS.search(each["path"])]
    if not asked or not asked[-1].get("failure"):
        return None
    failure = json.loads(asked[-1]["failure"])
    return failure if isinstance(failure, dict) else None


def _shown(file: str, root: Path) -> str:
    try:
        return str(Path(file.removeprefix("file://")).relative_to(root.resolve()))
    except ValueError:
        return file


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []
