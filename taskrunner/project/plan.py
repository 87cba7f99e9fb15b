"""Reads a plan.md (PLAN_FORMAT.md) into `core.plan.Plan`, with line and column in every error.

Only `## Modules` and `## Status` are read; the rest is prose that briefs quote. A plan without `## Modules` is WAO's
and is read for what it has (`wao`). This module judges no module and touches no disk.
"""

from __future__ import annotations

import re

from taskrunner.core.plan import Action, Example, Plan, PlanModule, PlanWarning, StateVar, TaskType
from taskrunner.errors import InputError
from taskrunner.project.cells import Cell
from taskrunner.project.columns import rows
from taskrunner.project.examples import read_replies, read_sends
from taskrunner.project.inputs import read_params
from taskrunner.project.markdown import Outline, Section, outline

_HEADING = re.compile(r"(?P<name>.*?)\s*\(\s*(?P<type>[^()]*?)\s*\)")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_ACTION = re.compile(r"[^\s;&|={}\"`]+")
_TYPES = {kind: kind for kind in (TaskType.LUA, TaskType.WASM)} | {"lua": TaskType.LUA, "wasm": TaskType.WASM}
_TYPES |= {TaskType.AOS: TaskType.AOS}
_STATUS = re.compile(r"status\s*(?::\s*(?P<word>.*?))?\s*", re.IGNORECASE)
_FORM = "write `### name (module-lua)`, `### name (module-wasm)` or `### name (aos)`"

# Fields of a scheduled message, which arrive in lower case beside its tags (lua-NOTES, *base and req*).
_TAKEN = frozenset({"action", "commitments", "device", "method", "path", "target", "type"})


def parse_plan(text: str, file: str = "plan.md") -> Plan:
    """The plan that a text holds. Raises InputError INPUT-PLAN-EMPTY, -MODULE, -TABLE, -ACTION or -EXAMPLE."""
    if not text.strip("\ufeff \t\r\n"):
        hint = "write `## Modules` with a section per module; `taskrunner init` shows a whole one"
        raise InputError(f"{file} is empty", code="INPUT-PLAN-EMPTY", file=file, line=1, column=1, hint=hint)
    found = outline(text, file)
    heads = [section for section in found.sections if section.level == 2]
    home = next((section for section in heads if section.title.plain().lower() == "modules"), None)
    if home is None:
        from taskrunner.project.wao import read_modules

        modules, warnings = read_modules(found, file)
    else:
        modules = _modules(found, home)
        warnings = _missing(modules, home)
    approved, unapproved = _status(found, heads)
    return Plan(
        title=_title(found),
        approved=approved,
        modules=modules,
        warnings=tuple(warnings) + taken_names(modules) + unapproved,
        prose=_prose(found, heads),
        file=file,
    )


def taken_names(modules: tuple[PlanModule, ...]) -> tuple[PlanWarning, ...]:
    """Inputs whose tag would be the message's own field: a tag Target sends the message to another process."""
    found = [
        (action, param)
        for module in modules
        for action in module.actions
        for param in action.params
        if param.name.lower() in _TAKEN
    ]
    return tuple(
        PlanWarning(
            f"the input {param.name} of {action.name} is a field of every message; name it otherwise",
            action.line or None,
        )
        for action, param in found
    )


def below(found: Outline, head: Section) -> list[Section]:
    """The sections under a heading, up to the next of its level or higher."""
    start = found.sections.index(head) + 1
    inside = []
    for section in found.sections[start:]:
        if section.level <= head.level:
            break
        inside.append(section)
    return inside


def _title(found: Outline) -> str:
    first = next((section.title.plain() for section in found.sections if section.level == 1), "")
    return re.sub(r"^plan\s*:\s*", "", first, flags=re.IGNORECASE)


def _prose(found: Outline, heads: list[Section]) -> dict[str, str]:
    """Text of the other second-level sections, with what stands under them."""
    prose = {}
    for head in heads:
        title = head.title.plain()
        if title.lower() != "modules" and not _STATUS.fullmatch(title):
            last = max([head.last, *(section.last for section in below(found, head))])
            prose[title] = found.text(head, last=last)
    return prose


def _status(found: Outline, heads: list[Section]) -> tuple[bool, tuple[PlanWarning, ...]]:
    """Whether the plan says `## Status: APPROVED`, or that word alone under `## Status`."""
    head = next((h for h in reversed(heads) if _STATUS.fullmatch(h.title.plain())), None)
    hint = "its suites are not locked; write `## Status: APPROVED` once you agree with it"
    if head is None:
        return False, (PlanWarning(f"the plan has no status, so {hint}"),)
    match = _STATUS.fullmatch(head.title.plain())
    word = (match["word"] if match and match["word"] else found.text(head).partition("\n")[0]).strip("*_` .")
    if word.upper() == "APPROVED":
        return True, ()
    said = f"the plan's status is {word!r}" if word else "the plan's status is empty"
    return False, (PlanWarning(f"{said}, so {hint}", head.title.line, head.title.column()),)


