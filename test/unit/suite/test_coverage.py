"""Coverage of a Lua module over all processes of a node."""

from __future__ import annotations

from taskrunner.backends import HyperBEAM
from taskrunner.suite.coverage import measure, reached

SOURCE = b"""\
function compute(base, req, opts)
  local action = req.body.action
  if action == "Two" then
    base.two = true
  end
  if action == "Never" then
    base.never = true
  end
  base.results = { outbox = {} }
  return base
end
"""


def test_processes_add_up() -> None:
    with HyperBEAM() as hbeam:
        assert hbeam.node is not None
        measure(hbeam.node)
        hbeam.name_source(SOURCE, "custom_lua/x.lua")
        module = hbeam.hb.cache_script(SOURCE)
        for action in ("One", "Two"):
            pid = hbeam.hb.spawn_lua(module)["pid"]
            slot = hbeam.hb.schedule_lua(pid=pid, action=action)["slot"]
            hbeam.hb.compute_lua(pid=pid, slot=slot)
        (found,) = reached(hbeam.node, ["custom_lua/x.lua"])
        assert found["missing"] == [7] and found["lines"][1] - found["lines"][0] == 1
        assert found["branches"] == [3, 4]
        assert reached(hbeam.node, ["custom_lua/other.lua"]) == []


def test_without_it_nothing_is_kept() -> None:
    with HyperBEAM() as hbeam:
        assert hbeam.node is not None
        pid = hbeam.hb.spawn_lua(hbeam.hb.cache_script(SOURCE))["pid"]
        hbeam.hb.compute_lua(pid=pid, slot=0)
        assert hbeam.node.lua_machines == []
