"""Thirty more cases with other ideas, written when the rules of the second round stood, and scored once before any change.

Suites here are written by other hands: closures, context managers, snapshots, tables of cases, raw requests; Rust and
node:test are among them.
"""

# ruff: noqa: E501
from __future__ import annotations

from collections.abc import Iterator

from corpus.build import Break, Built, Case
from corpus.machine_breaks import conftest, wallet
from corpus.more_worlds import CART, REGISTRY, STATS, TALLY, TODO, TOKEN
from corpus.unseen_machines import program, remote
from corpus.unseen_tests import both, change, edit, more
from corpus.worlds import COUNTER, LEDGER, NOTES, World


def module(old: str, new: str) -> Break:
    return lambda built: built.replace(built.module, old, new)


# -- suites that are right, for modules that are wrong

LARGE = """\
def test_large_amounts(process):
    total = 0
    for amount in (7, 70, 700, 7000):
        total += amount
        assert process.send("Mint", Name="ann", Quantity=str(amount)).data == str(total)
"""

SNAPSHOT = """\
STORY = [("Add", "milk", "1"), ("Add", "bread", "2"), ("Last", None, "bread"), ("Clear", None, "cleared"), ("Add", "tea", "1")]


def test_story(process):
    seen = []
    for action, text, _ in STORY:
        seen.append(process.send(action, {"Text": text} if text else {}).data)
    assert seen == [answer for _, _, answer in STORY]
"""

TWO_AT_ONCE = """\
def test_two_registries(hb, source):
    script = hb.cache_script(source)
    one, two = (hb.spawn({"execution-device": "lua@5.3a", "module": script})["pid"] for _ in range(2))
    ask(hb, one, "Set", Key="a", data="1")
    assert ask(hb, one, "Size") == "1"
    assert ask(hb, two, "Size") == "0"
"""

MODULES: list[tuple[str, Break, tuple[str, ...], World]] = [
    (
        "large-float",
        both(more(LARGE), module('return string.format("%d", number)', "return tostring(number * 1.0)")),
        (),
        LEDGER,
    ),
    (
        "from-a-thousand",
        both(
            more(LARGE),
            module(
                "balances[name] or 0) + quantity",
                "balances[name] or 0) + (quantity < 1000 and quantity or quantity - 7)",
            ),
        ),
        (),
        LEDGER,
    ),
    ("clear-keeps-size", both(more(SNAPSHOT), module("  notes = {}\n  size = 0\n", "  notes = {}\n")), (), NOTES),
    ("first-not-last", module("reply(msg, notes[size])", "reply(msg, notes[1])"), (), NOTES),
    (
        "delete-leaves",
        module("    self.entries[key] = nil\n    self.size = self.size - 1\n", "    self.entries[key] = nil\n"),
        (),
        REGISTRY,
    ),
    ("key-lower-case", module("Registry:set(key, body.data)", "Registry:set(key:upper(), body.data)"), (), REGISTRY),
    (
        "nil-concat",
        module('return { target = "asker", data = text }', 'return { target = "asker", data = "" .. text.value }'),
        (),
        REGISTRY,
    ),
    ("js-forgets-prices", module("prices[item] = price\n", "prices = { [item] = price }\n"), ("MOD-LUA-ERROR",), CART),
    ("js-total-of-one", module("sum = sum + count * prices[item]", "sum = count * prices[item]"), (), CART),
    ("rust-double", module("state.count += amount;", "state.count += amount * 2;"), (), TALLY),
    (
        "rust-type-error",
        module("state.count += amount;", 'state.count += "amount";'),
        ("MOD-RUST-COMPILE", "MOD-RUST-E0277"),
        TALLY,
    ),
    ("done-by-title", module("local item = id and items[id]", "local item = id and items[tostring(id)]"), (), TODO),
]

# -- suites that are wrong

TABLE = """\
CASES = {
    "one": (["4"], "4"),
    "two": (["4", "5"], "9"),
    "three": (["4", "5", "6"], "14"),
}


@pytest.mark.parametrize("name", CASES)
def test_table(process, name):
    amounts, total = CASES[name]
    for amount in amounts:
        reply = process.send("Inc", Amount=amount)
    assert reply.data == total, name
"""

CONTEXT = """\
from contextlib import contextmanager


@contextmanager
def minted(process, quantity):
    reply = process.send("Mint", Name="zoe", Quantity=quantity)
    yield reply.dta


def test_context(process):
    with minted(process, "3") as balance:
        assert balance == "3"
"""

GENERATOR = """\
def balances(process, names):
    for name in names:
        yield int(process.send("Balance", Name=name).data)


def test_generator(process):
    process.send("Mint", Name="ann", Quantity="2")
    process.send("Mint", Name="bob", Quantity="3")
    assert sum(balances(process, ["ann", "bob"])) == 6
"""

