"""Checkpoints: in git without a trace in index, branch or work tree; in copies where there is no git; back again."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from taskrunner.errors import InputError
from taskrunner.project import Checkpoints, Workspace


def git(root: Path, *words: str) -> str:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(["git", *author, *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(params=["git", "copies"])
def points(request: pytest.FixtureRequest, workspace: Workspace) -> Checkpoints:
    if request.param == "git":
        git(workspace.root, "init", "-q")
    found = Checkpoints(workspace)
    assert found.kind == request.param
    return found


def put(workspace: Workspace, name: str, text: str | None) -> None:
    path = workspace.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if text is None:
        path.unlink()
    else:
        path.write_text(text)


PATHS = ["custom_lua/counter.lua", "test/test_counter_module.py"]


def test_there_and_back(workspace: Workspace, points: Checkpoints) -> None:
    put(workspace, PATHS[0], "one\n")
    first = points.save(1, 1, PATHS)
    put(workspace, PATHS[0], "two\n")
    put(workspace, PATHS[1], "suite")
    second = points.save("1", 2, PATHS)
    assert points.contents(first) == {PATHS[0]: b"one\n", PATHS[1]: None}
    assert points.diff(first, second) == (
        "--- a/custom_lua/counter.lua\n+++ b/custom_lua/counter.lua\n@@ -1 +1 @@\n-one\n+two\n"
        "--- /dev/null\n+++ b/test/test_counter_module.py\n@@ -0,0 +1 @@\n+suite\n\\ No newline at end of file\n"
    )
    assert points.diff(second) == ""
    assert sorted(points.restore(1, 1)) == PATHS
    assert (workspace.root / PATHS[0]).read_text() == "one\n"
    assert not (workspace.root / PATHS[1]).exists()
    assert points.restore(1, 1) == []


def test_a_restore_can_be_taken_back(workspace: Workspace, points: Checkpoints) -> None:
    put(workspace, PATHS[0], "one\n")
    points.save(1, 1, PATHS)
    put(workspace, PATHS[0], "never saved\n")
    points.restore(1, 1)
    assert points.undo(1) == [PATHS[0]]
    assert (workspace.root / PATHS[0]).read_text() == "never saved\n"
    assert [point.iteration for point in points.of(1)] == [1]


def test_they_are_listed_by_number_and_task(workspace: Workspace, points: Checkpoints) -> None:
    put(workspace, PATHS[0], "x")
    refs = [points.save("a/b ~^", number, PATHS) for number in (10, 9, 0)]
    points.save("other", 1, PATHS)
    assert [point.iteration for point in points.of("a/b ~^")] == [0, 9, 10]
    assert [point.ref for point in points.of("a/b ~^")] == refs[::-1]
    points.drop("a/b ~^")
    assert points.of("a/b ~^") == []
    assert len(points.of("other")) == 1


def test_an_iteration_saved_again_is_replaced(workspace: Workspace, points: Checkpoints) -> None:
    for text in ("one", "two"):
        put(workspace, PATHS[0], text)
        ref = points.save(1, 1, [PATHS[0]])
    assert points.contents(ref) == {PATHS[0]: b"two"}


def test_folders_are_kept_without_links_and_build_output(workspace: Workspace, points: Checkpoints) -> None:
    for name in ("Cargo.toml", "src/lib.rs", "src/a/b.rs", "target/debug/x", ".git2/x", "src.rs"):
        put(workspace, f"custom_wasm/counter/{name}", name)
    (workspace.root / "custom_wasm/counter/link").symlink_to("/etc/hostname")
    ref = points.save(1, 1, ["custom_wasm/counter"])
    names = ["Cargo.toml", "src.rs", "src/a/b.rs", "src/lib.rs"]
    assert sorted(points.contents(ref)) == [f"custom_wasm/counter/{name}" for name in names]


def test_binary_and_large_files(workspace: Workspace, points: Checkpoints) -> None:
    (workspace.root / "x.wasm").write_bytes(b"\0asm\xff")
    (workspace.root / "large").write_bytes(b"x" * (5 * 1024 * 1024))
    ref = points.save(1, 1, ["x.wasm", "large"])
    assert points.contents(ref) == {"x.wasm": b"\0asm\xff", "large": None}
    (workspace.root / "x.wasm").write_bytes(b"\0asm\xfe")
    assert points.diff(ref) == "Binary file x.wasm differs\n"


def test_what_is_not_there(workspace: Workspace, points: Checkpoints) -> None:
    put(workspace, PATHS[0], "x")
    points.save(1, 3, PATHS)
    for act in (lambda: points.restore(1, 4), lambda: points.restore(2, 1), lambda: points.undo(1)):
        with pytest.raises(InputError) as caught:
            act()
        assert caught.value.code == "INPUT-CHECKPOINT-UNKNOWN"
    with pytest.raises(InputError, match=r"no checkpoint 4 for task 1 \(there are: 3\)"):
        points.restore(1, 4)
    for ref in ("refs/taskrunner/none", "copy/../../x", "refs/heads/main", "HEAD"):
        with pytest.raises(InputError):
            points.contents(ref)
    with pytest.raises(InputError, match="leaves the workspace"):
        points.save(1, 1, ["../x"])


def test_git_itself_is_left_as_it_was(workspace: Workspace) -> None:
    """Index with a staged change, a dirty work tree, HEAD and branches: byte for byte; hooks do not run."""
    root = workspace.root
    git(root, "init", "-q", "-b", "main")
    put(workspace, PATHS[0], "one\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    put(workspace, PATHS[0], "staged\n")
    git(root, "add", PATHS[0])
    put(workspace, PATHS[0], "dirty\n")
    for hook in ("post-commit", "reference-transaction", "pre-commit"):
        (root / ".git/hooks" / hook).write_text("#!/bin/sh\ntouch hooked\nexit 1\n")
        (root / ".git/hooks" / hook).chmod(0o755)
    index = (root / ".git/index").read_bytes()
    before = git(root, "status", "--porcelain=v2", "--branch"), git(root, "for-each-ref", "refs/heads", "refs/tags")
    points = Checkpoints(workspace)
    ref = points.save(1, 1, PATHS)
    put(workspace, PATHS[0], "other\n")
    points.save(1, 2, PATHS)
    points.restore(1, 1)
    assert (root / ".git/index").read_bytes() == index
    after = git(root, "status", "--porcelain=v2", "--branch"), git(root, "for-each-ref", "refs/heads", "refs/tags")
    assert after == before
    assert not (root / "hooked").exists()
    assert git(root, "show", f"{ref}:{PATHS[0]}") == "dirty\n"
    assert git(root, "fsck", "--strict") == ""
    shutil.rmtree(root / ".git/hooks")
    git(root, "gc", "-q", "--prune=now")
    assert points.contents(ref)[PATHS[0]] == b"dirty\n"


def test_two_workspaces_in_one_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    refs = []
    for name in ("a", "b"):
        (tmp_path / name / "custom_lua").mkdir(parents=True)
        (tmp_path / name / "custom_lua" / "counter.lua").write_text(name)
        refs.append(Checkpoints(Workspace(tmp_path / name)).save(1, 1, ["custom_lua/counter.lua"]))
    assert len(set(refs)) == 2
    assert Checkpoints(Workspace(tmp_path / "a")).contents(refs[0]) == {"custom_lua/counter.lua": b"a"}


def test_a_worktree_of_git(tmp_path: Path) -> None:
    main = tmp_path / "main"
    main.mkdir()
    git(main, "init", "-q")
    git(main, "commit", "-q", "--allow-empty", "-m", "first")
    git(main, "worktree", "add", "-q", "../tree")
    (tmp_path / "tree" / "x.lua").write_text("x")
    points = Checkpoints(Workspace(tmp_path / "tree"))
    ref = points.save(1, 1, ["x.lua"])
    assert points.kind == "git"
    assert git(main, "show", f"{ref}:x.lua") == "x"


def test_a_folder_that_git_ignores_keeps_copies(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("/demo/\n")
    (tmp_path / "demo").mkdir()
    points = Checkpoints(Workspace(tmp_path / "demo"))
    points.save(1, 1, ["x"])
    assert points.kind == "copies"
    assert git(tmp_path, "for-each-ref") == ""


def test_a_broken_repository_keeps_copies(workspace: Workspace) -> None:
    (workspace.root / ".git").write_text("gitdir: nowhere\n")
    assert Checkpoints(workspace).kind == "copies"


def test_copies_from_before_there_was_a_repository_are_still_found(tmp_path: Path) -> None:
    found = Workspace(tmp_path)
    (tmp_path / "a.lua").write_text("one")
    assert Checkpoints(found).kind == "copies"
    Checkpoints(found).save(1, 0, ["a.lua"])
    Checkpoints(found).save(1, 1, ["a.lua"])
    git(tmp_path, "init", "-q")
    (tmp_path / "a.lua").write_text("two")
    points = Checkpoints(found)
    points.save(1, 1, ["a.lua"])
    assert points.kind == "git" and [point.iteration for point in points.of(1)] == [0, 1]
    assert "+two" in points.diff(*(point.ref for point in points.of(1)))
    assert points.restore(1, 0) == ["a.lua"] and (tmp_path / "a.lua").read_text() == "one"
    points.drop(1)
    assert points.of(1) == [] == Checkpoints(found).of(1)
