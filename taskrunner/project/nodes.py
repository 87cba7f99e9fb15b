"""Which nodes of ours run for this workspace: a file for each, so that one that outlived its run is found and ended.

A file names the node's process and the one that started it, each by pid, start time and machine, so that a reused pid
is mistaken for neither. It knows no ports of strangers, and ends nothing that it did not register.

    .taskrunner/nodes/4711.json    {"node": {"pid": 4711, ...}, "owner": {"pid": 4700, ...}, "url": "http://..."}
"""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from taskrunner.project.files import io_errors, write_atomic
from taskrunner.project.locks import Process, host, me, probe, state

STATE = ".taskrunner"
FOLDER = "nodes"
TERM_SECONDS = 3.0  # what a node may take to end by itself


@dataclass(frozen=True, slots=True)
class Stale:
    """A node of ours whose starter is gone."""

    process: Process
    url: str
    file: Path


def register(root: Path, pid: int, url: str) -> Path:
    """Remember a node that this process started; the file to remove when it has ended."""
    path = root / STATE / FOLDER / f"{pid}.json"
    known = {"node": asdict(Process(pid, probe(pid)[0], host())), "owner": asdict(me()), "url": url}
    with io_errors("keep", "a started node"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps(known).encode(), mode=0o600)
    return path


def stale(root: Path) -> list[Stale]:
    """Nodes of ours that live on while whoever started them is dead; files of dead nodes are removed on the way."""
    folder = root / STATE / FOLDER
    found = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        known = _read(path)
        if known is None or state(known[0]) == "dead":
            path.unlink(missing_ok=True)
        elif state(known[0]) != "elsewhere" and state(known[1]) == "dead":
            found.append(Stale(known[0], known[2], path))
    return found


def end(node: Stale, seconds: float = TERM_SECONDS) -> bool:
    """End a stale node with the group that it leads: first asked, then forced. Whether it is gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        _signal(node.process, number)
        deadline = time.monotonic() + seconds
        while state(node.process) != "dead" and time.monotonic() < deadline:
            time.sleep(0.02)
        if state(node.process) == "dead":
            node.file.unlink(missing_ok=True)
            return True
    return False


def _signal(process: Process, number: int) -> None:
    """Signal a process and the group that it leads, if it still is the one that was started."""
    if state(process) == "dead":
        return
    with suppress(ProcessLookupError, PermissionError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            os.kill(process.pid, number)


def _read(path: Path) -> tuple[Process, Process, str] | None:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        node, owner = (
            Process(int(known[name]["pid"]), str(known[name]["start"]), str(known[name]["host"]))
            for name in ("node", "owner")
        )
        return node, owner, str(known["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
