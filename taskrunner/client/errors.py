"""A node that answered, and said no: its status, its own words, and the account that our own node adds to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskrunner.errors import TaskrunnerError

MAX_WORDS = 400


class NodeError(TaskrunnerError):
    """A request that a node refused or could not answer.

    `status` is the HTTP status, `body` the text of the answer, `failure` the JSON of the header `taskrunner-failure`
    ({code, message, file, line, column, function, traceback, slot, hint}) where the node is ours, else None.
    """

    default_code = "MOD-NODE-ERROR"

    def __init__(
        self, message: str, *, status: int = 0, body: str = "", failure: Mapping[str, Any] | None = None, code: str = ""
    ) -> None:
        known = dict(failure or {})
        super().__init__(
            message,
            code=code or str(known.get("code") or ""),
            file=_text(known.get("file")),
            line=_number(known.get("line")),
            column=_number(known.get("column")),
            hint=str(known.get("hint") or ""),
        )
        self.status = status
        self.body = body
        self.failure = dict(failure) if failure is not None else None


class ProcessError(TaskrunnerError):
    """A message that a process answered with an error; `results` is its whole answer (None: there is none).

    `failure` is our own node's account of it, with the script's file and line; None from any other node.
    """

    default_code = "MOD-PROCESS-ERROR"

    def __init__(self, what: str, words: str, results: Any = None, failure: Mapping[str, Any] | None = None) -> None:
        known = dict(failure or {})
        super().__init__(f"{what}: {words}", file=_text(known.get("file")), line=_number(known.get("line")))
        self.results = results
        self.failure = dict(failure) if failure is not None else None


def refused(what: str, status: int, body: str, failure: Mapping[str, Any] | None) -> NodeError:
    """The error for an answer with a bad status; our node's sentence wins over production's Erlang."""
    if failure is not None and failure.get("message"):
        words = str(failure["message"])
    else:
        words = " ".join(body.split())
        words = words if len(words) <= MAX_WORDS else f"{words[:MAX_WORDS]}..."
    return NodeError(f"{what}: {status} {words}".rstrip(), status=status, body=body, failure=failure)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
