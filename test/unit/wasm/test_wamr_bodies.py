"""What WAMR 2.2 says to instructions one after another: measured words of its loader, for several hundred bodies.

Each body is that of the first of two functions, type `() -> ()`, with a local i32 and a local i64; the second function
is empty. Words that begin with `!` come without the loader's prefix. `;` divides the bodies.
"""

from __future__ import annotations

import pytest

from taskrunner.wasm.cursor import LOAD_PREFIX
from taskrunner.wasm.encode import section, unsigned, vector
from taskrunner.wasm.loader import ORDER, load
from taskrunner.wasm.opcodes import SIMPLE

TYPES = ("60 00 00", "60 01 7f 01 7e", "60 02 7f 7e 02 7e 7f", "60 02 7f 7e 00", "60 00 01 7f")
FRAMES: dict[str, dict[int, str]] = {
    "plain": {},
    "memory64": {5: "01 04 01"},
    "memory32": {5: "01 00 01"},
    "table": {4: "01 70 00 01"},
    "table64": {4: "01 70 04 01"},
    "globals": {6: "02 7f 00 41 00 0b 7e 01 42 00 0b"},
    "tags": {13: "02 00 00 00 03"},
    "data": {5: "01 04 01", 12: "01", 11: "01 01 01 78"},
    "data without count": {5: "01 04 01", 11: "01 01 01 78"},
}
BODIES: dict[str, dict[str | None, str]] = {
    "plain": {
        None: (
            "0b; 01 0b; 00 0b; 41 00 1a 0b; 42 00 a7 1a 0b; 41 00 ac 1a 0b; 43 00 00 00 00 bc 1a 0b; "
            "42 ff ff ff ff ff ff ff ff ff 00 1a 0b; 02 40 0b 0b; 02 7f 41 00 0b 1a 0b; "
            "02 80 80 80 80 00 0b 0b; 03 40 0c 00 0b 0b; 03 7f 0c 00 0b 1a 0b; 41 00 02 01 ac 0b 1a 0b; "
            "41 00 03 01 0c 00 0b 1a 0b; 41 00 42 00 02 02 1a 1a 42 00 41 00 0b 1a 1a 0b; "
            "00 42 00 02 02 1a 1a 00 0b 1a 1a 0b; 41 00 04 40 0b 0b; 41 00 04 7f 41 00 05 41 00 0b 1a 0b; "
            "41 00 04 7f 00 05 41 00 0b 1a 0b; 41 00 41 00 04 01 ac 05 ac 0b 1a 0b; 0c 00 0b; "
            "02 40 0c 01 0b 0b; 02 7f 41 00 0c 00 0b 1a 0b; 02 7f 41 00 41 00 0d 00 0b 1a 0b; 0f 0b; "
            "0f 41 00 1a 0b; 41 00 0e 00 00 0b; 02 40 41 00 0e 01 00 01 0b 0b; "
            "02 7f 02 7e 00 0e 01 00 01 0b 1a 00 0b 1a 0b; 41 00 0e 81 00 80 00 80 80 00 0b; 00 6a 1a 0b; "
            "00 41 00 6a 1a 0b; 00 1b 1a 0b; 00 1b a7 1a 0b; 00 1b 42 00 7c 1a 0b; 00 1b 0d 00 0b; "
            "00 1b 1b 1b 1a 0b; 00 42 00 41 00 1b 1a 0b; 02 7e 00 1b 0b 1a 0b; 00 0d 00 0b; 00 1a 1a 1a 0b; "
            "00 41 00 42 00 0f 0b; 00 41 00 0c 00 0b; 41 00 41 00 41 00 1b 1a 0b; 42 00 42 00 41 00 1b 1a 0b; "
            "44 00 00 00 00 00 00 00 00 44 00 00 00 00 00 00 00 00 41 00 1b 1a 0b; 20 00 1a 0b; 20 01 1a 0b; "
            "41 00 21 00 0b; 42 00 22 01 1a 0b; 10 00 0b; 10 01 0b; 12 01 0b; 41 00 12 01 0b; 41 00 c0 1a 0b; "
            "42 00 c4 1a 0b; 43 00 00 00 00 fc 00 1a 0b; 44 00 00 00 00 00 00 00 00 fc 07 1a 0b"
        ),
        "!type mismatch: block requires [] but stack has [i32]": (
            "41 00 0b; 02 40 41 00 0b 0b; 02 40 41 00 41 00 0d 00 0b 0b"
        ),
        "!type mismatch: block requires [] but stack has [i64]": "42 00 22 01 0b",
        "!type mismatch: block requires [i32] but stack has []": (
            "02 7f 0b 1a 0b; 41 00 04 7f 41 00 0b 1a 0b; 41 00 04 7f 00 0b 1a 0b; 00 02 7f 0b 1a 0b"
        ),
        "!type mismatch: block requires [i32] but stack has [i32]": "02 7f 41 00 41 00 0b 1a 0b",
        "!type mismatch: block requires [i32] but stack has [i64]": (
            "02 7f 42 00 0b 1a 0b; 41 00 04 7f 41 00 05 42 00 0b 1a 0b; 41 00 04 7f 42 00 05 41 00 0b 1a 0b"
        ),
        "!type mismatch: block requires [i64] but stack has [i32]": (
            "02 7e 41 00 0b 1a 0b; 41 00 41 00 04 01 ac 0b 1a 0b"
        ),
        "END opcode expected": "01; 02 40; 02 40 0b",
        "integer representation too long": "41 80 80 80 80 80 00 0b; 02 80 80 80 80 80 00 0b 0b",
        "integer too large": "41 ff ff ff ff 0f 0b; 42 ff ff ff ff ff ff ff ff ff 01 0b; 02 ff ff ff ff 0f 0b 0b",
        "invalid rethrow label": "09 00 0b",
        "opcode else found without matched opcode if": "41 00 04 40 05 05 0b 0b; 05 0b; 02 40 05 0b 0b",
        "section size mismatch": "0b 0b",
        "type mismatch or invalid result arity, opcode select was found but stack was empty": "41 00 1b 1a 0b",
        "type mismatch, opcode drop was found but stack was empty": "1a 0b",
        "type mismatch: br_table targets must all use same result type": "02 7f 41 00 41 00 0e 01 00 01 0b 1a 0b",
        "type mismatch: expect data but stack was empty": (
            "6a 0b; 41 00 6a 1a 0b; 41 00 7a 1a 0b; 02 01 ac 0b 1a 0b; 04 40 0b 0b; 02 7f 0c 00 0b 1a 0b; "
            "02 7f 41 00 0d 00 0b 1a 0b; 0d 00 0b; 0e 00 00 0b; 00 a7 a7 1a 0b; 41 00 42 00 41 00 1b 1a 0b; "
            "1b 0b; 41 00 41 00 1b 0b; 21 00 0b; 22 01 0b; c0 0b; 41 00 c4 1a 0b; 43 00 00 00 00 fc 07 1a 0b; "
            "41 00 fc 03 1a 0b"
        ),
        "type mismatch: expect i32 but got other": (
            "41 00 42 00 6a 1a 0b; 42 00 41 00 6a 1a 0b; 42 00 02 01 ac 0b 1a 0b; "
            "41 00 42 00 02 02 0b 1a 1a 0b; 00 02 02 0b 1a 1a 0b; 42 00 04 40 0b 0b; "
            "02 7f 42 00 0c 00 0b 1a 0b; 42 00 0d 00 0b; 42 00 0e 00 00 0b; "
            "02 7f 02 7e 42 00 41 00 0e 01 00 01 0b 1a 00 0b 1a 0b; 00 42 00 6a 1a 0b; 00 42 00 1b 0b; "
            "42 00 21 00 0b"
        ),
        "type mismatch: expect i64 but got other": "00 1b 41 00 7c 1a 0b",
        "type mismatch: stack size does not match block type": (
            "0f 41 00 0b; 00 1b 0b; 00 41 00 0b; 00 0c 00 41 00 0b; 02 40 00 1b 0b 0b"
        ),
        "unexpected end": "41 80; 41 00 0e 80; 10 80; fc; fc 80",
        "unexpected end of section or function": "44 00 00; 43 00; 02",
        "unknown data segment": "fc 09 00 0b",
        "unknown function 2": "10 02 0b; 12 02 0b",
        "unknown function 4294967295": "10 ff ff ff ff 0f 0b",
        "unknown global": "23 00 0b; 24 00 0b",
        "unknown label, unexpected end of section or function": (
            "0c 01 0b; 0c ff ff ff ff 0f 0b; 02 40 0c 02 0b 0b; 41 00 0e 01 00 01 0b; 41 00 0e ff ff ff ff 0f 00 0b"
        ),
        "unknown local": "20 02 1a 0b; 20 ff ff ff ff 0f 0b",
        "unknown memory": "41 00 28 02 00 1a 0b; 3f 00 1a 0b; 40 00 1a 0b; 3f 01 0b",
        "unknown memory 0": "fc 0a 00 00 0b; fc 0b 00 0b; fc 08 00 00 0b",
        "unknown table 0": "11 00 00 0b; 11 09 00 0b; 13 00 00 0b",
        "unknown type": "02 05 0b 0b; 02 7b 0b 0b; 02 70 0b 0b; 02 6f 0b 0b; 02 64 00 0b 0b; 02 63 00 0b 0b; 06 0b",
        "unsupported opcode 0a": "0a 0b",
        "unsupported opcode 14": "14 00 0b",
        "unsupported opcode 15": "15 00 0b",
        "unsupported opcode 16": "16 0b",
        "unsupported opcode 17": "17 0b",
        "unsupported opcode 1c": "41 00 41 00 41 00 1c 01 7f 1a 0b",
        "unsupported opcode 1d": "1d 0b",
        "unsupported opcode 1f": "1f 40 00 0b",
        "unsupported opcode 25": "25 00 0b",
        "unsupported opcode 26": "26 00 0b",
        "unsupported opcode 27": "27 0b",
        "unsupported opcode c5": "c5 0b",
        "unsupported opcode c6": "c6 0b",
        "unsupported opcode d0": "d0 70 0b",
        "unsupported opcode d1": "d1 0b",
        "unsupported opcode d2": "d2 00 0b",
        "unsupported opcode d3": "d3 0b",
        "unsupported opcode d5": "d5 00 0b",
        "unsupported opcode e0": "e0 00 0b",
        "unsupported opcode fb": "fb 00 00 0b",
        "unsupported opcode fc 0c": "fc 0c 00 00 0b",
        "unsupported opcode fc 0d": "fc 0d 00 0b",
        "unsupported opcode fc 0e": "fc 0e 00 00 0b",
        "unsupported opcode fc 0f": "fc 0f 00 0b",
        "unsupported opcode fc 10": "fc 10 00 0b",
        "unsupported opcode fc 11": "fc 11 00 0b",
        "unsupported opcode fc 12": "fc 12 0b",
        "unsupported opcode fc 13": "fc 13 0b",
        "unsupported opcode fc 7f": "fc 7f 0b",
        "unsupported opcode fc 80": "fc 80 01 0b",
        "unsupported opcode fc ffffffff": "fc ff ff ff ff 0f 0b",
        "unsupported opcode fd": "fd 0c 0b",
        "unsupported opcode fe": "fe 03 00 0b",
        "unsupported opcode ff": "ff 0b",
        "zero byte expected": "fc 0a 01 00 0b",
    },
    "memory64": {
        None: (
            "42 00 28 02 00 1a 0b; 42 00 29 03 00 1a 0b; 42 00 2c 00 00 1a 0b; "
            "42 00 28 02 ff ff ff ff ff ff ff ff ff 01 1a 0b; 42 00 28 02 ff ff ff ff ff ff ff ff ff 7f 1a 0b; "
            "42 00 41 00 36 02 00 0b; 42 00 42 00 37 03 00 0b; 42 00 44 00 00 00 00 00 00 00 00 39 03 00 0b; "
            "3f 00 1a 0b; 3f 00 a7 1a 0b; 3f 80 00 1a 0b; 42 00 40 00 1a 0b; 42 00 42 00 42 00 fc 0a 00 00 0b; "
            "42 00 41 00 42 00 fc 0b 00 0b"
        ),
        "!offset out of range": "42 00 28 02 80 80 80 80 80 80 80 80 80 80 00 1a 0b; 42 00 28 02 80",
        "alignment must not be larger than natural": (
            "42 00 28 03 00 1a 0b; 42 00 29 04 00 1a 0b; 42 00 2c 01 00 1a 0b; 42 00 28 20 00 1a 0b; "
            "42 00 28 80 01 00 1a 0b"
        ),
        "type mismatch: expect data but stack was empty": (
            "41 00 28 02 00 1a 0b; 41 00 42 00 37 03 00 0b; 41 00 40 00 1a 0b"
        ),
        "type mismatch: expect i32 but got other": (
            "42 00 42 00 36 02 00 0b; 3f 00 45 1a 0b; 42 00 42 00 42 00 fc 0b 00 0b"
        ),
        "type mismatch: expect i64 but got other": "41 00 41 00 41 00 fc 0a 00 00 0b",
        "unexpected end": "42 00 28",
        "unexpected end of section or function": "fc 0a 00",
        "unknown data segment": "fc 09 00 0b",
        "unknown data segment 0": "42 00 41 00 41 00 fc 08 00 00 0b",
        "unsupported opcode fd": "42 00 fd 00 00 00 1a 0b",
        "unsupported opcode fe": "42 00 fe 10 02 00 1a 0b",
        "zero byte expected": (
            "3f 01 1a 0b; 42 00 40 01 1a 0b; 42 00 42 00 42 00 fc 0a 01 00 0b; "
            "42 00 42 00 42 00 fc 0a 00 01 0b; 42 00 41 00 42 00 fc 0b 01 0b"
        ),
    },
    "memory32": {
        None: (
            "41 00 28 02 00 1a 0b; 41 00 28 02 ff ff ff ff 0f 1a 0b; 3f 00 45 1a 0b; "
            "41 00 41 00 41 00 fc 0a 00 00 0b; 41 00 41 00 41 00 fc 0b 00 0b; 41 00 42 00 37 03 00 0b"
        ),
        "!offset out of range": "41 00 28 02 ff ff ff ff 1f 1a 0b; 41 00 28 02 80 80 80 80 80 00 1a 0b",
        "type mismatch: expect i32 but got other": (
            "42 00 28 02 00 1a 0b; 42 00 40 00 1a 0b; 42 00 42 00 42 00 fc 0a 00 00 0b"
        ),
    },
    "table": {
        None: "41 00 11 00 00 0b; 00 11 00 00 0b; 41 00 41 00 11 01 00 1a 0b; 41 00 13 00 00 0b",
        "type mismatch: expect 0 return values but got other": "41 00 13 04 00 0b; 00 13 04 00 0b",
        "type mismatch: expect data but stack was empty": "11 00 00 0b",
        "type mismatch: expect i32 but got other": "42 00 11 00 00 0b; 42 00 41 00 11 01 00 1a 0b",
        "unexpected end": "41 00 11",
        "unexpected end of section or function": "41 00 11 00",
        "unknown type": "41 00 11 09 00 0b",
        "unsupported opcode 25": "41 00 25 00 1a 0b",
        "unsupported opcode d0": "d0 70 41 00 fc 0f 00 1a 0b",
        "unsupported opcode fc 10": "fc 10 00 1a 0b",
        "zero byte expected": "41 00 11 00 01 0b; 41 00 11 00 80 80 80 80 00 0b",
    },
    "table64": {
        None: "42 00 11 00 00 0b; 42 00 13 00 00 0b",
        "type mismatch: expect data but stack was empty": "41 00 11 00 00 0b",
        "zero byte expected": "42 00 11 00 01 0b",
    },
    "globals": {
        None: "23 00 1a 0b; 23 01 1a 0b; 42 00 24 01 0b",
        "global is immutable": "41 00 24 00 0b",
        "type mismatch: expect data but stack was empty": "41 00 24 01 0b; 24 01 0b",
        "unknown global": "23 02 0b; 24 02 0b",
    },
    "tags": {
        None: (
            "06 40 07 00 0b 0b; 06 40 07 01 1a 1a 0b 0b; 06 40 19 0b 0b; 06 40 07 00 07 00 19 0b 0b; "
            "06 7f 41 00 07 00 41 00 0b 1a 0b; 06 7f 19 41 00 0b 1a 0b; 08 00 0b; 41 00 42 00 08 01 0b; "
            "06 7f 08 00 0b 1a 0b; 06 40 07 00 09 00 0b 0b; 06 40 19 09 00 0b 0b; "
            "06 40 19 02 40 09 01 0b 0b 0b; 06 7f 19 09 00 0b 1a 0b; 06 40 18 00 0b; 06 7f 41 00 18 00 1a 0b; "
            "02 40 18 00 0b; 06 40 19 18 00 0b"
        ),
        "!type mismatch: block requires [] but stack has [i32]": "06 40 41 00 18 00 0b",
        "!type mismatch: block requires [] but stack has [i64]": "06 40 07 01 0b 0b",
        "!type mismatch: block requires [i32] but stack has []": "06 7f 41 00 19 0b 1a 0b",
        "!type mismatch: instruction requires [] but stack has [i32]": "06 40 41 00 0b 0b",
        "!type mismatch: instruction requires [i32] but stack has []": (
            "06 7f 41 00 07 00 0b 1a 0b; 06 7f 0b 1a 0b; 42 00 08 01 0b; 00 42 00 08 01 0b"
        ),
        "!type mismatch: instruction requires [i32] but stack has [i32]": "06 7f 41 00 41 00 0b 1a 0b",
        "!type mismatch: instruction requires [i64] but stack has []": "08 01 0b; 00 08 01 0b",
        "!type mismatch: instruction requires [i64] but stack has [i32]": "41 00 08 01 0b; 42 00 41 00 08 01 0b",
        "!type mismatch: instruction requires [i64] but stack has [unknown type]": "00 1b 08 01 0b",
        "!unknown tag -1": "08 7f 0b",
        "!unknown tag 2": "08 02 0b",
        "Unexpected block sequence encountered.": (
            "06 40 19 19 0b 0b; 06 40 19 07 00 0b 0b; 07 00 0b; 19 0b; 02 40 07 00 0b 0b; 02 40 19 0b 0b"
        ),
        "integer too large": "08 80 80 80 80 08 0b",
        "invalid rethrow label": "09 00 0b; 06 40 09 00 0b 0b; 06 40 19 02 40 09 00 0b 0b 0b",
        "type mismatch, opcode drop was found but stack was empty": "06 7f 18 00 1a 0b",
        "type mismatch: expect i32 but got other": "06 7f 41 00 19 42 00 09 00 0b 1a 0b",
        "type mismatch: stack size does not match block type": "06 40 08 00 41 00 0b 0b",
        "unexpected end": "08; 09; 06 40 18",
        "unknown delegate label": "06 40 18 01 0b; 06 40 18 ff ff ff ff 0f 0b; 18 00 0b",
        "unknown label, unexpected end of section or function": "06 40 19 09 05 0b 0b",
        "unknown tag": "06 40 07 02 0b 0b; 06 40 07 7f 0b 0b",
    },
    "data": {
        None: "42 00 41 00 41 00 fc 08 00 00 0b; fc 09 00 0b",
        "type mismatch: expect data but stack was empty": "41 00 41 00 41 00 fc 08 00 00 0b",
        "unexpected end": "fc 09 80",
        "unknown data segment": "fc 09 01 0b",
        "unknown data segment -1": "42 00 41 00 41 00 fc 08 ff ff ff ff 0f 00 0b",
        "unknown data segment 1": "42 00 41 00 41 00 fc 08 01 00 0b",
        "zero byte expected": "42 00 41 00 41 00 fc 08 00 01 0b",
    },
    "data without count": {
        "data count section required": "42 00 41 00 41 00 fc 08 00 00 0b; fc 09 00 0b",
        "unknown data segment": "fc 09 01 0b",
        "unknown data segment 1": "42 00 41 00 41 00 fc 08 01 00 0b",
    },
}
CONSTANTS = {0x7F: "41 00", 0x7E: "42 00", 0x7D: "43" + "00" * 4, 0x7C: "44" + "00" * 8}


