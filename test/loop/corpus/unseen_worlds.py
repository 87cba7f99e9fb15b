"""Worlds for the cases that nobody had seen: other ways to write a module, a plan and a suite than those of `worlds`.

A todo list with a helper module, a token tested with unittest, float statistics with parametrised tests, and a
registry that is asked through the plain client and over HTTP.
"""

# ruff: noqa: E501
from __future__ import annotations

from pathlib import Path

from corpus.worlds import World

TODO_PLAN = """\
# Plan: a todo list

## Overview
Things to do, numbered from one.

## Modules

### todo (module-lua)

#### Actions
| Action  | Input         | Reply                    | State                 |
|---------|---------------|--------------------------|-----------------------|
| AddTask | Title: string | its number               | one more open task    |
| Done    | Id: int       | the title                | the task is done      |
| Open    |               | how many are not done    |                       |
| List    |               | all of them as JSON      |                       |

#### State
| Name  | Type | Initial |
|-------|------|---------|
| items | json | []      |

#### Examples
| Name         | Send                                          | Reply |
|--------------|-----------------------------------------------|-------|
| nothing      | Open                                          | 0     |
| numbers      | AddTask Title=milk; AddTask Title="two eggs"  | 1; 2  |
| does one     | AddTask Title=milk; AddTask Title=eggs; Done Id=1; Open | 1; 2; milk; 1 |
| empty list   | List                                          | [] |
| list         | AddTask Title=milk; Done Id=1; List           | 1; milk; [{"id":1,"title":"milk","done":true}] |
| not there    | Done Id=4                                     | error: no task 4 |
| no title     | AddTask                                       | error: missing Title |
| no such      | Fly                                           | error: unknown action |

## Status: APPROVED
"""

TODO_MODULE = """\
-- A todo list. Numbers are given in order and never used again.
local items = {}
local count = 0

local function get(req, key)
  local body = req.body or {}
  if body[key] ~= nil then return body[key] end
  return body[string.lower(key)]
end

local function say(base, text, extra)
  local out = { target = "caller", data = text }
  for key, value in pairs(extra or {}) do out[key] = value end
  base.results = { outbox = { ["1"] = out }, output = { data = text } }
  return base
end

local function refuse(base, why)
  return say(base, "error: " .. why, { Error = why })
end

local function whole(value)
  return math.tointeger(tonumber(value))
end

local function listing()
  local parts = {}
  for i = 1, count do
    local item = items[i]
    local head = '{"id":' .. string.format("%d", i) .. ',"title":"' .. item.title
    parts[i] = head .. '","done":' .. tostring(item.done) .. "}"
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

function compute(base, req, opts)
  local action = get(req, "Action")
  if action == nil or get(req, "type") == "Process" then
    base.results = { outbox = {}, output = {} }
    return base
  end

  if action == "AddTask" then
    local title = get(req, "Title")
    if not title then return refuse(base, "missing Title") end
    count = count + 1
    items[count] = { title = title, done = false }
    return say(base, string.format("%d", count))
  elseif action == "Done" then
    local id = whole(get(req, "Id"))
    local item = id and items[id]
    if not item then return refuse(base, "no task " .. tostring(get(req, "Id"))) end
    item.done = true
    return say(base, item.title)
  elseif action == "Open" then
    local open = 0
    for i = 1, count do
      if not items[i].done then open = open + 1 end
    end
    return say(base, string.format("%d", open))
  elseif action == "List" then
    return say(base, listing())
  end
  return refuse(base, "unknown action " .. action)
end
"""

