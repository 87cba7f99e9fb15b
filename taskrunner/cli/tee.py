"""Several reporters as one, and the one that keeps every event in a file (`--log FILE`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

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
    """The reporter that appends to `path`, an ordinary file. Raises InputError INPUT-LOG-FILE."""
    from taskrunner.report.plainfile import open_plain

    return LogFile(os.fdopen(open_plain(path, "INPUT-LOG-FILE", append=True), "a", encoding="utf-8"))
