"""The parent's side of the warm process: start it early, hand it one run at a time, end it with us.

with Warm.start() as warm:
    ended = warm.run({...})          # {"exit": 0, "signal": None, "crash": ""}
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from taskrunner.project.faults import point

GRACE = 15.0  # seconds beyond a run's own limit after which the warm process itself is given up


class Warm:
    """A warm process. Runs are strictly one after the other."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def start(cls, *, bare: bool = False) -> Warm:
        """Start the process; it imports while the caller goes on. `bare`: it starts commands, and imports nothing."""
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "taskrunner.suite.zygote", *(["--bare"] if bare else [])]
        point("before warm process")
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        point("warm process")
        return cls(process)

    @property
    def alive(self) -> bool:
        """Whether it can take another run."""
        return self._process.poll() is None

    def run(
        self,
        request: dict[str, Any],
        *,
        meanwhile: Callable[[], object] = lambda: None,
        failed: Callable[[dict[str, Any]], object] = lambda place: None,
    ) -> dict[str, Any]:
        """One run; how it ended. A warm process that dies itself is the crash `"harness"`.

        `meanwhile()` is called once the run is under way, `failed({"report": ..., "key": ...})` when its first test
        has failed: the lines of that report up to there are sealed with that key.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        point("before suite process")
        try:
            stdin.write(json.dumps({"run": request}).encode() + b"\n")
            stdin.flush()
            point("suite process")
            meanwhile()
            for line in stdout:
                answer = json.loads(line)
                if "failed" in answer:
                    failed(answer["failed"])
                if "ended" in answer:
                    ended: dict[str, Any] = answer["ended"]
                    point("suite process ended")
                    return ended
        except (BrokenPipeError, ValueError):
            pass
        return {"exit": None, "signal": None, "crash": "harness"}

    def cancel(self) -> None:
        """End the run that is under way (from another thread or a signal handler); its crash is `"cancelled"`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass

    def close(self) -> None:
        """End the process and whatever it still runs."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
