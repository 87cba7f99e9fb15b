"""The journal: durable, shared by several writers, fork-safe, and honest about files it cannot read."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from taskrunner.errors import BusyError, EnvironmentFault, InputError, TaskrunnerError
from taskrunner.project import Journal, Workspace
from taskrunner.project import journal as journal_module

APPEND = """
import sys
from pathlib import Path
from taskrunner.project import Journal, Workspace
with Journal(Workspace(Path(sys.argv[1]))) as journal:
    for number in range(int(sys.argv[3])):
        seq = journal.append(sys.argv[2], "tick", {"n": number})
        print(seq, flush=True)
"""


def writer(root: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", APPEND, str(root), name, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_events_come_back_in_order(workspace: Workspace) -> None:
    with Journal(workspace) as journal:
        first = journal.append(1, "started", {"by": "ü", "n": [1, {"x": None}]})
        second = journal.append("1", "ended")
        journal.append("two", "started")
        assert [(e.seq, e.kind) for e in journal.events(task_id=1)] == [(first, "started"), (second, "ended")]
        assert journal.events(task_id="1")[0].data == {"by": "ü", "n": [1, {"x": None}]}
        assert [e.task_id for e in journal.events(after=first)] == ["1", "two"]
        assert journal.events()[0].at.endswith("Z")
    with Journal(workspace) as again:
        assert len(again.events()) == 3


def test_reading_makes_no_file(workspace: Workspace) -> None:
    assert Journal(workspace).events() == []
    assert not (workspace.root / ".taskrunner").exists()


def test_it_is_synced_and_versioned(workspace: Workspace) -> None:
    with Journal(workspace) as journal:
        journal.append(1, "x")
        assert journal._connection is not None
        assert journal._connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert journal._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert journal._connection.execute("PRAGMA user_version").fetchone() == (journal_module.VERSION,)


def test_several_writers(workspace: Workspace) -> None:
    writers = [writer(workspace.root, str(number), 40) for number in range(4)]
    seen = [int(line) for child in writers for line in child.communicate(timeout=60)[0].split()]
    assert sorted(seen) == sorted(set(seen))
    with Journal(workspace) as journal:
        for number in range(4):
            assert [e.data["n"] for e in journal.events(task_id=number)] == list(range(40))


def test_what_append_returned_survives_a_kill(workspace: Workspace) -> None:
    child = writer(workspace.root, "1", 100_000)
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(20)]
    os.kill(child.pid, signal.SIGKILL)
    told += [int(line) for line in child.stdout.read().split()]
    child.wait()
    with Journal(workspace) as journal:
        found = [event.seq for event in journal.events()]
        assert found[: len(told)] == told
        assert journal.append(1, "after") > told[-1]


def test_a_fork_opens_its_own(workspace: Workspace) -> None:
    with Journal(workspace) as journal:
        journal.append(1, "parent")
        pid = os.fork()
        if pid == 0:
            try:
                journal.append(1, "child")
                journal.close()
            finally:
                os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        journal.append(1, "parent")
        assert [event.kind for event in journal.events()] == ["parent", "child", "parent"]


def test_run_numbers_are_never_given_twice(workspace: Workspace) -> None:
    journal = Journal(workspace)
    assert [journal.new_run(), journal.new_run()] == [1, 2]
    assert journal.run_dir(2) == workspace.root / ".taskrunner" / "runs" / "2"
    (workspace.root / ".taskrunner" / "runs" / "notes").mkdir()
    (workspace.root / ".taskrunner" / "runs" / "10").mkdir()
    assert journal.new_run() == 11


def database(workspace: Workspace) -> Path:
    return workspace.state() / journal_module.FILE


def refused(workspace: Workspace) -> TaskrunnerError:
    with pytest.raises(TaskrunnerError) as caught, Journal(workspace) as journal:
        journal.append(1, "x")
    assert caught.value.hint
    return caught.value


def test_a_newer_journal_is_refused_and_left_alone(workspace: Workspace) -> None:
    with Journal(workspace) as journal:
        journal.append(1, "x")
    with sqlite3.connect(database(workspace)) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = database(workspace).read_bytes()
    error = refused(workspace)
    assert isinstance(error, InputError)
    assert error.code == "INPUT-JOURNAL-NEWER"
    assert database(workspace).read_bytes() == before


def test_an_older_journal_is_migrated_after_a_copy(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(workspace) as journal:
        journal.append(1, "old")
    monkeypatch.setattr(journal_module, "VERSION", 2)
    monkeypatch.setattr(journal_module, "_MIGRATIONS", {1: "ALTER TABLE events ADD COLUMN note TEXT"})
    with Journal(workspace) as journal:
        assert [event.kind for event in journal.events()] == ["old"]
        journal.append(1, "new")
    copy = sqlite3.connect(database(workspace).with_name("journal.db.v1"))
    assert copy.execute("PRAGMA user_version").fetchone() == (1,)
    assert copy.execute("SELECT kind FROM events").fetchall() == [("old",)]
    copy.close()


def test_a_migration_that_fails_changes_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(workspace) as journal:
        journal.append(1, "old")
    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "VERSION", 2)
        patch.setattr(journal_module, "_MIGRATIONS", {1: "ALTER TABLE events ADD COLUMN note TEXT; SELECT nonsense"})
        assert refused(workspace).code == "ENV-JOURNAL"
    with Journal(workspace) as journal:
        assert [event.kind for event in journal.events()] == ["old"]


@pytest.mark.parametrize("data", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_journal(workspace: Workspace, data: bytes) -> None:
    database(workspace).write_bytes(data)
    error = refused(workspace)
    assert isinstance(error, EnvironmentFault)
    assert error.code == "ENV-JOURNAL"
    assert database(workspace).read_bytes() == data


def test_a_locked_journal_is_named(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(workspace) as journal:
        journal.append(1, "x")
    monkeypatch.setattr(journal_module, "_BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(database(workspace), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    error = refused(workspace)
    holder.close()
    assert isinstance(error, BusyError)
    assert error.code == "INPUT-BUSY-FILE"
    assert time.monotonic() - started < 5


def test_lone_surrogates_can_be_journalled(workspace: Workspace) -> None:
    with Journal(workspace) as journal:
        journal.append(1, "x", {"text": "\ud800"})
        assert journal.events()[0].data == {"text": "?"}
