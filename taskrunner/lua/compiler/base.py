"""What all parts of the code generator share: output buffers, temporaries, and the entry to expressions.

The generator turns one chunk's tree into Python source. It is split by construct; each part is a base class of
`Generator` (see `functions`), and this one declares what they offer each other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Final

from taskrunner.lua import syntax
from taskrunner.lua.compiler.code import Code, Line, mark, shifted
from taskrunner.lua.errors import LimitError
from taskrunner.lua.lexer import Source
from taskrunner.lua.resolve import BlockScope, FunctionScope, Scopes

SPILL_DEPTH: Final = 40  # parentheses; deeper expressions continue in a function of their own
DEEPEST_INDENT: Final = 90  # Python refuses 100
MOST_LOOPS: Final = 18  # nested in one function; Python refuses more than 20


@dataclass(frozen=True, slots=True)
class Options:
    """How a chunk is compiled; part of the cache key."""

    coverage: bool = False
    trace: bool = False


@dataclass(slots=True)
class BlockFrame:
    """A block being written: `hoisted` goes before its current statement."""

    indent: int
    hoisted: list[Line] = field(default_factory=list)


class GeneratorBase(ABC):
    """State of one compilation."""

    def __init__(self, source: Source, scopes: Scopes, options: Options) -> None:
        self.source = source
        self.scopes = scopes
        self.options = options
        self.root: list[Line] = []
        self.out: list[Line] = []
        self.indent = 0
        self.frames: dict[BlockScope, BlockFrame] = {}
        self.block_scope: BlockScope | None = None
        self.function_scope: FunctionScope | None = None
        self.loops = 0
        self.line_now = 1
        self.device_now = 1
        self._temporaries = 0
        self._unique = 0
        self._many_lines = False

    def write(self, text: str) -> None:
        """One line of the current function."""
        if self.indent > DEEPEST_INDENT:
            self.too_deep("blocks")
        self.out.append((self.indent, text, self.line_now, self.device_now))

    def too_deep(self, what: str) -> None:
        """Our own limit, which production does not have."""
        raise LimitError(
            "depth", f"{what} nested too deeply for this engine", file=self.source.name, line=self.line_now
        )

    def temporary(self) -> str:
        """A fresh name that lives within the statement."""
        self._temporaries += 1
        return f"t{self._temporaries}"

    def unique(self, prefix: str) -> str:
        """A fresh name that lives longer than a statement."""
        self._unique += 1
        return f"{prefix}{self._unique}"

    def begin_statement(self, node: syntax.Node, device_line: int) -> None:
        """Sets the lines that the following code stands for."""
        self._temporaries = 0
        self.line_now = self.source.place(node.start)[0]
        self.device_now = device_line
        self.look_at(node.start, node.end)

    def look_at(self, start: int, end: int) -> None:
        """Says which part of the source the following expressions come from: lines are marked if there are several."""
        self._many_lines = self.source.text.find(b"\n", start, end) >= 0

    def marked(self, node: syntax.Node, text: str) -> str:
        """The text as an expression of its own line, if the statement spans several."""
        return mark(node.line, text) if self._many_lines else text

    def first_use(self, code: Code) -> tuple[str, str]:
        """How to write an expression where it is evaluated, and where its value is needed again."""
        if code.atom:
            return code.text, code.text
        name = self.temporary()
        return f"({name} := {code.text})", name

    def receiver(self, code: Code) -> tuple[str, str]:
        """As `first_use`, for what a dot may follow."""
        first, again = self.first_use(code)
        return first, f"({again})" if again[0].isdigit() else again

    def pair(self, left: Code, right: Code) -> tuple[str, str, str, str]:
        """First and later use of two operands evaluated one after the other."""
        if left.atom and not left.inert and not right.inert:
            left = Code(left.text)  # a call on the right may change the variable: its value now counts
        return *self.first_use(left), *self.first_use(right)

    def spilled(self, code: Code) -> Code:
        """The expression itself, or a call of a function that holds it if it nests too deeply for Python's parser."""
        if code.depth < SPILL_DEPTH:
            return code
        name = self.unique("x")
        lines: list[Line] = [
            (0, f"def {name}():", self.line_now, self.device_now),
            (1, f"return {code.text}", self.line_now, self.device_now),
        ]
        self.hoist(lines)
        return Code(f"{name}()", code.kind)

    def hoist(self, lines: list[Line], scope: BlockScope | None = None) -> None:
        """Puts lines before the current statement of a block (the innermost one if not said)."""
        scope = scope or self.block_scope
        if scope is None:
            self.root.extend(lines)
            return
        frame = self.frames[scope]
        frame.hoisted.extend(shifted(lines, frame.indent))

    @abstractmethod
    def expression(self, node: syntax.Expression) -> Code:
        """One value."""

    @abstractmethod
    def condition(self, node: syntax.Expression) -> Code:
        """A Python expression that is true when the Lua value counts as true."""

    @abstractmethod
    def several(self, node: syntax.Expression) -> Code:
        """All values of an expression, as a tuple."""

    @abstractmethod
    def is_several(self, node: syntax.Expression) -> bool:
        """Whether an expression may give more or fewer values than one."""

    @abstractmethod
    def function_value(self, node: syntax.Function) -> Code:
        """A function expression."""

    @abstractmethod
    def block(self, node: syntax.Block) -> None:
        """The statements of a block."""