def _modules(found: Outline, home: Section) -> tuple[PlanModule, ...]:
    modules: list[PlanModule] = []
    for head in (section for section in below(found, home) if section.level == 3):
        module = _module(found, head)
        for other in modules:
            if (other.name.replace("-", "_"), other.type) == (module.name.replace("-", "_"), module.type):
                message = f"the module {module.name!r} stands twice; the first is in line {other.line}"
                raise head.title.wrong(message, code="INPUT-PLAN-MODULE", hint="give it a name of its own")
        modules.append(module)
    return tuple(modules)


def _module(found: Outline, head: Section) -> PlanModule:
    name, kind = _heading(head.title)
    parts = {section.title.plain().lower(): section for section in below(found, head) if section.level == 4}
    tables = {title: part for title, part in parts.items() if title in ("actions", "state", "examples")}
    return PlanModule(
        name=name,
        type=kind,
        summary=found.text(head),
        actions=_actions(tables["actions"]) if "actions" in tables else (),
        state=_state(tables["state"]) if "state" in tables else (),
        examples=_examples(tables["examples"]) if "examples" in tables else (),
        line=head.title.line,
    )


def _heading(title: Cell) -> tuple[str, str]:
    code = "INPUT-PLAN-MODULE"
    match = _HEADING.fullmatch(title.text.strip())
    if match is None:
        raise title.wrong(f"expected a name and a type, found {title.text!r}", code=code, hint=_FORM)
    name = match["name"].strip("`*_ ")
    if not _NAME.fullmatch(name):
        hint = "a name begins with a small letter, then small letters, digits, - and _"
        raise title.wrong(f"{name!r} is no module's name", code=code, hint=hint)
    kind = _TYPES.get(match["type"].strip("`").lower())
    if kind is None:
        at = match.start("type")
        raise title.wrong(f"{match['type']!r} is no module's type", at=at, code=code, hint=_FORM)
    return name, str(kind)


def _actions(section: Section) -> tuple[Action, ...]:
    actions: list[Action] = []
    for row in rows(section, ("action",), ("input", "state", "reply")):
        cell = row.get("action")
        name = cell.plain()
        if not _ACTION.fullmatch(name):
            message = f"expected an action's name, found {name!r}" if name else "this row has no action's name"
            raise cell.wrong(message, code="INPUT-PLAN-ACTION", hint="a name is one word, such as `Inc` or `Set-Name`")
        if any(name.lower() == other.name.lower() for other in actions):
            raise cell.wrong(f"the action {name!r} stands twice", code="INPUT-PLAN-ACTION", hint="keep one of them")
        params = read_params(row.get("input"))
        actions.append(Action(name, params, row.get("state").text, row.get("reply").text, row.line))
    return tuple(actions)


def _state(section: Section) -> tuple[StateVar, ...]:
    found: list[StateVar] = []
    for row in rows(section, ("name",), ("type", "initial")):
        cell = row.get("name")
        name = cell.plain()
        if not name or any(name == other.name for other in found):
            message = f"the state {name!r} stands twice" if name else "this row has no name"
            raise cell.wrong(message, code="INPUT-PLAN-TABLE", hint="name every state once")
        found.append(StateVar(name, row.name("type") or "string", row.get("initial").text))
    return tuple(found)


def _examples(section: Section) -> tuple[Example, ...]:
    found: list[Example] = []
    for row in rows(section, ("send", "reply"), ("name",)):
        cell = row.get("name")
        name = cell.plain() or f"example {len(found) + 1}"
        if other := next((e for e in found if e.name.lower() == name.lower()), None):
            message = f"the example {name!r} stands twice; the first is in line {other.line}"
            raise cell.wrong(message, code="INPUT-PLAN-EXAMPLE", hint="give it a name of its own")
        sends = read_sends(row.get("send"))
        found.append(Example(name, sends, read_replies(row.get("reply"), len(sends)), row.line))
    return tuple(found)


def _missing(modules: tuple[PlanModule, ...], home: Section) -> list[PlanWarning]:
    """What a plan may leave out; each warning names the section to add."""
    if not modules:
        return [PlanWarning(f"`## Modules` names no module yet; {_FORM}", home.title.line, home.title.column())]
    told = []
    for module in modules:
        if not module.actions:
            told.append(PlanWarning(f"module {module.name} lists no actions; add `#### Actions`", module.line))
        if not module.examples:
            message = f"module {module.name} has no examples, so its suite proves little; add `#### Examples`"
            told.append(PlanWarning(message, module.line))
    return told
