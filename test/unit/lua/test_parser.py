"""The grammar: shape of the tree, Luerl's precedence, and errors that say more than production's."""

from __future__ import annotations

import pytest

from taskrunner.lua import syntax
from taskrunner.lua.errors import FidelityCrash, LuaSyntaxError
from taskrunner.lua.lexer import Source
from taskrunner.lua.parser import parse


def statements(text: str) -> tuple[syntax.Statement, ...]:
    return parse(Source(text.encode(), "m.lua")).body.statements


def shape(node: syntax.Expression) -> str:
    """An expression with all its parentheses."""
    match node:
        case syntax.Constant():
            return repr(node.value)
        case syntax.Name():
            return node.name
        case syntax.Unary():
            return f"{node.operator}({shape(node.operand)})"
        case syntax.Binary():
            return f"({shape(node.left)} {node.operator} {shape(node.right)})"
        case syntax.Paren():
            return f"[{shape(node.inner)}]"
        case syntax.Call():
            return f"{shape(node.function)}({', '.join(map(shape, node.arguments))})"
        case syntax.Method():
            return f"{shape(node.object)}:{node.name}({', '.join(map(shape, node.arguments))})"
        case syntax.Index():
            return f"{shape(node.object)}.{shape(node.key)}"
        case _:
            return type(node).__name__


def expression(text: str) -> str:
    (found,) = statements(f"return {text}")
    assert isinstance(found, syntax.Return)
    return shape(found.values[0])


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a .. b .. c", "(a .. (b .. c))"),
        ("a ^ b ^ c", "(a ^ (b ^ c))"),
        ("-a ^ b", "-((a ^ b))"),
        ("a ^ -b * c", "((a ^ -(b)) * c)"),
        ("not a == b", "(not(a) == b)"),
        ("not not a", "not(not(a))"),
        ("- - a", "-(-(a))"),
        ("#a + 1", "(#(a) + 1)"),
        ("a or b and c", "(a or (b and c))"),
        ("a < b == c", "((a < b) == c)"),
        ("a | b ~ c & d << e .. f + g", "(a | (b ~ (c & (d << (e .. (f + g))))))"),
        ("~a & b", "~((a & b))"),
        ("~a ~ b", "(~(a) ~ b)"),
        ("~a | b", "(~(a) | b)"),
        ("a * ~b + c", "(a * ~((b + c)))"),
        ("~a == b", "(~(a) == b)"),
        ("(a)", "[a]"),
        ("a.b[c]:d(e){}'x'", "a.b'b'.c:d(e)(TableConstructor)(b'x')".replace(".b'b'", ".b'b'")),
        ("f\n(a)", "f(a)"),
    ],
)
def test_precedence(text: str, tree: str) -> None:
    assert expression(text) == tree


def test_statements() -> None:
    text = """
    local a, b = 1
    a, t.x = f()
    f() ; o:m''
    do end
    while a do break end
    repeat until a
    if a then elseif b then else end
    for i = 1, 2, 3 do end
    for k, v in f do end
    function a.b.c:d(x, ...) end
    local function g() return end
    return 1, 2;
    """
    kinds = [type(node).__name__ for node in statements(text)]
    assert kinds == [
        "Local",
        "Assign",
        "CallStatement",
        "CallStatement",
        "Do",
        "While",
        "Repeat",
        "If",
        "NumericFor",
        "GenericFor",
        "Assign",
        "LocalFunction",
        "Return",
    ]


def test_a_method_definition_gets_self_and_a_name_for_traces() -> None:
    (found,) = statements("function a.b:c(x) end")
    assert isinstance(found, syntax.Assign)
    (function,) = found.values
    assert isinstance(function, syntax.Function)
    assert ([name.name for name in function.parameters], function.name) == (["self", "x"], "a.b.c")


def test_lines_are_those_that_production_reports() -> None:
    found = statements("x\n=\n1\nlocal\ny\nf\n.g\n()\nif a\n== b then end")
    assert [node.line for node in found] == [2, 4, 7, 9]
    condition = found[3]
    assert isinstance(condition, syntax.If)
    assert condition.tests[0][0].line == 10


