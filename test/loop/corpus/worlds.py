"""Three small worlds that are known to be good: a plan, a module that keeps it, a suite of a user that proves it.

Everything in the corpus begins here and is then broken in one place.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class World:
    """A workspace in small. `module` is the source, `suite` the user's own suite, both passing.

    `files` are what else it has, by their paths; a Rust module or a JavaScript suite says where it lies.
    """

    name: str
    plan: str
    module: str
    suite: str
    files: tuple[tuple[str, str], ...] = ()
    kind: str = "module-lua"
    module_file: str = ""
    suite_file: str = ""


COUNTER_PLAN = """\
# Plan: Counter

## Modules

### counter (module-lua)
Counts. Never below zero.

#### Actions
| Action | Input           | State                  | Reply         |
|--------|-----------------|------------------------|---------------|
| Inc    | Amount: int = 1 | count grows by Amount  | the new count |
| Dec    | Amount: int = 1 | count shrinks, floor 0 | the new count |
| Get    |                 |                        | the count     |

#### State
| Name  | Type | Initial |
|-------|------|---------|
| count | int  | 0       |

#### Examples
| Name           | Send              | Reply                 |
|----------------|-------------------|-----------------------|
| starts at zero | Get               | 0                     |
| three times    | Inc; Inc; Inc; Get | 1; 2; 3; 3           |
| by an amount   | Inc Amount=5; Get | 5; 5                  |
| down again     | Inc Amount=3; Dec; Get | 3; 2; 2          |
| never below    | Dec               | 0                     |
| bad amount     | Inc Amount=many   | error: invalid Amount |
| unknown action | Nope              | error: unknown action |

## Status: APPROVED
"""

HEAD = """\
local function read(msg, name)
  local value = msg.body[name]
  if value == nil then value = msg.body[name:lower()] end
  return value
end

local function reply(msg, text)
  msg.outbox["1"] = { target = "sender", data = text }
  msg.output.data = text
end

local function fail(msg, problem)
  msg.outbox["1"] = { target = "sender", data = "error: " .. problem, Error = problem }
end

local actions = {}
"""

TAIL = """\

function compute(base, req, opts)
  local body = req.body or {}
  local action = body.Action or body.action or req.Action or req.action
  local msg = { body = body, outbox = {}, output = {} }
  if action ~= nil and body.type ~= "Process" then
    local run = actions[action]
    if run then run(msg) else fail(msg, "unknown action " .. tostring(action)) end
  end
  base.results = { outbox = msg.outbox, output = msg.output }
  return base
end
"""

COUNTER_MODULE = (
    "local count = 0\n\n"
    + HEAD
    + """
local function amount(msg)
  local value = read(msg, "Amount")
  if value == nil then return 1 end
  if type(value) == "number" then return math.floor(value) end
  if not value:match("^-?%d+$") then return nil end
  return math.tointeger(tonumber(value))
end

local function text()
  return string.format("%d", count)
end

function actions.Inc(msg)
  local by = amount(msg)
  if by == nil then return fail(msg, "invalid Amount") end
  count = count + by
  reply(msg, text())
end

function actions.Dec(msg)
  local by = amount(msg)
  if by == nil then return fail(msg, "invalid Amount") end
  count = count - by
  if count < 0 then count = 0 end
  reply(msg, text())
end

function actions.Get(msg)
  reply(msg, text())
end
"""
    + TAIL
)

COUNTER_SUITE = '''\
"""The counter, as its author tests it."""

import pytest

MODULE = "custom_lua/counter.lua"


@pytest.fixture
def process(module):
    return module.spawn()


def test_starts_at_zero(process):
    assert process.send("Get").data == "0"


def test_counts(process):
    assert process.send("Inc").data == "1"
    assert process.send("Inc").data == "2"
    assert process.send("Inc").data == "3"


def test_by_an_amount(process):
    assert process.send("Inc", Amount="5").data == "5"
    assert process.send("Get").data == "5"


def test_never_below_zero(process):
    assert process.send("Dec").data == "0"


def test_refuses_what_it_does_not_know(process):
    assert "unknown action" in process.send("Nope").error
'''

LEDGER_PLAN = """\
# Plan: Ledger

## Modules

### ledger (module-lua)
Keeps balances by name and answers in JSON.

#### Actions
| Action  | Input                       | State                          | Reply                  |
|---------|-----------------------------|--------------------------------|------------------------|
| Mint    | Name: string, Quantity: int | the balance of Name grows      | the balance            |
| Balance | Name: string                |                                | the balance, 0 at first |
| Total   |                             |                                | names and sum as JSON  |

#### State
| Name     | Type | Initial |
|----------|------|---------|
| balances | json | {}      |

#### Examples
| Name            | Send                                       | Reply                     |
|-----------------|--------------------------------------------|---------------------------|
| empty           | Balance Name=ann                           | 0                         |
| mints           | Mint Name=ann Quantity=10; Balance Name=ann | 10; 10                   |
| mints twice     | Mint Name=ann Quantity=10; Mint Name=ann Quantity=5 | 10; 15           |
| two names       | Mint Name=ann Quantity=1; Mint Name=bob Quantity=2; Balance Name=ann | 1; 2; 1 |
| total of none   | Total                                      | {"names":0,"sum":0}       |
| total           | Mint Name=ann Quantity=4; Total            | 4; {"names":1,"sum":4}    |
| needs a name    | Mint Quantity=1                            | error: missing Name       |
| unknown action  | Burn                                       | error: unknown action     |

