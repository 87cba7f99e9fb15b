"""The VM from outside: state, errors with place and traceback, the sandbox, the cache, coverage of nothing else."""

from __future__ import annotations

import pytest

from taskrunner import lua
from taskrunner.lua import VM, FidelityCrash, Limits, LuaError, LuaSyntaxError, Options, compile_chunk
from taskrunner.lua.errors import LimitError
from taskrunner.lua.trace import Frame


def failing(source: str, name: str = "m.lua") -> LuaError:
    with pytest.raises(LuaError) as caught:
        VM().run(source.encode(), name)
    return caught.value


def test_state_lasts_and_results_are_tuples() -> None:
    vm = VM()
    assert vm.run(b"n = 0 function bump(by) n = n + by return n, 'ok' end", "m.lua") == ()
    bump = vm.get_global(b"bump")
    assert vm.call(bump, (2,)) == (2, b"ok")
    assert vm.call(bump, (3,)) == (5, b"ok")
    vm.set_global(b"n", 40)
    assert vm.call(bump, (2,)) == (42, b"ok")


def test_tables_from_outside() -> None:
    vm = VM()
    made = vm.table({b"list": vm.table([1, None, 3]), True: b"yes", b"gone": None})
    vm.set_global(b"t", made)
    assert vm.run(b"return t.list[1], t.list[2], t.list[3], t[1], t[true], t.gone") == (
        1,
        None,
        3,
        None,
        b"yes",
        None,
    )


def test_an_error_knows_file_line_and_calls() -> None:
    error = failing(
        """
        local function inner(x)
          return x.field
        end
        function M()
          local kept = inner(nil)
          return kept
        end
        local T = {}
        function T.go(a, b) M() end
        T.go(1, "two")
        """
    )
    assert (error.file, error.line) == ("m.lua", 3)
    assert [(frame.function, frame.line) for frame in error.traceback] == [
        ("inner", 3),
        ("M", 6),
        ("T.go", 10),
        ("", 11),
    ]
    assert error.traceback[2].args == (1, b"two")
    assert error.traceback[2].label == "'T.go' (m.lua:10)"
    assert error.traceback[3].label == "function <m.lua:1> (m.lua:11)"


def test_lines_inside_a_statement_of_many_lines() -> None:
    error = failing("local t = {}\nlocal x = {\n  a = 1,\n  b = t.nothing.here,\n  c = 2,\n}")
    assert (error.line, error.traceback[0].device_line) == (4, 2)
    error = failing("local a, b = 1, {}\nlocal c = a +\n  a\n  + b")
    assert error.line == 4
    error = failing("local f\nprint(1,\n  2,\n  f())")
    assert error.line == 4
    error = failing("local t\nif 1 == 2 or\n   t.x then\nend")
    assert (error.line, error.traceback[0].device_line) == (3, 2)


def test_lines_inside_an_expression_too_deep_for_python() -> None:
    error = failing("local a, b = 1, {}\nreturn 1" + " + a" * 200 + "\n + b" + " + a" * 200)
    assert (error.line, [frame.function for frame in error.traceback]) == (3, [""])


def test_no_memory_left_is_a_limit() -> None:
    def exhausted(*_: object) -> tuple[object, ...]:
        raise MemoryError

    vm = VM()
    vm.set_global(b"exhausted", exhausted)
    with pytest.raises(LimitError) as caught:
        vm.run(b"local x = 1\nexhausted()", "m.lua")
    assert (caught.value.limit, caught.value.line) == ("memory", 2)


def test_a_metatable_that_is_no_table_has_no_metamethods() -> None:
    vm = VM()
    assert vm.run(b"local t = debug.setmetatable({5}, 'text') return t[1], t.x, #t, debug.getmetatable(t)") == (
        5,
        None,
        1,
        b"text",
    )


def test_library_frames_and_calls_of_nothing_are_in_the_traceback() -> None:
    error = failing("local function f(...) error('boom', 2) end\nf(nil, 7)")
    assert [(frame.kind, frame.module, frame.function, frame.args) for frame in error.traceback] == [
        ("builtin", "luerl_lib_basic", "error_call", (b"boom", 2)),
        ("lua", "", "f", (None, 7)),
        ("lua", "", "", ()),
    ]
    assert error.traceback[0].label == "'error_call' (library)"
    error = failing("local t = {}\nt.missing(1, nil)")
    assert error.traceback[0] == Frame("undefined", "", "", 0, (1, None), value=None)
    assert error.traceback[0].label == "a call of what is no function"


def test_the_traceback_shows_the_arguments_as_they_were_passed() -> None:
    error = failing("local function f(a, b, c) a = 0 local g = function() b = 1 end g() error('x') end f(5, 6)")
    frame = error.traceback[1]
    assert (frame.function, frame.args) == ("f", (5, 6))


def test_errors_in_deep_recursion_keep_both_ends() -> None:
    error = failing("local function f(n) if n == 0 then error('deep') end return 1 + f(n - 1) end f(5000)")
    assert len(error.traceback) == 120
    assert error.traceback[0].function == "error_call"
    assert error.traceback[-1].function == ""


def test_an_error_caught_inside_leaves_no_trace() -> None:
    vm = VM()
    with pytest.raises(LuaError) as caught:
        vm.run(b"pcall(error, 'first')\nlocal t t.x = 1")
    assert caught.value.line == 2
    assert caught.value.reason == ("illegal_index", None, b"x")


def test_nothing_keeps_the_frames_alive() -> None:
    error = failing("local big = ('x'):rep(1000) error(big)")
    assert error.__traceback__ is None or error.__traceback__.tb_next is None or len(error.traceback) == 2
    assert error.__context__ is None


