"""Words to moments: when something is done, by an event, by cycles, at stated times, or again and again.

"Every 3 months during the 1st year, then every 4 months during the 2nd" becomes stretches that follow each other; within a
stretch the first visit comes one interval after its beginning, and its end counts.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from trialwright.codes.dates import Duration, TimeUnit
from trialwright.codes.places import Span

from .lexicon import expression
from .marks import Board
from .nodes import Event, Quote, Stated
from .timing import duration, event_in, gap_patterns, time_unit
from .words import NUMBER, clean, number


class AtEvent(msgspec.Struct, frozen=True, tag_field="is", tag="at-event", omit_defaults=True):
    """Before, at or after an event. least, within: at least and at most so far from it; None where the text names no distance."""

    event: Event
    side: Literal["before", "at", "after"]
    within: Duration | None = None
    least: Duration | None = None


class AfterCycles(msgspec.Struct, frozen=True, tag_field="is", tag="after-cycles"):
    """After these cycles."""

    numbers: tuple[int, ...]


class EveryCycles(msgspec.Struct, frozen=True, tag_field="is", tag="every-cycles"):
    """After each so many cycles."""

    number: int


class AtTimes(msgspec.Struct, frozen=True, tag_field="is", tag="at-times", omit_defaults=True):
    """At these times after an event; event None: not stated. side: before it, where the text says so."""

    times: tuple[Duration, ...]
    event: Event | None = None
    side: Literal["before", "after"] = "after"


class Repeat(msgspec.Struct, frozen=True, tag_field="is", tag="repeat", omit_defaults=True):
    """Again and again, from `begins` after an event to `ends` after it.

    begins  lengths to add up on the calendar (4 weeks, then 6 months); (): from the event itself
    ends    the same; (): no end is stated
    until   the event that ends it, where the text names one
    """

    every: Duration
    begins: tuple[Duration, ...] = ()
    ends: tuple[Duration, ...] = ()
    event: Event | None = None
    until: Event | None = None


Rule = AtEvent | AfterCycles | EveryCycles | AtTimes | Repeat


def read_rules(words: str, where: str, offset: int = 0) -> tuple[Stated[Rule], ...]:
    """The rules in a stretch of cleaned text, in its order, each once.

    offset  where the stretch begins in the text that `where` names
    """
    sentence = _Sentence(words, _anchor(words), Board(words))
    for found in expression("tolerance").finditer(words):
        sentence.taken.put("tolerance", None, *found.span())
    kept: dict[Rule, Span] = {}
    for start, end, rule in sorted(_all_rules(sentence), key=lambda found: found[0]):
        kept.setdefault(rule, Span(start + offset, end + offset))
    return tuple(Stated(rule, Quote(where, span)) for rule, span in kept.items())


def read_time_frame(words: str, where: str) -> tuple[Stated[Rule], ...]:
    """The rules of a text that is all time, such as an outcome's time frame."""
    return read_rules(clean(words), where)


class _Sentence(NamedTuple):
    """Words, the event they count from, and what of them has been read."""

    words: str
    anchor: Event | None
    taken: Board

    def is_free(self, found: re.Match[str]) -> bool:
        return self.taken.is_free(*found.span())

    def take(self, found: re.Match[str]) -> None:
        self.taken.put("read", None, *found.span())


_Found = tuple[int, int, Rule]


def _all_rules(sentence: _Sentence) -> list[_Found]:
    return [
        *_cycle_rules(sentence),
        *_series(sentence),
        *_windows(sentence),
        *_times(sentence),
        *_named_times(sentence),
        *_points(sentence),
    ]


def _anchor(words: str) -> Event | None:
    """The event that a sentence's times count from: "After radical surgery, …", "… after the last dose"."""
    found = expression("counted-from").search(words)
    if found is None:
        return None
    if found["post"] is not None:
        return Event("surgery")
    return event_in(found) if found["event"] else event_in(found, "z")


# cycles -------------------------------------------------------------------------------------------------------------------------

_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}


def _cycle_rules(sentence: _Sentence) -> Iterator[_Found]:
    for found in expression("every-cycles").finditer(sentence.words):
        count = number(found["n"]) if found["n"] else Decimal(1)
        if count == int(count) and count >= 1:
            sentence.take(found)
            yield *found.span(), EveryCycles(int(count))
    for found in expression("after-cycles").finditer(sentence.words):
        numbers = _ordinals(found["list"])
        if "cycle" in found[0].lower() and numbers and sentence.is_free(found):
            sentence.take(found)
            yield *found.span(), AfterCycles(numbers)


