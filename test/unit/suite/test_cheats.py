"""Suites that cheat, each for real: none of them is green, and none can write its own report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskrunner.core.facts import Outcome, SuiteReport
from taskrunner.suite import SuiteRun, prepare, run
from taskrunner.suite.asserting import can_fail
from taskrunner.suite.seal import new_key, sealer, unsealed
from taskrunner.suite.warm import Warm

FAILS = "VALUE = 1\ndef test_a(): assert VALUE == 2\ndef test_b(): assert VALUE == 1\n"
LINES = [
    {"event": "collected", "tests": ["test_a", "test_b"]},
    {"event": "test", "id": "test_a", "outcome": "passed", "assertions": 9},
    {"event": "test", "id": "test_b", "outcome": "passed", "assertions": 9},
    {"event": "finish", "exit_code": 0},
]
FORGED = "".join(json.dumps(line) + "\n" for line in LINES)


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    with prepare() as started:
        yield started


def cheat(root: Path, warm: Warm, suite: str, conftest: str = "") -> SuiteReport:
    (root / "test").mkdir(exist_ok=True)
    (root / "test" / "test_it.py").write_text(suite)
    if conftest:
        (root / "test" / "conftest.py").write_text(conftest)
    return run(SuiteRun(root, root / "test" / "test_it.py", root / "run"), warm)


# -- in a suite

FORGES = f"""
import os
from pathlib import Path
REPORT = Path("run/report.jsonl")
FORGED = {FORGED!r}
"""
IN_SUITES = {
    "leaves at once": "import os\ndef test_a(): os._exit(0)\n",
    "leaves while it is collected": "import os\nos._exit(0)\n",
    "leaves with sys.exit": "import sys\nsys.exit(0)\n",
    "adds lines and leaves": FORGES + "def test_a():\n    REPORT.open('a').write(FORGED)\n    os._exit(0)\n",
    "writes the report anew": FORGES + "def test_a():\n    REPORT.write_text(FORGED)\n    os._exit(0)\n",
    "adds lines and fails": FORGES + "X = 1\ndef test_a():\n    REPORT.open('a').write(FORGED)\n    assert X == 2\n",
    "deletes the report": FORGES + "def test_a():\n    REPORT.unlink()\n",
    "cuts the report": FORGES + "def test_a(): assert os is None\ndef test_b():\n    os.truncate(REPORT, 0)\n",
    "leaves at the end": "import atexit, os\natexit.register(os._exit, 0)\ndef test_a(): assert not atexit\n",
    "kills itself": "import os\ndef test_a(): os.kill(os.getpid(), 9)\n",
    "skips everything": "import pytest\ndef test_a(): pytest.skip('not now')\ndef test_b(): pytest.skip('never')\n",
    "skips the module": "import pytest\npytest.skip('no', allow_module_level=True)\ndef test_a(): assert pytest\n",
    "expects failures": "import pytest\n@pytest.mark.xfail\ndef test_a(): assert pytest is None\n",
    "patches the recorder": "from taskrunner.suite.recorder import Recorder\n"
    "Recorder._failed = lambda *a: None\ndef test_a(): assert Recorder is None\n",
    "ends the session": "import pytest\ndef test_a(): pytest.exit('done', returncode=0)\n"
    "def test_b(): assert pytest is None\n",
    "stops the session": "def test_a(request): request.session.shouldstop = 'enough'\n"
    "def test_b(request): assert request is None\n",
    "forks and returns": "import os\ndef test_a():\n    if os.fork() == 0: os._exit(0)\n    assert os is None\n",
}


@pytest.mark.parametrize("name", IN_SUITES)
def test_a_suite_that_cheats_is_not_green(tmp_path: Path, warm: Warm, name: str) -> None:
    assert not cheat(tmp_path, warm, IN_SUITES[name]).green


# -- in a conftest.py beside a suite that fails

WRAPPER = "import pytest\n@pytest.hookimpl(wrapper=True{order})\ndef pytest_runtest_makereport(item, call):\n"
IN_CONFTESTS = {
    "leaves with sys.exit": "import sys\nsys.exit(0)\n",
    "leaves at the end": "import os\ndef pytest_unconfigure(config): os._exit(0)\n",
    "leaves when the session ends": "import os\ndef pytest_sessionfinish(session): os._exit(0)\n",
    "says zero": "def pytest_sessionfinish(session): session.exitstatus = 0\n",
    "counts no failure": "def pytest_runtest_teardown(item): item.session.testsfailed = 0\n"
    "def pytest_sessionfinish(session): session.exitstatus = 0\n",
    "turns reports round": WRAPPER.format(order="")
    + "    report = yield\n    report.outcome, report.longrepr = 'passed', None\n    return report\n",
    "turns reports round inside": WRAPPER.format(order=", trylast=True")
    + "    report = yield\n    report.outcome, report.longrepr = 'passed', None\n    return report\n",
    "turns the recorder's result round": "def pytest_runtest_teardown(item):\n"
    "    for plugin in item.config.pluginmanager.get_plugins():\n"
    "        if hasattr(plugin, 'compared'):\n"
    "            plugin.current.ended('passed'); plugin.current.add(outcome='passed')\n"
    "def pytest_sessionfinish(session): session.exitstatus = 0\n",
    "drops tests": "def pytest_collection_modifyitems(items): items[:] = items[1:]\n",
    "drops tests, politely": "def pytest_collection_modifyitems(config, items):\n"
    "    config.hook.pytest_deselected(items=items[:1])\n    items[:] = items[1:]\n",
    "marks tests as failing": "import pytest\ndef pytest_collection_modifyitems(items):\n"
    "    for item in items: item.add_marker(pytest.mark.xfail)\n",
    "skips tests": "import pytest\ndef pytest_runtest_setup(item): pytest.skip('no')\n",
    "unregisters the recorder": "def pytest_collection_modifyitems(config):\n"
    "    for plugin in list(config.pluginmanager.get_plugins()):\n"
    "        if hasattr(plugin, 'compared'): config.pluginmanager.unregister(plugin)\n",
    "patches what it holds": "def pytest_collection_modifyitems(config):\n"
    "    for plugin in config.pluginmanager.get_plugins():\n"
    "        if hasattr(plugin, 'compared'): plugin._failed = lambda *a: None\n"
    "def pytest_sessionfinish(session): session.exitstatus = 0\n",
    "writes the end": "import os\ndef pytest_runtest_setup(item):\n"
    f"    open('run/report.jsonl', 'a').write({FORGED!r})\n    os._exit(0)\n",
}


@pytest.mark.parametrize("name", IN_CONFTESTS)
def test_a_conftest_that_cheats_makes_nothing_green(tmp_path: Path, warm: Warm, name: str) -> None:
    assert not cheat(tmp_path, warm, FAILS, IN_CONFTESTS[name]).green


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\naddopts = -k test_b\n"),
        ("pytest.ini", "[pytest]\naddopts = --deselect test/test_it.py::test_a\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "--co"\n'),
        ("setup.cfg", "[tool:pytest]\naddopts = --maxfail=0 -k test_b\n"),
    ],
)
def test_options_in_files_choose_no_tests(tmp_path: Path, warm: Warm, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)
    report = cheat(tmp_path, warm, FAILS)
    assert report.collected == 2 and [result.id for result in report.failed] == ["test_a"]


def test_a_forged_report_says_so(tmp_path: Path, warm: Warm) -> None:
    report = cheat(tmp_path, warm, IN_SUITES["adds lines and leaves"])
    assert "was not written by its recorder" in report.crash and report.results == ()
    report = cheat(tmp_path, warm, IN_SUITES["patches the recorder"])
    assert "changed by the suite" in report.crash


def test_what_did_not_run_is_skipped_not_passed(tmp_path: Path, warm: Warm) -> None:
    report = cheat(tmp_path, warm, IN_SUITES["expects failures"])
    assert [result.outcome for result in report.results] == [Outcome.SKIPPED]
    assert "xfail" in report.results[0].message


# -- assertions that say nothing


def test_only_the_suites_own_assertions_count(tmp_path: Path, warm: Warm) -> None:
    suite = "import helper\ndef test_a(noise): assert True; assert 1 == 1\ndef test_b(check): check(1)\n"
    suite += "def test_c(): helper.look(2)\n"
    conftest = (
        "import pytest, sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent))\n"
        "pytest.register_assert_rewrite('helper')\n@pytest.fixture\ndef noise():\n"
        "    for number in range(50): assert number >= 0\n"
        "@pytest.fixture\ndef check():\n    def look(value): assert value == 1\n    return look\n"
    )
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "helper.py").write_text("def look(value):\n    assert value == 2\n")
    report = cheat(tmp_path, warm, suite, conftest)
    assert report.green, report
    assert {result.id: result.assertions for result in report.results} == {"test_a": 0, "test_b": 1, "test_c": 1}


@pytest.mark.parametrize(
    ("text", "looks"),
    [("True", False), ("1 == 1", False), ("'a' in 'ab'", False), ("not None", False), ("reply", True),
     ("reply.data == '1'", True), ("len([]) == 0", True), ("(", True)],
)  # fmt: skip
def test_an_assertion_that_cannot_fail(text: str, looks: bool) -> None:
    assert can_fail(text) is looks


# -- the seal


def sealed(key: str) -> list[str]:
    seal = sealer(key)
    return [seal(json.dumps(line)) for line in LINES]


def test_a_sealed_report_is_read_back() -> None:
    key = new_key()
    assert list(unsealed([*sealed(key), ""], key)) == LINES


@pytest.mark.parametrize("damage", ["forged", "changed", "dropped", "moved", "twice", "another key"])
def test_a_report_is_believed_up_to_the_first_line_that_is_not_ours(damage: str) -> None:
    key = new_key()
    lines = sealed(key)
    if damage == "forged":
        lines.insert(2, json.dumps(LINES[1]))
    elif damage == "changed":
        lines[2] = lines[2].replace("passed", "failed")
    elif damage == "dropped":
        del lines[2]
    elif damage == "moved":
        lines[2:] = reversed(lines[2:])
    elif damage == "twice":
        lines.insert(2, lines[1])
    else:
        lines[2:] = sealed(new_key())[2:]
    assert list(unsealed([*lines, ""], key)) == [*LINES[:2], {"event": "broken", "line": 3}]


def test_a_line_that_was_cut_off_is_left_out() -> None:
    key = new_key()
    lines = sealed(key)
    assert list(unsealed([*lines[:2], lines[2][:20]], key)) == LINES[:2]
