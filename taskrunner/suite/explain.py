"""Plain data about exceptions, comparisons and exchanges, for the report: pure functions over live objects.

A frame's role says whose line it is: `module` (Lua or Rust of the user), `test`, `harness` (taskrunner) or `library`.
"""

from __future__ import annotations

import ast
import linecache
import sys
import traceback
from pathlib import Path
from typing import Any

import taskrunner
from taskrunner.errors import EnvironmentFault
from taskrunner.suite.replies import Sent

HARNESS = str(Path(taskrunner.__file__).parent)
LIMIT = 4000


def of_exception(error: BaseException, root: Path) -> dict[str, Any]:
    """`error_type`, `message`, `frames` (outermost first) and, where a node failed, `node_failure`."""
    fields: dict[str, Any] = {"error_type": type(error).__name__, "message": message_of(error)[:LIMIT]}
    frames = frames_of(error, root)
    failure = node_failure(error)
    if failure is not None:
        fields["node_failure"] = failure
        frames += module_frames(failure)
    if isinstance(error, SyntaxError) and error.filename:
        text = (error.text or "").strip()
        frames.append(_frame(relative(error.filename, root), error.lineno or 0, "", _role(error.filename, root), text))
    fields["frames"] = frames
    return fields


def message_of(error: BaseException) -> str:
    """The error's own words; an assertion's first line without pytest's details."""
    if isinstance(error, SyntaxError):
        return str(error.msg)
    if type(error).__name__ == "FixtureLookupError":
        return f"fixture {getattr(error, 'argname', '')!r} not found"
    text = str(error) or type(error).__name__
    return text.split("\n", 1)[0] if isinstance(error, AssertionError) else text


def frames_of(error: BaseException, root: Path) -> list[dict[str, Any]]:
    """The Python frames that matter: from the first line of a test on, without pytest's own."""
    found = []
    for entry in traceback.extract_tb(error.__traceback__):
        role = _role(entry.filename, root)
        if role != "pytest":
            found.append(_frame(relative(entry.filename, root), entry.lineno or 0, entry.name, role, entry.line or ""))
    start = next((at for at, frame in enumerate(found) if frame["role"] == "test"), 0)
    return found[start:]


def node_failure(error: BaseException | None) -> dict[str, Any] | None:
    """The node's own account of a failed slot, from the exception or one that led to it."""
    seen = 0
    while error is not None and seen < 20:
        failure = getattr(error, "failure", None)
        if isinstance(failure, dict):
            return failure
        if isinstance(error, EnvironmentFault):
            return error.to_json()
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None


def module_frames(failure: dict[str, Any]) -> list[dict[str, Any]]:
    """The module's frames of a node failure, innermost last."""
    rows = failure.get("traceback") or ([failure] if failure.get("file") else [])
    return [
        _frame(str(row.get("file") or ""), int(row.get("line") or 0), str(row.get("function") or ""), "module", "")
        for row in rows
        if isinstance(row, dict)
    ]


def of_comparison(error: BaseException, compared: tuple[str, Any, Any] | None, sent: Sent | None) -> dict[str, Any]:
    """`expected` and `got` of a failed assertion, as text; empty if it compared nothing."""
    if sent is not None and not sent and compared is None:
        return {"expected": sent.expected, "got": sent.got}
    if compared is None:
        return {}
    op, left, right = compared
    if op in ("in", "not in"):
        return {"expected": f'{"contains" if op == "in" else "does not contain"} "{show(left)}"', "got": show(right)}
    if _expected_is_left(error):
        left, right = right, left
    prefix = "" if op == "==" else f"{op} "
    return {"expected": prefix + show(right), "got": show(left)}


def show(value: Any) -> str:
    """A value for a report: texts as they are, everything else as Python writes it."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= LIMIT else f"{text[:LIMIT]}... ({len(text)} characters)"


def of_exchange(exchange: Any) -> dict[str, Any]:
    """One exchange as JSON data."""
    return {name: getattr(exchange, name, None) for name in ("slot", "sent", "status", "got")}


def relative(text: str, root: Path) -> str:
    """A path (or a text that begins with one) relative to the workspace where it lies in it."""
    prefix = f"{root}/"
    return text[len(prefix) :] if text.startswith(prefix) else text


def _expected_is_left(error: BaseException) -> bool:
    """Whether the failed line reads `assert CONSTANT == value`."""
    entries = traceback.extract_tb(error.__traceback__)
    if not entries:
        return False
    try:
        tree = ast.parse((entries[-1].line or linecache.getline(entries[-1].filename, entries[-1].lineno or 0)).strip())
    except (SyntaxError, ValueError):
        return False
    statement = tree.body[0] if tree.body else None
    if not isinstance(statement, ast.Assert) or not isinstance(statement.test, ast.Compare):
        return False
    compare = statement.test
    return isinstance(compare.left, ast.Constant) and not isinstance(compare.comparators[0], ast.Constant)


def _frame(file: str, line: int, function: str, role: str, text: str) -> dict[str, Any]:
    return {"file": file, "line": line, "function": function, "role": role, "text": text}


def _role(filename: str, root: Path) -> str:
    path = str(Path(filename))
    if path.startswith(HARNESS):
        return "harness"
    if "/_pytest/" in path or "/pluggy/" in path:
        return "pytest"
    inside = path.startswith(str(root)) and "/site-packages/" not in path and "/.venv/" not in path
    if inside and not path.startswith(sys.prefix + "/"):
        return "test"
    return "library"
