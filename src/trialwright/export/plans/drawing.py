"""A calendar as a picture: one strip for each year, a lane for each activity, marks in their places.

Strips are as wide as a phone and stand below each other, so that the same drawing reads at 360 pixels and prints on A4. This
module computes places only; `templates/plan.html` draws them.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, NamedTuple

from trialwright.export.record_text import as_read
from trialwright.regimen.calendar import Activity, Calendar, Visit

from .wording import activity_words, flag_words, visit_dates

WIDTH, MARGIN, HEAD, LANE = 340, 8, 40, 34
"""In the drawing's own units, of which a phone shows one a pixel."""
MOST_STRIPS = 12
_ORDER = ("give", "radiate", "operate", "assess", "outcome")
_LABEL_LETTERS = 52

Shape = Literal["dose", "window", "course", "round", "diamond"]


class Mark(NamedTuple):
    """x, width: in units from the left. late: after the trial's completion date."""

    shape: Shape
    x: float
    width: float
    title: str
    is_late: bool


class Lane(NamedTuple):
    y: int
    kind: str
    label: str
    marks: tuple[Mark, ...]


class Tick(NamedTuple):
    x: float
    letter: str


class Strip(NamedTuple):
    """One year. end_x: where the trial's completion date stands; None where it is not in this year."""

    title: str
    height: int
    ticks: tuple[Tick, ...]
    lanes: tuple[Lane, ...]
    end_x: float | None


def strips(calendar: Calendar, completion: date | None = None) -> tuple[Strip, ...]:
    """The years from the first dose (or an earlier visit) to the last visit; years in which nothing happens are left out."""
    if not calendar.visits:
        return ()
    start = min(calendar.start, calendar.visits[0].earliest)
    last = max(visit.last or visit.latest for visit in calendar.visits)
    found = []
    for year in range(MOST_STRIPS):
        first, end = _anniversary(start, year), _anniversary(start, year + 1) - timedelta(days=1)
        if first > last:
            break
        strip = _strip(calendar, year + 1, (first, end), completion)
        if strip.lanes:
            found.append(strip)
    return tuple(found)


def _anniversary(start: date, years: int) -> date:
    year = start.year + years
    return date(year, start.month, min(start.day, monthrange(year, start.month)[1]))


Span = tuple[date, date]


def _strip(calendar: Calendar, number: int, span: Span, completion: date | None) -> Strip:
    lanes = tuple(_lanes(calendar, span))
    end_x = _x(completion, span) if completion and span[0] <= completion <= span[1] else None
    title = f"Year {number}: {span[0]} to {span[1]}"
    return Strip(title, HEAD + LANE * len(lanes) + 6, tuple(_ticks(span)), lanes, end_x)


def _x(day: date, span: Span) -> float:
    days = (span[1] - span[0]).days + 1
    return round(MARGIN + (day - span[0]).days / days * (WIDTH - 2 * MARGIN), 1)


def _ticks(span: Span) -> Iterator[Tick]:
    day = span[0].replace(day=1)
    while day <= span[1]:
        if day >= span[0]:
            yield Tick(_x(day, span), f"{day:%b}"[0])
        day = (day + timedelta(days=32)).replace(day=1)


def _lanes(calendar: Calendar, span: Span) -> Iterator[Lane]:
    within = [
        (visit, activity)
        for visit in calendar.visits
        if visit.earliest <= span[1] and (visit.last or visit.latest) >= span[0]
        for activity in visit.activities
    ]
    names = dict.fromkeys((activity.kind, _lane_name(activity)) for _, activity in within)
    ordered = sorted(names, key=lambda name: _ORDER.index(name[0]))
    for place, (kind, name) in enumerate(ordered):
        mine = [(visit, one) for visit, one in within if one.kind == kind and _lane_name(one) == name]
        marks = tuple(dict.fromkeys(_mark(visit, one, span) for visit, one in mine))
        yield Lane(HEAD + LANE * place, kind, _short(name), marks)


def _lane_name(activity: Activity) -> str:
    """Outcomes share one lane: a trial may have a hundred."""
    if activity.kind == "outcome":
        return "outcomes"
    detail = f" {activity.detail}" if activity.kind == "give" else ""
    return as_read(f"{activity.name}{detail}{' (one of)' if activity.choice else ''}")


def _short(words: str) -> str:
    return words if len(words) <= _LABEL_LETTERS else words[: _LABEL_LETTERS - 1].rstrip() + "…"


def _mark(visit: Visit, activity: Activity, span: Span) -> Mark:
    first, last = max(visit.earliest, span[0]), min(visit.last or visit.latest, span[1])
    x = _x(first, span)
    width = round(max(_x(last, span) - x, 4.0), 1)
    shape: Shape = "course" if visit.last else "window" if not visit.is_exact else _SHAPES.get(activity.kind, "round")
    title = " · ".join(
        filter(None, (visit_dates(visit), visit.label, as_read(activity_words(activity)), flag_words(visit)))
    )
    return Mark(shape, x, width, title, bool(visit.flags))


_SHAPES: dict[str, Shape] = {"give": "dose", "radiate": "dose", "operate": "diamond"}
