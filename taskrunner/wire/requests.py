"""A message as the HTTP request that carries it: verb, target, headers and body, signed if there is a wallet.

Builds what a client sends; sends nothing. The field `path` is the target and a signed header, `method` the verb.

    make_request({"path": "/PID/schedule", "body": inner}, wallet)  ->  Request("POST", "/PID/schedule", http)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskrunner.wire import httpsig
from taskrunner.wire.committing import sign_http
from taskrunner.wire.errors import EncodeError
from taskrunner.wire.values import HttpMessage, to_text
from taskrunner.wire.wallet import Wallet


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is the request target (query included); `http` holds the headers to send and the body."""

    method: str
    path: str
    http: HttpMessage


def make_request(
    message: Mapping[str, Any],
    wallet: Wallet | None = None,
    *,
    sign_path: bool = True,
    salt_length: int | None = None,
    dialect: str = httpsig.NODE,
) -> Request:
    """The request for a rich message; defaults are `/relay/process` and POST, as in the client (PROTOCOL §5).

    Raises `EncodeError` if a value has no form, or if `path` or `method` is no text.
    """
    fields = dict(message)
    path, method = (_text(fields, name, default) for name, default in (("path", "/relay/process"), ("method", "POST")))
    if dialect == httpsig.WAO:
        from taskrunner.wire.wao.client import sign_request

        http = sign_request(fields, path, wallet, sign_path=sign_path, salt_length=salt_length)
        return Request(method, path, http)
    http = httpsig.encode({**fields, "path": path}, dialect=dialect)
    if wallet is not None:
        signed = [name for name, _ in http.headers if name != "path" or sign_path]
        http = _sign(http, wallet, signed, salt_length)
    return Request(method, path, http)


def _sign(http: HttpMessage, wallet: Wallet, names: list[str], salt_length: int | None) -> HttpMessage:
    from taskrunner.wire.signatures import node_components
    from taskrunner.wire.wallet import SALT_LENGTH

    components = node_components(name for name in names if name != "body-keys")
    return sign_http(
        http, wallet, components=components, salt_length=SALT_LENGTH if salt_length is None else salt_length
    )


def _text(fields: dict[str, Any], name: str, default: str) -> str:
    value = fields.pop(name, default)
    if not isinstance(value, str | bytes) or not value:
        raise EncodeError(f"the field {name!r} of a request is text", field=name)
    return to_text(value)
