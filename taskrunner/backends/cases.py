"""Recorded cases: what of an answer is compared, and how ids and times become placeholders. Pure, knows no node.

A case is `{id, category, module, messages, results, second_read, lazy, ...}`; an entry of `results` is
`{slot, status, results}` or, where the slot failed, `{slot, status, core}` with the recognisable part of the answer.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from taskrunner.client import Reply

REQUEST_KEYS = frozenset(
    {"accept", "accept-encoding", "accept-language", "connection", "device", "host", "method", "sec-fetch-mode"}
    | {"user-agent", "slot", "content-length"}
)
LONGEST = 3000
_SHOWN = 60
_NO_LINES = frozenset({"content-disposition", "ao-types"})
_ID = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
_TIMES = (
    (re.compile(r"\b1\.[678]\d{5,}e9\b|\b1\.[678]\d{5,}e\+09\b"), "<time-float>"),
    (re.compile(r"http-sig-[0-9a-f]{16}"), "<sig-label>"),
    (re.compile(r"<0\.\d+\.\d+>"), "<erlang-pid>"),
    (re.compile(r"--[A-Za-z0-9_-]{43}"), "--<boundary>"),
)
_SPACE = re.compile(r"\s+")
_AFTER_COMMA = re.compile(r",\s+")


def entry_of(slot: int, reply: Reply, names: Mapping[str, str]) -> dict[str, Any]:
    """What is recorded of the answer to one slot, its ids named by `names` (lower-case id to placeholder)."""
    if reply.status == 200:
        return {"slot": slot, "status": 200, "results": placed(_results(reply), names)}
    return {"slot": slot, "status": reply.status, "core": placed(core(reply), names)}


def _results(reply: Reply) -> Any:
    try:
        value = json.loads(reply.body)
    except ValueError:
        return reply.body.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if not _is_request(key, item)}
    return value


def _is_request(key: str, value: Any) -> bool:
    """Whether a real node shows the request's own value under this key, whatever the module wrote (NODE.md)."""
    if key == "slot":
        return True
    return key in REQUEST_KEYS and isinstance(value, str) and (key != "device" or value == "json@1.0")


def core(reply: Reply) -> str:
    """The recognisable part of a failed answer: the Erlang term, or the fields of the trace (lua-NOTES)."""
    text = reply.body.decode("utf-8", "replace")
    if "multipart/form-data" in reply.header("content-type"):
        return _trace_core(reply, text)
    if text.startswith("<<79,111,112,115"):
        return "(printed byte list) Oops! Something went wrong. Here's the rundown: \u2705Parsing your request"
    _, mark, term = text.partition("\u274cError ")
    line = _SPACE.sub(" ", term if mark else text).strip()
    head, lua, _ = line.partition("{luerl,")
    return f"{head}{lua} ..." if lua else line


def _trace_core(reply: Reply, text: str) -> str:
    shown = [f"{name}={reply.header(name)}" for name in ("attempted-slot", "phase") if reply.header(name)]
    parts = {}
    for piece in re.split(r"\r\n?--|^--", text):
        lines = [line.partition(": ") for line in piece.split("\r\n")]
        name = re.search(r'name="([^"]*)"', piece)
        if name is None or re.search(r"parameters/\d+(?!/?$)|parameters/\d", name[1]):
            continue
        fields = [f"{key}: {value}" for key, mark, value in lines if mark and key not in _NO_LINES and value]
        if fields:
            parts[name[1]] = "; ".join(sorted(fields))
    shown += [f"{name}: {parts[name]}" for name in sorted(parts, key=_part_order)]
    return " | ".join(shown)


def _part_order(name: str) -> list[tuple[int, str]]:
    return [(int(step), "") if step.isdigit() else (0, step) for step in name.split("/")]


def placed(value: Any, names: Mapping[str, str]) -> Any:
    """A value with its ids, times and signatures as placeholders, and long texts shortened."""
    if isinstance(value, dict):
        return {placed(key, names): placed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [placed(item, names) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and _is_now(value):
        return "<timestamp>"
    if not isinstance(value, str):
        return value
    text = _ID.sub(lambda match: names.get(match[0].lower(), "<id>"), value)
    text = _MILLISECONDS.sub(lambda match: "<timestamp>" if _is_now(int(match[0])) else match[0], text)
    for pattern, name in _TIMES:
        text = pattern.sub(name, text)
    if len(text) > LONGEST:
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        text = f"{text[:_SHOWN]}<{len(text)} characters, sha256 {digest}>"
    return text


def _is_now(milliseconds: int) -> bool:
    """Whether a number is the time of this run: within two days of the clock."""
    return abs(milliseconds - time.time() * 1000) < 2 * 86_400_000


_MILLISECONDS = re.compile(r"(?<![\d.])\d{13}(?!\d)")


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """A value with placeholders (`<pid>`, `<sender>`) replaced by what they stand for in this run."""
    if isinstance(value, dict):
        return {filled(key, values): filled(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, values) for item in value]
    if isinstance(value, str) and "<" in value:
        for name, text in values.items():
            value = value.replace(name, text)
    return value


def same(expected: Any, got: Any) -> bool:
    """Equal values of equal types: 1 and 1.0 differ, since Lua and JSON keep them apart."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return expected.keys() == got.keys() and all(same(item, got[key]) for key, item in expected.items())
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(same, expected, got))
    if isinstance(expected, str) and isinstance(got, str):
        return expected == got or _AFTER_COMMA.sub(",", expected) == _AFTER_COMMA.sub(",", got)
    return bool(type(expected) is type(got) and expected == got)


def same_entry(expected: Mapping[str, Any], got: Mapping[str, Any], *, exact: bool = True) -> bool:
    """Whether two recorded entries say the same: status, and results or core.

    `exact=False` compares types only, for modules that draw random numbers.
    """
    if "no_answer" in expected:
        return "no_answer" in got
    if "schedule_error" in expected or "schedule_error" in got:
        return _refusal(expected) == _refusal(got)
    if expected.get("status") != got.get("status"):
        return False
    if not exact:
        return bool(shape(expected.get("results")) == shape(got.get("results")))
    if expected.get("status") == 200:
        return same(expected.get("results"), got.get("results"))
    return same(expected.get("core"), got.get("core"))


def shape(value: Any) -> Any:
    """The types of a value."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value)


def _refusal(entry: Mapping[str, Any]) -> str:
    """Status and first line of a refused message; what follows is the node's inner life."""
    text = str(entry.get("schedule_error", ""))
    return text.partition("\n")[0].strip()