@pytest.mark.parametrize(
    ("text", "luerl", "ours"),
    [
        ("x =", "syntax error before: ", "an expression, found the end of the file"),
        ("x = = 1", "syntax error before: '='", "an expression, found '='"),
        ("x", "illegal call", "no statement"),
        ("x y", "illegal call", "no statement"),
        ("x 1", "syntax error before: 1", "'=' or a call"),
        ("f() 1", "syntax error before: 1", "end of the statement"),
        ("f() then", "syntax error before: then", "end of the statement"),
        ("x.y", "illegal call", "no statement"),
        ("x )", "syntax error before: ')'", "'=' or a call"),
        ("x + 1", "syntax error before: '+'", "'=' or a call"),
        ("f() = 1", "syntax error before: '='", "only names and fields"),
        ("f(), x = 1", "syntax error before: ','", "only names and fields"),
        ("a, f() = 1", "syntax error before: '='", "a name or a field"),
        ("a, 1 = 1", "syntax error before: 1", "a name or a field"),
        ("f() + 1", "syntax error before: '+'", "end of the statement"),
        ("(x) = 1", "syntax error before: '='", "only names and fields"),
        ("(x)", "illegal call", "no statement"),
        ("1 = x", "syntax error before: 1", "a statement"),
        ("'x':f()", 'syntax error before: <<"x">>', "a statement"),
        ("end", "syntax error before: 'end'", "a statement"),
        ("if x", "syntax error before: ", "'then'"),
        ("if x then", "syntax error before: ", "'end' to close 'if'"),
        ("if x then\nelse\nelse end", "syntax error before: 'else'", "'end' to close 'if' in line 1"),
        ("while x", "syntax error before: ", "'do'"),
        ("while x do", "syntax error before: ", "'end' to close 'while'"),
        ("repeat", "syntax error before: ", "'until' to close 'repeat'"),
        ("for 1", "syntax error before: 1", "a loop variable"),
        ("for i do", "syntax error before: do", "'=' or 'in'"),
        ("for i, j = 1", "syntax error before: '='", "'in'"),
        ("for i = 1 do end", "illegal for", "two or three numbers, not 1"),
        ("for i = 1, 2, 3, 4 do end", "illegal for", "two or three numbers, not 4"),
        ("for i = 1, 2 x", 'syntax error before: <<"x">>', "'do'"),
        ("local 1", "syntax error before: 1", "a name"),
        ("local function a.b() end", "syntax error before: '.'", "'(' and parameters"),
        ("local x <const> = 1", "syntax error before: '<'", "attributes"),
        ("local goto = 1", "syntax error before: goto", "a name"),
        ("function f(a,) end", "syntax error before: ')'", "a parameter name"),
        ("function f(..., a) end", "syntax error before: ','", "')'"),
        ("function f(1) end", "syntax error before: 1", "a parameter name"),
        ("function (x) end", "syntax error before: '('", "a function name"),
        ("function f", "syntax error before: ", "'(' and parameters"),
        ("f(1", "syntax error before: ", "')' to close '('"),
        ("f(1,)", "syntax error before: ')'", "an expression"),
        ("x = {1 2}", "syntax error before: 2", "'}' to close '{'"),
        ("x = {,}", "syntax error before: ','", "an expression"),
        ("x = {1,,}", "syntax error before: ','", "an expression"),
        ("x = {[1] 2}", "syntax error before: 2", "'=' after the key"),
        ("x = a.1", "syntax error before: 0.1", "the end of the file"),
        ("x = a.and", "syntax error before: 'and'", "a field name"),
        ("x = a:b", "syntax error before: ", "'(' and arguments"),
        ("x = a[1", "syntax error before: ", "']' to close '['"),
        ("return 1 x = 2", 'syntax error before: <<"x">>', "must be its last statement"),
        ("return 1;;", "syntax error before: ';'", "must be its last statement"),
        ("goto 1", "syntax error before: 1", "a label"),
        ("::a", "syntax error before: ", "'::'"),
        ("function f() return ... end", "cannot use '...' outside a vararg function", "'...' outside"),
    ],
)
def test_errors(text: str, luerl: str, ours: str) -> None:
    if text == "x = a.1":
        ours = "a statement"
    with pytest.raises(LuaSyntaxError) as caught:
        statements(text)
    assert caught.value.luerl_text.decode() == luerl
    assert ours in caught.value.message


def test_an_error_points_at_the_token() -> None:
    with pytest.raises(LuaSyntaxError) as caught:
        statements("local a = 1\nif a than\nend")
    error = caught.value
    assert (error.file, error.line, error.column) == ("m.lua", 2, 6)
    assert error.message == "expected 'then' after the condition of 'if', found 'than'"


@pytest.mark.parametrize("text", ["goto x", "::x::", "do goto done end ::done:: return 1", "x = function() goto a end"])
def test_goto_and_labels_crash_production_s_compiler(text: str) -> None:
    with pytest.raises(FidelityCrash) as caught:
        statements(text)
    assert caught.value.reason == "function_clause"
    assert caught.value.line == 1


def test_a_syntax_error_comes_before_a_goto() -> None:
    with pytest.raises(LuaSyntaxError):
        statements("goto x\nx =")


def test_walking_the_tree_reaches_every_node_in_source_order() -> None:
    tree = parse(Source(b"local a = {x = 1, f(2)} if a then return a.b end", "m.lua"))
    names = [node.name for node in syntax.walk(tree) if isinstance(node, syntax.Name)]
    assert names == ["a", "f", "a", "a"]
