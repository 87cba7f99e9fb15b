"""`HyperBEAM`: a node for as long as a `with` block lasts, in the manner of the JavaScript class of that name.

Embedded by default (in this process, no socket until `url` is read), real HyperBEAM or somebody's node when asked for.
Knows which node is wanted; what a node does and how it is started is its neighbours'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from taskrunner.errors import EnvironmentFault, InputError
from taskrunner.wire import Wallet

if TYPE_CHECKING:
    from taskrunner.backends.hyperbeam import RealNode
    from taskrunner.client import HB, Transport
    from taskrunner.node import Limits, Node

BACKENDS = ("embedded", "hyperbeam", "remote")
BITS = 2048
PORTS = 3  # how many are tried


@cache
def default_wallet() -> Wallet:
    """A wallet of this process's own, made on first use; suites bring theirs from the workspace."""
    return Wallet.generate(BITS)


class HyperBEAM:
    """A node and a client for it: `.hb`, `.url`, `.jwk`, `.addr`, `.kill()`.

    `jwk` is a `Wallet`, a JWK or nothing (a fresh key); it is the operator's and the client's. `reset` starts from
    nothing, also where `persist` names a folder that a node used before. `backend` is `embedded`, `hyperbeam` (started
    in the clone that `.env.hyperbeam` of the folder `root` names) or `remote` (`url`).
    """

    def __init__(
        self,
        reset: bool = True,
        jwk: Wallet | Mapping[str, Any] | None = None,
        *,
        backend: str | None = None,
        url: str | None = None,
        root: Path | None = None,
        dialect: str = "current",
        persist: Path | None = None,
        clock: Callable[[], float] | None = None,
        random: Callable[[int], bytes] | None = None,
        limits: Limits | None = None,
        relay_hosts: Iterable[str] = (),
        seconds: float = 60.0,
        log: Path | None = None,
        timeout: float | None = None,
    ) -> None:
        self.backend = backend or ("remote" if url else "embedded")
        if self.backend not in BACKENDS:
            raise InputError(f"unknown backend {backend!r}", code="INPUT-BACKEND", hint=f"known: {', '.join(BACKENDS)}")
        self.wallet = jwk if isinstance(jwk, Wallet) else Wallet.from_jwk(jwk, check=False) if jwk else default_wallet()
        self.dialect = dialect
        self.node: Node | None = None
        self._options = {"clock": clock, "random": random, "limits": limits, "relay_hosts": relay_hosts}
        self._persist, self._reset = persist, reset
        self._url, self._root, self._seconds, self._timeout = url, root, seconds, timeout
        self._log = log
        self._ended = ExitStack()
        self._hb: HB | None = None
        self._ready = False

    # -- life

    def ready(self) -> Self:
        """Start the node; returns once it answers. Calling it again does nothing."""
        if not self._ready:
            starts = {"embedded": self._embed, "hyperbeam": self._start_real, "remote": self._use_remote}
            starts[self.backend]()
            self._ready = True
        return self

    def kill(self) -> None:
        """End the node if it was started here. Calling it again does nothing."""
        self._ready = False
        self._hb = None
        self._ended.close()

    def __enter__(self) -> Self:
        return self.ready()

    def __exit__(self, *_: object) -> None:
        self.kill()

    # -- what suites use

    @property
    def hb(self) -> HB:
        """The client that signs with the node's own wallet."""
        if self._hb is None:
            self._hb = self.client(self.wallet)
        return self._hb

    @property
    def jwk(self) -> dict[str, str]:
        """The wallet as a JWK. Secret."""
        return self.wallet.to_jwk()

    @property
    def addr(self) -> str:
        """The wallet's address."""
        return self.wallet.address

    @property
    def url(self) -> str:
        """The node's address; an embedded node begins to listen when it is first asked for."""
        self.ready()
        if self._url is None:
            from taskrunner.backends.http import NodeServer

            assert self.node is not None
            self._url = self._ended.enter_context(NodeServer(self.node)).url
            self._ended.callback(self._forget_url)
        return self._url

    @property
    def listening(self) -> str | None:
        """The node's address; empty while an embedded one has none, None when there is no node."""
        return None if not self._ready else self._url or ""

    def client(self, jwk: Wallet | Mapping[str, Any] | None = None) -> HB:
        """A client for the node that signs with another wallet."""
        from taskrunner.client import HB

        self.ready()
        if self.node is not None:
            from taskrunner.backends.inprocess import InProcess

            return HB(jwk=jwk, transport=InProcess(self.node), timeout=self._timeout)
        from taskrunner.client import HttpTransport

        transport = HttpTransport(self._url or "")
        hb = HB(url=self._url, jwk=jwk, transport=self._heard(transport), timeout=self._timeout)
        self._ended.callback(hb.close)
        return hb

    def _heard(self, transport: Transport) -> Transport:
        """The transport to somebody else's node, on tape where a command records (`taskrunner node record`)."""
        from taskrunner.backends.tape import TapedTransport, tape_of_environment

        tape = tape_of_environment()
        return transport if tape is None else TapedTransport(transport, tape)

    def name_source(self, source: bytes | str, file: str) -> None:
        """Tell the node which file a module's text comes from, so that failures name file and line."""
        if self.node is not None:
            self.node.name_source(source, file)

    def reports(self, pid: str) -> list[Any]:
        """What an embedded node noticed about the slots of a process; [] for any other node."""
        return self.node.reports(pid) if self.node is not None else []

    # -- kinds of nodes

    def _embed(self) -> None:
        from taskrunner.backends.tape import make_node, tape_of_environment
        from taskrunner.node import DiskStore

        store = None
        if self._persist is not None:
            if self._reset:
                _empty(self._persist)
            store = DiskStore(self._persist)
        chosen: dict[str, Any] = {name: value for name, value in self._options.items() if value is not None}
        self.node = make_node(self.wallet, tape_of_environment(), dialect=self.dialect, store=store, **chosen)
        self._ended.callback(self.node.close)

    def _start_real(self) -> None:
        import tempfile

        from taskrunner.backends.hyperbeam import RealNode, read_config

        folder = Path(self._ended.enter_context(tempfile.TemporaryDirectory(prefix="taskrunner-hyperbeam-")))
        file = folder / "wallet.json"
        write_private(file, self.jwk)
        clone = read_config(self._root or Path.cwd())
        node = self._on_a_free_port(
            lambda: RealNode.start(clone, file, self.addr, self._log or folder, seconds=self._seconds)
        )
        self._ended.callback(node.stop)
        self._remember(node.pid, node.url)
        self._url = node.url
        self._ended.callback(self._forget_url)

    def _on_a_free_port(self, start: Callable[[], RealNode]) -> RealNode:
        """Start a real node; whoever takes its port before it does is left alone, and another port is tried."""
        for _ in range(PORTS - 1):
            try:
                return start()
            except EnvironmentFault as error:
                if error.code != "ENV-PORT-TAKEN":
                    raise
        return start()

    def _remember(self, pid: int, url: str) -> None:
        """Keep who started which process, in case that this one is killed: the next run ends it."""
        from taskrunner.project.nodes import STATE, register

        if self._root is not None and (self._root / STATE).is_dir():
            self._ended.callback(register(self._root, pid, url).unlink, missing_ok=True)

    def _use_remote(self) -> None:
        if self._url is None:
            raise InputError("the backend 'remote' needs a url", code="INPUT-BACKEND", hint="set node.url")

    def _forget_url(self) -> None:
        self._url = None


def _empty(folder: Path) -> None:
    """Remove what a store of ours left in a folder, and nothing else."""
    from taskrunner.node.store import FILE

    for name in (FILE, f"{FILE}-wal", f"{FILE}-shm"):
        (folder / name).unlink(missing_ok=True)


def write_private(file: Path, jwk: Mapping[str, str]) -> None:
    """Write a wallet that only its owner can read; the file must not exist yet."""
    import json
    import os

    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(dict(jwk), out)
