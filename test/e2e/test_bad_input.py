"""Bad input ends in one sentence with code, place and next step, the right exit code, and untouched files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskrunner.project import Claim, Workspace, init_workspace
from taskrunner.project.locks import exclusive

COMMAND = str(Path(sys.executable).parent / "taskrunner")


def run(folder: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the error object of `--json`, and what went to standard error."""
    done = subprocess.run([COMMAND, *words, "--json"], cwd=folder, capture_output=True, text=True, check=False)
    text = done.stdout.strip()
    return done.returncode, json.loads(text).get("error", {}) if text else {}, done.stderr


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file of the user's, byte for byte."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".taskrunner" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def tasks(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "tasks.json").write_bytes(text.encode())


def plan(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "plan.md").write_bytes(text.encode())


def one_task(fields: str) -> Callable[[Path], object]:
    return tasks('{"tasks": [\n {"id": 1, ' + fields + "}\n]}")


def example(row: str) -> Callable[[Path], object]:
    head = "## Modules\n### counter (lua)\n#### Examples\n| Name | Send | Reply |\n|---|---|---|\n"
    return plan(head + row)


LUA = '"type": "module-lua", "files": ["custom_lua/counter.lua"]'


def link_out(folder: Path) -> None:
    (folder / "out").symlink_to("/")
    one_task('"type": "module-lua", "files": ["out/x.lua"]')(folder)


DEEP = "| a | Get | " + '{"a":' * 100_000 + "1" + "}" * 100_000
BAD = [
    ("tasks.json missing", lambda f: (f / "tasks.json").unlink(), "INPUT-TASKS-MISSING", None),
    ("tasks.json empty", tasks(""), "INPUT-TASKS-EMPTY", (1, 1)),
    ("tasks.json truncated", tasks('{"tasks": [\n {"id": 1, "na'), "INPUT-TASKS-JSON", (2, 12)),
    ("tasks.json deep", tasks('{"tasks": [\n' + "[" * 100_000), "INPUT-TASKS-DEEP", (2, 199)),
    ("tasks.json closed and deep", tasks("[" * 100_000 + "]" * 100_000), "INPUT-TASKS-DEEP", (1, 201)),
    ("a BOM and nothing", tasks("\ufeff"), "INPUT-TASKS-EMPTY", (1, 1)),
    ("a BOM and a fault", tasks('\ufeff{"tasks": 1}'), "INPUT-TASKS-SHAPE", (1, 11)),
    ("CRLF and a fault", tasks('{\r\n"tasks": [\r\n1]}'), "INPUT-TASKS-SHAPE", (3, 1)),
    ("duplicate ids", tasks('{"tasks": [{"id": 1},\n{"id": 1}]}'), "INPUT-TASKS-DUPLICATE", (2, 8)),
    ("unknown type", one_task('"type": "module-go"'), "INPUT-TASK-TYPE", (2, 20)),
    ("another tool's type", one_task('"type": "frontend"'), "INPUT-TASK-TYPE", (2, 20)),
    ("no such task", tasks('{"tasks": [{"id": 2}, {"id": 13}]}'), "INPUT-TASK-UNKNOWN", None),
    ("no such module", one_task('"type": "module-lua", "module": "contour"'), "INPUT-TASK-MODULE", (2, 44)),
    ("a path out", one_task('"type": "module-lua", "files": ["../x.lua"]'), "INPUT-PATH-OUTSIDE", (2, 44)),
    ("an absolute path", one_task('"type": "module-lua", "files": ["/x.lua"]'), "INPUT-PATH-OUTSIDE", (2, 44)),
    ("a link out", link_out, "INPUT-PATH-OUTSIDE", (2, 44)),
    ("plan.md missing", lambda f: (f / "plan.md").unlink(), "INPUT-PLAN-MISSING", None),
    ("plan.md empty", plan(""), "INPUT-PLAN-EMPTY", (1, 1)),
    ("plan.md truncated", example('| a | Set x="1'), "INPUT-PLAN-EXAMPLE", (6, 13)),
    ("plan.md in UTF-16", lambda f: (f / "plan.md").write_bytes("# P".encode("utf-16")), "INPUT-PLAN-ENCODING", (1, 1)),
    ("plan.md with CRLF and a fault", plan("## Modules\r\n### X (lua)\r\n"), "INPUT-PLAN-MODULE", (2, 5)),
    (
        "plan.md with a deep example",
        example(DEEP),
        "INPUT-PLAN-EXAMPLE",
        (6, 13),
    ),
    ("settings", lambda f: (f / "taskrunner.toml").write_text("\n[rules]\nstep = 1"), "INPUT-SETTINGS-KEY", (3, 1)),
]


