"""Wallets: JWK in and out, signatures, and that nothing secret shows."""

from __future__ import annotations

import pickle
import time
from typing import Any

import pytest

from taskrunner.wire import KeyFormatError, Wallet
from taskrunner.wire.wallet import MAX_SALT, verify_pss

SECRETS = ("d", "p", "q", "dp", "dq", "qi")


def test_round_trip(wallet: Wallet) -> None:
    jwk = wallet.to_jwk()
    for check in (True, False):
        again = Wallet.from_jwk(jwk, check=check)
        assert again.to_jwk() == jwk
        assert (again.address, again.keyid, again.label, again.bits) == (
            wallet.address,
            wallet.keyid,
            wallet.label,
            2048,
        )
    assert len(wallet.address) == 43 and len(wallet.modulus) == 256
    assert wallet.label.startswith("http-sig-") and len(wallet.label) == 9 + 16


def test_known_address(shared: Any) -> None:
    import json

    jwk = json.loads((shared / "protocol/vectors/test-jwk.json").read_text())
    wallet = Wallet.from_jwk(jwk, check=False)
    assert wallet.address == "kIKL90-6dJCiD2f2UHVwpcVycBBgM7dhdIo87-GuNw4"
    assert wallet.label == "http-sig-828bf74fba7490a2"
    begin = time.process_time()
    for _ in range(20):
        Wallet.from_jwk(jwk, check=False)
    assert (time.process_time() - begin) / 20 < 0.02  # about 0.1 ms; the full check takes 300


def test_primes_are_recovered(wallet: Wallet) -> None:
    jwk = wallet.to_jwk()
    short = {name: value for name, value in jwk.items() if name in ("kty", "n", "e", "d")}
    again = Wallet.from_jwk(short)
    assert again.address == wallet.address
    assert verify_pss(wallet.modulus, again.sign(b"data"), b"data")


@pytest.mark.parametrize("salt", [0, 20, 64, MAX_SALT])
@pytest.mark.parametrize("algorithm", ["sha512", "sha256"])
def test_any_salt_verifies(salt: int, algorithm: str, wallet: Wallet, other_wallet: Wallet) -> None:
    signature = wallet.sign(b"data", salt, algorithm=algorithm)
    assert verify_pss(wallet.modulus, signature, b"data", algorithm)
    assert not verify_pss(wallet.modulus, signature, b"Data", algorithm)
    assert not verify_pss(other_wallet.modulus, signature, b"data", algorithm)
    assert not verify_pss(wallet.modulus, signature, b"data", "sha256" if algorithm == "sha512" else "sha512")


@pytest.mark.parametrize("salt", [-2, 191, 10_000])
def test_impossible_salts(salt: int, wallet: Wallet) -> None:
    with pytest.raises(KeyFormatError, match="salt"):
        wallet.sign(b"data", salt)


def test_nothing_secret_shows(wallet: Wallet) -> None:
    jwk = wallet.to_jwk()
    shown = repr(wallet) + str(wallet) + f"{wallet!r:>10}" + repr(wallet.__slots__)
    assert all(jwk[name] not in shown for name in SECRETS)
    assert repr(wallet) == f"Wallet(address='{wallet.address}', bits=2048)"
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(wallet)
    assert not hasattr(wallet, "__dict__")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kty": "EC"}, "no RSA JWK"),
        ({"n": None}, "'n'"),
        ({"d": ""}, "'d'"),
        ({"e": "!!"}, "'e'"),
        ({"e": "Aw"}, "65537"),
        ({"n": "AQAB"}, "2048 to 8192"),
        ({"p": "AQAB"}, "belong together"),
        ({"d": "AQAB", "p": "", "q": ""}, "belong together"),
    ],
)
def test_broken_jwks(change: dict[str, Any], message: str, wallet: Wallet) -> None:
    jwk: dict[str, Any] = wallet.to_jwk() | change
    with pytest.raises(KeyFormatError, match=message) as caught:
        Wallet.from_jwk(jwk)
    text = str(caught.value) + caught.value.hint
    assert all(value not in text for name, value in wallet.to_jwk().items() if name in SECRETS)


def test_the_check_finds_numbers_that_do_not_fit(wallet: Wallet) -> None:
    jwk = wallet.to_jwk()
    jwk["d"] = Wallet.generate(2048).to_jwk()["d"]
    with pytest.raises(KeyFormatError):
        Wallet.from_jwk(jwk)


@pytest.mark.parametrize("jwk", [None, [], "text", 5])
def test_what_is_no_jwk(jwk: Any) -> None:
    with pytest.raises(KeyFormatError):
        Wallet.from_jwk(jwk)


@pytest.mark.parametrize("bits", [0, 1024, 100_000])
def test_impossible_sizes(bits: int) -> None:
    with pytest.raises(KeyFormatError, match="bits"):
        Wallet.generate(bits)


@pytest.mark.parametrize("modulus", [b"", b"\x03", b"\xff" * 127, b"\xff" * 2000, b"\xfe" * 256])
def test_what_is_no_modulus(modulus: bytes) -> None:
    with pytest.raises(KeyFormatError):
        verify_pss(modulus, b"x" * 256, b"data")
