"""Images broken on purpose: each is accepted, runs, and is broken in exactly the way that it says."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from taskrunner.wasm import Instance, check
from taskrunner.wasm.mutants import ImageMutant, essential_mutants

# answers the count kept at 512 as {"ok":true,...,"Data":"N"}; N has two digits
COUNTER = """(module
  (memory (export "memory") i64 1)
  (func (export "malloc") (param i64) (result i64) (local i64)
    (local.set 1 (i64.add (i64.load (i64.const 520)) (i64.const 8192)))
    (i64.store (i64.const 520) (i64.rem_u (i64.add (i64.load (i64.const 520)) (local.get 0)) (i64.const 16384)))
    (local.get 1))
  (func (export "free") (param i64))
  (data (i64.const 1024) "{\\22ok\\22:true,\\22response\\22:{\\22Output\\22:{\\22data\\22:\\22x\\22},")
  (data (i64.const 1069) "\\22Messages\\22:[{\\22Data\\22: \\22")
  (data (i64.const 2048) "\\22}]}}\\00")
  (func (export "handle") (param i64 i64) (result i64) (local i64)
    (drop (memory.size))
    (i64.store (i64.const 512) (i64.add (i64.load (i64.const 512)) (i64.const 1)))
    (memory.copy (i64.const 4096) (i64.const 1024) (i64.const 72))
    (i64.store8 (i64.const 4168) (i64.add (i64.const 48) (i64.div_u (i64.load (i64.const 512)) (i64.const 10))))
    (i64.store8 (i64.const 4169) (i64.add (i64.const 48) (i64.rem_u (i64.load (i64.const 512)) (i64.const 10))))
    (memory.copy (i64.const 4170) (i64.const 2048) (i64.const 16))
    (i64.const 4096)))"""


def ask(instance: Instance, action: str = "Inc") -> list[str]:
    """The data of the messages of one answer."""
    pointers = []
    for text in (json.dumps({"Tags": [{"name": "Action", "value": action}]}, separators=(",", ":")), "{}"):
        pointer = int(instance.call("malloc", [len(text) + 1])[0])
        instance.memory.write(pointer, text.encode() + b"\0")
        pointers.append(pointer)
    answer = json.loads(instance.memory.read_string(int(instance.call("handle", pointers)[0])))
    assert answer["ok"] is True
    return [one["Data"] for one in answer["response"]["Messages"]]


@pytest.fixture(scope="module")
def image(assemble: Callable[[str], bytes]) -> bytes:
    length = len('{"ok":true,"response":{"Output":{"data":"x"},"Messages":[{"Data": "')
    return assemble(COUNTER.replace("(i64.const 72)", f"(i64.const {length})")
                    .replace("4168", str(4096 + length)).replace("4169", str(4097 + length))
                    .replace("4170", str(4098 + length)))  # fmt: skip


@pytest.fixture(scope="module")
def mutants(image: bytes) -> dict[str, ImageMutant]:
    return {one.name: one for one in essential_mutants(image, remembers=True, numeric=["Inc"])}


def start(data: bytes) -> Instance:
    assert check(data, "wamr-2.2").accepted
    return Instance.start(data, cache=None)


def test_the_image_itself_counts(image: bytes) -> None:
    with start(image) as instance:
        assert [ask(instance) for _ in range(3)] == [["01"], ["02"], ["03"]]


def test_every_mutant_has_a_name_and_words(mutants: dict[str, ImageMutant]) -> None:
    assert sorted(mutants) == ["constant", "empty", "forgets", "off-by-one-Inc"]
    assert all(one.what for one in mutants.values())


def test_empty_answers_nothing(mutants: dict[str, ImageMutant]) -> None:
    with start(mutants["empty"].image) as instance:
        assert [ask(instance), ask(instance)] == [[], []]


def test_constant_says_something_else(mutants: dict[str, ImageMutant]) -> None:
    with start(mutants["constant"].image) as instance:
        assert [ask(instance), ask(instance)] == [["mm"], ["mm"]]


def test_forgets_starts_again_every_time(mutants: dict[str, ImageMutant]) -> None:
    with start(mutants["forgets"].image) as instance:
        assert [ask(instance) for _ in range(3)] == [["01"], ["01"], ["01"]]
        instance.refresh()
        assert ask(instance) == ["01"]


def test_off_by_one_is_one_too_high_for_its_action_only(mutants: dict[str, ImageMutant]) -> None:
    with start(mutants["off-by-one-Inc"].image) as instance:
        assert [ask(instance), ask(instance, "Other"), ask(instance)] == [["02"], ["02"], ["04"]]
        for _ in range(5):
            ask(instance, "Inc1")
        assert ask(instance) == ["10"]  # 09 with a carry


def test_images_that_cannot_be_wrapped(assemble: Callable[[str], bytes]) -> None:
    assert essential_mutants(b"no wasm", remembers=True, numeric=()) == []
    assert essential_mutants(assemble('(module (memory (export "memory") i64 1))'), remembers=True, numeric=()) == []
    narrow = '(module (memory (export "memory") 1) (func (export "handle") (param i32 i32) (result i32) (i32.const 0)))'
    assert essential_mutants(assemble(narrow), remembers=True, numeric=()) == []
