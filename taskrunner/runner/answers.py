"""Does the verdict of a test depend on what the module answers at all? The failed test again, with other answers.

A copy of the Lua module puts a digit behind the data of every message that it sends. A test that then fails at the same
place, with the same words, never looked at the module. Nothing is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.core.case import Case, Experiment, Observation
from taskrunner.core.exchanges import answers
from taskrunner.core.facts import TestResult
from taskrunner.core.fingerprint import without_ids

if TYPE_CHECKING:
    from taskrunner.runner.context import Run

OTHERWISE = """

local taskrunner_compute = compute
function compute(base, req, opts)
  local answered = taskrunner_compute(base, req, opts)
  local results = type(base) == "table" and base.results
  local outbox = type(results) == "table" and results.outbox
  if type(outbox) == "table" then
    for _, message in pairs(outbox) do
      if type(message) == "table" then
        for _, name in ipairs({ "data", "Data" }) do
          if message[name] ~= nil then message[name] = tostring(message[name]) .. "7" end
        end
      end
    end
  end
  return answered
end
"""


def answer_otherwise(run: Run, case: Case) -> Observation:
    """The failed test once more, alone, with other answers; facts["independent"] says that it fails just the same."""
    from taskrunner.runner.suites import run_suite

    failed = case.failed
    if failed is None or run.is_wasm or run.is_aos:
        return Observation(Experiment.ANSWERS, "silent", "only a Lua module can be let answer otherwise")
    folder = run.journal.run_dir(run.notes.get("run") or run.journal.new_run()) / "answers"
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / run.source.name
    source.write_bytes(run.source.read_bytes() + OTHERWISE.encode())
    report = run_suite(run, folder, only=[failed.id], source=source)
    again = next((each for each in (*report.results, *report.collection_errors) if each.id == failed.id), None)
    if again is None or answers(again.exchanges) == answers(failed.exchanges):
        return Observation(Experiment.ANSWERS, "silent", "the test got no other answers")
    if _words(again) == _words(failed):
        detail = "with other answers of the module the test fails at the same line, with the same words"
        return Observation(Experiment.ANSWERS, "independent", detail, facts={"independent": True})
    return Observation(Experiment.ANSWERS, "depends", "with other answers of the module the test ends otherwise")


def _words(result: TestResult) -> tuple[object, ...]:
    line = next((frame.line for frame in reversed(result.frames) if frame.role == "test"), result.line)
    return result.outcome, result.error_type, line, without_ids(result.message), result.expected, result.got
