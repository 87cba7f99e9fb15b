"""The first experiment: is this machine able to run the task? Small checks in order; the first fault is the answer.

Each check looks at the real thing (a file, a program, a node of ours that must answer with our own nonce) and gives an
Observation with a code, or None. No check changes anything; only a node of ours that outlived its run is ended.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.core.case import Experiment, Observation
from taskrunner.core.codes import code as code_of
from taskrunner.errors import EnvironmentFault

if TYPE_CHECKING:
    from taskrunner.runner.context import Run

MIN_FREE = 32 << 20  # bytes; a run writes reports, a journal and wallets
MIN_MEMORY = 64 << 20
MIN_OTP = 27
MIN_NODE = 20
MIN_WAO = (0, 30)
WALLET = ".wallet.json"


def check(run: Run) -> Observation:
    """The machine as the task needs it; `code` is empty if all is well."""
    for each in CHECKS:
        fault = each(run)
        if fault is not None:
            return fault
    return Observation(Experiment.MACHINE, "able", f"{len(CHECKS)} checks hold")


def fault(code: str, message: str, *, file: str | None = None, hint: str = "") -> Observation:
    """An observation of a fault of the machine."""
    return Observation(
        Experiment.MACHINE, code, message, code=code, message=message, file=file, hint=hint or code_of(code).hint
    )


def disk_has_room(run: Run) -> Observation | None:
    """Some free space where reports and journal go."""
    free = shutil.disk_usage(run.workspace.state()).free
    if free >= MIN_FREE:
        return None
    return fault(
        "ENV-DISK-FULL", f"{free >> 20} MiB are free beside {run.shown(run.workspace.state_dir)}, 32 are needed"
    )


def memory_is_left(run: Run) -> Observation | None:
    """Some memory, and no process that the kernel had to end since the run began (where the kernel tells)."""
    available, killed = memory_facts()
    before = run.notes.setdefault("oom_kills", killed)
    if killed is not None and before is not None and killed > before:
        return fault("ENV-MEMORY", "the kernel ended a process because the machine ran out of memory")
    if available is not None and available < MIN_MEMORY:
        return fault("ENV-MEMORY", f"{available >> 20} MiB of memory are left on this machine")
    return None


def memory_facts(proc: Path = Path("/proc")) -> tuple[int | None, int | None]:
    """Available bytes, and how many processes the kernel ended for lack of memory; None where it does not tell."""
    found: list[int | None] = []
    for name, pattern, unit in (("meminfo", r"MemAvailable:\s+(\d+) kB", 1024), ("vmstat", r"oom_kill (\d+)", 1)):
        try:
            match = re.search(pattern, (proc / name).read_text())
        except OSError:
            match = None
        found.append(int(match[1]) * unit if match else None)
    return found[0], found[1]


def folders_are_writable(run: Run) -> Observation | None:
    """The folders in which module, suite and state are written."""
    for path in (run.workspace.root, run.workspace.state_dir, run.source.parent, run.suite.parent):
        if path.is_dir() and not os.access(path, os.W_OK | os.X_OK):
            return fault("ENV-PERMISSION", f"{run.shown(path) or '.'} may not be written", file=run.shown(path))
    for path in (run.source, *run.suites):
        if path.exists() and not os.access(path, os.R_OK):
            return fault("ENV-PERMISSION", f"{run.shown(path)} may not be read", file=run.shown(path))
    return None


def wallets_are_private(run: Run) -> Observation | None:
    """The workspace's own wallet, and those of ours: regular files of one owner, with a key inside."""
    own = run.workspace.root / WALLET
    if run.settings.node.backend == "remote" and not own.exists():
        return fault("ENV-WALLET-MISSING", f"{WALLET} does not exist", file=WALLET)
    kept = run.workspace.state_dir / "wallets"
    for path in [own, *sorted(kept.glob("*.json"))]:
        found = wallet_fault(path, run.shown(path))
        if found is not None:
            return found
    return None


def wallet_fault(path: Path, name: str) -> Observation | None:
    """What is wrong with a wallet's file; a file that does not exist is no fault here."""
    try:
        mode = path.stat().st_mode
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return fault("ENV-WALLET-UNREADABLE", f"{name} cannot be read: {error.strerror}", file=name)
    if stat.S_IMODE(mode) & 0o077:
        return fault(
            "ENV-WALLET-OPEN", f"{name} can be read by others (mode {stat.S_IMODE(mode):04o})", file=name,
            hint=f"run `chmod 600 {name}`",
        )  # fmt: skip
    try:
        key = json.loads(text)
    except ValueError:
        key = None
    if not isinstance(key, dict) or not {"n", "e", "d"} <= key.keys():
        return fault("ENV-WALLET-UNREADABLE", f"{name} is no Arweave wallet (a JWK with n, e and d)", file=name)
    return None


def hyperbeam_is_there(run: Run) -> Observation | None:
    """For the real node: `.env.hyperbeam`, its CWD, Erlang and rebar3."""
    if run.settings.node.backend != "hyperbeam":
        return None
    from taskrunner.backends.hyperbeam import read_config

    try:
        read_config(run.workspace.root)
    except EnvironmentFault as error:
        return fault(error.code, error.message, file=error.file, hint=error.hint)
    return erlang_fault()