TODO_SUITE = '''\
"""What the list must do. Helpers are in helpers.py, the list itself comes from conftest.py."""

import json

from helpers import add, titles

MODULE = "custom_lua/todo.lua"


class TestAdding:
    def test_numbers_from_one(self, todo):
        assert add(todo, "milk") == 1
        assert add(todo, "two eggs") == 2

    def test_title_is_needed(self, todo):
        reply = todo.send("AddTask")
        assert reply.error == "missing Title", f"got {reply.data!r}"

    def test_many(self, todo):
        for number in range(1, 13):
            assert add(todo, f"task {number}") == number
        assert int(todo.send("Open").data) == 12


class TestDone:
    def test_one_is_done(self, todo):
        add(todo, "milk")
        add(todo, "eggs")
        assert todo.send("Done", Id="1").data == "milk"
        assert todo.send("Open").data == "1"

    def test_not_there(self, todo):
        assert "no task 4" in todo.send("Done", Id="4").error


def test_list(todo):
    add(todo, "milk")
    todo.send("Done", Id="1")
    got = json.loads(todo.send("List").data)
    assert got == [{"id": 1, "title": "milk", "done": True}]


def test_titles_in_order(todo):
    for title in ("pear", "apple", "fig"):
        add(todo, title)
    assert titles(todo) == ["pear", "apple", "fig"]
'''

TODO_HELPERS = '''\
"""Short names for what every test does."""

import json


def add(todo, title):
    return int(todo.send("AddTask", Title=title).data)


def titles(todo):
    return [item["title"] for item in json.loads(todo.send("List").data)]
'''

TODO_CONFTEST = """\
import pytest


@pytest.fixture
def todo(module):
    return module.spawn()
"""

TOKEN_PLAN = """\
# Plan: Token

## Modules

### token (module-lua)
Everybody may mint for themselves.

#### Actions
| Action   | Input                              | State                    | Reply                          |
|----------|------------------------------------|--------------------------|--------------------------------|
| Mint     | Quantity: int                      | the sender's balance grows | the new balance              |
| Transfer | Recipient: address, Quantity: int  | moves                    | Transferred, and a Credit-Notice |
| Balance  |                                    |                          | the sender's balance           |

#### State
| Name     | Type | Initial |
|----------|------|---------|
| balances | json | {}      |

#### Examples
| Name      | Send | Reply |
|-----------|------|-------|
| nothing   | Balance | 0 |
| mint      | Mint Quantity=100; Mint Quantity=20; Balance | 100; 120; 120 |
| transfer  | Mint Quantity=100; Transfer Recipient=@bob Quantity=30; Balance; as bob Balance | 100; Transferred & -> @bob Action=Credit-Notice Quantity=30; 70; 30 |
| all of it | Mint Quantity=50; Transfer Recipient=@bob Quantity=50; Balance | 50; Transferred; 0 |
| too much  | Mint Quantity=10; Transfer Recipient=@bob Quantity=30; Balance | 10; error: insufficient balance; 10 |
| not whole | Mint Quantity=many | error: invalid Quantity |
| negative  | Mint Quantity=-5 | error: invalid Quantity |
| unknown   | Burn | error: unknown action |

## Status: APPROVED
"""

TOKEN_MODULE = """\
-- A token, as small as it gets. Balances live in base, under the addresses of their owners.

local Handlers = {}

local function tag(msg, name)
  return msg.body[name] or msg.body[name:lower()]
end

local function signer(body)
  for _, commitment in pairs(body.commitments or {}) do
    if type(commitment) == "table" and commitment.committer then return commitment.committer end
  end
end

local function quantity_of(msg)
  local value = tag(msg, "Quantity")
  if type(value) == "number" then value = string.format("%d", math.floor(value)) end
  if type(value) ~= "string" or not value:match("^%d+$") then return nil end
  return math.tointeger(tonumber(value))
end

function Handlers.Mint(state, msg)
  local quantity = quantity_of(msg)
  if not quantity then return msg.refuse("invalid Quantity") end
  state[msg.from] = (state[msg.from] or 0) + quantity
  msg.reply(string.format("%d", state[msg.from]))
end

function Handlers.Transfer(state, msg)
  local quantity = quantity_of(msg)
  if not quantity then return msg.refuse("invalid Quantity") end
  local recipient = tag(msg, "Recipient")
  if not recipient then return msg.refuse("missing Recipient") end
  local mine = state[msg.from] or 0
  if mine < quantity then return msg.refuse("insufficient balance") end
  state[msg.from] = mine - quantity
  state[recipient] = (state[recipient] or 0) + quantity
  msg.reply("Transferred")
  msg.send({ target = recipient, Action = "Credit-Notice", Quantity = string.format("%d", quantity) })
end

function Handlers.Balance(state, msg)
  msg.reply(string.format("%d", state[msg.from] or 0))
end

function compute(base, req, opts)
  base.balances = base.balances or {}
  local outbox, n = {}, 0
  local body = req.body or {}
  local msg = { body = body, from = signer(body) }
  function msg.send(message)
    n = n + 1
    outbox[tostring(n)] = message
  end
  function msg.reply(text)
    msg.send({ target = msg.from, data = text })
  end
  function msg.refuse(why)
    msg.send({ target = msg.from, data = "error: " .. why, Error = why })
  end
  local action = body.Action or body.action
  if action and body.type ~= "Process" then
    local handler = Handlers[action]
    if handler then
      handler(base.balances, msg)
    else
      msg.refuse("unknown action " .. action)
    end
  end
  base.results = { outbox = outbox, output = { data = "" } }
  return base
end
"""

