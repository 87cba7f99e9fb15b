"""A plan's module, its crate on disk, and a message sent to the built image: what the Rust tests share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from taskrunner.core.plan import Action, Param, PlanModule, StateVar
from taskrunner.modules import rust
from taskrunner.wasm import Instance

COUNTER = PlanModule(
    "counter",
    "module-wasm",
    "Counts.",
    (
        Action("Inc", (Param("Amount", "int", default="1"),), "count grows by Amount", "the new count"),
        Action("Get", (), "", "the count"),
        Action("Echo", (Param("Data", "string"),), "", "the data"),
        Action(
            "All-Kinds",
            (
                Param("Flag", "bool", default="true"),
                Param("Who", "address"),
                Param("Body", "json", optional=True),
                Param("Rate", "number", default="1.5"),
                Param("Note", "string", optional=True),
                Param("type", "string", default='a "quoted" word'),
            ),
        ),
    ),
    (StateVar("count", "int", "0"), StateVar("title", "string", "x"), StateVar("balances", "map", "{}")),
)

AMOUNT = '    let amount = message.or("Amount", message.int("Amount"), 1)?;\n'
MISSING = '    Err(Problem::new("not implemented: ", "{}"))'
PATCH = {
    AMOUNT + MISSING.format("Inc"): AMOUNT
    + '    state.count = state.count.checked_add(amount).ok_or(Problem::new("too large: ", "Amount"))?;\n'
    + "    reply.answer_int(state.count);\n    Ok(())",
    MISSING.format("Get"): "    reply.answer_int(state.count);\n    Ok(())",
    MISSING.format("Echo"): (
        '    reply.answer(data);\n    reply.send("other", data, &[("Length", host_length(data).text())]);\n    Ok(())'
    ),
}
EXTRA = "\nfn host_length(text: &str) -> reply::Digits {\n    reply::Digits::of(text.len() as i64)\n}\n"


def write(root: Path, module: PlanModule = COUNTER, folder: str = "custom_wasm") -> Path:
    """The skeleton on disk; returns the crate's folder."""
    for name, text in rust.scaffold(module, folder=folder).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root / folder / module.name


def fill(crate: Path) -> None:
    """The plan's actions filled in, as a person would."""
    source = crate / "src" / "lib.rs"
    text = source.read_text()
    for old, new in PATCH.items():
        assert old in text, old
        text = text.replace(old, new)
    source.write_text(text + EXTRA)


def message(action: str, data: str = "", **tags: str) -> str:
    """The JSON that a node would hand over."""
    named = {"Action": action, **tags}
    pairs = [{"name": name.replace("_", "-"), "value": value} for name, value in named.items()]
    return json.dumps(
        {"Anchor": "", "Block-Height": 0, "Data": data, "From": "me", "Id": "i", "Owner": "me", "Tags": pairs}
    )


class Module:
    """A running image, spoken to as json-iface does."""

    def __init__(self, image: Path) -> None:
        self.instance = Instance.start(image.read_bytes(), cache=None)

    def raw(self, text: str | bytes) -> bytes:
        data = text.encode() if isinstance(text, str) else text
        pointers = [self._write(data), self._write(b'{"Process":{}}')]
        return self.instance.memory.read_string(int(self.instance.call("handle", pointers)[0]))

    def ask(self, text: str | bytes) -> dict[str, Any]:
        """The response; its first message's data is the answer."""
        answer: dict[str, Any] = json.loads(self.raw(text))
        assert answer["ok"] is True
        response: dict[str, Any] = answer["response"]
        return response

    def says(self, action: str, data: str = "", **tags: str) -> str:
        """The data of the answer to one message."""
        answer: str = self.ask(message(action, data, **tags))["Messages"][0]["Data"]
        return answer

    def _write(self, data: bytes) -> int:
        pointer = int(self.instance.call("malloc", [len(data) + 1])[0])
        assert pointer
        self.instance.memory.write(pointer, data + b"\0")
        return pointer
