"""Children that get ready before their run: they see what is true when it begins, and hand nothing to the next one."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskrunner.core.facts import SuiteReport, TestResult
from taskrunner.project import Workspace, workspace_wallet
from taskrunner.project.processes import children_of
from taskrunner.suite import SuiteRun, Watching, prepare, run
from taskrunner.suite.running import request_of
from taskrunner.suite.warm import Warm
from test.unit.suite.test_cheats import IN_SUITES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
TWO = "VALUE = 1\ndef test_a(): assert VALUE == 1\ndef test_b(): assert VALUE < 2\n"


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    with prepare() as started:
        yield started


@pytest.fixture(scope="module")
def wallets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our folder in a workspace that has its wallet already."""
    root = tmp_path_factory.mktemp("workspace")
    (root / "taskrunner.toml").write_text("")
    workspace_wallet(Workspace.find(root))
    return root / ".taskrunner"


@pytest.fixture
def root(tmp_path: Path, wallets: Path) -> Path:
    shutil.copytree(wallets, tmp_path / ".taskrunner")
    (tmp_path / "taskrunner.toml").write_text("")
    (tmp_path / "test_it.py").write_text(TWO)
    return tmp_path


def wanted(root: Path, **more: Any) -> SuiteRun:
    return SuiteRun(root, root / "test_it.py", root / "run", again=True, **({"parts": 2, "seconds": 20} | more))


def ready(root: Path, warm: Warm, **more: Any) -> SuiteReport:
    """A run, and then until children wait for the next one."""
    report = run(wanted(root, **more), warm)
    while_they_work(warm)
    return report


def while_they_work(warm: Warm) -> None:
    """Until the warm process and every child of it have been asleep for a while."""
    quiet, end = 0, time.monotonic() + 20
    time.sleep(0.1)
    while quiet < 3 and time.monotonic() < end:
        pids = [warm._process.pid, *children_of(warm._process.pid)]
        states = [Path(f"/proc/{pid}/stat").read_text().split()[2] for pid in pids]
        quiet = 0 if set(states) - {"S", "Z"} else quiet + 1
        time.sleep(0.03)


def parts(root: Path, warm: Warm, **more: Any) -> int:
    """How many children the next run has: only prepared ones share it."""
    request = wanted(root, **more)
    for name in root.glob("run/*.jsonl*"):
        name.unlink()
    return len(warm.run(request_of(request, request.suite.read_bytes()))["parts"])


# -- what is prepared, and what is not


def test_a_plain_suite_waits_collected_and_its_tests_are_shared(root: Path, warm: Warm) -> None:
    ready(root, warm)
    report = ready(root, warm)
    assert parts(root, warm) == 2
    assert report.green and report.collected == 2 and [each.id for each in report.results] == ["test_a", "test_b"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test_it.py", TWO.replace("VALUE = 1", "VALUE = 2")),
        ("conftest.py", "VALUE = 1\n"),
        ("pytest.ini", "[pytest]\n"),
        ("taskrunner.toml", "[limits]\nsuite_seconds = 100\n"),
    ],
)
def test_what_changed_since_is_seen(root: Path, warm: Warm, name: str, text: str) -> None:
    assert ready(root, warm).green
    (root / name).write_text(text)
    assert parts(root, warm) == 1, "what was prepared no longer holds"
    assert run(wanted(root), warm).green is (name != "test_it.py")


def test_a_file_that_is_as_it_was_again_has_changed(root: Path, warm: Warm) -> None:
    ready(root, warm)
    (root / "test_it.py").write_text("def test_a(): assert None\n")
    (root / "test_it.py").write_text(TWO)
    assert parts(root, warm) == 1


def test_a_conftest_that_looks_around_runs_in_its_own_time(root: Path, warm: Warm) -> None:
    (root / "conftest.py").write_text("from pathlib import Path\nVALUE = Path('data').read_text()\n")
    (root / "data").write_text("1")
    ready(root, warm)
    assert parts(root, warm) == 1


def test_a_suite_that_reads_files_is_imported_when_its_run_begins(root: Path, warm: Warm) -> None:
    (root / "data").write_text("1")
    text = "from pathlib import Path\nVALUE = Path('data').read_text()\ndef test_a(): assert VALUE == '1'\n"
    (root / "test_it.py").write_text(text)
    assert ready(root, warm).green
    (root / "data").write_text("2")
    assert [each.got for each in run(wanted(root), warm).failed] == ["2"]


def test_other_tests_are_asked_for_beside_what_waits(root: Path, warm: Warm) -> None:
    ready(root, warm)
    only = SuiteRun(root, root / "test_it.py", root / "run", only=["test_b"])
    assert [each.id for each in run(only, warm).results] == ["test_b"]
    assert parts(root, warm) == 2, "it waits still"


