"""A mark: a stretch of text with what it means for a regimen. Marks never overlap; words between them are left alone."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from trialwright.codes.tables import parts, rows

DATA = Path(__file__).parent / "data"


class Mark(NamedTuple):
    """kind: what it is, such as `amount`, `every`, `drug`; value: what it carries; start, end: characters of the text."""

    kind: str
    value: Any
    start: int
    end: int


class Pattern(NamedTuple):
    """How one kind of mark looks. read: the value of a match, None when it is none after all."""

    kind: str
    expression: re.Pattern[str]
    read: Callable[[re.Match[str]], Any]


class Board:
    """A text being marked: patterns are tried in order, and what an earlier one took no later one gets."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.marks: list[Mark] = []
        self._taken = bytearray(len(text))

    def is_free(self, start: int, end: int) -> bool:
        return not any(self._taken[start:end])

    def put(self, kind: str, value: Any, start: int, end: int) -> None:
        """Marks a stretch that is free; does nothing where a part of it is taken."""
        if start < end and self.is_free(start, end):
            self.marks.append(Mark(kind, value, start, end))
            self._taken[start:end] = b"\1" * (end - start)

    def try_all(self, patterns: Iterable[Pattern]) -> None:
        for pattern in patterns:
            for found in pattern.expression.finditer(self.text):
                if self.is_free(found.start(), found.end()):
                    value = pattern.read(found)
                    if value is not None:
                        self.put(pattern.kind, value, found.start(), found.end())

    def in_order(self) -> list[Mark]:
        return sorted(self.marks, key=lambda mark: mark.start)


@cache
def phrases(table: str, key: str) -> Mapping[str, str]:
    """Every phrase of a table, in lower case, with the row's value of column `key`."""
    return {phrase.lower(): row[key] for row in rows(table, DATA) for phrase in parts(row["words"])}


@cache
def phrase_pattern(table: str, key: str) -> re.Pattern[str]:
    """Any phrase of the table as whole words, the longest first."""
    listed = sorted(phrases(table, key), key=len, reverse=True)
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(_escaped(phrase) for phrase in listed)})(?![\w])", re.IGNORECASE)


def _escaped(phrase: str) -> str:
    return re.escape(phrase).replace(r"\ ", r"\s+")


def phrase_value(table: str, key: str) -> Callable[[re.Match[str]], str]:
    known = phrases(table, key)
    return lambda found: known[" ".join(found[0].lower().split())]


def between(text: str, left: Mark, right: Mark) -> str:
    return text[left.end : right.start]


def table_rows(table: str) -> Iterator[Mapping[str, str]]:
    return rows(table, DATA)
