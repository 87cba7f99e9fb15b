"""What the check has to say about production's Lua: one note for each trap, with an idiom that works on both engines.

A note tells what happens, on which versions of Luerl, and what to write instead (LUERL §1 to §4, §9). Text only; who
finds a trap, and where, is the business of the rules beside this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning"]

EVERY: Final = "every Luerl up to 1.5.0"
BEFORE_15: Final = "Luerl before 1.5.0 (production runs 1.3)"


@dataclass(frozen=True, slots=True)
class Note:
    """`happens` is one clause, `idiom` what to write instead; an `error` fails whenever the line runs."""

    happens: str
    idiom: str
    severity: Severity = "warning"
    versions: str = EVERY


@dataclass(frozen=True, slots=True)
class Remark:
    """A trap found at a place; `line` and `column` are 1-based."""

    code: str
    message: str
    file: str
    line: int
    column: int
    hint: str
    severity: Severity


NOTES: Final[dict[str, Note]] = {
    "MOD-LUA-GMATCH": Note(
        "string.gmatch always raises a bad argument error",
        "loop with find: local at = 1; while true do local s, e, word = str:find('(%a+)', at); "
        "if not s then break end; at = e + 1 end",
        "error",
    ),
    "MOD-LUA-COROUTINE": Note("there is no coroutine library", "keep the state in a table and step it", "error"),
    "MOD-LUA-MISSING": Note("this function does not exist", "write it in Lua, or do without", "error"),
    "MOD-LUA-XPCALL": Note("there is no xpcall", "use pcall, and handle the message in its second result", "error"),
    "MOD-LUA-ENV": Note("_ENV is an ordinary name, nil at first", "use _G, or tables of your own", "error"),
    "MOD-LUA-LOAD-ENV": Note(
        "load ignores chunk name, mode and environment", "pass what the chunk needs as arguments: load(s)(a, b)"
    ),
    "MOD-LUA-PATTERN": Note(
        "this pattern is refused", "no %f, no %1, no unknown %letter: use plain classes and compare in Lua", "error"
    ),
    "MOD-LUA-PATTERN-EMPTY": Note(
        "match gives nil for an empty text, even if the pattern matches it", "s == '' and '' or s:match(p)"
    ),
    "MOD-LUA-PATTERN-PUNCT": Note("%p leaves out @ { | }", "list them: [%p@{|}]"),
    "MOD-LUA-GSUB-CAPTURE": Note(
        "%1 in a replacement needs a capture in the pattern", "put parentheses round the pattern, or use %0", "error"
    ),
    "MOD-LUA-TONUMBER": Note(
        "tonumber of a string is always a float: it prints as 100.0 or 1.0e3",
        "math.tointeger(tonumber(s)) where you want an integer",
    ),
    "MOD-LUA-FLOAT-TEXT": Note(
        "a float prints in Erlang's form: 1000.0 as 1.0e3, 1/3 with 16 digits",
        "use // for whole numbers, or string.format('%.2f', x)",
    ),
    "MOD-LUA-COUNT-FLOAT": Note(
        "select('#', ...) and rawlen of a string are floats: 2.0", "use #{...}, or math.tointeger(select('#', ...))"
    ),
    "MOD-LUA-OS-TIME": Note(
        "os.time() is a float with microseconds", "use req.timestamp; or math.floor(os.time()) if you must"
    ),
    "MOD-LUA-OS-TIME-TABLE": Note(
        "os.time with a table crashes the whole call, past any pcall", "compute the seconds yourself", "error"
    ),
    "MOD-LUA-OS-DATE": Note("os.date knows no '!', and its *t has no yday or isdst", "dates are UTC: leave the ! out"),
    "MOD-LUA-OS-HOST": Note("this acts on the machine under the node", "leave it out", "error"),
    "MOD-LUA-NON-ASCII": Note(
        "a non-ASCII literal is encoded twice, so it equals no text that really says so",
        "write its bytes: '\\xc3\\xa9' for e with acute",
        versions=BEFORE_15,
    ),
    "MOD-LUA-FORMAT": Note(
        "this conversion fails or prints another form",
        "%d for whole numbers, %.1f and up for floats, tostring for the rest",
    ),
    "MOD-LUA-FORMAT-BACKSLASH": Note(
        "string.format drops every backslash of its format", "put the text together with .., or pass it through %s"
    ),
    "MOD-LUA-APPEND": Note(
        "#t counts every element, so appending in a loop is quadratic: 16,000 appends take 8 s",
        "keep the length: n = n + 1; t[n] = v",
    ),
    "MOD-LUA-TIME-KEY": Note(
        "pairs walks every index up to the largest integer key: with a timestamp it never comes back",
        "use a string key: t[tostring(timestamp)]",
    ),
    "MOD-LUA-HOLE": Note(
        "a nil inside a sequence ends it for #, unpack, concat and ipairs", "store false, or keep the length in n"
    ),
    "MOD-LUA-SORT-HOLE": Note(
        "table.sort also compares the slots of removed elements: 'illegal comparison in sort'",
        "copy what is left into a fresh table before sorting",
    ),
    "MOD-LUA-BNOT": Note(
        "unary ~ takes the whole rest of the arithmetic: ~x & m means ~(x & m)", "write (~x) & m", "warning"
    ),
    "MOD-LUA-DIVIDE-ZERO": Note(
        "there is no inf and no nan: a division by zero raises", "test the divisor; math.huge is 1.797e308", "error"
    ),
    "MOD-LUA-NAN-TEST": Note("there is no nan, the test is never true", "test the divisor before dividing"),
    "MOD-LUA-WRAP": Note(
        "integers never wrap: products and << grow without bound, >> is arithmetic",
        "mask after each step: h = (h * 31 + b) % 4294967296",
    ),
    "MOD-LUA-ERROR-TABLE": Note(
        "pcall gives every error as text: a table arrives as 'table: 14'", "raise text, e.g. error('code:message')"
    ),
    "MOD-LUA-ASSERT-TEXT": Note(
        "assert puts an exclamation mark behind its message", "if not ok then error('message') end"
    ),
    "MOD-LUA-ERROR-MATCH": Note(
        "error texts are Luerl's and carry no file:line: prefix", "do not look into messages you did not raise"
    ),
    "MOD-LUA-LT-ONLY": Note(
        "without __le, a <= b is computed as b < a", "define __le as well: function(a, b) return not (b < a) end"
    ),
    "MOD-LUA-META": Note("this metamethod is ignored", "call it yourself"),
    "MOD-LUA-GC": Note("collectgarbage returns nothing", "leave it out"),
    "MOD-LUA-NIL-OPTION": Note(
        "an explicit nil for an optional argument is an error", "leave the argument out", "error"
    ),
    "MOD-LUA-RETURN-CLASS": Note(
        "a module that returns a class whose __index is itself does not load", "return nothing: globals are called"
    ),
    "MOD-LUA-BASE-CASE": Note(
        "top-level keys of base are lower case at the next slot: this one starts empty every time",
        "use a lower-case key, or a module variable",
    ),
    "MOD-LUA-RETURN-ERROR": Note(
        "returning 'error' ends the process: this slot and all later ones repeat the same answer",
        "answer through base.results, e.g. base.results = {error = 'why'}",
    ),
    "MOD-LUA-RETURN-FRESH": Note(
        "a fresh table instead of base loses the process definition: the next slot fails",
        "change base and return it",
    ),
}
