"""Where WAMR 2.2 stops: what it cannot allocate, number or start, and modules that cost time or kill the node."""

from __future__ import annotations

import time

import pytest

from taskrunner.wasm import ImageError, Instance, check
from taskrunner.wasm.cursor import LOAD_PREFIX
from taskrunner.wasm.encode import section, unsigned, vector
from taskrunner.wasm.loader import ORDER, load
from taskrunner.wasm.memory import plan_memory

HEADER = b"\0asm\1\0\0\0"
NOT_STARTED = "wasm_instance_new_with_args_ex failed: WASM module instantiate failed: "
NO_MEMORY = "allocate memory failed"
IMPORT = b"\1\1m\1n"  # of whatever follows


def build(*sections: tuple[int, bytes]) -> bytes:
    return HEADER + b"".join(section(number, body) for number, body in sections)


def functions(*codes: bytes, types: tuple[bytes, ...] = (b"\x60\0\0",), extra: dict[int, bytes] | None = None) -> bytes:
    """A module of functions, the first type for all."""
    sections = {
        1: vector(types),
        3: vector([b"\0"] * len(codes)),
        10: vector([unsigned(len(one)) + one for one in codes]),
    } | (extra or {})
    return build(*((number, sections[number]) for number in ORDER if number in sections))


def text_of(data: bytes) -> str | None:
    refusal = load(data)[1]
    return None if refusal is None else refusal.text.removeprefix(LOAD_PREFIX)


@pytest.mark.parametrize(
    ("number", "most", "rest", "otherwise"),
    [
        (1, 0x1FFFFFFF, b"\x5f", "invalid type flag"),
        (2, 0x3FFFFFF, b"\1a\1b\5", "invalid import kind"),
        (6, 0x7FFFFFF, b"\x7b\0", "type mismatch"),
        (7, 0xFFFFFFF, b"\0\x09\0", "invalid export kind"),
        (9, 0x4924924, b"\1", "zero byte expected"),
        (11, 0x1FFFFFFF, b"\3", "unknown memory"),
        (13, 0x1FFFFFFF, b"\0\5", "unknown type"),
    ],
)
def test_a_section_is_allocated_before_it_is_read(number: int, most: int, rest: bytes, otherwise: str) -> None:
    assert text_of(build((number, unsigned(most) + rest))) == otherwise
    assert text_of(build((number, unsigned(most + 1) + rest))) == NO_MEMORY


def test_indices_are_counted_with_the_imported_ones() -> None:
    much = unsigned(0xFFFFFFFF)
    words = "too many items in the index space(1+4294967295)."
    kind = (1, b"\1\x60\0\0")
    assert text_of(build((2, IMPORT + b"\3\x7f\0"), (6, much))) == words
    assert text_of(build(kind, (2, IMPORT + b"\4\0\0"), (13, much))) == words
    assert text_of(build(kind, (2, IMPORT + b"\0\0"), (3, much), (10, much))) == words
    assert text_of(build((2, IMPORT + b"\1\x70\0\1"), (4, much))) == NO_MEMORY  # 1 + 2^32 - 1 is 0
    assert text_of(build((2, IMPORT + b"\2\0\1"), (5, much))) == NO_MEMORY


def test_a_type_may_be_declared_65535_times() -> None:
    assert text_of(build((1, vector([b"\x60\0\0"] * 65535)))) is None
    assert text_of(build((1, vector([b"\x60\0\0"] * 65536)))) == "wasm type's ref count too large"


@pytest.mark.parametrize(
    ("count", "kind", "words"),
    [
        (0xFFFFFFFF - 73, 0x40, "invalid local type 0x40"),
        (0xFFFFFFFF - 72, 0x40, NO_MEMORY),
        (0x80000000, 0x7E, NO_MEMORY),  # 2^32 cells are none, but their offsets take 4 GiB
        (0x80000000, 0x7F, "local count too large"),
        (32768, 0x7E, "local count too large"),
        (65535, 0x7F, None),
    ],
)
def test_locals_are_counted_as_wamr_counts_them(count: int, kind: int, words: str | None) -> None:
    assert text_of(functions(b"\1" + unsigned(count) + bytes([kind]) + b"\x0b")) == words


@pytest.mark.parametrize("size", range(1, 5))
def test_a_function_shorter_than_its_locals_goes_on_behind_its_end(size: int) -> None:
    code = b"\1" + unsigned(size) + b"\2\1\x7f\1\x7e\x0b"
    assert text_of(build((1, b"\1\x60\0\0"), (3, b"\1\0"), (10, code))) == "section size mismatch"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0aot", "unexpected end"),
        (b"\0aot\1\0\0\0", "unknown binary version"),
        (b"\0aot\3\0\0\0", "create section list failed"),
    ],
)
def test_precompiled_code_has_words_of_its_own(data: bytes, words: str) -> None:
    verdict = check(data, "wamr-2.2")
    assert (verdict.verdict, verdict.text) == ("reject-load", f"AOT module load failed: {words}")
    assert verdict.findings[0].code == "MOD-WASM-NOT-WASM"


