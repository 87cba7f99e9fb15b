"""The two shapes that cross the border of a node: a request as bytes and an answer as bytes. Knows no message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is the request target with its query; header names are lower case, values latin-1 text."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first value of a header, "" if it is absent."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Response:
    """`headers` as they are to be sent, names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first value of a header, "" if it is absent."""
        return next((value for key, value in self.headers if key == name), "")
