"""Is the node ours and well? A nonce that only this process knows, and our own known-good module, on the user's node.

If our module fails there, the node is broken and nobody's module is. Both questions are asked in a suite of ours, where
suites run; if that cannot be (a conftest.py of the user's that breaks every run), from here.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from taskrunner.core.case import Experiment, Observation
from taskrunner.core.facts import Outcome, SuiteReport, TestResult

if TYPE_CHECKING:
    from taskrunner.backends import HyperBEAM
    from taskrunner.runner.context import Run
    from taskrunner.wire import Wallet

SOURCE = """
-- A module that cannot be wrong: it says what it was sent.
function compute(base, req, opts)
  local body = req.body or {}
  local echo = body.Echo or body.echo or ""
  base.results = { outbox = { ["1"] = { target = "canary", data = echo } }, output = { data = echo } }
  return base
end
"""

SUITE = '''\
"""Written by taskrunner from nothing of yours: asks the node for a nonce, and our own module for an answer."""


def test_nonce(hb):
    assert "{nonce}" in str(hb.get_text("/~message@1.0&nonce={nonce}/nonce"))


def test_canary(hb):
    module = hb.cache_script({source!r})
    pid = hb.spawn_lua(module)["pid"]
    slot = hb.schedule_lua(pid=pid, action="Echo", tags={{"Echo": "{word}"}})["slot"]
    assert hb.compute_lua(pid=pid, slot=slot)["output"]["data"] == "{word}"
'''

Seen = tuple[Observation | None, Observation]


def look_at_node(run: Run, anew: bool = False) -> Seen:
    """What is wrong with the node itself (None: nothing), and how our module fared; once per process is enough."""
    known = run.notes.get("node")
    if known is None or anew:
        known = run.notes["node"] = _in_a_suite(run) or _from_here(run)
    found: Seen = known
    return found


def node_fault(run: Run, anew: bool = False) -> Observation | None:
    """Whether a node of ours starts and gives back our own nonce."""
    return look_at_node(run, anew)[0]


def try_canary(run: Run, anew: bool = False) -> Observation:
    """Our own module, cached, spawned, asked and read; code ENV-CANARY if any of it goes wrong."""
    return look_at_node(run, anew)[1]


def _in_a_suite(run: Run) -> Seen | None:
    """Both questions in one run of a suite; None if that run says nothing about the node."""
    from taskrunner.runner.suites import run_suite

    number = run.notes.get("run") or run.journal.new_run()
    run.notes["run"] = number
    folder = run.journal.run_dir(number) / "node"
    folder.mkdir(parents=True, exist_ok=True)
    suite = folder / "test_node.py"
    nonce, word = secrets.token_urlsafe(24), secrets.token_hex(8)
    suite.write_text(SUITE.format(nonce=nonce, word=word, source=SOURCE), encoding="utf-8")
    return read_answers(run_suite(run, folder, suite=suite))


def read_answers(report: SuiteReport) -> Seen | None:
    """The two answers of the suite; None if it did not come as far as asking."""
    found = {result.id: result for result in report.results}
    if report.crash or not {"test_nonce", "test_canary"} <= found.keys():
        return None
    nonce, canary = found["test_nonce"], found["test_canary"]
    fault = None if nonce.outcome is Outcome.PASSED else _wrong_node(_words(nonce), _code(nonce))
    return fault, _passes() if canary.outcome is Outcome.PASSED else _broken(_words(canary))


def _from_here(run: Run) -> Seen:
    """The same questions in this process."""
    from taskrunner.core.exchanges import reply_text
    from taskrunner.errors import TaskrunnerError

    nonce, word = secrets.token_urlsafe(24), secrets.token_hex(8)
    fault: Observation | None = None
    try:
        with node_of(run) as hbeam:
            hb = hbeam.hb
            answer = str(hb.get_text(f"/~message@1.0&nonce={nonce}/nonce"))
            if nonce not in answer:
                fault = _wrong_node(f"the node answered {answer[:80]!r} instead of our nonce", "")
            pid = hb.spawn_lua(hb.cache_script(SOURCE))["pid"]
            slot = hb.schedule_lua(pid=pid, action="Echo", tags={"Echo": word})["slot"]
            said = reply_text(hb.compute_lua(pid=pid, slot=slot))
    except TaskrunnerError as error:
        node = error.code.startswith("ENV-")
        return _wrong_node(error.message, error.code) if node else fault, _broken(str(error))
    return fault, _passes() if said == word else _broken(f"it answered {said!r} instead of {word!r}")


def node_of(run: Run) -> HyperBEAM:
    """The kind of node that the suite runs on."""
    from taskrunner.backends import HyperBEAM

    node = run.settings.node
    return HyperBEAM(
        reset=True,
        jwk=wallet_of(run),
        backend=node.backend,
        url=node.url or None,
        root=run.workspace.root,
        dialect=run.settings.dialect,
        seconds=node.start_seconds,
    )


def wallet_of(run: Run) -> Wallet:
    """The wallet that signs for the workspace."""
    from taskrunner.project import workspace_wallet

    return workspace_wallet(run.workspace, "me", bits=2048)


def _passes() -> Observation:
    return Observation(Experiment.CANARY, "passes", "our own module was cached, spawned and answered rightly")


def _broken(words: str) -> Observation:
    detail = f"our canary module failed: {words}"
    return Observation(Experiment.CANARY, "fails", detail, code="ENV-CANARY", message=detail)


def _wrong_node(words: str, code: str) -> Observation:
    code = code if code.startswith("ENV-") else "ENV-NODE-START"
    return Observation(Experiment.MACHINE, code, words, code=code, message=words)


def _code(result: TestResult) -> str:
    return str((result.node_failure or {}).get("code", ""))


def _words(result: TestResult) -> str:
    return result.message or result.error_type or str(result.outcome)
