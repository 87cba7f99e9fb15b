"""A todo list: its suite has a helper module, a conftest and classes."""

from __future__ import annotations

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

TODO_FILES = (("test/helpers.py", TODO_HELPERS), ("test/conftest.py", TODO_CONFTEST))
TODO = World("todo", TODO_PLAN, TODO_MODULE, TODO_SUITE, TODO_FILES)
