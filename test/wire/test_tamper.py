"""One flipped bit anywhere in signed content is refused: exhaustively on one captured message, at random on all."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import vectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskrunner.wire import VerificationError, WireError, commit, covered, httpsig, verify_http, verify_message

SCHEDULE = vectors.load("requests/schedule_tags_data.json")["requests"][0]
HEADERS = [(name, text.encode()) for name, text in SCHEDULE["rawHeaders"]]
BODY = vectors.body(SCHEDULE["body"])
RSA_TEXTS = ("signature", "signature-input", "committer", "alg", "commitment-device")


def flipped(data: bytes, bit: int) -> bytes:
    copy_ = bytearray(data)
    copy_[bit // 8] ^= 1 << (bit % 8)
    return bytes(copy_)


def inner() -> dict[str, Any]:
    return httpsig.decode_structured(HEADERS, BODY)["body"]  # type: ignore[return-value]


def rsa_key(message: dict[str, Any]) -> str:
    return next(key for key, entry in message["commitments"].items() if entry["alg"] == b"rsa-pss-sha512")


def content_of(message: dict[str, Any]) -> dict[str, Any]:
    """Without the commitments, and without the digest, which follows from the rest."""
    return {key: item for key, item in message.items() if key not in ("commitments", "content-digest")}


def refused(message: dict[str, Any]) -> bool:
    try:
        verify_message(message)
    except WireError:
        return True
    return False


def test_it_holds_before() -> None:
    assert verify_message(inner()) == [vectors.wallet().address]


@pytest.mark.parametrize("field", sorted(inner().keys() - {"commitments"}))
def test_every_bit_of_every_field(field: str) -> None:
    message = inner()
    original = message[field]
    for bit in range(len(original) * 8):
        assert refused({**message, field: flipped(original, bit)}), f"bit {bit} of {field}"


@pytest.mark.parametrize("field", sorted(inner().keys() - {"commitments", "content-digest"}))
def test_every_bit_of_every_name(field: str) -> None:
    message = inner()
    name = field.encode()
    for bit in range(len(name) * 8):
        renamed = {key: item for key, item in message.items() if key != field}
        renamed[flipped(name, bit).decode("utf-8", "surrogateescape")] = message[field]
        assert refused(renamed), f"bit {bit} of the name {field}"


@pytest.mark.parametrize("text", RSA_TEXTS)
def test_every_bit_of_the_commitment(text: str) -> None:
    message = inner()
    key = rsa_key(message)
    original = message["commitments"][key][text]
    for bit in range(len(original) * 8):
        changed = copy.deepcopy(message)
        changed["commitments"][key][text] = flipped(original, bit)
        assert refused(changed), f"bit {bit} of {text}"


def test_the_key_of_a_commitment_is_its_id() -> None:
    message = inner()
    key = rsa_key(message)
    changed = copy.deepcopy(message)
    changed["commitments"]["x" + key[1:]] = changed["commitments"].pop(key)
    with pytest.raises(VerificationError) as caught:
        verify_message(changed)
    assert caught.value.field == "id"


def test_a_dropped_field_is_named() -> None:
    message = inner()
    del message["action"]
    with pytest.raises(VerificationError) as caught:
        verify_message(message)
    assert caught.value.field == "action" and caught.value.commitment == rsa_key(message)


def test_an_added_field_is_dropped() -> None:
    message = inner() | {"extra": b"1", "more": {"a": b"b"}}
    assert verify_message(message) == [vectors.wallet().address]
    assert covered(message) == inner()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(BODY) * 8 - 1))
def test_a_bit_on_the_wire(bit: int) -> None:
    """Whatever bit of the HTTP body flips: refused, or the covered content is what was signed."""
    body = flipped(BODY, bit)
    with pytest.raises(WireError):
        verify_http(HEADERS, body)
    try:
        message = httpsig.decode_structured(HEADERS, body)["body"]
        assert isinstance(message, dict)
        committers = verify_message(message)
    except (WireError, KeyError, AssertionError):
        return
    if committers:
        assert content_of(covered(message)) == content_of(inner())


@pytest.mark.parametrize("name", ["path", "content-type", "content-digest", "signature", "signature-input"])
def test_every_bit_of_a_signed_header(name: str) -> None:
    value = next(text for key, text in HEADERS if key == name)
    others = [(key, text) for key, text in HEADERS if key != name]
    step = 1 if len(value) < 200 else 7
    for bit in range(0, len(value) * 8, step):
        with pytest.raises(WireError):
            verify_http([*others, (name, flipped(value, bit))], BODY)


VALUES = st.one_of(
    st.binary(min_size=1, max_size=20),
    st.integers(-(2**70), 2**70),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.integers(0, 99), min_size=1, max_size=3),
    st.dictionaries(st.sampled_from("abc"), st.binary(min_size=1, max_size=9), min_size=1, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["a", "b", "data", "body", "n", "x-y"]), VALUES, min_size=1, max_size=4), st.data()
)
def test_any_committed_message(message: dict[str, Any], data: st.DataObject) -> None:
    committed: dict[str, Any] = commit(message, vectors.wallet())
    assert verify_message(committed) == [vectors.wallet().address]
    leaves = [(name, None) for name, item in committed.items() if isinstance(item, bytes)]
    leaves += [(n, k) for n, item in committed.items() if isinstance(item, dict) and n != "commitments" for k in item]
    name, below = data.draw(st.sampled_from(leaves))
    changed = copy.deepcopy(committed)
    holder = changed if below is None else changed[name]
    key = name if below is None else below
    holder[key] = flipped(holder[key], data.draw(st.integers(0, len(holder[key]) * 8 - 1)))
    stripped = (holder[key].strip(), (committed if below is None else committed[name])[key].strip())
    assert refused(changed) or stripped[0] == stripped[1]
