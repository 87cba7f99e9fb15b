"""Breaks of modules. The suite is ours (generated, locked) or the user's own and right; only the source is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.build import Break, Built, Case
from corpus.worlds import COUNTER, LEDGER, NOTES, WORLDS, World

FIRST = {"counter": "Inc", "ledger": "Mint", "notes": "Add"}
STATE = {"counter": ("local count = 0", "count"), "ledger": ("local balances = {}", "balances"),
         "notes": ("local notes = {}\nlocal size = 0", "notes, size")}  # fmt: skip


def body_of_first(built: Built) -> str:
    return f"function actions.{FIRST[built.world.name]}(msg)\n"


def syntax(built: Built) -> None:
    built.replace(built.module, "local actions = {}", "local actions = {")


def unclosed(built: Built) -> None:
    built.module.write_text(built.module.read_text().rstrip().removesuffix("end"))


def no_compute(built: Built) -> None:
    built.replace(built.module, "function compute(", "function handle(")


def local_compute(built: Built) -> None:
    built.replace(built.module, "function compute(", "local function compute(")


def arity(built: Built) -> None:
    built.replace(built.module, "function compute(base, req, opts)", "function compute(base, req)")


def returns_nil(built: Built) -> None:
    built.replace(built.module, "  return base\nend", "end")


def returns_other(built: Built) -> None:
    built.replace(built.module, "  return base\nend", "  return { results = base.results }\nend")


def no_results(built: Built) -> None:
    built.replace(built.module, "  base.results = { outbox = msg.outbox, output = msg.output }\n", "")


def one_spelling(built: Built) -> None:
    built.replace(built.module, "body.Action or body.action or req.Action or req.action", "req.Action")


def index_nil(built: Built) -> None:
    built.replace(built.module, body_of_first(built), body_of_first(built) + "  local x = msg.missing.field\n")


def calls_nil(built: Built) -> None:
    built.replace(built.module, body_of_first(built), body_of_first(built) + "  nothing_here(msg)\n")


def raises(built: Built) -> None:
    built.replace(built.module, body_of_first(built), body_of_first(built) + '  error("boom")\n')


def concatenates_nil(built: Built) -> None:
    built.replace(built.module, body_of_first(built), body_of_first(built) + '  local x = "a" .. msg.nothing\n')


def wrong_reply(built: Built) -> None:
    text = built.module.read_text()
    built.module.write_text(re.sub(r'"%d", (\w+)\)', r'"%d", \1 + 1)', text, count=1))


def constant(built: Built) -> None:
    built.replace(built.module, "data = text }", 'data = "7" }')


def wrong_error(built: Built) -> None:
    built.replace(built.module, '"unknown action "', '"what is "')


def says_nothing(built: Built) -> None:
    built.replace(built.module, '  msg.outbox["1"] = { target = "sender", data = text }\n', "")


def forgets(built: Built) -> None:
    declaration, names = STATE[built.world.name]
    start = declaration.replace("local ", "")
    built.replace(
        built.module,
        "  local body = req.body or {}\n",
        f"  {start.replace(chr(10), '; ')}\n  local body = req.body or {{}}\n",
    )
    assert names


def drops_write(built: Built) -> None:
    lines = {"counter": "  count = count + by\n", "ledger": "  balances[name] = (balances[name] or 0) + quantity\n",
             "notes": "  size = size + 1\n"}  # fmt: skip
    built.replace(built.module, lines[built.world.name], "")


def loops(built: Built) -> None:
    built.replace(built.module, body_of_first(built), body_of_first(built) + "  while true do end\n")


def eats_memory(built: Built) -> None:
    built.replace(
        built.module, body_of_first(built), body_of_first(built) + '  local s = "x" while true do s = s .. s end\n'
    )


def recurses(built: Built) -> None:
    more = "  local function f(n) return 1 + f(n + 1) end\n  f(1)\n"
    built.replace(built.module, body_of_first(built), body_of_first(built) + more)


def random_reply(built: Built) -> None:
    built.replace(built.module, "data = text }", "data = text .. tostring(math.random(1000000)) }")


def clock_reply(built: Built) -> None:
    built.replace(built.module, "data = text }", "data = text .. tostring(os.time()) }")


def fidelity(built: Built) -> None:
    built.replace(
        built.module,
        body_of_first(built),
        body_of_first(built) + '  for w in ("a b"):gmatch("%a+") do local x = w end\n',
    )


def floats(built: Built) -> None:
    text = built.module.read_text()
    built.module.write_text(re.sub(r'string\.format\("%d", (\w+)\)', r"tostring(\1 + 0.0)", text, count=1))


def missing(built: Built) -> None:
    from taskrunner.core.plan import PlanModule  # the skeleton of the real plan, as `run` writes it
    from taskrunner.modules.lua.writing import write as skeleton
    from taskrunner.project import parse_plan

    plan = parse_plan(built.world.plan, "plan.md")
    assert isinstance(plan.modules[0], PlanModule)
    built.module.write_text(skeleton(plan.modules[0]))


def bad_json(built: Built) -> None:
    built.replace(built.module, """'{"names":' ..""", """'{names:' ..""")


def framework(built: Built) -> None:
    built.replace(built.module, body_of_first(built), body_of_first(built) + '  ao.send({ Target = "x" })\n')


OURS: list[tuple[str, Break, tuple[str, ...], tuple[World, ...]]] = [
    ("syntax", syntax, ("MOD-LUA-SYNTAX",), (COUNTER, LEDGER)),
    ("unclosed", unclosed, ("MOD-LUA-SYNTAX",), (NOTES,)),
    ("no-compute", no_compute, ("MOD-LUA-NO-COMPUTE",), (COUNTER, NOTES)),
    ("local-compute", local_compute, ("MOD-LUA-LOCAL-COMPUTE",), (LEDGER,)),
    ("arity", arity, ("MOD-LUA-ARITY",), (COUNTER,)),
    ("skeleton", missing, ("MOD-NOT-IMPLEMENTED",), WORLDS),
    ("wrong-reply", wrong_reply, ("MOD-WRONG-REPLY",), WORLDS),
    ("drops-write", drops_write, ("MOD-WRONG-REPLY", "MOD-STATE-LOST", "MOD-LUA-ERROR"), WORLDS),
    ("wrong-error", wrong_error, ("MOD-WRONG-REPLY",), (COUNTER,)),
    ("bad-json", bad_json, ("MOD-JSON",), (LEDGER,)),
    ("framework", framework, ("MOD-LUA-FRAMEWORK", "MOD-LUA-ERROR"), (NOTES,)),
    ("floats", floats, ("MOD-WRONG-REPLY",), (COUNTER,)),
]
USERS: list[tuple[str, Break, tuple[str, ...], tuple[World, ...]]] = [
    ("returns-nil", returns_nil, ("MOD-RETURN",), (COUNTER, LEDGER)),
    ("returns-other", returns_other, ("MOD-RETURN",), (NOTES,)),
    ("no-results", no_results, ("MOD-NO-RESULTS",), (COUNTER, NOTES)),
    ("one-spelling", one_spelling, ("MOD-ACTION-NIL",), (LEDGER, COUNTER)),
    ("index-nil", index_nil, ("MOD-LUA-ERROR",), WORLDS),
    ("calls-nil", calls_nil, ("MOD-LUA-ERROR",), (COUNTER,)),
    ("raises", raises, ("MOD-LUA-ERROR",), (NOTES,)),
    ("concatenates-nil", concatenates_nil, ("MOD-LUA-ERROR",), (LEDGER,)),
    ("wrong-reply-own", wrong_reply, ("MOD-WRONG-REPLY",), WORLDS),
    ("constant", constant, ("MOD-WRONG-REPLY",), (COUNTER, NOTES)),
    ("says-nothing", says_nothing, ("MOD-WRONG-REPLY", "MOD-NO-RESULTS", "MOD-STATE-LOST"), (LEDGER,)),
    ("forgets", forgets, ("MOD-STATE-LOST",), WORLDS),
    ("loops", loops, ("MOD-TIME-LIMIT",), (COUNTER, LEDGER)),
    ("eats-memory", eats_memory, ("MOD-MEMORY-LIMIT",), (NOTES,)),
    ("recurses", recurses, ("MOD-MEMORY-LIMIT",), (COUNTER,)),
    ("random", random_reply, ("MOD-NONDETERMINISM",), (COUNTER, NOTES)),
    ("clock", clock_reply, ("MOD-NONDETERMINISM",), (LEDGER,)),
    ("fidelity", fidelity, ("MOD-LUA-FIDELITY", "MOD-LUA-GMATCH", "MOD-LUA-ERROR"), (COUNTER, NOTES)),
]


def cases() -> Iterator[Case]:
    from corpus.build import spread

    yield from spread("module", OURS, own=False)
    yield from spread("module", USERS, own=True)
