"""WAMR's rules one by one: the words it finds for each thing that is wrong, and where."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from taskrunner.wasm import ImageError, check, read
from taskrunner.wasm.encode import section, unsigned, vector
from taskrunner.wasm.loader import load

HEADER = b"\0asm\1\0\0\0"
PREFIX = "WASM module load failed: "


def build(*sections: tuple[int, bytes]) -> bytes:
    return HEADER + b"".join(section(number, body) for number, body in sections)


def function(code: bytes, type_: bytes = b"\x60\0\0", *extra: tuple[int, bytes], local: bytes = b"\0") -> bytes:
    """A module of one function."""
    body = local + code
    sections = [(1, vector([type_])), (3, vector([b"\0"])), (10, vector([unsigned(len(body)) + body])), *extra]
    order = (1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11)
    return build(*sorted(sections, key=lambda one: order.index(one[0])))


def text_of(data: bytes) -> str | None:
    refusal = load(data)[1]
    return None if refusal is None else refusal.text.removeprefix(PREFIX)


MEMORY64 = (5, b"\1\4\1")
MEMORY32 = (5, b"\1\0\1")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "wasm_module_new_ex failed"),
        (b"MZ\x90\0", "wasm_module_new_ex failed"),
        (b"\0asm", "unexpected end"),
        (b"\0asm\2\0\0\0", "unknown binary version"),
        (HEADER, None),
        (HEADER + b"\x0e\0", "invalid section id"),
        (HEADER + b"\1\5\0", "unexpected end"),
        (HEADER + b"\3\1\0\1\1\0", "unexpected content after last section or junk after last section"),
        (build((1, b"\1\x5f")), "invalid type flag"),
        (build((1, b"\1\x60\1\x70\0")), "unknown value type"),
        (build((1, b"\0\0")), "section size mismatch"),
        (build((1, b"\x80\x80\x80\x80\x80\0")), "integer representation too long"),
        (build((1, b"\x80\x80\x80\x80\x70")), "integer too large"),
        (build((3, b"\1\0")), "function and code section have inconsistent lengths or unexpected end"),
        (build((10, b"\1\2\0\x0b")), "function and code section have inconsistent lengths"),
        (build((4, b"\2\x70\0\1\x70\0\1")), "multiple tables"),
        (build((4, b"\1\x6f\0\1")), "incompatible import type"),
        (build((4, b"\1\x70\1\2\1")), "size minimum must not be greater than maximum"),
        (build((5, b"\2\0\1\0\1")), "multiple memories"),
        (build((5, b"\1\3\1\1")), "invalid limits flags"),
        (build((5, b"\1\x08\1")), "invalid limits flags"),
        (build((5, b"\1\0\x81\x80\4")), "memory size must be at most 65536 pages (4GiB)"),
        (build((5, b"\1\5\2\1")), "size minimum must not be greater than maximum"),
        (build((6, b"\1\x7f\2\x41\0\x0b")), "invalid mutability"),
        (build((6, b"\1\x7b\0\x41\0\x0b")), "type mismatch"),
        (build((6, b"\1\x7f\0\x0b")), "type mismatch: const expr stack underflow"),
        (build((6, b"\1\x7f\0\x42\0\x0b")), "type mismatch"),
        (build((6, b"\1\x7f\0\x41\0\x41\0\x0b")), "type mismatch: illegal constant opcode sequence"),
        (build((6, b"\1\x7f\0\x23\3\x0b")), "unknown global 3"),
        (
            build((6, b"\1\x7f\0\x41\1\x41\1\x6a\x0b")),
            "illegal opcode or constant expression required or type mismatch",
        ),
        (build((7, b"\1\1a\0\0")), "unknown function"),
        (build((7, b"\1\1a\x09\0")), "invalid export kind"),
        (build((7, b"\1")), "length out of bounds"),
        (build(MEMORY32, (7, b"\2\1a\2\0\1a\2\0")), "duplicate export name"),
        (build(MEMORY32, (7, b"\1\1\xff\2\0")), "WASM module instantiate failed: invalid UTF-8 encoding"),
        (build((0, b"\1\xff")), "invalid UTF-8 encoding"),
        (build((0, b"")), "unexpected end"),
        (build((8, b"\0")), "unknown function"),
        (build((9, b"\1\0\x41\0\x0b\0")), "unknown table 0"),
        (build((4, b"\1\x70\0\1"), (9, b"\1\1\0\0")), "zero byte expected"),
        (build((4, b"\1\x70\0\1"), (9, b"\1\0\x41\0\x0b\1\7")), "unknown function 7"),
        (build((11, b"\1\0\x41\0\x0b\0")), "unknown memory 0"),
        (build(MEMORY64, (11, b"\1\0\x41\0\x0b\0")), "type mismatch"),
        (build((12, b"\2"), (11, b"\0")), "data count and data section have inconsistent lengths"),
        (build((1, b"\1\x60\0\1\x7f"), (13, b"\1\0\0")), "non-empty tag result type"),
        (build((2, b"\1\1m\1n\7")), "invalid import kind"),
        (build((2, b"\2\1m\1n\2\0\1\1m\1o\2\0\1")), "multiple memories"),
        (build((2, b"\1\6global\3NaN\3\x7f\0")), "incompatible import type"),
        (build((2, b"\1\1m\1n\0\0")), "unknown type"),
    ],
)
def test_sections(data: bytes, text: str | None) -> None:
    assert text_of(data) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (b"\x0b", None),
        (b"\x0b\x0b", "section size mismatch"),
        (b"\1", "unexpected end of section or function, or section size mismatch"),
        (b"\x1a\x0b", "type mismatch, opcode drop was found but stack was empty"),
        (b"\x41\0\x0b", "type mismatch: block requires [] but stack has [i32]"),
        (b"\x6a\x0b", "type mismatch: expect data but stack was empty"),
        (b"\x41\0\x42\0\x6a\x1a\x0b", "type mismatch: expect i32 but got other"),
        (b"\x41\0\x7a\x1a\x0b", "type mismatch: expect data but stack was empty"),
        (b"\0\x6a\x1a\x0b", None),
        (b"\0\x1b\x1a\x0b", None),
        (b"\x41\0\x1b\x0b", "type mismatch or invalid result arity, opcode select was found but stack was empty"),
        (b"\x0c\1\x0b", "unknown label, unexpected end of section or function"),
        (b"\2\x7f\x41\0\x0c\0\x0b\x1a\x0b", None),
        (b"\2\x7f\x0c\0\x0b\x1a\x0b", "type mismatch: expect data but stack was empty"),
        (b"\2\x05\x0b\x0b", "unknown type"),
        (b"\x05\x0b", "opcode else found without matched opcode if"),
        (b"\x41\0\4\x7f\x41\0\x0b\x1a\x0b", "type mismatch: block requires [i32] but stack has []"),
        (b"\x20\0\x0b", "unknown local"),
        (b"\x23\0\x0b", "unknown global"),
        (b"\x10\5\x0b", "unknown function 5"),
        (b"\x11\0\x80\0\x0b", "zero byte expected"),
        (b"\x11\0\0\x0b", "unknown table 0"),
        (b"\x41\0\x28\2\0\x1a\x0b", "unknown memory"),
        (b"\x3f\0\x1a\x0b", "unknown memory"),
        (b"\x07\0\x0b", "unknown tag"),
        (b"\x08\0\x0b", "unknown tag 0"),
        (b"\x06\x40\x18\1\x0b", "unknown delegate label"),
        (b"\x19\x0b", "Unexpected block sequence encountered."),
        (b"\x09\0\x0b", "invalid rethrow label"),
        (b"\xfc\x09\0\x0b", "unknown data segment"),
        (b"\xfc\x10\0\x0b", "unsupported opcode fc 10"),
        (b"\xfd\x0c\x0b", "unsupported opcode fd"),
        (b"\xd0\x70\x0b", "unsupported opcode d0"),
        (b"\x41\x80", "unexpected end"),
        (b"\x43\0\0", "unexpected end of section or function"),
        (b"\x0e\2\0\0\1\x0b", "type mismatch: expect data but stack was empty"),
        (b"\2\x40\x41\0\x0e\1\0\1\x0b\x0b", None),
        (b"\2\x7f\x41\0\x41\0\x0e\1\0\1\x0b\x1a\x0b", "type mismatch: br_table targets must all use same result type"),
    ],
)
def test_bodies(code: bytes, text: str | None) -> None:
    assert text_of(function(code)) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (b"\x42\0\x28\2\0\x1a\x0b", None),
        (b"\x41\0\x28\2\0\x1a\x0b", "type mismatch: expect data but stack was empty"),
        (b"\x42\0\x28\3\0\x1a\x0b", "alignment must not be larger than natural"),
        (b"\x42\0\x28\2" + b"\x80" * 10 + b"\0\x1a\x0b", "offset out of range"),
        (b"\x3f\1\x1a\x0b", "zero byte expected"),
        (b"\x42\0\x42\0\x42\0\xfc\x0a\0\0\x0b", None),
        (b"\x42\0\x41\0\x42\0\xfc\x0b\0\x0b", None),
        (b"\x42\0\x41\0\x41\0\xfc\x08\0\0\x0b", "unknown data segment 0"),
        (b"\x42\0\x40\0\x1a\x0b", None),
    ],
)
def test_bodies_with_a_64_bit_memory(code: bytes, text: str | None) -> None:
    assert text_of(function(code, b"\x60\0\0", MEMORY64)) == text


def test_data_instructions_need_a_data_count() -> None:
    code = b"\x42\0\x41\0\x41\0\xfc\x08\0\0\x0b"
    data = (11, b"\1\1\0")
    assert text_of(function(code, b"\x60\0\0", MEMORY64, data)) == "data count section required"
    assert text_of(function(code, b"\x60\0\0", MEMORY64, data, (12, b"\1"))) is None


@pytest.mark.parametrize(
    ("local", "text"),
    [
        (b"\1\1\x7b", "v128 value type requires simd feature"),
        (b"\1\1\x6f", "ref value type requires reference types feature"),
        (b"\1\1\x00", "invalid local type 0x00"),
        (b"\1\x80\x80\4\x7e", "local count too large"),
        (b"\2\xff\xff\xff\xff\x0f\x7f\1\x7f", "too many locals"),
    ],
)
def test_locals(local: bytes, text: str) -> None:
    assert text_of(function(b"\x0b", local=local)) == text


def test_a_tail_call_must_return_what_its_caller_returns() -> None:
    types = vector([b"\x60\0\0", b"\x60\0\1\x7f"])
    body = b"\0\x12\1\x0b"
    other = b"\0\x41\0\x0b"
    code = vector([unsigned(len(one)) + one for one in (body, other)])
    assert text_of(build((1, types), (3, b"\2\0\1"), (10, code))) == (
        "type mismatch: expect 0 return values but got other"
    )


def test_read_names_the_function_and_the_byte(framed: Callable[..., bytes]) -> None:
    image = framed('(func (export "t"))')
    broken = image[:-1] + b"\xfd\x0b"
    with pytest.raises(ImageError) as caught:
        read(broken)
    assert caught.value.detail.startswith(PREFIX)


def test_read_gives_types_imports_exports_memory_and_features(assemble: Callable[[str], bytes]) -> None:
    image = read(
        assemble(
            """(module (import "env" "f" (func $f (param i32) (result i64)))
              (memory (export "mem") i64 2 9) (global (mut i32) (i32.const 7)) (data (i64.const 8) "abc")
              (func $named (export "handle") (param i64 i64) (result i64)
                (drop (memory.grow (i64.const 1))) (global.set 0 (i32.const 1)) (call $f (i32.const 1)))
              (func $start) (start $start))"""
        )
    )
    assert (image.imports[0].module, image.imports[0].name) == ("env", "f")
    assert str(image.exported_type("handle")) == "(i64, i64) -> (i64)"
    assert (image.memories[0].minimum, image.memories[0].maximum, image.memory64) == (2, 9, True)
    assert image.segments[0].length == 3
    assert image.start == 2
    assert image.function_name(1) == "named"
    assert {"memory-grow", "global-set"} <= set(image.features)
    assert image.can_grow


def test_rust_symbols_are_readable() -> None:
    from taskrunner.wasm.names import demangle

    assert demangle("_ZN4core9panicking5panic17h0123456789abcdefE") == "core::panicking::panic"
    assert demangle("_RNvNtCs9nmaslcqXth_7counter4host8allocate") == "counter::host::allocate"
    assert demangle("_RNvMNtCskbcCWt2Rqnz_7counter4jsonNtB2_5Value4text") == "counter::json::Value::text"
    assert demangle("malloc") == "malloc"


def test_no_bytes_ever_raise(framed: Callable[..., bytes]) -> None:
    import random

    random_ = random.Random(7)
    image = framed('(func (export "t") (result i64) (block (result i64) (i64.const 1) (br 0)))')
    for _ in range(1500):
        broken = bytearray(image)
        for _ in range(random_.choice((1, 1, 2, 4))):
            place = random_.randrange(8, len(broken))
            broken[place] = random_.randrange(256)
        load(bytes(broken))
    for length in range(len(image)):
        load(image[:length])


def test_a_profile_must_be_known() -> None:
    from taskrunner.errors import InputError

    with pytest.raises(InputError) as caught:
        check(HEADER, "wamr-9")
    assert caught.value.code == "INPUT-WASM-PROFILE"
    assert "portable" in caught.value.hint


def test_a_huge_image_is_refused_before_it_is_read() -> None:
    from taskrunner.wasm import Limits

    verdict = check(b"\0asm" + bytes(1000), limits=Limits(image_bytes=100))
    assert (verdict.accepted, verdict.findings[0].code) == (False, "MOD-WASM-SIZE")
