"""`HyperBEAM`: what it starts, what it hands out, and that nothing outlives it."""

from __future__ import annotations

import json
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from taskrunner.backends import HyperBEAM, InProcess
from taskrunner.backends.embedded import write_private
from taskrunner.client import HB
from taskrunner.errors import InputError
from taskrunner.node import Node
from taskrunner.wire import Wallet


@pytest.fixture(scope="module")
def wallet() -> Wallet:
    return Wallet.generate(2048)


def listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


def test_in_process_there_is_no_socket_until_the_url_is_read(wallet: Wallet) -> None:
    with HyperBEAM(jwk=wallet) as hbeam:
        assert hbeam.hb.operator == hbeam.addr == wallet.address
        assert hbeam._url is None
        url = hbeam.url
        assert listens(url) and hbeam.url == url
        assert HB(url=url).operator == wallet.address
    assert not listens(url)


def test_kill_may_be_called_twice_and_ready_again(wallet: Wallet) -> None:
    hbeam = HyperBEAM(reset=True, jwk=wallet)
    assert hbeam.ready() is hbeam
    pid = hbeam.hb.spawn({})["pid"]
    hbeam.kill()
    hbeam.kill()
    assert hbeam.ready().hb.get(f"/{pid}/slot/current").status == 404
    hbeam.kill()


def test_a_wallet_in_any_form(wallet: Wallet) -> None:
    with HyperBEAM(jwk=wallet.to_jwk()) as hbeam:
        assert hbeam.addr == wallet.address
        assert hbeam.jwk == wallet.to_jwk()
    with HyperBEAM() as hbeam:
        assert len(hbeam.addr) == 43


def test_clients_of_other_wallets(wallet: Wallet) -> None:
    other = Wallet.generate(2048)
    with HyperBEAM(jwk=wallet) as hbeam:
        client = hbeam.client(other)
        assert (client.addr, client.operator) == (other.address, wallet.address)
        assert hbeam.client().addr is None


def test_persist_keeps_and_reset_forgets(wallet: Wallet, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with HyperBEAM(jwk=wallet, persist=tmp_path) as hbeam:
        pid = hbeam.hb.spawn({})["pid"]
    with HyperBEAM(jwk=wallet, persist=tmp_path, reset=False) as hbeam:
        assert hbeam.hb.slot(pid, "current")["body"] == 0
    with HyperBEAM(jwk=wallet, persist=tmp_path, reset=True) as hbeam:
        assert hbeam.hb.get(f"/{pid}/slot/current").status == 404
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def test_a_remote_node_is_used_and_left_alone(wallet: Wallet) -> None:
    with HyperBEAM(jwk=wallet) as host:
        with HyperBEAM(jwk=wallet, url=host.url) as guest:
            assert (guest.backend, guest.node, guest.url) == ("remote", None, host.url)
            pid = guest.hb.spawn({})["pid"]
            guest.name_source("x", "y")
            assert guest.reports(pid) == []
        assert host.hb.slot(pid, "current")["body"] == 0


def test_wrong_words_are_told(wallet: Wallet) -> None:
    with pytest.raises(InputError, match="unknown backend"):
        HyperBEAM(jwk=wallet, backend="nope")
    with pytest.raises(InputError, match="needs a url"):
        HyperBEAM(jwk=wallet, backend="remote").ready()
    with pytest.raises(InputError, match="unknown dialect"):
        HyperBEAM(jwk=wallet, dialect="2031-01").ready()


def test_time_and_chance_are_given(wallet: Wallet) -> None:
    with HyperBEAM(jwk=wallet, clock=lambda: 1_700_000_000.5, random=lambda n: b"\x07" * n) as hbeam:
        source = (
            "function compute(base, req) base.results = { t = req.timestamp, r = math.random(1, 999) } return base end"
        )
        module = hbeam.hb.cache_script(source)
        pids = [hbeam.hb.spawn_lua(module)["pid"] for _ in range(2)]
        first, second = (hbeam.hb.compute_lua(pid, 0) for pid in pids)
        assert first == second and first["t"] == 1_700_000_000_500


def test_in_process_answers_are_the_bytes_of_http(wallet: Wallet) -> None:
    node = Node(wallet)
    signed = InProcess(node, sign=True).request("GET", "/~meta@1.0/info/address")
    plain = InProcess(node).request("GET", "/~meta@1.0/info/address")
    assert (plain.status, plain.body) == (signed.status, signed.body)
    assert signed.header("signature") and not plain.header("signature")


def test_a_wallet_is_written_for_its_owner_alone(wallet: Wallet, tmp_path: Path) -> None:
    file = tmp_path / "w.json"
    write_private(file, wallet.to_jwk())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == wallet.to_jwk()
    with pytest.raises(FileExistsError):
        write_private(file, wallet.to_jwk())
