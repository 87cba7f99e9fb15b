"""Signature headers and the signature base: RFC 9421 as these nodes and clients practise it (PROTOCOL §6.1-6.3).

    signature:       http-sig-828bf74fba7490a2=:<base64>:
    signature-input: http-sig-828bf74fba7490a2=("@path" "a" "n");alg="rsa-pss-sha512";keyid="0UAT..."

They depart from the RFC in one thing: `@name` is not derived, it means the field called `name`. The reader is strict
and takes time linear in its input; it keeps the parameter text exactly as received, because that text is signed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from taskrunner.wire.errors import DecodeError, VerificationError
from taskrunner.wire.sftext import quote, unquote
from taskrunner.wire.values import to_bytes, to_text

RSA: Final = "rsa-pss-sha512"
HMAC: Final = "hmac-sha256"
DERIVED: Final = frozenset(
    {"method", "target-uri", "authority", "scheme", "request-target", "path", "query", "query-param", "status"}
)
_LABEL = re.compile(rb"[ \t]*([A-Za-z0-9_*.-]+)=")
_COMPONENT = re.compile(rb' *"((?:[^"\\]|\\["\\])*)"(;?)')
_CLOSE = re.compile(rb" *\)")
_PARAMETER = re.compile(rb';[ \t]*([a-z*][a-z0-9_.*-]*)(?:=(?:"((?:[^"\\]|\\["\\])*)"|([^\s;,"()]+)))?')
_BYTES = re.compile(rb":([A-Za-z0-9+/]*={0,2}):")
_END = re.compile(rb"[ \t]*(?:,|\Z)")
_FOLD = re.compile(rb"\n[ \t\r\n]*")
_BLANKS = b" \t\r\n"
MAX_REMEMBERED: Final = 4096  # bytes of a text that is worth remembering once it is parsed


@dataclass(frozen=True, slots=True)
class SignatureInput:
    """One member of `signature-input`: what is covered, and the raw text of its list and parameters."""

    label: str
    components: tuple[str, ...]
    text: bytes
    parameters: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The covered fields, without `@`."""
        return tuple(name.removeprefix("@") for name in self.components)


def read_inputs(text: bytes) -> list[SignatureInput]:
    """Every member of a `signature-input` header, in order. Raises `DecodeError`."""
    return list(_remembered_inputs(text) if len(text) <= MAX_REMEMBERED else _parse_inputs(text))


def _parse_inputs(text: bytes) -> tuple[SignatureInput, ...]:
    inputs: list[SignatureInput] = []
    position = 0
    while position < len(text):
        member, position = _read_input(text, position)
        if any(member.label == other.label for other in inputs):
            raise _malformed("signature-input", f"the label {member.label!r} appears twice")
        inputs.append(member)
    return tuple(inputs)


# One sender signs the same fields with the same key again and again, so that the text is often the same.
_remembered_inputs = lru_cache(maxsize=256)(_parse_inputs)


def read_signatures(text: bytes) -> dict[str, bytes]:
    """Label to signature bytes of a `signature` header. Raises `DecodeError`, also for base64 in a second spelling."""
    signatures: dict[str, bytes] = {}
    position = 0
    while position < len(text):
        label, position = _read_label(text, position, "signature")
        match = _BYTES.match(text, position)
        if match is None or label in signatures:
            raise _malformed("signature", f"{label!r} is no byte sequence, or appears twice")
        signatures[label] = _decode_base64(match[1], label)
        position = _read_end(text, match.end(), "signature")
    return signatures


def write_parameters(components: Iterable[str], alg: str, keyid: str, tag: str | None = None) -> bytes:
    """The list and its parameters, sorted by name: `("@path" "a");alg="...";keyid="..."`."""
    listed = b" ".join(quote(to_bytes(name)) for name in components)
    text = b"(" + listed + b");alg=" + quote(alg.encode()) + b";keyid=" + quote(keyid.encode())
    return text if tag is None else text + b";tag=" + quote(to_bytes(tag))


def signature_base(components: Sequence[str], parameters: bytes, field: Callable[[str], bytes | None]) -> bytes:
    """The bytes that are signed: one line per component, then the parameters (PROTOCOL §6.3).

    `field(name)` gives the value of a field, or None, for which `VerificationError` names the field.
    """
    lines = []
    for component in components:
        name = component.removeprefix("@")
        value = field(name)
        if value is None:
            raise VerificationError(f"the signature covers {name!r}, but the message has no such field", field=name)
        lines.append(quote(to_bytes(name)) + b": " + normal_value(value))
    lines.append(b'"@signature-params": ' + parameters)
    return b"\n".join(lines)


def normal_value(value: bytes) -> bytes:
    """A field value as it is signed: outer blanks off, each line end with its blanks as one space."""
    value = value.strip(_BLANKS)
    return _FOLD.sub(b" ", value) if b"\n" in value else value


def node_components(names: Iterable[str]) -> list[str]:
    """Field names in a node's order: sorted by bare name, then derived names get their `@` (PROTOCOL §6.2)."""
    return [f"@{name}" if name in DERIVED else name for name in sorted(names, key=to_bytes)]


def client_components(names: Iterable[str]) -> list[str]:
    """Field names in the client's order: only `path` gets an `@`, and that counts in sorting (PROTOCOL §6.2)."""
    return sorted(("@path" if name == "path" else name for name in names), key=to_bytes)


def _read_input(text: bytes, position: int) -> tuple[SignatureInput, int]:
    label, position = _read_label(text, position, "signature-input")
    start = position
    if text[position : position + 1] != b"(":
        raise _malformed("signature-input", f"{label!r} is no list of components")
    position += 1
    components: list[str] = []
    while (match := _COMPONENT.match(text, position)) is not None:
        name = to_text(unquote(match[1]))
        if match[2]:
            raise _malformed("signature-input", f"the component {name!r} has parameters, which are not used here")
        if name in components:
            raise _malformed("signature-input", f"the component {name!r} is listed twice")
        components.append(name)
        position = match.end()
    closing = _CLOSE.match(text, position)
    if closing is None:
        raise _malformed("signature-input", f"the list of {label!r} does not end")
    position = closing.end()
    parameters: dict[str, str] = {}
    while (match := _PARAMETER.match(text, position)) is not None:
        value = unquote(match[2]) if match[2] is not None else match[3] or b"?1"
        parameters[match[1].decode()] = to_text(value)
        position = match.end()
    member = SignatureInput(label, tuple(components), text[start:position], parameters)
    return member, _read_end(text, position, "signature-input")


def _read_label(text: bytes, position: int, header: str) -> tuple[str, int]:
    match = _LABEL.match(text, position)
    if match is None:
        raise _malformed(header, "a member has no label")
    return match[1].decode(), match.end()


def _read_end(text: bytes, position: int, header: str) -> int:
    match = _END.match(text, position)
    if match is None or (match.end() == len(text) and match[0].endswith(b",")):
        raise _malformed(header, f"unexpected text at byte {position}")
    return match.end()


def _decode_base64(text: bytes, label: str) -> bytes:
    try:
        signature = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _malformed("signature", f"{label!r} is no base64") from error
    if base64.b64encode(signature) != text:
        raise _malformed("signature", f"{label!r} is base64 with stray bits")
    return signature


def _malformed(header: str, what: str) -> DecodeError:
    return DecodeError(f"malformed {header} header: {what}", field=header)