def _ordinals(words: str) -> tuple[int, ...]:
    """The whole numbers of a list such as `3 and 6`, `the 3rd and 4th`, `second`; () where one of them is none."""
    found = [_ordinal(piece) for piece in re.findall(expression("ordinal-or-number"), words)]
    return tuple(value for value in found if value) if all(found) else ()


def _ordinal(words: str) -> int | None:
    lower = words.lower()
    if lower in _ORDINALS:
        return _ORDINALS[lower]
    if digits := re.match(r"\d+", lower):
        return int(digits[0]) or None
    value = number(words)
    return int(value) if value == int(value) and value else None


# again and again ----------------------------------------------------------------------------------------------------------------

_NAMED_INTERVALS: dict[str, tuple[int, TimeUnit]] = {
    "weekly": (1, "week"), "monthly": (1, "month"), "quarterly": (3, "month"), "yearly": (1, "year"), "annually": (1, "year"),
    "annual": (1, "year"), "half-yearly": (6, "month"), "halfyearly": (6, "month"), "semi-annually": (6, "month"),
    "semiannually": (6, "month"), "semi-annual": (6, "month"),
}  # fmt: skip
"""`biweekly` and its like are left out: half of their writers mean twice a week."""


def _interval(found: re.Match[str]) -> Duration | None:
    if found["word"]:
        word = found["word"].lower()
        if word.startswith("once"):
            return Duration(Decimal(1), time_unit(word.split()[-1]))
        named = _NAMED_INTERVALS.get(word)
        return Duration(Decimal(named[0]), named[1]) if named else None
    if found["unit1"]:
        return Duration(Decimal(1), time_unit(found["unit1"]))
    if found["n3"]:
        return duration(found["n3"], found["word3"].lower().removesuffix("ly"))
    length = duration(found["n"] or found["n2"], found["unit"] or found["unit2"])
    return length if length.value > 0 and length.unit not in ("hour", "minute") else None


def _series(sentence: _Sentence) -> Iterator[_Found]:
    """Every stretch of repeated visits; one without a beginning of its own begins where the one before it ends."""
    places = [found for found in expression("repeated").finditer(sentence.words) if sentence.is_free(found)]
    reached: tuple[Duration, ...] = ()
    for place, found in enumerate(places):
        every = _interval(found)
        if every is None:
            continue
        limit = places[place + 1].start() if place + 1 < len(places) else len(sentence.words)
        scope = _scope(sentence, found, limit)
        begins, ends, until = _stretch(scope, reached)
        sentence.take(found)
        if scope is not None:
            sentence.take(scope)
        start = min(found.start(), scope.start()) if scope else found.start()
        end = max(found.end(), scope.end()) if scope else found.end()
        yield start, end, Repeat(every, begins, ends, sentence.anchor, until)
        reached = ends or reached


def _scope(sentence: _Sentence, found: re.Match[str], limit: int) -> re.Match[str] | None:
    """The stretch that an interval holds for: named behind it, or before it ("in the first year every 3 months")."""
    behind = expression("stretch").search(sentence.words, found.end(), min(limit, found.end() + 70))
    if behind is not None:
        return behind
    before = expression("stretch").search(sentence.words, max(0, found.start() - 45), found.start())
    return before if before and before["then"] is None and sentence.is_free(before) else None


_Stretch = tuple[tuple[Duration, ...], tuple[Duration, ...], Event | None]


def _stretch(scope: re.Match[str] | None, reached: tuple[Duration, ...]) -> _Stretch:
    """From where to where a stretch runs, both after the anchor, and the event that ends it."""
    if scope is None:
        return reached, (), None
    if scope["nth"]:
        years = _ordinals(scope["nth_list"]) or (1,)
        return _years(min(years) - 1), _years(max(years)), None
    if scope["year"]:
        first, last = int(scope["year_from"]), int(scope["year_to"] or scope["year_from"])
        return _years(first - 1), _years(last), None
    if scope["onward"]:
        year = _ordinal(scope["onward_nth"]) if scope["onward_nth"] else int(scope["onward_year"])
        return _years((year or 1) - 1), (), None
    if scope["rest"]:
        return reached, _years(1), None
    return _stretch_by_length(scope, reached)


def _stretch_by_length(scope: re.Match[str], reached: tuple[Duration, ...]) -> _Stretch:
    if scope["first"]:
        return (), (duration(scope["first_n"], scope["first_unit"]),), None
    if scope["next"]:
        return reached, _sum(reached, duration(scope["next_n"], scope["next_unit"])), None
    if scope["for_one"]:
        return reached, _sum(reached, Duration(Decimal(1), time_unit(scope["for_one_unit"]))), None
    if scope["upto"]:
        last = duration(scope["upto_n"] or scope["upto_n1"], scope["upto_unit"] or scope["upto_unit1"])
        return reached, (last,), None
    return reached, (), _until(scope["until_event"].lower()) if scope["until"] else None


