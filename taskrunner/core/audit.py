"""Was the module right in this very test? Every message of a failed test is held against the plan's examples.

Where the test's messages begin an example, the example says what the module had to answer. Whatever the test asserts,
a module that answered all of them so has done its part, and one that did not is at fault. Knows no assertion.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from taskrunner.core.exchanges import Message, data_of, messages_by_process, outbox_of, reads_by_process
from taskrunner.core.facts import TestResult
from taskrunner.core.plan import Action, Example, Expect, Kind, Param, PlanModule, Send


@dataclass(frozen=True, slots=True)
class Audit:
    """`kept` and `broken` count answers that the plan states; `silent` those that no example states.

    `example`, `expects`, `message` and `got` are of the first broken answer, or of the last kept one.
    """

    kept: int = 0
    broken: int = 0
    silent: int = 0
    example: Example | None = None
    expects: tuple[Expect, ...] = ()
    message: Message | None = None
    got: str = ""


def audit(plan: PlanModule, failed: TestResult) -> Audit:
    """How the module's answers in this test compare with the plan's examples."""
    kept = silent = 0
    last: Audit = Audit()
    reads = reads_by_process(failed.exchanges)
    for process, messages in messages_by_process(failed.exchanges).items():
        if all(message.action is None for message in messages):
            continue  # a process that only keeps files
        fresh = messages[0].slot in (None, 1)
        for at, message in enumerate(messages):
            answer = reads.get(process, {}).get(message.slot)
            stated = list(stating(plan, messages, at)) if fresh else []
            verdicts = [(example, expects, kept_by(answer, expects, names, message.sender)) for example, expects, names
                        in stated] if answer is not None else []  # fmt: skip
            known = [each for each in verdicts if each[2] is not None]
            if not known:
                silent += answer is not None or not stated
                continue
            example, expects, _ = known[0]
            found = Audit(kept, 0, silent, example, expects, message, str(_data(answer, message.sender)))
            if not all(verdict for _, _, verdict in known):
                wrong = next(each for each in known if not each[2])
                return Audit(kept, 1, silent, wrong[0], wrong[1], message, found.got)
            kept, last = kept + 1, found
    return Audit(kept, 0, silent, last.example, last.expects, last.message, last.got)


def stating(
    plan: PlanModule, messages: list[Message], at: int
) -> Iterator[tuple[Example, tuple[Expect, ...], dict[str, str]]]:
    """The examples that begin with the messages up to `at` and say something of that one, with the names of wallets."""
    for example in plan.examples:
        if len(example.sends) <= at:
            continue
        expects = tuple(expect for expect in example.replies[at] if expect.kind is not Kind.ANY)
        names = same_conversation(example.sends[: at + 1], messages[: at + 1], plan) if expects else None
        if names is not None:
            yield example, expects, names


def same_conversation(sends: Iterable[Send], messages: Iterable[Message], plan: PlanModule) -> dict[str, str] | None:
    """The address of each wallet's name if the messages are those of an example; None if they are not.

    One name is one address throughout, and two names are two.
    """
    names: dict[str, str] = {}
    for send, message in zip(sends, messages, strict=True):
        if not same_message(send, message, plan, names):
            return None
    addresses = [address for address in names.values() if address]
    return names if len(addresses) == len(set(addresses)) else None


def same_message(send: Send, message: Message, plan: PlanModule, names: dict[str, str] | None = None) -> bool:
    """Whether a test sent what the plan's row says: action, sender, named inputs (or their defaults), data."""
    if message.action != send.action:
        return False
    names = {} if names is None else names
    if message.sender and names.setdefault(send.sender or "me", message.sender) != message.sender:
        return False
    action = plan.action(send.action)
    params = {param.name.lower(): param for param in action.params if not param.is_data} if action else {}
    named = _stated({name.lower(): value for name, value in send.tags}, params)
    sent = _stated({name: value for name, value in message.tags.items() if name in params or name in named}, params)
    if sent.keys() != named.keys() or any(not _same_value(named[name], sent[name], names) for name in sent):
        return False
    return (send.data or "") == (message.data or "") or _same_value(send.data or "", message.data or "", names)


def _stated(tags: dict[str, str], params: dict[str, Param]) -> dict[str, str]:
    """Tags without those that say only what the default says anyway."""
    return {name: value for name, value in tags.items() if name not in params or params[name].default != value}


def _same_value(wanted: str, got: str, names: dict[str, str]) -> bool:
    if wanted.startswith("@") and len(got) == 43:
        return wanted == "@self" or names.setdefault(wanted[1:], got) == got
    return wanted == got


def kept_by(results: Any, expects: tuple[Expect, ...], names: dict[str, str], sender: str) -> bool | None:
    """Whether an answer is what an example expects; None where that cannot be told."""
    verdicts = [_keeps(results, expect, names, sender) for expect in expects]
    if any(verdict is False for verdict in verdicts):
        return False
    return None if None in verdicts else True


def _keeps(results: Any, expect: Expect, names: dict[str, str], sender: str) -> bool | None:
    outbox = outbox_of(results)
    if outbox is None:
        return None
    data = _data(results, sender)
    match expect.kind:
        case Kind.DATA:
            return data is not None and str(data) == expect.text
        case Kind.JSON:
            return data is not None and (data == data_of(expect.text) or data_of(str(data)) == data_of(expect.text))
        case Kind.REGEX:
            return data is not None and re.search(expect.text, str(data)) is not None
        case Kind.ERROR:
            return str(data).startswith("error") and expect.text in str(data)
        case Kind.NONE:
            return not outbox
        case Kind.OUTBOX:
            return _sent(outbox, expect, names)
        case _:
            return None


def _sent(outbox: list[dict[str, Any]], expect: Expect, names: dict[str, str]) -> bool | None:
    """Whether the outbox holds the message that an example names."""
    target = names.get(expect.target[1:]) if expect.target.startswith("@") else expect.target
    if not target:
        return None
    wanted = {"target": target, **{name.lower(): _address(value, names) for name, value in expect.tags}}
    return any(all(str(message.get(name)) == value for name, value in wanted.items()) for message in outbox)


def _address(value: str, names: dict[str, str]) -> str:
    return names.get(value[1:], value) if value.startswith("@") else value


def _data(results: Any, sender: str) -> Any:
    """The data of the message to the sender, else of the first."""
    outbox = outbox_of(results) or []
    mine = [message for message in outbox if message.get("target") == sender]
    return next((message.get("data") for message in mine or outbox), None)


def needed_inputs(action: Action) -> list[Param]:
    """The inputs that an action cannot do without."""
    return [param for param in action.params if not (param.is_data or param.optional or param.default is not None)]
