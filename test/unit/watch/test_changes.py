"""Which changes matter, and when a burst is one change."""

from __future__ import annotations

import os
import queue
import time
from pathlib import Path

import pytest

from taskrunner.watch.changes import Watched, Watcher


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "crate" / "src").mkdir(parents=True)
    (tmp_path / "crate" / "target").mkdir()
    (tmp_path / "a.lua").write_text("1")
    (tmp_path / "other.lua").write_text("1")
    (tmp_path / "crate" / "src" / "lib.rs").write_text("1")
    return tmp_path


def test_a_save_without_a_change_is_none(files: Path) -> None:
    watched = Watched([files / "a.lua"])
    (files / "a.lua").write_text("1")
    assert watched.changed() == []
    (files / "a.lua").write_text("2")
    assert watched.changed() == [files / "a.lua"]
    assert watched.changed() == []


def test_a_file_that_goes_and_comes_back_has_changed(files: Path) -> None:
    watched = Watched([files / "a.lua"])
    (files / "a.lua").unlink()
    assert watched.changed() == [files / "a.lua"]
    (files / "a.lua").write_text("1")
    assert watched.changed() == [files / "a.lua"]


@pytest.mark.parametrize(
    ("name", "matters"),
    [("a.lua", True), ("other.lua", False), ("crate/src/lib.rs", True), ("crate/target/x.rs", False)],
)
def test_only_the_tasks_files_matter(files: Path, name: str, matters: bool) -> None:
    assert Watched([files / "a.lua"], [files / "crate"]).matters(files / name) is matters


def test_rust_sources_of_a_crate_are_watched_whole(files: Path) -> None:
    watched = Watched([], [files / "crate"])
    (files / "crate" / "src" / "more.rs").write_text("x")
    assert watched.changed() == [files / "crate" / "src" / "more.rs"]


def test_a_burst_and_an_atomic_rename_are_one_change(files: Path) -> None:
    told: queue.Queue[list[Path]] = queue.Queue()
    watcher = Watcher(files, Watched([files / "a.lua"]), told.put)
    watcher.start()
    try:
        time.sleep(0.3)
        (files / "other.lua").write_text("nobody cares")
        for number in range(5):
            (files / ".a.lua.new").write_text(f"version {number}")
            os.rename(files / ".a.lua.new", files / "a.lua")
        assert told.get(timeout=5) == [files / "a.lua"]
        time.sleep(0.3)
        assert told.qsize() <= 1, "a burst is one change, two if it was slow"
    finally:
        watcher.stop()
