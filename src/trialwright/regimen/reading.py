"""One text to its marks, sentence by sentence: amounts, drugs, times, events, and the small words that join them."""

import re
from functools import cache
from typing import NamedTuple, cast

from trialwright.codes.places import Span

from .agents import Agents
from .amounts import mark_amounts
from .lexicon import compiled, expression, phrase_pattern, phrase_value, table_rows
from .marks import Board, Mark, Pattern
from .nodes import Stop, StopKind
from .timing import gap_patterns, route_patterns, time_patterns
from .words import clean, sentences

JOINS = frozenset({"then", "or", "and", "with", "semicolon", "comma", "colon", "slash"})
"""Marks that part one dose from the next."""

_CRITERIA = {"recist": "RECIST", "irecist": "iRECIST", "rano": "RANO", "lugano": "Lugano"}


class Sentence(NamedTuple):
    """A stretch of a text with its marks in order."""

    span: Span
    marks: list[Mark]


class ConditionalStep(NamedTuple):
    """A step that only an event brings about: words of the event, of the step, and of what goes on after it."""

    event: str
    step: str
    continues: str
    place: tuple[int, int]


def read_text(text: str, agents: Agents) -> list[Sentence]:
    """The sentences of a text with their marks. Spans are in the text as printed.

    The order is the rule: what could be taken for something else is marked first.
    """
    board = Board(clean(text))
    board.try_all((Pattern("condition", expression("condition"), _condition),))
    board.try_all(time_patterns("no-treatment-time"))
    agents.mark(board)
    board.try_all(gap_patterns())
    board.try_all(time_patterns("fractions", "intervals-short", "days"))
    mark_amounts(board)
    board.try_all((*time_patterns("times", "intervals", "counts", "durations", "moments"), *route_patterns()))
    _mark_stops(board)
    board.try_all(_procedures())
    board.try_all((Pattern("role", phrase_pattern("roles", "role"), phrase_value("roles", "role")), *_joins()))
    return _by_sentence(board)


def _procedures() -> tuple[Pattern, ...]:
    return tuple(
        Pattern(kind, expression(kind), lambda found: " ".join(found[0].split())) for kind in ("radiation", "surgery")
    )


@cache
def _joins() -> tuple[Pattern, ...]:
    return tuple(Pattern(row["kind"], compiled(row["expression"]), lambda _: True) for row in table_rows("joins"))


def _by_sentence(board: Board) -> list[Sentence]:
    found, marks = [], board.in_order()
    place = 0
    for span in sentences(board.text):
        while place < len(marks) and marks[place].start < span.start:
            place += 1
        end = place
        while end < len(marks) and marks[end].start < span.end:
            end += 1
        found.append(Sentence(span, marks[place:end]))
        place = end
    return found


def _mark_stops(board: Board) -> None:
    """Marks reasons to stop, where the words before them say that they are: until, in the absence of."""
    read = phrase_value("stops", "kind")
    for clause in expression("stopping").finditer(board.text):
        for found in phrase_pattern("stops", "kind").finditer(board.text, clause.start(), clause.end()):
            criteria = expression("criteria-of-progression").search(board.text, found.end(), found.end() + 40)
            board.put(
                "stop", Stop(cast("StopKind", read(found)), _criteria_words(criteria)), found.start(), found.end()
            )


def _criteria_words(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    name = _CRITERIA[found["name"].lower()]
    return f"{name} {found['version']}" if found["version"] else name


def _condition(found: re.Match[str]) -> ConditionalStep:
    """`if progression occurs in the neck, re-irradiation will be administered and … will continue until …`."""
    return ConditionalStep(found["event"], found["step"].strip(), found["continues"] or "", found.span("step"))
