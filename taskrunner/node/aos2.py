"""Schedules as `application/aos-2` JSON, the form of legacy schedulers (PROTOCOL §10.5).

{"page_info": {...}, "edges": [{"cursor": 1, "node": {"message": {"Id": "..", ...}, "assignment": {...}}}]}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.node import jsontext
from taskrunner.node.processes import Process
from taskrunner.node.values import Message, text
from taskrunner.wire import message_id, structured
from taskrunner.wire.commitments import rsa_commitments

if TYPE_CHECKING:
    from taskrunner.node.node import Node

_NO_TAGS = frozenset({"id", "anchor", "owner", "data", "target", "signature", "commitments"})
ZERO_HASH = "A" * 43


def page(node: Node, process: Process, assignments: dict[int, Message], more: bool) -> Message:
    """One page of a schedule as an answer."""
    info = {
        "process": process.id,
        "has_next_page": more,
        "timestamp": str(int(node.clock() * 1000)),
        "block-height": "0",
        "block-hash": ZERO_HASH,
    }
    edges = [{"cursor": slot, "node": _edge(node, each)} for slot, each in assignments.items()]
    return {"content-type": b"application/json", "body": jsontext.encode({"page_info": info, "edges": edges})}


def _edge(node: Node, assignment: Message) -> Message:
    message = assignment["body"]
    header = {key: value for key, value in assignment.items() if key != "body"}
    owner = node.address
    return {"message": legacy(message), "assignment": {**legacy(header), "Owner": owner, "From": owner}}


def legacy(message: Message, identity: str = "") -> Message:
    """A message in the shape of legacy nodes; every value is text (also what wasm images are given)."""
    committed = rsa_commitments(message) if isinstance(message.get("commitments"), dict) else []
    owner = committed[0].committer if committed else ""
    return {
        "Id": identity or message_id(message),
        "Anchor": text(message.get("anchor")),
        "Owner": owner,
        "From": text(message.get("from-process")) or owner,
        "Tags": tags(message),
        "Target": text(message.get("target")),
        "Data": _data(message.get("data", b"")),
        "Signature": "",
    }


def tags(message: Message) -> list[dict[str, str]]:
    """Every other field as a tag, names in Header-Case, values as encoded text, sorted by name."""
    fields = {key: value for key, value in message.items() if key not in _NO_TAGS and not _is_private(key)}
    encoded = structured.encode(fields)
    shown = {key: value for key, value in encoded.items() if isinstance(value, bytes)}
    return [{"name": header_case(key), "value": _text(shown[key])} for key in structured.sorted_keys(shown)]


def header_case(key: str) -> str:
    """`content-type` as `Content-Type`."""
    return "-".join(word[:1].upper() + word[1:] for word in key.split("-"))


def _is_private(key: Any) -> bool:
    return not isinstance(key, str) or key.startswith("priv")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _data(value: Any) -> str:
    return _text(value) if isinstance(value, bytes) else ""
