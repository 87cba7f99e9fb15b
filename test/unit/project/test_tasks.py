"""tasks.json: read with a place for every fault, written without touching what is not ours, by many at once."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from taskrunner.core.plan import Task
from taskrunner.errors import BusyError, EnvironmentFault, InputError
from taskrunner.project import Claim, TaskStore, Workspace
from taskrunner.project.locks import exclusive
from taskrunner.project.taskfile import read_tasks

WAO = """{
\t"feature": "counter", "tracks": ["aos", "module"], "current_step": 1,
\t"tasks": [
\t\t{"id": 1, "name": "Build module", "type": "module-lua", "skill": "/build-module", "status": "done",
\t\t "files": ["custom-lua/counter.lua"], "done_when": "module written", "weight": 1.50},
\t\t{"id": "v", "type": "validate", "skill": "/validate", "done_when": "overall PASS"}
\t]
}"""


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read_tasks(text)
    return caught.value


def test_a_task_as_it_is_read() -> None:
    found = read_tasks(WAO)
    assert found.tasks[0] == Task(
        id=1,
        name="Build module",
        type="module-lua",
        status="done",
        files=("custom-lua/counter.lua",),
        done_when="module written",
        extra={"skill": "/build-module", "weight": 1.5},
    )
    assert found.tasks[1].id == "v"
    assert found.tasks[1].status == "pending"


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "says"),
    [
        ("", "EMPTY", 1, 1, "tasks.json is empty"),
        ("\ufeff \r\n", "EMPTY", 1, 1, "tasks.json is empty"),
        ('{"tasks": [{"id": 1', "JSON", 1, 20, "ends too early"),
        ('{"tasks": [\n  {"id": 1,}\n]}', "JSON", 2, 11, "comma"),
        ("[" * 100_000, "DEEP", 1, 201, "nest more than 200 deep"),
        ('{"tasks": [{"id": 1, "x": ' + "[" * 100_000, "DEEP", 1, 224, "nest more than 200 deep"),
        ("[]", "SHAPE", 1, 1, "holds a list, not an object"),
        ("{}", "SHAPE", 1, 1, 'has no "tasks"'),
        ('{"tasks": {}}', "SHAPE", 1, 11, "is an object, not a list"),
        ('{"tasks": [1]}', "SHAPE", 1, 12, "this is a number"),
        ('{"tasks": [{}]}', "FIELD", 1, 12, 'has no "id"'),
        ('{"tasks": [{"id": 1.5}]}', "FIELD", 1, 19, "whole number"),
        ('{"tasks": [{"id": true}]}', "FIELD", 1, 19, "this is true"),
        ('{"tasks": [{"id": " "}]}', "FIELD", 1, 19, "an empty text"),
        ('{"tasks": [{"id": 1, "name": 2}]}', "FIELD", 1, 30, '"name" must be text'),
        ('{"tasks": [{"id": 1, "files": "a"}]}', "FIELD", 1, 31, '"files" must be a list'),
        ('{"tasks": [{"id": 1, "files": ["a", ""]}]}', "FIELD", 1, 37, '"files" holds an empty text'),
        ('{"tasks": [{"id": 1, "status": "a",\n "status": "b"}]}', "FIELD", 2, 2, "stands twice"),
        ('{"tasks": [{"id": 1},\n {"id": 1}]}', "DUPLICATE", 2, 9, "the first stands in line 1"),
        ('{"tasks": [{"id": 1},\r\n {"id": "1"}]}', "DUPLICATE", 2, 9, "two tasks have the id 1"),
    ],
)
def test_bad_files(text: str, code: str, line: int, column: int, says: str) -> None:
    error = refused(text)
    assert (error.code, error.line, error.column) == (f"INPUT-TASKS-{code}", line, column)
    assert says in error.message
    assert "\n" not in error.message
    assert error.file == "tasks.json"
    assert error.hint


@pytest.mark.parametrize("data", [b'{"tasks": [\n "\xff"]}', "{}".encode("utf-16")])
def test_other_encodings(workspace: Workspace, data: bytes) -> None:
    (workspace.root / "tasks.json").write_bytes(data)
    with pytest.raises(InputError) as caught:
        workspace.tasks()
    assert caught.value.code == "INPUT-TASKS-ENCODING"
    assert (caught.value.line, caught.value.column) == ((2, 3) if data[0] == 0x7B else (1, 1))
    assert (workspace.root / "tasks.json").read_bytes() == data


@pytest.mark.parametrize("kind", ["missing", "folder", "loop", "pipe"])
def test_no_file_there(workspace: Workspace, kind: str) -> None:
    path = workspace.root / "tasks.json"
    path.unlink()
    make = {"missing": lambda: None, "folder": path.mkdir, "loop": lambda: path.symlink_to(path)}
    make.get(kind, lambda: os.mkfifo(path))()
    with pytest.raises(InputError) as caught:
        workspace.tasks()
    assert caught.value.code == {"missing": "INPUT-TASKS-MISSING", "loop": "INPUT-PATH-BAD"}.get(
        kind, "INPUT-TASKS-KIND"
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_an_update_changes_its_fields_only(workspace: Workspace, ending: str, bom: str) -> None:
    before = bom + WAO.replace("\n", ending)
    path = workspace.root / "tasks.json"
    path.write_bytes(before.encode())
    store = TaskStore(workspace)
    store.update("v", status="in_progress")
    store.update(1, status="blocked", escalation={"rule": "r"})
    after = before.replace('"status": "done"', '"status": "blocked"')
    after = after.replace('"weight": 1.50}', '"weight": 1.50, "escalation": {"rule": "r"}}')
    after = after.replace('"overall PASS"}', '"overall PASS", "status": "in_progress"}')
    assert path.read_bytes() == after.encode()
    task = store.update(1, status="done", escalation=None)
    assert task.status == "done"
    assert task.escalation is None
    assert '"escalation"' not in path.read_text()


def test_an_update_that_says_nothing_new_writes_nothing(workspace: Workspace) -> None:
    path = workspace.root / "tasks.json"
    before = path.stat()
    TaskStore(workspace).update(1, status="pending", escalation=None)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_update_keeps_the_mode(workspace: Workspace) -> None:
    path = workspace.root / "tasks.json"
    path.chmod(0o640)
    TaskStore(workspace).update(1, status="done")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_only_the_runners_fields_can_be_written(workspace: Workspace) -> None:
    with pytest.raises(TypeError, match="name"):
        TaskStore(workspace).update(1, name="x")


@pytest.mark.parametrize(("wanted", "nearest"), [("5", "3 (Counter in Rust), 2"), ("counter", "1 (Counter in Lua)")])
def test_an_unknown_id_names_the_nearest(workspace: Workspace, wanted: str, nearest: str) -> None:
    with pytest.raises(InputError) as caught:
        workspace.task(wanted)
    assert caught.value.code == "INPUT-TASK-UNKNOWN"
    assert f"the nearest: {nearest}" in caught.value.message


def test_a_file_without_tasks_says_so(workspace: Workspace) -> None:
    (workspace.root / "tasks.json").write_text('{"tasks": []}')
    with pytest.raises(InputError, match="holds no tasks yet"):
        workspace.task(1)


def test_a_broken_file_is_left_alone(workspace: Workspace) -> None:
    path = workspace.root / "tasks.json"
    path.write_bytes(b'{"tasks": [{"id": 1}')
    with pytest.raises(InputError):
        TaskStore(workspace).update(1, status="done")
    assert path.read_bytes() == b'{"tasks": [{"id": 1}'


def test_a_link_inside_is_followed_and_stays(workspace: Workspace) -> None:
    real = workspace.root / "real.json"
    (workspace.root / "tasks.json").rename(real)
    (workspace.root / "tasks.json").symlink_to("real.json")
    TaskStore(workspace).update(1, status="done")
    assert (workspace.root / "tasks.json").is_symlink()
    assert json.loads(real.read_text())["tasks"][0]["status"] == "done"


def test_a_link_that_leaves_is_refused(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "tasks.json"
    (workspace.root / "tasks.json").rename(outside)
    (workspace.root / "tasks.json").symlink_to(outside)
    before = outside.read_bytes()
    with pytest.raises(InputError) as caught:
        TaskStore(workspace).update(1, status="done")
    assert caught.value.code == "INPUT-PATH-OUTSIDE"
    assert outside.read_bytes() == before


@pytest.mark.parametrize(
    ("number", "code"), [(28, "ENV-DISK-FULL"), (30, "ENV-READ-ONLY"), (13, "ENV-PERMISSION"), (5, "ENV-FAULT")]
)
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_refuses(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, number: int, code: str, call: str
) -> None:
    before = (workspace.root / "tasks.json").read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(EnvironmentFault) as caught:
        TaskStore(workspace).update(1, status="done")
    assert caught.value.code == code
    assert caught.value.hint
    assert (workspace.root / "tasks.json").read_bytes() == before
    assert [entry.name for entry in workspace.scratch().iterdir()] == []


def test_a_locked_file_is_named(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (workspace.root / "tasks.json").read_bytes()
    monkeypatch.setattr("taskrunner.project.tasks.exclusive", lambda p, w: exclusive(p, w, seconds=0.05))
    with (
        exclusive(workspace.state() / "tasks.lock", "tasks.json"),
        pytest.raises(BusyError, match=r"tasks\.json has been locked"),
    ):
        TaskStore(workspace).update(1, status="done")
    assert (workspace.root / "tasks.json").read_bytes() == before


def test_a_new_task_gets_the_next_number(workspace: Workspace) -> None:
    task = TaskStore(workspace).add({"name": "More", "type": "module-lua"})
    assert task.id == 4
    assert workspace.tasks()[-1] == task


def test_an_agents_changes_are_undone(workspace: Workspace) -> None:
    path = workspace.root / "tasks.json"
    kept = path.read_bytes()
    store = TaskStore(workspace)
    assert not store.put_back(kept, 1)
    for text in (kept.replace(b"pending", b"done"), b"", b"{", b"\xff"):
        path.write_bytes(text)
        assert store.put_back(kept, 1)
        assert path.read_bytes() == kept
    path.unlink()
    assert store.put_back(kept, 1)
    assert path.read_bytes() == kept


def test_what_another_runner_wrote_meanwhile_stays(workspace: Workspace) -> None:
    path = workspace.root / "tasks.json"
    kept = path.read_bytes()
    store = TaskStore(workspace)
    with Claim(workspace, 3):
        store.update(3, status="in_progress", started_at="now")
        theirs = path.read_bytes()
        assert not store.put_back(kept, 1)
        store.update(1, status="done")
        store.update(2, status="done")
        assert store.put_back(kept, 1)
        assert path.read_bytes() == theirs
    assert store.put_back(kept, 1)
    assert path.read_bytes() == kept


WRITER = """
import sys
from pathlib import Path
from taskrunner.project import TaskStore, Workspace
store, task = TaskStore(Workspace(Path(sys.argv[1]))), sys.argv[2]
for number in range(int(sys.argv[3])):
    seen = store.get(task).extra.get("started_at", "")
    store.update(task, status="blocked" if number % 2 else "in_progress", started_at=f"{seen} {number}")
"""


def test_eight_processes_lose_no_update(tmp_path: Path) -> None:
    """8 processes × 200 updates on one file: 1,600 of 1,600 present, every other byte as it was."""
    writers, updates = 8, 200
    tasks = [{"id": writer, "status": "pending", "unknown": [1.50, {"deep": writer}]} for writer in range(writers)]
    (tmp_path / "tasks.json").write_text(json.dumps({"feature": "é", "tasks": tasks}, indent=1))
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(writer), str(updates)])
        for writer in range(writers)
    ]
    assert [child.wait(300) for child in running] == [0] * writers
    found = json.loads((tmp_path / "tasks.json").read_text())
    seen = [task.pop("started_at").split() for task in found["tasks"]]
    assert sum(map(len, seen)) == 1600
    assert seen == [[str(number) for number in range(updates)]] * writers
    assert found["tasks"] == [{**task, "status": "blocked"} for task in tasks]
    assert found["feature"] == "é"
