"""How a request reaches a node: the smallest interface that could work, and the two shapes that cross it.

HTTP is one transport (`http.py`), a node in the same process another (`backends`). Header values are latin-1 text, as
HTTP libraries give them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as the JavaScript client shows it: `out` is the parsed value, `body` the text.

    `answer["out"]` works too, so that code written after the JavaScript examples reads naturally.
    """

    status: int
    headers: Mapping[str, str]
    body: str
    out: Any = None
    failure: Mapping[str, Any] | None = field(default=None)

    def __getitem__(self, name: str) -> Any:
        if name not in self.__slots__:
            raise KeyError(name)
        return getattr(self, name)


class Transport(Protocol):
    """Sends one request and waits for its answer. Raises `EnvironmentFault` if there is none."""

    def request(
        self, method: str, path: str, headers: Headers = (), body: bytes = b"", timeout: float | None = None
    ) -> Reply:
        """`path` begins with a slash and may carry a query; `timeout` is in seconds."""
        ...
