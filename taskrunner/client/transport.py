"""How a request reaches a node: the smallest interface that could work, and the two shapes that cross it.

HTTP is one transport (`http.py`), a node in the same process another (`backends`). Header values are latin-1 text, as
HTTP libraries give them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as it came: names of headers in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header, "" if it is absent."""
        return next((value for key, value in self.headers if key == name), "")


class Answer:
    """One answer as the JavaScript client shows it: `out` is the parsed value (None if there is none), `body` the text.

    `failure` is our own node's account of what went wrong. `out` is parsed when it is first asked for, because most
    callers need a header only. `answer["out"]` works too, so that code after the JavaScript examples reads naturally.
    """

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        body: str,
        failure: Mapping[str, Any] | None = None,
        parse: Callable[[], Any] | None = None,
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.failure = failure
        self._parse = parse

    @cached_property
    def out(self) -> Any:
        """The parsed value."""
        return self._parse() if self._parse is not None else None

    def __getitem__(self, name: str) -> Any:
        if name not in ("status", "headers", "body", "out", "failure"):
            raise KeyError(name)
        return getattr(self, name)

    def __repr__(self) -> str:
        return f"<Answer {self.status} {self.body[:60]!r}>"


class Transport(Protocol):
    """Sends one request and waits for its answer. Raises `EnvironmentFault` if there is none."""

    def request(
        self, method: str, path: str, headers: Headers = (), body: bytes = b"", timeout: float | None = None
    ) -> Reply:
        """`path` begins with a slash and may carry a query; `timeout` is in seconds."""
        ...
