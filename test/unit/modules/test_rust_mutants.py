"""Small faults in Rust source: where they are, what they say, and what is left alone."""

from __future__ import annotations

import pytest

from taskrunner.modules.rust.mutants import mutants_of

SOURCE = """//! 1 + 1 == 2
#![no_std]
fn run(message: &Message, state: &mut State, reply: &mut Reply) -> Result<(), Problem> {
    match message.action() {
        "Inc" => inc(message),
        _ => Err(Problem::new("a < b && true", "3")),
    }
    /* state.count += 1; */
    state.count += amount; // 5 + 5
    if state.count < 10 && !done {
        reply.answer_int(state.count.checked_add(2));
    }
    let byte = b'1';
}
"""


def places() -> list[tuple[int, str, str, str]]:
    return [(each.line, each.kind, each.before, each.after) for each in mutants_of(SOURCE)]


def test_every_kind_at_its_place() -> None:
    assert places() == [
        (5, "text", "Inc", "Inc?"),
        (9, "statement", "state.count += amount;", ""),
        (9, "arithmetic", "+=", "-="),
        (10, "comparison", "<", "<="),
        (10, "constant", "10", "11"),
        (10, "logic", "&&", "||"),
        (11, "statement", "reply.answer_int(state.count.checked_add(2));", ""),
        (11, "arithmetic", "checked_add", "checked_sub"),
        (11, "constant", "2", "3"),
    ]


def test_each_source_differs_in_its_one_place() -> None:
    for mutant in mutants_of(SOURCE):
        lines, changed = SOURCE.splitlines(), mutant.source.splitlines()
        differing = [number for number, pair in enumerate(zip(lines, changed, strict=True), 1) if pair[0] != pair[1]]
        assert differing == [mutant.line]
        row = lines[mutant.line - 1]
        assert row[mutant.column - 1 :].startswith(mutant.before)


@pytest.mark.parametrize(
    "text", ["", "// 1 + 1\n", "#[repr(align(8))]\nstruct A<const N: usize>;\n", 'let a = "1 + 1";']
)
def test_nothing_to_break(text: str) -> None:
    assert mutants_of(text) == []
