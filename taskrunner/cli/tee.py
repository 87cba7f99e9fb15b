"""Several reporters as one, and the one that keeps every event in a file (`--log FILE`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from taskrunner.errors import InputError
from taskrunner.report import Event, Reporter
from taskrunner.report.data import JsonLines


class Tee:
    """Hands every event to each reporter, in order."""

    def __init__(self, reporters: Sequence[Reporter]) -> None:
        self.reporters = reporters

    def __call__(self, event: Event) -> None:
        for reporter in self.reporters:
            reporter(event)

    def close(self) -> None:
        """Close each, the last one first, so that files are written before the last words are shown."""
        for reporter in reversed(self.reporters):
            reporter.close()


class LogFile(JsonLines):
    """JSON lines in a file that is closed at the end."""

    def close(self) -> None:
        self.stream.close()


def log_to(path: Path) -> LogFile:
    """The reporter that appends to `path`. Raises InputError INPUT-LOG-FILE."""
    try:
        return LogFile(path.open("a", encoding="utf-8"))
    except OSError as error:
        hint = "name a file that can be written"
        raise InputError(f"cannot write {path}: {error.strerror}", code="INPUT-LOG-FILE", hint=hint) from None
