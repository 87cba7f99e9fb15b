"""Modules broken as people break them, by somebody who had not read the rules. Suites are right, only the source is wrong."""

# ruff: noqa: E501
from __future__ import annotations

from collections.abc import Iterator

from corpus.build import Break, Built, Case
from corpus.more_worlds import CART, REGISTRY, STATS, TALLY, TODO, TOKEN
from corpus.worlds import World


def edit(old: str, new: str) -> Break:
    return lambda built: built.replace(built.module, old, new)


def edits(*pairs: tuple[str, str]) -> Break:
    def apply(built: Built) -> None:
        for old, new in pairs:
            built.replace(built.module, old, new)

    return apply


def whole(data: bytes) -> Break:
    return lambda built: built.module.write_bytes(data) and None


def crlf(built: Built) -> None:
    """Windows line ends, and a closing word lost where the file was cut."""
    text = built.module.read_text().rstrip()
    built.module.write_bytes(text.removesuffix("return base\nend").replace("\n", "\r\n").encode())


def invalid_utf8(built: Built) -> None:
    """A title in Latin-1 pasted as code, not into a string."""
    built.module.write_bytes(built.module.read_bytes().replace(b"local count = 0", b"local z\xe4hler, count = 0, 0", 1))


PYTHON = b'''\
"""A todo list."""
items = []


def compute(base, req, opts):
    action = req["body"]["action"]
    if action == "AddTask":
        items.append(req["body"]["title"])
    base["results"] = {"outbox": {"1": {"data": str(len(items))}}}
    return base
'''

JAVASCRIPT = b"""\
const entries = {}
export function compute(base, req, opts) {
  const { action, key, data } = req.body
  if (action === "Set") entries[key] = data
  return { ...base, results: { outbox: [{ data: entries[key] }] } }
}
"""

AO_STYLE = b"""\
-- as one would write it for a process of aos
local json = require("json")
Items = Items or {}

Handlers.add("AddTask", Handlers.utils.hasMatchingTag("Action", "AddTask"), function(msg)
  table.insert(Items, { title = msg.Tags.Title, done = false })
  msg.reply({ Data = tostring(#Items) })
end)

function compute(base, req, opts)
  base.results = Handlers.evaluate(req.body, ao.env)
  return base
end
"""

METHOD = (
    "function compute(base, req, opts)\n  local body = req.body or {}",
    "local Module = {}\n\nfunction Module:compute(base, req, opts)\n  local body = req.body or {}",
)

