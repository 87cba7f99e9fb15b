"""Whatever is asked, the node answers: never a fault of its own, never a hang, and its state stays as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskrunner.lua import Limits as LuaLimits
from taskrunner.node import Limits, Node, Request, Response
from taskrunner.wire import Wallet, commit, make_request

MODULE = "function compute(base, req) base.results = { n = req.slot, list = { 1, 'a' } } return base end"
WORDS = [
    "compute",
    "now",
    "results",
    "slot",
    "current",
    "schedule",
    "push",
    "n",
    "list",
    "1",
    "serialize",
    "keys",
    "set",
    "id",
    "info",
    "address",
    "read",
    "call",
    "cache_module",
    "commitments",
    "process",
    "get",
    "remove",
    "to",
    "from",
]
DEVICES = [
    "process@1.0",
    "json@1.0",
    "meta@1.0",
    "message@1.0",
    "scheduler@1.0",
    "cache@1.0",
    "push@1.0",
    "lua@5.3a",
    "stack@1.0",
    "patch@1.0",
    "dedup@1.0",
    "multipass@1.0",
    "relay@1.0",
    "wao@1.0",
    "httpsig@1.0",
    "flat@1.0",
    "node-process@1.0",
    "test-device@1.0",
    "genesis-wasm@1.0",
    "wasi@1.0",
    "json-iface@1.0",
    "wasm-64@1.0",
    "no@1.0",
]


class Target:
    """A node with one process that has two slots."""

    def __init__(self) -> None:
        self.wallet = Wallet.generate(2048)
        self.node = Node(self.wallet, limits=Limits(lua=LuaLimits(steps=100_000, seconds=1.0)))
        script = commit({"type": "Process", "scheduler": self.node.address, "device": "process@1.0"}, self.wallet)
        self.pid = self.post("/~process@1.0/schedule", script).header("process")
        source = {"type": "Message", "target": self.pid, "data": MODULE, "content-type": "application/lua"}
        self.post("/~process@1.0/schedule", source)
        (message,) = [key for key in self.node.store.keys("message") if key != self.pid.lower()]
        fields = {"type": "Process", "scheduler": self.node.address, "device": "process@1.0", "module": message}
        fields |= {"execution-device": "lua@5.3a"}
        self.pid = self.post("/~process@1.0/schedule", commit(fields, self.wallet)).header("process")
        self.send({"action": "A"})

    def post(self, path: str, body: Any) -> Response:
        made = make_request({"path": path, "body": body})
        headers = tuple((name, value.decode("latin-1")) for name, value in made.http.headers)
        return self.node.answer(Request("POST", path, headers, made.http.body), sign=False)

    def send(self, fields: dict[str, Any]) -> Response:
        message = commit({"type": "Message", "target": self.pid, **fields}, self.wallet)
        return self.post(f"/{self.pid}/schedule", message)

    def ask(self, method: str, path: str, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> Response:
        response = self.node.answer(Request(method, path.replace("PID", self.pid), headers, body), sign=False)
        assert 200 <= response.status < 600
        assert "BUG-NODE" not in response.header("taskrunner-failure"), response.header("taskrunner-failure")
        for name, value in response.headers:
            assert "\n" not in value and "\r" not in value, (name, value)
        return response


@pytest.fixture(scope="module")
def target() -> Target:
    return Target()


NAMES = [
    "slot",
    "from",
    "to",
    "target",
    "accept",
    "n",
    "key",
    "method",
    "body",
    "device",
    "path",
    "type",
    "commitments",
]
VALUES = [
    "=1",
    "=-1",
    "=abc",
    "",
    "+integer=1",
    "+list=1,2",
    "+atom=null",
    "+map=x",
    "=PID",
    "=application/aos-2",
    "=(/a)",
]
ARGUMENT = st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)).map("".join)
PART = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(DEVICES).map("~{}".format),
    st.tuples(st.sampled_from([*WORDS, "PID"]), st.sampled_from(DEVICES)).map("~".join),
    st.just("PID"),
    st.tuples(st.sampled_from(WORDS), ARGUMENT).map("&".join),
    st.sampled_from(["(/~meta@1.0/info)", "(/PID/now)", "()", "A" * 43, "%00", "%ff", "\u00e9", "..", "."]),
)
PATH = st.tuples(st.lists(PART, max_size=5), st.lists(ARGUMENT, max_size=3)).map(
    lambda pair: "/" + "/".join(pair[0]) + ("?" + "&".join(pair[1]) if pair[1] else "")
)
MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(st.sampled_from(["GET", "POST", "PUT", "HEAD"]), PATH)
def test_any_path_is_answered(target: Target, method: str, path: str) -> None:
    target.ask(method, path)


HEADERS = [
    "accept",
    "codec-device",
    "ao-types",
    "type",
    "body",
    "content-type",
    "signature",
    "signature-input",
    "device",
    "inline-body-key",
    "data",
    "path",
    "method",
    "ao-ids",
    "target",
    "slot",
    "x",
]
TEXTS = ["application/json", "json@1.0", "ans104@1.0", 'x="list"', 'body="integer"', "Process", "Message", "sig=:AA==:"]
TEXTS += ['sig=("x");alg="rsa-pss-sha512";keyid="AA"', "lua@5.3a", "process@1.0", 'multipart/form-data; boundary="B"']
ANY_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30)
HEADER = st.tuples(st.sampled_from(HEADERS), st.sampled_from(TEXTS) | ANY_TEXT)


@MANY
@given(PATH, st.lists(HEADER, max_size=5), st.binary(max_size=200))
def test_any_headers_and_body_are_answered(
    target: Target, path: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    target.ask("POST", path, tuple(headers), body)


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
    | st.binary(max_size=20) | st.sampled_from(["Process", "Message", "lua@5.3a", "PATCH"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*WORDS, "a", "b"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@MANY
@given(
    st.dictionaries(
        st.sampled_from([*WORDS, "type", "scheduler", "data", "action", "device", "module"]), VALUE, max_size=5
    )
)
def test_any_message_is_scheduled_or_refused_and_what_was_there_stays(target: Target, fields: dict[str, Any]) -> None:
    before = target.ask("GET", "/PID/compute/results/~json@1.0/serialize?slot=1").body
    try:
        signed = commit({"type": "Message", "target": target.pid, **fields}, target.wallet)
    except ValueError:
        return
    response = target.post("/~process@1.0/schedule", signed)
    assert "BUG-NODE" not in response.header("taskrunner-failure"), response.header("taskrunner-failure")
    assert target.ask("GET", "/PID/compute/results/~json@1.0/serialize?slot=1").body == before


@MANY
@given(st.data())
def test_a_spoilt_request_is_answered(target: Target, data: st.DataObject) -> None:
    message = commit({"type": "Message", "target": target.pid, "action": "A", "list": [1, "a"]}, target.wallet)
    made = make_request({"path": "/x", "body": message}, target.wallet)
    body = bytearray(made.http.body)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        kind = data.draw(st.sampled_from(["flip", "cut", "double"]))
        if kind == "flip":
            body[at] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "cut":
            del body[at : at + data.draw(st.integers(1, 40))]
        else:
            body[at:at] = body[at : at + 40]
        if not body:
            body = bytearray(b"-")
    headers = tuple((name, value.decode("latin-1")) for name, value in made.http.headers if name != "path")
    response = target.ask("POST", "/~process@1.0/schedule", headers, bytes(body))
    assert response.status in (200, 400, 404, 500)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 100_000,
        b"--B\r\n" * 100_000,
        b'--B\r\ncontent-disposition: form-data;name="' + b"a/" * 50_000 + b'"\r\nx: y\r\n--B--',
        b"\x00" * (10 << 20),
    ],
)
def test_big_and_deep_bodies_are_answered(target: Target, body: bytes) -> None:
    for kind in ((("codec-device", "json@1.0"),), (("content-type", 'multipart/form-data; boundary="B"'),), ()):
        target.ask("POST", "/~process@1.0/schedule", kind, body)
