"""The wasm devices beyond the recorded cases: the JSON that reaches `handle`, faults, limits, both dialects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskrunner.backends.inprocess import InProcess
from taskrunner.client import HB, NodeError
from taskrunner.node import Limits, Node
from taskrunner.wasm import Instance
from taskrunner.wire import Wallet

FRAME = """(module
  (memory (export "memory") i64 1)
  (global $next (mut i64) (i64.const 8192))
  (func (export "malloc") (param i64) (result i64) (local i64)
    (local.set 1 (global.get $next))
    (global.set $next (i64.add (global.get $next) (local.get 0)))
    (local.get 1))
  (func (export "free") (param i64))
  (data (i64.const 1024) {reply})
  (func (export "handle") (param i64 i64) (result i64) {body}))"""
GOOD = r'"{\"ok\":true,\"response\":{\"Output\":{\"data\":\"fine\"},\"Messages\":[]}}\00"'


@pytest.fixture(scope="module")
def wallet() -> Wallet:
    return Wallet.generate(2048)


class World:
    """A node, a client, and a process of a small image."""

    def __init__(
        self,
        wallet: Wallet,
        body: str = "(i64.const 1024)",
        reply: str = GOOD,
        dialect: str = "current",
        limits: Limits | None = None,
    ) -> None:
        import wasmtime

        self.node = Node(wallet, dialect=dialect, limits=limits)
        self.transport = InProcess(self.node)
        self.hb = HB(transport=self.transport, jwk=wallet)
        image = bytes(wasmtime.wat2wasm(FRAME.format(body=body, reply=reply)))
        self.image = self.hb.cache_binary(image)
        self.pid = self.hb.spawn_aos(self.image)["pid"]

    def ask(self, slot: int, path: str = "results") -> tuple[int, Any, dict[str, Any]]:
        """Status, body, and the node's own account of a failure."""
        reply = self.transport.request("GET", f"/{self.pid}/compute/{path}/~json@1.0/serialize?slot={slot}")
        account = dict(reply.headers).get("taskrunner-failure")
        body = reply.body.decode()
        return reply.status, json.loads(body) if reply.status == 200 else body, json.loads(account or "{}")

    @property
    def instance(self) -> Instance:
        process = self.node.processes.get(self.pid)
        assert process is not None
        with process.lock:
            stepper = self.node.execution(process)._live()
        instance = stepper.private["wasm"]
        assert isinstance(instance, Instance)
        return instance

    def seen(self, slot: int) -> tuple[dict[str, Any], dict[str, Any], str]:
        """What `handle` was given at a slot: message, process, and the message's text as it was."""
        pointers = self.ask(slot, "parameters")[1].values()
        texts = [self.instance.memory.read_string(pointer).decode() for pointer in pointers]
        return json.loads(texts[0]), json.loads(texts[1]), texts[0]


def test_what_reaches_handle(wallet: Wallet) -> None:
    world = World(wallet)
    world.hb.schedule(world.pid, {"action": "A", "x-one": "1", "flag": True}, "d1 \u00e9\n")
    message, process, text = world.seen(1)
    assert list(message) == [
        "Anchor", "Block-Height", "Data", "From", "Id", "Module", "Owner", "Signature", "Tags", "Target",
    ]  # fmt: skip
    assert message["Data"] == "d1 \u00e9\n"
    assert message["From"] == message["Owner"] == wallet.address
    assert message["Module"] == world.image
    assert message["Target"] == world.pid
    assert message["Block-Height"] == 0
    assert message["Signature"].startswith("http-sig-") and message["Signature"].endswith("=:")
    tags = {tag["name"]: tag["value"] for tag in message["Tags"]}
    assert tags["Action"] == "A" and tags["X-One"] == "1" and "Ao-Types" in tags
    assert [tag["name"] for tag in message["Tags"]] == sorted(tag["name"] for tag in message["Tags"])
    assert '": ' not in text and '", "' not in text.replace(tags.get("Signature", "\0"), "")
    assert list(process) == ["Process"]
    assert process["Process"]["Id"] == world.pid
    assert process["Process"]["Owner"] == wallet.address
    assert process["Process"]["Signature"] == ""


def test_slot_0_is_the_process_itself(wallet: Wallet) -> None:
    message, _, _ = World(wallet).seen(0)
    assert (message["Target"], message["Data"]) == ("", "")
    assert {"name": "Type", "value": "Process"} in message["Tags"]


def test_a_forwarded_message_keeps_its_signer_as_owner(wallet: Wallet) -> None:
    world = World(wallet)
    world.hb.schedule(world.pid, {"action": "A", "from-process": "P" * 43})
    message, _, _ = world.seen(1)
    assert (message["From"], message["Owner"]) == ("P" * 43, wallet.address)


def test_the_state_keeps_a_file_system(wallet: Wallet) -> None:
    world = World(wallet)
    assert world.ask(0, "vfs")[1] == {"dev": {"stderr": "", "stdin": "", "stdout": ""}}


def test_both_dialects_answer_the_same_data(wallet: Wallet) -> None:
    for dialect in ("current", "2025-06"):
        status, results, _ = World(wallet, dialect=dialect).ask(0)
        assert (status, results["data"]) == (200, "fine")
    assert World(wallet).ask(0)[1]["outbox"] == {}