def _until(words: str) -> Event:
    if words in ("progression", "relapse", "recurrence"):
        return Event("progression")
    return (
        Event("death")
        if words == "death"
        else Event("discharge")
        if words == "discharge"
        else Event("end-of-treatment")
    )


def _years(count: int) -> tuple[Duration, ...]:
    return (Duration(Decimal(12 * count), "month"),) if count > 0 else ()


_IN_DAYS = {"day": 1, "week": 7}
_IN_MONTHS = {"month": 1, "year": 12}


def _sum(first: tuple[Duration, ...], second: Duration) -> tuple[Duration, ...]:
    """Two lengths one after the other; kept side by side where they have no common unit."""
    for units, unit in ((_IN_DAYS, "day"), (_IN_MONTHS, "month")):
        if first and first[-1].unit in units and second.unit in units:
            total = first[-1].value * units[first[-1].unit] + second.value * units[second.unit]
            return (*first[:-1], Duration(total, "day" if unit == "day" else "month"))
    return (*first, second)


# once ---------------------------------------------------------------------------------------------------------------------------


def _windows(sentence: _Sentence) -> Iterator[_Found]:
    """Windows after an event: "24-72 hours after surgery", "within 7 days before the first dose"."""
    for pattern in gap_patterns():
        for found in pattern.expression.finditer(sentence.words):
            gap = pattern.read(found)
            if gap is not None and sentence.is_free(found) and (gap.low is None or gap.high is not None):
                sentence.take(found)
                yield *found.span(), AtEvent(gap.event, gap.side, gap.high, gap.low)


def _times(sentence: _Sentence) -> Iterator[_Found]:
    """Lists of times: "2, 4 and 6 months after the last dose", "at 12 and 24 weeks"."""
    for found in expression("times-after").finditer(sentence.words):
        if not sentence.is_free(found) or not _is_moment(sentence.words, found):
            continue
        values = tuple(duration(piece, found["unit"]) for piece in re.findall(NUMBER, found["list"], re.IGNORECASE))
        if any(value.value <= 0 for value in values) or len(set(values)) != len(values):
            continue
        sentence.take(found)
        event = event_in(found) if found["event"] else sentence.anchor
        is_before = (found["side"] or "").lower().startswith(("before", "prior", "pre"))
        side: Literal["before", "after"] = "before" if is_before else "after"
        if found["within"] and event is not None and len(values) == 1:
            yield *found.span(), AtEvent(event, side, values[0])
        else:
            yield *found.span(), AtTimes(values, event, side)


def _is_moment(words: str, found: re.Match[str]) -> bool:
    """Whether a time is a moment and not a length ("for 12 weeks", "a 12-week period"), and nothing unread leads to it."""
    before = words[: found.start()]
    if expression("before-no-visit").search(before) or expression("behind-length").match(words[found.end("unit") :]):
        return False
    return found["event"] is not None or not before.strip() or bool(expression("before-moment").search(before.rstrip()))


def _named_times(sentence: _Sentence) -> Iterator[_Found]:
    """`weeks 4, 8 and 12`."""
    for found in expression("named-times").finditer(sentence.words):
        if sentence.is_free(found) and not expression("before-no-visit").search(sentence.words[: found.start()]):
            numbers = [Decimal(piece) for piece in re.findall(r"\d+", found["list"])]
            if numbers == sorted(set(numbers)):
                unit = time_unit(found["unit"])
                sentence.take(found)
                yield *found.span(), AtTimes(tuple(Duration(value, unit) for value in numbers), sentence.anchor)


def _points(sentence: _Sentence) -> Iterator[_Found]:
    """Events themselves: "before surgery", "at progression", "at baseline"."""
    for found in expression("at-event").finditer(sentence.words):
        event, side = event_in(found), found["side"].lower()
        if event is None or side in ("after", "following", "on") or not sentence.is_free(found):
            continue
        sentence.take(found)
        is_before = event.kind == "start" or "before" in side or "prior" in side or side == "preceding"
        yield *found.span(), AtEvent(event, "before" if is_before else "at")
    for found in expression("baseline").finditer(sentence.words):
        if sentence.is_free(found):
            event = Event("surgery") if "operative" in found[0].lower() else Event("start")
            yield *found.span(), AtEvent(event, "before")