@pytest.mark.parametrize(("make", "code", "place"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_input(tmp_path: Path, make: Callable[[Path], object], code: str, place: tuple[int, int] | None) -> None:
    init_workspace(tmp_path)
    make(tmp_path)
    before = snapshot(tmp_path)
    status, error, _ = run(tmp_path, "run", "1")
    assert (status, error["code"]) == (2, code)
    assert error["message"].count("\n") == 0
    assert error["hint"]
    if place:
        assert (error["line"], error["column"]) == place
        assert error["file"] in ("tasks.json", "plan.md", "taskrunner.toml")
    assert snapshot(tmp_path) == before


def test_an_unknown_task_names_the_nearest(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    assert "the nearest: 3 (Counter in Rust)" in run(tmp_path, "run", "4")[1]["message"]


def test_no_workspace(tmp_path: Path) -> None:
    status, error, _ = run(tmp_path, "run", "1")
    assert (status, error["code"]) == (2, "INPUT-WORKSPACE-NONE")


def test_people_see_one_sentence_and_a_hint(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    (tmp_path / "tasks.json").write_text('{"tasks": [1]}')
    done = subprocess.run([COMMAND, "run", "1"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "tasks.json:1:12: a task is an object, this is a number" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_workspace_that_another_run_holds(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    before = snapshot(tmp_path)
    with Claim(Workspace(tmp_path), 1, "taskrunner run 1"):
        started = time.monotonic()
        status, error, _ = run(tmp_path, "run", "1")
    assert (status, error["code"]) == (5, "INPUT-BUSY")
    assert f"process {os.getpid()} (`taskrunner run 1`" in error["message"]
    assert time.monotonic() - started < 5
    assert snapshot(tmp_path) == before


def test_a_task_list_that_stays_locked(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    before = snapshot(tmp_path)
    workspace = Workspace(tmp_path)
    with exclusive(workspace.state() / "tasks.lock", "tasks.json"):
        status, error, _ = run(tmp_path, "new", "other", "--lua")
    assert (status, error["code"]) == (5, "INPUT-BUSY-FILE")
    assert snapshot(tmp_path) == before


READ_ONLY = """
import os, sys
real = {name: getattr(os, name) for name in ("open", "mkdir", "replace", "link")}
def refuse(name):
    def call(path, *rest, **named):
        writes = name != "open" or (rest and rest[0] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if writes and str(path).startswith(os.getcwd()):
            raise OSError(30, "Read-only file system", str(path))
        return real[name](path, *rest, **named)
    return call
for name in real:
    setattr(os, name, refuse(name))
sys.argv = ["taskrunner", "run", "1", "--json"]
from taskrunner.cli import main
main()
"""


def test_a_read_only_disk(tmp_path: Path) -> None:
    """The operating system's refusal, at the border to it: tests may run as root, whom no mode stops."""
    init_workspace(tmp_path)
    before = snapshot(tmp_path)
    done = subprocess.run([sys.executable, "-c", READ_ONLY], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    error = json.loads(done.stdout)["error"]
    assert (error["code"], bool(error["hint"])) == ("ENV-READ-ONLY", True)
    assert snapshot(tmp_path) == before
