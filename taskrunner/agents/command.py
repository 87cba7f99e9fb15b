"""A coding agent as a command: argv, never a shell; its own process group; a time limit; a log that cannot flood.

The brief is on its standard input, and `{brief}` in the argv is the path of the same text. When the time is up, or when
we are interrupted, the whole group ends: first politely, then for certain. What it printed is kept, never interpreted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import IO

from taskrunner.agents.base import AgentReport, Assignment
from taskrunner.agents.strays import adopt, end_strays, ends_with_us
from taskrunner.errors import EnvironmentFault
from taskrunner.project.faults import point
from taskrunner.project.files import io_errors

_GRACE = 3.0
_DRAIN = 2.0
_CHUNK = 64 * 1024
_SECRETS = ("WALLET", "JWK", "PRIVATE_KEY", "MNEMONIC")


class CommandAgent:
    """Runs `argv` in the workspace for every fix. `seconds` limits one fix, `log_bytes` what is kept of its output."""

    def __init__(
        self, argv: tuple[str, ...], *, root: Path, seconds: float, log_bytes: int, allow: tuple[str, ...] = ()
    ) -> None:
        self.name = Path(argv[0]).name
        self.allow = allow
        self._argv = argv
        self._root = root
        self._seconds = seconds
        self._log_bytes = log_bytes

    def fix(self, assignment: Assignment) -> AgentReport:
        """See `Agent.fix`. Raises EnvironmentFault ENV-AGENT when the command cannot be started."""
        with io_errors("write", "the agent's log"):
            assignment.log_file.parent.mkdir(parents=True, exist_ok=True)
            log = assignment.log_file.open("wb")
        started = time.monotonic()
        with log:
            others = adopt()
            child = self._start(assignment)
            point("agent started")
            timed_out = False
            reader = _Reader(child.stdout, log, self._log_bytes)  # type: ignore[arg-type]
            feeder = threading.Thread(target=_feed, args=(child.stdin, assignment.text), daemon=True)
            feeder.start()
            try:
                timed_out = not _ended_within(child, min(self._seconds, assignment.seconds or self._seconds))
            finally:
                end_group(child)
                end_strays(others)
                reader.finish()
        report_code = None if timed_out else child.returncode
        return AgentReport(
            report_code, time.monotonic() - started, assignment.log_file, timed_out, log_truncated=reader.dropped
        )

    def _start(self, assignment: Assignment) -> subprocess.Popen[bytes]:
        argv = [word.replace("{brief}", str(assignment.brief_file)) for word in self._argv]
        environment = {key: value for key, value in os.environ.items() if not any(s in key.upper() for s in _SECRETS)}
        environment |= {
            "TASKRUNNER_TASK": assignment.task_id,
            "TASKRUNNER_ITERATION": str(assignment.iteration),
            "TASKRUNNER_BRIEF": str(assignment.brief_file),
        }
        program = argv[0] if os.sep not in argv[0] else str(self._root / argv[0])
        point("before agent")
        try:
            return subprocess.Popen(
                [program, *argv[1:]],
                cwd=self._root,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=ends_with_us(),
            )
        except (OSError, ValueError) as error:
            missing = shutil.which(program) is None
            why = "is not installed or not on PATH" if missing else f"cannot be started: {error}"
            hint = "correct the setting `agent`; it is a list of words, no shell"
            raise EnvironmentFault(f"the agent {argv[0]!r} {why}", code="ENV-AGENT", hint=hint) from None


class _Reader:
    """Copies a pipe into the log on a thread, up to a limit; beyond it bytes are counted and thrown away."""

    def __init__(self, pipe: IO[bytes], log: IO[bytes], limit: int) -> None:
        self.dropped = 0
        self._pipe = pipe
        self._log = log
        self._room = limit
        self._thread = threading.Thread(target=self._copy, daemon=True)
        self._thread.start()

    def _copy(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(self._pipe.fileno(), _CHUNK):
                kept = data[: self._room]
                self._log.write(kept)
                self._log.flush()
                self._room -= len(kept)
                self.dropped += len(data) - len(kept)

    def finish(self) -> None:
        """Waits for the rest; a stray process that left the group and holds the pipe cannot hold us."""
        self._thread.join(_DRAIN)
        if self.dropped:
            self._log.write(f"\n[taskrunner: {self.dropped} more bytes were not kept]\n".encode())
        if not self._thread.is_alive():
            self._pipe.close()


def _feed(pipe: IO[bytes] | None, text: str) -> None:
    """Gives the brief on standard input; an agent that does not read it is none of our business."""
    if pipe is None:
        return
    with contextlib.suppress(OSError, ValueError):
        pipe.write(text.encode("utf-8", "replace"))
    with contextlib.suppress(OSError, ValueError):
        pipe.close()


def _ended_within(child: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the child ended in time; it is left uncollected where the system can: its group keeps its id."""
    if not hasattr(os, "waitid"):
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True
    deadline = time.monotonic() + seconds
    pause = 0.002
    while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return True


def end_group(child: subprocess.Popen[bytes]) -> None:
    """Ends what is left of a child's process group, which it leads: SIGTERM, a grace of 3 s, SIGKILL."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGTERM)
        os.killpg(child.pid, signal.SIGCONT)
        _wait_for_group(child)
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _wait_for_group(child: subprocess.Popen[bytes]) -> None:
    """Until the group is empty (then ProcessLookupError), at most the grace."""
    deadline = time.monotonic() + _GRACE
    pause = 0.002
    while time.monotonic() < deadline:
        child.poll()
        os.killpg(child.pid, 0)
        time.sleep(pause)
        pause = min(pause * 2, 0.1)
