"""Replays the requests that a failed test recorded, on fresh nodes whose time and randomness differ.

If the module answers the same messages in two ways, the module is not deterministic; if it does not, the test is flaky.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taskrunner.core.case import Case, Experiment, Observation
from taskrunner.core.exchanges import reply_text
from taskrunner.core.facts import Exchange
from taskrunner.core.fingerprint import without_ids

if TYPE_CHECKING:
    from taskrunner.client import HB
    from taskrunner.runner.context import Run

DAY = 86_400.0


def replay_twice(run: Run, case: Case) -> Observation:
    """Two replays, a day apart and with other random numbers; facts["differs"] says whether answers did."""
    exchanges = case.failed.exchanges if case.failed else ()
    first = replay(run, exchanges, shift=0.0, seed=1)
    second = replay(run, exchanges, shift=DAY * 1.37, seed=2)
    differing = [at for at, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]]
    if not differing:
        detail = f"{len(first)} recorded messages got the same answers twice"
        return Observation(Experiment.REPLAY, "same", detail, facts={"differs": False})
    at = differing[0]
    detail = f"message {at + 1} got {first[at]!r}, then {second[at]!r}"
    return Observation(Experiment.REPLAY, "differs", detail, facts={"differs": True})


def replay(run: Run, exchanges: tuple[Exchange, ...], shift: float, seed: int) -> list[str]:
    """Every answer to the recorded messages, ids taken out; processes are spawned anew."""
    from taskrunner.backends import HyperBEAM
    from taskrunner.errors import TaskrunnerError
    from taskrunner.runner.canary import wallet_of

    numbers = random.Random(seed)
    answers = []
    with HyperBEAM(
        reset=True,
        jwk=wallet_of(run),
        dialect=run.settings.dialect,
        clock=lambda: time.time() + shift,
        random=numbers.randbytes,
    ) as hbeam:
        spawned: dict[str, Any] = {}
        spawn = spawner(run, hbeam.hb)
        for each in exchanges:
            if each.sent.get("kind") != "schedule":
                continue
            name = str(each.sent.get("process", ""))
            try:
                if name not in spawned:
                    spawned[name] = spawn()
                answers.append(_ask(hbeam.hb, spawned[name], each, wasm=run.is_wasm))
            except TaskrunnerError as error:
                answers.append(f"{error.code}: {error.message}")
    return answers


def spawner(run: Run, hb: HB) -> Callable[[], str]:
    """Gives fresh processes of the task's module; of a script, HyperAOS processes that have evaluated it."""
    source = run.source.read_bytes()
    if run.is_aos:
        from taskrunner.client import AO

        ao = AO(hb=hb, root=run.workspace.root, push=False)
        return lambda: ao.deploy(source.decode("utf-8", "surrogateescape")).pid
    if run.is_wasm:
        from taskrunner.modules.rust import artefact

        image = hb.cache_binary(artefact(run.source).read_bytes())
        return lambda: str(hb.spawn_aos(image)["pid"])
    module = hb.cache_script(source)
    tags = {"data-protocol": "ao", "execution-device": "lua@5.3a", "module": module}
    return lambda: str(hb.spawn(tags)["pid"])


def _ask(hb: Any, pid: str, exchange: Exchange, *, wasm: bool) -> str:
    tags = {name: value for name, value in dict(exchange.sent.get("tags") or {}).items() if name.lower() != "action"}
    action = next((v for n, v in dict(exchange.sent.get("tags") or {}).items() if n.lower() == "action"), "")
    more = {} if exchange.sent.get("data") is None else {"data": exchange.sent["data"]}
    slot = hb.schedule_lua(pid=pid, action=action, tags=tags, **more)["slot"]
    got = {"outbox": hb.compute_aos(pid=pid, slot=slot)} if wasm else hb.compute_lua(pid=pid, slot=slot)
    return without_ids(str(reply_text(got) if reply_text(got) is not None else got))


FRESH = """\
\"\"\"Written by taskrunner from the last message of a failed test: what does a fresh process answer to it?\"\"\"

MODULE = {module!r}


def test_fresh(module):
    assert module.spawn().send({action!r}, {tags!r}, {data!r}).results is not None
"""


def fresh_reply(run: Run, case: Case) -> str | None:
    """What a fresh process answers to the last message of the failed test; None if that cannot be asked."""
    from taskrunner.runner.suites import run_suite

    sent = [each for each in (case.failed.exchanges if case.failed else ()) if each.sent.get("kind") == "schedule"]
    asked = [each for each in sent if each.sent.get("process") == sent[-1].sent.get("process")] if sent else []
    if len(asked) < 2:
        return None
    tags = dict(asked[-1].sent.get("tags") or {})
    action = next((tags.pop(name) for name in list(tags) if name.lower() == "action"), "")
    folder = run.journal.run_dir(run.notes["run"]) / "fresh"
    folder.mkdir(parents=True, exist_ok=True)
    suite = folder / "test_fresh.py"
    text = FRESH.format(module=run.shown(run.source), action=action, tags=tags, data=asked[-1].sent.get("data"))
    suite.write_text(text, encoding="utf-8")
    report = run_suite(run, folder, suite=suite)
    said = [reply_text(each.got) for result in report.results for each in result.exchanges]
    return next((text for text in reversed(said) if text is not None), None)