def test_limits_start_anew_with_each_call() -> None:
    vm = VM(Limits(steps=1000))
    vm.run(b"function spin(n) for i = 1, n do end end")
    spin = vm.get_global(b"spin")
    for _ in range(3):
        vm.call(spin, (900,))
        assert vm.steps == 901
    with pytest.raises(LimitError) as caught:
        vm.call(spin, (2000,))
    assert (caught.value.limit, caught.value.file, caught.value.line) == ("steps", "chunk", 1)
    vm.call(spin, (900,))


def test_steps_are_deterministic() -> None:
    source = b"local function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end return f(12)"
    counts = set()
    for _ in range(3):
        vm = VM()
        vm.run(source)
        counts.add(vm.steps)
    assert counts == {466}


def test_syntax_errors_and_crashes_come_from_load() -> None:
    vm = VM()
    with pytest.raises(LuaSyntaxError) as caught:
        vm.load(b"x = = 1", "bad.lua")
    assert str(caught.value) == "bad.lua:1:5: expected an expression, found '='"
    with pytest.raises(FidelityCrash):
        vm.load(b"goto x", "bad.lua")
    assert vm.run(b"return load('x = = 1')") == (None, b"syntax error before: '='")
    with pytest.raises(FidelityCrash) as crash:
        vm.run(b"\nreturn pcall(load, 'goto x')", "m.lua")
    assert crash.value.reason == "function_clause"


def test_crashes_go_past_pcall_and_know_their_place() -> None:
    with pytest.raises(FidelityCrash) as caught:
        VM().run(b"local x = 1\nreturn pcall(function()\n  return math.sqrt(-1)\nend)", "m.lua")
    assert (caught.value.file, caught.value.line, caught.value.reason) == ("m.lua", 3, "badarith")


def test_the_sandbox_replaces_by_strings_but_captured_references_escape() -> None:
    vm = VM()
    vm.run(b"local captured = load function f() return captured('return 7')() end function g() return load('x') end")
    vm.apply_sandbox()
    assert vm.call(vm.get_global(b"f")) == (7,)
    with pytest.raises(LuaError) as caught:
        vm.call(vm.get_global(b"g"))
    assert caught.value.reason == ("undefined_function", b"sandboxed")
    assert vm.run(b"return type(io), os.getenv, type(os.time), load:upper()") == (
        b"string",
        b"sandboxed",
        b"function",
        b"SANDBOXED",
    )


def test_a_sandbox_of_ones_own() -> None:
    vm = VM(sandbox={"os.time": 5, "print": None})
    assert vm.run(b"return os.time, print, type(io)") == (5, None, b"table")
    assert VM(sandbox=["math.pi"]).run(b"return math.pi") == (b"sandboxed",)
    assert VM(sandbox=False).run(b"return type(load)") == (b"function",)
    vm.apply_sandbox(False)
    assert vm.run(b"return type(load)") == (b"function",)


def test_output_goes_where_it_is_told() -> None:
    written: list[bytes] = []
    VM(stdout=written.append).run(b"print('a', 1)")
    assert b"".join(written) == b"a 1 \n"
    VM().run(b"print('nowhere')")


def test_time_is_injected() -> None:
    assert VM(clock=lambda: 12.5).run(b"return os.time()") == (12.5,)


def test_compiled_chunks_are_cached_by_content() -> None:
    one = compile_chunk(b"return 1 -- cached", "a.lua")
    assert compile_chunk(b"return 1 -- cached", "a.lua") is one
    assert compile_chunk(b"return 1 -- cached", "b.lua") is not one
    assert compile_chunk(b"return 1 -- cached", "a.lua", Options(coverage=True)) is not one
    for number in range(300):
        compile_chunk(b"return %d -- filling" % number, "a.lua")
    assert compile_chunk(b"return 1 -- cached", "a.lua") is not one


def test_one_chunk_in_two_vms_shares_nothing() -> None:
    one, two = VM(), VM()
    for vm in (one, two):
        vm.run(b"local n = 0 function bump() n = n + 1 return n end")
    one.call(one.get_global(b"bump"))
    assert two.call(two.get_global(b"bump")) == (1,)


def test_numbers_of_functions_and_tables_follow_loading() -> None:
    vm = VM()
    assert vm.run(b"local function a() return function() end end return tostring(a), tostring(a()), tostring{}") == (
        b"function: 1",
        b"function: 0",
        b"table: 14",
    )
    assert vm.run(b"return tostring(function() end), tostring{}, tostring(print)") == (
        b"function: 3",
        b"table: 15",
        b"function: luerl_lib_basic:print",
    )


def test_place_names_the_running_line() -> None:
    vm = VM()
    assert vm.place() == ("", 0)
    places: list[tuple[str, int]] = []
    vm.set_global(b"here", lua.make_builtin(vm, "test", "here", lambda host, args: places.append(host.place()) or ()))
    vm.run(b"local x = 1\nhere()", "m.lua")
    assert places == [("m.lua", 2)]


def test_what_production_would_pay_is_collected() -> None:
    vm = VM()
    vm.run(b"local t = {}\nfor i = 1, 5000 do\n  t[#t + 1] = i\nend", "m.lua")
    (expense,) = vm.cost.worth_telling()
    assert (expense.code, expense.place) == ("append", ("m.lua", 3))


def test_the_facade_knows_its_names_only() -> None:
    assert lua.Table is type(VM().globals)
    with pytest.raises(AttributeError):
        _ = lua.nothing