## Status: APPROVED
"""

LEDGER_MODULE = (
    "local balances = {}\n\n"
    + HEAD
    + """
local function whole(value)
  if type(value) == "number" then return math.floor(value) end
  if type(value) ~= "string" or not value:match("^-?%d+$") then return nil end
  return math.tointeger(tonumber(value))
end

local function text(number)
  return string.format("%d", number)
end

function actions.Mint(msg)
  local name = read(msg, "Name")
  if name == nil then return fail(msg, "missing Name") end
  local quantity = whole(read(msg, "Quantity"))
  if quantity == nil then return fail(msg, "invalid Quantity") end
  balances[name] = (balances[name] or 0) + quantity
  reply(msg, text(balances[name]))
end

function actions.Balance(msg)
  local name = read(msg, "Name")
  if name == nil then return fail(msg, "missing Name") end
  reply(msg, text(balances[name] or 0))
end

function actions.Total(msg)
  local names, sum = 0, 0
  for _, balance in pairs(balances) do
    names = names + 1
    sum = sum + balance
  end
  reply(msg, '{"names":' .. text(names) .. ',"sum":' .. text(sum) .. '}')
end
"""
    + TAIL
)

LEDGER_SUITE = '''\
"""The ledger, as its author tests it."""

import json

import pytest

MODULE = "custom_lua/ledger.lua"


@pytest.fixture
def process(module):
    return module.spawn()


def test_starts_empty(process):
    assert process.send("Balance", Name="ann").data == "0"


def test_counts(process):
    assert process.send("Mint", Name="ann", Quantity="10").data == "10"
    assert process.send("Mint", Name="ann", Quantity="5").data == "15"


def test_keeps_names_apart(process):
    assert process.send("Mint", Name="ann", Quantity="1").data == "1"
    assert process.send("Mint", Name="bob", Quantity="2").data == "2"
    assert process.send("Balance", Name="ann").data == "1"


def test_total(process):
    process.send("Mint", Name="ann", Quantity="4")
    assert json.loads(process.send("Total").data) == {"names": 1, "sum": 4}


def test_refuses_what_it_does_not_know(process):
    assert "unknown action" in process.send("Burn").error
'''

NOTES_PLAN = """\
# Plan: Notes

## Modules

### notes (module-lua)
Keeps short texts, newest last.

#### Actions
| Action | Input        | State               | Reply                 |
|--------|--------------|---------------------|-----------------------|
| Add    | Text: string | the text is kept    | how many there are    |
| Last   |              |                     | the newest text       |
| Count  |              |                     | how many there are    |
| Clear  |              | nothing is kept     | the text cleared      |

#### State
| Name  | Type | Initial |
|-------|------|---------|
| notes | json | []      |

#### Examples
| Name           | Send                           | Reply                 |
|----------------|--------------------------------|-----------------------|
| none           | Count                          | 0                     |
| adds           | Add Text=milk; Add Text=bread; Count | 1; 2; 2         |
| the newest     | Add Text=milk; Add Text=bread; Last | 1; 2; bread      |
| clears         | Add Text=milk; Clear; Count    | 1; cleared; 0         |
| nothing yet    | Last                           | error: no notes       |
| needs a text   | Add                            | error: missing Text   |
| unknown action | Sing                           | error: unknown action |

## Status: APPROVED
"""

NOTES_MODULE = (
    "local notes = {}\nlocal size = 0\n\n"
    + HEAD
    + """
local function text(number)
  return string.format("%d", number)
end

function actions.Add(msg)
  local note = read(msg, "Text")
  if note == nil then return fail(msg, "missing Text") end
  size = size + 1
  notes[size] = note
  reply(msg, text(size))
end

function actions.Last(msg)
  if size == 0 then return fail(msg, "no notes") end
  reply(msg, notes[size])
end

function actions.Count(msg)
  reply(msg, text(size))
end

function actions.Clear(msg)
  notes = {}
  size = 0
  reply(msg, "cleared")
end
"""
    + TAIL
)

NOTES_SUITE = '''\
"""Notes, as their author tests them."""

import pytest

MODULE = "custom_lua/notes.lua"


@pytest.fixture
def process(module):
    return module.spawn()


def test_starts_empty(process):
    assert process.send("Count").data == "0"


def test_counts(process):
    assert process.send("Add", Text="milk").data == "1"
    assert process.send("Add", Text="bread").data == "2"
    assert process.send("Count").data == "2"


def test_the_newest_comes_back(process):
    process.send("Add", Text="milk")
    process.send("Add", Text="bread")
    assert process.send("Last").data == "bread"


def test_clears(process):
    process.send("Add", Text="milk")
    assert process.send("Clear").data == "cleared"
    assert process.send("Count").data == "0"


def test_refuses_what_it_does_not_know(process):
    assert "unknown action" in process.send("Sing").error
'''

COUNTER = World("counter", COUNTER_PLAN, COUNTER_MODULE, COUNTER_SUITE)
LEDGER = World("ledger", LEDGER_PLAN, LEDGER_MODULE, LEDGER_SUITE)
NOTES = World("notes", NOTES_PLAN, NOTES_MODULE, NOTES_SUITE)
WORLDS = (COUNTER, LEDGER, NOTES)