TOKEN_SUITE = '''\
"""The token's suite, in the unittest style."""

import unittest

import pytest

MODULE = "custom_lua/token.lua"


class TokenTest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _with_token(self, module, wallet):
        self.token = module.spawn()
        self.me = wallet()
        self.bob = wallet("bob")

    def balance(self, of=None):
        return int(self.token.send("Balance", wallet=of or self.me).data)

    def test_starts_with_nothing(self):
        self.assertEqual(self.balance(), 0)

    def test_mint(self):
        self.assertEqual(self.token.send("Mint", Quantity="100").data, "100")
        self.assertEqual(self.token.send("Mint", Quantity="20").data, "120")
        self.assertEqual(self.balance(), 120)

    def test_transfer(self):
        self.token.send("Mint", Quantity="100")
        reply = self.token.send("Transfer", Recipient=self.bob.address, Quantity="30")
        self.assertEqual(reply.data, "Transferred")
        self.assertTrue(reply.sent(to=self.bob.address, tags={"Action": "Credit-Notice", "Quantity": "30"}))
        self.assertEqual(self.balance(), 70)
        self.assertEqual(self.balance(self.bob), 30)

    def test_too_much(self):
        self.token.send("Mint", Quantity="10")
        reply = self.token.send("Transfer", Recipient=self.bob.address, Quantity="30")
        self.assertIn("insufficient", reply.error)
        self.assertEqual(self.balance(), 10)

    def test_sum_stays(self):
        self.token.send("Mint", Quantity="1000")
        for part in (1, 20, 300):
            self.token.send("Transfer", Recipient=self.bob.address, Quantity=str(part))
        self.assertEqual(self.balance() + self.balance(self.bob), 1000)
        self.assertEqual(self.balance(self.bob), 321)

    def test_refuses(self):
        for bad in ("many", "-5"):
            with self.subTest(bad=bad):
                self.assertEqual(self.token.send("Mint", Quantity=bad).error, "invalid Quantity")
'''

STATS_PLAN = """\
# Plan: Measurements

## Modules

### stats (module-lua)
Keeps a running mean of what it is given.

#### Actions
| Action | Input         | State               | Reply                      |
|--------|---------------|---------------------|----------------------------|
| Push   | Value: number | one more value      | how many there are         |
| Mean   |               |                     | the mean, two decimals     |
| Max    |               |                     | the largest, two decimals  |
| Range  |               |                     | JSON with min and max      |
| Reset  |               | no values           | ok                         |

#### State
| Name   | Type | Initial |
|--------|------|---------|
| values | json | []      |

#### Examples
| Name       | Send                                          | Reply          |
|------------|-----------------------------------------------|----------------|
| one        | Push Value=4; Mean                            | 1; 4.00        |
| two        | Push Value=1; Push Value=2; Mean              | 1; 2; 1.50     |
| fractions  | Push Value=0.1; Push Value=0.2; Mean          | 1; 2; 0.15     |
| largest    | Push Value=3; Push Value=9; Push Value=4; Max | 1; 2; 3; 9.00  |
| range      | Push Value=3; Push Value=9; Range             | 1; 2; {"min":3.0,"max":9.0} |
| reset      | Push Value=3; Reset; Mean                     | 1; ok; error: no values |
| not a number | Push Value=x                                | error: invalid Value |
| unknown    | Median                                        | error: unknown action |

## Status: APPROVED
"""

