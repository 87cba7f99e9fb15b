"""Where a node keeps messages, assignments and outcomes: in memory, or in one SQLite file that survives SIGKILL.

A store maps (kind, key) to bytes and knows nothing of what they mean. What is written inside one `batch` is there as a
whole or not at all, and once `batch` has ended it is on the disk.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from taskrunner.errors import EnvironmentFault

VERSION = 1
FILE = "node.sqlite"


class Store(Protocol):
    """The interface of both stores; safe to call from several threads."""

    def get(self, kind: str, key: str) -> bytes | None: ...

    def put(self, kind: str, key: str, value: bytes) -> None: ...

    def keys(self, kind: str) -> list[str]: ...

    def batch(self) -> AbstractContextManager[None]: ...

    def close(self) -> None: ...


class MemoryStore:
    """Keeps everything until the node goes."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        """The value, or None."""
        return self._entries.get((kind, key))

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Set or replace a value."""
        self._entries[kind, key] = value

    def keys(self, kind: str) -> list[str]:
        """The keys of a kind in the order in which they were first put."""
        return [key for each, key in list(self._entries) if each == kind]

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Nothing to do in memory."""
        yield

    def close(self) -> None:
        """Nothing to do in memory."""


class DiskStore:
    """One SQLite file under `folder`; every batch is synced before it returns. One node at a time owns it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        self._depth = 0
        import sqlite3

        self._errors = sqlite3.Error
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(folder / FILE, check_same_thread=False, isolation_level=None, timeout=0.5)
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise EnvironmentFault(
                f"the node's store {folder} cannot be opened: {error}",
                code="ENV-NODE-STORE",
                hint="is another node using it, is the disk full, or is it no store of ours?",
            ) from error

    def _prepare(self) -> None:
        import sqlite3

        base = self._base
        base.execute("PRAGMA locking_mode=EXCLUSIVE")
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=FULL")
        (version,) = base.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise sqlite3.DatabaseError(f"it was written by a newer version ({version})")
        base.execute("BEGIN IMMEDIATE")
        base.execute("CREATE TABLE IF NOT EXISTS entries (n INTEGER PRIMARY KEY, kind TEXT, key TEXT, value BLOB)")
        base.execute("CREATE UNIQUE INDEX IF NOT EXISTS by_key ON entries (kind, key)")
        base.execute(f"PRAGMA user_version={VERSION}")
        base.execute("COMMIT")

    def get(self, kind: str, key: str) -> bytes | None:
        """The value, or None."""
        with self._lock:
            row = self._base.execute("SELECT value FROM entries WHERE kind=? AND key=?", (kind, key)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Set or replace a value; on the disk when the batch ends, or at once outside of one."""
        with self.batch():
            self._base.execute(
                "INSERT INTO entries (kind, key, value) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, key) DO UPDATE SET value=excluded.value",
                (kind, key, value),
            )

    def keys(self, kind: str) -> list[str]:
        """The keys of a kind in the order in which they were first put."""
        with self._lock:
            rows = self._base.execute("SELECT key FROM entries WHERE kind=? ORDER BY n", (kind,)).fetchall()
        return [key for (key,) in rows]

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Everything put inside is written as a whole; an exception undoes it. Batches may nest."""
        with self._lock:
            if self._depth == 0:
                self._base.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._base.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._commit()
            finally:
                self._depth -= 1

    def _commit(self) -> None:
        try:
            self._base.execute("COMMIT")
        except self._errors as error:
            self._base.execute("ROLLBACK")
            raise EnvironmentFault(f"the node's store cannot write: {error}", code="ENV-NODE-STORE") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()
