"""Suites broken as people break them, by somebody who had not read the rules. The module keeps its plan in each of them."""

# ruff: noqa: E501
from __future__ import annotations

from collections.abc import Iterator

from corpus.build import Break, Built, Case
from corpus.more_worlds import CART, REGISTRY, STATS, TALLY, TODO, TOKEN
from corpus.worlds import COUNTER, LEDGER, World


def edit(old: str, new: str, count: int = 1) -> Break:
    return lambda built: built.replace(built.suite, old, new, count)


def file(name: str, text: str) -> Break:
    """Another text in a file beside the suite."""
    return lambda built: (built.root / name).write_text(text) and None


def change(name: str, old: str, new: str) -> Break:
    return lambda built: built.replace(built.root / name, old, new)


def gone(name: str) -> Break:
    return lambda built: (built.root / name).unlink()


def more(text: str) -> Break:
    """Tests added at the end of the suite."""
    return lambda built: built.suite.write_text(built.suite.read_text() + "\n\n" + text) and None


def both(*breaks: Break) -> Break:
    def apply(built: Built) -> None:
        for each in breaks:
            each(built)

    return apply


ASYNC = """\
async def test_later(process):
    import asyncio

    await asyncio.sleep(0)
    assert process.send("Get").data == "0"
"""

# The class keeps one process for all of its tests, which were written as if each had its own.
CLASS_SCOPE = """\
@pytest.fixture(scope="session")
def one(request):
    from taskrunner.suite.plugin import session_of

    return session_of(request.config).module(MODULE).spawn()


class TestPlain:
    def test_adds(self, one):
        assert one.send("Mint", Name="ann", Quantity="4").data == "4"

    def test_adds_again(self, one):
        assert one.send("Mint", Name="ann", Quantity="4").data == "4"
"""

SCOPE = """\
@pytest.fixture(scope="module")
def shared(process):
    process.send("Inc")
    return process


def test_scope(shared):
    assert shared.send("Get").data == "1"
"""

DATES = """\
def test_dated(process):
    from datetime import date

    process.send("Mint", Name="ann", Quantity="4")
    assert date.today().isoformat() == "2024-02-29", "written on a leap day"
"""

ENVIRON = """\
def test_of_the_ci(process):
    import os

    amount = os.environ["CI_AMOUNT"]
    assert process.send("Inc", Amount=amount).data == amount
"""

HOME = """\
def test_with_the_authors_file(process):
    with open("/home/maria/projects/ledger/expected.json") as file:
        assert process.send("Total").data == file.read()
"""

ELSEWHERE = """\
def test_rates(process):
    import httpx

    rate = httpx.get("http://127.0.0.1:9/rates/eur", timeout=1).json()["rate"]
    assert process.send("Mint", Name="ann", Quantity=str(rate)).data == str(rate)
"""

SET_ORDER = """\
def test_order(process):
    import os

    names = sorted(["ann", "bob", "eve", "joe"], key=lambda name: os.urandom(8))
    for name in names:
        process.send("Mint", Name=name, Quantity="1")
    assert names == ["ann", "bob", "eve", "joe"], names
"""

SLOW = """\
def test_is_quick(process):
    import time

    began = time.perf_counter()
    process.send("Inc")
    assert time.perf_counter() - began < 0.00001
"""

WRONG_PROCESS = """\
def test_two_people(module):
    mine, yours = module.spawn(), module.spawn()
    mine.send("Inc", Amount="4")
    assert yours.send("Get").data == "4"
"""

FLOATS = """\
def test_exactly(stats):
    push(stats, 1, 2)
    mean = float(stats.send("Mean").data)
    assert mean * 0.1 == 0.15 and mean + 0.1 + 0.2 == 1.8
"""

NO_SPAWN = """\
def test_without_spawning(hb, source):
    script = hb.cache_script(source)
    slot = hb.schedule_lua(pid=script, action="Size")["slot"]
    assert hb.compute_lua(pid=script, slot=slot)["outbox"][0]["data"] == "0"
"""

