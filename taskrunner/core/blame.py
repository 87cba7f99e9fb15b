"""What a suite's report says by itself: machine faults, crashes, broken suites, errors raised inside the module.

Each function looks at one kind of trace and returns a Ruling or None. It must not know what any plan says.
"""

from __future__ import annotations

import re
from dataclasses import replace

from taskrunner.core.case import Case, Experiment, Ruling
from taskrunner.core.codes import canonical, code, is_failure
from taskrunner.core.facts import FailureClass, Frame, Outcome, SuiteReport, TestResult

# Errors of Python that can only mean the machine, wherever they come up.
_MACHINE_ERRORS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"\[Errno 28\]|No space left on device|ENOSPC|[Dd]isk quota exceeded|database or disk is full"),
        "ENV-DISK-FULL",
    ),
    (re.compile(r"\[Errno 30\]|Read-only file system|EROFS|os error 30"), "ENV-READ-ONLY"),
    (re.compile(r"\[Errno (1|13)\]|Permission denied|EACCES|EPERM|os error 13"), "ENV-PERMISSION"),
    (re.compile(r"^MemoryError|Cannot allocate memory|\[Errno 12\]|ENOMEM"), "ENV-MEMORY"),
    (re.compile(r"\[Errno 27\]|File too large|EFBIG"), "ENV-DISK-FULL"),
    (re.compile(r"\[Errno (5|11|23|24)\]|Too many open files|E[MN]FILE|Resource temporarily unavailable"), "ENV-FAULT"),
    (re.compile(r"can't start new thread|Input/output error|cannot open shared object file"), "ENV-FAULT"),
    (re.compile(r"disk I/O error|unable to open database file|certificate verify failed"), "ENV-FAULT"),
    (re.compile(r"No usable temporary directory|Library not loaded|DLL load failed|version `GLIBC"), "ENV-FAULT"),
)
# A program that a suite or its fixtures start, and that is not there.
_NO_PROGRAM = re.compile(r"No such file or directory: '([^'/]+)'$|^Error: spawn ([^\s/]+) ENOENT")
# What cargo and rustc say when it is not the crate that is broken.
_NO_BUILD = re.compile(
    r"package cache lock|rustup could not choose|no default is configured|[Cc]ould not resolve host"
    r"|error while loading shared libraries|signal: \d+|failed to download|network error|failed to create directory"
)
# The node is gone: nobody listens, or it closed the connection in the middle of an answer.
_NODE_GONE = re.compile(
    r"ConnectError|ConnectionRefused|ECONNREFUSED|ECONNRESET|Connection (refused|reset)|RemoteProtocolError"
    r"|[Ss]erver disconnected|socket hang up|the node is not running|NodeGone"
)
_ASSERTED = ("AssertionError", "Failed")
# What a node says of a request that nobody can answer, whatever the module does.
_ASKED_WRONGLY = {
    "MOD-NODE-SLOT": "TEST-WRONG-SLOT",
    "MOD-NODE-UNKNOWN": "TEST-RAISED",
    "MOD-NODE-TYPE": "TEST-RAISED",
    "MOD-NODE-MODULE": "TEST-RAISED",
    "MOD-NODE-SIGNATURE": "TEST-RAISED",
    "MOD-NODE-DEVICE": "TEST-RAISED",
}
_NO_IMPORT = frozenset(
    {"ImportError", "ModuleNotFoundError", "ERR_MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED"}
    | {"ERR_UNSUPPORTED_DIR_IMPORT", "MODULE_NOT_FOUND"}
)
_UNDECIDED = frozenset({"MOD-NODE-ERROR"})
_TEST_OWN_ERRORS = frozenset(
    {"NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError",
     "RecursionError", "ZeroDivisionError", "ReferenceError", "NotImplementedError", "FileNotFoundError"}
)  # fmt: skip


def machine_fault(case: Case) -> Ruling | None:
    """A fault of the machine that the report itself shows: disk, memory, rights, clock, a node that went away."""
    report = case.report
    if report is None:
        return None
    jump = next((warning for warning in report.warnings if warning.startswith("clock jump")), None)
    if jump is not None:
        return _environment("ENV-CLOCK-JUMP", jump)
    passed = any(result.outcome is Outcome.PASSED for result in report.results)
    for result in report.failed:
        found = _machine_error(result, passed)
        if found is not None:
            return found
    return None


def crashed(case: Case) -> bool:
    """Whether the run gave no full report."""
    return case.report is not None and bool(case.report.crash)


