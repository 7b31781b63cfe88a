"""Compiled criteria in, what a page shows of them out: the words as published with what was read marked, tags, the tree, and
for whom a trial may be a fit. All of it comes from the tree, and each piece keeps the id of its criterion.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Literal, assert_never

import msgspec

from trialwright.codes.dates import Duration
from trialwright.codes.places import Diagnostic, Span
from trialwright.codes.quantities import Op
from trialwright.criteria.nodes import (
    All,
    AtLeast,
    Attest,
    Compare,
    Criteria,
    Criterion,
    CriterionKind,
    Has,
    If,
    Interval,
    Node,
    Not,
    Person,
    Reading,
    Score,
    Stage,
    Unread,
    children,
    walk,
)
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.render import plain
from trialwright.export.criteria_text import joint_words
from trialwright.export.record_text import as_read

How = Literal["read", "unread", ""]
_KINDS = {
    "condition": "illness",
    "drug": "drug",
    "procedure": "procedure",
    "finding": "finding",
    "lab": "test value",
    "allergy": "allergy",
    "vaccine": "vaccine",
    "device": "device",
    "event": "event",
    "behaviour": "habit",
}
_SPOKEN = str.maketrans({"[": "(", "]": ")", "“": None, "”": None})
_INITIALS = 5
_LONGEST = 160
_MOST = 8


class Piece(msgspec.Struct, frozen=True):
    """A stretch of a criterion's own words. how: whether it was understood; "" for words that carry no claim"""

    words: str
    how: How


class Branch(msgspec.Struct, frozen=True):
    """A node of the tree in words, with what stands under it."""

    words: str
    parts: tuple["Branch", ...] = ()


class CriterionView(msgspec.Struct, frozen=True, kw_only=True):
    """A criterion as a page shows it.

    understood  the whole tree in one phrase
    tree        None where the phrase says it all
    """

    id: str
    kind: CriterionKind
    reading: Reading
    number: str
    pieces: tuple[Piece, ...]
    understood: str
    tags: tuple[str, ...]
    tree: Branch | None
    remarks: tuple[Diagnostic, ...]


class Group(msgspec.Struct, frozen=True):
    """The criteria under one printed heading; "" where none is printed."""

    heading: str
    criteria: tuple[CriterionView, ...]


