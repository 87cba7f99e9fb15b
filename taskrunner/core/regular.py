"""Does a module answer one message as it answers the messages next to it?

Whoever asks varies the numbers of a failed test's messages; here the answers are held against each other. A count that
grows by one with every message and then is no number, or a sum that is one short only from some amount on, is a fault
of the module that no example of the plan needs to name. A bend (a floor, a largest value) is none, nor is a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
SMALL = (1, 2, 3)


def number(text: str | None) -> float | None:
    """The number that an answer is; None if it is another text."""
    return float(text) if text is not None and _NUMBER.fullmatch(text) else None


def irregular(facts: Mapping[str, Any]) -> str | None:
    """What is out of line, in words; None if nothing is.

    `facts` is what the experiment saw: "told" (one text for each message), "asked" (the same), and "probes", each with
    "message" (an index), "tag", "value" and "answers" ({value: the answers to all messages}).
    """
    asked, told = facts.get("asked", ()), facts.get("told", ())
    return _series(asked, told) or next((words for probe in facts.get("probes", ()) if (words := _probe(probe))), None)


def _series(asked: Sequence[str], told: Sequence[str | None]) -> str | None:
    """The same message over and over: its answers are numbers with equal steps, and one is not."""
    by_action: dict[str, list[str | None]] = {}
    for action, answer in zip(asked, told, strict=False):
        by_action.setdefault(action, []).append(answer)
    for action, answers in by_action.items():
        numbers = [number(answer) for answer in answers]
        begin = numbers[:3]
        if len(numbers) < 4 or None in begin:
            continue
        step = (begin[1] or 0) - (begin[0] or 0)
        if (begin[2] or 0) - (begin[1] or 0) != step:
            continue
        for at in range(3, len(numbers)):
            if numbers[at] is None and not refuses(answers[at]):
                first = ", ".join(map(str, answers[:3]))
                return f"{action} got {first} and so on, and {answers[at]!r} the {at + 1}th time"
    return None


def _probe(probe: Mapping[str, Any]) -> str | None:
    value = int(probe["value"])
    answers: Mapping[int, Sequence[str | None]] = probe["answers"]
    pattern = [refuses(answer) for answer in answers.get(value, ())]  # a refusal elsewhere makes another story of it
    answers = {each: row for each, row in answers.items() if [refuses(answer) for answer in row] == pattern}
    for at in range(int(probe["message"]), len(answers.get(value, ()))):
        said = {number_: row[at] for number_, row in answers.items() if at < len(row)}
        if _out_of_line(value, said):
            words = ", ".join(f"{said[each]} for {each}" for each in (*SMALL[:2], value - 1, value, value + 1))
            return f"message {at + 1} gets {words} (as {probe['tag']} of message {int(probe['message']) + 1})"
    return None


def _out_of_line(value: int, said: Mapping[int, str | None]) -> bool:
    """Whether the answer for a value fits neither its neighbours nor the line of the small values."""
    around = [number(said.get(each)) for each in (value - 1, value + 1)]
    small = [number(said.get(each)) for each in SMALL]
    here = number(said.get(value))
    if around[0] is None or None in small or value in SMALL:
        return False
    if here is None:
        return not refuses(said.get(value))
    if around[1] is None:
        return False
    first, second, third, before, after = (float(each or 0) for each in (*small, *around))
    slack = 0.011 if any("." in (text or "") for text in said.values()) else 0.0
    step, near = second - first, (after - before) / 2
    if abs((third - second) - step) > slack * 2 or abs(near - step) > slack * 2:
        return False
    alone = abs(here - (before + after) / 2) > slack * 2
    shifted = step != 0 and abs(here - first - step * (value - 1)) > slack * value
    return alone or shifted


def refuses(answer: str | None) -> bool:
    """Whether an answer is a refusal, which may begin anywhere."""
    return answer is None or answer.lower().startswith("error")
