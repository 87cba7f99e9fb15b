"""Runs a node:test suite as it stands, written for WAO or by us: the command, its limits and its environment.

What the suite finds around it is made by `surroundings`; its report is read by `nodereport`. Knows Node.js.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from taskrunner.errors import EnvironmentFault
from taskrunner.suite import SuiteRun
from taskrunner.suite.shadow import shadow
from taskrunner.suite.surroundings import JS, surroundings

SUFFIXES = (".js", ".mjs")
NODE_MAJOR = 20
FLAGS = ("--experimental-wasm-memory64", "--test-concurrency=1")  # later ones have 64-bit memories without asking


def is_node_suite(path: Path) -> bool:
    """Whether this file is for node:test rather than pytest."""
    return path.suffix in SUFFIXES


def request_of(request: SuiteRun) -> dict[str, Any]:
    """The run as the warm process takes it: a command, its environment and its limits.

    Raises EnvironmentFault ENV-NODEJS or ENV-NPM-MISSING when the suite could not even be imported.
    """
    suite = request.suite.resolve()
    find_node()
    if "wao" in imported_packages(suite.read_text(encoding="utf-8", errors="replace")):
        find_package("wao", suite.parent)
    folder = request.run_dir.resolve()
    root = request.root.resolve()
    if request.source is not None:
        copy = shadow(root, request.source, folder / "workspace")
        suite, root = copy / suite.relative_to(root), copy
    command = [*node_command(), "--import", (JS / "preload.mjs").as_uri()]
    command += [f"--test-reporter={(JS / 'reporter.mjs').as_uri()}"]
    command += [f"--test-reporter-destination={folder / 'report.jsonl'}"]
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


def find_node() -> str:
    """The path of Node.js 20 or later; ENV-NODEJS if there is none."""
    found = shutil.which("node")
    if found is None:
        raise EnvironmentFault(
            "Node.js is missing, and this suite is JavaScript",
            code="ENV-NODEJS",
            hint="install Node.js 20 or later (Debian: apt-get install nodejs npm)",
        )
    text, _ = _asked(found)
    major = text.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < NODE_MAJOR:
        raise EnvironmentFault(
            f"Node.js is {text or 'of an unknown version'}, and node:test reports need {NODE_MAJOR} or later",
            code="ENV-NODEJS",
            hint="install Node.js 20 or later",
        )
    return found


def node_command() -> list[str]:
    """How Node.js is called for a suite, without the suite: with those of our flags that this one knows."""
    node = find_node()
    return [node, *_asked(node)[1]]


@cache
def _asked(node: str) -> tuple[str, tuple[str, ...]]:
    """Version and known flags of a Node.js; asked all at once, since each question takes as long as a small suite."""
    everything = _answer(node, *FLAGS)
    if everything:
        return everything, FLAGS
    return _answer(node), tuple(flag for flag in FLAGS if _answer(node, flag))


def _answer(node: str, *flags: str) -> str:
    command = [node, *flags, "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


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
