"""Small faults in Rust source, one at a time: what a suite should notice. Text in, texts out; nothing is compiled.

Comments, strings and attributes are left alone, but for the texts of match arms. What does not compile is no mutant;
whoever compiles sees that.

    mutants_of("fn f(a: i64) -> i64 {\\n    a + 1\\n}\\n")[0].after == "-"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceMutant:
    """One fault: its kind, its place (1-based), what stood there and what stands there now, and the whole source."""

    kind: str
    line: int
    column: int
    before: str
    after: str
    source: str


_SWAPS: tuple[tuple[str, str, str, str], ...] = (
    ("arithmetic", r"(?<= )\+(?= )", "+", "-"),
    ("arithmetic", r"(?<= )-(?= )", "-", "+"),
    ("arithmetic", r"(?<= )\*(?= )", "*", "+"),
    ("arithmetic", r"(?<= )/(?= )", "/", "*"),
    ("arithmetic", r"\+=", "+=", "-="),
    ("arithmetic", r"-=", "-=", "+="),
    *(
        ("arithmetic", rf"\b{way}_{one}\b", f"{way}_{one}", f"{way}_{other}")
        for way in ("checked", "saturating", "wrapping")
        for one, other in (("add", "sub"), ("sub", "add"), ("mul", "add"))
    ),
    ("comparison", r"(?<= )==(?= )", "==", "!="),
    ("comparison", r"(?<= )!=(?= )", "!=", "=="),
    ("comparison", r"(?<= )<(?= )", "<", "<="),
    ("comparison", r"(?<= )<=(?= )", "<=", "<"),
    ("comparison", r"(?<= )>(?= )", ">", ">="),
    ("comparison", r"(?<= )>=(?= )", ">=", ">"),
    ("logic", r"(?<= )&&(?= )", "&&", "||"),
    ("logic", r"(?<= )\|\|(?= )", "||", "&&"),
    ("constant", r"\btrue\b", "true", "false"),
    ("constant", r"\bfalse\b", "false", "true"),
)
_NUMBER = re.compile(r"(?<![\w.\"])\d+(?=(?:_?[iu](?:8|16|32|64|size))?\b)(?!\.\d)")
_STATEMENT = re.compile(r"^[ \t]+((?:\*?state|reply)\b[^;{}]*;)[ \t\0]*$", re.MULTILINE)
_ARM = re.compile(r"^[ \t]*\"([^\"\\]+)\"[ \t]*=>", re.MULTILINE)
# what holds no code: comments, attributes, texts, characters
_SILENT = re.compile(
    r"//[^\n]*|/\*.*?\*/|#!?\[[^\]\n]*\]|b?\"(?:\\.|[^\"\\])*\"|b?'(?:\\.|[^'\\\n])'", re.DOTALL
)  # fmt: skip


def mutants_of(source: str) -> list[SourceMutant]:
    """Every fault of the known kinds, in the order of the source."""
    code = _SILENT.sub(lambda match: re.sub(r"[^\n]", "\0", match[0]), source)
    found = [*_swaps(code, source), *_numbers(code, source), *_statements(code, source), *_arms(source)]
    return sorted(found, key=lambda each: (each.line, each.column, each.kind))


def _swaps(code: str, source: str) -> Iterator[SourceMutant]:
    for kind, pattern, before, after in _SWAPS:
        for match in re.finditer(pattern, code):
            yield _mutant(source, kind, match.start(), before, after)


def _numbers(code: str, source: str) -> Iterator[SourceMutant]:
    for match in _NUMBER.finditer(code):
        yield _mutant(source, "constant", match.start(), match[0], str(int(match[0]) + 1))


def _statements(code: str, source: str) -> Iterator[SourceMutant]:
    for match in _STATEMENT.finditer(code):
        before = source[match.start(1) : match.end(1)]
        yield _mutant(source, "statement", match.start(1), before, "")


def _arms(source: str) -> Iterator[SourceMutant]:
    for match in _ARM.finditer(source):
        yield _mutant(source, "text", match.start(1), match[1], f"{match[1]}?")


def _mutant(source: str, kind: str, at: int, before: str, after: str) -> SourceMutant:
    line = source.count("\n", 0, at) + 1
    column = at - source.rfind("\n", 0, at)
    return SourceMutant(kind, line, column, before, after, source[:at] + after + source[at + len(before) :])
