"""The small language of a plan's examples: messages to send, and what their answers must be (PLAN_FORMAT.md).

    Send    Inc; Inc Amount=5; as bob Transfer Recipient=@me Note="a; b" data={"x": 1}
    Reply   1; 6; Transferred & -> @bob Action=Credit-Notice Quantity=30

Quotes and braces protect `;`, `&`, `->` and spaces. Every fault names its column. Knows no tables and no files.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable

from taskrunner.core.plan import Expect, Kind, Send
from taskrunner.project.cells import Cell

CODE = "INPUT-PLAN-EXAMPLE"
_NAME = re.compile(r"[A-Za-z][\w-]*")


def split(cell: Cell, separator: str) -> list[Cell]:
    """The parts between separators that stand outside of quotes and braces, each stripped."""
    parts = []
    start = 0
    for at in _outside(cell):
        if cell.text.startswith(separator, at):
            parts.append(cell.part(start, at).strip())
            start = at + len(separator)
    return [*parts, cell.part(start, len(cell.text)).strip()]


def _outside(cell: Cell) -> list[int]:
    """The places outside of quotes and braces. Raises InputError when one of them is never closed."""
    text = cell.text
    found = []
    braces: list[int] = []
    quote = -1
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in ('"', "\\"):
            at += 2
            continue
        if char == '"':
            quote = -1 if quote >= 0 else at
        elif quote < 0 and char == "{":
            braces.append(at)
        elif quote < 0 and char == "}" and braces:
            braces.pop()
        elif quote < 0 and not braces:
            found.append(at)
        at += 1
    if quote >= 0:
        raise cell.wrong("this quote is never closed", at=quote, code=CODE, hint='write \\" for a quote in a text')
    if braces:
        raise cell.wrong("this brace is never closed", at=braces[-1], code=CODE, hint="put the text in quotes")
    return found


def words(cell: Cell) -> list[Cell]:
    """The parts between spaces outside of quotes, braces, and brackets that begin a value."""
    outside = set(_outside(cell))
    found = []
    start = -1
    until = -1
    for at, char in enumerate(cell.text):
        if at < until:
            continue
        if start >= 0 and char == "[" and cell.text[at - 1] == "=" and at in outside:
            until = _closing(cell, at)
        if char.isspace() and at in outside:
            if start >= 0:
                found.append(cell.part(start, at))
            start = -1
        elif start < 0:
            start = at
    if start >= 0:
        found.append(cell.part(start, len(cell.text)))
    return found


def _closing(cell: Cell, start: int) -> int:
    """The place after the bracket that closes the one at `start`, quotes respected."""
    depth = 0
    quoted = False
    for at in range(start, len(cell.text)):
        char = cell.text[at]
        if char == '"' and cell.text[at - 1] != "\\":
            quoted = not quoted
        if not quoted:
            depth += (char == "[") - (char == "]")
            if depth == 0:
                return at + 1
    raise cell.wrong("this bracket is never closed", at=start, code=CODE, hint="put the text in quotes")


def unquoted(text: str) -> str:
    """A value without its quotes; inside them `\\"` is a quote, `\\\\` a backslash, `\\n` a line break, `\\t` a tab."""
    if len(text) < 2 or not (text[0] == text[-1] == '"'):
        return text.replace('\\"', '"')
    escapes = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
    return re.sub(r'\\([nt"\\])', lambda match: escapes[match[1]], text[1:-1])


def is_quoted(text: str) -> bool:
    """Whether the whole text is one pair of quotes."""
    return re.fullmatch(r'"(?:[^"\\]|\\.)*"', text, re.DOTALL) is not None


def read_sends(cell: Cell) -> tuple[Send, ...]:
    """The messages of a Send cell. Raises InputError INPUT-PLAN-EXAMPLE with the column."""
    return tuple(_send(part) for part in split(cell, ";"))


def _send(part: Cell) -> Send:
    found = words(part)
    if not found:
        raise part.wrong("expected a message", code=CODE, hint="write the action's name, such as `Get`")
    sender = None
    if found[0].text == "as" and len(found) > 1:
        sender = _wallet(found[1])
        found = found[2:]
    if not found or _equals(found[0]) >= 0:
        shown = f", found {found[0].text!r}" if found else ""
        spot = found[0] if found else part
        raise spot.wrong(f"expected an action's name{shown}", code=CODE, hint="a message is: Action Tag=value data=...")
    tags, data = _fields(found[1:])
    return Send(unquoted(found[0].text), tags, data, sender, found[0].column())


def _wallet(cell: Cell) -> str | None:
    name = cell.text.removeprefix("@")
    if not _NAME.fullmatch(name) or name == "self":
        raise cell.wrong(f"{cell.text!r} is not a wallet's name", code=CODE, hint="write `as bob Action`")
    return None if name == "me" else name


def _fields(found: list[Cell]) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """Tags and data of `Tag=value` words."""
    tags: list[tuple[str, str]] = []
    data = None
    for word in found:
        at = _equals(word)
        if at < 0:
            hint = 'put a value with spaces in quotes: Tag="two words"; separate messages with `;`'
            raise word.wrong(f"expected Tag=value, found {word.text!r}", code=CODE, hint=hint)
        name, value = word.text[:at], unquoted(word.text[at + 1 :])
        if not _NAME.fullmatch(name):
            raise word.wrong(f"{name!r} is not a tag's name", code=CODE, hint="a name is letters, digits, - and _")
        if name.lower() in {tag.lower() for tag, _ in tags} or (name.lower() == "data" and data is not None):
            raise word.wrong(f"{name!r} stands twice in one message", code=CODE, hint="keep one of them")
        if name.lower() == "action":
            raise word.wrong(
                "the action stands at the message's start", code=CODE, hint="write `Inc`, not `Action=Inc`"
            )
        if name.lower() == "data":
            data = value
        else:
            tags.append((name, value))
    return tuple(tags), data


def _equals(word: Cell) -> int:
    at = word.text.find("=")
    return at if at >= 0 and '"' not in word.text[:at] and "{" not in word.text[:at] else -1


def read_replies(cell: Cell, sends: int) -> tuple[tuple[Expect, ...], ...]:
    """The expectations of a Reply cell, one entry a message; a single one is the last message's.

    Raises InputError INPUT-PLAN-EXAMPLE with the column.
    """
    if not cell.text:
        raise cell.wrong(
            "expected what the reply must be", code=CODE, hint="write `*` for anything, `none` for nothing"
        )
    parts = split(cell, ";")
    if len(parts) == 1:
        return (*(() for _ in range(sends - 1)), _expectations(parts[0]))
    if len(parts) != sends:
        spot = parts[min(sends, len(parts) - 1)]
        message = f"{sends} message{'s are' if sends > 1 else ' is'} sent, but {len(parts)} replies are expected"
        raise spot.wrong(message, code=CODE, hint="write one reply a message, or a single one for the last")
    return tuple(_expectations(part) for part in parts)


def _expectations(part: Cell) -> tuple[Expect, ...]:
    return tuple(_expect(one) for one in split(part, "&"))


def _expect(one: Cell) -> Expect:
    text = one.text
    if not text:
        raise one.wrong("expected what the reply must be", code=CODE, hint="write `*` for anything, `none` for nothing")
    if is_quoted(text):
        return Expect(Kind.DATA, unquoted(text))
    for begins, reader in _FORMS:
        if text.startswith(begins):
            return reader(one)
    if text in ("none", "*"):
        return Expect(Kind.NONE if text == "none" else Kind.ANY)
    if (at := next((at for at in _outside(one) if text.startswith("->", at)), -1)) >= 0:
        raise one.wrong(
            "`->` begins an expectation of its own", at=at, code=CODE, hint="write `&` before it, or quotes"
        )
    return Expect(Kind.DATA, unquoted(text))


def _outbox(one: Cell) -> Expect:
    """An outbox message; its tags, Action among them, and a `data=` as the expectation's text."""
    found = words(one.part(2, len(one.text)))
    if not found or _equals(found[0]) >= 0:
        hint = "write `-> @bob Action=Credit-Notice`"
        raise one.wrong("expected whom the message goes to after `->`", at=2, code=CODE, hint=hint)
    actions = [word for word in found[1:] if word.text.lower().startswith("action=")]
    first = tuple((word.text[: _equals(word)], unquoted(word.text[_equals(word) + 1 :])) for word in actions)
    tags, data = _fields([word for word in found[1:] if word not in actions])
    return Expect(Kind.OUTBOX, data or "", unquoted(found[0].text), (*first, *tags))


