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

    @property
    def running(self) -> bool:
        """Whether a proof is under way."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Begin anew, ending what is under way."""
        self.stop()
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, "run", str(self._task), "--jsonl", "--agent", ""],
            cwd=self._root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._process = process
        threading.Thread(target=self._read, args=(process,), name="proof", daemon=True).start()

    def stop(self) -> None:
        """End the proof that is under way, if any; its events are no longer told."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if self._process is process and isinstance(event, dict):
                    self._told(event)
        process.wait()
        if self._process is process:
            self._told(None)
