"""RFC 9421's own examples, and our signatures, judged by a second library.

Where a message covers only ordinary fields, we and the RFC agree byte for byte; `@` names are the one departure
(PROTOCOL 6.3), which is shown here too.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import pytest
import vectors
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)

from taskrunner.wire import DecodeError, HttpMessage, httpsig, sign_http, verify_http
from taskrunner.wire.signatures import read_inputs, read_signatures, signature_base
from taskrunner.wire.wallet import verify_pss

PEM = b"""-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----
"""
SHARED_SECRET = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
FIELDS = {
    "date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "content-type": "application/json",
    "content-digest": (
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
    ),
    "content-length": "18",
}
B21 = (
    'sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
    "sig-b21=:d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXa"
    "JMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZ"
    "sfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8s"
    "sinQ98Xw9Q==:",
)
B22 = (
    'sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";'
    'tag="header-example"',
    "sig-b22=:LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB"
    "4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+"
    "H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4"
    "bXTugEjHSw==:",
)
B23 = (
    'sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");'
    'created=1618884473;keyid="test-key-rsa-pss"',
    "sig-b23=:bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrC"
    "Ub38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1"
    "xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIzts"
    "DZKEgM4cUA==:",
)
B25 = (
    'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
)
DERIVED = {"@method": "POST", "@path": "/foo", "@query": "?param=Value&Pet=dog", "@authority": "example.com"}


@dataclass
class Message:
    """A request as the second library wants it."""

    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    url: str = "https://example.com/foo?param=Value&Pet=dog"


class Keys(HTTPSignatureKeyResolver):
    """The RFC's test keys, and for any other keyid the modulus that it is."""

    def resolve_public_key(self, key_id: str) -> Any:
        if key_id == "test-key-rsa-pss":
            return load_pem_public_key(PEM)
        if key_id == "test-shared-secret":
            return base64.b64decode(SHARED_SECRET)
        modulus = base64.urlsafe_b64decode(key_id + "=" * (-len(key_id) % 4))
        return RSAPublicNumbers(65537, int.from_bytes(modulus, "big")).public_key()

    def resolve_private_key(self, key_id: str) -> Any:
        return vectors.wallet()._key


class Verifier(HTTPMessageVerifier):
    """Without the rule that a signature must say when it was made."""

    require_created = False


def second_opinion(message: Message, algorithm: Any = algorithms.RSA_PSS_SHA512) -> Any:
    verifier = Verifier(signature_algorithm=algorithm, key_resolver=Keys())
    return verifier.verify(message, max_age=None)


def rfc_modulus() -> bytes:
    key = load_pem_public_key(PEM)
    assert isinstance(key, RSAPublicKey)
    return key.public_numbers().n.to_bytes(256, "big")


@pytest.mark.parametrize("example", [B21, B23], ids=["B.2.1", "B.2.3"])
def test_rsa_examples(example: tuple[str, str]) -> None:
    message = Message(FIELDS | {"Signature-Input": example[0], "Signature": example[1]})
    (result,) = second_opinion(message)
    (member,) = read_inputs(example[0].encode())
    signature = read_signatures(example[1].encode())[member.label]
    named = {name.removeprefix("@"): value for name, value in (FIELDS | DERIVED).items()}
    ours = signature_base(member.components, member.text, lambda name: named[name].encode())
    for name in DERIVED:  # the departure: our line of a derived name lacks its @
        ours = ours.replace(f'\n"{name[1:]}": '.encode(), f'\n"{name}": '.encode())
    assert verify_pss(rfc_modulus(), signature, ours)
    assert not verify_pss(rfc_modulus(), signature, ours + b" ")
    assert result.parameters["keyid"] == member.parameters["keyid"]
    assert [line.split(":")[0] for line in ours.decode().split("\n")] == list(result.covered_components)


def test_parameters_of_components_are_refused() -> None:
    message = Message(FIELDS | {"Signature-Input": B22[0], "Signature": B22[1]})
    assert second_opinion(message)
    with pytest.raises(DecodeError, match="@query-param"):
        read_inputs(B22[0].encode())


def test_hmac_example() -> None:
    message = Message(FIELDS | {"Signature-Input": B25[0], "Signature": B25[1]})
    assert second_opinion(message, algorithms.HMAC_SHA256)
    (member,) = read_inputs(B25[0].encode())
    assert member.components == ("date", "@authority", "content-type")
    assert member.parameters["keyid"] == "test-shared-secret"


MESSAGES = [
    {"a": "b"},
    {"n": 1, "l": [1, "two", 3.5, True], "e": "", "action": "Eval"},
    {"data": "x" * 9000, "m": {"k": "v", "n": {"deep": 2}}},
    {"body": b"\x00\xff", "authority": "someone"},
]


@pytest.mark.parametrize("message", MESSAGES, ids=["plain", "typed", "multipart", "binary"])
def test_our_signatures_convince_the_second_library(message: dict[str, Any]) -> None:
    http = httpsig.encode(message)
    names = [name for name, _ in http.headers if name != "body-keys"]
    signed = sign_http(http, vectors.wallet(), components=names)
    headers = {name: value.decode() for name, value in signed.headers}
    (result,) = second_opinion(Message(headers))
    assert set(result.covered_components) >= {f'"{name}"' for name in names}
    headers[names[0]] += "x"
    with pytest.raises(InvalidSignature):
        second_opinion(Message(headers))


@pytest.mark.parametrize("tag", [None, "PATH/REQUEST"])
def test_the_second_library_convinces_us(tag: str | None) -> None:
    message = Message({"a": "b", "content-digest": httpsig.digest_header(b"hi").decode()})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.RSA_PSS_SHA512, key_resolver=Keys())
    signer.sign(
        message,
        key_id=vectors.wallet().keyid,
        label="other",
        covered_component_ids=("a", "content-digest"),
        use_existing_digest=True,
        **({} if tag is None else {"tag": tag}),
    )
    assert verify_http(message.headers, b"hi") == [vectors.wallet().address]
    assert read_inputs(message.headers["Signature-Input"].encode())[0].parameters.get("tag") == tag


def test_both_write_the_same_base() -> None:
    http = HttpMessage({"a": "b", "c": "d  e"})
    signed = sign_http(http, vectors.wallet(), components=["c", "a"], tag="T")
    (member,) = read_inputs(signed.get("signature-input"))
    assert signature_base(member.components, member.text, signed.fields().get) == (
        b'"c": d  e\n"a": b\n"@signature-params": ' + member.text
    )
    assert member.text.startswith(b'("c" "a");alg="rsa-pss-sha512";keyid="')
    assert member.text.endswith(b';tag="T"')