def _json(one: Cell) -> Expect:
    try:
        json.loads(one.text)
    except RecursionError:
        raise one.wrong("this JSON nests too deep", code=CODE, hint="shorten the example") from None
    except ValueError as error:
        if one.text.startswith("["):
            return Expect(Kind.DATA, unquoted(one.text))
        at = getattr(error, "pos", 0)
        message = f"expected JSON: {getattr(error, 'msg', error)}"
        raise one.wrong(message, at=at, code=CODE, hint="put the text in quotes if it is not JSON") from None
    return Expect(Kind.JSON, one.text)


def _regex(one: Cell) -> Expect:
    pattern = one.part(1, len(one.text)).strip()
    text = pattern.text[1:-1].replace('\\"', '"') if is_quoted(pattern.text) else pattern.text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        at = getattr(error, "pos", 0) or 0
        raise pattern.wrong(f"this is no regular expression: {error}", at=at, code=CODE) from None
    if not text:
        raise one.wrong("expected a regular expression after `~`", code=CODE, hint="write `*` for anything")
    return Expect(Kind.REGEX, text)


def _error(one: Cell) -> Expect:
    return Expect(Kind.ERROR, unquoted(one.part(len("error:"), len(one.text)).strip().text))


_FORMS: tuple[tuple[str, Callable[[Cell], Expect]], ...] = (
    ("->", _outbox),
    ("{", _json),
    ("[", _json),
    ("~", _regex),
    ("error:", _error),
)
