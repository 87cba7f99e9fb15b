"""Writes the pytest suite of a module from its section of the plan: readable, one test for each promise.

The text stands alone: it uses the fixtures of `taskrunner.suite.plugin` and plain `assert`. It is deterministic,
because its hash is what locks it.
"""

from __future__ import annotations

import json
import keyword
import re
import textwrap
from collections.abc import Iterable

from taskrunner.core.plan import Action, Example, Expect, Kind, Plan, PlanModule, Send
from taskrunner.suite import samples

FOLDERS = {
    "module-lua": "custom_lua/{name}.lua",
    "module-wasm": "custom_wasm/{name}/src/lib.rs",
    "aos": "src/{name}.lua",
}


def write(module: PlanModule, plan: Plan) -> str:
    """The whole text of `test/test_{name}_module.py`."""
    names = _Names()
    tests = [_spawn(module, names)]
    tests += [_answers(action, names) for action in module.actions]
    tests += [_example(example, names) for example in module.examples]
    tests += _state(module, names)
    tests += [_bad(case, module, names) for case in samples.bad_inputs(module)]
    tests.append(_unknown(module, names))
    tests.append(_processes(module, names))
    body = "\n\n\n".join(test for test in tests if test)
    return f"{_head(module, plan, body)}\n\n\n{body}\n"


class _Names:
    """Function names that are each given once."""

    def __init__(self) -> None:
        self.given: set[str] = set()

    def take(self, text: str) -> str:
        name = base = f"test_{samples.slug(text)}"
        number = 2
        while name in self.given:
            name, number = f"{base}_{number}", number + 1
        self.given.add(name)
        return name


def _head(module: PlanModule, plan: Plan, body: str) -> str:
    state = "locked" if plan.approved else "not locked: the plan is not approved yet"
    source = module.source or FOLDERS.get(module.type, FOLDERS["module-lua"]).format(name=module.name)
    imports = [line for line, used in (("import re", "re.search(" in body), ("import pytest", True)) if used]
    imports = "\n\n".join(imports).split("\n")
    return "\n".join(
        [
            f'"""What plan.md promises about {_doc(module.name)}, one test for each promise.',
            "",
            f"Written by taskrunner from plan.md ({state}). `process` is a fresh process of the module; each test that",
            "uses it runs twice: read after every message, and read only at the end, because production keeps state",
            "differently then.",
            '"""',
            "",
            *imports,
            "",
            f"MODULE = {_text(source)}",
            *(['TYPE = "aos"'] if module.type == "aos" else []),
            "",
            "",
            '@pytest.fixture(params=["each", "last"])',
            "def process(module, request):",
            "    return module.spawn(reads=request.param)",
        ]
    )


def _spawn(module: PlanModule, names: _Names) -> str:
    return _function(
        names.take("spawns"),
        ["module"],
        "Slot 0 is the Process message itself: it is computed, and it sends nothing.",
        ["spawned = module.spawn().reply(0)", "assert spawned.ok", "assert spawned.outbox == []"],
    )


def _answers(action: Action, names: _Names) -> str:
    send = samples.good_send(action)
    body = [f"reply = {_send(send)}"]
    if action.reply and action.reply.lower() not in ("none", "-"):
        body.append("assert reply.outbox")
    body += ['assert "not implemented" not in reply.error', 'assert "unknown action" not in reply.error']
    fixtures = ["process", *(["wallet"] if "wallet(" in body[0] else [])]
    return _function(names.take(f"{action.name} answers"), fixtures, _row(action), body)


def _example(example: Example, names: _Names) -> str:
    others = samples.wallets(example)
    body = [f"{_wallet(name)} = wallet({_text(name)})" for name in others]
    body += _play(example, "process")
    fixtures = ["process", *(["wallet"] if others or any("wallet(" in line for line in body) else [])]
    mark = f"@pytest.mark.example({_text(example.name)})"
    return mark + "\n" + _function(names.take(example.name), fixtures, samples.describe(example), body)


def _state(module: PlanModule, names: _Names) -> list[str]:
    read, change = samples.reader(module), samples.writer(module)
    if read is None or change is None:
        return []
    get = _send(samples.good_send(read))
    body = [
        _send(samples.good_send(change)),
        f"before = {get}",
        _send(Send(samples.unknown_action(module))),
        f"after = {get}",
        'assert before.error == ""',
        "assert after.data == before.data",
    ]
    fixtures = ["process", *(["wallet"] if any("wallet(" in line for line in body) else [])]
    return [_function(names.take("state stays until it is changed"), fixtures, "", body)]


def _bad(case: samples.BadInput, module: PlanModule, names: _Names) -> str:
    read = samples.reader(module)
    get = _send(samples.good_send(read)) if read is not None else ""
    body = [f"before = {get}"] if get else []
    body.append(f"refused = {_send(case.send)}")
    body += [f"after = {get}"] if get else []
    body.append(f"assert {_text(case.param.name.lower())} in refused.error.lower()")
    body += ["assert after.data == before.data"] if get else []
    how = "missing" if case.missing else "bad"
    need = "needed" if case.missing else f"of type {case.param.type}"
    doc = f"{case.param.name} is {need}: an error reply, state unchanged."
    fixtures = ["process", *(["wallet"] if any("wallet(" in line for line in body) else [])]
    return _function(names.take(f"{case.action.name} with {how} {case.param.name}"), fixtures, doc, body)


def _unknown(module: PlanModule, names: _Names) -> str:
    if samples.refuses_unknown(module):
        return ""
    body = [f"reply = {_send(Send(samples.unknown_action(module)))}", "assert reply.ok"]
    read = samples.reader(module)
    if read is not None:
        body += [f"after = {_send(samples.good_send(read))}", 'assert after.error == ""']
    return _function(names.take("an unknown action does no harm"), ["process"], "", body)


