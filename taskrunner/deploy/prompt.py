"""A conversation with one process: each line is a command, each answer is text. Knows a client, no terminal.

prompt = Prompt(hb, pid)
prompt.execute("send Inc Amount=5")      # ["slot 1", "Data: 5"]
prompt.execute("eval #Inbox")            # the owner's Eval, on HyperAOS processes
prompt.execute("back")                   # the slot before
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taskrunner.client import NodeError, find
from taskrunner.errors import TaskrunnerError

if TYPE_CHECKING:
    from taskrunner.client import HB

HELP = """send ACTION [Tag=value ...] [data=TEXT]   schedule a message and show its answer
eval LUA                                  let a HyperAOS process run this (you must own it)
state [PATH]                              the state now, or what lies under PATH
slot [N]                                  the results of slot N (default: the last one)
back, next                                step through the slots
messages [FROM [TO]]                      what was scheduled
help, quit"""


class Leave(Exception):
    """The user wants to go."""


class Prompt:
    """One conversation; `at` is the slot that is looked at."""

    def __init__(self, hb: HB, pid: str) -> None:
        self.hb = hb
        self.pid = pid
        self.at = self.last()

    def last(self) -> int:
        """The number of the last slot."""
        found = self.hb.slot(self.pid, "current")
        value = found.get("body") if isinstance(found, dict) else found
        return int(value) if value is not None else 0

    def execute(self, line: str) -> list[str]:
        """The answer to one line. Raises `Leave`; what a node refuses is an answer."""
        name, _, rest = line.strip().partition(" ")
        if not name:
            return []
        commands: dict[str, Callable[[str], list[str]]] = {
            "send": self._send,
            "eval": self._eval,
            "state": self._state,
            "slot": self._slot,
            "back": lambda _: self._step(-1),
            "next": lambda _: self._step(1),
            "messages": self._messages,
            "help": lambda _: HELP.split("\n"),
        }
        if name in ("quit", "exit"):
            raise Leave
        if name not in commands:
            return [f"there is no command {name!r}; `help` lists them"]
        try:
            return commands[name](rest.strip())
        except NodeError as error:
            return [f"the node refused: {error}", *([f"hint: {error.hint}"] if error.hint else [])]
        except TaskrunnerError as error:
            return [str(error)]
        except ValueError as error:
            return [f"cannot read that: {error}"]

    def _send(self, text: str) -> list[str]:
        words = shlex.split(text)
        if not words:
            return ["send needs an action, e.g. `send Inc Amount=5`"]
        pairs = [word.partition("=") for word in words[1:]]
        wrong = [name for name, equals, _ in pairs if not equals]
        if wrong:
            return [f"{wrong[0]!r} is no Tag=value"]
        tags = {name: value for name, _, value in pairs if name != "data"}
        data = next((value for name, _, value in pairs if name == "data"), None)
        return self._scheduled(words[0], tags, data)

    def _eval(self, text: str) -> list[str]:
        return self._scheduled("Eval", {}, text) if text else ["eval needs a text, e.g. `eval 1 + 1`"]

    def _scheduled(self, action: str, tags: dict[str, str], data: str | None) -> list[str]:
        slot = self.hb.schedule_lua(self.pid, action, tags, data)["slot"]
        self.at = int(slot)
        return [f"slot {slot}", *answer(self.hb.compute_lua(self.pid, self.at))]

    def _state(self, path: str) -> list[str]:
        return show(self.hb.now(self.pid, path))

    def _slot(self, text: str) -> list[str]:
        self.at = int(text) if text else self.last()
        return [f"slot {self.at}", *answer(self.hb.compute_lua(self.pid, self.at))]

    def _step(self, step: int) -> list[str]:
        return self._slot(str(max(0, min(self.last(), self.at + step))))

    def _messages(self, text: str) -> list[str]:
        words = [int(word) for word in text.split()]
        first = words[0] if words else max(0, self.last() - 9)
        found = self.hb.messages(self.pid, first, words[1] if len(words) > 1 else None)
        return [self._message(edge) for edge in found["edges"]]

    def _message(self, edge: dict[str, Any]) -> str:
        message = edge["node"]["message"]
        tags = {tag["name"]: tag["value"] for tag in message["Tags"]}
        action = tags.get("Action", tags.get("Type", ""))
        return (
            f"{edge['cursor']:>4}  {action:<14} from {message['From'][:8]}…  {str(message['Data'] or '')[:60]}".rstrip()
        )


def answer(results: Any) -> list[str]:
    """What a slot answered, short: the output's text, then each outbox message on a line."""
    lines = []
    output = find(results, "output") if isinstance(results, dict) else None
    data = find(output, "data") if isinstance(output, dict) else output
    if data not in (None, ""):
        lines += str(data).split("\n")
    outbox = find(results, "outbox") if isinstance(results, dict) else None
    messages = outbox.values() if isinstance(outbox, dict) else outbox or []
    lines += [f"→ {json.dumps(message, ensure_ascii=False)}" for message in messages]
    return lines or show(results)


def show(value: Any) -> list[str]:
    """Any value as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str).split("\n")