def judge_suite_report(case: Case) -> Ruling | None:
    """A suite that does not stand: it cannot be collected, has no tests, hangs, or ends its own process."""
    report = case.report
    if report is None:
        return None
    if report.collection_errors:
        return _collection_error(report.collection_errors[0])
    if report.crash:
        return _crash(report.crash, case)
    if report.collected == 0:
        return Ruling("TEST-EMPTY", "the suite collected no test", Experiment.SUITE)
    if (idle := _did_not_run(report)) is not None:
        return idle
    if case.failed is not None and _fixture_missing(case.failed):
        return _at_test("TEST-FIXTURE", case.failed)
    if case.failed is not None and _refused_by_pytest(case.failed):
        return _at_test("TEST-RAISED", case.failed)
    if not report.failed and report.exit_code != 0:
        message = f"every test passed but the runner ended with exit code {report.exit_code}"
        return Ruling("TEST-CRASH", message, Experiment.SUITE)
    failed = case.failed
    account = (failed.node_failure if failed else None) or {}
    if failed is not None and account.get("code") == "TEST-NODE-ADDRESS":
        ruling = _at_test("TEST-NODE-ADDRESS", failed)
        return replace(ruling, message=str(account["message"]), hint=str(account.get("hint", "")))
    if failed is None or failed.node_failure is not None or failed.error_type not in _TEST_OWN_ERRORS:
        return None
    if failed.error_type == "SyntaxError" and "JSON" in failed.message:
        return None  # what JSON.parse says of a reply
    return _at_test("TEST-RAISED", failed) if innermost_role(failed) == "test" else None


def raised(case: Case) -> Ruling | None:
    """A trap, a limit or an error inside the module, in the node's own words."""
    failed = case.failed
    if failed is None or failed.node_failure is None:
        return None
    account = failed.node_failure
    name = canonical(str(account.get("code", "")))
    if name in _ASKED_WRONGLY and failed.error_type not in _ASSERTED:
        return _refused_request(_ASKED_WRONGLY[name], failed, str(account.get("message", failed.message)))
    if not is_failure(name) or name in _UNDECIDED or code(name).cls in (FailureClass.TEST, FailureClass.UNKNOWN):
        return None
    message = str(account.get("message", failed.message))
    line = account.get("line")
    return Ruling(
        name,
        message,
        Experiment.RAISED,
        account.get("file"),
        line if isinstance(line, int) else None,
        str(account.get("hint", "")),
        verdict="raised inside the module",
        detail=_where(account.get("function"), account.get("slot")) + message,
    )


def _refused_request(name: str, failed: TestResult, message: str) -> Ruling:
    """A request that no module could have answered: what was asked is wrong, and the test asked it."""
    ruling = _at_test(name, failed)
    return replace(ruling, message=message, experiment=Experiment.RAISED, verdict=name, detail=message)


def innermost_role(result: TestResult) -> str:
    """The role of the innermost frame: who raised it. `test` where there are no frames."""
    return result.frames[-1].role if result.frames else "test"


def innermost_test_frame(result: TestResult) -> Frame | None:
    """The innermost line of the suite itself."""
    return next((frame for frame in reversed(result.frames) if frame.role == "test"), None)


def _where(function: object, slot: object) -> str:
    parts = [f"in {function}" if function else "", f"at slot {slot}" if slot is not None else ""]
    text = " ".join(part for part in parts if part)
    return f"{text}: " if text else ""


def machine_words(text: str, build: bool = False) -> str | None:
    """The code of what the machine does not give, if a text says so in the system's words; `build`: in cargo's, too."""
    found = next((name for pattern, name in _MACHINE_ERRORS if pattern.search(text)), None)
    return found or ("ENV-RUST" if build and _NO_BUILD.search(text) else None)


def _environment(name: str, message: str) -> Ruling:
    return Ruling(name, message, Experiment.MACHINE, verdict=name, detail=message)


