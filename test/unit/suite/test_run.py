"""Real runs of small suites in the watched child: reports, limits, crashes, and nothing left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskrunner.core.facts import Outcome, SuiteReport, TestResult
from taskrunner.suite import SuiteRun, prepare, run
from taskrunner.suite.warm import Warm


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    with prepare() as started:
        yield started


class Bench:
    """A workspace for one test: write a suite, run it."""

    def __init__(self, root: Path, warm: Warm) -> None:
        self.root = root
        self.warm = warm
        self.runs = 0

    def run(self, text: str, name: str = "test_it.py", **settings: object) -> SuiteReport:
        suite = self.root / "test" / name
        suite.parent.mkdir(exist_ok=True)
        suite.write_text(text)
        self.runs += 1
        request = SuiteRun(self.root, suite, self.root / ".taskrunner" / "runs" / str(self.runs), **settings)  # type: ignore[arg-type]
        return run(request, self.warm)


@pytest.fixture
def bench(tmp_path: Path, warm: Warm) -> Bench:
    return Bench(tmp_path, warm)


def by_id(report: SuiteReport) -> dict[str, TestResult]:
    return {result.id: result for result in report.results}


def test_a_green_suite(bench: Bench) -> None:
    report = bench.run(
        "N = 2\ndef test_a():\n    assert N\n    assert N == 2\ndef test_b():\n    assert 'x' in str('xy')\n"
    )
    assert report.green
    assert (report.collected, report.assertions, report.exit_code, report.crash) == (2, 3, 0, "")
    assert report.output == ".taskrunner/runs/1/output.txt"
    assert len(report.suite_hash) == 64


def test_a_failed_comparison_has_both_sides_and_its_line(bench: Bench) -> None:
    report = bench.run("def test_a():\n    got = '0'\n    assert got\n    assert got == '3'\n")
    result = by_id(report)["test_a"]
    assert (result.outcome, result.expected, result.got, result.assertions) == (Outcome.FAILED, "3", "0", 2)
    assert [(f.file, f.line, f.role, f.text) for f in result.frames] == [
        ("test/test_it.py", 4, "test", "assert got == '3'")
    ]
    assert not report.green and report.exit_code == 1


@pytest.mark.parametrize(
    ("line", "expected", "got"),
    [
        ("assert '3' == got", "3", "0"),
        ("assert '3' in got", 'contains "3"', "0"),
        ("assert '0' not in got", 'does not contain "0"', "0"),
        ("assert int(got) > 2", "> 2", "0"),
        ("assert [got] == ['1']", "['1']", "['0']"),
        ("assert not got", None, None),
    ],
)
def test_what_was_expected(bench: Bench, line: str, expected: str | None, got: str | None) -> None:
    result = by_id(bench.run(f"def test_a():\n    got = '0'\n    {line}\n"))["test_a"]
    assert (result.outcome, result.expected, result.got) == (Outcome.FAILED, expected, got)


def test_errors_are_no_failures(bench: Bench) -> None:
    report = bench.run(
        "import pytest\n"
        "def test_raises(): {}['x']\n"
        "def test_fixture(nothing): pass\n"
        "@pytest.fixture\ndef broken(): raise OSError('no disk')\n"
        "def test_setup(broken): pass\n"
        "@pytest.mark.skip(reason='later')\ndef test_later(): pass\n"
        "def test_says(): pytest.fail('on purpose')\n"
    )
    results = by_id(report)
    assert {name: (r.outcome, r.error_type) for name, r in results.items()} == {
        "test_raises": ("error", "KeyError"),
        "test_fixture": ("error", "FixtureLookupError"),
        "test_setup": ("error", "OSError"),
        "test_later": ("skipped", ""),
        "test_says": ("failed", "Failed"),
    }
    assert results["test_fixture"].message == "fixture 'nothing' not found"
    assert results["test_later"].message == "later"
    assert not report.green


def test_other_ways_to_assert_count_too(bench: Bench) -> None:
    report = bench.run(
        "import pytest, unittest\n"
        "from pytest import raises\n"
        "def test_raises():\n    with raises(KeyError): {}['x']\n"
        "class TestOld(unittest.TestCase):\n    def test_equal(self): self.assertEqual(1, 1)\n"
        "def test_nothing(): pass\n"
    )
    counts = {name: result.assertions for name, result in by_id(report).items()}
    assert counts["test_raises"] == 1 and counts["TestOld::test_equal"] >= 1 and counts["test_nothing"] == 0


def test_unittests_methods_say_what_they_compared(bench: Bench) -> None:
    report = bench.run(
        "import unittest\n"
        "class TestOld(unittest.TestCase):\n"
        "    def test_equal(self): self.assertEqual('2', '3')\n"
        "    def test_in(self): self.assertIn('a', 'bcd', 'a message')\n"
        "    def test_raises(self): {}['x']\n"
    )
    results = by_id(report)
    equal, inside, raised = (results[f"TestOld::test_{name}"] for name in ("equal", "in", "raises"))
    assert (equal.outcome, equal.error_type, equal.expected, equal.got) == ("failed", "AssertionError", "3", "2")
    assert (inside.expected, inside.got) == ('contains "a"', "bcd")
    assert (raised.outcome, raised.error_type) == ("error", "KeyError")


def test_an_example_is_named(bench: Bench) -> None:
    report = bench.run("import pytest\n@pytest.mark.example('three times')\ndef test_a(): assert 1\n")
    assert by_id(report)["test_a"].example == "three times"


def test_a_suite_that_does_not_parse(bench: Bench) -> None:
    report = bench.run("def test_a(:\n    pass\n")
    assert report.collected == 0 and not report.green
    error = report.collection_errors[0]
    assert error.error_type == "SyntaxError"
    assert [(f.file, f.line, f.role) for f in error.frames][-1] == ("test/test_it.py", 1, "test")


def test_a_suite_that_imports_what_is_not_there(bench: Bench) -> None:
    report = bench.run("import no_such_thing\ndef test_a(): assert 1\n")
    error = report.collection_errors[0]
    assert error.error_type == "ModuleNotFoundError"
    assert error.frames[-1].line == 1 and "no_such_thing" in error.message


def test_nothing_collected_is_not_green(bench: Bench) -> None:
    report = bench.run("x = 1\n")
    assert (report.collected, report.exit_code, report.crash, report.green) == (0, 5, "", False)


def test_only_some_tests(bench: Bench) -> None:
    report = bench.run("def test_a(): assert 1\ndef test_b(): assert 0\n", only=["test_a"])
    assert report.green and report.collected == 1


def test_only_a_test_that_is_gone(bench: Bench) -> None:
    report = bench.run("def test_a(): assert 1\n", only=["test_gone"])
    assert report.collected == 0 and not report.crash and not report.collection_errors


def test_stop_at_first(bench: Bench) -> None:
    report = bench.run("def test_a(): assert 0\ndef test_b(): assert 1\n", stop_at_first=True)
    assert [result.id for result in report.results] == ["test_a"] and not report.green


@pytest.mark.parametrize(
    ("line", "crash"),
    [
        ("os._exit(0)", "exit 0 without a report in test_a"),
        ("os._exit(9)", "exit 9 without a report in test_a"),
        ("os.kill(os.getpid(), 11)", "signal 11 in test_a"),
        ("print('x' * 1000); os.abort()", "signal 6 in test_a"),
    ],
)
def test_a_process_that_ends_is_a_crash(bench: Bench, line: str, crash: str) -> None:
    report = bench.run(f"import os\ndef test_0(): assert 1\ndef test_a(): {line}\ndef test_b(): assert 1\n")
    assert report.crash == crash
    assert [result.id for result in report.results] == ["test_0"] and not report.green


def test_exit_zero_with_a_failing_report_is_not_green(bench: Bench) -> None:
    report = bench.run("import os, atexit, sys\ndef test_a(): assert 0\n", env={"X": "1"})
    assert report.exit_code == 1 and not report.green
    (bench.root / "conftest.py").write_text("import os\ndef pytest_unconfigure(config): os._exit(0)\n")
    report = bench.run("def test_a(): assert 0\n")
    assert report.crash == "exit 0 without a report" and not report.green


def test_a_hang_is_ended_with_all_its_processes(bench: Bench) -> None:
    pid_file = bench.root / "pid"
    began = time.monotonic()
    report = bench.run(
        "import os, subprocess, time\n"
        "def test_a():\n"
        "    child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        f"    open({str(pid_file)!r}, 'w').write(str(child.pid))\n"
        "    time.sleep(60)\n",
        seconds=1.0,
    )
    assert report.crash == "timeout in test_a"
    assert time.monotonic() - began < 6
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_what_a_suite_leaves_running_is_ended(bench: Bench) -> None:
    pid_file = bench.root / "pid"
    report = bench.run(
        "import subprocess\n"
        "def test_a():\n"
        "    child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        f"    open({str(pid_file)!r}, 'w').write(str(child.pid))\n"
        "    assert child.pid\n"
    )
    assert report.green
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_memory_is_limited(bench: Bench) -> None:
    report = bench.run(
        "import time\ndef test_a():\n    held = []\n    while True:\n        held.append(bytearray(8 << 20))\n"
        "        time.sleep(0.005)\n",
        memory=300 << 20,
        seconds=30,
    )
    assert report.crash == "memory in test_a"


def test_output_is_limited(bench: Bench) -> None:
    report = bench.run("import os\ndef test_a():\n    while True: os.write(2, b'x' * (1 << 20))\n", seconds=30)
    assert report.crash.startswith(("output in test_a", "exit")), report.crash


def test_runs_do_not_see_each_other(bench: Bench) -> None:
    text = "import os, sys, math\ndef test_a():\n    assert not hasattr(math, 'mark')\n    math.mark = 1\n"
    assert bench.run(text).green and bench.run(text).green


def test_a_fork_is_fast(bench: Bench) -> None:
    bench.run("def test_a(): assert 1\n")
    seconds = min(bench.run("def test_a(): assert 1\n").seconds for _ in range(3))
    assert seconds < 3.0  # 0.1 s on a quiet machine


def test_without_a_warm_process_it_runs_as_well(tmp_path: Path) -> None:
    suite = tmp_path / "test_it.py"
    suite.write_text("def test_a(): assert 1\n")
    assert run(SuiteRun(tmp_path, suite, tmp_path / "run")).green


def test_a_suite_that_cannot_be_read(tmp_path: Path) -> None:
    report = run(SuiteRun(tmp_path, tmp_path / "test_none.py", tmp_path / "run"))
    assert report.crash.startswith("the suite cannot be read") and not report.green


def test_the_users_configuration_does_not_change_a_run(bench: Bench) -> None:
    (bench.root / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--co -q"\n')
    report = bench.run("def test_a(): assert len('a')\n")
    assert report.green and report.assertions == 1


def test_closing_the_warm_process_ends_it() -> None:
    started = prepare()
    started.close()
    assert not started.alive
    assert started.run({})["crash"] == "harness"
