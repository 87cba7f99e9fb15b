"""What a device answers, and the two ways in which a node fails: a status of its own, or an Erlang crash ("Oops").

The text of a failure is production's; what a person needs beside it travels as `Failure`, the JSON of the header
`taskrunner-failure`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from taskrunner.wire import Atom

NOT_FOUND = Atom("not_found")
OOPS = "Oops! Something went wrong. Here's the rundown:"
PARSED = "\u2705Parsing your request"
UNPARSED = "\u274cParsing your request"
RESOLVED = "5\u20e3 Resolved steps of your execution"
MAX_HEADER = 16_000


def printed(text: str) -> bytes:
    """A text as a real node prints it when answering fails: the list of its bytes, in lines of 80 characters."""
    lines, line = [], "<<"
    for code in text.encode():
        piece = f"{code},"
        if len(line) + len(piece) > 79:
            lines.append(line)
            line = "  "
        line += piece
    return ("\n".join([*lines, line]).rstrip(",") + ">>").encode()


PRINTED_OOPS = printed(f"{OOPS}\n{PARSED}")


@dataclass(frozen=True, slots=True)
class Failure:
    """Our own account of what went wrong, for clients that know us. Lines and columns are 1-based."""

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    function: str = ""
    traceback: tuple[dict[str, Any], ...] = ()
    slot: int | None = None
    hint: str = ""

    def to_json(self) -> dict[str, Any]:
        """What is known of it, as plain data."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in fields.items() if value not in (None, "", ())}

    def to_header(self) -> str:
        """One line of ASCII JSON, cut to what HTTP servers take."""
        known = self.to_json()
        line = json.dumps(known)
        if len(line) > MAX_HEADER:
            known = {**known, "message": self.message[: MAX_HEADER // 12], "traceback": list(self.traceback[:8])}
            line = json.dumps(known)
        return line

    @property
    def where(self) -> str:
        """`file:line`, as far as known."""
        return ":".join(str(part) for part in (self.file, self.line) if part)


@dataclass(frozen=True, slots=True)
class Result:
    """A device's answer: status `ok`, `created`, `error`, `not_found`, `failure`, `skip` or `pass`, and a value."""

    status: str
    value: Any
    failure: Failure | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether a path may go on from here."""
        return self.status in ("ok", "created")


def ok(value: Any) -> Result:
    """A good answer."""
    return Result("ok", value)


def not_found() -> Result:
    """What a missing key answers: 404 with the atom."""
    return Result("not_found", NOT_FOUND)


class Refusal(Exception):
    """An answer that ends the path from anywhere below: carried out as its `result`."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.status)
        self.result = result


class Oops(Exception):
    """An uncaught Erlang exception: 500 in plain text, unsigned. `where` is `fun MODULE:FUNCTION/ARITY`."""

    def __init__(self, term: str, where: str = "fun dev_process:compute/3", *, failure: Failure | None = None) -> None:
        super().__init__(term)
        self.term = term
        self.where = where
        self.failure = failure or Failure("MOD-NODE-CRASH", f"a real node crashes here: {term}")

    @property
    def body(self) -> str:
        """The text that a real node sends."""
        return "\n".join([OOPS, PARSED, RESOLVED, f"\u274cError {self.where} -> {self.term}"])


class PlainOops(Oops):
    """A crash that a real node tells in other words: `text` is the whole body."""

    def __init__(self, text: str, *, failure: Failure | None = None) -> None:
        super().__init__(text, "", failure=failure)

    @property
    def body(self) -> str:
        return self.term
