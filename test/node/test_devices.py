"""Each device, asked as a client asks it: meta, message, json, cache, wao, relay, push, dedup, patch, stack, names."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.client import HB, NodeError
from taskrunner.wire import Wallet, unsigned_id

Spawn = Callable[..., str]


# -- meta@1.0


def test_meta_tells_the_address_and_takes_changes_from_the_operator_only(hb: HB, hbeam: HyperBEAM) -> None:
    assert hb.get_text("/~meta@1.0/info/address") == hbeam.addr
    assert hb.post({"path": "/~meta@1.0/info", "greeting": "hi", "n": 5}).status == 200
    assert hb.get_json("/~meta@1.0/info")["n"] == 5
    assert hb.g("/~meta@1.0/info/greeting") == "hi"
    stranger = hbeam.client(Wallet.generate(2048))
    for sign in (True, False):
        answer = stranger.send({"path": "/~meta@1.0/info", "greeting": "mine"}, sign=sign)
        assert (answer.status, answer.body) == (400, "Unauthorized")
    assert hb.g("/~meta@1.0/info/greeting") == "hi"


# -- message@1.0 and paths


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/~message@1.0&a=1/a", "1"),
        ("/~message@1.0&n+integer=5/n", "5"),
        ("/~message@1.0&f+float=2.5/f", "2.50000000000000000000e+00"),
        ("/~message@1.0&t/t", '"true"'),
        ("/~message@1.0&A=1/A", "1"),
        ("/~message@1.0/x?x=7", "7"),
        ("/~message@1.0/x?0.x=7", "7"),
        ("/~message@1.0&x=%2Fa%20b/x", "/a b"),
        ("/~message@1.0&x+resolve=(/~message@1.0&y=3/y)/x", "3"),
        ("/~message@1.0&x=(/~message@1.0&y=4/y)/x", "4"),
        ("/(/~message@1.0&y=5)/y", "5"),
        ("/~message@1.0&a=1/get?key=a", "1"),
        ("//~message@1.0&a=1//a", "1"),
    ],
)
def test_the_path_grammar(hb: HB, path: str, body: str) -> None:
    assert hb.get_text(path) == body


def test_set_remove_keys_and_id(hb: HB) -> None:
    assert hb.get_json("/~message@1.0&a=1/set&b=2")["b"] == "2"
    assert "a" not in hb.get_json("/~message@1.0&a=1&c=2/remove&item=a")
    assert hb.get_json("/~message@1.0&a=1/keys")["1"] == "a"
    assert len(hb.get_text("/~message@1.0&a=1/id")) == 43


@pytest.mark.parametrize(
    "path", ["/(", "/a)", "/" + "x" * 600, "/~message@1.0&x+integer=abc/x", "/a?b.c=1", "/" + "(" * 99]
)
def test_what_is_no_path_is_not_parsed(hb: HB, path: str) -> None:
    answer = hb.get(path)
    assert answer.status == 500
    assert answer.body.endswith("\u274cParsing your request")
    assert answer.failure is not None and answer.failure["code"] == "MOD-NODE-REQUEST"


def test_a_path_that_resolves_itself_ends(hb: HB) -> None:
    path = "/~message@1.0&x=1"
    for _ in range(30):
        path = f"/({path})"
    assert hb.get(f"{path}/x").body == "1"


def test_options_and_root(hb: HB) -> None:
    assert hb.transport.request("OPTIONS", "/~process@1.0/schedule").status == 204
    assert hb.transport.request("GET", "/").status == 302


# -- json@1.0


def test_json_both_ways(hb: HB) -> None:
    text = hb.get_json("/~json@1.0/deserialize", body='{"a":[1,2.5,null],"b":{"c":"d"}}')
    assert text["a"] == [1, 2.5, None] and text["b"] == {"c": "d"}
    assert hb.get("/~json@1.0/deserialize", body="{").status == 400


def test_numbers_print_as_erlang_prints_them(hb: HB, spawn: Spawn) -> None:
    pid = spawn(
        "function compute(base) base.results = { a = 1000.0, b = 1e22, c = 10/2, d = 0.1, e = 7 } return base end"
    )
    body = hb.transport.request("GET", f"/{pid}/compute/results/~json@1.0/serialize?slot=0").body
    assert body == b'{"a":1.0e3,"b":1.0e22,"c":5.0,"d":0.1,"e":7}'


# -- cache@1.0 and wao@1.0


def test_modules_are_cached_and_read(hb: HB) -> None:
    data = bytes(range(256))
    identity = hb.cache_binary(data, "application/wasm")
    assert identity == unsigned_id({"content-type": b"application/wasm", "body": data})
    reply = hb.transport.request("GET", f"/{identity}")
    assert (reply.body, reply.header("content-type")) == (data, "application/wasm")
    assert hb.transport.request("GET", f"/~cache@1.0/read?target={identity}").body == data
    assert hb.get("/~cache@1.0/read?target=" + "Z" * 43).status == 404
    with pytest.raises(NodeError):
        hb.send({"path": "/~wao@1.0/cache_module", "type": "x"}) and hb.cache_binary(b"")


def test_scripts_are_read_as_aos2(hb: HB) -> None:
    identity = hb.cache_script("return 1")
    found = json.loads(hb.get_text("/~cache@1.0/read", target=identity, accept="application/aos-2"))
    assert found["Data"] == "return 1" and found["Id"] == identity


def test_only_the_operator_writes_into_the_cache(hb: HB, hbeam: HyperBEAM) -> None:
    written = hb.post({"path": "/~cache@1.0/write", "body": {"hello": "there"}})
    assert hb.g(f"/{written.out['path']}/hello") == "there"
    refused = hbeam.client(Wallet.generate(2048)).send({"path": "/~cache@1.0/write", "body": {"a": "b"}})
    assert refused.status == 403


# -- relay@1.0


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"got " + self.path.encode())

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["content-length"])))

        def _answer(self, body: bytes) -> None:
            self.send_response(201)
            self.send_header("x-here", "yes")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_relay_asks_allowed_hosts_only(wallet: Wallet, server: str) -> None:
    with HyperBEAM(jwk=wallet, relay_hosts=[server]) as hbeam:
        hb = hbeam.hb
        answer = hb.send({"path": "/~relay@1.0/call", "method": "GET", "relay-path": f"http://{server}/results?x=1"})
        assert (answer.body, answer.headers["x-here"]) == ("got /results?x=1", "yes")
        fields = {"path": "/~relay@1.0/call", "relay-path": f"http://{server}/dry", "relay-body": '{"a":1}'}
        assert hb.send({**fields, "relay-method": "POST"}).body == '{"a":1}'
        for path in ("http://example.org/", "file:///etc/passwd", "", f"http://{server}@example.org/"):
            assert hb.send({"path": "/~relay@1.0/call", "relay-path": path}).status == 403
    with HyperBEAM(jwk=wallet) as hbeam:
        assert hbeam.hb.send({"path": "/~relay@1.0/call", "relay-path": f"http://{server}/"}).status == 403


# -- push@1.0

PING = """
local seen = {}
function compute(base, req)
  local m = req.body
  seen[#seen + 1] = (m.action or "?") .. " from " .. tostring(m["from-process"])
  base.results = { outbox = {}, seen = table.concat(seen, ";") }
  if m.action == "Start" then base.results.outbox = { { target = m.peer, Action = "Ping", Data = "1" } } end
  if m.action == "Ping" then base.results.outbox = { { target = m["from-process"], action = "Pong" } } end
  return base
end"""


def test_push_delivers_signed_by_the_node_and_recursively(hb: HB, spawn: Spawn) -> None:
    one, two = spawn(PING), spawn(PING)
    slot = hb.schedule_lua(one, "Start", {"Peer": two})["slot"]
    tree = hb.get_json(f"/{one}/push", slot=slot)
    assert (tree["process"], tree["slot"]) == (one, slot)
    assert (tree["1"]["target"], tree["1"]["slot"]) == (two, 1)
    assert tree["1"]["resulted-in"]["1"]["slot"] == 2
    assert f"Ping from {one}" in hb.compute_lua(two, 1)["seen"]
    assert f"Pong from {two}" in hb.compute_lua(one, 2)["seen"]
    delivered = hb.messages(two, from_=1)["edges"][0]["node"]["message"]
    assert delivered["Owner"] == hb.operator and delivered["From"] == one


def test_push_tells_what_it_cannot_deliver(hb: HB, spawn: Spawn) -> None:
    source = """function compute(base, req)
      base.results = { outbox = { { target = string.rep("Z", 43) }, { data = "nobody" } } }
      return base
    end"""
    pid = spawn(source)
    tree = hb.get_json(f"/{pid}/push", slot=0)
    assert (tree["1"]["status"], tree["1"]["reason"]) == (404, "Could not access target process!")
    assert tree["2"]["status"] == 422
    assert "{case_clause,not_found}" in hb.get(f"/{pid}/push").body


def test_push_without_end_is_ended(wallet: Wallet) -> None:
    from taskrunner.node import Limits

    source = """function compute(base, req)
      base.results = { outbox = { { target = req.process, action = "Again" } } }
      return base
    end"""
    with HyperBEAM(jwk=wallet, limits=Limits(pushes=20)) as hbeam:
        pid = hbeam.hb.spawn_lua(hbeam.hb.cache_script(source))["pid"]
        answer = hbeam.hb.get(f"/{pid}/push", slot=0)
        assert answer.status == 500 and answer.failure is not None
        assert answer.failure["code"] == "MOD-NODE-PUSHES"


# -- stack@1.0, dedup@1.0, patch@1.0, node-process@1.0

COUNT = """
function compute(base, req)
  base.count = (base.count or 0) + 1
  base.results = { outbox = { { method = "PATCH", total = base.count }, { target = "x" } } }
  return base
end"""


def stacked(hb: HB, devices: list[str], **tags: Any) -> str:
    module = hb.cache_script(COUNT)
    fields = {"execution-device": "stack@1.0", "device-stack": devices, "module": module, **tags}
    return str(hb.spawn(fields)["pid"])


def test_dedup_lets_each_message_through_once(hb: HB) -> None:
    pid = stacked(hb, ["dedup@1.0", "lua@5.3a"])
    message = hb.commit({"type": "Message", "target": pid, "action": "A"})
    for _ in range(3):
        hb.send({"path": f"/{pid}/schedule", "body": message}, sign=False)
    hb.schedule_lua(pid, "B")
    assert hb.now(pid, "count")["body"] == 3


def test_without_dedup_every_slot_counts(hb: HB) -> None:
    pid = stacked(hb, ["lua@5.3a"])
    message = hb.commit({"type": "Message", "target": pid, "action": "A"})
    for _ in range(3):
        hb.send({"path": f"/{pid}/schedule", "body": message}, sign=False)
    assert hb.now(pid, "count")["body"] == 4


def test_patch_moves_results_into_the_state(hb: HB) -> None:
    pid = stacked(hb, ["lua@5.3a", "patch@1.0"], **{"patch-from": "/results/outbox", "patch-to": "/cache"})
    assert hb.now(pid, "cache/total")["body"] == 1
    assert hb.now(pid, "results/outbox") == {"2": {"target": "x"}}


def test_named_processes_are_spawned_on_first_use(wallet: Wallet) -> None:
    from taskrunner.backends import InProcess
    from taskrunner.node import Node

    node = Node(wallet)
    hb = HB(jwk=wallet, transport=InProcess(node))
    module = hb.cache_script(COUNT)
    node.names["ledger"] = {"execution-device": b"lua@5.3a", "module": module.encode()}
    assert hb.get_json("/ledger~node-process@1.0/now/count")["body"] == 1
    assert hb.schedule_np("ledger", {"Action": "A"})["slot"] == 1
    assert hb.get_json("/ledger~node-process@1.0/now/count")["body"] == 2
    assert hb.get("/nobody~node-process@1.0/now/count").status == 404


def test_a_module_sees_what_a_real_node_shows_it(hb: HB, spawn: Spawn) -> None:
    source = """
    local function names(t)
      local o = {} for k in pairs(t) do o[#o + 1] = k end table.sort(o)
      return table.concat(o, " ")
    end
    function compute(base, req, opts)
      base.results = { base = names(base), req = names(req), body = names(req.body), opts = names(opts),
                       at = base["at-slot"], kind = math.type(req.slot), epoch = req.epoch, typed = base.supply }
      return base
    end"""
    pid = spawn(source, Supply=1000)
    got = hb.compute_lua(pid, 0)
    assert got["base"] == (
        "at-slot data-protocol device execution-device initialized input-prefix module patch-from process push-device "
        "random-seed scheduler supply type variant"
    )
    assert got["req"] == (
        "block-hash block-height block-timestamp body commitments data-protocol epoch hash-chain path process slot "
        "timestamp variant"
    )
    assert (got["opts"], got["at"], got["kind"], got["epoch"], got["typed"]) == ("", -1, "integer", "0", 1000)
    hb.schedule_lua(pid, "Hi", {"X-One": "1"}, "text")
    assert hb.compute_lua(pid, 1)["body"] == "action commitments data target type x-one"


SANDBOX = """
local l = load
function compute(base)
  base.results = { load = type(load), io = type(io), exec = tostring(os.execute), kept = type(l), time = type(os.time) }
  return base
end"""


def test_the_sandbox_is_off_unless_asked_for(hb: HB, spawn: Spawn) -> None:
    open_ = hb.compute_lua(spawn(SANDBOX), 0)
    assert (open_["load"], open_["io"]) == ("function", "table")
    shut = hb.compute_lua(spawn(SANDBOX, sandbox=True), 0)
    assert shut == {"load": "string", "io": "string", "exec": "sandboxed", "kept": "function", "time": "function"}
    some = hb.compute_lua(spawn(SANDBOX, sandbox=["os.execute"]), 0)
    assert (some["exec"], some["load"]) == ("sandboxed", "function")


def test_a_process_may_have_several_modules(hb: HB) -> None:
    first = hb.cache_script("shared = 'one'")
    second = hb.cache_script("function compute(base) base.results = { said = shared } return base end")
    pid = hb.spawn({"execution-device": "lua@5.3a", "module": [first, second]})["pid"]
    assert hb.compute_lua(pid, 0) == {"said": "one"}


def test_a_module_asks_the_node(hb: HB, spawn: Spawn) -> None:
    source = """
    function compute(base, req)
      local status, address = ao.resolve({ path = "/~meta@1.0/info/address" })
      local missing, what = ao.resolve({ path = "/~message@1.0/nothing" })
      local set = ao.set({ a = 1 }, "b", 2)
      base.results = { status = status, address = address, missing = missing, what = what, b = set.b }
      base.results.event = ao.event("x")
      return base
    end"""
    got = hb.compute_lua(spawn(source), 0)
    assert got == {
        "status": "ok",
        "address": hb.operator,
        "missing": "error",
        "what": "not_found",
        "b": 2,
        "event": "ok",
    }
