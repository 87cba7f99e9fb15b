"""The typed operand stack and the block frames of WAMR 2.2's validator, cell by cell.

WAMR counts in 32-bit cells: an i64 is two. Its texts depend on that (half a value is "empty"), so this does too.
A `Frame` is one open block; the stack is in a polymorphic state after `unreachable`, `br`, `return`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from taskrunner.wasm.cursor import Cursor, Rejected
from taskrunner.wasm.model import ANY, F64, I64, TYPE_NAMES

MAX_CELLS = 0xFFFF
FUNCTION, BLOCK, LOOP, IF, TRY, CATCH, CATCH_ALL = range(7)
WIDE: Final = frozenset((I64, F64))


@lru_cache(4096)
def spread(kinds: bytes) -> bytes:
    """The cells that values of these types take, first to last."""
    return b"".join(bytes([kind]) * (2 if kind in WIDE else 1) for kind in kinds)


def type_name(kind: int) -> str:
    """WAMR's name of a type."""
    return TYPE_NAMES.get(kind, "unknown type")


class Frame:
    """One open block: its label, types, the stack's height where it began, and whether code there is unreachable."""

    __slots__ = ("base", "has_else", "label", "params", "polymorphic", "results")

    def __init__(self, label: int, params: bytes, results: bytes, base: int) -> None:
        self.label = label
        self.params = params
        self.results = results
        self.base = base
        self.polymorphic = False
        self.has_else = False

    @property
    def branch_types(self) -> bytes:
        """What a branch to this block must carry."""
        return self.params if self.label == LOOP else self.results


class OperandStack(Cursor):
    """A cursor over one function body with the stack that its instructions work on."""

    __slots__ = ("cells", "frame", "frames")

    def __init__(self, data: bytes, p: int, end: int) -> None:
        super().__init__(data, p, end)
        self.cells = bytearray()
        self.frames: list[Frame] = []
        self.frame = Frame(FUNCTION, b"", b"", 0)

    def push(self, kind: int) -> None:
        """Pushes one value."""
        self.cells.append(kind)
        if kind in WIDE:
            self.cells.append(kind)
        if len(self.cells) > MAX_CELLS:
            raise self.reject("operand stack depth limit exceeded")

    def push_all(self, kinds: bytes) -> None:
        """Pushes values, first to last."""
        self.cells += spread(kinds)
        if len(self.cells) > MAX_CELLS:
            raise self.reject("operand stack depth limit exceeded")

    def pop(self, kind: int) -> None:
        """Pops one value of that type; in unreachable code an empty stack gives any."""
        frame, cells = self.frame, self.cells
        available = len(cells) - frame.base
        if available <= 0:
            if frame.polymorphic:
                return
        elif cells[-1] == ANY:
            cells.pop()
            return
        self.expect(kind, len(cells), available)
        del cells[-2 if kind in WIDE else -1 :]

    def pop_all(self, kinds: bytes) -> None:
        """Pops values, last to first."""
        wanted = spread(kinds)
        if len(self.cells) - self.frame.base >= len(wanted) and self.cells.endswith(wanted):
            del self.cells[len(self.cells) - len(wanted) :]
            return
        for kind in reversed(kinds):  # finds the words, or what unreachable code gives
            if self.frame.polymorphic and len(self.cells) <= self.frame.base:
                return
            self.pop(kind)

    def expect(self, kind: int, top: int, available: int) -> None:
        """Refuses unless the cells below `top` hold a value of that type within `available` cells."""
        count = 2 if kind in WIDE else 1
        if available < count:
            raise self.reject("type mismatch: expect data but stack was empty")
        for cell in self.cells[top - count : top]:
            if cell != kind:
                raise self.reject(f"type mismatch: expect {type_name(kind)} but got other")

    def expect_all(self, kinds: bytes, available: int) -> None:
        """Refuses unless the top of the stack holds values of these types; pops nothing."""
        wanted, top = spread(kinds), len(self.cells)
        if available >= len(wanted) and self.cells.endswith(wanted):
            return
        for kind in reversed(kinds):
            self.expect(kind, top, available)
            count = 2 if kind in WIDE else 1
            top -= count
            available -= count

    def open(self, label: int, params: bytes, results: bytes) -> None:
        """Opens a block."""
        self.frame = Frame(label, params, results, len(self.cells))
        self.frames.append(self.frame)
        if len(self.frames) > MAX_CELLS:
            raise self.reject("label stack depth limit exceeded")

    def close(self) -> None:
        """Closes the innermost block."""
        self.frames.pop()
        if self.frames:
            self.frame = self.frames[-1]

    def reset(self) -> None:
        """Drops what the present block has pushed."""
        del self.cells[self.frame.base :]

    def unreachable(self) -> None:
        """What follows is not reachable."""
        self.reset()
        self.frame.polymorphic = True

    def check_branch(self, depth: int, *, table: bool = False) -> Frame:
        """Checks a branch to the block `depth` levels out; `table`: of a br_table, which leaves the stack alone."""
        if len(self.frames) - 1 < depth:
            raise self.reject("unknown label, unexpected end of section or function")
        target = self.frames[-1 - depth]
        kinds = target.branch_types
        if self.frame.polymorphic:
            low = max(self.frame.base, len(self.cells) - len(spread(kinds)))
            saved = bytes(self.cells[low:])
            self.pop_all(kinds)
            self.push_all(kinds)
            if table:
                self.cells[low:] = saved
        else:
            self.expect_all(kinds, len(self.cells) - self.frame.base)
        return target

    def check_block(self) -> None:
        """Checks at `end` or `else` that the block leaves exactly its results."""
        frame = self.frame
        if frame.polymorphic:
            self.pop_all(frame.results)
            if len(self.cells) != frame.base:
                raise self.reject("type mismatch: stack size does not match block type")
            self.push_all(frame.results)
            return
        available = len(self.cells) - frame.base
        wanted = len(spread(frame.results))
        if available != wanted:
            raise self._wrong_size(wanted, available)
        self.expect_all(frame.results, available)

    def _wrong_size(self, wanted: int, available: int) -> Rejected:
        frame = self.frame
        instruction = frame.label == TRY or (frame.label == CATCH and wanted > 0)
        needs = type_name(frame.results[0]) if wanted else ""
        has = type_name(self.cells[-1]) if available > 0 else ""
        what = "instruction" if instruction else "block"
        return self.reject(f"type mismatch: {what} requires [{needs}] but stack has [{has}]", bare=True)
