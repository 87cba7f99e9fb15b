"""A node of ours that outlives a killed run: the next one finds it, says so, ends it and nothing else, and goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import SUITE, module_text, workspace

from taskrunner.project import Journal, Workspace, nodes
from taskrunner.project.locks import Process, state
from taskrunner.project.processes import children_of

# What starts instead of HyperBEAM is our own node, under the name and with the arguments of the real one.
REBAR3 = """#!{python}
import re, sys
from taskrunner.cli import main
port, wallet = re.search(r'port => (\\d+), priv_key_location => <<"([^"]+)">>', sys.argv[-1]).groups()
main(["node", "start", "--port", port, "--wallet", wallet])
"""
SLEEPS = "import time\n\ndef test_a(hb):\n    hb.get_text('/~meta@1.0/info/address')\n    time.sleep(60)\n"
RUN = [sys.executable, "-c", "from taskrunner.cli import main; main()", "run", "1", "--json"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    found = workspace(tmp_path / "w", module_text())
    (found.root / SUITE).write_text(SLEEPS)
    (found.root / "taskrunner.toml").write_text('[node]\nbackend = "hyperbeam"\n')
    (found.root / "HyperBEAM").mkdir()
    (found.root / "HyperBEAM" / "rebar.config").write_text("{deps, []}.\n")
    (found.root / ".env.hyperbeam").write_text("CWD=./HyperBEAM\n")
    programs = found.root / "bin"
    programs.mkdir()
    for name, text in (("erl", "#!/bin/sh\nprintf 27\n"), ("rebar3", REBAR3.format(python=sys.executable))):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return found


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is nobody's business."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def environment(found: Workspace) -> dict[str, str]:
    return {**os.environ, "PATH": f"{found.root / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def until(condition: object, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_node_that_outlived_a_killed_run_is_ended_by_the_next(
    home: Workspace, stranger: subprocess.Popen[bytes]
) -> None:
    run = subprocess.Popen(RUN, cwd=home.root, env=environment(home), stdout=subprocess.DEVNULL)
    folder = home.root / ".taskrunner" / "nodes"
    until(lambda: list(folder.glob("*.json")))
    (file,) = folder.glob("*.json")
    known = json.loads(file.read_text())
    node, owner = (Process(**known[name]) for name in ("node", "owner"))
    assert state(node) == "alive" and nodes.stale(home.root) == [], "its run lives"
    for pid in (run.pid, *children_of(run.pid)):  # the runner and the process that suites fork from
        os.kill(pid, signal.SIGKILL)
    run.wait()
    until(lambda: state(owner) == "dead")
    assert state(node) == "alive", "it leads a session of its own"
    not_ours = {**known, "node": {**known["node"], "pid": stranger.pid}}  # its number was given to somebody else
    (folder / f"{stranger.pid}.json").write_text(json.dumps(not_ours))

    (home.root / "custom_lua" / "counter.lua").write_text("function compute(base, req, opts\n")
    ended = subprocess.run(RUN, cwd=home.root, env=environment(home), capture_output=True, text=True, check=False)
    told = json.loads(ended.stdout)
    assert told["failure"]["code"] == "MOD-LUA-SYNTAX", "the run went on"
    assert state(node) == "dead" and stranger.poll() is None
    assert list(folder.glob("*.json")) == []
    with Journal(home) as journal:
        said = [event.data for event in journal.events(task_id=1) if event.data.get("verdict") == "ENV-NODE-STALE"]
    assert len(said) == 1 and str(node.pid) in said[0]["detail"]


def test_a_node_that_does_not_end_is_a_fault_of_the_machine(home: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from taskrunner.runner import run_task

    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    living = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        file = nodes.register(home.root, living.pid, "http://127.0.0.1:1")
        known = json.loads(file.read_text())
        file.write_text(json.dumps({**known, "owner": {**known["owner"], "pid": dead.pid}}))
        (found,) = nodes.stale(home.root)
        monkeypatch.setattr(nodes, "_signal", lambda process, number: None)  # as for a process of another user
        assert not nodes.end(replace(found), seconds=0.05)
        monkeypatch.setattr(nodes, "TERM_SECONDS", 0.05)
        monkeypatch.setattr(nodes, "end", lambda node: False)
        outcome = run_task(home, 1)
        assert outcome.exit_code == 4 and outcome.failure is not None
        assert outcome.failure["code"] == "ENV-NODE-STALE" and str(living.pid) in outcome.failure["hint"]
    finally:
        living.kill()
        living.wait()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"node": 3, "owner": 4, "url": ""}'])
def test_a_file_that_cannot_be_read_names_nobody(tmp_path: Path, text: str) -> None:
    folder = tmp_path / ".taskrunner" / "nodes"
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(text)
    assert nodes.stale(tmp_path) == [] and not list(folder.glob("*.json"))
