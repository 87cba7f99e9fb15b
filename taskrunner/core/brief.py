"""The brief: one failure on one page, the same facts for an agent and for a person, as text and as JSON.

Deterministic and under 1,500 words. Everything that comes from a module, a test or a run is data: it is fenced, and
control characters are taken out, so that it can neither end its fence nor talk to a terminal. This module reads no
file; whoever calls brings the sources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from taskrunner.core.exchanges import told
from taskrunner.core.facts import Exchange, Failure, FailureClass

MAX_WORDS = 1500
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of a file around a line: `text` is the whole file, `around` the line that matters (None: none does)."""

    title: str
    file: str
    text: str
    around: int | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """One earlier iteration: what came of it, and its change as a unified diff."""

    iteration: int
    outcome: str
    diff: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepBack:
    """What a step back adds: why, the assumption in question, another approach, the best checkpoint."""

    assumption: str
    approaches: tuple[str, ...]
    best: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything that a brief says; `may_change` and `must_not_change` are workspace paths."""

    task: str
    name: str
    failure: Failure
    iteration: int = 0
    state: str = "fix"
    may_change: tuple[str, ...] = ()
    must_not_change: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    state_before: str = ""
    state_after: str = ""
    plan: str = ""
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    tried: tuple[Tried, ...] = ()
    step_back: StepBack | None = None
    pages: tuple[tuple[str, str], ...] = ()  # (title, text) of our pages and the workspace's own documents
    escalation: dict[str, Any] | None = None
    next: tuple[str, ...] = ()
    output: str = ""

    def to_json(self) -> dict[str, Any]:
        """The same facts as plain data, schema 1."""
        step_back = self.step_back
        return {
            "schema": 1,
            "task": self.task,
            "name": self.name,
            "state": self.state,
            "iteration": self.iteration,
            "failure": self.failure.to_json(),
            "instruction": instruction(self.failure),
            "may_change": list(self.may_change),
            "must_not_change": list(self.must_not_change),
            "sources": [
                {"title": s.title, "file": s.file, "line": s.around, "text": clean(excerpt(s.text, s.around))}
                for s in self.sources
            ],
            "messages": [
                {"slot": e.slot, "sent": _clean_json(e.sent), "status": e.status, "got": _clean_json(e.got)}
                for e in self.exchanges
            ],
            "state_before": clean(self.state_before),
            "state_after": clean(self.state_after),
            "plan": clean(self.plan),
            "rules": {rule: {"count": count, "limit": limit} for rule, (count, limit) in self.counts.items()},
            "tried": [
                {"iteration": t.iteration, "outcome": t.outcome, "diff": clean(t.diff), "flags": list(t.flags)}
                for t in self.tried
            ],
            "step_back": None
            if step_back is None
            else {
                "reason": step_back.reason,
                "assumption": step_back.assumption,
                "approaches": list(step_back.approaches),
                "best": step_back.best,
            },
            "pages": [{"title": title, "text": clean(text)} for title, text in self.pages],
            "escalation": self.escalation,
            "next": list(self.next),
            "output": self.output,
        }


def instruction(failure: Failure) -> str:
    """The one thing to do, by class."""
    place = f" at {failure.file}:{failure.line}" if failure.file and failure.line else ""
    match failure.cls:
        case FailureClass.MODULE:
            return f"Change the module{place}: {failure.hint}. Leave the suite as it is."
        case FailureClass.TEST:
            return f"Change the suite{place}: {failure.hint}. Leave the module as it is."
        case FailureClass.ENVIRONMENT:
            return f"Change nothing in module or suite. The machine is in the way: {failure.hint}."
        case _:
            return "The evidence does not decide. Weigh both hypotheses; only files of the module may change."


def render(brief: Brief) -> str:
    """The brief as Markdown, under MAX_WORDS words: long parts are cut, and say so, the last ones first."""
    for budget in (60, 40, 25, 15, 8, 4, 2, 0):
        text = _render(brief, budget)
        if len(text.split()) < MAX_WORDS:
            return text
    return " ".join(text.split()[: MAX_WORDS - 1])


def clean(text: str) -> str:
    """Text of others without control characters and bidirectional marks; tabs and line ends stay."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def excerpt(text: str, around: int | None, reach: int = 6) -> str:
    """Lines near `around`, numbered, the line itself marked with `>`; the beginning of the file if there is none."""
    lines = text.splitlines()
    around = min(around, len(lines)) if around else None  # what is missing at the end is shown at the last line
    first, last = (max(1, around - reach), around + reach) if around else (1, 2 * reach + 1)
    width = len(str(min(last, len(lines))))
    return "\n".join(
        f"{'>' if number == around else ' '} {number:>{width}} | {line[:200]}"
        for number, line in enumerate(lines, 1)
        if first <= number <= last
    )


def fence(text: str, language: str = "text") -> str:
    """The text as a fenced block that it cannot leave."""
    text = clean(text)
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    marks = "`" * (longest + 1)
    return f"{marks}{language}\n{text}\n{marks}"