# -- nothing is handed on


def test_no_run_sees_what_another_one_did(root: Path, warm: Warm) -> None:
    text = "import os, sys\nSEEN = []\ndef test_a():\n    SEEN.append(1)\n    assert len(SEEN) == 1\n"
    text += "    assert 'LEAK' not in os.environ and not hasattr(sys, 'leak')\n"
    text += "    os.environ['LEAK'] = '1'\n    sys.leak = 1\n    os.chdir('/')\n"
    (root / "test_it.py").write_text(text)
    assert all(ready(root, warm).green for _ in range(3))


def test_what_is_printed_while_it_waits_belongs_to_its_run(root: Path, warm: Warm) -> None:
    (root / "test_it.py").write_text("print('imported')\ndef test_a(): print('tested')\n")
    ready(root, warm, parts=1)
    words = (root / "run" / "output.txt").read_text()
    assert words.count("imported") == words.count("tested") == 1 and words.index("imported") < words.index("tested")


# -- in which order


def test_the_failing_test_comes_first_where_no_test_can_tell(root: Path, warm: Warm) -> None:
    ready(root, warm)
    report = run(wanted(root, first=["test_b"], parts=1), warm)
    assert [each.id for each in report.results] == ["test_b", "test_a"] and report.green
    (root / "test_it.py").write_text(TWO.replace("VALUE = 1", "VALUE = []").replace("VALUE == 1", "not VALUE"))
    report = run(wanted(root, first=["test_b"], parts=1), warm)
    assert [each.id for each in report.results] == ["test_a", "test_b"]


def test_a_crash_names_the_test_that_ran(root: Path, warm: Warm) -> None:
    text = "import os\ndef test_a(): assert os\ndef test_b(): os._exit(3)\n"
    (root / "test_it.py").write_text(text)
    assert run(wanted(root, first=["test_b"]), warm).crash == "exit 3 without a report in test_b"


def test_the_first_failure_is_told_while_the_rest_runs(root: Path, warm: Warm) -> None:
    text = "import time\ndef test_a(): assert time is None\ndef test_b(): time.sleep(1)\n"
    (root / "test_it.py").write_text(text)
    told: list[tuple[float, list[TestResult]]] = []
    run(wanted(root), warm, Watching(failed=lambda results: told.append((time.monotonic(), results))))
    ((when, results),) = told
    assert time.monotonic() - when > 0.5 and [(each.id, each.outcome) for each in results] == [("test_a", "failed")]


# -- accidents


def test_a_shared_run_can_be_cancelled(root: Path, warm: Warm) -> None:
    text = "import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_a(n):\n    while n >= 0: pass\n"
    (root / "test_it.py").write_text("import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_a(n): pass\n")
    ready(root, warm)
    (root / "test_it.py").write_text(text)
    for _ in range(2):  # once cold, once prepared
        timer = threading.Timer(0.5, warm.cancel)
        timer.start()
        assert run(wanted(root), warm).crash.startswith("cancelled")
        timer.join()
    (root / "test_it.py").write_text(TWO)
    assert run(wanted(root), warm).green


def test_a_child_that_died_while_it_waited_is_no_failure(root: Path, warm: Warm) -> None:
    ready(root, warm)
    for pid in children_of(warm._process.pid)[:1]:
        os.kill(pid, signal.SIGKILL)
    assert run(wanted(root), warm).green


def test_a_suite_that_never_gets_ready_is_given_up(root: Path, warm: Warm) -> None:
    (root / "test_it.py").write_text("while True: pass\n")
    assert run(wanted(root, seconds=0.5), warm).crash.startswith("timeout")
    (root / "test_it.py").write_text(TWO)
    assert run(wanted(root), warm).green


def test_what_waits_ends_with_the_warm_process(root: Path) -> None:
    with prepare() as own:
        ready(root, own)
        waiting = children_of(own._process.pid)
        assert len(waiting) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in waiting)


# -- suites that cheat

SOME = ("leaves at once", "adds lines and leaves", "leaves while it is collected", "skips everything")


def cheats_twice(root: Path, warm: Warm, name: str) -> None:
    (root / "test_it.py").write_text(IN_SUITES[name])
    for _ in range(2):
        assert not ready(root, warm).green


@pytest.mark.parametrize("name", SOME)
def test_waiting_helps_no_cheat(root: Path, warm: Warm, name: str) -> None:
    cheats_twice(root, warm, name)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(IN_SUITES))
def test_waiting_helps_none_of_the_known_cheats(root: Path, warm: Warm, name: str) -> None:
    cheats_twice(root, warm, name)
