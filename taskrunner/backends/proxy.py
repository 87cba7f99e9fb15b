"""A node's place held by another node: whatever is asked here is asked there, and the answer is handed back as it came.

Bytes pass unchanged, status and headers too; only what belongs to one connection (host, transfer coding, keep-alive) is
made anew. Lets a suite that insists on a local port run on any node, and lets a tape hear it. Knows HTTP, no message.
"""

from __future__ import annotations

import http.client
import json
import ssl
from urllib.parse import urlsplit

from taskrunner.backends.tape import Tape
from taskrunner.errors import InputError
from taskrunner.node import Request, Response

SECONDS = 120.0
HOP = frozenset({"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"})


class Proxy:
    """Answers as the node at `url` does; what `backends.http` serves in place of a node of ours."""

    def __init__(self, url: str, tape: Tape | None = None, *, seconds: float = SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"{url!r} is no URL of a node", code="INPUT-NODE-URL", hint="e.g. http://localhost:10001")
        self.url = url.rstrip("/")
        self.tape = tape
        self._parts = parts
        self._seconds = seconds

    def handle(self, request: Request) -> Response:
        """The other node's answer; 502 or 504 with the fault in `taskrunner-failure` where none came."""
        try:
            response = self._ask(request)
        except TimeoutError:
            words = f"{self.url} did not answer {request.method} {request.path[:80]} within {self._seconds:g} s"
            return _fault(504, "ENV-NODE-TIMEOUT", words)
        except (OSError, http.client.HTTPException) as error:
            words = f"{self.url} cannot be reached: {str(error) or type(error).__name__}"
            return _fault(502, "ENV-NODE-UNREACHABLE", words)
        if self.tape is not None:
            self.tape.note(
                *(request.method, request.path, request.headers, request.body),
                *(response.status, tuple((name.lower(), value) for name, value in response.headers), response.body),
            )
        return response

    def _ask(self, request: Request) -> Response:
        link = self._connect()
        try:
            link.putrequest(
                request.method, self._parts.path.rstrip("/") + request.path, skip_host=True, skip_accept_encoding=True
            )
            link.putheader("host", self._parts.netloc.rpartition("@")[2])
            for name, value in request.headers:
                if name not in HOP and name not in ("host", "content-length"):
                    link.putheader(name, value.encode("latin-1"))
            if request.body or request.method == "POST":
                link.putheader("content-length", str(len(request.body)))
            link.putheader("connection", "close")
            link.endheaders(request.body or None)
            answer = link.getresponse()
            body = answer.read()
        finally:
            link.close()
        headers = tuple((name, value) for name, value in answer.getheaders() if name.lower() not in HOP)
        return Response(answer.status, headers, body)

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._seconds, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=self._seconds)


def _fault(status: int, code: str, words: str) -> Response:
    failure = json.dumps({"code": code, "message": words})
    return Response(status, (("content-type", "text/plain"), ("taskrunner-failure", failure)), words.encode())
