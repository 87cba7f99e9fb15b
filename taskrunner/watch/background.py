"""The proof behind a verdict: `taskrunner run TASK --jsonl` in a process of its own; its events come back.

The next save ends it at any instant; the journal is made for that. Only this process writes a status.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

GRACE = 2.0  # seconds between asking it to end and ending it
RUN = "from taskrunner.cli import main; main()"


class Proof:
    """One background run at a time; `told(event)` is called from a thread for each event, `None` when it has ended."""

    def __init__(self, root: Path, task: int | str, told: Callable[[dict[str, Any] | None], None]) -> None:
        self._root = root
        self._task = task
        self._told = told
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._wanted = 0  # the number of the proof whose events are told

    @property
    def running(self) -> bool:
        """Whether a proof is under way."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Begin anew, ending what is under way."""
        self.stop()
        before, self._wanted = self._thread, self._wanted + 1
        self._thread = threading.Thread(target=self._perform, args=(before, self._wanted), name="proof", daemon=True)
        self._thread.start()

    def stop(self, *, wait: bool = False) -> None:
        """End the proof that is under way, if any; its events are no longer told. `wait` until it is gone.

        Without `wait` this takes no time: the verdict on a save must not wait for the end of what it made stale.
        """
        self._wanted += 1
        if self._process is not None:
            threading.Thread(target=_end, args=(self._process,), name="end of proof", daemon=True).start()
        if wait:
            self.wait()

    def wait(self) -> None:
        """Until no proof is under way."""
        if self._thread is not None:
            self._thread.join()

    def _perform(self, before: threading.Thread | None, number: int) -> None:
        if before is not None:
            before.join()
        if number != self._wanted:
            return
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, "run", str(self._task), "--jsonl"],
            cwd=self._root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._process = process
        if number != self._wanted:  # it was stopped at this very moment
            _end(process)
        self._read(process, number)

    def _read(self, process: subprocess.Popen[str], number: int) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if number == self._wanted and isinstance(event, dict):
                    self._told(event)
        process.wait()
        if number == self._wanted:
            self._told(None)


def _end(process: subprocess.Popen[str]) -> None:
    """Ask a process to end, and end it if it does not."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
