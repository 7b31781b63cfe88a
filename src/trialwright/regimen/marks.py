"""A mark: a stretch of text with what it means for a regimen. Marks never overlap; words between them are left alone."""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


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

    def first_taken(self, start: int, end: int) -> int | None:
        """The first character of a stretch that is taken; None where all are free."""
        found = self._taken.find(1, start, end)
        return None if found < 0 else found

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
