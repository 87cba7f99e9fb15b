"""Starting and ending a real HyperBEAM, against a stand-in for rebar3 that fails as the real one does."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from taskrunner.backends import hyperbeam
from taskrunner.backends.hyperbeam import RealNode, read_config, start_command
from taskrunner.errors import EnvironmentFault

ADDRESS = "A" * 43

REBAR3 = """#!{python}
import http.server, os, re, signal, subprocess, sys, time

mode = os.environ["STANDIN_MODE"]
port = int(re.search(r"port => (\\d+)", sys.argv[-1])[1])
print("===> Verifying dependencies...", flush=True)
if mode == "otp":
    sys.exit("===> Plugin rebar3_rustler requires OTP 27 or above; OTP release 25 is in use")
if mode == "port":
    sys.exit('{{failed_to_start_child,hb_http_server,{{listen_error,eaddrinuse}}}}')
if mode == "compile":
    sys.exit("===> Compiling native/hb_beamr failed")
if mode == "erlang":
    sys.exit("/usr/bin/env: 'escript': No such file or directory")
if mode == "mystery":
    sys.exit("something nobody has seen before")
if mode == "slow":
    time.sleep(0.6)
if mode == "silent":
    time.sleep(60)
if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import signal,time; signal.signal(15, 1); time.sleep(60)"])
    open(os.environ["STANDIN_CHILD"], "w").write(str(child.pid))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write((b"B" if mode == "stranger" else b"A") * 43)
        if mode == "dies":
            os._exit(1)

    def log_message(self, *_):
        pass


http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a HyperBEAM clone, and our rebar3 first on PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "rebar3"
    script.write_text(REBAR3.format(python=sys.executable))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STANDIN_CHILD", str(tmp_path / "child"))
    folder = tmp_path / "HyperBEAM"
    folder.mkdir()
    (folder / "rebar.config").write_text("{erl_opts, []}.\n")
    return folder


def start(clone: Path, mode: str, monkeypatch: pytest.MonkeyPatch, seconds: float = 10) -> RealNode:
    monkeypatch.setenv("STANDIN_MODE", mode)
    return RealNode.start(clone, clone / ".wallet.json", ADDRESS, clone.parent / "run", seconds=seconds)


def exists(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    for _ in range(100):
        if not exists(pid):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("mode", ["good", "slow"])
def test_a_node_that_starts_answers_and_ends_with_us(clone: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with start(clone, mode, monkeypatch) as node:
        assert hyperbeam.ask_address(node.url) == ADDRESS
        node.check()
        pid = node._process.pid
    assert gone(pid)
    assert "Verifying dependencies" in node.log.read_text()


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("otp", "ENV-OTP-OLD"),
        ("port", "ENV-PORT-TAKEN"),
        ("compile", "ENV-NODE-START"),
        ("erlang", "ENV-ERLANG"),
        ("mystery", "ENV-NODE-START"),
        ("stranger", "ENV-PORT-TAKEN"),
    ],
)
def test_a_start_that_fails_says_why(clone: Path, mode: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        start(clone, mode, monkeypatch)
    assert caught.value.code == code
    assert caught.value.hint


def test_a_start_that_nobody_knows_quotes_its_last_words(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvironmentFault, match="something nobody has seen before"):
        start(clone, "mystery", monkeypatch)


def test_a_node_that_never_answers_is_given_up_and_ended(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    with pytest.raises(EnvironmentFault, match="did not answer within 1 seconds"):
        start(clone, "silent", monkeypatch, seconds=1)
    assert time.monotonic() - began < 20


def test_a_node_that_dies_after_it_was_ready_is_noticed(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with start(clone, "dies", monkeypatch) as node:
        assert gone(node._process.pid)
        with pytest.raises(EnvironmentFault) as caught:
            node.check()
    assert caught.value.code == "ENV-NODE-DIED"


def test_a_node_that_ignores_term_is_ended_with_its_children(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hyperbeam, "TERM_SECONDS", 0.3)
    with start(clone, "stubborn", monkeypatch) as node:
        child = int((clone.parent / "child").read_text())
        assert exists(child)
    assert gone(node._process.pid)
    assert gone(child)


def test_rebar3_that_is_not_there_is_named(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(clone))
    with pytest.raises(EnvironmentFault) as caught:
        RealNode.start(clone, clone / ".wallet.json", ADDRESS, clone.parent / "run")
    assert caught.value.code == "ENV-REBAR3"


def test_the_command_is_the_form_that_users_know() -> None:
    command = start_command(10001, Path("/w.json"), "cache-x", ["genesis_wasm", "rocksdb"])
    assert command[:4] == ["rebar3", "as", "genesis_wasm,rocksdb", "shell"]
    assert command[5].startswith('hb:start_mainnet(#{ port => 10001, priv_key_location => <<"/w.json">>')


def test_the_configuration_names_the_clone(clone: Path, tmp_path: Path) -> None:
    (tmp_path / ".env.hyperbeam").write_text('# where it is\nCWD="./HyperBEAM"\n')
    assert read_config(tmp_path) == clone.resolve()


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (None, "ENV-HYPERBEAM-CONFIG", None),
        ("", "ENV-HYPERBEAM-CONFIG", 1),
        ("OTHER=1\nCWD=\n", "ENV-HYPERBEAM-CONFIG", 1),
        ("CWD=./nowhere\n", "ENV-HYPERBEAM-CWD", 1),
        ("\nCWD=.\n", "ENV-HYPERBEAM-CWD", 2),
    ],
)
def test_a_wrong_configuration_says_how_to_mend_it(
    tmp_path: Path, text: str | None, code: str, line: int | None
) -> None:
    if text is not None:
        (tmp_path / ".env.hyperbeam").write_text(text)
    with pytest.raises(EnvironmentFault) as caught:
        read_config(tmp_path)
    assert (caught.value.code, caught.value.line) == (code, line)
    assert "taskrunner init --hyperbeam" in caught.value.hint