STATS_MODULE = """\
local values, n = {}, 0

local function mean()
  local sum = 0
  for i = 1, n do sum = sum + values[i] end
  return sum / n
end

local function extremes()
  local low, high = values[1], values[1]
  for i = 2, n do
    if values[i] < low then low = values[i] end
    if values[i] > high then high = values[i] end
  end
  return low, high
end

local commands = {
  push = function(body)
    local value = tonumber(body.Value or body.value)
    if value == nil then return nil, "invalid Value" end
    n = n + 1
    values[n] = value
    return string.format("%d", n)
  end,
  mean = function()
    if n == 0 then return nil, "no values" end
    return string.format("%.2f", mean())
  end,
  max = function()
    if n == 0 then return nil, "no values" end
    local _, high = extremes()
    return string.format("%.2f", high)
  end,
  range = function()
    if n == 0 then return nil, "no values" end
    local low, high = extremes()
    return string.format('{"min":%.1f,"max":%.1f}', low, high)
  end,
  reset = function()
    values, n = {}, 0
    return "ok"
  end,
}

function compute(base, req, opts)
  local body = req.body
  local action = body.Action or body.action
  local out = {}
  if action ~= nil and body.type ~= "Process" then
    local command = commands[action:lower()]
    local text, problem
    if command then text, problem = command(body) else problem = "unknown action " .. action end
    if problem then
      out[1] = { target = "you", data = "error: " .. problem, Error = problem }
    else
      out[1] = { target = "you", data = text }
    end
  end
  base.results = { outbox = out, output = {} }
  return base
end
"""

STATS_SUITE = '''\
"""Measurements: parametrised, with tolerances."""

import json
import re

import pytest

MODULE = "custom_lua/stats.lua"


@pytest.fixture()
def stats(module):
    process = module.spawn(reads="last")
    yield process
    assert process.reply(process.last_slot).ok


def push(stats, *values):
    for value in values:
        stats.send("Push", {"Value": str(value)})


@pytest.mark.parametrize(
    ("values", "mean"),
    [((4,), 4), ((1, 2), 1.5), ((0.1, 0.2), 0.15), ((3, 9, 4), 5.33), ((-2, 2), 0), ((10, 20, 30, 40), 25)],
)
def test_mean(stats, values, mean):
    push(stats, *values)
    assert float(stats.send("Mean").data) == pytest.approx(mean, abs=0.005)


@pytest.mark.parametrize("values", [(3, 9, 4), (9, 1), (9,)], ids=str)
def test_max(stats, values):
    push(stats, *values)
    got = stats.send("Max").data
    assert re.fullmatch(r"9\\.00?", got), got


def test_range(stats):
    push(stats, 3, 9)
    answer = json.loads(stats.send("Range").data)
    assert answer["min"] == 3
    assert answer["max"] == 9
    assert set(answer) == {"min", "max"}


def test_reset(stats):
    push(stats, 3)
    assert stats.send("Reset").data == "ok"
    assert stats.send("Mean").error == "no values"
'''

