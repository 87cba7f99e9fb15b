"""Tokens to a syntax tree: the statements of Luerl's grammar (LUERL `goto`, `unary-bnot`, `syntax-msg`).

Each error is ours, with file, line, column and what was expected, and carries production's text beside it. Expressions
are in `expressions.py`. A chunk that holds `goto` or a label is parsed to its end and then refused, as production does.
"""

from __future__ import annotations

from taskrunner.lua import syntax
from taskrunner.lua.errors import FidelityCrash
from taskrunner.lua.expressions import ExpressionParser
from taskrunner.lua.lexer import Source

_BLOCK_ENDS = frozenset(("eof", "end", "else", "elseif", "until"))
_AFTER_STATEMENT = _BLOCK_ENDS | frozenset(
    ("name", ";", "::", "break", "do", "for", "function", "goto", "if", "local", "repeat", "return", "while")
)


def parse(source: Source) -> syntax.Function:
    """The chunk as a function without name or parameters that takes `...`.

    Raises LuaSyntaxError, or FidelityCrash for `goto` and labels, which crash production's compiler.
    """
    return Parser(source).chunk()


class Parser(ExpressionParser):
    """Statements. Every method starts at its first token and stops after its last one."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._goto: int | None = None

    def chunk(self) -> syntax.Function:
        """The whole source."""
        body = self.block()
        if self.kind != "eof":
            self.expected("a statement")
        if self._goto is not None:
            line, column = self.source.place(self._goto)
            raise FidelityCrash(
                "function_clause",
                "{luerl_comp_normalise,prefixexp_first,2}",
                file=self.source.name,
                line=line,
                column=column,
                hint="goto and labels crash production's compiler: use if/else or a function with return",
            )
        self._check_varargs()
        return syntax.Function(1, 0, len(self.source.text), (), True, body, "")

    def _check_varargs(self) -> None:
        if self.stray_varargs:
            self.source.fail(
                self.stray_varargs[0],
                "'...' outside a function that takes it",
                "cannot use '...' outside a vararg function",
            )

    def block(self) -> syntax.Block:
        """Statements up to a word that closes a block."""
        start = self.token[2]
        line = self.token[4]
        statements: list[syntax.Statement] = []
        while self.kind not in _BLOCK_ENDS:
            if self.kind == "return":
                statements.append(self._return())
                break
            if self.kind == ";":
                self.advance()
                continue
            statement = self._statement()
            if statement is not None:
                statements.append(statement)
        return syntax.Block(line, start, max(start, self.last_end), tuple(statements))

    def _statement(self) -> syntax.Statement | None:
        kind = self.kind
        handler = _STATEMENTS.get(kind)
        if handler is not None:
            return handler(self)
        if kind in ("goto", "::"):
            self._jump()
            return None
        if kind not in ("name", "("):
            self.expected("a statement")
        return self._expression_statement()

    def _jump(self) -> None:
        if self._goto is None:
            self._goto = self.token[2]
        label = self.kind == "::"
        self.advance()
        self.expect("name", "a label")
        if label:
            self.expect("::", "'::' after the label")

    def _expression_statement(self) -> syntax.Statement:
        start = self.token[2]
        first, device_line = self.prefix_expression()
        if self.kind in ("=", ",") and isinstance(first, syntax.Name | syntax.Index):
            return self._assignment(first, start)
        if not isinstance(first, syntax.Call | syntax.Method):
            if self.kind in ("=", ","):
                self.expected("a call; only names and fields can be assigned")
            if self.kind not in _AFTER_STATEMENT:
                self.expected("'=' or a call")
            self.source.fail(start, "this is no statement: an expression does nothing by itself", "illegal call")
        if self.kind in ("=", ","):
            self.expected("the end of the statement; only names and fields can be assigned")
        if self.kind not in _AFTER_STATEMENT:
            self.expected("the end of the statement")
        return syntax.CallStatement(device_line, start, self.last_end, first)

    def _assignment(self, first: syntax.Name | syntax.Index, start: int) -> syntax.Assign:
        targets = [first]
        while self.kind == ",":
            self.advance()
            if self.kind not in ("name", "("):
                self.expected("a name or a field to assign")
            target, _ = self.prefix_expression()
            if not isinstance(target, syntax.Name | syntax.Index):
                self.expected("a name or a field to assign")
            targets.append(target)
        line = self.token[4]
        self.expect("=", "'='")
        values = self.expression_list()
        return syntax.Assign(line, start, self.last_end, tuple(targets), values)

    def _return(self) -> syntax.Return:
        start, line = self.token[2], self.token[4]
        self.advance()
        values: tuple[syntax.Expression, ...] = ()
        if self.kind not in _BLOCK_ENDS and self.kind != ";":
            values = self.expression_list()
        end = self.last_end
        if self.kind == ";":
            self.advance()
        if self.kind not in _BLOCK_ENDS:
            self.expected("the end of the block: return must be its last statement")
        return syntax.Return(line, start, end, values)

    def _break(self) -> syntax.Break:
        start, line = self.token[2], self.token[4]
        self.advance()
        return syntax.Break(line, start, self.last_end)

    def _do(self) -> syntax.Do:
        start, line = self.token[2], self.token[4]
        self.advance()
        body = self.block()
        self.close("end", "do", line)
        return syntax.Do(line, start, self.last_end, body)

    def _while(self) -> syntax.While:
        start, line = self.token[2], self.token[4]
        self.advance()
        condition = self.expression()
        self.expect("do", "'do' after the condition of 'while'")
        body = self.block()
        self.close("end", "while", line)
        return syntax.While(line, start, self.last_end, condition, body)

    def _repeat(self) -> syntax.Repeat:
        start, line = self.token[2], self.token[4]
        self.advance()
        body = self.block()
        self.close("until", "repeat", line)
        condition = self.expression()
        return syntax.Repeat(line, start, self.last_end, body, condition)

    def _if(self) -> syntax.If:
        start, line = self.token[2], self.token[4]
        tests: list[tuple[syntax.Expression, syntax.Block]] = []
        word = "if"
        while True:
            self.advance()
            condition = self.expression()
            self.expect("then", f"'then' after the condition of '{word}'")
            tests.append((condition, self.block()))
            word = "elseif"
            if self.kind != "elseif":
                break
        otherwise = None
        if self.kind == "else":
            self.advance()
            otherwise = self.block()
        self.close("end", "if", line)
        return syntax.If(line, start, self.last_end, tuple(tests), otherwise)

    def _for(self) -> syntax.NumericFor | syntax.GenericFor:
        start, line = self.token[2], self.token[4]
        self.advance()
        name = self.name("a loop variable")
        if self.kind == "=":
            return self._numeric_for(name, start, line)
        names = [name]
        while self.kind == ",":
            self.advance()
            names.append(self.name("a loop variable"))
        self.expect("in", "'=' or 'in' after the loop variable" if len(names) == 1 else "'in' after the loop variables")
        values = self.expression_list()
        self.expect("do", "'do' after the head of 'for'")
        body = self.block()
        self.close("end", "for", line)
        return syntax.GenericFor(line, start, self.last_end, tuple(names), values, body)

    def _numeric_for(self, name: syntax.Name, start: int, line: int) -> syntax.NumericFor:
        self.advance()
        bounds = self.expression_list()
        self.expect("do", "'do' after the head of 'for'")
        body = self.block()
        self.close("end", "for", line)
        if not 2 <= len(bounds) <= 3:
            self.source.fail(start, f"'for' takes two or three numbers, not {len(bounds)}", "illegal for")
        step = bounds[2] if len(bounds) == 3 else None
        return syntax.NumericFor(line, start, self.last_end, name, bounds[0], bounds[1], step, body)

    def _function(self) -> syntax.Assign:
        start, line = self.token[2], self.token[4]
        self.advance()
        first = self.name("a function name")
        target: syntax.Name | syntax.Index = first
        path = first.name
        method = False
        while self.kind in (".", ":") and not method:
            method = self.kind == ":"
            self.advance()
            key = self.name("a field name")
            constant = syntax.Constant(key.line, key.start, key.end, key.name.encode("ascii"))
            target = syntax.Index(key.line, first.start, key.end, target, constant)
            path += f".{key.name}"
        function = self.function_body(start, line, path, method)
        return syntax.Assign(line, start, self.last_end, (target,), (function,))

    def _local(self) -> syntax.Local | syntax.LocalFunction:
        start, line = self.token[2], self.token[4]
        self.advance()
        if self.kind == "function":
            function_start, function_line = self.token[2], self.token[4]
            self.advance()
            name = self.name("a function name")
            function = self.function_body(function_start, function_line, name.name, False)
            return syntax.LocalFunction(line, start, self.last_end, name, function)
        names = [self.name("a name after 'local'")]
        while self.kind == ",":
            self.advance()
            names.append(self.name("a name after ','"))
        values: tuple[syntax.Expression, ...] = ()
        if self.kind == "=":
            self.advance()
            values = self.expression_list()
        elif self.kind == "<":
            self.expected("'=': production knows no attributes such as <const>")
        return syntax.Local(line, start, self.last_end, tuple(names), values)


_STATEMENTS = {
    "local": Parser._local,
    "if": Parser._if,
    "for": Parser._for,
    "while": Parser._while,
    "repeat": Parser._repeat,
    "function": Parser._function,
    "do": Parser._do,
    "break": Parser._break,
}
