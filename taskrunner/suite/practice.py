"""Lets the warm process do once what every run will do, on a node and with a key of its own that are then thrown away.

Python is slow the first time: modules that are imported on use, tables that are built on use, code that the
interpreter has not specialised yet. Nothing of a workspace is read, and nothing is left but that.
"""

from __future__ import annotations

from typing import Any

MODULE = """
local state = { count = 0 }
local actions = {}
function actions.Inc(msg)
  local amount = math.tointeger(tonumber(msg.Amount or "1"))
  if not amount or not tostring(msg.Amount or "1"):match("^%-?%d+$") then return "error: invalid Amount" end
  state.count = state.count + amount
  return tostring(state.count)
end
function compute(base, req, opts)
  local body = req.body or {}
  local run = actions[body.Action or body.action or ""]
  local outbox = {}
  if run then
    local from
    for _, each in pairs(body.commitments or {}) do from = each.committer end
    outbox["1"] = { target = from, data = run(body) }
  end
  if body.Action == "Fail" then error("on purpose") end
  base.results = { outbox = outbox, output = { data = "" } }
  return base
end
"""
PROCESSES = 8
MESSAGES = 4


def practise() -> None:
    """Spawn, send and compute on a fresh embedded node, failures included. Takes about 0.3 s once."""
    from taskrunner.backends import HyperBEAM
    from taskrunner.client import NodeError
    from taskrunner.suite.session import suite_limits

    with HyperBEAM(reset=True, backend="embedded", limits=suite_limits()) as hbeam:
        client: Any = hbeam.hb
        client.listeners.append(lambda exchange: None)
        module = client.cache_script(MODULE)
        for _ in range(PROCESSES):
            pid = client.spawn_lua(module)["pid"]
            client.compute_lua(pid, 0)
            for number in range(MESSAGES):
                slot = client.schedule_lua(pid=pid, action="Inc", tags={"Amount": str(number)})["slot"]
                client.compute_lua(pid=pid, slot=int(slot))
        slot = client.schedule_lua(pid=pid, action="Fail", tags={})["slot"]
        try:
            client.compute_lua(pid=pid, slot=int(slot))
        except NodeError:
            pass
