"""Coverage, call traces and mutants: what owning the compiler gives."""

from __future__ import annotations

import pytest

from taskrunner.lua import VM, FidelityCrash, LuaError, LuaSyntaxError, Options
from taskrunner.lua.calltrace import CallEvent
from taskrunner.lua.coverage import FileCoverage, measured, merged
from taskrunner.lua.mutants import Mutant, mutants_of

MODULE = b"""local t = {}
function grade(n)
  if n > 10 then
    return "high"
  elseif n == 5 then
    t.five = true
  end
  local low = n < 0 and "negative" or "low"
  for i = 1, n do t[i] = i end
  while n > 3 do n = n - 1 end
  repeat n = n + 1 until n > 5
  for k in pairs(t) do t[k] = nil end
  return low
end
"""


def covered(*calls: int) -> FileCoverage:
    vm = VM(options=Options(coverage=True))
    vm.run(MODULE, "grade.lua")
    for argument in calls:
        vm.call(vm.get_global(b"grade"), (argument,))
    (found,) = measured(vm)
    return found


def test_lines_reached_and_not() -> None:
    nothing = covered()
    assert (nothing.file, nothing.missing_lines) == ("grade.lua", [3, 4, 6, 8, 9, 10, 11, 12, 13])
    assert nothing.line_rate == pytest.approx(2 / 11)
    high = covered(11)
    assert high.missing_lines == [6, 8, 9, 10, 11, 12, 13]
    assert covered(11, 5, 1).missing_lines == []
    assert covered(11, 5, 1).line_rate == 1.0


def test_branches_taken_and_not() -> None:
    high = covered(11)
    assert (3, 6, "true") not in high.missing_branches
    assert (3, 6, "false") in high.missing_branches
    both = covered(11, 5)
    assert both.missing_branches == [(5, 10, "false")]
    assert covered(11, 5, 1).missing_branches == []
    assert covered(1).branches[10, 9, "true"] == 0
    assert covered(5).branches[10, 9, "true"] == 2
    assert high.branch_rate < both.branch_rate < 1.0


def test_reports_of_several_vms_add_up() -> None:
    first, second = covered(11), covered(5, 1)
    (total,) = merged([first, second])
    assert total.missing_lines == []
    assert total.lines[3] == first.lines[3] + second.lines[3] == 3
    assert len(merged([first, FileCoverage("other.lua", b"", {}, {})])) == 2
    assert FileCoverage("empty.lua", b"", {}, {}).line_rate == 1.0


def test_coverage_changes_no_result() -> None:
    for options in (Options(), Options(coverage=True), Options(trace=True), Options(coverage=True, trace=True)):
        vm = VM(options=options)
        vm.run(MODULE)
        results = [vm.call(vm.get_global(b"grade"), (argument,)) for argument in (-1, 5, 11)]
        assert results == [(b"negative",), (b"low",), (b"high",)]


def test_values_of_conditions_are_not_turned_into_booleans() -> None:
    source = b"local mt = {__lt = function() return 0 end} if setmetatable({}, mt) < 1 then return 'zero is true' end"
    assert VM(options=Options(coverage=True)).run(source) == (b"zero is true",)


def traced(source: bytes) -> list[CallEvent]:
    vm = VM(options=Options(trace=True))
    vm.run(source, "t.lua")
    return vm.calltrace.events


def test_calls_with_arguments_and_results() -> None:
    events = traced(
        b"local function add(a, b, ...) return a + b end\nfunction twice(x) return add(x, x, 9) end\ntwice(4)"
    )
    assert [(event.function, event.line, event.depth, event.args, event.results) for event in events] == [
        ("", 1, 0, (), ()),
        ("twice", 2, 1, (4,), (8,)),
        ("add", 1, 2, (4, 4, 9), (8,)),
    ]


def test_calls_that_an_error_left_have_no_results_and_are_closed() -> None:
    events = traced(
        b"local function bad() error('x') end local function outer() bad() end "
        b"pcall(outer) local function good() end good()"
    )
    assert [(event.function, event.depth, event.results) for event in events] == [
        ("", 0, ()),
        ("outer", 1, None),
        ("bad", 2, None),
        ("good", 1, ()),
    ]


