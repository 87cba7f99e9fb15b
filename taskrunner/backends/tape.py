"""A tape of what a node was asked and what it answered: one JSON line per exchange, appended while the run goes on.

Suites end their nodes with SIGKILL, and one run may start several nodes in several processes; a line that is written
at once is there whatever happens next. Cases are made of it later, by `record`. Knows no message.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from taskrunner.client import Reply, Transport
from taskrunner.client.transport import Headers
from taskrunner.node import Node, Request, Response
from taskrunner.wire import Wallet

VARIABLE = "TASKRUNNER_RECORD"  # names the tape to every node that a recorded command starts


class Tape:
    """A file that exchanges are appended to; processes and threads may share it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def note(
        self, method: str, path: str, headers: Headers, body: bytes, status: int, told: Headers, answer: bytes
    ) -> None:
        """Append one exchange; `told` are the answer's headers."""
        sent = {"method": method, "path": path, "headers": list(headers), "body": _text(body)}
        line = {**sent, "status": status, "told": list(told), "answer": _text(answer)}
        handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, json.dumps(line).encode() + b"\n")
        finally:
            os.close(handle)

    def __iter__(self) -> Iterator[tuple[str, str, Headers, bytes, Reply]]:
        """What was asked (method, path, headers, body) and the answer, in order; a line cut off is left out."""
        try:
            lines = self.file.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        for line in lines:
            try:
                each = json.loads(line)
            except ValueError:
                continue
            headers, told = (tuple((name, value) for name, value in each[key]) for key in ("headers", "told"))
            answer = Reply(each["status"], told, base64.b64decode(each["answer"]))
            yield each["method"], each["path"], headers, base64.b64decode(each["body"]), answer


class TapedNode(Node):
    """An embedded node whose exchanges go on a tape, in process and over HTTP alike."""

    tape: Tape

    def answer(self, request: Request, *, sign: bool) -> Response:
        """As the node itself."""
        response = super().answer(request, sign=sign)
        self.tape.note(
            *(request.method, request.path, request.headers, request.body),
            *(response.status, response.headers, response.body),
        )
        return response


class TapedTransport:
    """A transport to somebody else's node whose exchanges go on a tape."""

    def __init__(self, transport: Transport, tape: Tape) -> None:
        self._transport = transport
        self._tape = tape
        self.url = getattr(transport, "url", "")

    def request(
        self, method: str, path: str, headers: Headers = (), body: bytes = b"", timeout: float | None = None
    ) -> Reply:
        """As the transport itself."""
        reply = self._transport.request(method, path, headers, body, timeout)
        self._tape.note(method, path, headers, body, reply.status, reply.headers, reply.body)
        return reply

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def make_node(wallet: Wallet, tape: Tape | None = None, **options: Any) -> Node:
    """An embedded node, on the tape if there is one."""
    if tape is None:
        return Node(wallet, **options)
    node = TapedNode(wallet, **options)
    node.tape = tape
    return node


def tape_of_environment() -> Tape | None:
    """The tape of the command that recorded us, if one does."""
    file = os.environ.get(VARIABLE)
    return Tape(Path(file)) if file else None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
