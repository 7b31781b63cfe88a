"""Old layouts flowed into one line: labels ("Hepatic: …", "Renal: …") and statements one behind the other, without a stop between.

A paragraph counts as flowed when at least two of the known labels (`data/words.tsv`, set `label`) stand in it. Each label begins a
line of its own; behind it, so does each word that only opens a statement ("No", "Must", "Fertile patients"), where the form lost
the break before it.
"""

import itertools
import re
from functools import cache
from typing import NamedTuple

from trialwright.codes.places import Span
from trialwright.criteria.phrases import word_set


@cache
def _labels() -> re.Pattern[str]:
    names = sorted(word_set("label"), key=len, reverse=True)
    words = "|".join(rf"{name[0].upper()}{re.escape(name[1:])}" for name in names)
    spelled = words.replace(r"\ ", r"\s+").replace(" ", r"\s+")
    return re.compile(
        rf"(?<![\w/-])(?:(?i:(?:disease|patient)\s+characteristics|prior\W+concurrent\s+therapy)|{spelled})\s*:(?=\s)"
    )


_GROUP = re.compile(r"\W*(?:(?:disease|patient)\s+characteristics|prior\W+concurrent\s+therapy)\s*:\s*", re.IGNORECASE)
_STATEMENT = re.compile(
    r"(?<=[a-z0-9)%\]])\s+(?=(?:No|Not|Must|At least|More than|Recovered|Fertile patients|HIV (?:negative|positive)|Negative pregnancy|"
    r"Adequate|Able to|Willing|Concurrent|Prior|Patients? (?:must|with|who|may|should)|Measurable|Bidimensionally|Hepatitis|"
    r"Effective contraception)\b)"
)


class Line(NamedTuple):
    """A label, where the line has one, and the statements behind it."""

    label: Span | None
    statements: tuple[Span, ...]


def flowed_lines(text: str, span: Span) -> tuple[Line, ...]:
    """The lines that a flowed paragraph was once printed in, without the names of its groups; empty for any other paragraph."""
    words = span.of(text)
    labels = list(_labels().finditer(words)) if words.count(":") > 1 else []
    if len(labels) < 2:
        return ()
    found: list[Line] = []
    edges = [match.start() for match in labels] + [len(words)]
    if words[: edges[0]].strip():
        found.append(Line(None, _statements(text, Span(span.start, span.start + edges[0]))))
    for label, end in zip(labels, edges[1:], strict=True):
        statements = _statements(text, Span(span.start + label.end(), span.start + end))
        named = None if _GROUP.match(label.group(0)) else Span(span.start + label.start(), span.start + label.end())
        if statements:
            found.append(Line(named, statements))
    return tuple(found)


def _statements(text: str, span: Span) -> tuple[Span, ...]:
    words = span.of(text)
    cuts = [0, *(match.end() for match in _STATEMENT.finditer(words)), len(words)]
    pieces = [(left, words[left:right]) for left, right in itertools.pairwise(cuts) if words[left:right].strip()]
    starts = [(span.start + left + len(piece) - len(piece.lstrip()), piece.strip()) for left, piece in pieces]
    return tuple(Span(start, start + len(piece)) for start, piece in starts)
