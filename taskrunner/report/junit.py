"""JUnit XML of the last full run of a suite, for CI systems. Text that XML cannot hold is replaced, never dropped."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from taskrunner.core.facts import Outcome, SuiteReport, TestResult
from taskrunner.errors import InputError
from taskrunner.report import Event
from taskrunner.report.plainfile import open_plain, refuse_unless_plain

CODE = "INPUT-JUNIT-FILE"

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Junit:
    """Keeps the last suite and the last failure of a run; writes the file when the run is over.

    Raises InputError INPUT-JUNIT-FILE at once where that will not be possible.
    """

    def __init__(self, path: Path) -> None:
        refuse_unless_plain(path, CODE)
        self.path = path
        self.name = "taskrunner"
        self.report: SuiteReport | None = None
        self.failure: Any = None

    def __call__(self, event: Event) -> None:
        match event.get("event"):
            case "run.started":
                self.name = f"task {event.get('task')} {event.get('name', '')}".strip()
            case "suite.finished":
                self.report = event["report"]
            case "failure":
                self.failure = event["failure"]
            case "run.finished" if event.get("outcome") == "done":
                self.failure = None

    def close(self) -> None:
        """Write the file. Raises InputError INPUT-JUNIT-FILE."""
        text = document(self.name, self.report, self.failure)
        try:
            with os.fdopen(open_plain(self.path, CODE), "wb") as file:
                file.write(text)
        except OSError as error:
            message = f"cannot write {self.path}: {error.strerror}"
            raise InputError(message, code=CODE, hint="name a file that can be written") from None


def document(name: str, report: SuiteReport | None, failure: Any = None) -> bytes:
    """The XML. A run without a report, or with a crash, is one test case that says why."""
    results = [*report.collection_errors, *report.results] if report else []
    cases = [_case(result) for result in results]
    crash = report.crash if report else ""
    if crash or not cases:
        cases.append(_crash_case(crash or _words(failure) or "no test ran"))
    elif failure is not None and not any(
        case.find("failure") is not None or case.find("error") is not None for case in cases
    ):
        cases.append(_crash_case(_words(failure)))
    suite = ElementTree.Element("testsuite", name=_clean(name))
    suite.extend(cases)
    failures, errors = len(suite.findall("*/failure")), len(suite.findall("*/error"))
    skipped = len(suite.findall("*/skipped"))
    counts = {"tests": len(cases), "failures": failures, "errors": errors, "skipped": skipped}
    suite.attrib |= {key: str(value) for key, value in counts.items()}
    suite.set("time", f"{report.seconds if report else 0:.3f}")
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(result: TestResult) -> ElementTree.Element:
    case = ElementTree.Element("testcase", name=_clean(result.id), time=f"{result.seconds:.3f}")
    case.set("classname", _clean(result.file.removesuffix(".py").replace("/", ".")))
    if result.file:
        case.set("file", _clean(result.file))
    if result.line:
        case.set("line", str(result.line))
    if result.outcome is Outcome.SKIPPED:
        ElementTree.SubElement(case, "skipped", message=_clean(result.message))
    elif result.outcome is not Outcome.PASSED:
        kind = "failure" if result.outcome is Outcome.FAILED else "error"
        problem = ElementTree.SubElement(case, kind, message=_clean(result.message), type=_clean(result.error_type))
        problem.text = _clean(_details(result))
    return case


def _crash_case(words: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", name="run", classname="taskrunner", time="0.000")
    ElementTree.SubElement(case, "error", message=_clean(words), type="taskrunner")
    return case


def _details(result: TestResult) -> str:
    lines = [f"expected: {result.expected}", f"got:      {result.got}"] if result.expected is not None else []
    lines += [f"{frame.file}:{frame.line} {frame.text}".rstrip() for frame in result.frames]
    return "\n".join(lines)


def _words(failure: Any) -> str:
    return f"{failure.code}: {failure.message}" if failure is not None else ""


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
