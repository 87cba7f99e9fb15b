"""The warm process: it ends with its parent, whatever kills that one, and takes its children along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from taskrunner.project.processes import children_of, end_family, exit_status, memory_of
from taskrunner.suite import SuiteRun, prepare, run
from taskrunner.suite.running import request_of

PARENT = """
import sys
from pathlib import Path
from taskrunner.suite import SuiteRun, prepare, run
root = Path(sys.argv[1])
with prepare() as warm:
    run(SuiteRun(root, root / "test_it.py", root / "run"), warm)
"""
SLEEPER = """
import os, time
from pathlib import Path
def test_a():
    (Path(__file__).parent / "pid").write_text(str(os.getpid()))
    time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet reaped by its new parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: object, seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_parent_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SLEEPER)
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)])
    pid_file = tmp_path / "pid"
    assert wait_until(lambda: pid_file.exists() and pid_file.read_text())
    child = int(pid_file.read_text())
    (zygote,) = children_of(parent.pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert wait_until(lambda: not is_alive(child)) and wait_until(lambda: not is_alive(zygote))


def test_a_run_can_be_cancelled(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SLEEPER)
    with prepare() as warm:
        timer = threading.Timer(1.0, warm.cancel)
        timer.start()
        report = run(SuiteRun(tmp_path, tmp_path / "test_it.py", tmp_path / "run"), warm)
        timer.join()
        assert report.crash.startswith("cancelled")
        (tmp_path / "test_it.py").write_text("def test_a(): assert 1\n")
        assert run(SuiteRun(tmp_path, tmp_path / "test_it.py", tmp_path / "run"), warm).green


def test_a_run_that_is_cancelled_before_it_begins_never_begins(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SLEEPER)
    with prepare() as warm:  # it is importing still: request and cancellation wait in the pipe together
        threading.Timer(0.05, warm.cancel).start()
        assert run(SuiteRun(tmp_path, tmp_path / "test_it.py", tmp_path / "run"), warm).crash.startswith("cancelled")


def test_a_family_ends_with_its_head() -> None:
    head = subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60"], start_new_session=True)
    assert wait_until(lambda: len(children_of(head.pid)) == 2) or sys.platform != "linux"
    members = children_of(head.pid)
    end_family(head.pid)
    status = exit_status(head.pid)
    head.returncode = -9
    assert status == {"exit": None, "signal": 9}
    assert wait_until(lambda: not any(is_alive(pid) for pid in members))


def test_what_cannot_be_known_is_zero() -> None:
    assert children_of(2**22 + 1) == [] and memory_of(2**22 + 1) == 0
    assert memory_of(os.getpid()) > 0 or sys.platform != "linux"


@pytest.mark.parametrize(
    ("files", "config"),
    [
        ({}, "run/pytest.ini"),
        ({"pytest.ini": "[pytest]\n"}, "pytest.ini"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[project]\n"}, "run/pytest.ini"),
    ],
)
def test_which_configuration_a_run_reads(tmp_path: Path, files: dict[str, str], config: str) -> None:
    (tmp_path / "run").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    wanted = request_of(SuiteRun(tmp_path, tmp_path / "test_it.py", tmp_path / "run"), b"")
    assert wanted["config"] == str(tmp_path / config)


def test_our_own_suites_run_alone(tmp_path: Path) -> None:
    request = SuiteRun(tmp_path, tmp_path / "test_it.py", tmp_path)
    assert request_of(request, b'"""X.\n\nWritten by taskrunner from plan.md (locked)."""')["alone"] is True
    assert request_of(request, b"import pytest")["alone"] is False
    changed = replace(request, alone=False)  # a person took a generated suite over, and may use plugins in it
    assert request_of(changed, b'"""Written by taskrunner from plan.md."""')["alone"] is False


def test_a_conftest_cannot_make_our_own_suite_green(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text('"""Written by taskrunner from plan.md."""\ndef test_a(): assert 0\n')
    cheat = "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_pyfunc_call(pyfuncitem): return True\n"
    (tmp_path / "conftest.py").write_text(cheat)
    assert not run(SuiteRun(tmp_path, tmp_path / "test_it.py", tmp_path / "run")).green
