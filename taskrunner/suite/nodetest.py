"""Runs a node:test suite as it stands, written for WAO or by us, and reads its structured report.

What the suite finds around it is made by `surroundings`. Knows Node.js and the reports of our own hooks; no verdict.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from taskrunner.errors import EnvironmentFault
from taskrunner.suite import SuiteRun
from taskrunner.suite.jsframes import frames_of, own_line, seen_from_test
from taskrunner.suite.seal import BROKEN, unsealed
from taskrunner.suite.shadow import shadow
from taskrunner.suite.surroundings import JS, MEMORY64, STANDIN_LOG, surroundings

SUFFIXES = (".js", ".mjs")
NODE_MAJOR = 20
_OF_A_PROCESS = re.compile(r"/(schedule|compute|now|push)\b")


def is_node_suite(path: Path) -> bool:
    """Whether this file is for node:test rather than pytest."""
    return path.suffix in SUFFIXES


def request_of(request: SuiteRun) -> dict[str, Any]:
    """The run as the warm process takes it: a command, its environment and its limits.

    Raises EnvironmentFault ENV-NODEJS or ENV-NPM-MISSING when the suite could not even be imported.
    """
    suite = request.suite.resolve()
    node = find_node()
    if "wao" in imported_packages(suite.read_text(encoding="utf-8", errors="replace")):
        find_package("wao", suite.parent)
    folder = request.run_dir.resolve()
    root = request.root.resolve()
    if request.source is not None:
        copy = shadow(root, request.source, folder / "workspace")
        suite, root = copy / suite.relative_to(root), copy
    command = [node, "--import", (JS / "preload.mjs").as_uri()]
    command += [f"--test-reporter={(JS / 'reporter.mjs').as_uri()}"]
    command += [f"--test-reporter-destination={folder / 'report.jsonl'}"]
    if accepts_memory64(node):
        command.append(MEMORY64)
    for test in request.only or ():
        command += ["--test-name-pattern", f"/^{_escaped(test.split(' > ')[-1])}$/"]
    return {
        "command": [*command, str(suite)],
        "root": str(root),
        "output": str(folder / "output.txt"),
        "seconds": request.seconds,
        "memory": request.memory,
        "env": environment(request, folder, root),
        "report": str(folder / "report.jsonl"),
    }


def environment(request: SuiteRun, folder: Path, root: Path) -> dict[str, str]:
    """What the suite's process sees beside our own environment."""
    from taskrunner.project import Workspace

    backend = request.env.get("TASKRUNNER_NODE_BACKEND", "")
    found = surroundings(
        Workspace.find(request.root), folder, root, dialect=request.dialect, bits=request.bits, backend=backend
    )
    return {
        **request.env,
        **found,
        "TASKRUNNER_COUNTS": str(folder / "counts.jsonl"),
        "NODE_NO_WARNINGS": "1",
    }


@cache
def find_node() -> str:
    """The path of Node.js 20 or later; ENV-NODEJS if there is none."""
    found = shutil.which("node")
    if found is None:
        raise EnvironmentFault(
            "Node.js is missing, and this suite is JavaScript",
            code="ENV-NODEJS",
            hint="install Node.js 20 or later (Debian: apt-get install nodejs npm)",
        )
    text = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout.strip()
    major = text.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < NODE_MAJOR:
        raise EnvironmentFault(
            f"Node.js is {text or 'of an unknown version'}, and node:test reports need {NODE_MAJOR} or later",
            code="ENV-NODEJS",
            hint="install Node.js 20 or later",
        )
    return found


@cache
def accepts_memory64(node: str) -> bool:
    """Whether this Node.js knows the flag for 64-bit wasm memories; later ones have them without it."""
    tried = subprocess.run([node, MEMORY64, "--version"], capture_output=True, timeout=20, check=False)
    return tried.returncode == 0