REGISTRY_PLAN = """\
# Plan: Registry

## Modules

### registry (module-lua)
Names and what they stand for.

#### Actions
| Action | Input                     | State             | Reply                    |
|--------|---------------------------|-------------------|--------------------------|
| Set    | Key: string, Data: string | the key is set    | ok                       |
| Get    | Key: string               |                   | the value                |
| Delete | Key: string               | the key is gone   | the old value            |
| Keys   |                           |                   | the keys, sorted, with commas |
| Size   |                           |                   | how many keys            |

#### State
| Name    | Type | Initial |
|---------|------|---------|
| entries | json | {}      |

#### Examples
| Name        | Send                                            | Reply              |
|-------------|-------------------------------------------------|--------------------|
| set and get | Set Key=home data="17 Elm St"; Get Key=home     | ok; 17 Elm St      |
| last wins   | Set Key=a data=one; Set Key=a data=two; Get Key=a; Size | ok; ok; two; 1 |
| keys        | Set Key=b data=2; Set Key=a data=1; Keys        | ok; ok; a,b        |
| delete      | Set Key=a data=1; Delete Key=a; Size            | ok; 1; 0           |
| absent      | Get Key=nobody                                  | error: not found   |
| unknown     | Rename                                          | error: unknown action |

## Status: APPROVED
"""

REGISTRY_MODULE = """\
Registry = Registry or { entries = {}, size = 0 }

function Registry:set(key, value)
  if self.entries[key] == nil then self.size = self.size + 1 end
  self.entries[key] = value
end

function Registry:delete(key)
  local old = self.entries[key]
  if old ~= nil then
    self.entries[key] = nil
    self.size = self.size - 1
  end
  return old
end

function Registry:keys()
  local names, n = {}, 0
  for name in pairs(self.entries) do
    n = n + 1
    names[n] = name
  end
  table.sort(names)
  return table.concat(names, ",")
end

local function answer(text)
  return { target = "asker", data = text }
end

local function problem(text)
  return { target = "asker", data = "error: " .. text, Error = text }
end

local function handle(action, body)
  local key = body.Key or body.key
  if action == "Set" then
    if key == nil or body.data == nil then return problem("missing Key or Data") end
    Registry:set(key, body.data)
    return answer("ok")
  elseif action == "Get" then
    local value = Registry.entries[key or ""]
    if value == nil then return problem("not found") end
    return answer(value)
  elseif action == "Delete" then
    local old = Registry:delete(key or "")
    if old == nil then return problem("not found") end
    return answer(old)
  elseif action == "Keys" then
    return answer(Registry:keys())
  elseif action == "Size" then
    return answer(string.format("%d", Registry.size))
  end
  return problem("unknown action " .. action)
end

function compute(base, req, opts)
  local body = req.body or {}
  local action = body.Action or body.action
  local outbox = {}
  if action ~= nil and body.type ~= "Process" then outbox["1"] = handle(action, body) end
  base.results = { outbox = outbox, output = { data = "" } }
  return base
end
"""

REGISTRY_SUITE = '''\
"""The registry through the client's own calls, and once over plain HTTP."""

from pathlib import Path

import httpx
import pytest

SOURCE = Path(__file__).parent.parent / "custom_lua" / "registry.lua"


@pytest.fixture(scope="module")
def source():
    return SOURCE.read_text()


@pytest.fixture
def pid(hb, source):
    script = hb.cache_script(source)
    return hb.spawn({"execution-device": "lua@5.3a", "module": script})["pid"]


def ask(hb, pid, action, **tags):
    data = tags.pop("data", None)
    slot = hb.schedule_lua(pid=pid, action=action, tags=tags, data=data)["slot"]
    return hb.compute_lua(pid=pid, slot=slot)["outbox"][0]["data"]


def test_set_and_get(hb, pid):
    assert ask(hb, pid, "Set", Key="home", data="17 Elm St") == "ok"
    assert ask(hb, pid, "Get", Key="home") == "17 Elm St"


def test_last_wins(hb, pid):
    ask(hb, pid, "Set", Key="a", data="one")
    ask(hb, pid, "Set", Key="a", data="two")
    assert ask(hb, pid, "Get", Key="a") == "two"
    assert ask(hb, pid, "Size") == "1"


def test_every_slot(hb, pid):
    for number in range(5):
        ask(hb, pid, "Set", Key=f"k{number}", data=str(number))
    for slot in range(1, 6):
        results = hb.compute_lua(pid=pid, slot=slot)
        assert results["outbox"][0]["data"] == "ok"
    assert ask(hb, pid, "Keys").split(",") == [f"k{number}" for number in range(5)]


def test_delete(hb, pid):
    ask(hb, pid, "Set", Key="a", data="1")
    assert ask(hb, pid, "Delete", Key="a") == "1"
    assert ask(hb, pid, "Size") == "0"


def test_absent(hb, pid):
    assert "not found" in ask(hb, pid, "Get", Key="nobody")


def test_over_http(hb, hbeam, pid):
    slot = hb.schedule_lua(pid=pid, action="Size")["slot"]
    answer = httpx.get(f"{hbeam.url}/{pid}/compute/results/outbox/1/data", params={"slot": slot}, timeout=10)
    assert answer.status_code == 200
    assert answer.text == "0"
'''