ROWS: list[tuple[str, Break, tuple[str, ...], World]] = [
    # -- files that are not what they should be
    ("python-in-lua", whole(PYTHON), ("MOD-LUA-SYNTAX",), TODO),
    ("javascript-in-lua", whole(JAVASCRIPT), ("MOD-LUA-SYNTAX",), REGISTRY),
    ("cut-with-crlf", crlf, ("MOD-LUA-SYNTAX",), TOKEN),
    ("latin-1-name", invalid_utf8, ("MOD-LUA-SYNTAX",), TODO),
    ("only-a-comment", whole(b"-- TODO: write the module\n"), ("MOD-LUA-NO-COMPUTE",), STATS),
    ("as-for-aos", whole(AO_STYLE), ("MOD-LUA-FRAMEWORK", "MOD-LUA-ERROR"), TODO),
    (
        "requires-json",
        edit("local values, n = {}, 0", 'local json = require("json")\nlocal values, n = {}, 0'),
        (),
        STATS,
    ),
    ("compute-of-a-table", edits(METHOD), (), REGISTRY),
    (
        "varargs",
        edit("function compute(base, req, opts)\n", "function compute(...)\n  local req, base = ...\n"),
        (),
        TODO,
    ),
    # -- wrong only sometimes
    (
        "from-ten-on",
        edit(
            'return say(base, string.format("%d", count))',
            'return say(base, count < 10 and string.format("%d", count) or "many")',
        ),
        (),
        TODO,
    ),
    (
        "fee-of-large-ones",
        edit(
            "state[recipient] = (state[recipient] or 0) + quantity",
            "state[recipient] = (state[recipient] or 0) + (quantity > 100 and quantity - 1 or quantity)",
        ),
        (),
        TOKEN,
    ),
    (
        "second-message-nil",
        edit("  values[n] = value\n", "  values[n] = value\n  if n > 1 then value = extremes().high end\n"),
        ("MOD-LUA-ERROR",),
        STATS,
    ),
    (
        "range-swapped",
        edit("""'{"min":%.1f,"max":%.1f}', low, high""", """'{"min":%.1f,"max":%.1f}', high, low"""),
        (),
        STATS,
    ),
    ("compares-wrongly", edit("if mine < quantity then", "if mine > quantity then"), (), TOKEN),
    (
        "last-value-lost",
        edit("for i = 1, n do sum = sum + values[i] end", "for i = 1, n - 1 do sum = sum + values[i] end"),
        (),
        STATS,
    ),
    (
        "size-always-grows",
        edit("if self.entries[key] == nil then self.size = self.size + 1 end", "self.size = self.size + 1"),
        (),
        REGISTRY,
    ),
    (
        "unsorted-keys",
        edit("  table.sort(names)\n", "  table.sort(names, function(a, b) return a > b end)\n"),
        (),
        REGISTRY,
    ),
    (
        "open-counts-all",
        edit("if not items[i].done then open = open + 1 end", "if items[i].done ~= nil then open = open + 1 end"),
        (),
        TODO,
    ),
    # -- Lua
    (
        "float-number",
        edit('return say(base, string.format("%d", count))', "return say(base, tostring(count / 1))"),
        (),
        TODO,
    ),
    (
        "adds-texts",
        edit(
            "return math.tointeger(tonumber(value))\nend\n\nfunction Handlers.Mint",
            "return value\nend\n\nfunction Handlers.Mint",
        ),
        (),
        TOKEN,
    ),
    (
        "swallows-all",
        edit("      handler(base.balances, msg)\n", "      pcall(handler, base.balance, msg)\n"),
        (),
        TOKEN,
    ),
    (
        "prints",
        edit(
            'return { target = "asker", data = text }\nend\n\nlocal function problem',
            "print(text)\nend\n\nlocal function problem",
        ),
        (),
        REGISTRY,
    ),
    ("other-outbox", edit("base.results = { outbox = outbox,", "base.results = { Messages = outbox,"), (), REGISTRY),
    (
        "results-on-req",
        edit("base.results = { outbox = out, output = {} }", "req.results = { outbox = out, output = {} }"),
        (),
        STATS,
    ),
    ("forgets-target", edit("msg.send({ target = recipient, Action", "msg.send({ Action"), (), TOKEN),
    (
        "notice-to-sender",
        edit("msg.send({ target = recipient, Action", "msg.send({ target = msg.from, Action"),
        (),
        TOKEN,
    ),
    ("lower-case-action", edit('elseif action == "Done"', 'elseif action == "done"'), (), TODO),
    ("reads-capitals-only", edit("local action = body.Action or body.action", "local action = body.Action"), (), TOKEN),
    (
        "endless-recursion",
        edit(
            "function Registry:keys()\n",
            "function Registry:keys()\n  if self.size > 0 then return Registry:keys() .. '' end\n",
        ),
        (),
        REGISTRY,
    ),
    (
        "huge-text",
        edit("return say(base, item.title)", "return say(base, string.rep(item.title, 900000000))"),
        ("MOD-MEMORY-LIMIT",),
        TODO,
    ),
    (
        "stamps",
        edit("return answer(value)", "return answer(value .. '@' .. os.time())"),
        ("MOD-NONDETERMINISM",),
        REGISTRY,
    ),
    (
        "draws-lots",
        edit(
            'return table.concat(names, ",")',
            'if #names > 1 and math.random() < 2 then names[1] = names[1] .. math.random(1000000) end\n  return table.concat(names, ",")',
        ),
        (),
        REGISTRY,
    ),
    (
        "input-changed",
        edit(
            "local function get(req, key)\n",
            "local function get(req, key)\n  if key == 'Title' and req.body then req.body.title = nil end\n",
        ),
        (),
        TODO,
    ),
    (
        "starts-again",
        edit('local action = get(req, "Action")\n', 'local action = get(req, "Action")\n  items, count = {}, 0\n'),
        ("MOD-STATE-LOST",),
        TODO,
    ),
    # -- for a suite in JavaScript
    (
        "js-no-default",
        edit("local count = int(body.Count or body.count, 1)", "local count = int(body.Count or body.count, 0)"),
        (),
        CART,
    ),
    ("js-raises", edit("prices[item] = price\n", "prices[item] = price.value\n"), ("MOD-LUA-ERROR",), CART),
    (
        "js-bad-json",
        edit("""string.format('"%s":%d', item, count)""", """string.format("'%s':%d", item, count)"""),
        (),
        CART,
    ),
    # -- Rust
    ("rust-no-floor", edit("(state.count - amount).max(0)", "state.count - amount"), (), TALLY),
    ("rust-does-not-compile", edit("state.count += amount;", "state.count += amount"), ("MOD-RUST-COMPILE",), TALLY),
    (
        "rust-traps",
        edit("state.count += amount;", "if amount == 40 { panic!() }\n    state.count += amount;"),
        (),
        TALLY,
    ),
]


def cases() -> Iterator[Case]:
    for name, apply, codes, world in ROWS:
        yield Case("module", f"new-{name}", world, apply, codes)
