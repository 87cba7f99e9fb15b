"""How fast our Lua is: medians in milliseconds beside the limits of issue 3, one process, processor time.

.venv/bin/python bench/lua.py            # a table
.venv/bin/python bench/lua.py --json     # one object
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

from taskrunner.lua.chunk import _compile
from taskrunner.lua.compiler.base import Options
from taskrunner.lua.vm import VM

COUNTER = b"""
local counts = {}
Total = Total or 0

local function reply(req, text)
  return { target = req.body and req.body.from or "", data = text, action = "Counter-Reply" }
end

local handlers = {}

function handlers.Increment(base, req)
  local amount = tonumber(req.body.amount) or 1
  base.count = (base.count or 0) + amount
  counts[#counts + 1] = amount
  Total = Total + amount
  return tostring(base.count)
end

function handlers.Decrement(base, req)
  base.count = (base.count or 0) - 1
  return tostring(base.count)
end

function handlers.Get(base, req)
  return tostring(base.count or 0)
end

function compute(base, req, opts)
  local action = req.body and req.body.action or "Get"
  local handler = handlers[action]
  if not handler then
    base.results = { output = { data = "unknown action " .. tostring(action) } }
    return base
  end
  local text = handler(base, req)
  base.results = { outbox = { reply(req, text) }, output = { data = text } }
  return base
end
"""
FIB = b"function fib(n) if n < 2 then return n end return fib(n-1) + fib(n-2) end"
APPEND = b"function run() local t = {} for i = 1, 100000 do t[#t+1] = i end return #t end"
SORT = b"""local t, x = {}, 42
for i = 1, 20000 do x = (x * 1103515245 + 12345) % 2147483648 t[i] = x end
function run() local c = {} for i = 1, #t do c[i] = t[i] end table.sort(c) return c[1] end"""
LOOP = b"function run() local s = 0 for i = 1, 3000000 do s = s + i % 7 end return s end"
OBJECT = b"""local P = {} P.__index = P
function P.new() return setmetatable({n = 0}, P) end
function P:inc() self.n = self.n + 1 return self.n end
function run() local p = P.new() for i = 1, 300000 do p:inc() end return p.n end"""
BUILD = b"function run() local s = '' for i = 1, 20000 do s = s .. 'x' end return #s end"
PAIRS = b"""local t = {} for i = 1, 50000 do t['k' .. i] = i end
function run() local s = 0 for k, v in pairs(t) do s = s + v end return s end"""
LIMITS = {
    "fib(27)": 250.0,
    "compile counter": 5.0,
    "compute call": 0.06,
    "100,000 appends": 200.0,
    "sort 20,000": 150.0,
}


def plain_fib(n: int) -> int:
    """The yardstick."""
    if n < 2:
        return n
    return plain_fib(n - 1) + plain_fib(n - 2)


def median_ms(action: Callable[[], object], runs: int = 5) -> float:
    """Median time of an action."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        action()
        times.append((time.process_time() - start) * 1000)
    return statistics.median(times)


def of_function(source: bytes, name: bytes = b"run", *args: object) -> float:
    """Median time of a global function of a module."""
    vm = VM()
    vm.run(source, "bench.lua")
    function = vm.get_global(name)
    return median_ms(lambda: vm.call(function, args))


def compute_call() -> float:
    """One `compute` of the counter, from outside."""
    vm = VM()
    vm.run(COUNTER, "counter.lua")
    compute = vm.get_global(b"compute")
    base = vm.table({})
    request = vm.table({b"body": vm.table({b"action": b"Increment", b"amount": b"2"})})
    count = 500

    def calls() -> None:
        for _ in range(count):
            vm.call(compute, (base, request, vm.new_table()))

    return median_ms(calls) / count


def measure() -> dict[str, float]:
    """All benchmarks, in milliseconds; the last entry is a ratio."""
    fib = of_function(FIB, b"fib", 27)
    plain = median_ms(lambda: plain_fib(27))
    return {
        "fib(27)": fib,
        "compile counter": median_ms(lambda: _compile(COUNTER, "counter.lua", Options(), b""), 21),
        "compute call": compute_call(),
        "100,000 appends": of_function(APPEND),
        "sort 20,000": of_function(SORT),
        "loop of 3,000,000": of_function(LOOP),
        "300,000 method calls": of_function(OBJECT),
        "20,000 concatenations": of_function(BUILD),
        "pairs over 50,000": of_function(PAIRS),
        "new VM": median_ms(VM, 21),
        "plain Python fib(27)": plain,
        "fib ratio": fib / plain,
    }


def main() -> None:
    """Prints the table."""
    figures = measure()
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        limit = f"   (limit {LIMITS[name]:g})" if name in LIMITS else ""
        print(f"{name:24} {value:10.3f}{limit}")
    beyond = [name for name, limit in LIMITS.items() if figures[name] > limit]
    if beyond and "--check" in sys.argv:
        sys.exit(f"beyond the limit: {', '.join(beyond)}")


if __name__ == "__main__":
    main()
