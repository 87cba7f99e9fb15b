"""The console: one calm screen of a run. What is happening, what failed with the module's own line, why, what is next.

It prints what events say and decides nothing; how a line reaches the terminal is the painter's business.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from taskrunner.core.facts import Coverage, Failure, FailureClass, Outcome, SuiteReport, TestResult
from taskrunner.report import Event
from taskrunner.report.paint import Painter, Part

LABEL = 10  # columns of a label
SHOWN = 3  # failed tests that are named one by one

_CLASS_STYLE = {
    FailureClass.ENVIRONMENT: "env",
    FailureClass.MODULE: "bad",
    FailureClass.TEST: "warn",
    FailureClass.UNKNOWN: "warn",
}
_PHASES = {"first": "failed last", "all": "whole suite", "prove": "proof"}
_WORK = {
    "check the machine": ("machine", "looking at what a run needs"),
    "write what is missing": ("write", "skeleton and suite"),
    "build the module": ("build", "the module"),
    "run the test that failed last": ("tests", "failed last"),
    "run the whole suite": ("tests", "whole suite"),
    "prove that green means something": ("proof", "mutants and the order of tests"),
    "classify by experiments": ("judge", "whose fault it is, by experiments"),
}


class Console:
    """Shows a run. `level` -1 prints only the end, 0 the usual, 1 each test, 2 every event."""

    def __init__(self, painter: Painter, level: int = 0) -> None:
        self.painter = painter
        self.level = level
        self.name = ""
        self.findings = 0

    def __call__(self, event: Event) -> None:
        kind = str(event.get("event", ""))
        if kind != "check.finding" and self.level >= 0:
            self._rest_of_findings()
        show = getattr(self, f"_on_{kind.replace('.', '_')}", None)
        if show is not None and (self.level >= 0 or kind in ("run.finished", "escalated", "failure")):
            show(event)
        elif show is None and self.level >= 2:
            self._row("dim", "·", kind, ", ".join(f"{k}={v}" for k, v in event.items() if k != "event"))

    def close(self) -> None:
        """Nothing is held back; what was going on has ended."""
        self.painter.rest()

    # -- what happens

    def _on_run_started(self, event: Event) -> None:
        self.name = str(event.get("name", ""))
        about = " · ".join(str(event[name]) for name in ("type", "module") if event.get(name))
        self.painter.blank()
        self.painter.line(
            ("strong", f"task {event['task']}"), ("", f"  {event.get('name', '')}"), ("dim", f"  {about}")
        )
        self.painter.blank()

    def _on_file_written(self, event: Event) -> None:
        what = str(event.get("what", ""))
        if what == "lock":
            self._row("good", "✓", "locked", str(event["path"]), "only `taskrunner unlock` allows changes")
        else:
            self._row("good", "✓", "wrote", str(event["path"]), what)

    def _on_check_finding(self, event: Event) -> None:
        style = "bad" if event.get("severity") == "error" else "warn"
        self.findings += 1
        if self.findings <= SHOWN or self.level >= 1:
            self._note(style, "✗" if style == "bad" else "!", "check", event)

    def _rest_of_findings(self) -> None:
        """How many findings were not shown; they are all in `taskrunner lua check`."""
        if self.findings > SHOWN and self.level == 0:
            more = f"and {self.findings - SHOWN} more: taskrunner lua check FILE"
            self.painter.line(("", " " * (LABEL + 4)), ("dim", more))
        self.findings = 0

    def _on_warning(self, event: Event) -> None:
        self._note("warn", "!", "warning", event)

    def _on_checkpoints_kept(self, event: Event) -> None:
        self._row("dim", "·", "kept", f"iterations are copies under {event['path']}: this is no git repository")

    def _on_working(self, event: Event) -> None:
        """What takes time now: an activity of the loop, or a step of one with `at` and `of`."""
        label, text = _WORK.get(str(event.get("what")), (str(event.get("what", "")), str(event.get("text", ""))))
        if event.get("of"):
            text = f"{event.get('at')} of {event['of']}  {text}"
        self.painter.passing(f"{label:<{LABEL - 1}} {text}", again="of" in event)

    def _on_suite_started(self, event: Event) -> None:
        phase = str(event.get("phase"))
        self.painter.passing(f"{'tests':<{LABEL - 1}} {_PHASES.get(phase, phase)}")

    def _on_fix_started(self, event: Event) -> None:
        name = event.get("agent") or "the agent"
        self.painter.passing(f"{'fix':<{LABEL - 1}} {name} works on iteration {event.get('iteration', '')}")

    def _on_fix_finished(self, event: Event) -> None:
        """Who fixed, what changed, how long it took; how it ended, where that is worth a word."""
        changed = ", ".join(event.get("changed") or ()) or "nothing"
        code = event.get("exit_code")
        ended = "time is up" if event.get("timed_out") else f"exit code {code}" if code else ""
        aside = ", ".join(filter(None, [f"{event.get('seconds', 0):.1f} s", ended, str(event.get("log", ""))]))
        style = "good" if event.get("changed") else "warn"
        self.painter.blank()
        self._row(style, "▸", f"fix {event.get('iteration', '')}", f"{event.get('agent')} changed {changed}", aside)

    def _on_suite_finished(self, event: Event) -> None:
        report = event["report"]
        phase = _PHASES.get(str(event.get("phase")), "suite")
        passed = sum(1 for result in report.results if result.outcome is Outcome.PASSED)
        count = f"{passed} of {report.collected} passed" if report.collected else "no test ran"
        facts = f"{report.assertions} assertions, {report.seconds:.2f} s"
        if report.green:
            self._row("good", "✓", "tests", f"{count}, {facts}", phase)
        else:
            self._row("bad", "✗", "tests", f"{count}, {facts}", phase)
        if self.level >= 1:
            self._each_test(report)
        elif not report.green:
            self._failed_tests(report)
        for found in report.coverage:
            self._coverage(found)
        for warning in report.warnings:
            self._note("warn", "!", "warning", {"message": warning})

    def _coverage(self, found: Coverage) -> None:
        (reached, lines), (taken, branches) = found.lines, found.branches
        if not lines:
            return
        text = f"{100 * reached // lines} % of lines"
        text += f", {100 * taken // branches} % of branches" if branches else ""
        never = ", ".join(str(line) for line in found.missing[:8]) + (" ..." if len(found.missing) > 8 else "")
        self._row("dim", "·", "coverage", f"{text} of {found.file}", f"never reached: {never}" if never else "")

    def _on_mutants_finished(self, event: Event) -> None:
        killed, total = int(event["killed"]), int(event["total"])
        style, mark = ("good", "✓") if killed == total else ("warn", "!")
        self._row(style, mark, "mutants", f"{killed} of {total} noticed by the suite")
        for survivor in event.get("survivors", ()):
            place = _place(survivor.get("file"), survivor.get("line"))
            self.painter.line(("", " " * (LABEL + 4)), ("warn", str(survivor.get("name", ""))), ("place", f"  {place}"))

    def _on_failure(self, event: Event) -> None:
        failure = event["failure"]
        brief = event.get("brief")
        self.painter.blank()
        self._failure_head(failure)
        if failure.test:
            self._labelled("test", failure.test)
        if failure.expected is not None or failure.got is not None:
            self._labelled("expected", _value(failure.expected), "good")
            self._labelled("got", _value(failure.got), "bad")
        self._sources(failure, brief)
        if failure.evidence:
            last = failure.evidence[-1]
            self._labelled("why", last.detail or last.verdict)
        for hypothesis in failure.facts.get("hypotheses", ()):
            self._labelled("maybe", str(hypothesis))
        self._labelled("hint", failure.hint)
        self._counts(event)

    def _on_step_back(self, event: Event) -> None:
        self.painter.blank()
        self._row("warn", "!", "step back", str(event.get("reason", "")), _of(event))

    def _on_escalated(self, event: Event) -> None:
        self.painter.blank()
        self._row("bad", "■", "escalated", f"{event.get('rule', '')}: {event.get('reason', '')}", _of(event))

    def _on_run_finished(self, event: Event) -> None:
        outcome = str(event.get("outcome", ""))
        verdict = str(event.get("verdict") or outcome)
        seconds = event.get("seconds")
        time = f"{seconds:.1f} s" if isinstance(seconds, int | float) else ""
        self.painter.blank()
        if outcome == "done":
            self._row("good", "✓", "done", verdict if verdict != "done" else self.name, time)
        for number, command in enumerate(event.get("next") or ()):
            self._labelled("next" if number == 0 else "", str(command), "strong" if number == 0 else "")

    # -- pieces

    def _failure_head(self, failure: Failure) -> None:
        style = _CLASS_STYLE.get(failure.cls, "bad")
        head: list[Part] = [("", "  "), (style, f"{failure.cls}"), ("", "  "), ("strong", failure.code)]
        place = _place(failure.file, failure.line)
        if place:
            head.append(("place", f"  {place}"))
        self.painter.line(*head)
        self.painter.block("  ", ("", ""), failure.message)
        self.painter.blank()

    def _sources(self, failure: Failure, brief: Any) -> None:
        """Lines of the sources that the brief shows, a few around the marked one."""
        from taskrunner.core.brief import excerpt

        for source in getattr(brief, "sources", ()):
            if source.around is None:
                continue
            self.painter.blank()
            self.painter.line(("", "  "), ("place", f"{source.file}:{source.around}"), ("dim", f"  {source.title}"))
            for row in excerpt(source.text, source.around, 2).split("\n"):
                self.painter.line(("", "  "), ("" if row.startswith(">") else "dim", row))
        if getattr(brief, "sources", ()):
            self.painter.blank()

    def _counts(self, event: Event) -> None:
        counts = event.get("counts") or {}
        text = ", ".join(f"{rule.replace('-', ' ')} {_pair(count)}" for rule, count in counts.items())
        iteration = event.get("iteration")
        if text or iteration:
            self._labelled(
                "rules", "; ".join(filter(None, [f"iteration {iteration}" if iteration else "", text])), "dim"
            )

    def _failed_tests(self, report: SuiteReport) -> None:
        if report.crash:
            self.painter.line(("", " " * (LABEL + 4)), ("bad", report.crash), ("dim", f"  {report.output}"))
        failed = _once_each(report.failed)
        for result in failed[:SHOWN]:
            self._one_test(result)
        if len(failed) > SHOWN:
            self.painter.line(("", " " * (LABEL + 4)), ("dim", f"and {len(failed) - SHOWN} more"))

    def _each_test(self, report: SuiteReport) -> None:
        for result in (*report.collection_errors, *report.results):
            self._one_test(result)
        if report.crash:
            self.painter.line(("", " " * (LABEL + 4)), ("bad", report.crash))

    def _one_test(self, result: TestResult) -> None:
        marks = {Outcome.PASSED: ("good", "✓"), Outcome.SKIPPED: ("dim", "-")}
        style, mark = marks.get(result.outcome, ("bad", "✗"))
        line = next((frame.line for frame in reversed(result.frames) if frame.role == "test"), result.line)
        place = _place(result.file or None, line) if style == "bad" else f"{result.seconds * 1000:.0f} ms"
        self.painter.line(("", " " * (LABEL + 2)), (style, f"{mark} "), ("", result.id), ("dim", f"  {place}"))

    def _note(self, style: str, mark: str, label: str, event: Event) -> None:
        place = _place(event.get("file"), event.get("line"))
        self.painter.block(
            "  ", (style, f"{mark} {label:<{LABEL}}"), " ".join(filter(None, [place, str(event["message"])]))
        )
        if event.get("hint"):
            self.painter.block(" " * (LABEL + 4), ("", ""), str(event["hint"]), "dim")

    def _row(self, style: str, mark: str, label: str, text: str, aside: str = "") -> None:
        self.painter.line(
            ("", "  "), (style, f"{mark} {label:<{LABEL - 1}} "), ("", text), ("dim", f"  {aside}" if aside else "")
        )

    def _labelled(self, label: str, text: str, style: str = "") -> None:
        self.painter.block("  ", ("dim", f"{label:<{LABEL}}  "), text, style)


def _once_each(results: tuple[TestResult, ...]) -> list[TestResult]:
    """Tests that failed in both reading orders at the same line count as one here."""
    seen: dict[tuple[str, int | None], TestResult] = {}
    for result in results:
        base = result.id.replace("[each]", "").replace("[last]", "")
        line = next((frame.line for frame in reversed(result.frames) if frame.role == "test"), result.line)
        known = seen.get((base, line))
        seen[base, line] = result if known is None else replace(known, id=base)
    return list(seen.values())


def _place(file: object, line: object) -> str:
    return f"{file}:{line}" if file and line else str(file or "")


def _value(value: str | None) -> str:
    """A compared value on at most a few lines."""
    if value is None:
        return "-"
    return value if len(value) <= 400 else f"{value[:400]}... ({len(value)} characters)"


def _of(event: Event) -> str:
    return f"{event['count']} of {event['limit']}" if "count" in event and "limit" in event else ""


def _pair(count: Any) -> str:
    if isinstance(count, list | tuple) and len(count) == 2:
        return f"{count[0]} of {count[1]}"
    return str(count)
