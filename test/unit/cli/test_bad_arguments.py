"""Whatever a person types, every command answers with a sentence, its code and the next step, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from taskrunner.cli import COMMANDS, shell

NODE = ("--node", "http://127.0.0.1:1")
WITH_TASK = (
    *("run", "status", "brief", "log", "resume", "retry", "skip", "unlock", "restore", "mutate", "watch", "console"),
    "deploy",
)
BAD_IDS = ("", " ", "99", "1x", "é", "\x1b[31mred", "9" * 5000, "../..", "a\nb", "\ud800", "💥", "-1")
ROWS = [
    *("plan ", "plan nope", "new ", "new A", "new ../x", "new " + "x" * 5000, "new é", "new counter", "explain XX"),
    *("explain ", "explain ../../etc/passwd", "init plan.md", "init " + "x" * 5000, "init . --hyperbeam link /nope"),
    *("init . --hyperbeam foo x", "clean --keep -5", "clean --keep x", "config x", "list x", "doctor x", "run"),
    *("run 1 --jobs 0", "run 1 --node nope", "run 1 --node ", "run 1 --node http://", "run 1 --node http://[::1"),
    *("run 1 --agent '", "run 1 --agent ''", "run 1 --agent a --replay b", "run 1 --replay nope", "run 1 --replay "),
    *(
        "run 1 --junit .",
        "run 1 --junit /dev/null",
        "run 1 --junit plan.md/x",
        "run 1 --junit link",
        "run 1 --log pipe",
    ),
    *("run 1 --log .", "run 1 --log /dev/full", "run 1 --iterations 0", "run 1 --minutes nan", "run 1 --minutes -1"),
    *("run --all 1", "run --all --junit x.xml", "restore 1 x", f"restore 1 {'9' * 50}", "restore 1 77"),
    *("restore 1 --undo", "mutate 1 --lines x", f"mutate 1 --lines 9-{'9' * 5000}", "watch 1 --runs 0", "lua check"),
    *(
        "lua check nope",
        "lua check .",
        "lua run nope",
        "lua run m.lua --req {",
        "lua run m.lua --base " + "[" * 100_000,
    ),
    *("lua battery bin", "lua battery tasks.json", "lua x", "wasm check nope", "wasm check .", "wasm show bin"),
    *("wasm show empty", "wasm check bin --profile x", "node replay nope", "node replay bin", "node replay tasks.json"),
    *(
        "node start --port 99999999",
        "node start --wallet nope",
        "node start --dialect x",
        "node start --persist plan.md",
    ),
    *("node record plan.md true", "node x", "deploy 1", "deploy 1 --node ", "deploy 1 --node ftp://x", "console 3"),
    *(f"console {'x' * 43}", "wallet new --file .", "wallet new --file /dev/null", "wallet address --file bin"),
    *("wallet address --file .", "wallet x", "skill x", "skill install --dir plan.md", "skill install --dir /proc/x"),
    *(
        "mcp --http x",
        "mcp --http 99999",
        "serve --port x",
        "serve --port 99999",
        "completion",
        "completion csh",
        "nope",
        "\x1b[31m",
        "--nope",
        "é",
    ),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("w")
    here = Path.cwd()
    os.chdir(root)
    try:
        assert shell.run(["init", "."]) == 0
    finally:
        os.chdir(here)
    (root / "bin").write_bytes(bytes(range(256)))
    (root / "empty").write_bytes(b"")
    (root / "m.lua").write_text("x = 1")
    (root / "link").symlink_to(root / "plan.md")
    os.mkfifo(root / "pipe")
    return root


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def said(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What standard error says of wrong words, after a look at its form."""
    capsys.readouterr()
    code = shell.run(words)
    out, err = capsys.readouterr()
    assert code in (2, 4), f"exit {code}: {out}{err}"
    assert err.startswith("error: ") and re.search(r"^  code: (INPUT|ENV|MOD)-[A-Z-]+", err, re.MULTILINE), err
    assert "hint: " in err or "taskrunner explain" in err, f"nothing says what to do next: {err}"
    assert "Traceback" not in err and "bug of taskrunner" not in err and "\x1b" not in err and len(err) < 1600
    assert out == ""
    return err


