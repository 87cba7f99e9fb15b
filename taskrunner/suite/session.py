"""One run's node, clients and wallets behind the fixtures, and the record of what was said to the node.

Settings come from the runner (or their defaults under a plain `pytest`). Nothing starts before a fixture asks for it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.facts import Exchange
from taskrunner.suite.handles import Module, TestWallet
from taskrunner.suite.replies import Sent

if TYPE_CHECKING:
    from taskrunner.client.boot import Boot
    from taskrunner.project import Workspace

STEPS = 20_000_000  # of one message in a suite; about two seconds
WASM_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """How this run talks to its node.

    `source` replaces the module's file; `bits` is the size of signing keys; `run_dir` gets the log of a real node.
    """

    root: Path
    source: Path | None = None
    bits: int = 2048
    dialect: str = "current"
    coverage: bool = False
    run_dir: Path | None = None


class Session:
    """The state behind the fixtures of one pytest session."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.exchanges: list[Exchange] = []
        self.last_sent: Sent | None = None
        self.looked_at: tuple[str, int] | None = None
        self.warnings: dict[str, None] = {}
        self._hbeam: Any = None
        self._clients: dict[str, Any] = {}
        self._wallets: dict[str, TestWallet] = {}
        self._modules: dict[Path, Module] = {}
        self._processes: dict[str, str] = {}  # id: kind

    # -- what fixtures hand out

    @property
    def hbeam(self) -> Any:
        """The node of this session, started on first use."""
        if self._hbeam is None:
            from taskrunner.backends import HyperBEAM

            node = self._workspace.settings.node
            self._hbeam = HyperBEAM(
                reset=True,
                jwk=self.wallet("me").key,
                backend=node.backend,
                url=node.url or None,
                root=self.options.root,
                dialect=self.options.dialect,
                seconds=node.start_seconds,
                log=self.options.run_dir,
                limits=suite_limits() if node.backend == "embedded" else None,
            )
            self._hbeam.ready()
            if self.options.coverage and self._hbeam.node is not None:
                from taskrunner.suite.coverage import measure

                measure(self._hbeam.node)
        return self._hbeam

    def node_url(self) -> str | None:
        """Where the node of this run listens; empty if it has no address, None if it was ended or never came up."""
        if self._hbeam is None:
            return ""
        listening: str | None = self._hbeam.listening
        return listening

    @property
    def is_embedded(self) -> bool:
        """Whether this run's node is ours, in this process."""
        return self._workspace.settings.node.backend == "embedded"

    def client(self, wallet: TestWallet | None = None) -> Any:
        """The HB client that signs with a wallet; what it sends is recorded."""
        signer = wallet or self.wallet("me")
        if signer.name not in self._clients:
            hb = self.hbeam.hb if signer.name == "me" else self.hbeam.client(signer.key)
            hb.listeners.append(self.heard)
            self._clients[signer.name] = hb
        return self._clients[signer.name]

    def wallet(self, name: str = "me") -> TestWallet:
        """The workspace's wallet of that name, made on first use."""
        if name not in self._wallets:
            from taskrunner.project import workspace_wallet

            key = workspace_wallet(self._workspace, name, bits=self.options.bits)
            self._wallets[name] = TestWallet(name, key)
        return self._wallets[name]

    @cached_property
    def _workspace(self) -> Workspace:
        from taskrunner.project import Workspace

        return Workspace.find(self.options.root)

    def module(self, path: str, kind: str = "") -> Module:
        """The module in a file of the workspace; the runner may put other source behind the same name.

        `kind` is `aos` for a HyperAOS script; otherwise the file's name tells.
        """
        file = self.options.root / path
        if file not in self._modules:
            kind = kind or ("lua" if file.suffix == ".lua" else "wasm")
            name = file.parent.parent.name if kind == "wasm" else file.stem
            self._modules[file] = Module(self, name, kind, (self.options.source or _runnable(file)).read_bytes(), path)
        return self._modules[file]

    # -- what handles ask for

    def cache(self, module: Module) -> str:
        """Put a module's source into the node's cache; its id."""
        self.hbeam.name_source(module.source, module.file)  # failures then name the user's file
        client, before = self.client(), len(self.exchanges)
        if module.kind == "aos":
            self.hbeam.name_source(self.boot.source, self.boot.origin)
            found = client.cache_script(self.boot.source)
        else:
            found = client.cache_binary(module.source) if module.kind == "wasm" else client.cache_script(module.source)
        del self.exchanges[before:]  # storing the module is our doing, not the test's
        return str(found)

    def spawn(self, module: Module, tags: dict[str, Any]) -> str:
        """Spawn a process of a module; its id."""
        client = self.client()
        if module.kind == "aos" and self.boot.needs_authority:
            tags = {"authority": client.operator, **tags}
        answer = client.spawn_aos(module.id, tags) if module.kind == "wasm" else client.spawn_lua(module.id, tags)
        self._processes[str(answer["pid"])] = module.kind
        return str(answer["pid"])

    @cached_property
    def boot(self) -> Boot:
        """The HyperAOS boot of the workspace, or ours."""
        from taskrunner.client.boot import find_boot

        return find_boot("auto", self.options.root)

    def evaluate(self, module: Module, pid: str) -> int:
        """Let a process evaluate a script; the slot. It is our doing, so the test's record leaves it out."""
        before = len(self.exchanges)
        slot = self.schedule(pid, "Eval", {}, module.source.decode("utf-8", "replace"), self.wallet("me"))
        del self.exchanges[before:]
        return slot

    def schedule(self, pid: str, action: str, tags: dict[str, Any], data: Any, wallet: TestWallet) -> int:
        """Schedule one message; its slot."""
        more = {} if data is None else {"data": data}
        answer = self.client(wallet).schedule_lua(pid=pid, action=action, tags=tags, **more)
        return int(answer["slot"])

    def compute(self, pid: str, slot: int) -> Any:
        """The results of a slot, as JSON data; of a wasm process only the outbox."""
        from taskrunner.client import NodeError

        try:
            if self._processes.get(pid) == "wasm":
                return {"outbox": self.client().compute_aos(pid=pid, slot=slot)}
            results = self.client().compute_lua(pid=pid, slot=slot)
        except NodeError as error:
            if error.status == 404 and error.failure is None and pid in self._processes:
                message = f"slot {slot} has no results: the module did not set base.results there"
                error.failure = {"code": "MOD-NO-RESULTS", "message": message, "slot": slot}
            raise
        if self._processes.get(pid) == "aos":
            self._refuse_error(results, slot)
        return results

    def _refuse_error(self, results: Any, slot: int) -> None:
        """An error that HyperAOS caught in a handler is an answer, and never the one that a test waits for."""
        from taskrunner.client import NodeError
        from taskrunner.client.ao import error_of

        words = error_of(results)
        if words is not None:
            failure = self.client().caught or {"code": "MOD-LUA-ERROR", "message": words, "slot": slot}
            raise NodeError(f"slot {slot}: {words}", status=200, failure=failure)

    # -- what is recorded

    def heard(self, exchange: Any) -> None:
        """A client's listener: keep the exchange for the test that is running."""
        self.exchanges.append(exchange)

    def note(self, sent: Sent) -> None:
        """Keep the outbox question asked last: if the assertion on it fails, it knows both sides."""
        self.last_sent = sent

    def look(self, pid: str, slot: int) -> None:
        """Keep which answer the test looked at last: that is the one a failing assertion is about."""
        self.looked_at = (pid, slot)

    def with_last_look(self) -> list[Exchange]:
        """The exchanges, the answer that was looked at last once more at their end."""
        for exchange in reversed(self.exchanges):
            if (
                exchange.sent.get("kind") == "compute"
                and (exchange.sent.get("process"), exchange.slot) == self.looked_at
            ):
                return self.exchanges if exchange is self.exchanges[-1] else [*self.exchanges, exchange]
        return self.exchanges

    def collect_warnings(self) -> list[str]:
        """What the node has to say about the processes so far (fidelity hazards), each once, with file and line."""
        for pid in self._processes if self._hbeam is not None else ():
            for report in self._hbeam.reports(pid):
                for warning in getattr(report, "warnings", ()):
                    self.warnings[str(warning)] = None
        return list(self.warnings)

    def collect_coverage(self) -> list[dict[str, Any]]:
        """What the suite reached of its modules; nothing unless it was asked for."""
        if not self.options.coverage or self._hbeam is None or self._hbeam.node is None:
            return []
        from taskrunner.suite.coverage import reached

        return reached(self._hbeam.node, {module.file for module in self._modules.values()})

    def begin_test(self) -> None:
        """Forget what was recorded for the test before."""
        self.exchanges = []
        self.last_sent = None
        self.looked_at = None

    def close(self) -> None:
        """Stop the node if it was started."""
        hbeam, self._hbeam = self._hbeam, None
        if hbeam is not None:
            hbeam.kill()


def _runnable(file: Path) -> Path:
    """The file that a node runs: the source itself for Lua, the built image for Rust."""
    if file.suffix == ".lua":
        return file
    from taskrunner.modules.rust import artefact

    return artefact(file)


def suite_limits() -> Any:
    """A module that does not end is found in seconds: no message of a suite needs as many steps as a node allows."""
    from taskrunner.lua import Limits as LuaLimits
    from taskrunner.node import Limits

    return Limits(lua=LuaLimits(steps=STEPS), wasm_seconds=WASM_SECONDS)


def options_from_environment(root: Path) -> Options:
    """The options of a plain `pytest` run; the runner hands its own over."""
    source = os.environ.get("TASKRUNNER_SOURCE")
    return Options(root, source=Path(source) if source else None, bits=int(os.environ.get("TASKRUNNER_BITS", "2048")))
