"""Which files of a task matter, and a thread that says when they have changed.

Bursts and atomic-rename saves are one change: watchfiles gathers what happens within a few milliseconds. Content
decides in the end, so a save without a change is none.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

STEP_MS = 5  # how long it must be quiet for a burst to be over
DEBOUNCE_MS = 60  # the longest that a burst is waited for
POLL_MS = 250  # how soon the thread notices that it is to end
IGNORED = frozenset({".git", ".taskrunner", "node_modules", "target", "__pycache__", ".pytest_cache", ".venv"})


class Watched:
    """The files of a task, by content. `folders` are watched whole: their Rust sources matter."""

    def __init__(self, files: Iterable[Path], folders: Iterable[Path] = ()) -> None:
        self.files = tuple(files)
        self.folders = tuple(folders)
        self._seen = self._hashes()

    def matters(self, path: Path) -> bool:
        """Whether a changed path can change the verdict."""
        if path in self.files:
            return True
        inside = next((folder for folder in self.folders if path.is_relative_to(folder)), None)
        return inside is not None and not IGNORED & set(path.relative_to(inside).parts)

    def changed(self) -> list[Path]:
        """The files whose content differs from when this was last asked."""
        now = self._hashes()
        found = [path for path in now.keys() | self._seen.keys() if now.get(path) != self._seen.get(path)]
        self._seen = now
        return sorted(found)

    def _hashes(self) -> dict[Path, str]:
        found = {}
        for path in self._every_file():
            try:
                found[path] = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:
                continue
        return found

    def _every_file(self) -> Iterable[Path]:
        yield from self.files
        for folder in self.folders:
            yield from (path for path in folder.rglob("*.[rt][so]*") if self.matters(path) and path.is_file())


class Watcher:
    """A thread that calls `changed(paths)` after each burst of changes under `root`."""

    def __init__(self, root: Path, watched: Watched, changed: Callable[[list[Path]], None]) -> None:
        self._root = root
        self._watched = watched
        self._changed = changed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def follow(self, watched: Watched) -> None:
        """Look at other files from now on."""
        self._watched = watched

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(2)

    def _run(self) -> None:
        from watchfiles import watch

        for _ in watch(
            self._root,
            watch_filter=lambda _, path: self._watched.matters(Path(path)),
            step=STEP_MS,
            debounce=DEBOUNCE_MS,
            rust_timeout=POLL_MS,
            stop_event=self._stop,
            raise_interrupt=False,
        ):
            found = self._watched.changed()
            if found:
                self._changed(found)
