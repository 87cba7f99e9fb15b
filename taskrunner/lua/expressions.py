"""Tokens to expressions: operator precedence, calls, tables and function bodies of Luerl's grammar.

Precedence is Luerl's (LUERL `unary-bnot`): unary `~` binds as loosely as binary `~`, so `~x & m` is `~(x & m)`.
The statements of function bodies come from the subclass, through `block`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final, NoReturn

from taskrunner.lua import syntax
from taskrunner.lua.lexer import Source, Token, erlang_token, tokenize

# operator -> (how strongly it holds its left operand, how strongly it holds its right one)
_BINARY: Final[dict[str, tuple[int, int]]] = {
    "or": (100, 100),
    "and": (200, 200),
    **dict.fromkeys(("<", ">", "<=", ">=", "~=", "=="), (300, 300)),
    "|": (400, 400),
    "~": (500, 500),
    "&": (600, 600),
    **dict.fromkeys(("<<", ">>"), (700, 700)),
    "..": (801, 800),
    **dict.fromkeys(("+", "-"), (900, 900)),
    **dict.fromkeys(("*", "/", "//", "%"), (1000, 1000)),
    "^": (1201, 1200),
}
_UNARY: Final = {"not": 1100, "#": 1100, "-": 1100, "~": 500}
_CONSTANTS: Final = {"nil": None, "true": True, "false": False}
_CALL_STARTS: Final = frozenset(("(", "{", "string"))


class ExpressionParser(ABC):
    """A cursor over the tokens and the expressions that can stand there."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._tokens = tokenize(source)
        self._position = 0
        self.token: Token = self._tokens[0]
        self.kind: str = self.token[0]
        self.last_end = 0  # where the token before this one ended
        self.stray_varargs: list[int] = []
        self._vararg_allowed = True

    def advance(self) -> Token:
        """Moves on; returns the token that was current."""
        token = self.token
        self.last_end = token[3]
        if token[0] != "eof":
            self._position += 1
        self.token = self._tokens[self._position]
        self.kind = self.token[0]
        return token

    def expect(self, kind: str, what: str) -> Token:
        """Moves over a token of this kind, or fails saying what was expected."""
        if self.kind != kind:
            self.expected(what)
        return self.advance()

    def close(self, kind: str, opener: str, line: int) -> None:
        """Moves over the word that closes `opener`, which stood in `line`."""
        where = "" if line == self.token[4] else f" in line {line}"
        self.expect(kind, f"'{kind}' to close '{opener}'{where}")

    def expected(self, what: str) -> NoReturn:
        """Fails at the current token."""
        start, end = self.token[2], self.token[3]
        found = self.source.text[start : min(end, start + 40)].decode("utf-8", "replace")
        seen = "the end of the file" if self.kind == "eof" else f"'{found}'"
        production = f"syntax error before: {erlang_token(self.token)}"
        self.source.fail(start, f"expected {what}, found {seen}", production)

    @abstractmethod
    def block(self) -> syntax.Block:
        """The statements of a body."""

    def name(self, what: str) -> syntax.Name:
        """An identifier."""
        token = self.expect("name", what)
        return syntax.Name(token[4], token[2], token[3], token[1])

    def expression_list(self) -> tuple[syntax.Expression, ...]:
        """One or more expressions."""
        found = [self.expression()]
        while self.kind == ",":
            self.advance()
            found.append(self.expression())
        return tuple(found)

    def expression(self, strength: int = 0) -> syntax.Expression:
        """An expression whose operators hold their left operand more strongly than `strength`."""
        start = self.token[2]
        left: syntax.Expression
        power = _UNARY.get(self.kind)
        if power is not None:
            operator = self.advance()
            operand = self.expression(power)
            left = syntax.Unary(operator[4], start, self.last_end, operator[0], operand)
        else:
            left = self._simple()
        while True:
            powers = _BINARY.get(self.kind)
            if powers is None or powers[0] <= strength:
                return left
            operator = self.advance()
            right = self.expression(powers[1])
            left = syntax.Binary(operator[4], start, self.last_end, operator[0], left, right, operator[2])

    def _simple(self) -> syntax.Expression:
        kind = self.kind
        if kind == "name" or kind == "(":
            return self.prefix_expression()[0]
        token = self.token
        if kind == "number" or kind == "string":
            self.advance()
            return syntax.Constant(token[4], token[2], token[3], token[1])
        if kind in _CONSTANTS:
            self.advance()
            return syntax.Constant(token[4], token[2], token[3], _CONSTANTS[kind])
        if kind == "...":
            self.advance()
            if not self._vararg_allowed:
                self.stray_varargs.append(token[2])
            return syntax.Vararg(token[4], token[2], token[3])
        if kind == "{":
            return self._table()
        if kind == "function":
            self.advance()
            return self.function_body(token[2], token[4], "", False)
        return self.expected("an expression")

    def prefix_expression(self) -> tuple[syntax.Expression, int]:
        """A name or parenthesis with the fields and calls that follow it, and the line production gives it."""
        token = self.token
        start = token[2]
        found: syntax.Expression
        if token[0] == "name":
            self.advance()
            found = syntax.Name(token[4], start, token[3], token[1])
        else:
            self.advance()
            inner = self.expression()
            self.close(")", "(", token[4])
            found = syntax.Paren(token[4], start, self.last_end, inner)
        device_line = 0
        while True:
            kind, line = self.kind, self.token[4]
            if kind == ".":
                self.advance()
                key = self.name("a field name")
                constant = syntax.Constant(key.line, key.start, key.end, key.name.encode("ascii"))
                found = syntax.Index(key.line, start, key.end, found, constant)
            elif kind == "[":
                self.advance()
                index = self.expression()
                self.close("]", "[", line)
                found = syntax.Index(line, start, self.last_end, found, index)
            elif kind == ":":
                self.advance()
                method = self.name("a method name")
                arguments = self._arguments()
                found = syntax.Method(line, start, self.last_end, found, method.name, arguments)
            elif kind in _CALL_STARTS:
                line = found.line
                arguments = self._arguments()
                found = syntax.Call(line, start, self.last_end, found, arguments)
            else:
                return found, device_line or token[4]
            device_line = device_line or line

    def _arguments(self) -> tuple[syntax.Expression, ...]:
        token = self.token
        if token[0] == "string":
            self.advance()
            return (syntax.Constant(token[4], token[2], token[3], token[1]),)
        if token[0] == "{":
            return (self._table(),)
        self.expect("(", "'(' and arguments")
        arguments: tuple[syntax.Expression, ...] = ()
        if self.kind != ")":
            arguments = self.expression_list()
        self.close(")", "(", token[4])
        return arguments

    def _table(self) -> syntax.TableConstructor:
        opening = self.advance()
        found: list[syntax.Field] = []
        while self.kind != "}":
            found.append(self._field())
            if self.kind not in (",", ";"):
                break
            self.advance()
        if self.kind in (",", ";"):
            self.expected("a field or '}'")
        self.close("}", "{", opening[4])
        return syntax.TableConstructor(opening[4], opening[2], self.last_end, tuple(found))

    def _field(self) -> syntax.Field:
        token = self.token
        key: syntax.Expression | None = None
        if token[0] == "[":
            self.advance()
            key = self.expression()
            self.close("]", "[", token[4])
            self.expect("=", "'=' after the key")
        elif token[0] == "name" and self._tokens[self._position + 1][0] == "=":
            name = self.name("a field name")
            key = syntax.Constant(name.line, name.start, name.end, name.name.encode("ascii"))
            self.advance()
        value = self.expression()
        return syntax.Field(token[4], token[2], self.last_end, key, value)

    def function_body(self, start: int, line: int, name: str, method: bool) -> syntax.Function:
        """Parameters and body up to `end`; a method gets `self` first."""
        opening = self.expect("(", "'(' and parameters")
        parameters: list[syntax.Name] = []
        if method:
            parameters.append(syntax.Name(line, start, start, "self"))
        is_vararg = False
        while self.kind != ")":
            if self.kind == "...":
                self.advance()
                is_vararg = True
                break
            parameters.append(self.name("a parameter name or ')'"))
            if self.kind != ",":
                break
            self.advance()
            if self.kind == ")":
                self.expected("a parameter name or '...'")
        self.close(")", "(", opening[4])
        outside, self._vararg_allowed = self._vararg_allowed, is_vararg
        body = self.block()
        self._vararg_allowed = outside
        self.close("end", "function", line)
        return syntax.Function(line, start, self.last_end, tuple(parameters), is_vararg, body, name)
