"""Reads a plan as WAO writes it: no `## Modules`, but tables with an Action column, and names with their kind in prose.

Whatever is missing is a warning that names the section to add, never an error: such plans are read unchanged.

    ## Custom Modules                                          module "counter" (module-lua) with the action Inc
    | Module | Action | Input Tags | State | Reply |     ->
    | counter.lua | Inc | Amount | count grows | new count |
"""

from __future__ import annotations

import re
from dataclasses import replace

from taskrunner.core.plan import Action, Param, PlanModule, PlanWarning, TaskType
from taskrunner.errors import InputError
from taskrunner.project.cells import Cell
from taskrunner.project.inputs import TYPES, read_params
from taskrunner.project.markdown import Outline, Section, Table

_FILE = re.compile(r"(?:custom[-_]lua/)?([a-z][a-z0-9_-]*)\.lua\b|custom[-_]wasm/([a-z][a-z0-9_-]*)/(?!lib\.rs)")
_NAMED = re.compile(r"\b([a-z][a-z0-9_-]*)`?\*{0,2}\s*(?:\(|:|—|-)\s*(lua|wasm(?:64)?|rust)\b", re.IGNORECASE)
_OWNERS = ("module", "script", "name", "process")
_NO_NAMES = frozenset({"module", "modules", "yes", "no", "specify", "custom"})


def read_modules(found: Outline, file: str) -> tuple[tuple[PlanModule, ...], list[PlanWarning]]:
    """The modules that such a plan speaks of, in order, and what it leaves out."""
    modules: dict[str, PlanModule] = {}
    for section in found.sections:
        for name, kind in _mentioned(found.text(section)):
            modules.setdefault(name, PlanModule(name, kind, line=section.title.line))
    for section in found.sections:
        for table in section.tables:
            _add_actions(modules, section, table)
    told = [PlanWarning(f"{file} has no section `## Modules`; add one with `### name (module-lua)` for each module")]
    for module in modules.values():
        lacks = "`#### Examples`" if module.actions else "`#### Actions` and `#### Examples`"
        told.append(
            PlanWarning(f"module {module.name} of {file} lacks {lacks} under `## Modules`", module.line or None)
        )
    return tuple(modules.values()), told


def _mentioned(text: str) -> list[tuple[str, str]]:
    """Names with their kind, as files (`custom-lua/counter.lua`) or in words (`counter (Lua)`)."""
    found = []
    for line in text.split("\n"):
        speaks = re.search(r"custom[- _](?:lua|wasm|modules?)", line, re.IGNORECASE) is not None
        for match in _FILE.finditer(line):
            if "custom" in match[0] or speaks:
                found.append((match[1] or match[2], TaskType.LUA if match[1] else TaskType.WASM))
        if speaks:
            for match in _NAMED.finditer(line):
                if match[1].lower() not in _NO_NAMES:
                    found.append((match[1].lower(), TaskType.LUA if match[2].lower() == "lua" else TaskType.WASM))
    return [(name, str(kind)) for name, kind in found]


def _add_actions(modules: dict[str, PlanModule], section: Section, table: Table) -> None:
    """Gives the actions of a table to the modules that its rows, or else its section, name."""
    names = [cell.plain().lower() for cell in table.header]
    if "action" not in names:
        return
    owner = next((index for index, name in enumerate(names) if name in _OWNERS), None)
    for row in table.rows:
        cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
        name = _owner(row[owner].plain() if owner is not None and owner < len(row) else "", section, modules)
        action = cells["action"].plain() if "action" in cells else ""
        if not name or not action or " " in action:
            continue
        kind = modules[name].type if name in modules else _kind(section)
        module = modules.setdefault(name, PlanModule(name, kind, line=section.title.line))
        if module.action(action) is None:
            modules[name] = _with_action(module, action, cells, row[0].line)


def _owner(text: str, section: Section, modules: dict[str, PlanModule]) -> str:
    name = re.sub(r"\.(lua|rs|wasm)$", "", text.rpartition("/")[2].strip("`")).lower()
    if re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        return name
    title = section.title.plain().lower()
    return next((known for known in modules if known in title), next(iter(modules)) if len(modules) == 1 else "")


def _kind(section: Section) -> str:
    title = section.title.plain().lower()
    if "aos" in title:
        return TaskType.AOS
    return TaskType.WASM if re.search(r"wasm|rust", title) else TaskType.LUA


def _with_action(module: PlanModule, name: str, cells: dict[str, Cell], line: int) -> PlanModule:
    cell = next((cells[key] for key in ("input", "input tags", "inputs", "tags", "parameters") if key in cells), None)
    text = {key: cells[key].text for key in ("state", "reply") if key in cells}
    action = Action(name, _params(cell) if cell else (), text.get("state", ""), text.get("reply", ""), line)
    return PlanModule(module.name, module.type, module.summary, (*module.actions, action), line=module.line)


def _params(cell: Cell) -> tuple[Param, ...]:
    """Inputs in our grammar if they are, else the names in order (`Amount (number), Recipient`), all optional: such a
    table does not say what is required.
    """
    try:
        return tuple(param if ":" in cell.text else replace(param, optional=True) for param in read_params(cell))
    except InputError:
        found = re.findall(r"([A-Za-z][\w-]*)\s*(?:\(\s*(\w+)[^)]*\))?", cell.text)
        unique = {name.lower(): (name, kind.lower()) for name, kind in reversed(found) if name.lower() != "action"}
        return tuple(Param(name, kind if kind in TYPES else "string", True) for name, kind in reversed(unique.values()))
