"""Room for deep Lua recursion: Python's recursion limit, raised while any VM runs and restored after the last one.

The limit is one number for the whole process, so runs in several threads share it. Python functions that call Python
functions use no C stack (CPython 3.11), which is why the limit may be high at all; nothing else may recurse meanwhile.
"""

from __future__ import annotations

import sys
from threading import Lock


class deep:
    """`with deep(300_000): ...` allows that many nested Python frames."""

    __slots__ = ("_limit",)
    _lock = Lock()
    _running = 0
    _outside = 0

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def __enter__(self) -> None:
        with deep._lock:
            if not deep._running:
                deep._outside = sys.getrecursionlimit()
            deep._running += 1
            if sys.getrecursionlimit() < self._limit:
                sys.setrecursionlimit(self._limit)

    def __exit__(self, *_: object) -> None:
        with deep._lock:
            deep._running -= 1
            if not deep._running:
                sys.setrecursionlimit(deep._outside)