@pytest.mark.parametrize(
    ("body", "reply", "code", "words"),
    [
        ("(unreachable)", GOOD, "MOD-WASM-TRAP", "Exception: unreachable"),
        ("(i64.const 999999999)", GOOD, "MOD-WASM-POINTER", "leads past the memory"),
        ("(i64.const -8)", GOOD, "MOD-WASM-POINTER", "leads past the memory"),
        ("(i64.const 1024)", '"not json\\00"', "MOD-WASM-JSON", "no JSON"),
        ("(i64.const 1024)", '"\\ff\\fe\\00"', "MOD-WASM-JSON", "no JSON"),
        ("(i64.const 1024)", '"[NaN]\\00"', "MOD-WASM-JSON", "no JSON"),
        ("(i64.const 1024)", '"\\22\\5cud800\\22\\00"', "MOD-WASM-JSON", "no JSON"),
        ("(i64.const 0)", GOOD, "MOD-WASM-JSON", "an empty text"),
        ("(i64.const 1024)", '"{}\\00"', "MOD-WASM-ANSWER", "is not {"),
        ("(i64.const 1024)", r'"{\"ok\":true,\"response\":{}}\00"', "MOD-WASM-ANSWER", "neither Output.data nor Error"),
        (
            "(i64.const 1024)",
            r'"{\"ok\":true,\"response\":{\"Output\":{\"data\":1},\"Messages\":[1]}}\00"',
            "MOD-WASM-ANSWER",
            "a message is no object",
        ),
    ],
)
def test_faults_of_an_image_have_a_code_and_words(wallet: Wallet, body: str, reply: str, code: str, words: str) -> None:
    world = World(wallet, body, reply)
    for _ in range(2):  # the next request tries again, and fails the same way
        status, _, account = world.ask(0)
        assert status == 500
        assert account["code"] == code
        assert words in account["message"]
        assert account["slot"] == 0


def test_an_unterminated_text_ends_at_the_end_of_memory(wallet: Wallet) -> None:
    body = """(loop
        (i64.store8 (global.get $next) (i64.const 120))
        (global.set $next (i64.add (global.get $next) (i64.const 1)))
        (br_if 0 (i64.lt_u (global.get $next) (i64.const 65536))))
      (i64.const 60000)"""
    status, _, account = World(wallet, body).ask(0)
    assert (status, account["code"]) == (500, "MOD-WASM-POINTER")


def test_an_endless_image_is_a_module_failure_and_the_node_lives(wallet: Wallet) -> None:
    world = World(wallet, "(loop (br 0)) (i64.const 0)", limits=Limits(wasm_seconds=0.2))
    status, _, account = world.ask(0)
    assert (status, account["code"]) == (500, "MOD-WASM-TIMEOUT")
    assert World(wallet).ask(0)[0] == 200


def test_an_image_that_is_not_there_or_no_wasm(wallet: Wallet) -> None:
    world = World(wallet)
    for image, code in (("A" * 43, "MOD-WASM-NO-IMAGE"), (world.hb.cache_binary(b"text"), "MOD-WASM-REJECTED")):
        world.pid = world.hb.spawn_aos(image)["pid"]
        status, body, account = world.ask(0)
        assert (status, account["code"]) == (500, code)
    assert '{badmatch,{error,"Failed to create module."}}' in body


def test_a_patch_moves_out_of_the_outbox(wallet: Wallet) -> None:
    tags = r"[{\"name\":\"device\",\"value\":\"patch@1.0\"},{\"name\":\"total\",\"value\":5}]"
    reply = (
        r'"{\"ok\":true,\"response\":{\"Output\":{\"data\":\"x\"},\"Messages\":[{\"Target\":\"t\",\"Tags\":'
        + tags
        + r'},{\"Target\":\"stays\"}]}}\00"'
    )
    world = World(wallet, reply=reply)
    assert [one["target"] for one in world.ask(0, "results/outbox")[1].values()] == ["stays"]
    assert world.transport.request("GET", f"/{world.pid}/compute/total?slot=0").body == b"5"


def test_compute_aos_reads_the_outbox(wallet: Wallet) -> None:
    messages = r"[{\"Target\":\"me\",\"Data\":\"7\"}]"
    reply = r'"{\"ok\":true,\"response\":{\"Output\":{\"data\":\"7\"},\"Messages\":' + messages + r'}}\00"'
    world = World(wallet, reply=reply)
    slot = world.hb.schedule_aos(world.pid, action="Inc")["slot"]
    assert world.hb.compute_aos(world.pid, slot)["1"]["data"] == "7"


def test_a_failed_slot_reaches_the_client_as_a_node_error(wallet: Wallet) -> None:
    world = World(wallet, "(unreachable)")
    with pytest.raises(NodeError) as caught:
        world.hb.post({"path": f"/{world.pid}/compute?slot=0"})
    assert caught.value.status == 500


def test_terms_are_laid_out_as_erlang_does() -> None:
    from taskrunner.node.terms import term
    from taskrunner.wire import Atom

    assert term((Atom("badmatch"), (Atom("error"), "Write request out of bounds"))) == (
        '{badmatch,{error,"Write request out of bounds"}}'
    )
    nested = {"response": {"Messages": [], "Output": {"data": b"x"}}}
    pad = " " * 33
    assert term((Atom("try_clause"), nested)) == (
        "{try_clause,\n"
        f'{pad}#{{<<"response">> =>\n'
        f'{pad}      #{{<<"Messages">> => [],\n'
        f'{pad}        <<"Output">> =>\n'
        f'{pad}            #{{<<"data">> => <<"x">>}}}}}}}}'
    )
    flat = {"a": "caf\u00e9".encode(), "b": b"\xff", "c": None, "d": 1.5, "e": b"", "f": b"x" * 30}
    assert term(flat, 0).splitlines()[:2] == ['#{<<"a">> => <<"caf\u00e9"/utf8>>,', '  <<"b">> => <<255>>,']
