"""A shopping cart with a suite for node:test."""

from __future__ import annotations

from corpus.worlds import World

CART_PLAN = """\
# Plan: Cart

## Modules

### cart (module-lua)
What somebody wants to buy.

#### Actions
| Action | Input                                   | State              | Reply                |
|--------|-----------------------------------------|--------------------|----------------------|
| Put    | Item: string, Price: int, Count: int = 1 | more of the item  | how many of the item |
| Total  |                                         |                    | the sum of all prices |
| Show   |                                         |                    | the cart as JSON     |
| Empty  |                                         | nothing in it      | empty                |

#### State
| Name  | Type | Initial |
|-------|------|---------|
| items | json | {}      |

#### Examples
| Name     | Send                                                          | Reply      |
|----------|---------------------------------------------------------------|------------|
| nothing  | Total                                                         | 0          |
| one      | Put Item=pen Price=3; Total                                   | 1; 3       |
| several  | Put Item=pen Price=3 Count=2; Put Item=ink Price=10; Total    | 2; 1; 16   |
| again    | Put Item=pen Price=3; Put Item=pen Price=3 Count=4            | 1; 5       |
| shown    | Put Item=pen Price=3 Count=2; Show                            | 2; {"pen":2} |
| emptied  | Put Item=pen Price=3; Empty; Total                            | 1; empty; 0 |
| no item  | Put Price=3                                                   | error: missing Item |
| unknown  | Pay                                                           | error: unknown action |

## Status: APPROVED
"""

CART_MODULE = """\
local counts, prices = {}, {}

local function int(value, default)
  if value == nil then return default end
  return math.tointeger(tonumber(value))
end

local run = {}

function run.Put(body)
  local item = body.Item or body.item
  if not item then return nil, "missing Item" end
  local price = int(body.Price or body.price)
  local count = int(body.Count or body.count, 1)
  if not price or not count then return nil, "invalid number" end
  counts[item] = (counts[item] or 0) + count
  prices[item] = price
  return string.format("%d", counts[item])
end

function run.Total()
  local sum = 0
  for item, count in pairs(counts) do sum = sum + count * prices[item] end
  return string.format("%d", sum)
end

function run.Show()
  local parts, n = {}, 0
  for item, count in pairs(counts) do
    n = n + 1
    parts[n] = string.format('"%s":%d', item, count)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function run.Empty()
  counts, prices = {}, {}
  return "empty"
end

function compute(base, req, opts)
  local body = req.body
  local action = body.Action or body.action
  local outbox = {}
  if action and body.type ~= "Process" then
    local text, problem
    if run[action] then text, problem = run[action](body) else problem = "unknown action " .. action end
    outbox["1"] = problem and { target = "shop", data = "error: " .. problem, Error = problem }
      or { target = "shop", data = text }
  end
  base.results = { outbox = outbox, output = { data = "" } }
  return base
end
"""

CART_SUITE = """\
// The cart, as its author tests it with node:test.
import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import { HyperBEAM } from "wao/test"
import { ask, source } from "./helpers.js"

describe("cart", () => {
  let hbeam, hb, module, pid

  before(async () => {
    hbeam = await new HyperBEAM({ reset: true }).ready()
    hb = hbeam.hb
    module = await hb.cacheScript(source("cart"))
  })

  after(async () => hbeam.kill())

  beforeEach(async () => {
    const spawned = await hb.spawn({ "execution-device": "lua@5.3a", module })
    pid = spawned.pid
  })

  it("costs nothing at first", async () => {
    assert.equal(await ask(hb, pid, "Total"), "0")
  })

  it("adds up", async () => {
    assert.equal(await ask(hb, pid, "Put", { Item: "pen", Price: "3", Count: "2" }), "2")
    assert.equal(await ask(hb, pid, "Put", { Item: "ink", Price: "10" }), "1")
    assert.equal(Number(await ask(hb, pid, "Total")), 16)
  })

  it("counts the same item", async () => {
    await ask(hb, pid, "Put", { Item: "pen", Price: "3" })
    const count = await ask(hb, pid, "Put", { Item: "pen", Price: "3", Count: "4" })
    assert.strictEqual(count, "5", "one and four")
  })

  it("shows what is in it", async () => {
    await ask(hb, pid, "Put", { Item: "pen", Price: "3", Count: "2" })
    assert.deepEqual(JSON.parse(await ask(hb, pid, "Show")), { pen: 2 })
  })

  it("can be emptied", async () => {
    await ask(hb, pid, "Put", { Item: "pen", Price: "3" })
    assert.equal(await ask(hb, pid, "Empty"), "empty")
    assert.equal(await ask(hb, pid, "Total"), "0")
  })

  it("refuses what it does not know", async () => {
    assert.match(await ask(hb, pid, "Pay"), /unknown action/)
  })
})
"""

CART_HELPERS = """\
import { readFileSync } from "node:fs"

export const source = name => readFileSync(new URL(`../custom_lua/${name}.lua`, import.meta.url), "utf8")

export async function ask(hb, pid, action, tags = {}) {
  const { slot } = await hb.scheduleLua({ pid, action, tags })
  const { outbox } = await hb.computeLua({ pid, slot })
  const message = Array.isArray(outbox) ? outbox[0] : outbox["1"]
  return message.data
}
"""

CART = World(
    "cart",
    CART_PLAN,
    CART_MODULE,
    CART_SUITE,
    (("test/helpers.js", CART_HELPERS), ("package.json", '{"type": "module"}\n')),
    suite_file="test/cart-module.test.js",
)