def _processes(module: PlanModule, names: _Names) -> str:
    name = names.take("two processes do not share state")
    example = samples.busiest(module)
    if example is not None:
        others = samples.wallets(example)
        body = [f"{_wallet(other)} = wallet({_text(other)})" for other in others]
        lines = _play(example, "process")
        body += ["for process in (module.spawn(), module.spawn()):", *(f"    {line}" for line in lines)]
        fixtures = ["module", *(["wallet"] if any("wallet(" in line for line in body) else [])]
        return _function(name, fixtures, f'Both start anew: "{example.name}" holds on each.', body)
    read, change = samples.reader(module), samples.writer(module)
    if read is None or change is None:
        return ""
    get = _send(samples.good_send(read), "second")
    body = [
        "first, second = module.spawn(), module.spawn()",
        f"before = {get}",
        _send(samples.good_send(change), "first"),
        f"after = {get}",
        'assert before.error == ""',
        "assert after.data == before.data",
    ]
    fixtures = ["module", *(["wallet"] if any("wallet(" in line for line in body) else [])]
    return _function(name, fixtures, "", body)


def _play(example: Example, process: str) -> list[str]:
    """Every message first, then every expectation: so that the process may also be read only at the end."""
    sends, asserts = [], []
    used: dict[str, int] = {}
    taken = _TAKEN | {_wallet(name) for name in samples.wallets(example)}
    padded = [*example.replies, *[()] * (len(example.sends) - len(example.replies))]
    for send, expects in zip(example.sends, padded, strict=True):
        wanted = [line for expect in expects for line in _assertion(expect)]
        if not wanted:
            sends.append(_send(send, process))
            continue
        base = _variable(send.action, "reply", taken)
        used[base] = used.get(base, 0) + 1
        name = base if used[base] == 1 else f"{base}_{used[base]}"
        sends.append(f"{name} = {_send(send, process)}")
        asserts += [line.replace("REPLY", name, 1) for line in wanted]
    return sends + asserts


_TAKEN = frozenset((*keyword.kwlist, *keyword.softkwlist, "process", "module", "wallet", "re", "pytest"))


def _variable(text: str, kind: str, taken: frozenset[str] = _TAKEN) -> str:
    """A local name for a text: `get`, or `get_reply` where that is something else already."""
    name = samples.slug(text)
    name = name if name.isidentifier() else f"{kind}_{name}"
    return f"{name}_{kind}" if name in taken else name


def _wallet(name: str) -> str:
    return _variable(name, "wallet")


def _assertion(expect: Expect) -> list[str]:
    match expect.kind:
        case Kind.DATA:
            return [f"assert REPLY.data == {_value(expect.text)}"]
        case Kind.JSON:
            return [f"assert REPLY.json == {_python(expect.text)}"]
        case Kind.REGEX:
            return [f"assert re.search({_text(expect.text)}, REPLY.data)"]
        case Kind.ERROR:
            return [f"assert {_text(expect.text)} in REPLY.error"]
        case Kind.OUTBOX:
            tags = ", ".join(f"{_text(name)}: {_value(value)}" for name, value in expect.tags)
            return [f"assert REPLY.sent(to={_value(expect.target)}, tags={{{tags}}})"]
        case Kind.NONE:
            return ["assert REPLY.outbox == []"]
        case Kind.ANY:
            return ["assert REPLY.ok"]


def _send(send: Send, process: str = "process") -> str:
    arguments = [_text(send.action)]
    plain = all(name.isidentifier() and name not in ("tags", "data", "wallet", "action") for name, _ in send.tags)
    if plain and not any(name in _TAKEN for name, _ in send.tags):
        arguments += [f"{name}={_value(value)}" for name, value in send.tags]
    else:
        arguments.append(f"tags={{{', '.join(f'{_text(name)}: {_value(value)}' for name, value in send.tags)}}}")
    if send.data is not None:
        arguments.append(f"data={_value(send.data)}")
    if send.sender and send.sender != "me":
        arguments.append(f"wallet={_wallet(send.sender)}")
    return f"{process}.send({', '.join(arguments)})".replace("process.id", f"{process}.id")


def _value(text: str) -> str:
    """A value of the plan as Python: `@me`, `@self` and `@NAME` become addresses."""
    match = re.fullmatch(r"@([A-Za-z][\w-]*)", text)
    if match is None:
        return _text(text)
    if match[1] == "self":
        return "process.id"
    return "wallet().address" if match[1] == "me" else f"{_wallet(match[1])}.address"


def _python(text: str) -> str:
    """A JSON text as a Python literal; a text that is no JSON is compared as it stands."""
    try:
        return repr(json.loads(text))
    except (ValueError, RecursionError):
        return _text(text)


def _text(text: str) -> str:
    """A string literal on one line, in double quotes unless the text has some."""
    if not text.isprintable():
        return ascii(text)
    if '"' in text and "'" not in text and "\\" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def _doc(text: str) -> str:
    """A text that is safe in a docstring."""
    clean = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    safe = clean.replace("\\", "\\\\").replace('"""', "'''")
    return f"{safe} " if safe.endswith('"') else safe


def _row(action: Action) -> str:
    return " | ".join(part for part in (action.name, action.state, action.reply) if part)


def _function(name: str, fixtures: Iterable[str], doc: str, body: list[str]) -> str:
    lines = [f"def {name}({', '.join(fixtures)}):"]
    if doc:
        lines += textwrap.wrap(f'"""{_doc(doc)}"""', 116, initial_indent="    ", subsequent_indent="    ")
    return "\n".join([*lines, *(f"    {line}" for line in body)])