TODO_FILES = (("test/helpers.py", TODO_HELPERS), ("test/conftest.py", TODO_CONFTEST))
TODO = World("todo", TODO_PLAN, TODO_MODULE, TODO_SUITE, TODO_FILES)
TOKEN = World("token", TOKEN_PLAN, TOKEN_MODULE, TOKEN_SUITE)
STATS = World("stats", STATS_PLAN, STATS_MODULE, STATS_SUITE)
REGISTRY = World("registry", REGISTRY_PLAN, REGISTRY_MODULE, REGISTRY_SUITE)

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

TALLY_PLAN = """\
# Plan: Counter in Rust

## Modules

### tally (module-wasm)
Counts. Never below zero.

#### Actions
| Action | Input           | State                | Reply            |
|--------|-----------------|----------------------|------------------|
| Inc    | Amount: int = 1 | count grows by Amount | the new count    |
| Dec    | Amount: int = 1 | count shrinks, floor 0 | the new count   |
| Get    |                 |                      | the count        |

#### State
| Name  | Type | Initial |
|-------|------|---------|
| count | int  | 0       |

#### Examples
| Name            | Send                          | Reply                |
|-----------------|-------------------------------|----------------------|
| starts at zero  | Get                           | 0                    |
| three times     | Inc; Inc; Inc; Get            | 1; 2; 3; 3           |
| by an amount    | Inc Amount=5; Dec Amount=2; Get | 5; 3; 3            |
| floor           | Inc; Dec Amount=7; Get        | 1; 0; 0              |
| bad amount      | Inc Amount=many               | error: invalid Amount |
| unknown action  | Nope                          | error: unknown action |

## Status: APPROVED
"""

TALLY_SUITE = '''\
"""A counter in Rust, as its author tests it."""

import pytest

MODULE = "custom_wasm/tally/src/lib.rs"


@pytest.fixture(name="count")
def counter(module):
    process = module.spawn()

    def send(action, **tags):
        reply = process.send(action, **tags)
        assert not reply.error, reply.error
        return int(reply.data)

    return send


def test_zero(count):
    assert count("Get") == 0


def test_up(count):
    assert [count("Inc") for _ in range(3)] == [1, 2, 3]
    assert count("Get") == 3


@pytest.mark.parametrize(("up", "down", "left"), [(5, 2, 3), (1, 7, 0), (40, 40, 0)])
def test_up_and_down(count, up, down, left):
    count("Inc", Amount=str(up))
    assert count("Dec", Amount=str(down)) == left
    assert count("Get") == left


def test_nonsense(module):
    process = module.spawn()
    assert process.send("Inc", Amount="many").error == "invalid Amount"
    assert "unknown action" in process.send("Nope").error
'''

_DEMO = (
    Path(__file__).parents[2] / "demo" / "replay-wasm" / "2-right-fix" / "custom_wasm" / "counter" / "src" / "lib.rs"
)
TALLY = World(
    "tally",
    TALLY_PLAN,
    _DEMO.read_text(),
    TALLY_SUITE,
    kind="module-wasm",
    module_file="custom_wasm/tally/src/lib.rs",
    suite_file="test/test_tally_module.py",
)
