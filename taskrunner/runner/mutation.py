"""Broken versions of a module, and whether its suite notices: what green is worth.

The essential mutants break a module where every user would see it: it answers nothing, it always answers the same, it
forgets its state, one action is off by one. They wrap `compute`, so they need no knowledge of how a module is written.
The full list (`taskrunner mutate`) comes from the syntax tree. A mutant is killed by an assertion or by an error of the
module; a crash of the run kills nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.facts import Outcome, SuiteReport, TestResult
from taskrunner.core.plan import Kind, PlanModule

if TYPE_CHECKING:
    from taskrunner.runner.context import Run


@dataclass(frozen=True, slots=True)
class Mutant:
    """One broken version: its name, what it breaks, the line where it does (0: everywhere), and its whole source.

    Of a wasm module the source is the image.
    """

    name: str
    what: str
    source: str | bytes
    line: int = 0
    essential: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant: `killed`, `survived` or `crashed`, and the test that noticed it."""

    mutant: Mutant
    verdict: str
    by: str = ""

    def to_json(self, file: str) -> dict[str, Any]:
        """Plain data for reports and journal."""
        return {
            "name": self.mutant.name,
            "what": self.mutant.what,
            "verdict": self.verdict,
            "by": self.by,
            "file": file,
            "line": self.mutant.line or None,
        }


_EMPTY = """
function compute(base, req, opts)
  base.results = { outbox = {}, output = "" }
  return base
end
"""

_WRAP = """
local inner_of_mutant = compute
function compute(base, req, opts)
  local body = req.body or {}
  local action = body.Action or body.action or req.Action or req.action
  local result = inner_of_mutant(base, req, opts)
  local outbox = type(result) == "table" and type(result.results) == "table" and result.results.outbox
  local first = type(outbox) == "table" and (outbox["1"] or outbox[1])
  if type(first) == "table" then
%s
  end
  return result
end
"""

_CONSTANT = """
    if first.data ~= nil then first.data = "mutant" end
    if first.Data ~= nil then first.Data = "mutant" end
"""

_OFF_BY_ONE = """
    local number = tonumber(first.data)
    if action == "{action}" and number ~= nil then first.data = string.format("%d", number + 1) end
"""

_FORGETS = """
local function mutant_copy(value, depth)
  if type(value) ~= "table" or depth > 20 then return value end
  local copy = {{}}
  for key, each in pairs(value) do copy[key] = mutant_copy(each, depth + 1) end
  return copy
end
local mutant_first
local function mutant_module()
{source}
end
local function mutant_compute(base, req, opts)
  if mutant_first == nil then mutant_first = mutant_copy(base, 0) end
  mutant_module()
  local answer = compute(mutant_copy(mutant_first, 0), req, opts)
  compute = mutant_compute
  if type(answer) == "table" then base.results = answer.results end
  return base
end
compute = mutant_compute
"""


def essential_mutants(source: str, module: PlanModule) -> list[Mutant]:
    """The mutants that a suite must notice. What the plan says nothing about (no state, no number) is left out."""
    found = [
        Mutant("empty", "the module answers nothing", _EMPTY, essential=True),
        Mutant("constant", "every reply is the same", source + _WRAP % _CONSTANT, essential=True),
    ]
    if remembers(module):
        forgets = _FORGETS.format(source=source)
        found.append(Mutant("forgets", "no state survives a message", forgets, essential=True))
    for action in numeric_actions(module):
        wrapped = source + _WRAP % _OFF_BY_ONE.replace("{action}", action)
        found.append(Mutant(f"off-by-one-{action}", f"the reply to {action} is one too high", wrapped, essential=True))
    return found


def image_mutants(image: bytes, module: PlanModule) -> list[Mutant]:
    """The same for the image of a wasm module, with the names that Lua's have."""
    from taskrunner.wasm.mutants import essential_mutants as of_image

    found = of_image(image, remembers=remembers(module), numeric=numeric_actions(module))
    return [Mutant(each.name, each.what, each.image, essential=True) for each in found]


def essential_of(run: Run) -> list[Mutant]:
    """The essential mutants of a run's module, whatever it is written in; none for an image that is not there."""
    if run.is_aos:
        from taskrunner.runner.script_mutants import script_mutants

        source, module = run.source.read_text("utf-8", "replace"), run.module
        found = script_mutants(source, remembers=remembers(module), numeric=numeric_actions(module))
        return [Mutant(*each, essential=True) for each in found]
    if not run.is_wasm:
        return essential_mutants(run.source.read_text("utf-8", "replace"), run.module)
    from taskrunner.modules.rust import artefact

    image = artefact(run.source)
    return image_mutants(image.read_bytes(), run.module) if image.is_file() else []


