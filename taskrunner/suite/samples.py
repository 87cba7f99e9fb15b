"""What a generated suite sends and how it describes that: sample and bad inputs by type, examples as one line of text.

Both flavours of the generator (pytest, node:test) read a plan through this module, so that they test the same things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from taskrunner.core.plan import Action, Example, Expect, Kind, Param, PlanModule, Send

_GOOD = {"int": "1", "number": "1.5", "bool": "true", "json": '{"a": 1}', "address": "@me"}
_BAD = {"int": "many", "number": "many", "bool": "perhaps", "json": "{not json", "address": "nobody"}


@dataclass(frozen=True, slots=True)
class BadInput:
    """One message that an action must refuse, and why."""

    action: Action
    param: Param
    send: Send
    missing: bool


def good_send(action: Action) -> Send:
    """The action with a sample of every input that it needs; inputs with a default or `?` are left out."""
    return _with_inputs(action, [param for param in action.params if _needed(param)])


def bad_inputs(module: PlanModule) -> list[BadInput]:
    """For each action: each typed input with a value of another type, each needed input left out.

    What an example of the plan already refuses is not asked again.
    """
    found = []
    for action in module.actions:
        needed = [param for param in action.params if _needed(param)]
        for param in action.params:
            others = [other for other in needed if other is not param]
            if param.type in _BAD and not _refused(module, action, param):
                send = _with_inputs(action, others, (param, _BAD[param.type]))
                found.append(BadInput(action, param, send, missing=False))
            if _needed(param):
                found.append(BadInput(action, param, _with_inputs(action, others), missing=True))
    return found


def reader(module: PlanModule) -> Action | None:
    """An action that shows state and changes none: no needed input, an empty State cell, something in Reply."""
    return next((a for a in module.actions if not a.state and a.reply and not any(map(_needed, a.params))), None)


def writer(module: PlanModule) -> Action | None:
    """The first action that changes state by its plan row."""
    return next((action for action in module.actions if action.state), None)


def refuses_unknown(module: PlanModule) -> bool:
    """Whether an example sends an action that the plan does not name and expects an error."""
    return any(
        module.action(send.action) is None and any(e.kind is Kind.ERROR for e in expects)
        for example in module.examples
        for send, expects in zip(example.sends, example.replies, strict=False)
    )


def unknown_action(module: PlanModule) -> str:
    """A name that is no action of the module."""
    name = "NoSuchAction"
    while module.action(name) is not None:
        name += "X"
    return name


def busiest(module: PlanModule) -> Example | None:
    """The example that changes state most often: the one to play on two processes."""

    def changes(example: Example) -> int:
        named = (module.action(send.action) for send in example.sends)
        return sum(1 for action in named if action is not None and action.state)

    best = max(module.examples, key=changes, default=None)
    return best if best is not None and changes(best) else None


def wallets(example: Example) -> list[str]:
    """The names of other wallets that an example mentions, in their order."""
    found: dict[str, None] = {}
    for send, expects in zip(example.sends, example.replies, strict=False):
        texts = [value for _, value in send.tags] + [send.data or ""]
        texts += [value for expect in expects for value in (expect.target, *(v for _, v in expect.tags), expect.text)]
        if send.sender:
            found.setdefault(send.sender)
        for text in texts:
            if match := re.fullmatch(r"@([A-Za-z][\w-]*)", text):
                found.setdefault(match[1])
    return [name for name in found if name not in ("me", "self")]


def describe(example: Example) -> str:
    """`Inc; Inc; Get -> 1; 2; 2`, as the plan's row says it."""
    sends = "; ".join(_send_text(send) for send in example.sends)
    replies = "; ".join(" & ".join(_expect_text(e) for e in expects) or "*" for expects in example.replies)
    return f"{sends} -> {replies}"


def slug(text: str) -> str:
    """A text as part of a function's name."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "example"


def _needed(param: Param) -> bool:
    return param.default is None and not param.optional


def _with_inputs(action: Action, params: list[Param], extra: tuple[Param, str] | None = None) -> Send:
    values = [(param, _GOOD.get(param.type, f"some {param.name.lower()}")) for param in params]
    if extra is not None:
        values.append(extra)
    data = next((value for param, value in values if param.is_data), None)
    return Send(action.name, tuple((p.name, value) for p, value in values if not p.is_data), data)


def _refused(module: PlanModule, action: Action, param: Param) -> bool:
    for example in module.examples:
        for send, expects in zip(example.sends, example.replies, strict=False):
            tags = {name.lower() for name, _ in send.tags}
            given = send.data is not None if param.is_data else param.name.lower() in tags
            named = any(e.kind is Kind.ERROR and param.name.lower() in e.text.lower() for e in expects)
            if send.action == action.name and given and named:
                return True
    return False


def _send_text(send: Send) -> str:
    parts = [f"as {send.sender}"] if send.sender else []
    parts.append(send.action)
    parts += [f'{name}="{value}"' if re.search(r"[\s;&]", value) else f"{name}={value}" for name, value in send.tags]
    parts += [f'data="{send.data}"'] if send.data is not None else []
    return " ".join(parts)


def _expect_text(expect: Expect) -> str:
    match expect.kind:
        case Kind.ERROR:
            return f"error: {expect.text}"
        case Kind.REGEX:
            return f"~ {expect.text}"
        case Kind.OUTBOX:
            return " ".join(["->", expect.target, *(f"{name}={value}" for name, value in expect.tags)])
        case Kind.NONE:
            return "none"
        case Kind.ANY:
            return "*"
        case _:
            return expect.text
