"""Which symptom a module shows that is known to be wrong: the code under which its failure is explained.

The class is decided already (module); this only finds the page that helps most. It must not decide who is to blame.
"""

from __future__ import annotations

import json

from taskrunner.core.case import Case, Experiment
from taskrunner.core.exchanges import answers, conversation, data_of, processes
from taskrunner.core.facts import TestResult

_EMPTY = frozenset({"", "None", "null", "nil", "undefined", "[]", "{}", "''", '""'})


def symptom(case: Case) -> tuple[str, str]:
    """The code and the sentence for a module that answers wrongly."""
    failed = case.failed
    if failed is None:
        return "MOD-WRONG-REPLY", "the module does not do what the plan says"
    got = failed.got or ""
    said = f"expected {failed.expected}, got {failed.got}" if failed.expected is not None else failed.message
    if "not implemented" in got or "not implemented" in failed.message:
        return "MOD-NOT-IMPLEMENTED", _not_implemented(failed)
    for suspect in _suspects(case):
        if _explains(suspect, failed, got):
            return str(suspect["code"]), f"{suspect['message']} ({said})"
    if _wants_json(failed.expected) and not _is_json(got) and data_of(got) is None:
        return "MOD-JSON", f"the reply is not JSON: {said}"
    if len(processes(failed.exchanges)) > 1:
        return "MOD-STATE-SHARED", f"two processes do not keep apart: {said}"
    if _forgets(case, failed):
        return "MOD-STATE-LOST", f"the state of an earlier message is gone: {said}"
    return "MOD-WRONG-REPLY", said


def _suspects(case: Case) -> list[dict[str, object]]:
    """Risky places that the static check named: {"code", "message", "line"}."""
    module = case.seen(Experiment.MODULE)
    return list(module.facts.get("suspects", ())) if module else []


def _explains(suspect: dict[str, object], failed: TestResult, got: str) -> bool:
    code = suspect.get("code")
    if code in ("MOD-RETURN", "MOD-NO-RESULTS"):
        return got in _EMPTY or failed.error_type in ("KeyError", "TypeError", "IndexError")
    if code == "MOD-ACTION-NIL":
        return got in _EMPTY or "unknown action" in got.lower()
    return False


def _forgets(case: Case, failed: TestResult) -> bool:
    """Whether a later message got what a fresh process answers to it, or what an earlier one got."""
    talk = conversation(failed)
    if talk is None or len(talk.messages) < 2 or failed.got is None:
        return False
    got = failed.got.strip("'\"")
    if "unknown action" in got:
        return False  # it did not even look
    if [at for at, _ in talk.positions(got)] == [0]:
        return False  # the very first message was answered wrongly: nothing to forget yet
    plan = case.seen(Experiment.PLAN)
    fresh = plan.facts.get("fresh") if plan else None
    said = answers(failed.exchanges)
    if got in (fresh, "0", "nil", ""):
        return True
    return said[:1] == [got] and len(said) > 1 and talk.messages[0].action == talk.messages[-1].action


def _not_implemented(failed: TestResult) -> str:
    text = failed.got if failed.got and "not implemented" in failed.got else failed.message
    at = text.find("not implemented")
    return text[at : at + 80].splitlines()[0].strip("'\" ")


def _wants_json(expected: str | None) -> bool:
    return bool(expected) and str(expected).strip("'\"")[:1] in "{[" and data_of(str(expected)) is not None


def _is_json(text: str) -> bool:
    for form in (text, text.strip("'\"")):
        try:
            json.loads(form)
        except (ValueError, RecursionError):
            continue
        return True
    return False