def source_mutants(source: str) -> list[Mutant]:
    """Every small fault of a Rust source; which of them compile is seen when they are tried."""
    from taskrunner.modules.rust.mutants import mutants_of

    return [
        Mutant(f"{m.line}-{m.column}-{m.kind}", _fault(m.kind, m.before, m.after), m.source, m.line)
        for m in mutants_of(source)
    ]


def tree_mutants(source: bytes, file: str) -> list[Mutant]:
    """Every small fault that the syntax tree of a Lua module offers. Raises as `lua.mutants.mutants_of` does."""
    from taskrunner.lua.mutants import mutants_of

    return [
        Mutant(
            f"{m.line}-{m.column}-{m.kind}",
            _fault(m.kind, m.before, m.after),
            m.source.decode("utf-8", "replace"),
            m.line,
        )
        for m in mutants_of(source, file)
    ]


def _fault(kind: str, before: str, after: str) -> str:
    short = [" ".join(text.split())[:40] for text in (before, after)]
    return f"{kind}: {short[1]} instead of {short[0]}" if after else f"{kind}: without {short[0]}"


def remembers(module: PlanModule) -> bool:
    """Whether the plan's examples can show that state was kept: a later reply that a fresh process would not give."""
    fresh = {
        (example.sends[0].action, example.sends[0].tags): example.replies[0]
        for example in module.examples
        if example.sends and example.replies and example.replies[0]
    }
    for example in module.examples:
        for send, reply in list(zip(example.sends, example.replies, strict=False))[1:]:
            if reply and all(each.kind is Kind.DATA for each in reply) and fresh.get((send.action, send.tags)) != reply:
                return bool(module.state) or bool(fresh)
    return False


def numeric_actions(module: PlanModule) -> list[str]:
    """The plan's actions to which some example expects a whole number."""
    found = []
    for example in module.examples:
        for send, reply in zip(example.sends, example.replies, strict=False):
            numeric = any(each.kind is Kind.DATA and each.text.lstrip("-").isdigit() for each in reply)
            if numeric and send.action not in found:
                found.append(send.action)
    return found


def try_mutants(run: Run, mutants: Iterable[Mutant], folder: Path) -> list[Fate]:
    """Run the suite on each mutant, up to its first failure. A Rust source that does not compile is no mutant."""
    from taskrunner.runner.suites import run_suite

    fates = []
    for number, mutant in enumerate(mutants, 1):
        place = folder / f"{number}-{mutant.name}"
        place.mkdir(parents=True, exist_ok=True)
        if isinstance(mutant.source, bytes):
            from taskrunner.modules.rust import artefact

            source = place / artefact(run.source).name
            source.write_bytes(mutant.source)
        elif run.is_wasm:
            from taskrunner.runner.aside import mutated_image

            image = mutated_image(run, mutant.source, place)
            if image is None:
                continue
            source = image
        else:
            source = place / run.source.name
            source.write_text(mutant.source, encoding="utf-8")
        report = run_suite(run, place, source=source, stop_at_first=True, seconds=30.0)
        fates.append(fate_of(mutant, report))
    return fates


def fate_of(mutant: Mutant, report: SuiteReport) -> Fate:
    """Killed by an assertion or an error of the module; a crash, or a suite that does not collect, kills nothing."""
    killer = next((result for result in report.results if _kills(result)), None)
    if killer is not None:
        return Fate(mutant, "killed", killer.id)
    if report.crash or report.collection_errors or report.failed:
        return Fate(mutant, "crashed", report.crash)
    return Fate(mutant, "survived")


def _kills(result: TestResult) -> bool:
    return result.outcome is Outcome.FAILED or (result.outcome is Outcome.ERROR and result.node_failure is not None)


def summary(fates: list[Fate], file: str) -> dict[str, Any]:
    """Counts and survivors, for events and the journal."""
    survivors = [fate.to_json(file) for fate in fates if fate.verdict == "survived"]
    killed = sum(fate.verdict == "killed" for fate in fates)
    crashed = [fate.to_json(file) for fate in fates if fate.verdict == "crashed"]
    return {"killed": killed, "total": len(fates), "survivors": survivors, "crashed": crashed}
