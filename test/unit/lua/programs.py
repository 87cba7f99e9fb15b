"""Random Lua programs that end: closures, loops, tables, several values, errors, metatables."""

from __future__ import annotations

from random import Random

_MAY_FAIL = ("+", "-", "*", "/", "//", "%", "..", "<", "<=", ">", ">=", "&", "|", "~")
_NEVER_FAIL = ("==", "~=", "and", "or")
_NAMES = ("a", "b", "c", "d", "e")
_KEYS = ("x", "y", "m")


class Programs:
    """Writes one program from a seed. Every value goes to `out`, the only thing the program shows."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.depth = 0
        self.loops = 0
        self.vararg = [True]

    def program(self) -> str:
        start = "local a, b, c = 1, 'two', {x = 3, 4, 5} d, e = 2.5, nil\n"
        return start + self.block(4) + "\nreturn a, b, d, e, #c, c.x"

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def block(self, size: int) -> str:
        return "\n".join(self.statement() for _ in range(self.random.randint(1, size)))

    def inside(self, size: int = 3) -> str:
        self.depth += 1
        text = self.block(size if self.depth < 2 else 2 if self.depth == 2 else 1)
        self.depth -= 1
        return text

    def name(self) -> str:
        return self.random.choice(_NAMES)

    def target(self) -> str:
        return self.pick(self.name(), self.name(), f"c.{self.pick(*_KEYS)}", f"c[{self.expression(1)}]")

    def expressions(self, most: int = 3, size: int = 2) -> str:
        return ", ".join(self.expression(size) for _ in range(self.random.randint(1, most)))

    def statement(self) -> str:
        deep = self.depth > 3
        kind = self.random.randint(0, 9 if deep else 18)
        if self.random.random() < (0.8, 0.3, 0.1)[min(self.depth, 2)] and not deep:  # an error does not end everything
            return f"out(pcall(function(...) {self.body_in_function()} end, {self.expressions(2)}))"
        if kind <= 1:
            names = ", ".join(self.name() for _ in range(self.random.randint(1, 3)))
            return f"local {names} = {self.expressions()}"
        if kind <= 4:
            targets = ", ".join(self.target() for _ in range(self.random.randint(1, 3)))
            return f"{targets} = {self.expressions()}"
        if kind <= 6:
            return f"out({self.expressions()})"
        if kind == 7:
            return f"{self.pick('out', 'c')}(pcall({self.name()}, {self.expressions(2)}))"
        if kind == 8:
            return f"if {self.expression(2)} then break end" if self.loops else f"out({self.expression(2)})"
        if kind == 9:
            return f"do {self.inside()} end" if not deep else "local a"
        return self.compound(kind)

    def compound(self, kind: int) -> str:
        if kind <= 11:
            middle = f"elseif {self.expression(2)} then {self.inside()} " if self.random.random() < 0.3 else ""
            last = f"else {self.inside()} " if self.random.random() < 0.5 else ""
            return f"if {self.expression(2)} then {self.inside()} {middle}{last}end"
        if kind == 12:
            return self.loop(
                f"for {self.name()} = {self.pick('1', '3', '0.5', 'd')}, {self.pick('3', '2.5', '4')} do", "end"
            )
        if kind == 13:
            return self.loop(
                f"for {self.name()}, {self.name()} in {self.pick('pairs', 'ipairs')}({{{self.expressions()}}}) do",
                "end",
            )
        if kind == 14:
            return "do local n = 0 " + self.loop("while n < 3 do n = n + 1", "end") + " end"
        if kind == 15:
            return "do local n = 0 " + self.loop("repeat n = n + 1", f"until n > 2 or {self.expression(1)}") + " end"
        if kind == 16:
            return f"local function {self.name()}{self.function_body()}"
        if kind == 17:
            return f"function {self.pick(self.name(), 'c.m', 'c:m', 'c.x')}{self.function_body()}"
        return f"out((pcall(function(...) {self.body_in_function()} end, {self.expressions(2)})))"

    def loop(self, head: str, tail: str) -> str:
        self.loops += 1
        text = f"{head} {self.inside()} {tail}"
        self.loops -= 1
        return text

    def function_body(self) -> str:
        parameters = [self.name() for _ in range(self.random.randint(0, 2))]
        vararg = self.random.random() < 0.4
        self.vararg.append(vararg)
        text = f"({', '.join([*parameters, *(['...'] if vararg else [])])}) {self.body()} end"
        self.vararg.pop()
        return text

    def body_in_function(self) -> str:
        self.vararg.append(True)
        text = self.body()
        self.vararg.pop()
        return text

    def body(self) -> str:
        loops, self.loops = self.loops, 0
        text = self.inside()
        self.loops = loops
        return f"{text} return {self.expressions()}"

    def expression(self, size: int) -> str:
        smaller = size - 1
        kind = self.random.randint(0, 5 if size <= 0 else 16 if self.depth < 3 else 15)
        if kind <= 1:
            return self.pick("0", "1", "2", "-1", "7", "1.5", "'s'", "'10'", "nil", "true", "false", "''")
        if kind <= 4:
            return self.name()
        if kind == 5:
            return self.pick("c.x", "c.m", "c[1]", "#c", "..." if self.vararg[-1] else "c")
        if kind <= 9:
            operator = self.random.choice(_NEVER_FAIL if self.random.random() < 0.75 else _MAY_FAIL)
            return f"({self.expression(smaller)} {operator} {self.expression(smaller)})"
        if kind == 10:
            return f"{self.expression(smaller)} {self.pick('and', 'or')} {self.expression(smaller)}"
        if kind == 11:
            return f"{self.pick('not ', '-', '#', '~')}{self.name()}"
        if kind == 12:
            return f"{{{self.expression(smaller)}, x = {self.expression(smaller)}, {self.expression(smaller)}}}"
        if kind == 13:
            return f"({self.pick(self.name(), 'c.m', 'c.x')})({self.expressions(2, smaller)})"
        if kind == 14:
            return f"c:m({self.expression(smaller)})"
        if kind == 15:
            return f"(pcall({self.name()}, {self.expressions(2, smaller)}))"
        return f"function{self.function_body()}"