def _render(brief: Brief, budget: int) -> str:
    """All sections; `budget` is the number of lines that each quoted part may have."""
    failure = brief.failure
    title = f"# Task {brief.task} ({_line(brief.name)}): {failure.code}, class {failure.cls}"
    parts = [title, _what(brief, budget), f"## The one thing to do\n{_line(instruction(failure))}", _where(brief)]
    parts += [f"## {source.title}: `{source.file}`\n" + _source(source, budget) for source in brief.sources if budget]
    parts += [_evidence(failure), _messages(brief, budget), _plan(brief, budget), _step_back(brief)]
    parts += [_tried(brief, budget), _pages(brief, budget), _rules(brief), _next(brief)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _what(brief: Brief, budget: int) -> str:
    failure = brief.failure
    lines = ["## What failed"]
    if failure.test:
        lines.append(f"Test `{_line(failure.test)}`, iteration {brief.iteration}.")
    lines.append(fence(_cut(failure.message, max(budget, 4))))
    if failure.expected is not None or failure.got is not None:
        shown = f"expected: {_short(failure.expected, budget)}\ngot:      {_short(failure.got, budget)}"
        lines.append(fence(shown))
    if brief.output:
        lines.append(f"Whole output: `{brief.output}`. More on this code: `taskrunner explain {failure.code}`.")
    return "\n".join(lines)


def _where(brief: Brief) -> str:
    may = ", ".join(f"`{path}`" for path in brief.may_change) or "nothing"
    must_not = ", ".join(f"`{path}`" for path in brief.must_not_change)
    text = f"You may change: {may}."
    return f"{text} Do not touch: {must_not}." if must_not else text


def _evidence(failure: Failure) -> str:
    rows = [
        f"- {e.experiment}: {_line(e.verdict)}{': ' + _line(e.detail) if e.detail else ''}" for e in failure.evidence
    ]
    rows += [f"- hypothesis: {_line(str(each))}" for each in failure.facts.get("hypotheses", ())]
    return "\n".join([f"## Why we say {failure.cls}", *rows]) if rows else ""


def _messages(brief: Brief, budget: int) -> str:
    rows = told(brief.exchanges)[-max(4, budget // 3) :]
    if not rows or budget < 2:
        return ""
    text = "## Messages\n" + fence("\n".join(rows))
    if brief.state_before or brief.state_after:
        before = _short(brief.state_before or "(the test read no answer before it)", budget)
        states = f"before: {before}\nafter:  {_short(brief.state_after, budget)}"
        text += "\nWhat the process showed before and after the last message:\n" + fence(states)
    return text


def _plan(brief: Brief, budget: int) -> str:
    return f"## The plan says\n{fence(_cut(brief.plan, budget))}" if brief.plan and budget > 4 else ""


def _source(source: Source, budget: int) -> str:
    reach = max(1, min(6, budget // 4))
    return fence(excerpt(source.text, source.around, reach), source.file.rpartition(".")[2])


def _step_back(brief: Brief) -> str:
    step_back = brief.step_back
    if step_back is None:
        return ""
    rows = [f"- {approach}" for approach in step_back.approaches]
    best = [f"Best so far: {step_back.best}."] if step_back.best else []
    why = [f"Stop patching: {_line(step_back.reason)}."] if step_back.reason else []
    return "\n".join(["## Step back", *why, f"Question this first: {_line(step_back.assumption)}", *rows, *best])


def _tried(brief: Brief, budget: int) -> str:
    rows = []
    for tried in brief.tried[-6:]:
        flags = f" ({', '.join(tried.flags)})" if tried.flags else ""
        rows.append(f"- iteration {tried.iteration}: {_line(tried.outcome)}{flags}")
        if tried.diff and budget >= 8:
            rows.append(fence(_cut(tried.diff, budget // 2), "diff"))
    return "\n".join(["## Tried before", *rows]) if rows else ""


def _pages(brief: Brief, budget: int) -> str:
    if budget < 4:
        return ""
    return "\n\n".join(f"## {_line(title)}\n{fence(_cut(text, budget), 'markdown')}" for title, text in brief.pages)


def _rules(brief: Brief) -> str:
    rows = [f"{rule} {count} of {limit}" for rule, (count, limit) in brief.counts.items()]
    return f"Rules: {'; '.join(rows)}." if rows else ""


def _next(brief: Brief) -> str:
    lines = []
    if brief.escalation:
        e = brief.escalation
        lines.append(f"Escalated by {e['rule']} ({e['count']} of {e['limit']}): {_line(str(e['reason']))}.")
    lines += [f"Next: {step}" for step in brief.next]
    return "\n".join(lines)


def _cut(text: str, lines: int) -> str:
    rows = [row[:200] for row in text.splitlines()]
    return "\n".join(rows) if len(rows) <= lines else "\n".join([*rows[:lines], f"... {len(rows) - lines} more lines"])


def _short(text: str | None, budget: int) -> str:
    limit = 80 + 20 * budget
    text = "-" if text is None else text
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def _line(text: str) -> str:
    """Text inside a sentence: one line, no backticks, of bounded length."""
    return clean(text).replace("`", "'").replace("\n", " ")[:400]


def _clean_json(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(name)): _clean_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_json(each) for each in value]
    return value
