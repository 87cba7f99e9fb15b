"""The syntax tree of a chunk: frozen nodes with the line that production reports and their byte span in the source.

`line` is Luerl's: the operator's line for an operation, the line of `=` for an assignment. `start` and `end` are byte
offsets; `Source.place` turns them into line and column. The tree knows nothing of variables' scopes (see resolve).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Node:
    """What every node has."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """nil, a boolean, a number or a string literal."""

    value: bool | int | float | bytes | None


@dataclass(frozen=True, slots=True)
class Vararg(Node):
    """`...`"""


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable that is read, assigned or declared."""

    name: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`object[key]`, and `object.key` with a string constant as key."""

    object: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(arguments)`"""

    function: Expression
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Method(Node):
    """`object:name(arguments)`"""

    object: Expression
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`not`, `-`, `#` or `~` before an operand."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """An operation with two operands, `and` and `or` included; `at` is the operator's offset."""

    operator: str
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Paren(Node):
    """`(expression)`: cuts several values down to one."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class Field(Node):
    """One field of a table; without key it takes the next index."""

    key: Expression | None
    value: Expression


@dataclass(frozen=True, slots=True)
class TableConstructor(Node):
    """`{...}`"""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Function(Node):
    """A function body; `name` as production's traces show it (`M.f` also for `M:f`), empty if anonymous."""

    parameters: tuple[Name, ...]
    is_vararg: bool
    body: Block
    name: str


@dataclass(frozen=True, slots=True)
class Block(Node):
    """A sequence of statements with its own scope."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`targets = values`; also `function a.b() end`."""

    targets: tuple[Name | Index, ...]
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Local(Node):
    """`local names = values`"""

    names: tuple[Name, ...]
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class LocalFunction(Node):
    """`local function name() end`"""

    name: Name
    function: Function


@dataclass(frozen=True, slots=True)
class CallStatement(Node):
    """A call whose results are dropped."""

    call: Call | Method


@dataclass(frozen=True, slots=True)
class Do(Node):
    """`do ... end`"""

    body: Block


@dataclass(frozen=True, slots=True)
class While(Node):
    """`while condition do ... end`"""

    condition: Expression
    body: Block


@dataclass(frozen=True, slots=True)
class Repeat(Node):
    """`repeat ... until condition`; the condition sees the body's locals."""

    body: Block
    condition: Expression


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if`, `elseif`s and `else`."""

    tests: tuple[tuple[Expression, Block], ...]
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class NumericFor(Node):
    """`for name = first, limit, step do ... end`"""

    name: Name
    first: Expression
    limit: Expression
    step: Expression | None
    body: Block


@dataclass(frozen=True, slots=True)
class GenericFor(Node):
    """`for names in values do ... end`"""

    names: tuple[Name, ...]
    values: tuple[Expression, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class Return(Node):
    """`return values`"""

    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Break(Node):
    """`break`"""


Expression: TypeAlias = (
    Constant | Vararg | Name | Index | Call | Method | Unary | Binary | Paren | TableConstructor | Function
)
Statement: TypeAlias = (
    Assign | Local | LocalFunction | CallStatement | Do | While | Repeat | If | NumericFor | GenericFor | Return | Break
)


def children(node: Node) -> Iterator[Node]:
    """The nodes directly under a node, in source order of its fields."""
    for field in fields(node):
        yield from _nodes(getattr(node, field.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it, outer nodes first; deep trees are no problem."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(list(children(found))))
