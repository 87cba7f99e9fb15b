"""HTTP as a transport: bytes both ways, retries where nothing can happen twice, faults in words."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from taskrunner.client import HB, HttpTransport
from taskrunner.errors import EnvironmentFault, InputError


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.drop = 0
        self.asked: list[tuple[str, str, bytes]] = []
        self.wait = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append((self.command, self.path, body))
        if self.server.drop:
            self.server.drop -= 1
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.path == "/slow":
            self.server.wait.wait(5)
        self.send_response(200)
        self.send_header("X-Echo", self.headers.get("x-sent", ""))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _any

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.wait.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def transport(server: Server) -> Iterator[HttpTransport]:
    with HttpTransport(f"http://127.0.0.1:{server.server_port}/") as transport:
        yield transport


def test_bytes_go_both_ways(transport: HttpTransport, server: Server) -> None:
    reply = transport.request("POST", "/a?b=c&d+integer=5", (("x-sent", "caf\u00e9 \u00ff"),), bytes(range(256)))
    assert (reply.status, reply.body) == (200, bytes(range(256)))
    assert reply.header("x-echo") == "caf\u00e9 \u00ff"
    assert server.asked[0][:2] == ("POST", "/a?b=c&d+integer=5")


def test_a_question_is_asked_again_and_a_message_is_not(transport: HttpTransport, server: Server) -> None:
    server.drop = 2
    assert transport.request("GET", "/a").status == 200
    assert len(server.asked) == 3
    server.drop = 1
    with pytest.raises(EnvironmentFault) as caught:
        transport.request("POST", "/a", (), b"x")
    assert caught.value.code == "ENV-NODE-UNREACHABLE"
    assert len(server.asked) == 4
    server.drop = 9
    with pytest.raises(EnvironmentFault):
        transport.request("GET", "/a")


def test_a_time_out_says_so(transport: HttpTransport) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        transport.request("GET", "/slow", timeout=0.2)
    assert caught.value.code == "ENV-NODE-TIMEOUT" and "0.2 s" in caught.value.message


def test_nobody_there_says_where() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EnvironmentFault) as caught:
        HB(url=f"http://127.0.0.1:{port}").get_text("/x")
    assert caught.value.code == "ENV-NODE-UNREACHABLE" and str(port) in caught.value.message and caught.value.hint


@pytest.mark.parametrize("url", ["localhost:10001", "ftp://x", ""])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        HttpTransport(url)
    assert caught.value.code == "INPUT-NODE-URL"
