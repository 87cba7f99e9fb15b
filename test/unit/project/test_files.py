"""Whole files: replaced in one step, created once, and every point between two effects is a point to be killed at."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from taskrunner.errors import EnvironmentFault, InputError
from taskrunner.project import files
from taskrunner.project.files import create_new, place, read_text, write_atomic
from taskrunner.project.names import slug

WRITE = """
import sys
from pathlib import Path
from taskrunner.project.files import write_atomic
write_atomic(Path(sys.argv[1]), b"new" * 1000)
print("written")
"""


def run(path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", WRITE, str(path)]
    return subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def test_a_write_killed_at_any_point_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    log = tmp_path / "log"
    assert run(path, TASKRUNNER_TEST_KILL_LOG=str(log)).stdout == "written\n"
    names = [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
    assert names == ["create .file.new", "write .file.new", "fsync file", "rename file", "fsync folder of file"]
    for number, name in enumerate(names, 1):
        path.write_bytes(b"old")
        assert run(path, TASKRUNNER_TEST_KILL_AT=str(number)).returncode == -signal.SIGKILL
        assert path.read_bytes() == (b"new" * 1000 if name.startswith(("rename", "fsync folder")) else b"old")
    path.write_bytes(b"old")
    assert run(path, TASKRUNNER_TEST_KILL_AT="99").stdout == "written\n"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "log"]


def test_another_disk_for_scratch_is_worked_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.replace

    def replace(source: Path, target: Path) -> None:
        if Path(source).parent != Path(target).parent:
            raise OSError(18, "Invalid cross-device link")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    write_atomic(tmp_path / "file", b"x", scratch=scratch)
    assert (tmp_path / "file").read_bytes() == b"x"
    assert list(scratch.iterdir()) == []


def test_a_link_in_place_of_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / ".file.new").symlink_to("target")
    write_atomic(tmp_path / "file", b"x")
    assert (tmp_path / "target").read_text() == "mine"
    assert not (tmp_path / "file").is_symlink()


def test_new_files_are_created_once(tmp_path: Path) -> None:
    path = tmp_path / "a" / "file"
    assert create_new(path, b"one", mode=0o600)
    assert not create_new(path, b"two")
    assert path.read_bytes() == b"one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_new_files_on_a_disk_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert create_new(tmp_path / "file", b"one", mode=0o600)
    assert not create_new(tmp_path / "file", b"two")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert not create_new(tmp_path / "dangling", b"two")
    assert (tmp_path / "file").read_bytes() == b"one"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["dangling", "file"]


@pytest.mark.parametrize(
    ("text", "offset", "where"),
    [("", 0, (1, 1)), ("ab", 1, (1, 2)), ("a\nb", 2, (2, 1)), ("a\r\nb", 3, (2, 1)), ("\ufeffab", 2, (1, 2))],
)
def test_places(text: str, offset: int, where: tuple[int, int]) -> None:
    assert place(text, offset) == where


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    (tmp_path / "x").write_bytes(b"x" * 11)
    with pytest.raises(InputError) as caught:
        read_text(tmp_path / "x", "x")
    assert caught.value.code == "INPUT-FILE-SIZE"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").touch()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(EnvironmentFault) as caught:
        read_text(tmp_path / "x", "x")
    assert (caught.value.code, caught.value.message) == ("ENV-PERMISSION", "cannot read x: permission was denied")


def test_slugs_are_names_and_differ() -> None:
    texts = ["1", "a", "A/b", "..", ".", "", "%", "%25", "~^:?*[\\", "x" * 200, "x" * 201, "ü", "a b", "\n", "@{", "-"]
    names = [slug(text) for text in texts]
    assert len(set(names)) == len(texts)
    assert all(name and len(name) <= 80 and not set(name) & set("/.~^:?*[\\ \n@{") for name in names)