def erlang_fault() -> Observation | None:
    """Erlang/OTP 27 or later and rebar3, on PATH."""
    erl = shutil.which("erl")
    if erl is None:
        return fault("ENV-ERLANG", "erl is not on PATH")
    words = 'io:format("~s", [erlang:system_info(otp_release)]), halt().'
    release = answer_of([erl, "-noshell", "-eval", words])
    if not release.isdigit():
        return fault("ENV-ERLANG", f"erl does not say its release (it said {release[:60]!r})")
    if int(release) < MIN_OTP:
        return fault("ENV-OTP-OLD", f"this is Erlang/OTP {release}; HyperBEAM needs {MIN_OTP}")
    return None if shutil.which("rebar3") else fault("ENV-REBAR3", "rebar3 is not on PATH")


def remote_is_named(run: Run) -> Observation | None:
    """A remote node needs an address, and only a person can give it."""
    if run.settings.node.backend == "remote" and not run.settings.node.url:
        return fault("ENV-URL-MISSING", "node.backend is remote, but node.url names no node")
    return None


def javascript_is_there(run: Run) -> Observation | None:
    """Node.js and the npm package wao, for suites in JavaScript."""
    return node_fault(run.workspace.root) if "node" in run.flavours else None


def node_fault(root: Path) -> Observation | None:
    """Node.js 20 or later on PATH, and wao in node_modules of the workspace or above it."""
    node = shutil.which("node")
    said = answer_of([node, "--version"]) if node else ""
    match = re.match(r"v(\d+)\.", said)
    if match is None or int(match[1]) < MIN_NODE:
        return fault("ENV-NODEJS", f"Node.js {said or 'was not found'}; suites in JavaScript need {MIN_NODE} or later")
    refused = refused_by_node(str(node))
    if refused:
        options = os.environ.get("NODE_OPTIONS")
        hint = f"see NODE_OPTIONS ({options}) in your environment" if options else "install Node.js anew"
        return fault("ENV-NODEJS", f"Node.js {said} does not run an empty script: {refused}", hint=hint)
    for folder in (root, *root.parents):
        package = folder / "node_modules" / "wao" / "package.json"
        if package.is_file():
            return _wao_fault(package)
    return fault("ENV-NPM-MISSING", "the npm package wao is not installed here (node_modules/wao is missing)")


def refused_by_node(node: str, seconds: float = 20.0) -> str:
    """Node.js's own words where it cannot even run an empty script here; empty if it can."""
    try:
        done = subprocess.run([node, "-e", "0"], capture_output=True, timeout=seconds, text=True, errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return next((line for line in lines if "Error" in line), lines[0] if lines else f"exit {done.returncode}")


def _wao_fault(package: Path) -> Observation | None:
    try:
        version = str(json.loads(package.read_text("utf-8")).get("version", ""))
    except (OSError, ValueError):
        version = ""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers >= MIN_WAO:
        return None
    return fault(
        "ENV-NPM-OLD", f"wao {version or 'of no version'} is installed; suites need {'.'.join(map(str, MIN_WAO))}"
    )


def no_node_is_stale(run: Run) -> Observation | None:
    """A node of ours that outlived a killed run is ended here and told; one that cannot be ended is a fault."""
    from taskrunner.project import nodes

    for node in nodes.stale(run.workspace.root):
        what = f"a node of ours is left over from a run that was killed (process {node.process.pid}, {node.url})"
        if not nodes.end(node):
            hint = f"end it with `kill -KILL {node.process.pid}`"
            return fault("ENV-NODE-STALE", f"{what}, and it does not end", hint=hint)
        run.note("evidence", {"experiment": "machine", "verdict": "ENV-NODE-STALE", "detail": f"{what}: ended"})
        run.emit({"event": "warning", "code": "ENV-NODE-STALE", "message": f"{what}: it was ended"})
    return None


def toolchain_is_there(run: Run) -> Observation | None:
    """Rust, its library source and a linker, for wasm modules."""
    if not run.is_wasm:
        return None
    from taskrunner.runner.wasm_modules import toolchain_fault

    found = toolchain_fault(run)
    return None if found is None else fault(found["code"], found["message"], hint=found.get("hint", ""))


def node_answers(run: Run, anew: bool = False) -> Observation | None:
    """A node of ours starts and gives back our own nonce: it is ours, and it computes."""
    from taskrunner.runner.canary import node_fault

    found = node_fault(run, anew)
    if found is None:
        return None
    return fault(found.code, found.message, hint=found.hint)


def remote_answers(run: Run) -> Observation | None:
    """A remote node answers now, before a whole suite fails on it. Our own node is asked when something has failed."""
    node = run.settings.node
    if node.backend != "remote":
        return None
    return remote_is_silent(node.url, node.start_seconds) or node_answers(run)


def remote_is_silent(url: str, seconds: float) -> Observation | None:
    """A node that takes a connection and says nothing has as long as one that starts; other faults are told later."""
    from contextlib import closing

    from taskrunner.client.http import HttpTransport
    from taskrunner.errors import EnvironmentFault, TaskrunnerError

    try:
        with closing(HttpTransport(url, timeout=seconds, retries=0)) as transport:
            transport.request("GET", "/~meta@1.0/info/address")
    except EnvironmentFault as error:
        if error.code == "ENV-NODE-TIMEOUT":
            hint = "look at that node, name another one (node.url), or give it longer (node.start_seconds)"
            return fault(error.code, error.message, hint=hint)
    except TaskrunnerError:
        return None
    return None


def answer_of(command: list[str], seconds: float = 20.0) -> str:
    """What a program prints, stripped; empty if it cannot run."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, text=True, errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


CHECKS: tuple[Callable[[Run], Observation | None], ...] = (
    folders_are_writable,
    disk_has_room,
    memory_is_left,
    no_node_is_stale,
    wallets_are_private,
    remote_is_named,
    hyperbeam_is_there,
    javascript_is_there,
    toolchain_is_there,
    remote_answers,
)
