"""What stands in front of another node hands bytes on unchanged and tells them to a tape; faults have codes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from taskrunner.backends import HyperBEAM, NodeServer
from taskrunner.backends.proxy import Proxy
from taskrunner.backends.record import Recorder
from taskrunner.backends.tape import VARIABLE, Tape
from taskrunner.client import HB, HttpTransport
from taskrunner.errors import InputError
from taskrunner.node import Request

seen: list[tuple[str, str, dict[str, str], bytes]] = []


class Odd(BaseHTTPRequestHandler):
    """A node that answers oddly: an unusual status, a header twice, bytes that are no text, in chunks."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        seen.append((self.command, self.path, {key.lower(): value for key, value in self.headers.items()}, body))
        self.send_response(418)
        self.send_header("X-Twice", "one")
        self.send_header("X-Twice", "two")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\n\xff\x00\xfe\r\n0\r\n\r\n")

    do_GET = do_POST = answer

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_bytes_pass_unchanged(odd: str, tmp_path: Path) -> None:
    tape = Tape(tmp_path / "tape")
    with NodeServer(Proxy(odd, tape)) as server, HttpTransport(server.url) as transport:
        sent = (("signature-input", 'a=("b");alg="c"'), ("x-odd", "\xe9 \t|"))
        reply = transport.request("POST", "/a%20b/~x@1.0&y+integer=1?q=%7B", sent, b"\x00\xffbody")
    assert (reply.status, reply.body) == (418, b"\xff\x00\xfe")
    assert [value for name, value in reply.headers if name == "x-twice"] == ["one", "two"]
    assert reply.header("content-length") == "3" and reply.header("transfer-encoding") == ""
    method, path, headers, body = seen[-1]
    assert (method, path, body) == ("POST", "/a%20b/~x@1.0&y+integer=1?q=%7B", b"\x00\xffbody")
    assert headers["signature-input"] == 'a=("b");alg="c"' and headers["host"] == odd.removeprefix("http://")
    ((*asked, answer),) = list(tape)
    assert asked[:2] == ["POST", path] and ("signature-input", 'a=("b");alg="c"') in asked[2]
    assert (answer.status, answer.body) == (418, b"\xff\x00\xfe")


def test_a_node_that_is_not_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    answer = Proxy(url).handle(Request("GET", "/~meta@1.0/info"))
    assert answer.status == 502
    assert json.loads(answer.header("taskrunner-failure"))["code"] == "ENV-NODE-UNREACHABLE"


def test_a_node_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        answer = Proxy(url, seconds=0.2).handle(Request("GET", "/x"))
    assert answer.status == 504
    assert json.loads(answer.header("taskrunner-failure"))["code"] == "ENV-NODE-TIMEOUT"


def test_what_is_no_address() -> None:
    for url in ("", "localhost:1", "ftp://x", "http://"):
        with pytest.raises(InputError) as caught:
            Proxy(url)
        assert caught.value.code == "INPUT-NODE-URL"


def test_a_tape_of_a_whole_client_through_the_proxy_makes_a_case(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "tape")
    source = "local n = 0 function compute(base, req, opts) n = n + 1 base.results = { n = n } return base end"
    with HyperBEAM() as hbeam, NodeServer(Proxy(hbeam.url, tape)) as server:
        hb = HB(url=server.url, jwk=hbeam.wallet)
        pid = hb.spawn_lua(hb.cache_script(source))["pid"]
        slot = hb.schedule_lua(pid, "Inc")["slot"]
        assert hb.compute_lua(pid, slot) == {"n": 2}
        assert hb.compute(pid, slot, "results/n")["body"] == 2
        hb.close()
    (case,) = Recorder().hear(tape).cases()
    assert case["messages"] == [{"action": "Inc"}]
    assert case["results"] == [{"message": 0, "slot": 1, "status": 200, "results": {"n": 2}}]
    (again,) = case["second_read"]["others_differ"]
    assert (again["slot"], again["path"], again["results"]["body"]) == (1, "results/n", 2)


def test_an_embedded_node_is_on_the_tape_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tape"
    monkeypatch.setenv(VARIABLE, str(file))
    with HyperBEAM() as hbeam:
        hbeam.hb.get("/~meta@1.0/info/address")
    assert [path for _, path, *_ in Tape(file)] == ["/~meta@1.0/info/address"]
    file.write_bytes(file.read_bytes() + b'{"method": "GET", "pa')
    assert len(list(Tape(file))) == 1, "a line that was cut off"
    assert list(Tape(tmp_path / "none")) == []


def test_a_process_that_others_wrote_to_is_left_out(tmp_path: Path) -> None:
    recorder = Recorder()
    with HyperBEAM() as hbeam:
        quiet = hbeam.hb
        heard = HB(jwk=hbeam.wallet, transport=recorder.listen(quiet.transport))
        pid = heard.spawn_lua(heard.cache_script("function compute(b, r, o) return b end"))["pid"]
        heard.schedule_lua(pid, "A")
        quiet.schedule_lua(pid, "B")
        heard.schedule_lua(pid, "C")
    assert recorder.cases() == [] and recorder.left_out == 1
