"""Properties: random programs do on the engine what they do on a naive interpreter; arithmetic is Python's; no input
crashes scanner, parser or VM.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from taskrunner.lua import VM, FidelityError, LimitError, Limits, LuaError, LuaSyntaxError, Options, Table, is_function
from taskrunner.lua.lexer import Source, tokenize
from taskrunner.lua.parser import parse
from taskrunner.lua.texts import error_text

from .programs import Programs
from .reference import Reference

SMALL = Limits(steps=20_000, seconds=10.0, string=1 << 16, depth=2_000, values=10_000)
OURS = (LuaError, LuaSyntaxError, FidelityError, LimitError)


def times(count: int) -> settings:
    """So many examples, the same ones in every run."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=checks)


def shown(value: Any, depth: int = 0) -> Any:
    """A value without identities."""
    if isinstance(value, Table):
        return "table" if depth > 2 else {repr(shown(k, depth + 1)): shown(v, depth + 1) for k, v in value.entries()}
    return "function" if is_function(value) else (type(value).__name__, value)


def outcome(source: str, naive: bool, options: Options | None = None) -> list[Any]:
    vm = VM(SMALL, options=options)
    log: list[Any] = []

    def out(*values: Any) -> tuple[Any, ...]:
        log.append([shown(value) for value in values])
        return values

    vm.set_global(b"out", out)
    try:
        if naive:
            reference = Reference(vm)
            values = vm.call(lambda: reference.run(source.encode()))
        else:
            values = vm.run(source.encode(), "random.lua")
        log.append([shown(value) for value in values])
    except LuaError as error:
        log.append(error_text(error))
    except LimitError:
        return ["limit"]  # the naive one needs more Python frames for the same depth
    return log


@times(150)
@given(st.integers(0, 2**32))
def test_random_programs_do_what_the_naive_interpreter_does(seed: int) -> None:
    source = Programs(seed).program()
    expected = outcome(source, naive=True)
    found = outcome(source, naive=False)
    assert found == expected or ["limit"] in (found, expected), source


@pytest.mark.full
def test_many_random_programs() -> None:
    for seed in range(5_000):
        source = Programs(seed).program()
        expected = outcome(source, naive=True)
        found = outcome(source, naive=False)
        assert found == expected or ["limit"] in (found, expected), source


@times(40)
@given(st.integers(0, 2**32))
def test_coverage_and_trace_change_nothing(seed: int) -> None:
    source = Programs(seed).program()
    plain = outcome(source, naive=False)
    assert outcome(source, naive=False, options=Options(coverage=True, trace=True)) in (plain, ["limit"])


INTEGERS = st.one_of(st.integers(-20, 20), st.integers(), st.integers(-(2**130), 2**130))


def truncating(a: int, b: int) -> int:
    """Luerl's `//`: the floor, but 0 where the quotient is between -1 and 0."""
    return 0 if abs(a) < abs(b) else a // b


@times(100)
@given(INTEGERS, INTEGERS)
@example(-1, 2)
@example(-7, 2)
@example(6, -3)
def test_integer_arithmetic_is_python_s(a: int, b: int) -> None:
    vm = VM(SMALL)
    vm.set_global(b"a", a)
    vm.set_global(b"b", b)
    source = b"return a + b, a - b, a * b, -a, a & b, a | b, a ~ b, ~a, a == b, a < b, a <= b, a > b, a >= b, a ~= b"
    expected = (
        a + b, a - b, a * b, -a, a & b, a | b, a ^ b, ~a, a == b, a < b, a <= b, a > b, a >= b, a != b,
    )  # fmt: skip
    found = vm.run(source)
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]
    if b:
        assert vm.run(b"return a // b, a % b") == (truncating(a, b), a % b)


@times(100)
@given(st.integers(-100, 100), st.integers(1, 9), st.integers(-9, 9))
def test_constant_operands_take_the_same_way(a: int, b: int, c: int) -> None:
    vm = VM(SMALL)
    vm.set_global(b"a", a)
    source = f"""local x = a
        return x + {b}, {b} - x, x * {b}, x // {b}, x % {b}, x < {b}, {b} <= x, x == {b}, x & {b}, {c} + {b}"""
    assert vm.run(source.encode()) == (
        a + b, b - a, a * b, truncating(a, b), a % b, a < b, b <= a, a == b, a & b, c + b,
    )  # fmt: skip


@times(100)
@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_floats_stay_finite_or_raise(a: float, b: float) -> None:
    vm = VM(SMALL)
    vm.set_global(b"a", a)
    vm.set_global(b"b", b)
    for operator in "+-*/%":
        reason: tuple[Any, ...] = ("badarith", operator, (a, b))
        found = 0.0
        try:
            (found,) = vm.run(f"return a {operator} b".encode())
        except LuaError as error:
            reason = error.reason
        assert reason == ("badarith", operator, (a, b))
        assert type(found) is float and abs(found) <= 1.7976931348623157e308


@times(300)
@given(st.binary(max_size=60))
def test_no_bytes_crash_scanner_and_parser(text: bytes) -> None:
    file, line = "fuzz", 1
    try:
        kinds = [token[0] for token in tokenize(Source(text, "fuzz"))]
        parse(Source(text, "fuzz"))
    except OURS as error:
        file, line, kinds = error.file or "", error.line or 0, ["eof"]
    assert (file, line >= 1, kinds[-1]) == ("fuzz", True, "eof")


_WORDS = """
and break do else elseif end false for function goto if in local nil not or repeat return then true until while
a b c x.y f ( ) { } [ ] = , ; : :: . .. ... + - * / // % ^ & | ~ << >> # == ~= < <= > >= 1 2.5 0x1p4 'str'
[[long]] --[[c]] print({}) pcall error(a) t[1] = 5
"""
WORDS = st.sampled_from([*_WORDS.split(), "\n", "--"])


def ends_well(source: str) -> bool:
    """Whether a chunk ends in values or in one of our errors, which knows its file; anything else is raised."""
    try:
        VM(SMALL).run(source.encode(), "fuzz")
    except OURS as error:
        return error.file in ("fuzz", None)
    return True


@times(400)
@given(st.lists(WORDS, max_size=25))
def test_no_words_crash_the_vm(words: list[str]) -> None:
    assert ends_well(" ".join(words))


@pytest.mark.full
@times(20_000)
@given(st.lists(WORDS, max_size=40))
def test_no_words_crash_the_vm_for_long(words: list[str]) -> None:
    assert ends_well(" ".join(words))
