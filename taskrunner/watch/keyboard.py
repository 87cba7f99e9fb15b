"""Single keys from a terminal, without waiting for Enter; the terminal is put back as it was."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from typing import Any, Self

POLL = 0.2  # seconds


class Keyboard:
    """A thread that calls `pressed(key)`; does nothing where standard input is no terminal."""

    def __init__(self, pressed: Callable[[str], None]) -> None:
        self._pressed = pressed
        self._stop = threading.Event()
        self._saved: list[Any] | None = None
        self._thread = threading.Thread(target=self._run, name="keyboard", daemon=True)

    def __enter__(self) -> Self:
        if sys.stdin.isatty():
            import termios
            import tty

            self._saved = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._saved is not None:
            import termios

            self._thread.join(2 * POLL)
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)

    def _run(self) -> None:
        descriptor = sys.stdin.fileno()
        while not self._stop.is_set():
            ready, _, _ = select.select([descriptor], [], [], POLL)
            if ready:
                data = os.read(descriptor, 64)
                if not data:
                    return
                for key in data.decode("utf-8", "ignore"):
                    self._pressed(key)
