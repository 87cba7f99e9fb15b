"""A registry of names, asked through the plain client and over HTTP."""

from __future__ import annotations

from corpus.worlds import World

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

REGISTRY = World("registry", REGISTRY_PLAN, REGISTRY_MODULE, REGISTRY_SUITE)
