"""What a run of our own suite says about the node: ours and well, ours and broken, or nothing at all."""

from __future__ import annotations

from taskrunner.core.facts import Outcome, SuiteReport, TestResult
from taskrunner.runner.canary import SOURCE, SUITE, read_answers
from taskrunner.runner.pages import page_of, pages, workspace_pages


def test(name: str, **changes: object) -> TestResult:
    given: dict[str, object] = {"outcome": Outcome.PASSED, **changes}
    return TestResult(name, **given)  # type: ignore[arg-type]


test.__test__ = False  # type: ignore[attr-defined]


def test_a_node_that_answers_both_is_well() -> None:
    seen = read_answers(SuiteReport((test("test_nonce"), test("test_canary")), 2))
    assert seen is not None
    assert seen[0] is None and seen[1].code == "" and seen[1].verdict == "passes"


def test_a_wrong_nonce_is_a_wrong_node() -> None:
    wrong = test("test_nonce", outcome=Outcome.FAILED, message="'Not Found'")
    seen = read_answers(SuiteReport((wrong, test("test_canary")), 2))
    assert seen is not None and seen[0] is not None
    assert (seen[0].code, seen[0].message) == ("ENV-NODE-START", "'Not Found'")


def test_a_fault_that_the_node_names_keeps_its_name() -> None:
    account = {"code": "ENV-OTP-OLD", "message": "OTP 25"}
    wrong = test("test_nonce", outcome=Outcome.ERROR, message="OTP 25", node_failure=account)
    seen = read_answers(SuiteReport((wrong, test("test_canary")), 2))
    assert seen is not None and seen[0] is not None and seen[0].code == "ENV-OTP-OLD"


def test_our_module_that_fails_is_a_broken_node() -> None:
    broken = test("test_canary", outcome=Outcome.ERROR, error_type="NodeError")
    seen = read_answers(SuiteReport((test("test_nonce"), broken), 2))
    assert seen is not None and seen[1].code == "ENV-CANARY" and "NodeError" in seen[1].message


def test_a_run_that_did_not_ask_says_nothing_about_the_node() -> None:
    assert read_answers(SuiteReport((), 0)) is None
    assert read_answers(SuiteReport((test("test_nonce"),), 1)) is None
    assert read_answers(SuiteReport((test("test_nonce"), test("test_canary")), 2, crash="timeout")) is None


def test_the_suite_is_valid_whatever_the_nonce() -> None:
    compile(SUITE.format(nonce="a-_b", word="c", source=SOURCE), "test_node.py", "exec")


# -- pages


def test_a_page_is_found_by_its_code_and_by_its_family() -> None:
    assert (page_of("MOD-LUA-ERROR") or "").startswith("# MOD-LUA-ERROR")
    assert (page_of("MOD-RUST-E0308") or "").startswith("# MOD-RUST-COMPILE")
    assert page_of("../../errors") is None and page_of("NO-SUCH-CODE") is None
    assert "ENV-CANARY" in pages()


def test_documents_of_the_workspace_are_found_by_what_they_say(tmp_path) -> None:  # type: ignore[no-untyped-def]
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# A\n\nThe counter never goes below zero.\n\nAnother matter.\n")
    (docs / "b.md").write_text("# B\n\nNothing of it.\n")
    (docs / "c.md").write_text("The counter, and again the counter: zero.\n")
    (tmp_path / "secret.md").write_text("counter zero\n")
    (docs / "link.md").symlink_to(tmp_path / "secret.md")
    found = workspace_pages(tmp_path, ["counter", "zero"])
    assert [name for name, _ in found] == ["docs/a.md", "docs/c.md"]
    assert found[0][1] == "The counter never goes below zero."
    assert workspace_pages(tmp_path, []) == [] and workspace_pages(tmp_path / "none", ["x"]) == []
