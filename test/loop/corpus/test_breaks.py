"""Breaks of suites. The module is good and keeps its plan; only the user's own suite is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.build import Break, Built, Case
from corpus.worlds import COUNTER, LEDGER, NOTES, WORLDS, World

SEND = {"counter": 'process.send("Inc")', "ledger": 'process.send("Mint", Name="ann", Quantity="1")',
        "notes": 'process.send("Add", Text="milk")'}  # fmt: skip


def syntax(built: Built) -> None:
    built.replace(built.suite, "def test_counts(process):", "def test_counts(process)")


def indentation(built: Built) -> None:
    built.suite.write_text(built.suite.read_text() + "\n  assert True\n")


def unknown_import(built: Built) -> None:
    built.replace(built.suite, "import pytest", "import pytest\nimport nothing_like_this")


def wrong_name(built: Built) -> None:
    built.replace(built.suite, "import pytest", "import pytest\nfrom taskrunner import HyperBeam")


def unknown_fixture(built: Built) -> None:
    built.replace(built.suite, "def test_counts(process):", "def test_counts(process, nodes):")


def nothing_collected(built: Built) -> None:
    built.suite.write_text(built.suite.read_text().replace("def test_", "def check_"))


def undefined_name(built: Built) -> None:
    built.replace(built.suite, "def test_counts(process):", "def test_counts(process):\n    proces.send('Get')")


def wrong_key(built: Built) -> None:
    built.replace(
        built.suite,
        "def test_counts(process):",
        f"def test_counts(process):\n    assert {SEND[built.world.name]}.results['Data']",
    )


def contradicts(built: Built) -> None:
    wrong = {"counter": ('.data == "2"', '.data == "4"'), "ledger": ('.data == "15"', '.data == "5"'),
             "notes": ('.data == "bread"', '.data == "milk"')}  # fmt: skip
    built.replace(built.suite, *wrong[built.world.name])


def wrong_start(built: Built) -> None:
    built.replace(built.suite, '.data == "0"', '.data == "1"')


def wrong_error(built: Built) -> None:
    built.replace(built.suite, '"unknown action" in', '"no such thing" in')


def wrong_slot(built: Built) -> None:
    lines = {
        "counter": ['hb.schedule_lua(pid=pid, action="Inc")'] * 3,
        "ledger": ['hb.schedule_lua(pid=pid, action="Mint", tags={"Name": "ann", "Quantity": "1"})'] * 2,
        "notes": ['hb.schedule_lua(pid=pid, action="Add", tags={"Text": "milk"})'] * 2,
    }[built.world.name]
    expected = len(lines)
    body = "\n    ".join(lines)
    built.suite.write_text(
        built.suite.read_text()
        + f"\n\ndef test_by_hand(hb, module):\n    pid = hb.spawn_lua(module.id)['pid']\n    {body}\n"
        f"    result = hb.compute_lua(pid=pid, slot={expected - 1})\n"
        f"    assert result['outbox']['1']['data'] == '{expected}'\n"
    )


def future_slot(built: Built) -> None:
    built.suite.write_text(
        built.suite.read_text()
        + "\n\ndef test_by_hand(hb, module):\n    pid = hb.spawn_lua(module.id)['pid']\n"
        + '    hb.schedule_lua(pid=pid, action="Get")\n    result = hb.compute_lua(pid=pid, slot=7)\n'
        + "    assert result['outbox']['1']['data'] == '0'\n"
    )


def wrong_action(built: Built) -> None:
    names = {
        "counter": ('"Inc").data == "1"', '"Increment").data == "1"'),
        "ledger": ('"Balance", Name="ann").data == "1"', '"Balances", Name="ann").data == "1"'),
        "notes": ('"Last").data', '"Latest").data'),
    }
    built.replace(built.suite, *names[built.world.name])


def lower_case_action(built: Built) -> None:
    names = {"counter": ('send("Get")', 'send("get")'), "ledger": ('send("Total")', 'send("total")'),
             "notes": ('send("Count")', 'send("count")')}  # fmt: skip
    built.replace(built.suite, *names[built.world.name])


def shared_process(built: Built) -> None:
    shared = {
        "counter": 'assert SHARED[0].send("Get").data == "0"',
        "ledger": 'assert SHARED[0].send("Balance", Name="ann").data == "0"',
        "notes": 'assert SHARED[0].send("Count").data == "0"',
    }[built.world.name]
    built.suite.write_text(
        built.suite.read_text()
        + "\n\nSHARED = []\n\n\n@pytest.fixture\ndef shared(module):\n"
        + "    if not SHARED:\n        SHARED.append(module.spawn())\n    return SHARED[0]\n"
        + f"\n\ndef test_first_of_two(shared):\n    process = shared\n    assert {SEND[built.world.name]}.data == '1'\n"
        + f"\n\ndef test_second_of_two(shared):\n    {shared}\n"
    )


def order(built: Built) -> None:
    built.suite.write_text(
        built.suite.read_text()
        + "\n\nSEEN = []\n\n\ndef test_leaves_something(process):\n    SEEN.append(1)\n    assert SEEN\n"
        + f"\n\ndef test_wants_a_clean_place(process):\n    {SEND[built.world.name]}\n    assert SEEN == []\n"
    )


ASK = {"counter": 'process.send("Get")', "ledger": 'process.send("Total")', "notes": 'process.send("Count")'}


def begins(built: Built, *lines: str) -> None:
    """Put lines at the beginning of one test."""
    body = "".join(f"    {line}\n" for line in lines)
    built.replace(built.suite, "def test_counts(process):\n", f"def test_counts(process):\n{body}")


def flaky_random(built: Built) -> None:
    begins(built, "import random", ASK[built.world.name], "drawn = random.random()", "assert drawn > 2, drawn")


def flaky_time(built: Built) -> None:
    begins(built, "import time", ASK[built.world.name], "assert time.time_ns() == 0")


def alternates(built: Built) -> None:
    """Fails every other time, by a file outside of the workspace's own state."""
    mark = built.root.parent / f"{built.root.name}.mark"
    begins(
        built,
        "from pathlib import Path",
        f"mark = Path({str(mark)!r})",
        ASK[built.world.name],
        "there = mark.exists()",
        "mark.unlink() if there else mark.touch()",
        "assert there",
    )