@pytest.mark.parametrize("command", WITH_TASK)
def test_a_task_that_is_not_there(command: str, place: Path, capsys: pytest.CaptureFixture[str],
                                  monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(place)
    for id_ in BAD_IDS:
        words = [command, id_, *(NODE if command == "deploy" else ())]
        err = said(words, capsys)
        assert id_ != "99" or command == "deploy" or "3" in err, "the nearest is named"


@pytest.mark.parametrize("row", ROWS, ids=[row[:40].encode("ascii", "replace").decode() for row in ROWS])
def test_wrong_words(
    row: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    said(row.split(" "), capsys)


def unlink(name: str) -> Callable[[Path], object]:
    return lambda root: (root / name).unlink()


def folder(name: str) -> Callable[[Path], object]:
    def put(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        (root / name).mkdir()

    return put


def text(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda root: (root / name).write_bytes(data)


BROKEN = {
    "no tasks.json": (unlink("tasks.json"), "INPUT-TASKS-MISSING"),
    "tasks.json is a folder": (folder("tasks.json"), "INPUT-TASKS-KIND"),
    "tasks.json breaks off": (text("tasks.json", b'{"tasks": [\n {"id": 1, "na'), "tasks.json:2:12: "),
    "tasks.json is no text": (text("tasks.json", b"\xff\xfe\x00"), "tasks.json:1:1: "),
    "settings are a folder": (folder("taskrunner.toml"), "taskrunner.toml"),
    "settings break off": (text("taskrunner.toml", b"[rules\n"), "taskrunner.toml:1:"),
    "our folder is a file": (text(".taskrunner", b""), ".taskrunner"),
}
IN_WORKSPACE = ("list", "status", "brief 1", "log 1", "skip 1", "unlock 1", "restore 1 1", "new other", "config")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_workspace(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil, words = BROKEN[name]
    monkeypatch.chdir(tmp_path)
    assert shell.run(["init", "."]) == 0
    spoil(tmp_path)
    met = 0
    for command in IN_WORKSPACE:
        capsys.readouterr()
        code = shell.run(command.split())
        out, err = capsys.readouterr()
        assert code in (0, 2, 4), f"{command} exit {code}: {out}{err}"
        assert "Traceback" not in err and "bug of taskrunner" not in err, f"{command}: {err}"
        met += words in err
    assert met >= 1, "at least one of these commands needs what is broken"


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"init", "doctor", "explain", "lua", "wasm", "node", "wallet",
                                                         "skill", "completion"}))  # fmt: skip
def test_outside_of_any_workspace(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    more = {"new": ["x"], "deploy": ["1", *NODE]}.get(name, ["1"] if name in WITH_TASK else [])
    assert "INPUT-WORKSPACE-NONE" in said([name, *more], capsys) and list(tmp_path.iterdir()) == []


def test_wrong_words_as_json(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    for words in (["run", "--json"], ["list", "x", "--json"], ["status", "99", "--json"], ["nope", "--json"]):
        capsys.readouterr()
        assert shell.run(words) == 2
        out, err = capsys.readouterr()
        error = json.loads(out)["error"]
        assert error["code"].startswith("INPUT-") and error["hint"] and err == ""


def test_an_extra_that_is_not_installed_is_the_machines(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr("taskrunner.cli.mcp.find_spec", lambda name: None)
    assert shell.run(["mcp"]) == 4
    assert "pip install 'taskrunner[mcp]'" in capsys.readouterr().err


def test_mutants_of_a_module_whose_suite_fails_prove_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shell.run(["init", "."]) == 0 and shell.run(["run", "1", "-q"]) == 1
    assert "INPUT-MUTATE-RED" in said(["mutate", "1", "--essential"], capsys)


def test_what_the_system_refuses_is_no_bug_of_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    for number, code in ((errno.ENOSPC, 4), (errno.EACCES, 4), (errno.EISDIR, 2), (errno.ENAMETOOLONG, 2)):

        def refuse(*_: object, number: int = number, **__: object) -> None:
            raise OSError(number, os.strerror(number), "x" * 5000)

        monkeypatch.setattr(shell.group, "main", refuse)
        assert shell.run([]) == code
        assert len(capsys.readouterr().err) < 1600
