"""A third round: cases that look for what the rules of the second one do badly, scored once before any change."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.build import Break, Case
from corpus.fresh import module
from corpus.machine_breaks import conftest
from corpus.more_worlds import CART, REGISTRY, STATS, TALLY, TODO, TOKEN
from corpus.unseen_tests import both, change, edit, more
from corpus.worlds import COUNTER, LEDGER, NOTES, World

TEN = """\
def test_ten_is_more_than_nine(stats):
    push(stats, 9, 10)
    assert stats.send("Max").data == "10.00"
"""
CAPPED = """\
def test_many(count):
    assert count("Inc", Amount="150") == 150
    assert count("Inc", Amount="150") == 300
"""
NEGATIVE = """\

    def test_no_negative_transfer(self):
        self.token.send("Mint", Quantity="10")
        reply = self.token.send("Transfer", Recipient=self.bob.address, Quantity="-5")
        self.assertEqual(reply.error, "invalid Quantity")
"""

MODULES: list[tuple[str, Break, tuple[str, ...], World]] = [
    (
        "negative-transfer",
        both(
            more(NEGATIVE.lstrip("\n")),
            module(
                'if not quantity then return msg.refuse("invalid Quantity") end\n  local recipient',
                "if not quantity then quantity = -5 end\n  local recipient",
            ),
        ),
        (),
        TOKEN,
    ),
    ("fresh-base", module("  base.balances = base.balances or {}\n", "  base = {}\n  base.balances = {}\n"), (), TOKEN),
    (
        "results-in-output",
        module("base.results = { outbox = outbox, output", "base.results = { output = outbox, more"),
        (),
        REGISTRY,
    ),
    (
        "ipairs-of-a-map",
        module("for item, count in pairs(counts) do sum", "for item, count in ipairs(counts) do sum"),
        (),
        CART,
    ),
    (
        "compares-texts",
        both(more(TEN), module("if values[i] > high then", "if tostring(values[i]) > tostring(high) then")),
        (),
        STATS,
    ),
    (
        "rust-capped",
        both(more(CAPPED), module("state.count += amount;", "state.count = (state.count + amount).min(200);")),
        (),
        TALLY,
    ),
    (
        "list-too-short",
        module(
            "  for i = 1, count do\n    local item = items[i]\n",
            "  for i = 1, count - 1 do\n    local item = items[i]\n",
        ),
        (),
        TODO,
    ),
    (
        "js-lost-digit",
        module('return string.format("%d", sum)', 'return string.sub(string.format("%d", sum), 1, 1)'),
        (),
        CART,
    ),
]

BYTES = "def test_bytes(process):\n    assert process.send('Get').data == b'0'\n"
TRAILING = "def test_line(process):\n    assert process.send('Inc').data == '1\\n'\n"
CLASS_LIST = """\
class TestNotes:
    seen = []

    def test_one(self, process):
        self.seen.append(process.send("Add", Text="a").data)
        assert self.seen == ["1"]

    def test_two(self, process):
        self.seen.append(process.send("Add", Text="b").data)
        assert self.seen == ["1"]
"""
SPLIT = """\
def test_total_as_text(process):
    process.send("Mint", Name="ann", Quantity="4")
    names, total = process.send("Total").data.split(";")
    assert (names, total) == ("1", "4")
"""

TESTS: list[tuple[str, Break, tuple[str, ...], World]] = [
    ("bytes", more(BYTES), (), COUNTER),
    ("trailing-newline", more(TRAILING), (), COUNTER),
    ("class-list", more(CLASS_LIST), (), NOTES),
    ("splits-json", more(SPLIT), (), LEDGER),
    ("text-of-reply", edit('reply.error == "missing Title"', 'reply.text == "missing Title"'), (), TODO),
    ("nobodys-wallet", edit('wallet("bob")', "wallet()"), (), TOKEN),
    ("no-module-tag", edit(', "module": script})', "})"), (), REGISTRY),
    ("js-messages", change("test/helpers.js", "return message.data", "return message.Messages[0].Data"), (), CART),
    ("rust-down", edit("(5, 2, 3)", "(5, 2, 2)"), (), TALLY),
]

RAISES = """
import {imports}

@pytest.fixture(autouse=True)
def prepared():
    raise {error}
"""


def raising(imports: str, error: str) -> Break:
    return lambda built: conftest(built, RAISES.format(imports=imports, error=error))


def throws(words: str, code: str) -> Break:
    text = f'throw Object.assign(new Error("{words}"), {{ code: "{code}", syscall: "x" }})'
    return change("test/helpers.js", "  const { slot } = await", f"  if (action) {text}\n  const {{ slot }} = await")


MACHINES: list[tuple[str, Break, tuple[str, ...], World]] = [
    ("sqlite", raising("pytest, sqlite3", 'sqlite3.OperationalError("disk I/O error")'), (), NOTES),
    ("no-memory-to-fork", raising("pytest", 'OSError(12, "Cannot allocate memory")'), ("ENV-MEMORY",), STATS),
    (
        "certificate",
        raising(
            "pytest, ssl",
            'ssl.SSLCertVerificationError(1, "certificate verify failed: unable to get local issuer certificate")',
        ),
        (),
        TOKEN,
    ),
    ("js-full", throws("ENOSPC: no space left on device, write", "ENOSPC"), ("ENV-DISK-FULL",), CART),
    ("js-files", throws("EMFILE: too many open files, open '/tmp/x'", "EMFILE"), (), CART),
    ("js-tool", throws("spawn jq-of-ours ENOENT", "ENOENT"), (), CART),
]


def cases() -> Iterator[Case]:
    for cls, rows in (("module", MODULES), ("test", TESTS), ("environment", MACHINES)):
        for name, apply, codes, world in rows:
            yield Case(cls, f"third-{name}", world, apply, codes)
