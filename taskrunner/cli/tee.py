"""A reporter that also writes every event as a JSON line to a file (`--log FILE`)."""

from __future__ import annotations

from pathlib import Path

from taskrunner.errors import InputError
from taskrunner.report import Event, Reporter
from taskrunner.report.data import JsonLines


class Tee:
    """Shows events and keeps them."""

    def __init__(self, shown: Reporter, path: Path) -> None:
        self.shown = shown
        try:
            self.file = path.open("a", encoding="utf-8")
        except OSError as error:
            hint = "name a file that can be written"
            raise InputError(f"cannot write {path}: {error.strerror}", code="INPUT-LOG-FILE", hint=hint) from None
        self.lines = JsonLines(self.file)

    def __call__(self, event: Event) -> None:
        self.lines(event)
        self.shown(event)

    def close(self) -> None:
        self.shown.close()
        self.file.close()
