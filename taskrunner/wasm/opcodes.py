"""What each wasm instruction does to types: a table for the plain ones, natural alignments, names of the rest.

Source: WebAssembly core specification §5.4. `SIMPLE[opcode]` is (type popped, how often, type pushed).
"""

from __future__ import annotations

from taskrunner.wasm.model import F32, F64, I32, I64

_RANGES: tuple[tuple[int, int, int, int, int], ...] = (
    # first, last, popped, how often, pushed
    (0x45, 0x45, I32, 1, I32),  # i32.eqz
    (0x46, 0x4F, I32, 2, I32),  # i32 comparisons
    (0x50, 0x50, I64, 1, I32),  # i64.eqz
    (0x51, 0x5A, I64, 2, I32),
    (0x5B, 0x60, F32, 2, I32),
    (0x61, 0x66, F64, 2, I32),
    (0x67, 0x69, I32, 1, I32),  # clz ctz popcnt
    (0x6A, 0x78, I32, 2, I32),  # add ... rotr
    (0x79, 0x7B, I64, 1, I64),
    (0x7C, 0x8A, I64, 2, I64),
    (0x8B, 0x91, F32, 1, F32),  # abs ... sqrt
    (0x92, 0x98, F32, 2, F32),  # add ... copysign
    (0x99, 0x9F, F64, 1, F64),
    (0xA0, 0xA6, F64, 2, F64),
    (0xA7, 0xA7, I64, 1, I32),  # i32.wrap_i64
    (0xA8, 0xA9, F32, 1, I32),  # truncations
    (0xAA, 0xAB, F64, 1, I32),
    (0xAC, 0xAD, I32, 1, I64),  # extensions
    (0xAE, 0xAF, F32, 1, I64),
    (0xB0, 0xB1, F64, 1, I64),
    (0xB2, 0xB3, I32, 1, F32),  # conversions
    (0xB4, 0xB5, I64, 1, F32),
    (0xB6, 0xB6, F64, 1, F32),
    (0xB7, 0xB8, I32, 1, F64),
    (0xB9, 0xBA, I64, 1, F64),
    (0xBB, 0xBB, F32, 1, F64),
    (0xBC, 0xBC, F32, 1, I32),  # reinterpretations
    (0xBD, 0xBD, F64, 1, I64),
    (0xBE, 0xBE, I32, 1, F32),
    (0xBF, 0xBF, I64, 1, F64),
    (0xC0, 0xC1, I32, 1, I32),  # sign extensions
    (0xC2, 0xC4, I64, 1, I64),
)

SIMPLE: dict[int, tuple[int, int, int]] = {
    opcode: (popped, count, pushed)
    for first, last, popped, count, pushed in _RANGES
    for opcode in range(first, last + 1)
}

SATURATING: dict[int, tuple[int, int]] = {
    # 0xFC 0 ... 7: (popped, pushed)
    sub: ((F32, F64)[sub >> 1 & 1], (I32, I64)[sub >> 2])
    for sub in range(8)
}

# 0x28 ... 0x35 loads, 0x36 ... 0x3E stores: natural alignment (log2) and type of the value
ALIGNMENT = (2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2)
MEMORY_TYPE = (I32, I64, F32, F64, *[I32] * 4, *[I64] * 6, I32, I64, F32, F64, I32, I32, I64, I64, I64)
FIRST_LOAD, FIRST_STORE, LAST_STORE = 0x28, 0x36, 0x3E

BULK = {8: "memory.init", 9: "data.drop", 10: "memory.copy", 11: "memory.fill"}
