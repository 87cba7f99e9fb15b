"""Legacy exception handling, rewritten and run: every form, nested, with values, branches and parameters."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from taskrunner.wasm import Instance, Trap, read
from taskrunner.wasm.transform import transform

PROLOGUE = """(module (memory (export "memory") i64 1)
  (tag $e (param i64)) (tag $f) (tag $two (param i64 i32))
  (func $throw (param i64) (throw $e (local.get 0)))
  (func (export "t") (param i64) (result i64) (local i64)
    {body}))"""


@pytest.fixture
def run(assemble: Callable[[str], bytes]) -> Callable[[str, int], int | float]:
    def call(body: str, argument: int = 0) -> int | float:
        with Instance.start(assemble(PROLOGUE.format(body=body)), cache=None) as instance:
            return instance.call("t", [argument])[0]

    return call


Run = Callable[..., int]


def test_a_caught_value_comes_back(run: Run) -> None:
    assert run("try (result i64) i64.const 7 call $throw i64.const 1 catch $e end") == 7


def test_a_body_without_an_exception_gives_its_result(run: Run) -> None:
    assert run("try (result i64) i64.const 1 catch $e catch_all i64.const 3 end") == 1


@pytest.mark.parametrize(("argument", "expected"), [(0, 10), (1, 20), (2, 30), (3, 40)])
def test_the_first_clause_that_fits_answers(run: Run, argument: int, expected: int) -> None:
    body = """try (result i64)
        (if (i64.eq (local.get 0) (i64.const 1)) (then (throw $e (i64.const 20))))
        (if (i64.eq (local.get 0) (i64.const 2)) (then (throw $two (i64.const 30) (i32.const 1))))
        (if (i64.eq (local.get 0) (i64.const 3)) (then (throw $f)))
        i64.const 10
      catch $e
      catch $two drop
      catch_all i64.const 40
      end"""
    assert run(body, argument) == expected


def test_branches_out_of_body_and_handler_find_their_blocks(run: Run) -> None:
    body = """block $out (result i64)
        block $skip
          try
            block local.get 0 i64.const 1 i64.eq br_if $skip end
            i64.const 5 call $throw
          catch $e
            br $out
          end
          unreachable
        end
        i64.const 100
      end"""
    assert run(body, 0) == 5
    assert run(body, 1) == 100


def test_br_table_counts_its_labels_anew(run: Run) -> None:
    body = """block $a
        block $b
          try local.get 0 i32.wrap_i64 br_table $b $a $b catch_all end
        end
        i64.const 1 return
      end
      i64.const 2"""
    assert run(body, 0) == 1
    assert run(body, 1) == 2


def test_a_branch_to_the_try_itself_ends_it(run: Run) -> None:
    assert run("try $t (result i64) i64.const 8 br $t catch $e end") == 8
    assert run("try $t (result i64) i64.const 1 call $throw i64.const 0 catch $e br $t end") == 1


def test_inner_exceptions_pass_to_the_outer_try(run: Run) -> None:
    body = """try (result i64)
        try (result i64) i64.const 9 call $throw i64.const 0 catch $f i64.const 1 end
      catch $e
      end"""
    assert run(body) == 9


def test_a_try_inside_a_handler(run: Run) -> None:
    body = """try (result i64) i64.const 4 call $throw i64.const 0
      catch $e
        local.set 1
        try (result i64) local.get 1 i64.const 1 i64.add call $throw i64.const 0 catch $e end
      end"""
    assert run(body) == 5


def test_rethrow_keeps_the_value_that_wamr_would_lose(run: Run) -> None:
    body = """try (result i64)
        try (result i64) i64.const 5 call $throw i64.const 0 catch $e drop rethrow 0 end
      catch $e
      end"""
    assert run(body) == 5


def test_rethrow_from_a_block_inside_a_catch_all(run: Run) -> None:
    body = """try (result i64)
        try (result i64) i64.const 5 call $throw i64.const 0 catch_all block rethrow 1 end i64.const 1 end
      catch $e
      end"""
    assert run(body) == 5


def test_delegate_hands_to_the_named_try(run: Run) -> None:
    body = """try $outer (result i64)
        try (result i64)
          try i64.const 6 call $throw delegate $outer
          i64.const 0
        catch $e i64.const 100 i64.add
        end
      catch $e
      end"""
    assert run(body) == 6


def test_delegate_to_a_block_hands_to_the_try_around_it(run: Run) -> None:
    body = """try (result i64)
        block $plain
          try i64.const 6 call $throw delegate $plain
        end
        i64.const 0
      catch $e i64.const 1 i64.add
      end"""
    assert run(body) == 7


def test_delegate_from_a_handler_passes_the_try_that_is_handled(run: Run) -> None:
    body = """try (result i64)
        try $handled (result i64) i64.const 1 call $throw i64.const 0
        catch $e drop
          try i64.const 6 call $throw delegate $handled
          i64.const 0
        end
      catch $e
      end"""
    assert run(body) == 6


def test_delegate_to_the_caller_leaves_the_function(run: Run) -> None:
    with pytest.raises(Trap) as caught:
        run("try i64.const 6 call $throw delegate 0 i64.const 1")
    assert caught.value.message == "Exception: uncaught wasm exception"
    assert run("try nop delegate 0 i64.const 1") == 1


def test_a_try_without_clauses_is_a_block(run: Run) -> None:
    assert run("try (result i64) i64.const 3 end") == 3


def test_a_try_may_take_parameters(run: Run) -> None:
    assert run("i64.const 40 try (param i64) (result i64) i64.const 2 i64.add catch $e end") == 42
    assert run("i64.const 40 try (param i64) (result i64) call $throw i64.const 2 catch $e end") == 40


def test_an_uncaught_exception_is_a_trap_in_wamrs_words(run: Run) -> None:
    with pytest.raises(Trap) as caught:
        run("i64.const 1 call $throw i64.const 0")
    assert caught.value.message == "Exception: uncaught wasm exception"


def test_an_image_that_needs_nothing_stays_as_it_is(assemble: Callable[[str], bytes]) -> None:
    image = assemble(
        """(module (memory (export "memory") i64 1) (func (export "malloc") (param i64) (result i64) (memory.size))
          (func (export "free") (param i64)))"""
    )
    assert transform(read(image)) is image


def test_an_imported_tag_becomes_one_of_its_own(assemble: Callable[[str], bytes]) -> None:
    image = assemble(
        """(module (import "m" "n" (tag $t (param i64))) (tag $own)
          (func (export "t") (result i64) try (result i64) i64.const 3 throw $t catch $t end))"""
    )
    with Instance.start(image, cache=None) as instance:
        assert instance.call("t") == [3]
