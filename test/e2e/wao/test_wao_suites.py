"""Suites written for WAO run on the embedded node as they are: nothing in them, or around them, is changed."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from taskrunner.core.facts import Outcome, SuiteReport
from taskrunner.errors import EnvironmentFault
from taskrunner.suite import SuiteRun, run

HERE = Path(__file__).parent
pytestmark = [pytest.mark.npm, pytest.mark.timeout(300), pytest.mark.usefixtures("the_port")]

MODULE = """
local count = 0
function compute(base, req, opts)
  local action = req.body.action
  if action == "Inc" then count = count + 1 end
  base.results = { outbox = { ["1"] = { target = "x", data = tostring(count) } } }
  return base
end
"""


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    """A WAO project: its folders, its package, and no HyperBEAM."""
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "tasks.json").write_text('{"tasks": []}')
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    (tmp_path / "custom-lua").mkdir()
    (tmp_path / "custom-lua" / "counter.lua").write_text(MODULE)
    (tmp_path / "test").mkdir()
    for suite in HERE.glob("*.test.js"):
        shutil.copy(suite, tmp_path / "test" / suite.name)
    return tmp_path


def perform(project: Path, suite: str, seconds: float = 60) -> SuiteReport:
    path = project / "test" / suite
    return run(SuiteRun(project, path, project / ".taskrunner" / "runs" / "1", seconds=seconds))


def write(project: Path, name: str, text: str) -> str:
    (project / "test" / name).write_text(text)
    return name


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("suite", "tests"), [("counter-module.test.js", 3), ("hyperaos.test.js", 1), ("aos.test.js", 4)]
)
def test_a_suite_of_the_tutorials_passes_as_written(project: Path, suite: str, tests: int) -> None:
    report = perform(project, suite)
    assert report.green, [(result.id, result.message) for result in report.failed]
    assert report.collected == tests
    assert report.assertions >= tests
    assert not listening(10001), "the node ended with the suite"


def test_a_wrong_module_fails_with_place_and_values(project: Path) -> None:
    lua = project / "custom-lua" / "counter.lua"
    lua.write_text(lua.read_text().replace("count + 1", "count + 2"))
    report = perform(project, "counter-module.test.js")
    assert [result.outcome for result in report.results] == [Outcome.PASSED, Outcome.FAILED, Outcome.FAILED]
    failed = report.failed[0]
    assert (failed.file, failed.line) == ("test/counter-module.test.js", 35)
    assert 'includes(\'"data":"1"\')' in failed.message
    assert any(exchange.sent["path"].endswith("/schedule") for exchange in failed.exchanges)


def test_a_raised_error_names_the_line_of_the_module(project: Path) -> None:
    (project / "custom-lua" / "counter.lua").write_text(MODULE.replace("count = count + 1", 'error("boom")'))
    report = perform(project, "counter-module.test.js")
    failure = report.failed[0].node_failure
    assert failure is not None
    assert (failure["code"], failure["line"]) == ("MOD-LUA-ERROR", 5)
    assert failure["file"] == "custom-lua/counter.lua"


def test_a_mutant_is_met_in_a_copy_of_the_workspace(project: Path, tmp_path: Path) -> None:
    mutant = tmp_path / "mutant" / "counter.lua"
    mutant.parent.mkdir()
    mutant.write_text(MODULE.replace("count + 1", "count - 1"))
    suite = project / "test" / "counter-module.test.js"
    report = run(
        SuiteRun(
            project,
            suite,
            project / ".taskrunner" / "runs" / "2",
            source=mutant,
            only=["counter module > counts to three"],
        )
    )
    assert [result.id for result in report.failed] == ["counter module > counts to three"]
    assert (project / "custom-lua" / "counter.lua").read_text() == MODULE


def test_a_missing_package_is_the_environments_fault(project: Path) -> None:
    (project / "node_modules").unlink()
    with pytest.raises(EnvironmentFault) as caught:
        perform(project, "counter-module.test.js")
    assert caught.value.code == "ENV-NPM-MISSING"


def test_a_suite_with_a_syntax_error_is_reported_with_its_line(project: Path) -> None:
    report = perform(project, write(project, "x.test.js", "const a = 1\nlet = = 2\n"))
    error = report.collection_errors[0]
    assert (error.error_type, error.file, error.line) == ("SyntaxError", "test/x.test.js", 2)


def test_a_node_that_nobody_kills_ends_with_the_run(project: Path) -> None:
    suite = project / "test" / "counter-module.test.js"
    suite.write_text(suite.read_text().replace("after(async () => hbeam.kill())", ""))
    report = perform(project, suite.name, seconds=10)
    assert report.collected == 3
    assert not listening(10001)


def test_the_users_own_environment_is_not_needed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CWD", raising=False)
    assert not (project / "HyperBEAM").exists()
    assert perform(project, "hyperaos.test.js").green
    assert "CWD" not in os.environ
