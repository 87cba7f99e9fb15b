"""Processes and their two reading orders, against a session that only writes down what it is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from taskrunner.suite.handles import Module, Process, TestWallet


class Notebook:
    """Stands in for a session: slots count up, results name their slot."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.slot = 0
        self.me = TestWallet("me", SimpleNamespace(address="A" * 43))

    def wallet(self, name: str) -> TestWallet:
        return self.me

    def cache(self, module: Module) -> str:
        self.said.append(("cache", module.name))
        return "module-id"

    def spawn(self, module: Module, tags: dict[str, Any]) -> str:
        self.said.append(("spawn", module.id, tags))
        return "pid"

    def schedule(self, pid: str, action: str, tags: dict[str, Any], data: Any, wallet: TestWallet) -> int:
        self.slot += 1
        self.said.append(("schedule", action, tags, data, wallet.name))
        return self.slot

    def compute(self, pid: str, slot: int) -> dict[str, Any]:
        self.said.append(("compute", slot))
        return {"outbox": {"1": {"data": str(slot)}}}

    def look(self, pid: str, slot: int) -> None:
        self.looked = (pid, slot)

    def note(self, sent: Any) -> None:
        self.said.append(("sent", bool(sent)))


def process(reads: str) -> tuple[Process, Notebook]:
    session = Notebook()
    return Process(session, "pid", reads), session  # type: ignore[arg-type]


def test_each_slot_is_computed_after_its_message() -> None:
    handle, session = process("each")
    one, two = handle.send("Inc", Amount="5"), handle.send("Get", {"A-b": "c"}, data="d")
    assert (one.data, two.data) == ("1", "2") and session.looked == ("pid", 2)
    assert one.data == "1" and session.looked == ("pid", 1)
    assert session.said == [
        ("schedule", "Inc", {"Amount": "5"}, None, "me"),
        ("compute", 1),
        ("schedule", "Get", {"A-b": "c"}, "d", "me"),
        ("compute", 2),
    ]


def test_the_last_slot_is_computed_first() -> None:
    handle, session = process("last")
    replies = [handle.send("Inc") for _ in range(3)]
    assert [each for each in session.said if each[0] == "compute"] == []
    assert [reply.data for reply in replies] == ["1", "2", "3"]
    assert [each for each in session.said if each[0] == "compute"] == [
        ("compute", 3),
        ("compute", 1),
        ("compute", 2),
        ("compute", 3),
    ]


def test_other_wallets_sign() -> None:
    handle, session = process("last")
    bob = TestWallet("bob", SimpleNamespace(address="B" * 43))
    reply = handle.send("Get", wallet=bob)
    assert session.said == [("schedule", "Get", {}, None, "bob")]
    assert reply.sender == bob.address == "B" * 43
    assert "bob" in repr(bob)


def test_a_module_is_cached_once() -> None:
    session = Notebook()
    module = Module(session, "counter", "lua", b"", "custom_lua/counter.lua")  # type: ignore[arg-type]
    assert module.spawn().id == module.spawn({"a": "b"}).id == "pid"
    assert session.said == [("cache", "counter"), ("spawn", "module-id", {}), ("spawn", "module-id", {"a": "b"})]


def test_slot_zero_can_be_read() -> None:
    handle, session = process("each")
    assert handle.reply(0).data == "0"
    assert session.said == [("compute", 0)]
    assert "slot 0" in repr(handle)