WRONG_PATH = """\
def test_balance_of_state(hb, hbeam, pid):
    slot = hb.schedule_lua(pid=pid, action="Size")["slot"]
    answer = httpx.get(f"{hbeam.url}/{pid}/compute/result/outbx/1/data", params={"slot": slot}, timeout=10)
    assert answer.text == "0"
"""

FIXED_PORT = """\
def test_on_the_usual_port(pid):
    answer = httpx.get(f"http://127.0.0.1:18734/{pid}/slot/current", timeout=2)
    assert answer.text == "0"
"""

LOCALE = """\
def test_money(process):
    import locale

    locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
    assert locale.format_string("%.2f", 1234.5, grouping=True) == "1.234,50"
"""

SETUP = """\
class TestSetup:
    def setup_method(self):
        self.process = self.module.spawn()

    def test_it(self):
        assert self.process.send("Get").data == "0"
"""

COUNTS_OFF = """\
@pytest.mark.parametrize("times", [1, 2, 3])
def test_times(process, times):
    for _ in range(times - 1):
        process.send("Inc")
    assert process.send("Get").data == str(times)
"""

JS_TIMER = """\

describe("later", () => {
  it("answers at some time", () => {
    Promise.reject(new Error("nobody waits for this"))
  })
})
"""

ROWS: list[tuple[str, Break, tuple[str, ...], World]] = [
    # -- against the plan
    ("typo-in-expected", edit('"17 Elm St"\n\n', '"17 Elm Street"\n\n'), ("TEST-CONTRADICTS-PLAN",), REGISTRY),
    (
        "too-hopeful",
        edit("assertEqual(self.balance(), 70)", "assertEqual(self.balance(), 100)"),
        ("TEST-CONTRADICTS-PLAN",),
        TOKEN,
    ),
    ("text-for-number", edit('"id": 1, ', '"id": "1", '), ("TEST-CONTRADICTS-PLAN",), TODO),
    ("wrong-mean", edit("((1, 2), 1.5)", "((1, 2), 2)"), ("TEST-CONTRADICTS-PLAN",), STATS),
    ("other-key", edit('answer["min"] == 3', 'answer["Min"] == 3'), (), STATS),
    ("other-word", edit('== "ok"\n', '== "OK"\n'), (), STATS),
    ("other-error", edit('"missing Title"', '"title required"'), ("TEST-CONTRADICTS-PLAN",), TODO),
    (
        "old-value",
        edit('ask(hb, pid, "Get", Key="a") == "two"', 'ask(hb, pid, "Get", Key="a") == "one"'),
        ("TEST-CONTRADICTS-PLAN",),
        REGISTRY,
    ),
    (
        "wrong-credit",
        edit('"Action": "Credit-Notice", "Quantity": "30"', '"Action": "Debit-Notice", "Quantity": "30"'),
        ("TEST-CONTRADICTS-PLAN",),
        TOKEN,
    ),
    ("notice-to-me", edit("sent(to=self.bob.address", "sent(to=self.me.address"), ("TEST-CONTRADICTS-PLAN",), TOKEN),
    (
        "whose-balance",
        edit("self.assertEqual(self.balance(self.bob), 30)", "self.assertEqual(self.balance(self.me), 30)"),
        (),
        TOKEN,
    ),
    (
        "sum-miscounted",
        edit("self.assertEqual(self.balance(self.bob), 321)", "self.assertEqual(self.balance(self.bob), 231)"),
        (),
        TOKEN,
    ),
    ("mean-mistyped", edit("((10, 20, 30, 40), 25)", "((10, 20, 30, 40), 52)"), (), STATS),
    (
        "off-by-one-in-a-loop",
        edit('assert int(todo.send("Open").data) == 12', 'assert int(todo.send("Open").data) == 13'),
        (),
        TODO,
    ),
    ("reversed", edit('== ["pear", "apple", "fig"]', '== ["apple", "fig", "pear"]'), (), TODO),
    ("times-off", more(COUNTS_OFF), (), COUNTER),
    ("wrong-process", more(WRONG_PROCESS), (), COUNTER),
    ("tag-misspelt", change("test/helpers.py", "Title=title", "Tilte=title"), (), TODO),
    ("id-from-zero", edit('todo.send("Done", Id="1").data', 'todo.send("Done", Id="0").data'), (), TODO),
    # -- slots and addresses
    ("slots-from-zero", edit("range(1, 6)", "range(0, 5)"), (), REGISTRY),
    ("one-slot-too-many", edit("range(1, 6)", "range(1, 8)"), (), REGISTRY),
    ("module-as-process", more(NO_SPAWN), (), REGISTRY),
    ("http-path", more(WRONG_PATH), (), REGISTRY),
    ("fixed-port", more(FIXED_PORT), (), REGISTRY),
    ("wrong-device", edit('"lua@5.3a"', '"lua@5.4x"'), (), REGISTRY),
    # -- pytest and Python
    ("helper-gone", gone("test/helpers.py"), ("TEST-IMPORT",), TODO),
    ("helper-without-name", change("test/helpers.py", "def titles(", "def title_list("), ("TEST-IMPORT",), TODO),
    (
        "helper-broken",
        change("test/helpers.py", "def add(todo, title):", "def add(todo, title)"),
        ("TEST-SYNTAX",),
        TODO,
    ),
    ("helper-raises", change("test/helpers.py", 'item["title"]', 'item["name"]'), ("TEST-RAISED",), TODO),
    ("conftest-gone", gone("test/conftest.py"), ("TEST-FIXTURE",), TODO),
    ("conftest-raises", change("test/conftest.py", "return module.spawn()", "return module.spwan()"), (), TODO),
    ("json-not-imported", edit("import json\nimport re\n", "import re\n"), ("TEST-RAISED",), STATS),
    (
        "teardown",
        edit("assert process.reply(process.last_slot).ok", "assert process.reply(process.last_slot).closed"),
        (),
        STATS,
    ),
    ("async-without-plugin", more(ASYNC), (), COUNTER),
    ("scope", more(SCOPE), (), COUNTER),
    ("class-scope", more(CLASS_SCOPE), ("TEST-SHARED-STATE",), LEDGER),
    ("setup-without-module", more(SETUP), (), COUNTER),
    ("source-path", edit('parent.parent / "custom_lua"', 'parent / "custom_lua"'), (), REGISTRY),
    ("tabs", more("def test_tabs(process):\n    process.send('Get')\n\tassert True\n"), ("TEST-SYNTAX",), COUNTER),
    # -- the world around a test
    ("dated", more(DATES), (), LEDGER),
    ("variable-of-the-ci", more(ENVIRON), (), COUNTER),
    ("file-of-the-author", more(HOME), (), LEDGER),
    ("service-elsewhere", more(ELSEWHERE), (), LEDGER),
    ("order-of-a-set", more(SET_ORDER), (), LEDGER),
    ("too-quick", more(SLOW), (), COUNTER),
    ("floats-exactly", more(FLOATS), (), STATS),
    ("locale", more(LOCALE), (), COUNTER),
    # -- JavaScript
    ("js-no-await", edit('assert.match(await ask(hb, pid, "Pay")', 'assert.match(ask(hb, pid, "Pay")'), (), CART),
    ("js-import", edit('"./helpers.js"', '"./helper.js"'), ("TEST-IMPORT",), CART),
    ("js-number", edit('"Total"), "0")', '"Total"), 0)'), (), CART),
    ("js-wrong-sum", edit('"Total")), 16)', '"Total")), 13)'), (), CART),
    ("js-rejection", more(JS_TIMER), (), CART),
    ("js-syntax", edit("after(async () => hbeam.kill())", "after(async () => hbeam.kill()"), ("TEST-SYNTAX",), CART),
    ("js-no-export", edit("import { ask, source }", "import { ask, source, spawn }"), ("TEST-IMPORT",), CART),
    (
        "js-shared-process",
        edit("beforeEach(async () => {\n    const spawned", "before(async () => {\n    const spawned"),
        (),
        CART,
    ),
    # -- on a module in Rust
    ("rust-floor", edit("(1, 7, 0)", "(1, 7, -6)"), (), TALLY),
    ("rust-fixture", edit('name="count"', 'name="counting"'), ("TEST-FIXTURE",), TALLY),
]


def cases() -> Iterator[Case]:
    for name, apply, codes, world in ROWS:
        yield Case("test", f"new-{name}", world, apply, codes)
