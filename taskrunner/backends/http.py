"""The HTTP face of an embedded node: sockets, limits and who may ask, around `Node.handle`, which decides every answer.

Loopback only: a foreign `Host` or `Origin` is refused before the node sees the request. Requests run in threads, so a
slow module holds up only its own caller. Knows HTTP and uvicorn; knows no device and no codec.

    with NodeServer(node) as server:    # a thread; tests and suites use it
        server.url                      # http://127.0.0.1:43211
    serve(node, port=0, ready=print)    # blocks until SIGTERM or Ctrl-C; `taskrunner node start`
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import urlsplit

from taskrunner.errors import EnvironmentFault

if TYPE_CHECKING:
    from taskrunner.node import Request, Response

MAX_HEADERS = 1 << 20  # signed requests carry 2 KiB in two headers; user headers may pass 4 KiB each (PROTOCOL §4.3)
MAX_BODY = 256 << 20
BODY_SECONDS = 30.0  # between two pieces of one request's body
GRACE_SECONDS = 5
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})

Scope = dict[str, Any]


class Answers(Protocol):
    """What this module serves: a node, or whoever stands in for one (`proxy`)."""

    def handle(self, request: Request) -> Response:
        """The answer to one request; never raises."""
        ...


class Refused(Exception):
    """A request that never reaches the node: an HTTP status and a sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def is_local(authority: str) -> bool:
    """Whether `host:port` (of a Host header or an Origin) names this machine."""
    try:
        return urlsplit(f"//{authority}").hostname in LOCAL
    except ValueError:
        return False


def check_caller(headers: list[tuple[str, str]]) -> None:
    """Refuse callers that a browser sends from elsewhere: DNS rebinding shows in Host, other pages in Origin."""
    for name, value in headers:
        if name == "host" and not is_local(value):
            raise Refused(403, f"Host {value!r} is not this machine. The embedded node answers on loopback only.")
        if name == "origin" and not is_local(urlsplit(value).netloc):
            raise Refused(403, f"Origin {value!r} is not this machine. The embedded node serves no foreign pages.")


async def read_body(receive: Callable[[], Any]) -> bytes:
    """The whole body; a client that stalls or sends too much is refused, one that leaves raises."""
    parts: list[bytes] = []
    size = 0
    while True:
        try:
            event = await asyncio.wait_for(receive(), BODY_SECONDS)
        except TimeoutError:
            raise Refused(408, f"The body stalled for {BODY_SECONDS:.0f} seconds.") from None
        if event["type"] == "http.disconnect":
            raise ConnectionAbortedError
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise Refused(413, f"The body is over {MAX_BODY >> 20} MiB.")
        if not event.get("more_body"):
            return b"".join(parts)


class NodeApp:
    """The ASGI application: one catch-all, because paths are the node's own grammar (PROTOCOL §9.2)."""

    def __init__(self, node: Answers) -> None:
        self.node = node

    async def __call__(self, scope: Scope, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        if scope["type"] != "http":
            return
        try:
            status, headers, body = await self.answer(scope, receive)
        except Refused as refusal:
            status, headers, body = refusal.status, [("content-type", "text/plain")], refusal.text.encode()
        except ConnectionAbortedError:
            return
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if not any(name.lower() == b"content-length" for name, _ in raw) and status != 204:
            raw.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    async def answer(self, scope: Scope, receive: Callable[[], Any]) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of the node's answer to one request."""
        from starlette.concurrency import run_in_threadpool

        from taskrunner.node import Request

        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        check_caller(headers)
        path = scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            path += "?" + scope["query_string"].decode("latin-1")
        request = Request(scope["method"], path, tuple(headers), await read_body(receive))
        response = await run_in_threadpool(partial(self.node.handle, request))
        return response.status, list(response.headers), response.body


def bind(host: str, port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. A taken port is ENV-PORT-TAKEN."""
    if host not in LOCAL:
        raise EnvironmentFault(
            f"the embedded node listens on loopback only, not on {host!r}", code="ENV-HOST", hint="use 127.0.0.1"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with the protocol spelled out asyncio turns Nagle off: without, every answer waits 40 ms for an ACK
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise EnvironmentFault(
            f"port {port} cannot be used: {error.strerror}",
            code="ENV-PORT-TAKEN",
            hint="another program listens there; --port 0 takes a free port",
        ) from error
    listener.listen(512)
    return listener


def url_of(listener: socket.socket) -> str:
    """`http://127.0.0.1:PORT` of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def uvicorn_server(node: Answers, ready: Callable[[], None]) -> Any:
    """A uvicorn server around the node that calls `ready` once it listens."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            ready()

    config = uvicorn.Config(
        NodeApp(node),
        log_config=None,
        access_log=False,
        lifespan="off",
        http="h11",
        ws="none",
        loop="asyncio",
        h11_max_incomplete_event_size=MAX_HEADERS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )
    return Server(config)


def serve(node: Answers, *, host: str = "127.0.0.1", port: int = 0, ready: Callable[[str], None]) -> None:
    """Listen until SIGTERM or SIGINT, then finish what is under way; `ready` gets the URL once requests are taken."""
    listener = bind(host, port)
    with contextlib.closing(listener):
        server = uvicorn_server(node, lambda: ready(url_of(listener)))
        server.run(sockets=[listener])


class NodeServer:
    """A node over TCP in a thread of this process, for tests and for suites in other languages; use it with `with`."""

    def __init__(self, node: Answers, *, port: int = 0) -> None:
        self.node = node
        self._listener = bind("127.0.0.1", port)
        self.url = url_of(self._listener)
        self._ready = threading.Event()
        self._server = uvicorn_server(node, self._ready.set)
        self._thread = threading.Thread(target=self._run, name=f"node {self.url}", daemon=True)

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listener]))

    def start(self) -> Self:
        """Listen; returns once requests are taken."""
        self._thread.start()
        if not self._ready.wait(10):
            raise EnvironmentFault("the embedded node did not start within 10 seconds", code="ENV-NODE-START")
        return self

    def stop(self) -> None:
        """Finish what is under way, then close; returns when the thread has ended."""
        self._server.should_exit = True
        self._thread.join(GRACE_SECONDS + 1)
        self._listener.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
