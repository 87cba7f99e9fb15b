"""The idioms that warnings and docs/lua.md recommend: each one runs, and draws no warning itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from taskrunner.lua.battery import run_chunk
from taskrunner.lua.check import check_source

IDIOMS = [
    ("local n = math.tointeger(tonumber('12')) return 'n=' .. n", ['"n=12"']),
    ("return 5000 // 2, string.format('%.2f', 10 / 4)", ["2500", '"2.50"']),
    (
        "local str, words, n = 'one two', {}, 0 local at = 1 "
        "while true do local s, e, w = str:find('(%a+)', at) if not s then break end "
        "n = n + 1 words[n] = w at = e + 1 end return n, words[1], words[2]",
        ["2", '"one"', '"two"'],
    ),
    ("local t, n = {}, 0 for i = 1, 5 do n = n + 1 t[n] = i end return n, t[5]", ["5", "5"]),
    ("local t = {} t[tostring(1700000000000)] = 1 for k in pairs(t) do return k end", ['"1700000000000"']),
    ("local ok, e = pcall(error, 'code:why') return e:match('^code:(.*)')", ['"why"']),
    ("local s = '' return s == '' and '' or s:match('^%s*(.-)%s*$')", ['""']),
    ("local s = '\\xc3\\xa9' return #s, s", ["2", '"\u00e9"']),
    ("local h = 5381 for i = 1, 50 do h = (h * 31 + i) % 4294967296 end return h < 4294967296", ["true"]),
    ("local x, m = 1, 255 return (~x) & m", ["254"]),
    ("return math.type(math.floor(os.time()))", ['"integer"']),
    ("local n = math.tointeger(select('#', 1, 2)) return 'n=' .. n", ['"n=2"']),
    ("local u, n = {}, 0 for i, v in ipairs({3, 1}) do n = n + 1 u[n] = v end table.sort(u) return u[1]", ["1"]),
]


@pytest.mark.parametrize(("source", "values"), IDIOMS)
def test_an_idiom_works_and_draws_no_warning(source: str, values: list[str]) -> None:
    assert run_chunk(source.encode("latin-1")) == {"ok": True, "values": values}
    pattern_only = {"MOD-LUA-PATTERN-EMPTY"} if "s == ''" in source else set()
    assert {remark.code for remark in check_source(source.encode(), "i.lua")} <= pattern_only


def test_the_page_has_ten_traps_and_its_module_is_sound(root: Path) -> None:
    page = (root / "docs" / "lua.md").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == list(range(1, 11))
    (module,) = re.findall(r"```lua\n(.*?)```", page, re.DOTALL)
    assert check_source(module.encode(), "page.lua") == []
    assert run_chunk(module.encode())["ok"]
