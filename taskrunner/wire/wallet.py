"""RSA keys as Arweave wallets: JWK in and out, address, and the one signature scheme of the protocol.

Knows bytes and keys, no messages. The key material stays inside `cryptography`'s object and in `to_jwk()`; nothing
here prints, pickles or compares it. `cryptography` is imported on the first key operation.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from taskrunner.wire.errors import KeyFormatError
from taskrunner.wire.values import b64url, unb64url

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

EXPONENT: Final = 65537
SALT_LENGTH: Final = 64
MAX_SALT: Final = -1  # as large as the key allows: 446 bytes for 4096 bits, as the JavaScript client signs
MIN_BITS, MAX_BITS = 2048, 8192
_PRIVATE_FIELDS = ("d", "p", "q", "dp", "dq", "qi")


class Wallet:
    """A private key. `address` is base64url(SHA-256(modulus)), 43 characters; `modulus` is big-endian bytes."""

    __slots__ = ("_key", "address", "modulus")

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key
        number = key.public_key().public_numbers().n
        self.modulus: bytes = number.to_bytes((number.bit_length() + 7) // 8, "big")
        self.address: str = address_of_modulus(self.modulus)

    @classmethod
    def generate(cls, bits: int = 4096) -> Wallet:
        """A new random key of `bits` (4096 takes about a second, 2048 a tenth of it)."""
        from cryptography.hazmat.primitives.asymmetric import rsa

        if not MIN_BITS <= bits <= MAX_BITS:
            raise KeyFormatError(f"an RSA key has {MIN_BITS} to {MAX_BITS} bits, not {bits}")
        return cls(rsa.generate_private_key(EXPONENT, bits))

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any], *, check: bool = True) -> Wallet:
        """The key of a JWK (RFC 7517, RFC 7518 §6.3). `check=False` skips the proof that the numbers fit (300 ms).

        Raises `KeyFormatError` without ever quoting a value of the JWK.
        """
        from cryptography.hazmat.primitives.asymmetric import rsa

        if not isinstance(jwk, Mapping) or jwk.get("kty", "RSA") != "RSA":
            raise KeyFormatError("the wallet is no RSA JWK", hint="a wallet is a JSON object with kty, n, e, d, p, q")
        numbers = {name: _number(jwk, name) for name in ("n", "e", "d")}
        public = rsa.RSAPublicNumbers(numbers["e"], numbers["n"])
        _check_size(numbers["n"], numbers["e"])
        try:
            primes = _primes(jwk, numbers["n"], numbers["d"])
            private = rsa.RSAPrivateNumbers(*primes[:2], numbers["d"], *primes[2:], public)
            return cls(private.private_key(unsafe_skip_rsa_key_validation=not check))
        except (ValueError, ZeroDivisionError) as error:
            raise KeyFormatError("the numbers of the JWK do not belong together") from error

    def to_jwk(self) -> dict[str, str]:
        """The key as a JWK. Secret: write it only with mode 0600."""
        numbers = self._key.private_numbers()
        values = {
            "n": numbers.public_numbers.n,
            "e": numbers.public_numbers.e,
            "d": numbers.d,
            "p": numbers.p,
            "q": numbers.q,
            "dp": numbers.dmp1,
            "dq": numbers.dmq1,
            "qi": numbers.iqmp,
        }
        return {"kty": "RSA"} | {name: b64url(_bytes(value)) for name, value in values.items()}

    @property
    def bits(self) -> int:
        """Size of the modulus."""
        return self._key.key_size

    @property
    def keyid(self) -> str:
        """The modulus as these clients send it: base64url, no padding, no prefix (PROTOCOL §6.1)."""
        return b64url(self.modulus)

    @property
    def label(self) -> str:
        """The label of this key's signatures: `http-sig-` and bytes 1 to 8 of the address as hex (PROTOCOL §6.1)."""
        return "http-sig-" + hashlib.sha256(self.modulus).digest()[1:9].hex()

    def sign(self, data: bytes, salt_length: int = SALT_LENGTH, *, algorithm: str = "sha512") -> bytes:
        """RSASSA-PSS with SHA-512 and MGF1-SHA-512; `salt_length` in bytes, or `MAX_SALT`.

        `algorithm="sha256"` is for ANS-104 items, which use that hash.
        """
        from cryptography.hazmat.primitives.asymmetric import padding

        digest = _hash(algorithm)
        longest = self._key.key_size // 8 - digest.digest_size - 2
        salt = longest if salt_length == MAX_SALT else salt_length
        if not 0 <= salt <= longest:
            raise KeyFormatError(f"a salt for this key has 0 to {longest} bytes, not {salt_length}")
        return self._key.sign(data, padding.PSS(padding.MGF1(digest), salt), digest)

    def __repr__(self) -> str:
        return f"Wallet(address={self.address!r}, bits={self.bits})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a wallet cannot be pickled; hand over its path instead")


def address_of_modulus(modulus: bytes) -> str:
    """The 43-character address of a public key (PROTOCOL §6.1)."""
    return b64url(hashlib.sha256(modulus).digest())


def verify_pss(modulus: bytes, signature: bytes, data: bytes, algorithm: str = "sha512") -> bool:
    """Whether `signature` over `data` was made with the key of `modulus`, whatever its salt length.

    Raises `KeyFormatError` if `modulus` is no usable RSA modulus.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding

    digest = _hash(algorithm)
    try:
        _public_key(modulus).verify(signature, data, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), digest)
    except InvalidSignature:
        return False
    return True


def _hash(algorithm: str) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    return hashes.SHA256() if algorithm == "sha256" else hashes.SHA512()


@lru_cache(maxsize=256)
def _public_key(modulus: bytes) -> RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    number = int.from_bytes(modulus, "big")
    _check_size(number, EXPONENT)
    return rsa.RSAPublicNumbers(EXPONENT, number).public_key()


def _check_size(modulus: int, exponent: int) -> None:
    if not MIN_BITS <= modulus.bit_length() <= MAX_BITS or modulus % 2 == 0:
        raise KeyFormatError(f"the key is no RSA modulus of {MIN_BITS} to {MAX_BITS} bits")
    if exponent != EXPONENT:
        raise KeyFormatError("the exponent of the key is not 65537")


def _number(jwk: Mapping[str, Any], name: str) -> int:
    text = jwk.get(name)
    try:
        if isinstance(text, str) and text:
            return int.from_bytes(unb64url(text), "big")
    except ValueError:
        pass
    raise KeyFormatError(f"the field {name!r} of the JWK is missing or no base64url", field=name)


def _primes(jwk: Mapping[str, Any], modulus: int, private: int) -> tuple[int, int, int, int, int]:
    """p, q, d mod p-1, d mod q-1, q⁻¹ mod p; worked out from n and d when the JWK leaves them out."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    if all(jwk.get(name) for name in _PRIVATE_FIELDS):
        p, q, dp, dq, qi = (_number(jwk, name) for name in _PRIVATE_FIELDS[1:])
    else:
        p, q = rsa.rsa_recover_prime_factors(modulus, EXPONENT, private)
        dp, dq, qi = rsa.rsa_crt_dmp1(private, p), rsa.rsa_crt_dmq1(private, q), rsa.rsa_crt_iqmp(p, q)
    if p * q != modulus or math.gcd(p, q) != 1:
        raise ValueError("p and q are not the factors of n")
    return p, q, dp, dq, qi


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
