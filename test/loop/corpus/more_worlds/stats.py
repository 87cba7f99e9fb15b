"""Statistics of floats: a parametrised suite."""

from __future__ import annotations

from corpus.worlds import World

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

STATS = World("stats", STATS_PLAN, STATS_MODULE, STATS_SUITE)
