"""The messages of a failed test with other numbers in them, asked of the module itself on a node of ours.

What comes back is for `core.regular` to weigh. At most a few hundred messages are sent, within a few seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from taskrunner.core.case import Case, Experiment, Observation
from taskrunner.core.exchanges import Message, conversation, reply_text
from taskrunner.core.regular import SMALL, irregular

if TYPE_CHECKING:
    from taskrunner.runner.context import Run

SECONDS = 4.0
LONGEST = 40  # messages of a test
WIDEST = 8  # numbers that are varied


def ask_the_neighbours(run: Run, case: Case) -> Observation:
    """facts: "asked", "told" and "probes" as `core.regular` wants them."""
    talk = conversation(case.failed) if case.failed else None
    messages = [message for message in talk.messages if message.action is not None] if talk else []
    if not messages or len(messages) > LONGEST or messages[0].slot not in (None, 1):
        return Observation(Experiment.NEIGHBOURS, "silent", "there are no messages that could be varied")
    from taskrunner.backends import HyperBEAM
    from taskrunner.runner.canary import wallet_of
    from taskrunner.runner.replay import spawner

    until = time.monotonic() + SECONDS
    with HyperBEAM(reset=True, jwk=wallet_of(run), dialect=run.settings.dialect) as hbeam:
        clients = clients_of(run, hbeam, {message.sender for message in messages})
        if clients is None:
            return Observation(
                Experiment.NEIGHBOURS, "silent", "the messages were signed by wallets of the suite's own"
            )
        spawn = spawner(run, hbeam.hb)

        def ask(varied: Iterable[Message]) -> list[str | None]:
            return told(clients, spawn(), varied, wasm=run.is_wasm)

        facts: dict[str, Any] = {"asked": [message.action for message in messages], "told": ask(messages)}
        facts["probes"] = list(probes(messages, ask, lambda: time.monotonic() < until))
    words = irregular(facts)
    detail = words or f"{len(facts['probes'])} numbers varied: the answers are in line"
    return Observation(Experiment.NEIGHBOURS, "out of line" if words else "in line", detail, facts=facts)


def probes(
    messages: list[Message], ask: Callable[[list[Message]], list[str | None]], in_time: Callable[[], bool]
) -> Iterable[dict[str, Any]]:
    """Every whole number in the messages' tags, with small ones and its neighbours in its place."""
    numbers = [(at, name, text) for at, message in enumerate(messages) for name, text in message.tags.items()]
    for at, name, text in [each for each in numbers if each[2].isdigit() and len(each[2]) < 10][-WIDEST:]:
        value, answers = int(text), {}
        for other in dict.fromkeys((value, value - 1, value + 1, *SMALL)):
            if not in_time():
                return
            changed = replace(messages[at], tags={**messages[at].tags, name: str(other)})
            answers[other] = ask([*messages[:at], changed, *messages[at + 1 :]])
        yield {"message": at, "tag": name, "value": value, "answers": answers}


def clients_of(run: Run, hbeam: Any, senders: set[str]) -> dict[str, Any] | None:
    """A client for each address that signed; None where a key is not ours to use."""
    if len(senders) == 1:
        return {next(iter(senders)): hbeam.hb}
    from taskrunner.project import workspace_wallet

    names = [path.stem.removesuffix("-2048") for path in run.workspace.state("wallets").glob("*-2048.json")]
    keys = [workspace_wallet(run.workspace, name) for name in names]
    found = {str(key.address): hbeam.client(key) for key in keys if str(key.address) in senders}
    return found if found.keys() >= senders else None


def told(clients: dict[str, Any], pid: str, messages: Iterable[Message], *, wasm: bool) -> list[str | None]:
    """The answer to each message, as text; None where the slot failed."""
    from taskrunner.errors import TaskrunnerError

    found: list[str | None] = []
    for message in messages:
        hb = clients[message.sender]
        more = {} if message.data is None else {"data": message.data}
        try:
            slot = hb.schedule_lua(pid=pid, action=message.action, tags=message.tags, **more)["slot"]
            got = {"outbox": hb.compute_aos(pid=pid, slot=slot)} if wasm else hb.compute_lua(pid=pid, slot=slot)
        except TaskrunnerError:
            found.append(None)
            continue
        found.append(reply_text(got))
    return found
