"""The main job on "HyperBEAM": a rebar3 that starts our own node over TCP stands in for the real one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from taskrunner.project import init_workspace

COMMAND = Path(sys.executable).with_name("taskrunner")
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def workspace(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished counter, a clone that only looks like one, and programs called rebar3 and erl."""
    folder = tmp_path / "w"
    init_workspace(folder)
    shutil.copy(root / "test" / "demo" / "counter.lua", folder / "custom_lua" / "counter.lua")
    clone = tmp_path / "HyperBEAM"
    clone.mkdir()
    (clone / "rebar.config").write_text("{deps, []}.\n")
    (folder / ".env.hyperbeam").write_text("CWD=../HyperBEAM\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    program(programs / "rebar3", f'exec "{sys.executable}" -m taskrunner.backends.standin "$@"')
    program(programs / "erl", 'printf "27"')
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return folder


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(workspace: Path, *words: str) -> tuple[int, dict[str, object]]:
    ended = subprocess.run(
        [COMMAND, "run", "1", "--json", *words], cwd=workspace, capture_output=True, text=True, timeout=200
    )
    return ended.returncode, json.loads(ended.stdout)


@pytest.mark.full
def test_the_job_on_a_real_node(workspace: Path) -> None:
    code, told = run(workspace, "--node", "hyperbeam")
    assert code == 0, told
    logs = list(workspace.rglob("hyperbeam.log"))
    assert logs and "embedded node of taskrunner" in logs[0].read_text()


def test_the_gate_asks_the_real_node_before_done(workspace: Path) -> None:
    (workspace / "taskrunner.toml").write_text('gate = "hyperbeam"\n[limits]\nsuite_seconds = 100\n')
    code, told = run(workspace)
    assert code == 0, told
    assert list(workspace.rglob("hyperbeam.log")), "the suite ran there too"


def test_a_gate_whose_node_does_not_start_is_the_environments_fault(workspace: Path) -> None:
    (workspace / "taskrunner.toml").write_text('gate = "hyperbeam"\n')
    program(workspace.parent / "bin" / "rebar3", 'echo "===> Compiling hb_beamr failed"; exit 1')
    code, told = run(workspace)
    assert code == 4, told
    failure = told["failure"]
    assert isinstance(failure, dict) and failure["class"] == "environment"


def test_a_clone_that_is_not_named_stops_at_once_with_what_to_do(workspace: Path) -> None:
    (workspace / ".env.hyperbeam").unlink()
    code, told = run(workspace, "--node", "hyperbeam")
    assert code == 4
    failure = told["failure"]
    assert isinstance(failure, dict) and failure["code"] == "ENV-HYPERBEAM-CONFIG"
    assert "CWD" in json.dumps(failure)


def test_init_names_a_clone_and_refuses_what_is_none(workspace: Path) -> None:
    linked = subprocess.run(
        [COMMAND, "init", "--hyperbeam", "link", "../HyperBEAM"], cwd=workspace, capture_output=True
    )
    assert linked.returncode == 0
    assert (workspace / ".env.hyperbeam").read_text() == "CWD=../HyperBEAM\n"
    refused = subprocess.run(
        [COMMAND, "init", "--hyperbeam", "link", "."], cwd=workspace, capture_output=True, text=True
    )
    assert refused.returncode == 4
    assert "ENV-HYPERBEAM-CWD" in refused.stderr
    assert (workspace / ".env.hyperbeam").read_text() == "CWD=../HyperBEAM\n", "what was there stays"


def test_init_fetches_a_clone(workspace: Path, tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    (origin / "rebar.config").write_text("{deps, []}.\n")
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "start"]):
        subprocess.run(["git", *identity, *words], cwd=origin, check=True)
    command = [COMMAND, "init", "--hyperbeam", "clone", origin.as_uri()]
    assert subprocess.run(command, cwd=workspace, capture_output=True).returncode == 0
    assert (workspace / "HyperBEAM" / "rebar.config").exists()
    assert (workspace / ".env.hyperbeam").read_text() == "CWD=HyperBEAM\n"
