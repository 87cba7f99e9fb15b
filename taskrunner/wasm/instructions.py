"""Splits a function body into instructions with their control operands, for transforms.

Works on bodies that the loader has accepted, so it checks nothing. Source: WebAssembly §5.4, legacy exceptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from taskrunner.wasm.cursor import Cursor
from taskrunner.wasm.model import VOID

BLOCK, LOOP, IF, ELSE, TRY, CATCH, THROW, RETHROW, END = 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0B
BR, BR_IF, BR_TABLE, RETURN, DELEGATE, CATCH_ALL = 0x0C, 0x0D, 0x0E, 0x0F, 0x18, 0x19

_ONE_INDEX = frozenset(
    (CATCH, THROW, RETHROW, BR, BR_IF, DELEGATE, 0x10, 0x12, 0x20, 0x21, 0x22, 0x23, 0x24, 0x3F, 0x40)
)
_MISC_OPERANDS = {8: 2, 9: 1, 10: 2, 11: 1}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: bytes `start` to `end`; `operands` are labels, tags or, for blocks, the block type's number.

    A block type of 0x40 or a value type is given as that byte minus 128 (negative), a type index as it is.
    """

    opcode: int
    start: int
    end: int
    operands: tuple[int, ...] = ()


def split(data: bytes, start: int, end: int) -> Iterator[Instruction]:
    """The instructions of one body, in order."""
    cursor = Cursor(data, start, end)
    while cursor.p < end:
        begin = cursor.p
        opcode = cursor.byte()
        operands = _operands(cursor, opcode)
        yield Instruction(opcode, begin, cursor.p, operands)


def _operands(cursor: Cursor, opcode: int) -> tuple[int, ...]:
    if opcode in (BLOCK, LOOP, IF, TRY):
        return (_block_type(cursor),)
    if opcode in _ONE_INDEX:
        return (cursor.u32(),)
    if opcode == BR_TABLE:
        return tuple(cursor.u32() for _ in range(cursor.u32() + 1))
    if opcode in (0x11, 0x13):
        return cursor.u32(), cursor.byte()
    if 0x28 <= opcode <= 0x3E:
        return cursor.u32(), cursor.u64()
    if opcode in (0x41, 0x42):
        cursor.s64()
    elif opcode in (0x43, 0x44):
        cursor.p += 4 if opcode == 0x43 else 8
    elif opcode == 0xFC:
        for _ in range(_MISC_OPERANDS.get(cursor.u32(), 0)):
            cursor.u32()
    return ()


def _block_type(cursor: Cursor) -> int:
    value = cursor.data[cursor.p]
    if value == VOID or 0x7C <= value <= 0x7F:
        cursor.p += 1
        return value - 128
    return cursor.s32()