def hangs(built: Built) -> None:
    built.settings.write_text("[limits]\nsuite_seconds = 3\n")
    built.replace(built.suite, "def test_counts(process):", "def test_counts(process):\n    while True: pass")


def sleeps(built: Built) -> None:
    built.settings.write_text("[limits]\nsuite_seconds = 3\n")
    more = "def test_counts(process):\n    import time\n\n    time.sleep(600)"
    built.replace(built.suite, "def test_counts(process):", more)


def exits(built: Built) -> None:
    built.replace(
        built.suite, "def test_counts(process):", "def test_counts(process):\n    import os\n\n    os._exit(0)"
    )


def kills_itself(built: Built) -> None:
    more = "def test_counts(process):\n    import os\n\n    os.kill(os.getpid(), 9)"
    built.replace(built.suite, "def test_counts(process):", more)


def no_assertion(built: Built) -> None:
    head = built.suite.read_text().partition("def test_")[0]
    built.suite.write_text(head + f"def test_runs(process):\n    {SEND[built.world.name]}\n")


def divides(built: Built) -> None:
    built.replace(built.suite, "def test_counts(process):", "def test_counts(process):\n    assert 1 / 0")


def opens_missing(built: Built) -> None:
    more = "def test_counts(process):\n    expected = open('expected.txt').read()\n    assert expected"
    built.replace(built.suite, "def test_counts(process):", more)


ROWS: list[tuple[str, Break, tuple[str, ...], tuple[World, ...]]] = [
    ("syntax", syntax, ("TEST-SYNTAX",), (COUNTER, LEDGER)),
    ("indentation", indentation, ("TEST-SYNTAX",), (NOTES,)),
    ("import", unknown_import, ("TEST-IMPORT",), (COUNTER, NOTES)),
    ("wrong-name", wrong_name, ("TEST-IMPORT",), (LEDGER,)),
    ("fixture", unknown_fixture, ("TEST-FIXTURE",), (COUNTER, LEDGER)),
    ("nothing-collected", nothing_collected, ("TEST-EMPTY",), (COUNTER, NOTES)),
    ("undefined-name", undefined_name, ("TEST-RAISED",), (NOTES, LEDGER)),
    ("wrong-key", wrong_key, ("TEST-RAISED",), (COUNTER, LEDGER)),
    ("contradicts", contradicts, ("TEST-CONTRADICTS-PLAN",), WORLDS),
    ("wrong-start", wrong_start, ("TEST-CONTRADICTS-PLAN",), WORLDS),
    ("wrong-error", wrong_error, ("TEST-CONTRADICTS-PLAN",), WORLDS),
    ("wrong-slot", wrong_slot, ("TEST-WRONG-SLOT",), WORLDS),
    ("future-slot", future_slot, ("TEST-WRONG-SLOT",), (COUNTER,)),
    ("wrong-action", wrong_action, ("TEST-WRONG-ACTION",), WORLDS),
    ("lower-case-action", lower_case_action, ("TEST-WRONG-ACTION",), WORLDS),
    ("shared-process", shared_process, ("TEST-SHARED-STATE",), WORLDS),
    ("order", order, ("TEST-ORDER",), WORLDS),
    ("flaky-random", flaky_random, ("TEST-FLAKY",), (COUNTER, LEDGER)),
    ("flaky-time", flaky_time, ("TEST-FLAKY",), (NOTES, COUNTER)),
    ("alternates", alternates, ("TEST-FLAKY",), (COUNTER, NOTES)),
    ("hangs", hangs, ("TEST-HANG",), (COUNTER,)),
    ("sleeps", sleeps, ("TEST-HANG",), (LEDGER,)),
    ("exits", exits, ("TEST-CRASH",), (COUNTER, NOTES)),
    ("kills-itself", kills_itself, ("TEST-CRASH",), (LEDGER,)),
    ("no-assertion", no_assertion, ("TEST-NO-ASSERTION",), (COUNTER, LEDGER)),
    ("divides", divides, ("TEST-RAISED",), (NOTES,)),
    ("opens-missing", opens_missing, ("TEST-RAISED",), (COUNTER,)),
]


def cases() -> Iterator[Case]:
    from corpus.build import spread

    yield from spread("test", ROWS, own=True)
