"""Where to look: places that a ruling left out are found in the sources; nothing else of a verdict changes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taskrunner.core.case import Case, Experiment, Observation
from taskrunner.core.facts import Failure, FailureClass, Frame, Outcome, TestResult
from taskrunner.runner.briefing import told_plainly
from taskrunner.runner.locating import located

MODULE = "local count = 0\n-- math.random() is not used here\nlocal seed = math.random(10)\nfunction compute() end\n"
SUITE = "import time\n\n\ndef test_waits(process):\n    time.sleep(99)\n"


@pytest.fixture
def run(tmp_path: Path) -> Any:
    (tmp_path / "counter.lua").write_text(MODULE)
    (tmp_path / "test_it.py").write_text(SUITE)
    return SimpleNamespace(
        source=tmp_path / "counter.lua", suite=tmp_path / "test_it.py", shown=lambda path: path.name
    )  # fmt: skip


def failure(code: str, cls: FailureClass = FailureClass.MODULE, **more: Any) -> Failure:
    return Failure(cls, code, **{"message": "it failed", "fingerprint": "f", **more})


def test_what_the_static_check_suspected_is_the_place(run: Any) -> None:
    suspects = [{"code": "MOD-RETURN", "line": 9}, {"code": "MOD-ACTION-NIL", "line": 4}]
    stands = Observation(Experiment.MODULE, "stands", facts={"suspects": suspects})
    found = located(run, Case("test_all", observations=(stands,)), failure("MOD-ACTION-NIL"))
    assert (found.file, found.line, found.fingerprint) == ("counter.lua", 4, "f")


def test_chance_is_looked_for_in_code_not_in_comments(run: Any) -> None:
    found = located(run, Case("test_all"), failure("MOD-NONDETERMINISM"))
    assert (found.file, found.line) == ("counter.lua", 3)
    assert located(run, Case("test_all"), failure("MOD-WRONG-REPLY")).line is None
    assert located(run, Case("test_all"), failure("MOD-NONDETERMINISM", file="x.lua", line=2)).line == 2


@pytest.mark.parametrize("message", ["did not end (timeout in test_waits)", "ended (signal 9 in test_waits[each])"])
def test_a_test_that_did_not_end_is_shown(run: Any, message: str) -> None:
    found = located(run, Case("test_all"), failure("TEST-HANG", FailureClass.TEST, message=message))
    assert (found.file, found.line) == ("test_it.py", 4) and found.test.startswith("test_waits")


def test_the_line_that_raised_is_better_than_the_head_of_its_test(run: Any) -> None:
    frames = (Frame("test_it.py", 5, "test_waits"), Frame("lib.py", 80, "f", "library"))
    failed = TestResult("test_waits", Outcome.FAILED, frames=frames, file="test_it.py", line=4)
    case = Case("test_all", failed=failed)
    assert located(run, case, failure("TEST-FLAKY", FailureClass.TEST, file="test_it.py", line=4)).line == 5
    assert located(run, case, failure("TEST-FLAKY", FailureClass.TEST, file="test_it.py", line=2)).line == 2


def test_a_failed_slot_is_told_in_the_nodes_words() -> None:
    from taskrunner.core.facts import Exchange

    page = Exchange(1, {"kind": "compute"}, 500, "--boundary\r\n1: %d\r\n")
    good = Exchange(0, {"kind": "compute"}, 200, {"outbox": []})
    result = TestResult("a", Outcome.ERROR, exchanges=(good, page), node_failure={"message": "bad argument"})
    assert [each.got for each in told_plainly(result)] == [{"outbox": []}, "bad argument"]
    unknown = TestResult("a", Outcome.ERROR, exchanges=(page,))
    assert [each.got for each in told_plainly(unknown)] == ["--boundary\r"]
