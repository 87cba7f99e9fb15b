"""A run that is interrupted, terminated or killed: its exit code, nothing left running, and the next run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("taskrunner")
HANGING = """
import os, subprocess, time
from pathlib import Path

def test_hangs(module):
    child = subprocess.Popen(["sleep", "300"], start_new_session=True)
    Path(__file__).with_name("pids").write_text(f"{os.getpid()} {child.pid}")
    time.sleep(300)
"""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition: object, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_signal_ends_everything_that_the_run_started(tmp_path: Path, number: signal.Signals, code: int) -> None:
    subprocess.run([COMMAND, "init", "."], cwd=tmp_path, check=True, capture_output=True)
    suite = tmp_path / "test" / "test_counter_module.py"
    suite.write_text(HANGING)
    run = subprocess.Popen(
        [COMMAND, "run", "1"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    pids = suite.with_name("pids")
    assert until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    os.kill(run.pid, number)
    out, err = run.communicate(timeout=60)
    assert run.returncode == code and "Traceback" not in out + err
    assert until(lambda: not any(is_alive(int(pid)) for pid in pids.read_text().split()))

    suite.unlink()
    again = subprocess.run([COMMAND, "run", "1", "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert again.returncode == 1, again.stderr
    assert json.loads(again.stdout)["failure"]["code"] == "MOD-NOT-IMPLEMENTED"