def module(code: bytes, frame: str = "plain") -> bytes:
    """The module around one body."""
    bodies = [b"\2\1\x7f\1\x7e" + code, b"\0\x0b"]
    sections = {number: bytes.fromhex(text) for number, text in FRAMES[frame].items()} | {
        1: vector([bytes.fromhex(one) for one in TYPES]),
        3: b"\2\0\0",
        10: vector([unsigned(len(one)) + one for one in bodies]),
    }
    return b"\0asm\1\0\0\0" + b"".join(section(number, sections[number]) for number in ORDER if number in sections)


def words(code: bytes, frame: str = "plain") -> str | None:
    refusal = load(module(code, frame))[1]
    if refusal is None:
        return None
    known = refusal.text.startswith(LOAD_PREFIX)
    return refusal.text.removeprefix(LOAD_PREFIX) if known else "!" + refusal.text


@pytest.mark.parametrize("frame", FRAMES)
def test_every_body_is_answered_in_wamrs_words(frame: str) -> None:
    wrong, seen = {}, 0
    for expected, codes in BODIES[frame].items():
        for code in codes.split("; "):
            seen += 1
            if words(bytes.fromhex(code), frame) != expected:
                wrong[code] = (expected, words(bytes.fromhex(code), frame))
    assert wrong == {}
    assert seen >= 4


