"""JavaScript suites that are wrong, under the whole command: each has its class, its code and words that help."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).with_name("taskrunner")
SUITE = "test/counter-module.test.js"
pytestmark = [pytest.mark.npm, pytest.mark.timeout(120), pytest.mark.usefixtures("the_port")]

PLAN = """# Plan: counter

## Modules

### counter (module-lua)

#### Actions
| Action | Input | State | Reply |
|--------|-------|-------|-------|
| Inc | - | count + 1 | the count |

#### Examples
| Name | Send | Reply |
|------|------|-------|
| once | Inc | 1 |

## Status: APPROVED
"""
MODULE = """local count = 0
function compute(base, req, opts)
  if req.body.action == "Inc" then count = count + 1 end
  base.results = { outbox = { ["1"] = { target = req.body.target, data = tostring(count) } } }
  return base
end
"""
TASK = {"id": 1, "name": "c", "type": "module-lua", "status": "pending", "files": ["custom_lua/counter.lua"]}
HEAD = """import { after, before, it } from "node:test"
import assert from "assert"
import { AO, HB } from "wao"
import { HyperBEAM } from "wao/test"
"""
PLAIN = 'import { after, it } from "node:test"\nimport assert from "assert"\n'

NO_NODE = HEAD + (
    'it("asks", async () => {\n  const hb = new HB({ url: "http://localhost:10077" })\n'
    '  assert.ok(await hb.getJSON({ path: "/~meta@1.0/info" }))\n})\n'
)
NO_METHOD = HEAD + 'it("asks", async () => {\n  const hb = new HB({})\n  assert.ok(await hb.spawnFuture({}))\n})\n'
NO_CLASS = 'import { it } from "node:test"\nimport { Future } from "wao/test"\nit("x", () => new Future())\n'
NO_PATH = 'import { it } from "node:test"\n\nimport Future from "wao/future"\nit("x", () => new Future())\n'
NO_FILE = PLAIN + 'import x from "./nowhere.js"\nit("x", () => x())\n'
NO_PACKAGE = PLAIN + 'import x from "no-such-package"\nit("x", () => x())\n'
FLOOD = PLAIN + 'it("x", () => { for (let i = 0; i < 1600; i++) process.stdout.write("x".repeat(65536)) })\n'
LEAVES = PLAIN + 'it("fails", () => assert.equal(1, 2))\nafter(() => setImmediate(() => process.exit(0)))\n'
LIES = PLAIN + 'process.on("exit", () => { process.exitCode = 0 })\nit("fails", () => assert.equal(1, 2))\n'


def make(folder: Path, root: Path, suite: str, seconds: int = 40) -> Path:
    """A workspace with a module that is right and a suite that is not."""
    for name in ("test", "custom_lua"):
        (folder / name).mkdir()
    (folder / "node_modules").symlink_to(root / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "taskrunner.toml").write_text(f"[limits]\nsuite_seconds = {seconds}\n")
    (folder / "plan.md").write_text(PLAN)
    (folder / "tasks.json").write_text(json.dumps({"feature": "f", "tasks": [TASK]}))
    (folder / "custom_lua" / "counter.lua").write_text(MODULE)
    (folder / SUITE).write_text(suite)
    return folder


def failure(folder: Path) -> dict[str, Any]:
    """What the command says is wrong."""
    done = subprocess.run([COMMAND, "run", "1", "--json"], cwd=folder, capture_output=True, text=True, timeout=100)
    found: dict[str, Any] = json.loads(done.stdout)["failure"]
    assert done.returncode == (4 if found["class"] == "environment" else 1), done.stderr
    return found


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("suite", "code", "words", "line"),
    [
        pytest.param(
            NO_NODE, "TEST-NODE-ADDRESS", "http://localhost:10077; the suite started no node", 7, id="no-node"
        ),
        pytest.param(NO_METHOD, "TEST-RAISED", "the installed wao 0.35.7 has no spawnFuture", 7, id="no-method"),
        pytest.param(NO_CLASS, "ENV-NPM-OLD", "the installed wao 0.35.7 has no Future", 2, id="no-class"),
        pytest.param(NO_PATH, "ENV-NPM-OLD", "the installed wao 0.35.7 has no wao/future", 3, id="no-path"),
        pytest.param(NO_FILE, "TEST-IMPORT", "nowhere.js", 3, id="no-file"),
        pytest.param(
            NO_PACKAGE, "ENV-NPM-MISSING", "the npm package no-such-package is not installed", 3, id="no-package"
        ),
        pytest.param(LEAVES, "TEST-CRASH", "exit 0 without a report", None, id="leaves-early"),
        pytest.param(LIES, "TEST-CRASH", "exit 0 although the report says 1), and fails failed", 4, id="lies"),
    ],
)
def test_a_suite_that_cannot_be_right(
    tmp_path: Path, root: Path, suite: str, code: str, words: str, line: int | None
) -> None:
    found = failure(make(tmp_path, root, suite))
    assert (found["code"], found["line"]) == (code, line), found
    assert found["class"] == ("environment" if code.startswith("ENV-") else "test")
    assert words in found["message"]
    assert found["file"] == (None if line is None else SUITE)
    assert "npm install" in found["hint"] or not code.startswith("ENV-")


def test_an_output_without_end_is_stopped_and_cut(tmp_path: Path, root: Path) -> None:
    found = failure(make(tmp_path, root, FLOOD))
    assert (found["class"], found["code"]) == ("test", "TEST-CRASH")
    assert "printed without end" in found["message"]
    assert sum(path.stat().st_size for path in (tmp_path / ".taskrunner").rglob("*")) < 3 << 20


def test_a_suite_that_waits_at_the_wrong_port(tmp_path: Path, root: Path) -> None:
    waits = (
        "let hbeam\nbefore(async () => {\n  hbeam = new HyperBEAM({ reset: true })\n"
        '  hbeam.url = "http://localhost:10077"\n  await hbeam.ready()\n})\n'
        'it("asks", () => assert.ok(hbeam.hb))\n'
    )
    found = failure(make(tmp_path, root, HEAD + waits, seconds=9))
    assert (found["class"], found["code"]) == ("test", "TEST-HANG")
    assert (
        "nobody listens at http://localhost:10077; its own node listens at http://127.0.0.1:10001" in found["message"]
    )
    assert not listening(10001)


STARTS = (
    "let hbeam\nbefore(async () => { hbeam = await new HyperBEAM({ reset: true }).ready() })\n"
    "after(() => hbeam.kill())\n"
)


def test_a_strangers_port_is_left_alone(tmp_path: Path, root: Path) -> None:
    make(tmp_path, root, HEAD + STARTS + 'it("asks", () => assert.ok(hbeam.hb.addr))\n', seconds=9)
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", 10001))
        stranger.listen()
        found = failure(tmp_path)
        assert listening(10001), "the stranger lives"
    assert (found["class"], found["code"]) == ("environment", "ENV-PORT-TAKEN")
    assert "10001" in found["message"]


def test_what_only_a_legacy_compute_unit_can_do(tmp_path: Path, root: Path) -> None:
    asks = (
        'it("deploys", async () => {\n  const ao = await new AO({ hb: hbeam.url }).init(hbeam.jwk)\n'
        '  const { p } = await ao.deploy({ src_data: "x = 1" })\n  assert.ok(await p.m("Inc"))\n})\n'
    )
    found = failure(make(tmp_path, root, HEAD + STARTS + asks))
    assert (found["class"], found["code"]) == ("environment", "ENV-NODE-DEVICE")
    assert "legacy compute unit" in found["message"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_node_and_stand_in_end_with_the_run(tmp_path: Path, root: Path, how: signal.Signals) -> None:
    waits = 'it("waits", async () => { await new Promise(done => setTimeout(done, 60000)) })\n'
    make(tmp_path, root, HEAD + STARTS + waits)
    run = subprocess.Popen([COMMAND, "run", "1", "--json"], cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        log = tmp_path / ".taskrunner" / "runs" / "1" / "standin.jsonl"
        assert within(40, log.exists) and listening(10001), "the node started"
        node = json.loads(log.read_text())["pid"]
        run.send_signal(how)
        run.wait(40)
        assert within(10, lambda: not listening(10001) and not alive(node))
        assert within(10, lambda: not ours(tmp_path)), ours(tmp_path)
    finally:
        run.kill()


def within(seconds: float, holds: Any) -> bool:
    """Whether something comes true in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ours(folder: Path) -> list[str]:
    """The command lines of processes that work in a folder (Linux)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(process / "cwd")).is_relative_to(folder):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found
