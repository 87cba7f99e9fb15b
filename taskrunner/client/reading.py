"""Makes an `Answer` of a reply: typed fields as plain Python values, JSON as JSON, failures as the node tells them.

All fields of an unsigned answer count (an embedded node signs only on request); of a signed one only those that the
signature covers. Nothing here sends anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from taskrunner.client.errors import refused
from taskrunner.client.transport import Answer, Reply
from taskrunner.wire import Atom, DecodeError, httpsig

FAILURE = "taskrunner-failure"
BAD = 400
_TRANSPORT = frozenset(
    {"connection", "content-length", "date", "server", "transfer-encoding", "keep-alive", "vary"}
    | {"content-type", "ao-types", "status"}
)


def read(reply: Reply) -> Answer:
    """The answer with its parsed value in `out`; what cannot be parsed leaves `out` None."""
    headers = dict(reply.headers)
    text = reply.body.decode("utf-8", "replace")
    return Answer(reply.status, headers, text, failure_of(headers), lambda: _out(reply, headers))


def failure_of(headers: Mapping[str, str]) -> dict[str, Any] | None:
    """The JSON of the header `taskrunner-failure`, which only our own node sends."""
    line = headers.get(FAILURE)
    if not line:
        return None
    try:
        failure = json.loads(line)
    except ValueError:
        return None
    return failure if isinstance(failure, dict) else None


def read_json(reply: Reply, what: str) -> Any:
    """The JSON body of a reply. Raises `NodeError` for a bad status and for a body that is no JSON."""
    text = reply.body.decode("utf-8", "replace")
    if reply.status >= BAD:
        raise refused(what, reply.status, text, failure_of(dict(reply.headers)))
    try:
        return json.loads(text)
    except ValueError:
        raise refused(f"{what}: the answer is no JSON", reply.status, text, None) from None


def checked(answer: Answer, what: str) -> Answer:
    """The answer itself; raises `NodeError` if its status is 400 or more."""
    if answer.status >= BAD:
        raise refused(what, answer.status, answer.body, answer.failure)
    return answer


def plain(value: Any) -> Any:
    """A rich value as plain data: text as `str` where it is UTF-8, atoms as their names."""
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value
    if isinstance(value, Atom):
        return value.name
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _out(reply: Reply, headers: Mapping[str, str]) -> Any:
    result = headers.get("ao-result", "")
    signed = "signature-input" in headers
    pairs = [(name, value.encode("latin-1")) for name, value in reply.headers]
    try:
        message = httpsig.decode(pairs, reply.body, only_covered=signed)
    except DecodeError:
        return None
    if result:
        return plain(message.get(result, b""))
    return plain({key: value for key, value in message.items() if not _is_transport(key)})


def _is_transport(key: str) -> bool:
    return key in _TRANSPORT or key == FAILURE or key.startswith("access-control-")