def test_plain_instructions_agree_with_an_independent_validator() -> None:
    import wasmtime

    engine = wasmtime.Engine()
    differ = []
    for opcode in range(0x45, 0xC5):
        for first in CONSTANTS.values():
            for second in ("", *CONSTANTS.values()):
                image = module(bytes.fromhex(first + second) + bytes([opcode, 0x1A, 0x0B]))
                if (load(image)[1] is None) != _valid(wasmtime, engine, image):
                    differ.append((opcode, first, second))
    assert differ == []
    assert set(SIMPLE) == set(range(0x45, 0xC5))


def test_broken_bodies_agree_with_an_independent_validator() -> None:
    """Bodies of plain instructions in random order: valid for one is valid for the other."""
    import random

    import wasmtime

    engine, random_ = wasmtime.Engine(), random.Random(11)
    pieces = [
        bytes.fromhex(one) for one in (*CONSTANTS.values(), "1a", "6a", "7c", "a7", "ac", "45", "0d00", "0b", "01")
    ]
    pieces += [bytes.fromhex(one) for one in ("0240", "027f", "027e", "0340", "0440", "05", "0f", "0c00", "00", "2000")]
    valid = 0
    for _ in range(3000):
        code = b"".join(random_.choice(pieces) for _ in range(random_.randrange(1, 9))) + b"\x0b"
        image = module(code)
        accepted = load(image)[1] is None
        valid += accepted
        assert accepted == _valid(wasmtime, engine, image), code.hex(" ")
    assert valid > 100


def _valid(wasmtime: object, engine: object, image: bytes) -> bool:
    try:
        wasmtime.Module.validate(engine, image)  # type: ignore[attr-defined]
    except wasmtime.WasmtimeError:  # type: ignore[attr-defined]
        return False
    return True
