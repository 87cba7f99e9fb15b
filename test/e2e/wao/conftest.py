"""WAO's suites all start their node on port 10001: one test at a time, whichever worker it is on."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def the_port() -> Iterator[None]:
    """The port that npm wao has written into it."""
    lock = Path(tempfile.gettempdir()) / "taskrunner-tests-port-10001.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
