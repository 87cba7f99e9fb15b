"""Lanes: a folder that equals the workspace, and the way home for what changed there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from taskrunner.parallel.worktree import hashes, open_lane
from taskrunner.project import Workspace


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=["git", "plain"])
def workspace(tmp_path: Path, request: pytest.FixtureRequest) -> Workspace:
    root = tmp_path / "w"
    (root / "custom_lua").mkdir(parents=True)
    (root / "tasks.json").write_text('{"tasks": []}')
    (root / "plan.md").write_text("# Plan\n")
    (root / "custom_lua" / "a.lua").write_text("return 1\n")
    (root / "gone.txt").write_text("x")
    if request.param == "git":
        git(root, "init", "-q")
        (root / ".gitignore").write_text(".taskrunner/\n")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "start")
    (root / "custom_lua" / "a.lua").write_text("return 2 -- not committed\n")
    (root / "custom_lua" / "new.lua").write_text("return 3 -- untracked\n")
    (root / "gone.txt").unlink()
    (root / "node_modules").mkdir()
    return Workspace(root)


def test_a_lane_equals_the_workspace_as_it_is_now(workspace: Workspace) -> None:
    with open_lane(workspace, "one") as lane:
        assert hashes(lane.folder) == hashes(workspace.root)
        assert (lane.folder / "node_modules").is_symlink()
        folder = lane.folder
    assert not folder.exists()


def test_what_changed_comes_home(workspace: Workspace) -> None:
    with open_lane(workspace, "one") as lane:
        (lane.folder / "custom_lua" / "a.lua").write_text("return 4\n")
        (lane.folder / "test").mkdir()
        (lane.folder / "test" / "test_a.py").write_text("def test(): assert 1\n")
        (lane.folder / "tasks.json").write_text('{"tasks": [], "status": "from the lane"}')
        merged, conflicts = lane.merge()
    assert (sorted(merged), conflicts) == (["custom_lua/a.lua", "test/test_a.py"], ())
    assert (workspace.root / "custom_lua" / "a.lua").read_text() == "return 4\n"
    assert (workspace.root / "tasks.json").read_text() == '{"tasks": []}', "statuses are written at home only"


def test_what_was_changed_here_meanwhile_is_not_touched(workspace: Workspace) -> None:
    with open_lane(workspace, "one") as lane:
        (lane.folder / "custom_lua" / "a.lua").write_text("the lane's\n")
        (lane.folder / "custom_lua" / "new.lua").write_text("the lane's too\n")
        (workspace.root / "custom_lua" / "a.lua").write_text("the user's\n")
        assert lane.merge() == ((), ("custom_lua/a.lua",))
        lane.keep()
        folder = lane.folder
    assert (workspace.root / "custom_lua" / "a.lua").read_text() == "the user's\n"
    assert "untracked" in (workspace.root / "custom_lua" / "new.lua").read_text(), "nothing is merged by halves"
    assert folder.exists(), "a lane with a conflict is kept for a person"


def test_a_lane_left_by_a_killed_run_is_replaced(workspace: Workspace) -> None:
    stale = workspace.state("lanes", "one")
    (stale / "left.txt").write_text("old")
    with open_lane(workspace, "one") as lane:
        assert not (lane.folder / "left.txt").exists()


def test_the_users_git_state_stays(workspace: Workspace) -> None:
    if not (workspace.root / ".git").exists():
        assert hashes(workspace.root)
        return
    before = git(workspace.root, "status", "--porcelain"), git(workspace.root, "rev-parse", "HEAD")
    with open_lane(workspace, "one") as lane:
        (lane.folder / "custom_lua" / "a.lua").write_text("x\n")
    assert (git(workspace.root, "status", "--porcelain"), git(workspace.root, "rev-parse", "HEAD")) == before
    assert git(workspace.root, "worktree", "list").count("\n") == 1
