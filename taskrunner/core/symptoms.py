"""Which symptom a module shows that is known to be wrong: the code under which its failure is explained.

The class is decided already (module); this only finds the page that helps most. It must not decide who is to blame.
"""

from __future__ import annotations

import json

from taskrunner.core.case import Case, Experiment
from taskrunner.core.exchanges import answers, conversation, processes
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
    if _wants_json(failed.expected) and not _is_json(got):
        return "MOD-JSON", f"the reply is not JSON: {said}"
    if len(processes(failed.exchanges)) > 1:
        return "MOD-STATE-SHARED", f"two processes do not keep apart: {said}"
    if _forgets(failed):
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


def _forgets(failed: TestResult) -> bool:
    """Whether a later answer repeats an earlier one to the same action, although another was expected."""
    talk = conversation(failed)
    said = answers(failed.exchanges)
    if talk is None or len(talk.messages) < 2 or failed.got is None or len(said) == 0:
        return False
    got = failed.got.strip("'\"")
    last = talk.messages[talk.position if talk.position is not None else -1]
    earlier = [m for m in talk.messages[: talk.position] if m.action == last.action] if talk.position else []
    return (bool(earlier) and said[0] == got and got == said[-1]) or got in ("0", "nil", "")


def _not_implemented(failed: TestResult) -> str:
    text = failed.got if failed.got and "not implemented" in failed.got else failed.message
    at = text.find("not implemented")
    return text[at : at + 80].splitlines()[0].strip("'\" ")


def _wants_json(expected: str | None) -> bool:
    return bool(expected) and str(expected).strip("'\"")[:1] in "{[" and _is_json(str(expected))


def _is_json(text: str) -> bool:
    for form in (text, text.strip("'\"")):
        try:
            json.loads(form)
        except ValueError:
            continue
        return True
    return False