def node_command() -> list[str]:
    """How Node.js is called for a suite, without the suite."""
    node = find_node()
    return [node, *([MEMORY64] if accepts_memory64(node) else [])]


def find_package(name: str, start: Path) -> Path:
    """The folder of an npm package as Node.js would find it from `start`; ENV-NPM-MISSING if it is not installed."""
    for folder in (start, *start.parents):
        package = folder / "node_modules" / name
        if (package / "package.json").is_file():
            return package
    raise EnvironmentFault(
        f"the npm package {name} is not installed, and the suite imports it",
        code="ENV-NPM-MISSING",
        file=str(start),
        hint=f"run `npm install {name}` in the workspace",
    )


def imported_packages(text: str) -> set[str]:
    """The bare names that a suite imports; text only, so that a suite with a syntax error is still read."""
    names = set()
    for line in text.splitlines():
        head, found, rest = line.partition(" from ")
        specifier = rest if found else head.removeprefix("import ")
        if found or head.startswith("import "):
            quoted = specifier.strip().strip(";").strip("\"'")
            names.add(quoted.partition("/")[0])
    return names


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in r"\^$.*+?()[]{}|/" else char for char in text)


def read_events(folder: Path, root: Path, key: str | None = None) -> Iterator[dict[str, Any]]:
    """The run's reports in the form that `reading.report_of` knows: collected, test, warning and finish events."""
    lines = list(unsealed(_lines(folder / "report.jsonl"), key))
    noted = list(unsealed(_lines(folder / "counts.jsonl"), key))
    counts = {line["test"]: line for line in noted if line.get("test")}
    standin = list(unsealed(_lines(folder / STANDIN_LOG), None))
    yield from (line for line in (*lines, *noted) if line.get("event") == BROKEN)
    tests = [line for line in lines if "test" in line and line.get("error", {}).get("kind") != "cancelledByParent"]
    yield {"event": "collected", "tests": [line["test"] for line in tests]}
    for line in tests:
        yield _test_event(line, counts.get(line["test"], {}), standin, root)
    for fatal in (line["fatal"] for line in noted if "fatal" in line):
        if not any(line.get("error", {}).get("message") == fatal["message"] for line in tests):
            yield _fatal_event(fatal, root)
    for line in standin:
        if line["event"] != "ready":
            yield {"event": "warning", "text": f"{line['code']}: {line['message']}"}
    if any(line.get("end") for line in lines):
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
        "message": error.get("message", ""),
        "expected": error.get("expected"),
        "got": error.get("actual"),
        "frames": frames,
        "exchanges": [_exchange(each) for each in count.get("exchanges", ())],
        "node_failure": _node_failure(count, standin) if outcome in ("failed", "error") else None,
        "assertions": count.get("assertions", 0),
        "file": place["file"] if place else _shown(line.get("file") or "", root),
        "line": place["line"] if place else line.get("line"),
    }


def _fatal_event(error: dict[str, Any], root: Path) -> dict[str, Any]:
    """What ended the whole file before or outside of its tests."""
    code = str(error.get("code") or "")
    frames = frames_of(error["stack"], root)
    place = own_line(frames)
    return {
        "event": "collect_error",
        "id": place["file"] if place else "",
        "outcome": "error",
        "error_type": code if code.startswith("ERR_") else error["name"],
        "message": error["message"],
        "frames": frames,
        "file": place["file"] if place else "",
        "line": place["line"] if place else None,
    }


def _exchange(request: dict[str, Any]) -> dict[str, Any]:
    sent = {"method": request["method"], "path": request["path"]}
    return {"slot": None, "sent": sent, "status": request["status"], "got": None}


def _node_failure(count: dict[str, Any], standin: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The node's own account: why it did not start, else how the last request of the test to a process failed."""
    for line in standin:
        if line["event"] == "failed":
            return {name: line.get(name) for name in ("code", "message", "hint")}
    asked = [each for each in count.get("exchanges", ()) if _OF_A_PROCESS.search(each["path"])]
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