def test_the_trace_of_a_vm_is_bounded_and_can_be_cleared() -> None:
    vm = VM(options=Options(trace=True))
    vm.run(b"local function f() end for i = 1, 100100 do f() end")
    assert (len(vm.calltrace.events), vm.calltrace.dropped) == (100_000, 101)
    vm.calltrace.clear()
    vm.run(b"return 1")
    assert (len(vm.calltrace.events), vm.calltrace.dropped) == (1, 0)


def mutants(source: str, kind: str = "") -> list[Mutant]:
    return mutants_of(source.encode(), "m.lua", frozenset((kind,)) if kind else None)


@pytest.mark.parametrize(
    ("source", "kind", "changed"),
    [
        ("return a + b", "operator", ["return a - b"]),
        ("return a <= b", "operator", ["return a < b"]),
        ("return a and b", "operator", ["return a or b"]),
        ("return not a", "operator", ["return  a"]),
        ("return a .. b", "operator", []),
        ("return 5", "constant", ["return 6"]),
        ("return 1.5", "constant", ["return 2.5"]),
        ("return 1e300", "constant", ["return 2e+300"]),
        ("return true, false", "constant", ["return false, false", "return true, true"]),
        ("return nil", "constant", []),
        ("return 'text', \"\"", "constant", ["return '', \"\"", "return 'text', \"mutant\""]),
        ("return [[long]], t.key, {k = 1}", "constant", ["return [[long]], t.key, {k = 2}"]),
        ("if a then f() end", "condition", ["if not (a) then f() end"]),
        ("while a do f() end", "condition", ["while not (a) do f() end"]),
        ("repeat until a", "condition", ["repeat until not (a)"]),
        ("x = 1 f()", "statement", ["; f()", "x = 1 ;"]),
        ("local a, b = 1, 2 return a", "statement", ["local a, b return a", "local a, b = 1, 2 return"]),
        ("if a then f() else g() end", "branches", ["if a then g() else f() end"]),
        ("if a then f() elseif b then g() else h() end", "branches", ["if a then f() elseif b then h() else g() end"]),
        ("if a then f() end", "branches", []),
    ],
)
def test_one_small_fault_each(source: str, kind: str, changed: list[str]) -> None:
    assert [mutant.source.decode() for mutant in mutants(source, kind)] == changed


def test_mutants_know_their_place_and_keep_lines() -> None:
    source = "local x = 1\nlocal t = {\n  a = x,\n}\nreturn t"
    found = mutants(source)
    assert [(mutant.kind, mutant.line, mutant.column) for mutant in found] == [
        ("statement", 1, 1),
        ("constant", 1, 11),
        ("statement", 2, 1),
        ("statement", 5, 1),
    ]
    assert all(mutant.source.count(b"\n") == 4 for mutant in found)
    assert found[1].description == "m.lua:1:11: constant: '2' instead of '1'"
    assert mutants("f(1, 2)")[0].description == "m.lua:1:1: statement: dropped: f(1, 2)"


def test_a_mutant_that_does_not_compile_is_no_mutant() -> None:
    # dropping the only statement before a parenthesis would glue lines together; a semicolon keeps them apart
    found = mutants("x = f\n;(g)()", "statement")
    assert [mutant.source for mutant in found] == [b";\n;(g)()", b"x = f\n;;"]
    for mutant in mutants("for i = 1, 3 do if i > 1 and i ~= 2 then x = -i else x = 'a' end end"):
        VM().load(mutant.source)


def test_mutants_differ_in_behaviour() -> None:
    source = b"function f(n) if n > 2 then return n + 1 else return 0 end end"
    reference = [1, 2, 3]

    def outcome(text: bytes) -> list[object]:
        vm = VM()
        vm.run(text)
        try:
            return [vm.call(vm.get_global(b"f"), (n,)) for n in reference]
        except LuaError as error:
            return [error.kind]

    survivors = [
        mutant.description for mutant in mutants_of(source, "m.lua") if outcome(mutant.source) == outcome(source)
    ]
    assert survivors == []


def test_what_does_not_compile_has_no_mutants() -> None:
    with pytest.raises(LuaSyntaxError):
        mutants("x =")
    with pytest.raises(FidelityCrash):
        mutants("goto x")