def _machine_error(result: TestResult, began_well: bool) -> Ruling | None:
    """What one result shows of the machine; `began_well` says that other tests of the run passed."""
    account = result.node_failure or {}
    name = str(account.get("code", ""))
    if name == "MOD-NODE-NO-CU":  # what was asked for needs more than a node of ours
        message = str(account.get("message", result.message))
        return replace(_environment("ENV-NODE-DEVICE", message), hint=str(account.get("hint", "")))
    if name.startswith("ENV-"):
        gone = began_well and name in ("ENV-NODE-UNREACHABLE", "ENV-NODE-TIMEOUT")
        message = str(account.get("message", result.message))
        if gone:
            return _environment("ENV-NODE-DIED", f"the node went away during {result.id}: {message}")
        ruling = _environment(name, message)
        return replace(ruling, file=result.file or None, line=result.line, hint=str(account.get("hint") or ""))
    if result.error_type in _ASSERTED or result.node_failure is not None:
        return None
    text = f"{result.error_type}: {result.message}"
    own = innermost_role(result) == "test"
    in_test = own and bool(result.frames) and result.frames[-1].file == result.file  # where it picks its own paths
    if (words := machine_words(text)) is not None and not (in_test and words == "ENV-PERMISSION"):
        return _environment(words, result.message or result.error_type)
    started = bool(result.frames) and result.frames[-1].file.endswith("subprocess.py")
    if (program := _NO_PROGRAM.search(text)) is not None and (started or program[2]):
        tool = program[1] or program[2]
        ruling = _environment("ENV-FAULT", f"the program {tool} is not installed, and {result.id} starts it")
        return replace(ruling, hint=f"install {tool}")
    if not own and _NODE_GONE.search(text):
        return _environment("ENV-NODE-DIED", f"the node went away during {result.id}: {result.message}")
    return None


def _collection_error(result: TestResult) -> Ruling:
    if result.error_type in _NO_IMPORT or "does not provide an export named" in result.message:
        return _at_test("TEST-IMPORT", result)
    if result.error_type in ("SyntaxError", "IndentationError", "TabError"):
        return _at_test("TEST-SYNTAX", result)
    if _fixture_missing(result):
        return _at_test("TEST-FIXTURE", result)
    return _at_test("TEST-RAISED", result)


def _crash(crash: str, case: Case) -> Ruling:
    place = (case.failed.file or None, case.failed.line) if case.failed else (None, None)
    if crash.startswith("timeout"):
        silent = [
            words for words in (case.report.warnings if case.report else ()) if words.startswith("nobody listens")
        ]
        words = f"the suite did not end in time ({crash}){f': {silent[0]}' if silent else ''}"
        return Ruling("TEST-HANG", words, Experiment.SUITE, *place)
    if "although the report says" in crash and case.failed is not None:
        words = f"the suite's process ended as if all were well ({crash}), and {case.failed.id} failed"
        return Ruling("TEST-CRASH", words, Experiment.SUITE, *place)
    if crash.startswith("output"):
        return Ruling(
            "TEST-CRASH", f"the suite printed without end and was stopped ({crash})", Experiment.SUITE, *place
        )
    return Ruling("TEST-CRASH", f"the suite's process ended without a full report ({crash})", Experiment.SUITE, *place)


def _did_not_run(report: SuiteReport) -> Ruling | None:
    """Nothing failed, and not every test passed: some were skipped, or taken out of the run."""
    passed = {result.id for result in report.results if result.outcome is Outcome.PASSED}
    if report.failed or report.exit_code != 0 or len(passed) >= report.collected:
        return None
    skipped = next((result for result in report.results if result.outcome is Outcome.SKIPPED), None)
    count = f"{report.collected - len(passed)} of {report.collected} tests did not run"
    if skipped is None:
        hint = "look for what takes tests out of the run: a conftest.py, a pytest option"
        return Ruling("TEST-SKIPPED", f"{count}: something takes them out", Experiment.SUITE, hint=hint)
    words = f"{count}; {skipped.id} was skipped{f': {skipped.message}' if skipped.message else ''}"
    return Ruling("TEST-SKIPPED", words, Experiment.SUITE, skipped.file or None, skipped.line)


def _refused_by_pytest(result: TestResult) -> bool:
    """pytest itself let the test fail before a line of it ran: an async test without a plugin, scopes that clash."""
    return result.error_type == "Failed" and all(frame.role != "test" for frame in result.frames)


def _fixture_missing(result: TestResult) -> bool:
    return result.error_type == "FixtureLookupError" or bool(re.search(r"fixture '[^']+' not found", result.message))


def _at_test(name: str, result: TestResult) -> Ruling:
    frame = innermost_test_frame(result)
    file, line = (frame.file, frame.line) if frame else (result.file or None, result.line)
    kind = f"{result.error_type}: " if result.error_type and result.error_type not in result.message else ""
    return Ruling(name, f"{kind}{result.message}" or code(name).title, Experiment.SUITE, file, line)
