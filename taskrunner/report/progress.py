"""One line on a terminal that says what takes time: it appears after a moment, ticks, and leaves nothing behind.

What is shorter than half a second shows nothing, so nothing flickers; what is no terminal never sees a byte of it.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

PATIENCE = 0.4  # seconds before the line appears
TICK = 0.12
_SPINNER, _ASCII_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"


def is_live(stream: Any) -> bool:
    """Whether a line on this stream can be taken back."""
    return bool(getattr(stream, "isatty", lambda: False)()) and os.environ.get("TERM") != "dumb"


class Progress:
    """What happens now, on `stream`. Everything else that is written there must come after `stop`."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._live = is_live(stream)
        self._frames = _SPINNER if "UTF" in (getattr(stream, "encoding", "") or "").upper() else _ASCII_SPINNER
        self._lock = threading.Lock()
        self._text = ""
        self._since = 0.0
        self._shown = False
        self._thread: threading.Thread | None = None

    def say(self, text: str, again: bool = False) -> None:
        """Show `text` and how long it takes; `again` says that it is the same work, whose time goes on."""
        if not self._live:
            return
        with self._lock:
            self._since = self._since if again and self._text else time.monotonic()
            self._text = text
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, name="progress", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Take the line back, if it is there; something else is printed now."""
        if not self._live or not self._text:
            return
        with self._lock:
            self._text = ""
            self._clear()

    def _tick(self) -> None:
        """Draws until nothing has been said for a while; the next `say` starts anew."""
        idle = 0.0
        while idle < 1.0:
            time.sleep(TICK)
            with self._lock:
                idle = 0.0 if self._text else idle + TICK
                if self._text and time.monotonic() - self._since >= PATIENCE:
                    self._draw()
                if idle >= 1.0:
                    self._thread = None

    def _draw(self) -> None:
        seconds = time.monotonic() - self._since
        mark = self._frames[int(seconds / TICK) % len(self._frames)]
        line = f"  {mark} {self._text}  {_time(seconds)}"
        width = shutil.get_terminal_size((80, 24)).columns - 1
        self._put(f"\r{line[:width]}\x1b[K")
        self._shown = True

    def _clear(self) -> None:
        if self._shown:
            self._put("\r\x1b[2K")
            self._shown = False

    def _put(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


@contextmanager
def working(text: str, stream: Any = None) -> Iterator[Progress]:
    """Something that may take a while: progress on standard error (or `stream`), if that is a terminal."""
    import sys

    progress = Progress(sys.stderr if stream is None else stream)
    progress.say(text)
    try:
        yield progress
    finally:
        progress.stop()


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
