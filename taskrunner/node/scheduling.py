"""Takes messages into schedules: which process, may it, and the signed assignment that says so (PROTOCOL §10.2).

Works on structured messages, because that is what signatures cover. Computes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.node.processes import Process
from taskrunner.node.results import Failure, Oops, Refusal, Result
from taskrunner.node.values import Message, text
from taskrunner.wire import (
    Utf16DigestError,
    VerificationError,
    commit,
    covered,
    hash_chain,
    message_id,
    structured,
    verify_message,
)
from taskrunner.wire.scalars import float_text

if TYPE_CHECKING:
    from taskrunner.node.node import Node

ZERO_HASH = b"A" * 43
INVALID = "Given message does not correctly validate."
NO_SCHEDULER = "No scheduler information provided."
NOT_KNOWN = b"Necessary messages not found in cache."
WHERE = "fun dev_process:schedule/3"
FIELD_MISSING = (
    '{badmatch,\n  {field_not_found_error,\n  <<"Component Identifier for a field MUST be present on the message">>}}'
)
_PARTS = frozenset({"id", "committer", "keyid", "alg", "content-digest", "commitment-device", "signature"})
LONGEST = 15  # digits of an integer that a structured field may hold (RFC 9651 §3.3.1)


def accept(node: Node, message: Message, process_id: str = "") -> Message:
    """Schedule a structured message on its process (or on `process_id`); the assignment, rich.

    Raises `Refusal` (400, 404) or `Oops`; then no slot was used.
    """
    check_types(message)
    verify(message)
    kept = _plain_form(covered(message))
    rich = structured.decode(kept)
    if text(rich.get("type")) == "Process":
        return _spawn(node, rich)
    target = text(rich.get("target")) or process_id
    process = node.processes.get(target)
    if process is None:
        raise Refusal(Result("not_found", {"body": NOT_KNOWN}, _unknown(target)))
    if not process.definition.get("scheduler"):
        raise Refusal(Result("error", NO_SCHEDULER.encode()))
    with process.schedule_lock, node.store.batch():
        return _append(node, process, rich)


def verify(message: Message) -> None:
    """Check every commitment; raises the `Refusal` that a real node answers, with our own reason beside it."""
    try:
        verify_message(message)
    except VerificationError as error:
        if error.field and error.field not in _PARTS and error.field not in message:
            words = f"the message is signed over {error.field!r}, and has no such field as a node reads it"
            raise Oops(FIELD_MISSING, WHERE, failure=Failure("MOD-NODE-SIGNATURE", words, hint=error.hint)) from error
        body: Message = {"status": 400, "body": b"Message is not valid.", "reason": INVALID.encode()}
        code = "MOD-NODE-UTF16" if isinstance(error, Utf16DigestError) else "MOD-NODE-SIGNATURE"
        failure = Failure(code, f"the message does not verify: {error.message}", hint=error.hint)
        raise Refusal(Result("error", body, failure)) from error


def check_types(message: Message) -> None:
    """What a real node cannot take: integers beyond 15 digits crash it, floats in another text than its own."""
    note = message.get("ao-types")
    if not isinstance(note, bytes) or not isinstance(message.get("commitments"), dict):
        return
    rich = structured.decode({key: value for key, value in message.items() if key != "commitments"})
    if "ao-types" not in structured.encode({key: value for key, value in rich.items() if key != "ao-types"}):
        words = "every type that the message notes belongs to a field that it does not have (a list of maps?)"
        raise Oops(FIELD_MISSING, WHERE, failure=Failure("MOD-NODE-TYPE", words, hint="send it as JSON text"))
    for key, value in rich.items():
        raw = message.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and len(str(abs(value))) > LONGEST:
            words = f"the tag {key!r} is an integer of more than {LONGEST} digits: a real node answers 500"
            where = "fun dev_scheduler:post_schedule/3"
            raise Oops("function_clause", where, failure=Failure("MOD-NODE-TYPE", words, hint="send it as text"))
        if isinstance(value, float) and isinstance(raw, bytes) and raw != float_text(value):
            words = f"the tag {key!r} is a float in another text than a node writes, so its signature does not hold"
            failure = Failure("MOD-NODE-TYPE", words, hint="send numbers with a fraction as text")
            body: Message = {"status": 400, "body": b"Message is not valid.", "reason": INVALID.encode()}
            raise Refusal(Result("error", body, failure))


def uncommitted() -> Message:
    """What is left of a message that arrives as unsigned headers: nothing that anybody vouched for (NODE.md)."""
    entry = {"alg": b"hmac-sha256", "commitment-device": b"httpsig@1.0"}
    return {"commitments": {"6zTVMk1sO0ylOSyRsD3SaIbYdYmc1NG-J5JzxBgQXdc": entry}}


def _plain_form(message: Message) -> Message:
    """The message as the process sees it: a digest that only served the signature is not part of it."""
    return {key: value for key, value in message.items() if key not in ("content-digest", "inline-body-key")}


def _spawn(node: Node, rich: Message) -> Message:
    if not rich.get("scheduler") and not rich.get("scheduler-location"):
        raise Refusal(Result("error", NO_SCHEDULER.encode()))
    identity = message_id(rich)
    known = node.processes.get(identity)
    process = known or node.processes.open(identity, rich, node.new_seed())
    with process.schedule_lock:
        try:
            with node.store.batch():
                if process.current < 0:
                    node.processes.keep(process)
                return _append(node, process, rich)
        except BaseException:
            if known is None:
                node.processes.forget(process)
            raise


def _append(node: Node, process: Process, rich: Message) -> Message:
    """The assignment of the next slot, signed by the node and stored with its message."""
    identity = process.id if text(rich.get("type")) == "Process" and process.current < 0 else message_id(rich)
    assignment: Message = {
        "path": b"compute",
        "data-protocol": b"ao",
        "variant": b"ao.N.1",
        "process": process.id.encode(),
        "epoch": b"0",
        "slot": process.current + 1,
        "block-height": 0,
        "block-hash": ZERO_HASH,
        "block-timestamp": 0,
        "timestamp": int(node.clock() * 1000),
        "hash-chain": hash_chain(process.chain, identity).encode(),
        "body": rich,
    }
    assignment["commitments"] = node.seal(assignment)
    node.keep(identity, rich)
    process.append(assignment)
    return assignment


def seal(assignment: Message, wallet: Any) -> Message:
    """The node's commitments of an assignment."""
    entries = commit(assignment, wallet, path=True)["commitments"]
    assert isinstance(entries, dict)
    return entries


def _unknown(target: str) -> Failure:
    return Failure("MOD-NODE-UNKNOWN", f"there is no process {target} on this node", hint="spawn it first")
