"""Window arithmetic on days that are known only roughly: does a fact lie in the time that a criterion asks for.

Partial dates come in as ranges of days, a claim goes out: True when every reading of the dates agrees, False when none does, None
otherwise. Nothing here guesses a day; whatever a missing day leaves open stays open.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Literal, NamedTuple, assert_never

from trialwright.codes.dates import Duration, PartialDate
from trialwright.codes.quantities import Op
from trialwright.criteria.nodes import Window

Claim = bool | None
"""True, False, or None for what is not known."""


class Days(NamedTuple):
    """One day, known to lie between two days, both included."""

    earliest: date
    latest: date

    @classmethod
    def of(cls, day: PartialDate) -> "Days":
        return cls(day.earliest, day.latest)

    @classmethod
    def on(cls, day: date) -> "Days":
        return cls(day, day)

    @property
    def is_exact(self) -> bool:
        return self.earliest == self.latest


class Stretch(NamedTuple):
    """From one day to another, both included: the extent of a fact, or of a window."""

    start: Days
    end: Days


def both(*claims: Claim) -> Claim:
    """Kleene's and: False as soon as one is False, None when one is None."""
    if False in claims:
        return False
    return None if None in claims else True


def either(*claims: Claim) -> Claim:
    """Kleene's or: True as soon as one is True, None when one is None."""
    if True in claims:
        return True
    return None if None in claims else False


def opposite(claim: Claim) -> Claim:
    return None if claim is None else not claim


def agreed(answers: Iterable[Claim]) -> Claim:
    """The answer that all give; None when they differ, when one is None, or when there is none."""
    seen = set(answers)
    return seen.pop() if len(seen) == 1 else None


def no_later(one: Days, other: Days) -> Claim:
    """Whether one day is on or before the other."""
    if one.latest <= other.earliest:
        return True
    return False if one.earliest > other.latest else None


def bounds(window: Window, anchor: Days) -> Stretch:
    """The first and the last day of a window before or after its anchor.

    The anchor's own day and the day at each bound are inside; with `strict` the days at the bounds are outside.
    """
    inward = int(window.strict)
    if window.side == "before":
        first = _moved(anchor, window.at_most, Duration.before, inward) if window.at_most else Days.on(date.min)
        return Stretch(first, _moved(anchor, window.at_least, Duration.before, -inward))
    last = _moved(anchor, window.at_most, Duration.after, -inward) if window.at_most else Days.on(date.max)
    return Stretch(_moved(anchor, window.at_least, Duration.after, inward), last)


def inside(fact: Stretch, window: Stretch, edge: Literal["any", "start", "end"] = "any") -> Claim:
    """Whether the fact's start, its end, or any part of it lies in the window."""
    match edge:
        case "any":
            return both(no_later(fact.start, window.end), no_later(window.start, fact.end))
        case "start":
            return both(no_later(fact.start, window.end), no_later(window.start, fact.start))
        case "end":
            return both(no_later(fact.end, window.end), no_later(window.start, fact.end))
        case _:
            assert_never(edge)


def lasts(fact: Stretch, window: Stretch, least: Duration) -> Claim:
    """Whether the part of the fact within the window is at least so long, its first and its last day both counted."""
    start = Days(max(fact.start.earliest, window.start.earliest), max(fact.start.latest, window.start.latest))
    end = Days(min(fact.end.earliest, window.end.earliest), min(fact.end.latest, window.end.latest))
    return elapsed(">=", least, start, shifted(end, 1))


def elapsed(op: Op, duration: Duration, start: Days, end: Days) -> Claim:
    """Whether the time from `start` to `end` is `op` the duration; `>=` n months is met on the same day of the month."""
    reach = Days(duration.after(start.earliest), duration.after(start.latest))
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


def turning_day(claim: Callable[[date], Claim], today: date, near: date) -> date | None:
    """The first day on which the claim is no longer what it is today, looked for around `near`; None when it is not found there.

    A few days are tried because calendar months are clamped: what `after` reaches is not always what `before` comes back from.
    """
    now = claim(today)
    for by in range(-4, 6):
        day = _shifted(near, by)
        if day > today and claim(day) != now:
            return day
    return None


def shifted(days: Days, by: int) -> Days:
    return Days(_shifted(days.earliest, by), _shifted(days.latest, by)) if by else days


def _moved(anchor: Days, duration: Duration | None, move: Callable[[Duration, date], date], by: int) -> Days:
    if duration is None:
        return anchor
    return shifted(Days(move(duration, anchor.earliest), move(duration, anchor.latest)), by)


def _shifted(day: date, by: int) -> date:
    try:
        return day + timedelta(days=by)
    except OverflowError:
        return day
