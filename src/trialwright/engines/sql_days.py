"""Window arithmetic as query terms: what `windows` does with days of one chart, done with columns of all.

Days and stretches of terms come in, claims go out as boolean terms that are NULL where the dates leave it open. Windows that are counted
from the index date are worked out here, once, by `windows.bounds` itself.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple, assert_never

from sqlglot import exp

from trialwright.codes.dates import Duration
from trialwright.codes.quantities import Op
from trialwright.criteria.nodes import Window

from .sql_terms import (
    Term,
    above,
    at_most,
    both,
    case,
    day,
    earliest_of,
    is_missing,
    latest_of,
    loose,
    no,
    nothing,
    number,
    opposite,
    yes,
)
from .windows import Days, Stretch

_FIRST, _LAST = date.min, date.max
_FAR_MONTHS, _FAR_DAYS = 12 * 9999, 366 * 9999


class DayTerms(NamedTuple):
    """One day that lies between two, both included. It is open, before all or after all, where `Span` has None in its place."""

    earliest: Term
    latest: Term


class SpanTerms(NamedTuple):
    """From one day to another, both included; None: without a beginning, without an end."""

    start: DayTerms | None
    end: DayTerms | None


def constant(days: Days) -> DayTerms:
    return DayTerms(day(days.earliest), day(days.latest))


def constant_span(stretch: Stretch) -> SpanTerms:
    """A stretch that is the same for everybody; the first and the last day there are mean no beginning and no end."""
    start = None if stretch.start == Days.on(_FIRST) else constant(stretch.start)
    end = None if stretch.end == Days.on(_LAST) else constant(stretch.end)
    return SpanTerms(start, end)


def no_later(one: DayTerms, other: DayTerms) -> Term:
    return case(
        (at_most(one.latest, other.earliest), yes()),
        (above(one.earliest, other.latest), no()),
    )


def inside(fact: SpanTerms, window: SpanTerms, edge: Literal["any", "start", "end"] = "any") -> Term:
    """Whether the fact's start, its end, or any part of it lies in the window. The fact itself has both a start and an end."""
    assert fact.start is not None  # noqa: S101
    assert fact.end is not None  # noqa: S101
    first, last = {"any": (fact.start, fact.end), "start": (fact.start,) * 2, "end": (fact.end,) * 2}[edge]
    return both(
        yes() if window.end is None else no_later(first, window.end),
        yes() if window.start is None else no_later(window.start, last),
    )


def bounds(window: Window, anchor: SpanTerms) -> SpanTerms:
    """As `windows.bounds`, for an anchor that each patient has a day of their own for; during it, the anchor itself."""
    if window.side == "during":
        return anchor
    inward = int(window.strict)
    if window.side == "before":
        start = _required(anchor.start)
        first = _moved(start, window.at_most, -1, inward) if window.at_most else None
        return SpanTerms(first, _moved(start, window.at_least, -1, -inward))
    end = _required(anchor.end)
    last = _moved(end, window.at_most, 1, -inward) if window.at_most else None
    return SpanTerms(_moved(end, window.at_least, 1, inward), last)


def _required(days: DayTerms | None) -> DayTerms:
    assert days is not None, "an event has a start and an end"  # noqa: S101
    return days


def _moved(anchor: DayTerms, duration: Duration | None, sign: Literal[1, -1], by: int) -> DayTerms:
    if duration is None:
        return anchor
    return shifted(DayTerms(*(_moved_day(one, duration, sign) for one in anchor)), by)


def shifted(days: DayTerms, by: int) -> DayTerms:
    return DayTerms(*(_kept(_days_later(one, by)) for one in days)) if by else days


def after(days: DayTerms, duration: Duration) -> DayTerms:
    """The days this long after; a month that is too short clamps to its last day, as both databases and `Duration` have it."""
    return DayTerms(*(_moved_day(one, duration, 1) for one in days))


def _moved_day(term: Term, duration: Duration, sign: Literal[1, -1]) -> Term:
    months, days = _whole(duration)
    if months > _FAR_MONTHS or days > _FAR_DAYS:
        return day(_LAST if sign > 0 else _FIRST)
    moved = _months_later(term, sign * months) if months else term
    return _kept(_days_later(moved, sign * days) if days else moved)


def _whole(duration: Duration) -> tuple[int, int]:
    """The duration as whole calendar months and days after them."""
    months = 0
    if duration.unit in ("month", "year"):
        months = int(duration.value * (12 if duration.unit == "year" else 1))
    if months > _FAR_MONTHS:
        return months, 0
    start = date(2000, 1, 1)
    end = duration.after(start)
    if end == _LAST:
        return 0, _FAR_DAYS + 1
    return months, (end - Duration(Decimal(months), "month").after(start)) // timedelta(days=1)


def _months_later(term: Term, months: int) -> Term:
    length = exp.Interval(this=exp.Literal.string(str(abs(months))), unit=exp.Var(this="MONTH"))
    kind = exp.Add if months > 0 else exp.Sub
    return exp.Cast(this=kind(this=loose(term), expression=length), to=exp.DataType.build("DATE"))


def _days_later(term: Term, days: int) -> Term:
    later = exp.DateAdd(this=loose(term), expression=number(days), unit=exp.Var(this="DAY"))
    return exp.Cast(this=later, to=exp.DataType.build("DATE"))


def _kept(term: Term) -> Term:
    """Within the days that a calendar of ours has; what is NULL stays NULL."""
    return case((is_missing(term), nothing()), other=latest_of(day(_FIRST), earliest_of(day(_LAST), term)))


def lasts(fact: SpanTerms, window: SpanTerms, least: Duration) -> Term:
    """Whether the part of the fact within the window is at least so long, its first and its last day both counted."""
    start, end = _required(fact.start), _required(fact.end)
    if window.start is not None:
        start = DayTerms(*(latest_of(one, other) for one, other in zip(start, window.start, strict=True)))
    if window.end is not None:
        end = DayTerms(*(earliest_of(one, other) for one, other in zip(end, window.end, strict=True)))
    return elapsed(">=", least, start, shifted(end, 1))


def elapsed(op: Op, duration: Duration, start: DayTerms, end: DayTerms) -> Term:
    """Whether the time from `start` to `end` is `op` the duration."""
    reach = after(start, duration)
    match op:
        case ">=":
            return no_later(reach, end)
        case ">":
            return opposite(no_later(end, reach))
        case "<=":
            return no_later(end, reach)
        case "<":
            return opposite(no_later(reach, end))
        case "=":
            return both(no_later(reach, end), no_later(end, reach))
        case "!=":
            return opposite(both(no_later(reach, end), no_later(end, reach)))
        case _:
            assert_never(op)
