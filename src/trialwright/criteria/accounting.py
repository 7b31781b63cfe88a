"""Whether a tree accounts for the numbers of its words: a reading that drops one is not a reading.

A number that stands in no node would change the meaning in silence; the compiler keeps such words as Unread instead.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from trialwright.codes.dates import Duration
from trialwright.codes.places import Span
from trialwright.criteria.chunks import Bound, Chunk
from trialwright.criteria.nodes import (
    AtLeast,
    Attest,
    Compare,
    Has,
    Interval,
    Node,
    Person,
    Score,
    Stage,
    Unread,
    Window,
    walk,
)

_MOST_RANKS = 30


def loses_a_number(chunks: Sequence[Chunk], node: Node) -> bool:
    """True when a limit, a duration or a grade among the chunks stands nowhere in the tree.

    A limit said again in another unit counts once, and words that stay whole (Attest, Unread) keep their numbers.
    """
    # Behind "calculated from 3 ECGs" stands how they were taken.
    chunks = chunks[: next((place for place, chunk in enumerate(chunks) if chunk.cat == "3"), len(chunks))]
    kept = set(_numbers(node))
    whole = [part.span for part in walk(node) if isinstance(part, Attest | Unread) and part.span is not None]
    return any(
        not kept.issuperset(_stated(chunk.value))
        for place, chunk in enumerate(chunks)
        if chunk.cat in "QkWs#" and not _inside(chunk, whole) and not _restates(chunks, place)
    )


def _inside(chunk: Chunk, spans: Sequence[Span]) -> bool:
    return any(span.start <= chunk.start and chunk.end <= span.end for span in spans)


def _restates(chunks: Sequence[Chunk], place: int) -> bool:
    """A second number behind a limit, in parentheses or behind a slash, in another unit or without a comparator."""
    bound = chunks[place].value
    if not isinstance(bound, Bound) or place == 0:
        return False
    before = next((chunk for chunk in reversed(chunks[:place]) if chunk.cat not in "(/,=|U"), None)
    if before is None or before.cat != "Q":
        return False
    return not bound.stated or bound.unit != before.value.unit


def _stated(value: object) -> set[Decimal]:
    match value:
        case Bound(low=low, high=high):
            return {one for one in (low, high) if one}
        case Window():
            return set(_times(value))
        case _:
            return set()


def _numbers(node: Node) -> Iterator[Decimal]:
    for part in walk(node):
        yield from _of(part)


def _of(part: Node) -> Iterator[Decimal]:
    match part:
        case Compare():
            yield part.quantity.value
            yield from _times(part.when)
        case Score():
            yield part.value
            if part.op in ("<", "<="):
                # "0, 1 or 2" is one limit.
                yield from (Decimal(rank) for rank in range(min(int(part.value), _MOST_RANKS)))
            yield from _times(part.when)
        case Has():
            yield from _of_thing(part)
        case Person(age=(_, limit)):
            yield from _length(limit)
        case Interval(duration=limit):
            yield from _length(limit)
        case AtLeast(count=count):
            yield Decimal(count)
        case Stage(allowed=allowed):
            yield from (Decimal(sign) for value in allowed for sign in value if sign.isdecimal())
        case Attest(at_least=limit):
            yield from _length(limit)
        case _:
            pass


def _of_thing(has: Has) -> Iterator[Decimal]:
    yield from _times(has.when)
    if has.severity is not None:
        yield has.severity.grade
        # A range that ends with its scale is one limit: grade 3-4 is 3 and above.
        yield from (Decimal(rank) for rank in range(int(has.severity.grade), 6))
    if has.times is not None:
        yield Decimal(has.times.count)
    if has.dose is not None:
        yield has.dose.quantity.value
    for exception in has.unless:
        yield from _of_thing(exception)


def _times(window: Window | None) -> Iterator[Decimal]:
    if window is not None:
        for limit in (window.at_most, window.at_least, window.lasting):
            yield from _length(limit)


def _length(limit: Duration | None) -> Iterator[Decimal]:
    if limit is not None:
        yield limit.value
