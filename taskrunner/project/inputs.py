"""The Input cell of a plan's action: `Amount: int = 1, Memo?: string, Opts: json = {"a": 1}` (PLAN_FORMAT.md).

Every fault names its column. Knows no tables and no files.
"""

from __future__ import annotations

import json
import re

from taskrunner.core.plan import Param
from taskrunner.project.cells import Cell
from taskrunner.project.examples import split, unquoted
from taskrunner.project.taskfile import nearest

CODE = "INPUT-PLAN-ACTION"
TYPES = ("string", "int", "number", "bool", "json", "address")
_PARAM = re.compile(
    r"(?P<name>[A-Za-z][\w-]*)\s*(?P<optional>\?)?\s*(?::\s*(?P<type>[^=?\s]*)\s*(?P<late>\?)?\s*)?(?:=(?P<default>.*))?",
    re.DOTALL,
)
_FORM = "an input is `Name: type`, `Name?: type` or `Name: type = default`"


def read_params(cell: Cell) -> tuple[Param, ...]:
    """The inputs of an action, in order; empty for an empty cell or `-`. Raises InputError INPUT-PLAN-ACTION."""
    if cell.text in ("", "-", "–", "—", "none"):
        return ()
    params: list[Param] = []
    for part in split(cell, ","):
        param = _param(part)
        if any(param.name.lower() == other.name.lower() for other in params):
            raise part.wrong(f"the input {param.name!r} stands twice", code=CODE, hint="keep one of them")
        params.append(param)
    return tuple(params)


def _param(part: Cell) -> Param:
    match = _PARAM.fullmatch(part.text)
    if match is None:
        raise part.wrong(f"expected an input, found {part.text!r}", code=CODE, hint=_FORM)
    name, kind = match["name"], match["type"]
    if name.lower() == "action":
        raise part.wrong("the action's name is no input", code=CODE, hint="leave it out")
    if kind is not None and kind.lower() not in TYPES:
        said = f"{kind!r} is no type" if kind else "expected a type after the colon"
        hint = f"types are {', '.join(TYPES)}" + (f"; nearest: {nearest(kind, list(TYPES), 1)[0]}" if kind else "")
        raise part.wrong(said, at=match.start("type"), code=CODE, hint=hint)
    kind = (kind or "string").lower()
    default = match["default"]
    if default is not None:
        default = unquoted(default.strip())
        _check_default(part, match.start("default"), kind, default)
    return Param(name, kind, bool(match["optional"] or match["late"]), default)


def _check_default(part: Cell, at: int, kind: str, default: str) -> None:
    if not fits(kind, default):
        hint = 'for an empty text write ""' if not default else _FORM
        raise part.wrong(f"the default {default!r} is no {kind}", at=at, code=CODE, hint=hint)


def fits(kind: str, text: str) -> bool:
    """Whether a text is a value of an input type; any text is a string, `@NAME` and any id are an address."""
    if kind == "int":
        return re.fullmatch(r"-?\d+", text) is not None
    if kind == "number":
        return re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text) is not None
    if kind == "bool":
        return text in ("true", "false")
    if kind == "json":
        return _is_json(text)
    return kind == "string" or re.fullmatch(r"@\w+|[\w-]+", text) is not None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
