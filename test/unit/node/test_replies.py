"""Results as answers: status, literals, types, codecs, signatures, crashes (PROTOCOL §8.2, §9.4, §9.5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskrunner.lua.border import AtomKey, Opaque
from taskrunner.node import Request, replies, requests
from taskrunner.node.results import PRINTED_OOPS, Failure, Oops, PlainOops, Result, not_found, ok
from taskrunner.wire import Atom, Wallet, httpsig, read_reply, verify_http


@pytest.fixture(scope="module")
def wallet() -> Wallet:
    return Wallet.generate(2048)


def answer(result: Result, codec: str = "httpsig@1.0") -> Any:
    return replies.of_result(result, codec, None)


@pytest.mark.parametrize(
    ("value", "body", "types"),
    [
        (b"text", b"text", 'status="integer"'),
        (3, b"3", 'body="integer", status="integer"'),
        (2.5, b"2.50000000000000000000e+00", 'body="float", status="integer"'),
        (True, b'"true"', 'body="atom", status="integer"'),
        (None, b'"null"', 'body="atom", status="integer"'),
        (Atom("ok"), b'"ok"', 'body="atom", status="integer"'),
        (b"", b"", 'body="empty-binary", status="integer"'),
    ],
)
def test_literals(value: Any, body: bytes, types: str) -> None:
    response = answer(ok(value))
    assert (response.status, response.body) == (200, body)
    assert (response.header("ao-result"), response.header("ao-types")) == ("body", types)


def test_a_map_travels_typed() -> None:
    response = answer(ok({"n": 1, "m": {"a": [1, 2]}, "priv": object(), "private-too": 1}))
    pairs = [(name, value.encode("latin-1")) for name, value in response.headers]
    message = httpsig.decode(pairs, response.body)
    assert (message["n"], message["m"], message["status"]) == (1, {"a": [1, 2]}, 200)
    assert not any(key.startswith("priv") for key in message)


def test_a_list_is_a_map_by_number() -> None:
    response = answer(ok([b"a", {"x": b"y"}]), "json@1.0")
    assert json.loads(response.body) == {"1": "a", "2": {"x": "y"}}


def test_keys_that_lua_leaves_are_written_as_text() -> None:
    response = answer(ok({"results": {5: b"x", AtomKey("true"): b"y", "f": Opaque("#Fun<z>")}}))
    assert b"5: x" in response.body and b"true: y" in response.body and b"f: #Fun<z>" in response.body


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (ok(b"x"), 200),
        (Result("created", b"x"), 201),
        (Result("error", b"x"), 400),
        (not_found(), 404),
        (Result("failure", b"x"), 500),
        (Result("unavailable", b"x"), 503),
        (Result("error", {"status": 403, "body": b"x"}), 403),
        (Result("error", {"status": 403.0, "body": b"x"}), 403),
        (Result("error", {"status": b"451", "body": b"x"}), 451),
        (Result("error", {"status": 9, "body": b"x"}), 400),
        (Result("error", {"status": True, "body": b"x"}), 400),
        (ok({"status": 403}), 200),
    ],
)
def test_status(result: Result, status: int) -> None:
    assert replies.status_of(result) == status
    assert answer(result).status == status


def test_a_signed_answer_is_readable_and_holds(wallet: Wallet) -> None:
    response = replies.of_result(ok({"slot": 3, "process": b"P"}), "httpsig@1.0", wallet)
    pairs = [(name, value.encode("latin-1")) for name, value in response.headers]
    assert verify_http(pairs, response.body) == [wallet.address]
    reply = read_reply(response.status, pairs, response.body)
    assert reply.out == {"slot": 3, "process": "P", "status": 200} or reply.out["slot"] == 3


def test_crashes_are_plain_and_unsigned_with_our_account_beside() -> None:
    oops = Oops("badarg", failure=Failure("MOD-X", "why \u00e9", "a.lua", 3, traceback=({"line": 3},), slot=2))
    response = replies.of_oops(oops)
    assert response.status == 500
    assert response.body.decode().splitlines()[-1] == "\u274cError fun dev_process:compute/3 -> badarg"
    assert not response.header("signature")
    account = json.loads(response.header("taskrunner-failure"))
    assert account == {
        "code": "MOD-X",
        "message": "why \u00e9",
        "file": "a.lua",
        "line": 3,
        "traceback": [{"line": 3}],
        "slot": 2,
    }
    assert replies.of_oops(PlainOops("just this")).body == b"just this"


def test_the_account_stays_a_header_whatever_it_says() -> None:
    line = Failure("X", "\u2603\r\n" * 50_000, traceback=({"line": 1},) * 50).to_header()
    assert len(line) <= 16_000 and line.isascii() and line.isprintable()


def test_a_text_that_is_no_utf8_crashes_json_as_in_production() -> None:
    with pytest.raises(Oops) as caught:
        answer(ok({"body": b"\xff"}), "json@1.0")
    assert caught.value.term == "{invalid_byte,255}"
    with pytest.raises(Oops, match="unsupported_type"):
        answer(ok({"f": Opaque("#Fun<z>")}), "json@1.0")


def test_the_printed_crash_is_a_list_of_bytes() -> None:
    assert PRINTED_OOPS.startswith(
        b"<<79,111,112,115,33,32,83,111,109,101,116,104,105,110,103,32,119,101,110,116,\n  32,"
    )
    assert all(len(line) <= 80 for line in PRINTED_OOPS.splitlines()) and PRINTED_OOPS.endswith(b">>")


# -- requests


def test_transport_headers_are_no_fields() -> None:
    headers = (("host", "x"), ("user-agent", "node"), ("accept", "*/*"), ("sec-fetch-mode", "cors"), ("slot", "3"))
    parsed = requests.parse(Request("GET", "/a?b=c", headers))
    assert parsed.fields == {"slot": b"3", "method": b"GET"}
    assert parsed.target == "/a?b=c"


def test_a_signed_path_wins_over_the_url_of_a_post() -> None:
    assert requests.parse(Request("POST", "/a", (("path", "/b"),))).target == "/b"
    assert requests.parse(Request("POST", "/a", (("path", "b"),))).target == "/b"
    assert requests.parse(Request("GET", "/a", (("path", "/b"),))).target == "/a"


def test_other_codecs() -> None:
    parsed = requests.parse(Request("POST", "/a", (("codec-device", "json@1.0"),), b'{"n":1,"body":{"a":"b"}}'))
    assert parsed.fields["n"] == 1 and parsed.structured["body"] == {"a": b"b"}
    for headers, body in (
        ((("codec-device", "json@1.0"),), b"[1]"),
        ((("codec-device", "nope@1.0"),), b""),
        ((("codec-device", "ans104@1.0"),), b"junk"),
        ((("content-type", 'multipart/form-data; boundary="B"'),), b"no boundary here"),
        ((("signature-input", "sig=("), ("signature", "sig=:AA==:")), b""),
    ):
        with pytest.raises(requests.Unreadable):
            requests.parse(Request("POST", "/a", headers, body))


@pytest.mark.parametrize(
    ("headers", "codec"),
    [
        ((("accept", "application/json"),), "json@1.0"),
        ((("accept", "application/json; q=1, */*"),), "json@1.0"),
        ((("accept", "*/*"),), "httpsig@1.0"),
        ((("accept-codec", "json@1.0"), ("accept", "*/*")), "json@1.0"),
        ((("accept-codec", "httpsig@1.0"), ("accept", "application/json")), "httpsig@1.0"),
        ((("require-codec", "application/json"),), "json@1.0"),
    ],
)
def test_the_codec_of_the_answer(headers: tuple[tuple[str, str], ...], codec: str) -> None:
    assert requests.parse(Request("GET", "/a", headers)).codec == codec