CACHED = """\
_cache = {}


@pytest.fixture
def kept(module):
    if "p" not in _cache:
        _cache["p"] = module.spawn()
    return _cache["p"]


def test_a_first_note(kept):
    assert kept.send("Add", Text="one").data == "1"


def test_the_only_note(kept):
    assert kept.send("Add", Text="two").data == "1"
"""

WARM = """\
def test_under_load(process):
    import threading

    results = []
    workers = [threading.Thread(target=lambda: results.append(process.send("Get").dat)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert results == ["0", "0", "0"]
"""

TIMESTAMP = """\
def test_at_noon(process):
    import datetime

    hour = datetime.datetime.now().strftime("%H:%M:%S.%f")
    process.send("Push", {"Value": "1"})
    assert hour == "12:00:00.000000"
"""

JS_TABLE = """\

describe("table", () => {
  let hbeam, hb
  before(async () => { hbeam = await new HyperBEAM({ reset: true }).ready(); hb = hbeam.hb })
  after(async () => hbeam.kill())
  for (const [count, price, total] of [[1, 5, 5], [2, 5, 10], [3, 5, 51]]) {
    it(`costs ${total}`, async () => {
      const module = await hb.cacheScript(source("cart"))
      const { pid } = await hb.spawn({ "execution-device": "lua@5.3a", module })
      await ask(hb, pid, "Put", { Item: "pen", Price: String(price), Count: String(count) })
      assert.equal(await ask(hb, pid, "Total"), String(total))
    })
  }
})
"""

TESTS: list[tuple[str, Break, tuple[str, ...], World]] = [
    ("table", more(TABLE), (), COUNTER),
    ("context-manager", more(CONTEXT), (), LEDGER),
    ("generator", more(GENERATOR), (), LEDGER),
    ("cached-process", more(CACHED), ("TEST-SHARED-STATE",), NOTES),
    ("threads", more(WARM), (), COUNTER),
    ("noon", more(TIMESTAMP.replace("process", "stats")), (), STATS),
    ("regex", edit("re.fullmatch(", "re.fullmatchh("), (), STATS),
    ("key-error-text", edit('"not found" in ask', '"no such key" in ask'), (), REGISTRY),
    ("keys-joined", edit('.split(",")', '.split(", ")'), (), REGISTRY),
    ("helper-off", change("test/helpers.py", "return int(todo.send(", "return 1 + int(todo.send("), (), TODO),
    ("assert-in-turn", edit("self.assertEqual(self.balance(), 120)", "self.assertEqual(120, self.balance)"), (), TOKEN),
    ("js-table", more(JS_TABLE), (), CART),
    ("js-typo", edit("spawned.pid", "spawned.process.pid"), ("TEST-RAISED",), CART),
    ("js-deep", edit("{ pen: 2 }", "{ pens: 2 }"), (), CART),
    ("rust-starts-at-one", edit('assert count("Get") == 0', 'assert count("Get") == 1'), (), TALLY),
    ("rust-wrong-word", edit('== "invalid Amount"', '== "bad Amount"'), (), TALLY),
]

# -- machines that are in the way

THREADS = """
import pytest

@pytest.fixture(autouse=True)
def workers():
    raise RuntimeError("can't start new thread")
"""
TEMPORARY = """
import errno, pytest

@pytest.fixture(scope="session", autouse=True)
def scratch():
    raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/var/tmp', '/usr/tmp']")
"""
DRIVER = """
import pytest

@pytest.fixture(autouse=True)
def data():
    raise OSError(5, "Input/output error", "/data/cases.json")
"""


def dependency(built: Built) -> None:
    (built.root / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "0"\ndependencies = ["time-machine-of-ours"]\n'
    )
    built.replace(built.suite, "import unittest\n", "import unittest\n\nimport time_machine_of_ours\n")


def wallet_dir(built: Built) -> None:
    wallet(built, "null")


MACHINES: list[tuple[str, Break, tuple[str, ...], World]] = [
    ("threads", lambda built: conftest(built, THREADS), (), TOKEN),
    ("no-scratch", lambda built: conftest(built, TEMPORARY), (), LEDGER),
    ("broken-disk", lambda built: conftest(built, DRIVER), (), COUNTER),
    ("dependency", dependency, (), TOKEN),
    ("wallet-null", wallet_dir, ("ENV-WALLET-UNREADABLE",), STATS),
    ("remote-https", remote("https://127.0.0.1:9"), (), STATS),
    ("node-segfault", program("node", "kill -11 $$"), ("ENV-NODEJS",), CART),
    ("rust-node-modules", remote("http://[::1]:9"), (), TALLY),
]


def cases() -> Iterator[Case]:
    for cls, rows in (("module", MODULES), ("test", TESTS), ("environment", MACHINES)):
        for name, apply, codes, world in rows:
            yield Case(cls, f"fresh-{name}", world, apply, codes)
