"""The warm process: imports what every run needs, then forks one child for each run and watches it.

Started as `python -m taskrunner.suite.zygote` by `warm`; speaks JSON lines over its standard input and output. It has
no threads, no open database and no event loop, and it ends with its parent: when its input closes, every child is
killed.

    → {"run": {...}}          ← {"started": pid}          ← {"ended": {"exit": 1, "signal": null, "crash": "timeout"}}
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NoReturn

from taskrunner.suite.processes import adopt_orphans, end_family, exit_status, memory_of
from taskrunner.suite.seal import new_key

CANCELLED = {"exit": None, "signal": None, "crash": "cancelled"}
STEP = 0.05  # seconds between two looks at memory and output
OUTPUT = 64 << 20  # bytes that a run may print

PLAIN = (
    *(
        "_pytest.assertion.rewrite",
        "_pytest.config",
        "_pytest.junitxml",
        "_pytest.terminal",
        "pytest",
        "pdb",
        "unittest",
    ),
    *("cryptography.hazmat.primitives.asymmetric.rsa", "cryptography.hazmat.primitives.asymmetric.padding"),
    *("taskrunner.suite.child", "taskrunner.suite.recorder", "taskrunner.suite.session", "taskrunner.project.wallets"),
    *("taskrunner.project.workspace", "taskrunner.project.settings", "taskrunner.backends.embedded", "sqlite3"),
    *("taskrunner.backends.inprocess", "taskrunner.lua.vm", "difflib"),
)
OURS: tuple[str, ...] = (
    "taskrunner.wire",
    "taskrunner.lua",
    "taskrunner.lua.lib",
    "taskrunner.client",
    "taskrunner.node",
)
OURS += ("taskrunner.lua.compiler", "taskrunner.node.devices")
# What brings HTTP or wasmtime along, or belongs to other commands.
SELDOM = frozenset({"http", "battery", "check", "trial", "coverage", "mutants", "genesis_wasm", "relay", "wasm64"})


def main() -> NoReturn:
    """Import, then serve runs until the parent is gone."""
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopt_orphans()
    if "--bare" not in sys.argv:
        _import_everything()
    gc.freeze()
    buffered = b""
    while True:
        chunk = os.read(requests.fileno(), 1 << 16)
        if not chunk:
            os._exit(0)
        *lines, buffered = (buffered + chunk).split(b"\n")
        for number, line in enumerate(lines):
            if not line:
                continue  # a cancellation: of the run before it, which has ended or is answered below
            stale = b"" in lines[number + 1 :]
            ended = CANCELLED if stale else _serve(json.loads(line)["run"], requests.fileno(), answers)
            answers.write(json.dumps({"ended": ended}) + "\n")


def _import_everything() -> None:
    """Whatever a suite on the embedded node imports; a room that is missing is the run's problem, not ours."""
    for name in PLAIN:
        with suppress(Exception):
            import_module(name)
    for package in OURS:
        with suppress(Exception):
            for module in iter_modules(import_module(package).__path__, f"{package}."):
                if module.name.rpartition(".")[2] not in SELDOM:
                    with suppress(Exception):
                        import_module(module.name)


@cache
def _import_plugins() -> None:
    """The pytest plugins of this environment, for suites that may use them; each child would import them anew."""
    from importlib.metadata import entry_points

    for plugin in entry_points(group="pytest11"):
        try:
            plugin.load()
        except Exception:
            continue
    if "_hypothesis_pytestplugin" in sys.modules:
        with suppress(Exception):
            import_module("hypothesis")  # its plugin imports it only inside a session


def _serve(run: dict[str, Any], parent: int, answers: Any) -> dict[str, Any]:
    if not run.get("alone", True):
        _import_plugins()
    run["key"] = new_key()  # the child takes it out before anything of the suite runs
    pid = os.fork()
    if pid == 0:
        os.close(parent)
        os.close(answers.fileno())
        _become_child(run)
    answers.write(json.dumps({"started": pid}) + "\n")
    crash = _watch(pid, run, parent)
    end_family(pid)  # before the child is reaped: until then its pid cannot become a stranger's
    return {**exit_status(pid), "crash": crash, "key": run["key"]}


def _become_child(run: dict[str, Any]) -> NoReturn:
    code = 70
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        output = os.open(run["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(output, 1)
        os.dup2(output, 2)
        if "command" in run:
            os.chdir(run["root"])
            environment = {**os.environ, **run["env"], "TASKRUNNER_SEAL": str(_readable(run.pop("key")))}
            os.execvpe(run["command"][0], run["command"], environment)
        from taskrunner.suite.child import perform

        code = perform(run)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass
        os._exit(code)


def _readable(key: str) -> int:
    """A descriptor from which a command that is started next reads the key of its report, once."""
    end, start = os.pipe()
    os.write(start, key.encode())
    os.close(start)
    os.set_inheritable(end, True)
    return end


def _watch(pid: int, run: dict[str, Any], parent: int) -> str:
    """Wait for the child; why it had to be killed, or nothing."""
    deadline = time.monotonic() + float(run["seconds"])
    ended = _end_descriptor(pid)
    waited = [descriptor for descriptor in (ended, parent) if descriptor is not None]
    try:
        while True:
            ready, _, _ = select.select(waited, [], [], STEP if ended is not None else 0.005)
            if _is_over(pid):
                return ""
            crash = _too_much(pid, run, deadline)
            if parent in ready:
                if not os.read(parent, 1 << 16):
                    end_family(pid)
                    os._exit(0)
                crash = crash or "cancelled"
            if crash:
                end_family(pid)
                return crash
    finally:
        if ended is not None:
            os.close(ended)


def _too_much(pid: int, run: dict[str, Any], deadline: float) -> str:
    if time.monotonic() > deadline:
        return "timeout"
    if memory_of(pid) > int(run["memory"]):
        return "memory"
    try:
        return "output" if os.stat(run["output"]).st_size > OUTPUT else ""
    except OSError:
        return ""


def _end_descriptor(pid: int) -> int | None:
    """A descriptor that is readable once the child has ended (Linux); None where there is none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _is_over(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


if __name__ == "__main__":
    main()
