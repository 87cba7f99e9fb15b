"""`decode.json`: our reader sees in an answer what the JavaScript client sees, no more and no less."""

from __future__ import annotations

import json
from typing import Any

import pytest
import vectors

from taskrunner.wire import Atom, Reply, read_reply

FILE = vectors.load("decode.json")


def wanted(noted: Any) -> Any:
    if isinstance(noted, dict):
        if set(noted) == {"$base64"}:
            return vectors.value(noted)
        if set(noted) == {"$atom"}:
            return Atom(noted["$atom"])
        return {key: wanted(item) for key, item in noted.items()}
    return [wanted(item) for item in noted] if isinstance(noted, list) else noted


def reply_of(vector: dict[str, Any]) -> Reply:
    response = vector["response"]
    return read_reply(response["status"], response["headers"], response["body"].encode())


@pytest.mark.parametrize("vector", FILE["parser_vectors"], ids=lambda vector: vector["name"])
def test_parser(vector: dict[str, Any]) -> None:
    reply = reply_of(vector)
    assert reply.parsed == (vector["parsed"] is not None)
    if vector["parsed"] is None:
        assert reply.out is None
        return
    assert reply.out == wanted(vector["parsed"]["out"])
    assert reply.hashpath == vector["parsed"]["hashpath"]
    assert reply.signer == vector["parsed"].get("signer", "")


@pytest.mark.parametrize("vector", FILE["hb_vectors"], ids=lambda vector: vector["name"])
def test_hb_results(vector: dict[str, Any]) -> None:
    reply = reply_of(vector)
    error = vector.get("error") or ""
    if error.startswith("Error: "):
        assert reply.failed and error == f"Error: {reply.status}: {reply.body}"
    elif error.startswith("TypeError"):
        assert not reply.parsed
    elif error.startswith("SyntaxError"):
        with pytest.raises(ValueError):
            json.loads(reply.body)
    elif isinstance(vector["result"], dict) and "res" in vector["result"]:
        res = vector["result"]["res"]
        assert reply.out == wanted(res["out"])
        assert (reply.hashpath, reply.signer, reply.body) == (res["hashpath"], res["signer"], res["body"])
    elif vector["call"].startswith(("hb.g(", "hb.operator")):
        assert reply.out == vector["result"]
    elif "cacheBinary" in vector["call"]:
        assert reply.out["id"] == vector["result"]
    else:
        assert reply.body == vector["response"]["body"]


def test_truth_of_values_is_compared_exactly() -> None:
    """`1 == True` in Python: the types of the scalar vector are checked one by one."""
    vector = next(v for v in FILE["parser_vectors"] if v["name"] == "types_scalar")
    out = reply_of(vector).out
    assert [type(out[key]) for key in ("i", "f", "t", "z", "o", "e")] == [int, float, bool, type(None), Atom, str]
