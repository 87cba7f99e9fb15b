"""Claims: one holder, the dead are taken over at once, the living and the stopped are named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from taskrunner.errors import BusyError, EnvironmentFault
from taskrunner.project import Claim, Workspace
from taskrunner.project import locks as locks_module
from taskrunner.project.locks import Process, host, me, state

HOLD = """
import sys, time
from pathlib import Path
from taskrunner.project import Claim, Workspace
claim = Claim(Workspace(Path(sys.argv[1])), sys.argv[2], "run")
claim.take()
print("taken", flush=True)
time.sleep(60)
"""


@contextmanager
def held(root: Path, task: str = "1") -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(root), task], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "taken\n"
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def claim_file(workspace: Workspace) -> Path:
    return workspace.root / ".taskrunner" / "claims" / "1.json"


def test_a_claim_is_freed(workspace: Workspace) -> None:
    with Claim(workspace, 1) as claim:
        holder = claim.holder()
        assert holder is not None
        assert (holder.process.pid, holder.state, holder.doing) == (os.getpid(), "alive", "run")
    assert Claim(workspace, 1).holder() is None
    with Claim(workspace, 1):
        pass


def test_a_living_holder_is_named(workspace: Workspace) -> None:
    with held(workspace.root) as child:
        with pytest.raises(BusyError) as caught:
            Claim(workspace, 1).take()
        assert caught.value.code == "INPUT-BUSY"
        assert f"held by process {child.pid} (`run`, since " in caught.value.message
        with Claim(workspace, 2):
            pass


def test_a_stopped_holder_is_named_as_stopped(workspace: Workspace) -> None:
    with held(workspace.root) as child:
        os.kill(child.pid, signal.SIGSTOP)
        wait_for(lambda: state(holder_of(workspace)) == "stopped")
        with pytest.raises(BusyError, match="which is stopped") as caught:
            Claim(workspace, 1).take()
        assert f"kill -CONT {child.pid}" in caught.value.hint


def holder_of(workspace: Workspace) -> Process:
    holder = Claim(workspace, 1).holder()
    assert holder is not None
    return holder.process


def wait_for(condition: object) -> None:
    for _ in range(500):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.01)


@pytest.mark.parametrize("collected", [True, False])
def test_a_dead_holder_is_taken_over_within_a_second(workspace: Workspace, collected: bool) -> None:
    """Also one that nobody has waited for yet."""
    with held(workspace.root) as child:
        os.kill(child.pid, signal.SIGKILL)
        if collected:
            child.wait()
        started = time.monotonic()
        wait_for(lambda: state(holder_of(workspace)) == "dead")
        with Claim(workspace, 1) as claim:
            holder = claim.holder()
            assert holder is not None
            assert holder.process.pid == os.getpid()
        assert time.monotonic() - started < 1


def test_a_reused_pid_is_not_the_holder(workspace: Workspace) -> None:
    with Claim(workspace, 1) as claim:
        text = claim_file(workspace).read_text()
        found = json.loads(text)
        found["process"]["start"] = "1"
        claim_file(workspace).write_text(json.dumps(found))
        with Claim(workspace, 1):
            pass
        claim_file(workspace).write_text(text)
        claim.free()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"process": 1}', "[" * 100_000])
def test_a_torn_claim_holds_nothing(workspace: Workspace, text: str) -> None:
    workspace.state("claims")
    claim_file(workspace).write_text(text)
    with Claim(workspace, 1):
        pass


def test_another_machines_holder_is_left_in_peace(workspace: Workspace) -> None:
    with Claim(workspace, 1):
        found = json.loads(claim_file(workspace).read_text())
        found["process"]["host"] = "elsewhere/123"
        claim_file(workspace).write_text(json.dumps(found))
        with pytest.raises(BusyError, match="on elsewhere") as caught:
            Claim(workspace, 1).take()
        assert "delete .taskrunner/claims/1.json" in caught.value.hint


def test_a_holder_from_before_a_restart_is_dead() -> None:
    process = me()
    assert state(process) == "alive"
    assert state(Process(process.pid, process.start, host().rpartition("/")[0] + "/other-boot")) == "dead"


def test_a_claim_that_was_taken_over_is_not_freed_by_its_old_holder(workspace: Workspace) -> None:
    old = Claim(workspace, 1)
    old.take()
    found = json.loads(claim_file(workspace).read_text())
    claim_file(workspace).write_text(json.dumps({**found, "nonce": "another"}))
    old.free()
    assert claim_file(workspace).exists()


def test_a_forked_child_does_not_free_it(workspace: Workspace) -> None:
    with Claim(workspace, 1) as claim:
        pid = os.fork()
        if pid == 0:
            claim.free()
            os._exit(0)
        os.waitpid(pid, 0)
        assert claim_file(workspace).exists()


def test_of_many_takers_one_wins(workspace: Workspace) -> None:
    take = HOLD.replace('claim.take()\nprint("taken", flush=True)', TAKE)
    children = [
        subprocess.Popen([sys.executable, "-c", take, str(workspace.root), "1"], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    try:
        told = [child.stdout.readline() for child in children if child.stdout]
        assert sorted(told) == ["busy\n"] * 5 + ["taken\n"]
    finally:
        for child in children:
            child.kill()
            child.communicate()


TAKE = """
from taskrunner.errors import BusyError
try:
    claim.take()
    print("taken", flush=True)
except BusyError:
    print("busy", flush=True)
"""


@pytest.mark.parametrize("task", ["a/b", "..", ".", "", "~^:?*[", "x" * 500, "größe", "a b\n"])
def test_any_id_can_be_claimed(workspace: Workspace, task: str) -> None:
    with Claim(workspace, task):
        files = {path.name for path in (workspace.root / ".taskrunner" / "claims").iterdir()}
        assert len(files) == 2
        with pytest.raises(BusyError):
            Claim(workspace, task).take()


def test_without_proc_the_start_time_comes_from_ps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks_module.sys, "platform", "darwin")
    start, letter = locks_module.probe(os.getpid())
    assert start
    assert letter in "RSD"
    assert locks_module.probe(2**22 + 1) == ("", "")


def test_a_disk_that_refuses(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(EnvironmentFault) as caught:
        Claim(workspace, 1).take()
    assert caught.value.code == "ENV-READ-ONLY"
