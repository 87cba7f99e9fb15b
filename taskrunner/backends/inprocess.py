"""The transport to a node in this very process: a function call instead of a socket. The twin of `client.http`.

Requests and answers are the same bytes as over HTTP, only that answers are not signed unless asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.client import Reply
from taskrunner.client.transport import Headers
from taskrunner.node.exchange import Request

if TYPE_CHECKING:
    from taskrunner.node import Node


class InProcess:
    """Asks `node` directly; `sign=True` makes the node sign what it answers."""

    def __init__(self, node: Node, *, sign: bool = False, url: str = "inprocess:") -> None:
        self.node = node
        self.sign = sign
        self.url = url

    def name_source(self, source: str, file: str) -> None:
        """Tell the node which file a text is, so that errors name it."""
        self.node.name_source(source, file)

    def request(
        self, method: str, path: str, headers: Headers = (), body: bytes = b"", timeout: float | None = None
    ) -> Reply:
        """One request; `timeout` is not needed, because the node's own limits end everything."""
        response = self.node.answer(Request(method, path, tuple(headers), body), sign=self.sign)
        return Reply(response.status, response.headers, response.body)
