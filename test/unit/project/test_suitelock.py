"""Suite locks: a change is seen, shown and taken back; a lock that was tampered with is no lock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taskrunner.errors import EnvironmentFault, InputError
from taskrunner.project import SuiteLock, Workspace


@pytest.fixture
def suite(workspace: Workspace) -> Path:
    path = workspace.root / "test" / "test_counter_module.py"
    path.parent.mkdir()
    path.write_bytes(b"assert 1\r\n\xff")
    return path


def test_without_a_lock_all_is_well(workspace: Workspace, suite: Path) -> None:
    state = SuiteLock(workspace).check(suite)
    assert (state.locked, state.held, state.path) == (False, True, "test/test_counter_module.py")
    assert SuiteLock(workspace).all() == []
    assert not SuiteLock(workspace).restore(suite)


def test_a_locked_suite(workspace: Workspace, suite: Path) -> None:
    lock = SuiteLock(workspace)
    digest = lock.lock(suite)
    assert (lock.check(suite).held, lock.check(suite).expected, lock.check(suite).diff) == (True, digest, "")
    assert [state.path for state in lock.all()] == ["test/test_counter_module.py"]


@pytest.mark.parametrize("change", [b"assert 2\r\n\xff", b"", None])
def test_a_change_is_shown_and_taken_back(workspace: Workspace, suite: Path, change: bytes | None) -> None:
    lock = SuiteLock(workspace)
    before = suite.read_bytes()
    lock.lock(suite)
    if change is None:
        suite.unlink()
    else:
        suite.write_bytes(change)
    state = lock.check(suite)
    assert not state.held
    assert "-assert 1" in state.diff
    assert bool(state.actual) is (change is not None)
    assert lock.restore(suite)
    assert suite.read_bytes() == before
    aside = [path.read_bytes() for path in (workspace.root / ".taskrunner" / "locks").glob("*.changed")]
    assert aside == ([] if change is None else [change])


def test_locking_again_and_unlocking(workspace: Workspace, suite: Path) -> None:
    lock = SuiteLock(workspace)
    lock.lock(suite)
    suite.write_bytes(b"new")
    lock.lock(suite)
    assert lock.check(suite).held
    assert lock.unlock(suite)
    assert not lock.unlock(suite)
    assert not lock.check(suite).locked


@pytest.mark.parametrize("how", ["text", "sha256", "torn"])
def test_a_lock_changed_by_hand_is_refused(workspace: Workspace, suite: Path, how: str) -> None:
    lock = SuiteLock(workspace)
    lock.lock(suite)
    (kept,) = (workspace.root / ".taskrunner" / "locks").glob("*.json")
    text = "{" if how == "torn" else json.dumps({**json.loads(kept.read_text()), how: "0"})
    kept.write_text(text)
    with pytest.raises(InputError) as caught:
        lock.check(suite)
    assert caught.value.code == "INPUT-LOCK-DAMAGED"
    assert lock.unlock(suite)


def test_what_is_not_there_cannot_be_locked(workspace: Workspace, suite: Path) -> None:
    with pytest.raises(EnvironmentFault):
        SuiteLock(workspace).lock(suite.with_name("none.py"))