def test_an_imported_heap_base_that_is_exported_kills_the_node() -> None:
    verdict = check(build((2, IMPORT + b"\3\x7f\0"), (7, b"\1\x0b__heap_base\3\0")), "wamr-2.2")
    assert (verdict.verdict, verdict.findings[0].code) == ("crash", "MOD-WASM-CRASH")


def test_an_exported_tag_kills_the_node_unless_it_is_the_first_export() -> None:
    tag, export = b"\1\0\0", {"tag": b"\1t\4\0", "function": b"\1f\0\0"}
    first = check(functions(b"\0\x0b", extra={13: tag, 7: vector([export["tag"], export["function"]])}), "wamr-2.2")
    later = check(functions(b"\0\x0b", extra={13: tag, 7: vector([export["function"], export["tag"]])}), "wamr-2.2")
    assert first.text == "wasm_instance_new_with_args_ex failed: Interpreter failed to process exports"
    assert (first.verdict, later.verdict) == ("reject-instantiate", "crash")


def test_imported_functions_are_not_started() -> None:
    kind = (1, b"\1\x60\0\0")
    started = build(kind, (2, IMPORT + b"\0\0"), (8, b"\0"))
    constructed = build(kind, (2, IMPORT + b"\0\0"), (7, b"\1\x11__wasm_call_ctors\0\0"))
    assert [check(one, "wamr-2.2").verdict for one in (started, constructed)] == ["accept", "accept"]
    Instance.start(started, cache=None).close()


def test_a_table_must_fit_into_the_instance() -> None:
    assert check(build((4, b"\1\x70\0" + unsigned(536870851))), "wamr-2.2").verdict == "accept"
    assert check(build((4, b"\1\x70\0" + unsigned(536870852))), "wamr-2.2").text == NOT_STARTED + NO_MEMORY


@pytest.mark.parametrize(
    ("memory", "words"),
    [
        (b"\0" + unsigned(65534), None),
        (b"\0" + unsigned(65535), "failed to insert app heap into linear memory, try using `--heap-size=0` option"),
        (b"\4" + unsigned(65535), "failed to insert app heap into linear memory, try using `--heap-size=0` option"),
        (b"\4" + unsigned(1 << 18), None),
        (b"\4" + unsigned(1 << 24), "allocate linear memory failed"),
    ],
)
def test_the_memory_and_its_heap_must_fit(memory: bytes, words: str | None) -> None:
    verdict = check(build((5, b"\1" + memory)), "wamr-2.2")
    assert verdict.text == (words and NOT_STARTED + words)


@pytest.mark.parametrize(
    ("base", "pages", "words"), [(b"\x80\x08", 2, ""), (b"\0", 3, ""), (b"\1", 0, "init app heap failed")]
)
def test_the_heap_goes_where_the_linker_ended_the_data(base: bytes, pages: int, words: str) -> None:
    constants = b"\2\x7f\0\x41" + base + b"\x0b\x7f\0\x41\0\x0b"
    exports = b"\2\x0b__heap_base\3\0\x0a__data_end\3\1"
    image, _ = load(functions(b"\0\x3f\0\x1a\x0b", extra={5: b"\1\0\1", 6: constants, 7: exports}))
    plan = plan_memory(image)
    assert plan is not None
    assert (plan.pages, plan.refusal) == (pages, words)


def test_a_delegate_that_ends_no_plain_try_is_refused_and_ends() -> None:
    for code in (b"\6\x40\x19\x18\0\x0b", b"\2\x40\x18\0\x0b"):
        image = functions(b"\0" + code)
        assert load(image)[1] is None
        with pytest.raises(ImageError) as caught:
            Instance.start(image, cache=None)
        assert caught.value.code == "MOD-WASM-ENGINE"


def test_time_grows_with_the_bytes_only() -> None:
    """Modules that would take minutes if each branch looked at each of 20,000 results."""
    wide = b"\x60\0" + unsigned(20000) + b"\x7f" * 20000
    types = (b"\x60\0\0", wide)
    blocks, targets = b"\2\1" * 2000, b"".join(unsigned(depth) for depth in range(2000))
    branches = b"\0\2\1" + b"\x41\0" * 20000 + b"\x41\0\x0d\0" * 20000 + b"\x0b\0\x0b"
    table = b"\0" + blocks + b"\0\x0e" + unsigned(1999) + targets + b"\x0b" * 2000 + b"\0\x0b"
    same = b"\0\0\x0e" + unsigned(200_000) + b"\0" * 200_001 + b"\x0b"
    before = time.process_time()
    assert [text_of(functions(one, types=types)) for one in (branches, table, same)] == [None, None, None]
    assert time.process_time() - before < 5
