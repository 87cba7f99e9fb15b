"""The handles that a suite holds: the module under test, its processes and the wallets that sign.

Written against the client's `HB`; what a test reads of an answer is in `replies`.

    process = module.spawn()
    assert process.send("Inc", Amount="5").data == "5"
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from taskrunner.suite.replies import Reply

if TYPE_CHECKING:
    from taskrunner.suite.session import Session


class TestWallet:
    """A wallet of the workspace under the name that a plan gives it; `address` is what messages call it."""

    __test__ = False

    def __init__(self, name: str, key: Any) -> None:
        self.name = name
        self.key = key

    @property
    def address(self) -> str:
        """43 characters of base64url."""
        return str(self.key.address)

    def __repr__(self) -> str:
        return f"<wallet {self.name} {self.address}>"


class Module:
    """The module under test. `id` is where the node keeps its source; `name` is the file's."""

    def __init__(self, session: Session, name: str, kind: str, source: bytes, file: str) -> None:
        self._session = session
        self.name = name
        self.kind = kind
        self.source = source
        self.file = file
        self._id: str | None = None

    @property
    def id(self) -> str:
        """The id under which the node's cache holds the module; it is stored on first use."""
        if self._id is None:
            self._id = self._session.cache(self)
        return self._id

    def spawn(self, tags: Mapping[str, Any] | None = None, reads: str = "each") -> Process:
        """A fresh process. `reads="last"` computes only when a reply is looked at, and the latest slot first.

        A HyperAOS script is evaluated at slot 1.
        """
        pid = self._session.spawn(self, dict(tags or {}))
        if self.kind != "aos":
            return Process(self._session, pid, reads)
        return ScriptProcess(self._session, pid, reads, self._session.evaluate(self, pid))


class Process:
    """One process of the module under test; `id` is what `@self` means in a plan."""

    def __init__(self, session: Session, pid: str, reads: str) -> None:
        self._session = session
        self.id = pid
        self.reads = reads
        self.last_slot = 0
        self._computed = -1

    def send(
        self,
        action: str,
        tags: Mapping[str, Any] | None = None,
        data: Any = None,
        wallet: TestWallet | None = None,
        **more: Any,
    ) -> Reply:
        """Schedule a message with an Action and tags (as a mapping, or as keywords), signed by `wallet`."""
        sender = wallet or self._session.wallet("me")
        fields = {**(tags or {}), **more}
        slot = self._session.schedule(self.id, action, fields, data, sender)
        self.last_slot = max(self.last_slot, slot)
        reply = self.reply(slot, sender)
        if self.reads == "each":
            _ = reply.results  # a slot that fails raises here, at the line that sent the message
        return reply

    def reply(self, slot: int, sender: TestWallet | None = None) -> Reply:
        """The answer of a slot, for example `reply(0)` for the spawn."""
        address = (sender or self._session.wallet("me")).address
        look = partial(self._session.look, self.id)
        return Reply(slot, address, partial(self._read, slot), self._session.note, look)

    def _read(self, slot: int) -> Any:
        if self.reads == "last" and slot < self.last_slot and self._computed < self.last_slot:
            self._session.compute(self.id, self.last_slot)
        self._computed = max(self._computed, self.last_slot if self.reads == "last" else slot)
        return self._session.compute(self.id, slot)

    def __repr__(self) -> str:
        return f"<process {self.id} at slot {self.last_slot}>"


class ScriptProcess(Process):
    """A HyperAOS process: its script must have been evaluated without an error before any answer counts."""

    def __init__(self, session: Session, pid: str, reads: str, slot: int) -> None:
        super().__init__(session, pid, reads)
        self.last_slot = self.script_slot = slot
        self._evaluated = False
        if reads == "each":
            self._read(slot)

    def _read(self, slot: int) -> Any:
        results = super()._read(slot)
        if not self._evaluated:
            self._evaluated = True
            super()._read(self.script_slot)
        return results
