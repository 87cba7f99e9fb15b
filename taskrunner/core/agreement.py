"""Whether a value that a test expects is what an example of the plan expects, kind by kind.

A report shows values as text, and comparisons other than equality before them (`contains '3'`, `!= 3`). Nothing here
knows who is to blame.
"""

from __future__ import annotations

import re

from taskrunner.core.exchanges import data_of, holds
from taskrunner.core.plan import Expect, Kind

CONTAINS = "contains "


def agrees(expects: tuple[Expect, ...], expected: str, whole: bool = True) -> bool | None:
    """Whether a test's expected value is what the plan expects; None where the two cannot be compared.

    With `whole` False the test looked at a part of a reply. A report writes other comparisons than equality before the
    value: `contains '3'`, `!= 3`, `> 3`.
    """
    text = expected.strip().removeprefix(CONTAINS)
    if text == expected.strip() and re.match(r"(does not contain|!=|<|>|is) ", text):
        return None
    judge = _agrees if whole and text == expected.strip() else _may_contain
    value = plain(text)
    if _is_made_of_more(value):
        expects = tuple(expect for expect in expects if expect.kind is not Kind.DATA or value == expect.text)
    verdicts = [verdict for expect in expects for verdict in [judge(expect, value)] if verdict is not None]
    return None if not verdicts else any(verdicts)


def _is_made_of_more(value: str) -> bool:
    """Whether a test compares something that it put together itself, which no plain reply could be."""
    return value[:1] in "[({" and isinstance(data_of(value), list | tuple | dict)


def _agrees(expect: Expect, value: str) -> bool | None:
    match expect.kind:
        case Kind.DATA:
            return value == expect.text or _as_number(value, expect.text)
        case Kind.JSON:
            return _as_json(value) == _as_json(expect.text)
        case Kind.REGEX:
            return re.search(expect.text, value) is not None
        case Kind.ERROR:
            return value.lower().startswith("error") or expect.text in value or (value != "" and value in expect.text)
        case Kind.NONE:
            return value in ("", "None", "[]", "{}", "()")
        case Kind.OUTBOX:
            return True if value in {text for _, text in expect.tags} else None
        case _:
            return None


_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(?: ± (\S+))?")


def _as_number(value: str, stated: str) -> bool:
    """Whether a test's number is the plan's: `4` for `4.00`, and `4 ± 0.005` (pytest.approx)."""
    wanted, said = _NUMBER.fullmatch(value), _NUMBER.fullmatch(stated)
    if wanted is None or said is None:
        return False
    try:
        margin = float(wanted[2] or 0)
    except ValueError:
        margin = 0.0
    return abs(float(wanted[1]) - float(said[1])) <= margin


def _may_contain(expect: Expect, value: str) -> bool | None:
    """Whether what the plan expects contains what a test looks for; suites look into whole answers, too."""
    if expect.kind in (Kind.DATA, Kind.JSON):
        return any(
            value and (holds(expect.text, each) or each in expect.text.split()) for each in (value, _inner(value))
        )
    if expect.kind is Kind.ERROR:
        return value in expect.text or "error" in value.lower()
    return None


def _inner(value: str) -> str:
    """The value of `"data":"3"`, as suites look for it in the text of a whole answer."""
    match = re.fullmatch(r"""\\?["']?data\\?["']?\s*:\s*\\?["']?(.*?)\\?["']?""", value, re.IGNORECASE)
    return match[1] if match else value


def plain(text: str) -> str:
    """A value as people write it: without the quotes of Python or JavaScript."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\")
    return text


def _as_json(text: str) -> object:
    """The data of a JSON text, or of what Python prints for such data; the text itself if it is neither."""
    value = data_of(text)
    return text if value is None else value


def words_of(expect: Expect) -> str:
    match expect.kind:
        case Kind.ERROR:
            return f"an error reply with {expect.text!r}"
        case Kind.NONE:
            return "an empty outbox"
        case Kind.OUTBOX:
            return f"a message to {expect.target}"
        case _:
            return repr(expect.text)
