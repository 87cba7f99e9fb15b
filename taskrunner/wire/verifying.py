"""Whether commitments hold: every signature, digest and committer is computed anew (PROTOCOL §6.5).

Nothing that a message claims is believed: not the committer, not the id, not the digest. Errors name the commitment
and the field. What to do with an unsigned message is the node's policy, not ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from taskrunner.wire import httpsig, ids, signatures, structured
from taskrunner.wire.commitments import RsaCommitment, from_headers, rsa_commitments, signed_fields
from taskrunner.wire.errors import DigestError, KeyFormatError, Utf16DigestError, VerificationError
from taskrunner.wire.signatures import RSA, SignatureInput
from taskrunner.wire.values import HeadersLike, HttpMessage, Message, Structured, to_bytes
from taskrunner.wire.wallet import address_of_modulus, verify_pss

_UTF16_HINT = "hbsig 0.1.5 digests text over UTF-16 low bytes (PROTOCOL 14.1); send non-ASCII data as base64"
_DIGEST_HINT = "clients cut data at CR LF and mangle nested binary (PROTOCOL 14.2, 14.8); send LF or base64"


def verify_message(message: Mapping[str, Any]) -> list[str]:
    """The committers of a structured or rich message; [] if it has no RSA commitment.

    Raises `VerificationError` for the first commitment that does not hold, `DigestError` if the reason is the digest
    of the body, `Utf16DigestError` if that is the known client defect.
    """
    committed = rsa_commitments(message)
    return [_verify(message, commitment) for commitment in committed]


def covered(message: Mapping[str, Any]) -> Message:
    """The fields that every RSA commitment covers, and `commitments`; a message without any is returned whole.

    Takes structured or rich messages. What travels in the body (`data`, `body`, maps) is covered by
    `content-digest`; an empty value of a rich message is covered by `ao-types`.
    """
    committed = rsa_commitments(message)
    kept = dict(message)
    for commitment in committed:
        kept = _listed_part(kept, commitment.input.names)
    if "commitments" in message:
        kept["commitments"] = message["commitments"]
    return kept


def verify_http(headers: HeadersLike, body: bytes = b"", path: str = "", method: str = "") -> list[str]:
    """The committers of an HTTP message itself; [] if it is unsigned.

    `path` and `method` stand in where a signature covers them and no such header was sent. Raises `DecodeError` for
    malformed signature headers, else as `verify_message`; `commitment` is then the label.
    """
    received = HttpMessage(headers).fields()
    if "signature-input" not in received:
        return []
    from_headers(received)
    found = signatures.read_signatures(received.get("signature", b""))
    fields = {"path": to_bytes(path), "method": to_bytes(method)} | received
    committers = []
    for member in signatures.read_inputs(received["signature-input"]):
        if "content-digest" in member.names:
            _check_digest(body, received.get("content-digest"), member.label)
        committers.append(_verify_label(member, found[member.label], fields))
    return committers


def _verify(message: Mapping[str, Any], commitment: RsaCommitment) -> str:
    key = commitment.key
    if ids.canonical_id(key) != ids.canonical_id(commitment.id):
        raise VerificationError(f"the commitment {key} is not the id of its signature", commitment=key, field="id")
    if commitment.claimed_committer not in ("", commitment.committer):
        what = f"the committer of {key} is not the owner of its key"
        raise VerificationError(what, commitment=key, field="committer")
    failure: VerificationError | None = None
    plain = {name: value for name, value in message.items() if name != "commitments"}
    for reading in _readings(_listed_part(plain, commitment.input.names)):
        try:
            _verify_reading(reading, commitment)
            return commitment.committer
        except VerificationError as error:
            failure = failure or error
    assert failure is not None
    raise failure


def _readings(plain: Mapping[str, Any]) -> Iterator[Structured]:
    """The structured forms that a message may have been signed in: as it is, as a node writes it, as a client does."""
    from taskrunner.wire.wao import structured as client_form

    if _is_structured(plain):
        yield _as_bytes(plain)
        return
    yield structured.encode(plain)
    yield _as_bytes(client_form.encode(plain))


def _is_structured(message: Mapping[str, Any]) -> bool:
    for value in message.values():
        if isinstance(value, Mapping):
            if not value or not _is_structured(value):
                return False
        elif not isinstance(value, str | bytes) or not value:
            return False
    return True


def _as_bytes(message: Mapping[str, Any]) -> Structured:
    return {key: _as_bytes(value) if isinstance(value, Mapping) else to_bytes(value) for key, value in message.items()}


def _verify_reading(plain: Structured, commitment: RsaCommitment) -> None:
    key, names = commitment.key, commitment.input.names
    plain = _listed_part(plain, names)
    fields = signed_fields(plain, names)
    if "content-digest" in names:
        claimed = plain.get("content-digest")
        _check_claim(plain, fields.get("content-digest"), claimed if isinstance(claimed, bytes) else None, key)
    if _holds(commitment, fields):
        return
    low = _utf16_digest(_inline_body(plain))
    if low is not None and "content-digest" in names and _holds(commitment, fields | {"content-digest": low}):
        raise _utf16_error(key)
    raise VerificationError(
        f"the signature of commitment {key} does not belong to these fields: {', '.join(names)}", commitment=key
    )


def _holds(commitment: RsaCommitment, fields: Mapping[str, bytes]) -> bool:
    member = commitment.input
    try:
        base = signatures.signature_base(member.components, member.text, fields.get)
        return verify_pss(commitment.modulus, commitment.signature, base)
    except VerificationError as error:
        what = f"commitment {commitment.key}: {error}"
        raise VerificationError(what, commitment=commitment.key, field=error.field) from error
    except KeyFormatError as error:
        what = f"commitment {commitment.key}: {error}"
        raise VerificationError(what, commitment=commitment.key, field="keyid") from error


def _verify_label(member: SignatureInput, signature: bytes, fields: Mapping[str, bytes]) -> str:
    """The committer of one signature of an HTTP message."""
    if member.parameters.get("alg") != RSA:
        raise VerificationError(f"{member.label} has an unknown algorithm", commitment=member.label, field="alg")
    modulus = ids.modulus_of(member.parameters["keyid"])
    committer = address_of_modulus(modulus)
    commitment = RsaCommitment(member.label, "", committer, signature, modulus, member, "")
    if not _holds(commitment, fields):
        what = f"the signature {member.label} does not belong to these fields: {', '.join(member.names)}"
        raise VerificationError(what, commitment=member.label)
    return committer


def _check_claim(plain: Structured, computed: bytes | None, claimed: bytes | None, key: str) -> None:
    """A nested message carries its digest along; it must be that of its body."""
    if computed is None:
        raise DigestError(
            f"commitment {key} covers a body, but the message has none", commitment=key, field="content-digest"
        )
    if claimed is None or claimed == computed:
        return
    if claimed == _utf16_digest(_inline_body(plain)):
        raise _utf16_error(key)
    raise _digest_error(key)


def _check_digest(body: bytes, claimed: bytes | None, label: str) -> None:
    if claimed is None or claimed == httpsig.digest_header(body):
        return
    raise _utf16_error(label) if claimed == _utf16_digest(body) else _digest_error(label)


def _digest_error(key: str) -> DigestError:
    what = f"commitment {key}: content-digest is not the digest of the body"
    return DigestError(what, commitment=key, field="content-digest", hint=_DIGEST_HINT)


def _utf16_error(key: str) -> Utf16DigestError:
    what = f"commitment {key}: content-digest was made over UTF-16 low bytes, not over the bytes sent"
    return Utf16DigestError(what, commitment=key, field="content-digest", hint=_UTF16_HINT)


def _inline_body(plain: Structured) -> bytes:
    value = plain.get(httpsig.inline_key_of(plain)[0])
    return value if isinstance(value, bytes) else b""


def _utf16_digest(body: bytes) -> bytes | None:
    """The digest that the defective client makes of text, or None where it makes the right one."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if text.isascii():
        return None
    low_bytes = text.encode("utf-16-le")[::2]
    return httpsig.digest_header(low_bytes)


def _listed_part(message: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The fields of a message that a signature over `names` covers.

    The raw body is covered by its digest, but only under the key that is signed too: `body`, or what the listed
    `inline-body-key` says. Parts need the boundary as well, that is `content-type`. Empty values are covered where
    the type note is made from them, and ids where their group is, not where the message brings its own.
    """
    raw_key = httpsig.inline_key_of(message)[0] if "inline-body-key" in names else "body"
    body = "content-digest" in names
    parts = body and "content-type" in names
    empties = "ao-types" in names and "ao-types" not in message
    ids_grouped = "ao-ids" in names and "ao-ids" not in message
    kept = {}
    for key, value in message.items():
        nested = isinstance(value, Mapping | list)
        in_part = nested or (isinstance(value, bytes) and key != raw_key and httpsig.needs_body(key, value))
        listed = key in names or (in_part and parts) or (key == raw_key and body and not nested)
        if listed or (empties and _is_empty(value)) or (ids_grouped and len(key) == 43):
            kept[key] = value
    return kept


def _is_empty(value: Any) -> bool:
    """Whether a rich value left nothing on the wire but its type."""
    return isinstance(value, bytes | str | list | Mapping) and not value