class Line(msgspec.Struct, frozen=True):
    """One thing that speaks for or against a fit, with the criterion it comes from."""

    id: str
    words: str


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a trial may be a fit, as far as its criteria were read.

    good, bad            the lines that come first
    more_good, more_bad  how many criteria of each kind are not among them
    """

    good: tuple[Line, ...]
    bad: tuple[Line, ...]
    more_good: int
    more_bad: int


def groups(criteria: Criteria) -> tuple[Group, ...]:
    found = groupby(criteria.criteria, lambda criterion: criterion.heading)
    return tuple(Group(as_read(heading), tuple(map(shown, members))) for heading, members in found)


def shown(criterion: Criterion) -> CriterionView:
    return CriterionView(
        id=criterion.id,
        kind=criterion.kind,
        reading=criterion.reading,
        number=criterion.number,
        pieces=tuple(pieces(criterion)),
        understood="" if criterion.reading == "none" else as_read(plain(criterion.node)),
        tags=tuple(dict.fromkeys(tag for node in walk(criterion.node) for tag in tags(node))),
        tree=_branch(criterion.node) if children(criterion.node) and criterion.reading != "none" else None,
        remarks=tuple(remark for remark in criterion.diagnostics if remark.code != "unread"),
    )


def pieces(criterion: Criterion) -> Iterator[Piece]:
    """The published words in order, cut where what was understood begins and ends."""
    text, at = criterion.text, 0
    for span, how in sorted(_spans(criterion.node), key=lambda one: (one[0].start, -one[0].end)):
        start, end = max(span.start, at), min(span.end, len(text))
        if end <= start:
            continue
        if start > at:
            yield Piece(text[at:start], "")
        yield Piece(text[start:end], how)
        at = end
    if at < len(text):
        yield Piece(text[at:], "")


def _spans(node: Node) -> Iterator[tuple[Span, How]]:
    """Of the atoms, and of lists that are claims themselves because nothing stands under them."""
    for part in walk(node):
        if part.span is not None and not children(part):
            yield part.span, "unread" if isinstance(part, Unread) else "read"


def tags(node: Node) -> Iterator[str]:
    """What kind of thing a node asks about, in a word or two."""
    match node:
        case All() | AnyOf() | AtLeast() | Not():
            return
        case If():
            yield "for some people only"
        case Has(concept=concept, when=when):
            yield _KINDS.get(concept.kind, concept.kind)
            if when is not None:
                yield "time limit"
        case Compare(when=when):
            yield "test value"
            if when is not None:
                yield "time limit"
        case Score():
            yield "score"
        case Stage():
            yield "stage"
        case Interval():
            yield "time limit"
        case Person(age=age, sex=sex):
            yield "age" if age is not None else "sex" if sex is not None else "pregnancy"
        case Attest():
            yield "for a person to judge"
        case Unread():
            return
        case _:
            assert_never(node)


def _branch(node: Node) -> Branch:
    below = children(node)
    return Branch(joint_words(node) if below else as_read(plain(node)), tuple(_branch(part) for part in below))


def fit(criteria: Criteria) -> Fit:
    """What was read whole, can be said shortly and is about the person: who it is first, then the illness, then the rest."""
    good, bad = (_ranked(criteria, kind) for kind in ("inclusion", "exclusion"))
    count = {kind: sum(one.kind == kind for one in criteria.criteria) for kind in ("inclusion", "exclusion")}
    return Fit(
        good=good[:_MOST],
        bad=bad[:_MOST],
        more_good=count["inclusion"] - len(good[:_MOST]),
        more_bad=count["exclusion"] - len(bad[:_MOST]),
    )


def _ranked(criteria: Criteria, kind: str) -> tuple[Line, ...]:
    found = []
    for place, one in enumerate(criteria.criteria):
        if one.kind != kind or one.reading != "whole" or (not children(one.node) and isinstance(one.node, Attest)):
            continue
        words = spoken(one.node)
        atoms = [part for part in walk(one.node) if not children(part)]
        # A list without parts asks nothing, and nothing can be said of it.
        if atoms and len(words) <= _LONGEST and not any(isinstance(part, Attest | All) for part in atoms):
            found.append((min(map(_rank, atoms)), place, Line(one.id, words)))
    return tuple(line for _, _, line in sorted(found, key=lambda one: one[:2]))


def _rank(atom: Node) -> int:
    match atom:
        case Person():
            return 0
        case Has(concept=concept) if concept.kind == "condition":
            return 1
        case Stage():
            return 2
        case Score():
            return 3
        case Has():
            return 4
        case _:
            return 5


def spoken(node: Node) -> str:
    """A node as the end of a sentence that begins with who may fit: age and scores as people say them, else the plain words."""
    words = _age_words(node) or as_read(plain(node)).translate(_SPOKEN)
    if isinstance(node, Score) and len(node.scale) <= _INITIALS:
        words = f"{node.scale.upper()}{words[len(node.scale) :]}"
    return f"{words[:1].upper()}{words[1:]}"


def _age_words(node: Node) -> str:
    """`18 to 70 years old`, of a criterion that is about age alone."""
    parts = children(node) if isinstance(node, All) else (node,)
    limits = [part.age for part in parts if isinstance(part, Person) and part.age is not None]
    if not limits or len(limits) != len(parts) or len(limits) > 2:
        return ""
    low = next((limit for op, limit in limits if op == ">="), None)
    high = next((limit for op, limit in limits if op == "<="), None)
    if len(limits) == 2 and low and high and low.unit == high.unit:
        return f"{_number(low)} to {high} old"
    if len(limits) == 1:
        return _one_limit(*limits[0])
    return ""


def _one_limit(op: Op, limit: Duration) -> str:
    match op:
        case ">=":
            return f"{limit} old or older"
        case "<=":
            return f"{limit} old or younger"
        case "<":
            return f"under {limit} old"
        case ">":
            return f"over {limit} old"
        case _:
            return f"{limit} old"


def _number(duration: Duration) -> str:
    return str(duration).partition(" ")[0]
