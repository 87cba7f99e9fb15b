"""JavaScript suites that cheat, each for real: node:test's report is sealed as pytest's is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskrunner.core.facts import SuiteReport
from taskrunner.suite import SuiteRun, prepare, run
from taskrunner.suite.warm import Warm

HEAD = (
    'import assert from "node:assert"\nimport test from "node:test"\nimport fs from "node:fs"\n'
    'import { dirname } from "node:path"\nlet value = 1\n'
)
PASSES = 'test("b", () => assert.equal(value, 1))\n'
FORGED = json.dumps({"test": "a", "outcome": "passed"}) + "\n" + json.dumps({"end": True}) + "\n"
CHEATS = {
    "leaves": 'test("a", () => process.exit(0))\n',
    "leaves at once": "process.exit(0)\n",
    "adds lines and leaves": f'test("a", () => {{ fs.appendFileSync("run/report.jsonl", {json.dumps(FORGED)});'
    " process.exit(0) })\n",
    "turns the code round": 'process.on("exit", () => { process.exitCode = 0 })\n'
    'test("a", () => assert.equal(value, 2))\n',
    "skips": 'test("a", { skip: true }, () => assert.equal(value, 2))\n',
    "calls it todo": 'test("a", { todo: true }, () => assert.equal(value, 2))\n',
}


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    with prepare(flavour="node") as started:
        yield started


def cheat(root: Path, warm: Warm, suite: str) -> SuiteReport:
    (root / "tasks.json").write_text('{"tasks": []}')
    (root / "test").mkdir()
    (root / "test" / "it.test.js").write_text(HEAD + suite + PASSES)
    (root / "package.json").write_text('{"type": "module"}')
    return run(SuiteRun(root, root / "test" / "it.test.js", root / "run"), warm)


@pytest.mark.parametrize("name", CHEATS)
def test_a_suite_that_cheats_is_not_green(tmp_path: Path, warm: Warm, name: str) -> None:
    report = cheat(tmp_path, warm, CHEATS[name])
    assert not report.green, report
    assert name != "adds lines and leaves" or "was not written by its recorder" in report.crash


def test_an_honest_suite_is_green_and_its_processes_write_nothing(tmp_path: Path, warm: Warm) -> None:
    forks = 'import { fork } from "node:child_process"\nimport { Worker } from "node:worker_threads"\n'
    forks += "fs.writeFileSync(\"child.mjs\", \"import test from 'node:test'; test('inner', () => {})\")\n"
    forks += 'test("a", async () => { assert.equal(value, 1)\n'
    forks += '  await new Promise(done => fork("child.mjs", { silent: true }).on("exit", done))\n'
    forks += '  await new Promise(done => new Worker("./child.mjs").on("exit", done)) })\n'
    report = cheat(tmp_path, warm, forks)
    assert report.green and report.collected == 2, report
