"""What the JavaScript client reads out of an HTTP answer: `out`, `hashpath`, `signer` (PROTOCOL §8).

A node for these clients must be readable by these rules, and our own client follows them. The signature is looked
at only for the names it lists; nothing is verified here. Text in `out` is `str`, as in that client.

    read_reply(200, {"ao-types": 'slot="integer"', "slot": "3", "signature-input": 'sig=("ao-types" "slot");...'}).out
        {"slot": 3}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from taskrunner.wire.values import HeadersLike, HttpMessage, unb64url
from taskrunner.wire.wallet import address_of_modulus
from taskrunner.wire.wao import answer

_ENTRY = re.compile(r"([A-Za-z0-9-]+)=\(([^)]*)\)(.*)\Z", re.DOTALL)
_NEXT_ENTRY = re.compile(r",(?=\s*[A-Za-z0-9-]+=)")
_COMPONENT = re.compile(r'"[^"]+"|\S+')
_BINARY = re.compile(r"[^\t-\r -~]")
_STATUS_TEXT: Final = 400


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `parsed` is False without a `signature-input`: then the client has no `out` at all.

    `signer` is "" where the client leaves it out. `headers` are text by lower-case name, `body` is text.
    """

    status: int
    headers: dict[str, str]
    body: str
    parsed: bool = False
    out: Any = None
    hashpath: str | None = None
    signer: str = ""
    components: tuple[str, ...] = field(default=())

    @property
    def failed(self) -> bool:
        """Whether a POST with this answer throws `<status>: <body>`."""
        return self.status >= _STATUS_TEXT


def read_reply(status: int, headers: HeadersLike, body: bytes = b"") -> Reply:
    """The client's view of an answer. Never raises: what the client cannot read is missing from `out`."""
    texts = {name: value.decode("latin-1") for name, value in HttpMessage(headers).fields().items()}
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    listed = texts.get("signature-input", "")
    if not listed:
        return Reply(status, texts, text)
    entry = _first_entry(listed)
    if entry is None:
        return Reply(status, texts, text, parsed=True)
    components, parameters = entry
    out = _out(texts, text, components)
    tag = parameters.get("tag")
    return Reply(status, texts, text, True, out, tag, _signer(parameters.get("keyid", "")), tuple(components))


def _first_entry(listed: str) -> tuple[list[str], dict[str, str]] | None:
    """Components and parameters of the first signature with a readable label."""
    for entry in _NEXT_ENTRY.split(listed):
        match = _ENTRY.match(entry.strip())
        if match is None:
            continue
        components = [name.replace('"', "") for name in _COMPONENT.findall(match[2])]
        parameters = {}
        for pair in match[3].split(";"):
            name, mark, value = pair.partition("=")
            if name and mark:
                parameters[name.strip()] = value.removeprefix('"').removesuffix('"')
        return components, parameters
    return None


def _signer(keyid: str) -> str:
    try:
        return address_of_modulus(unb64url(keyid)) if keyid else ""
    except ValueError:
        return ""


def _out(headers: Mapping[str, str], body: str, components: list[str]) -> Any:
    fields = _listed_fields(headers, body, components)
    result = headers.get("ao-result", "")
    if result == "body":
        return _literal(fields.get("body", ""))
    out = answer.to_json(fields)
    if not result:
        return out
    return out.get(result, "") if isinstance(out, dict) else ""


def _listed_fields(headers: Mapping[str, str], body: str, components: list[str]) -> dict[str, Any]:
    """The fields whose names are listed; the body only if its digest is."""
    lowered = [component.lower() for component in components]
    first = [name for name in ("ao-types", "ao-ids") if name in lowered and headers.get(name)]
    names = first + [component for component in components if not component.startswith("@")]
    fields: dict[str, Any] = {}
    for name in names:
        if name.lower() in headers:
            fields[name] = headers[name.lower()]
    if "content-digest" in lowered:
        fields["body"] = body
    if "@path" in components and "path" in headers:
        fields["path"] = headers["path"]
    return fields


def _literal(body: str) -> str | bytes:
    """The body as `out`; text beyond ASCII is taken for binary and cut to 8 bits a unit (PROTOCOL §8.2)."""
    if _BINARY.search(body) is None:
        return body
    return body.encode("utf-16-le", "surrogatepass")[::2]
