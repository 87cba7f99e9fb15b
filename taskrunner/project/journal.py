"""The journal: everything that happened in a workspace, as events in one SQLite file that a kill cannot tear.

WAL with `synchronous=FULL`: an event that `append` returned is there after a power cut. Several processes may write.
What an event means is core's business; here it is a task, a kind and JSON data.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.errors import BusyError, EnvironmentFault, InputError
from taskrunner.project.faults import point
from taskrunner.project.files import io_errors

if TYPE_CHECKING:
    import sqlite3

    from taskrunner.project.workspace import Workspace

VERSION = 1
FILE = "journal.db"
_SHOWN = f".taskrunner/{FILE}"
_BUSY_SECONDS = 10.0
_SYNCHRONOUS = "FULL"
_SCHEMA = """
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  task TEXT,
  kind TEXT NOT NULL,
  data TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_task ON events (task, seq);
"""
_MIGRATIONS: dict[int, str] = {}
"""From version n to n + 1."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `seq` grows by at least one; `at` is RFC 3339 UTC; `task_id` is None for the whole workspace."""

    seq: int
    task_id: str | None
    kind: str
    data: dict[str, Any]
    at: str


class Journal:
    """One workspace's journal, opened on first use; a context manager that closes it.

    A forked child opens its own connection. Raises EnvironmentFault (ENV-JOURNAL and the disk's own), BusyError, and
    InputError INPUT-JOURNAL-NEWER when a later taskrunner wrote it.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._connection: sqlite3.Connection | None = None
        self._pid = 0

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; the next use opens it again."""
        if self._connection is not None and self._pid == os.getpid():
            self._connection.close()
        self._connection = None

    def append(self, task_id: int | str | None, kind: str, data: Mapping[str, Any] | None = None) -> int:
        """Writes an event durably and gives its number. `data` is JSON data without secrets."""
        text = json.dumps(dict(data or {}), ensure_ascii=False, separators=(",", ":"))
        text = text.encode("utf-8", "replace").decode()
        task = None if task_id is None else str(task_id)
        point(f"before event {kind}")
        with self._database() as database:
            at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            row = database.execute(
                "INSERT INTO events (task, kind, data, at) VALUES (?, ?, ?, ?)", (task, kind, text, at)
            )
        point(f"event {kind}")
        return int(row.lastrowid or 0)

    def events(self, task_id: int | str | None = None, after: int = 0) -> list[Event]:
        """The events with a number above `after`, in order: of one task, or all of them."""
        where, values = ("", (after,)) if task_id is None else (" AND task = ?", (after, str(task_id)))
        if self._connection is None and not (self._workspace.state_dir / FILE).exists():
            return []
        with self._database() as database:
            rows = database.execute(
                f"SELECT seq, task, kind, data, at FROM events WHERE seq > ?{where} ORDER BY seq", values
            )
            return [Event(seq, task, kind, json.loads(data), at) for seq, task, kind, data, at in rows]

    def put_back(self, task_id: int | str, before: Sequence[Event]) -> None:
        """Makes a journal that somebody else changed hold what it held: `before` is everything that was in it.

        Events of the task that came since are taken out; those of other tasks stay. A file that is no journal any more
        is moved aside. Raises EnvironmentFault.
        """
        path = self._workspace.state() / FILE
        self.close()
        try:
            self._rewrite(str(task_id), before)
        except (EnvironmentFault, InputError):
            self.close()
            for suffix in ("", "-wal", "-shm"):
                damaged = path.with_name(path.name + suffix)
                if damaged.exists() or damaged.is_symlink():
                    os.replace(damaged, path.with_name(f"{FILE}.refused{suffix}"))
            self._rewrite(str(task_id), before)

    def _rewrite(self, task: str, before: Sequence[Event]) -> None:
        rows = [(e.seq, e.task_id, e.kind, json.dumps(e.data, ensure_ascii=False), e.at) for e in before]
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM events WHERE task = ?", (task,))
            database.executemany(
                "INSERT OR REPLACE INTO events (seq, task, kind, data, at) VALUES (?, ?, ?, ?, ?)", rows
            )
            database.execute("COMMIT")

    def new_run(self) -> int:
        """Takes the next number for a run's folder; two processes never get the same."""
        runs = self._workspace.state("runs")
        number = max((int(entry.name) for entry in runs.iterdir() if entry.name.isdecimal()), default=0) + 1
        with io_errors("make", str(runs)):
            while True:
                try:
                    (runs / str(number)).mkdir()
                    return number
                except FileExistsError:
                    number += 1

    def run_dir(self, number: int) -> Path:
        """The folder with the whole output of a run, `.taskrunner/runs/N`, made if need be."""
        return self._workspace.state("runs", str(number))

    # -- the connection

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """The open connection; what SQLite refuses leaves as an error of ours."""
        import sqlite3

        try:
            if self._connection is None or self._pid != os.getpid():
                self._connection, self._pid = self._open(), os.getpid()
            yield self._connection
        except sqlite3.Error as error:
            raise _fault(error) from error

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        path = self._workspace.state() / FILE
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            _write_ahead(connection)
            connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS}")
            if _version(connection) != VERSION:
                self._upgrade(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _upgrade(self, connection: sqlite3.Connection, path: Path) -> None:
        """Makes the tables of a new file, or brings an older one up to date after a copy of it."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            found = _version(connection)
            if found > VERSION:
                raise _newer(found)
            if 0 < found < VERSION:
                _copy(path, found)
            steps = [_SCHEMA] if found == 0 else [_MIGRATIONS[number] for number in range(found, VERSION)]
            for statement in ";".join(steps).split(";"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
            point("before journal tables")
            connection.execute("COMMIT")
            point("journal tables")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turns the write-ahead log on. SQLite does not wait here where others open a new file too, so we do."""
    import sqlite3

    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _copy(path: Path, version: int) -> None:
    """Keeps the file as it was, its write-ahead log with it."""
    with io_errors("copy", _SHOWN):
        for suffix in ("", "-wal"):
            source = path.with_name(path.name + suffix)
            if source.exists():
                shutil.copy2(source, path.with_name(f"{FILE}.v{version}{suffix}"))


def _newer(found: int) -> InputError:
    return InputError(
        f"a newer taskrunner wrote the journal (version {found}, this one reads {VERSION})",
        code="INPUT-JOURNAL-NEWER",
        file=_SHOWN,
        hint="update taskrunner; the journal was left as it is",
    )


def _fault(error: sqlite3.Error) -> EnvironmentFault | BusyError:
    text = str(error)
    if "locked" in text or "busy" in text:
        message = f"the journal has been locked by another process for {_BUSY_SECONDS:g} s"
        return BusyError(message, code="INPUT-BUSY-FILE", file=_SHOWN, hint="wait for the other run, or end it")
    for needle, code, hint in _REASONS:
        if needle in text:
            return EnvironmentFault(f"cannot write the journal: {text}", code=code, file=_SHOWN, hint=hint)
    hint = f"move {_SHOWN} away and run again; tasks.json and your sources do not depend on it"
    return EnvironmentFault(f"the journal cannot be used: {text}", code="ENV-JOURNAL", file=_SHOWN, hint=hint)


_REASONS = (
    ("full", "ENV-DISK-FULL", "free some space, then run again"),
    ("readonly", "ENV-READ-ONLY", "make the workspace writable, or copy it elsewhere"),
    ("unable to open", "ENV-PERMISSION", "check owner and mode of .taskrunner with `ls -l`"),
    ("disk I/O", "ENV-DISK-FULL", "check the disk and its free space, then run again"),
)
