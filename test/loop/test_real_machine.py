"""Faults of the machine by real means: a full disk, rights that are missing, little memory, a port that is taken.

Each runs the installed command in a process whose surroundings are really broken, and looks at what is said. Where the
system does not let a test break it, the test is skipped with the reason.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from corpus.worlds import COUNTER
from scripted import SUITE, module_text, workspace

RUN = [sys.executable, "-c", "from taskrunner.cli import main; main()", "run", "1", "--json"]
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
NO_CAPABILITY = 99
TMPFS = 'mount -t tmpfs -o size="$0" none "$1" && cp -a "$2/." "$1" && cd "$1" && shift 2 && exec "$@"'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return workspace(tmp_path / "w", module_text()).root


def run(root: Path, before: Callable[[], None] | None = None, command: list[str] | None = None, **env: str) -> Any:
    """What `taskrunner run 1 --json` says, with its exit code beside it."""
    ended = subprocess.run(
        command or RUN, cwd=root, env={**os.environ, **env}, preexec_fn=before, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    if ended.returncode == NO_CAPABILITY:
        pytest.skip("SKIPPED LOUDLY: this system lets root give up no capability")
    assert ended.stdout, ended
    return {**json.loads(ended.stdout), "exit": ended.returncode}


def says(told: Any, code: str) -> None:
    fault = told.get("failure") or told["error"]
    assert (told["exit"], fault["code"]) == (4, code), told
    assert fault["hint"] and fault.get("class", "environment") == "environment"


# -- a full disk


def on_small_disk(size: str, root: Path) -> list[str]:
    """The command, in a mount namespace of its own where the workspace lies on a small tmpfs."""
    place = root.parent / "small"
    place.mkdir()
    unshare = shutil.which("unshare")
    probe = [unshare or "false", "-m", "mount", "-t", "tmpfs", "none", str(place)]
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("SKIPPED LOUDLY: this system lets us mount no tmpfs, so no disk can be full (needs root)")
    return [str(unshare), "-m", "sh", "-c", TMPFS, size, str(place), str(root), *RUN]


def test_a_disk_without_room_is_told_before_anything_runs(home: Path) -> None:
    says(run(home, command=on_small_disk("16m", home)), "ENV-DISK-FULL")


def test_a_disk_that_fills_up_while_the_suite_runs(home: Path) -> None:
    fills = "\n\ndef test_fills_the_disk(tmp_path):\n    with open('big', 'wb') as out:\n"
    fills += "        for _ in range(64):\n            out.write(bytes(1 << 20))\n            out.flush()\n"
    (home / SUITE).write_text(COUNTER.suite + fills)
    says(run(home, command=on_small_disk("48m", home)), "ENV-DISK-FULL")


# -- rights


def like_anybody() -> None:
    """Root, but bound by the modes of its own files, as everybody else is."""
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
                os._exit(NO_CAPABILITY)


@pytest.mark.skipif(sys.platform != "linux" and os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize(("name", "mode"), [("custom_lua", 0o555), ("test", 0o555), (SUITE, 0o200), (".", 0o555)])
def test_what_may_not_be_written_or_read(home: Path, name: str, mode: int) -> None:
    path, before = home / name, (home / name).stat().st_mode
    path.chmod(mode)
    try:
        told = run(home, like_anybody)
    finally:
        path.chmod(before)
    says(told, "ENV-PERMISSION")


# -- memory


def test_a_machine_without_memory(home: Path) -> None:
    eats = "\n\ndef test_eats_memory(module):\n    module.spawn()\n    assert bytearray(4 << 30)\n"
    (home / SUITE).write_text(COUNTER.suite + eats)
    limit = 2 << 30
    says(run(home, lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))), "ENV-MEMORY")


# -- ports


class Stranger(BaseHTTPRequestHandler):
    """Answers everything, and is not ours."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"nobody of yours")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stranger() -> Iterator[int]:
    """The port of a server that is somebody else's; it must live on."""
    server = HTTPServer(("127.0.0.1", 0), Stranger)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    assert thread.is_alive()
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5):
        pass
    server.shutdown()
    server.server_close()


def test_a_port_that_a_stranger_has_is_named_and_the_stranger_lives(home: Path, stranger: int) -> None:
    command = [*RUN[:3], "node", "start", "--port", str(stranger)]
    ended = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 4 and "ENV-PORT-TAKEN" in ended.stderr and str(stranger) in ended.stderr


def test_a_stranger_at_the_remote_nodes_address_is_not_taken_for_a_node(home: Path, stranger: int) -> None:
    (home / "taskrunner.toml").write_text(f'[node]\nbackend = "remote"\nurl = "http://127.0.0.1:{stranger}"\n')
    wallet = home / ".wallet.json"
    wallet.write_text('{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}')
    wallet.chmod(0o600)
    told = run(home)
    assert (told["exit"], told["failure"]["class"]) == (4, "environment"), told


REBAR3 = """#!{python}
import pathlib, re, sys
from taskrunner.cli import main
port, wallet = re.search(r'port => (\\d+), priv_key_location => <<"([^"]+)">>', sys.argv[-1]).groups()
mark = pathlib.Path({mark!r})
if not mark.exists():
    mark.write_text(port)
    sys.exit("{{failed_to_start_child,hb_http_server,{{listen_error,eaddrinuse}}}}")
main(["node", "start", "--port", port, "--wallet", wallet])
"""


def test_a_real_node_moves_on_to_another_port(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody takes the port between our look at it and the node's start: the next port is tried."""
    from taskrunner.backends import HyperBEAM

    (home / "HyperBEAM").mkdir()
    (home / "HyperBEAM" / "rebar.config").write_text("{deps, []}.\n")
    (home / ".env.hyperbeam").write_text("CWD=./HyperBEAM\n")
    (home / "bin").mkdir()
    script = home / "bin" / "rebar3"
    script.write_text(REBAR3.format(python=sys.executable, mark=str(home / "first")))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}")
    with HyperBEAM(backend="hyperbeam", root=home, seconds=20) as hbeam:
        assert hbeam.url.rpartition(":")[2] != (home / "first").read_text()
        assert hbeam.hb.get_text("/~meta@1.0/info/address") == hbeam.addr
