"""What an occurrence is on one day: for how long it lasts, whether it has begun, whether it is still so, and what it implies.

A fact as the chart has it and the index date come in, a `Course` goes out. The start of a procedure, a vaccine, a finding or an event is
the one day on which it was seen; a condition, a drug or a habit lasts until the chart says that it ended.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from trialwright.codes.concepts import Concept, Kind
from trialwright.codes.dates import PartialDate
from trialwright.codes.tables import rows
from trialwright.patients.facts import Occurrence, Staging

from .matching import ALL_ALLERGIES, Names
from .windows import Claim, Days, Stretch, no_later

DATA = Path(__file__).parent / "data"
POINTS = frozenset({"procedure", "vaccine", "finding", "event", "lab", "measurement"})
_PRESENT = frozenset({"active", "recurrence", "recurrent", "relapse", "relapsed", "ongoing"})
_OVER = frozenset({"resolved", "inactive", "remission", "completed", "stopped", "discontinued", "cured", "healed"})
METASTASIS = Concept("distant metastasis", "condition", id="distant-metastasis")


class Course(NamedTuple):
    """An occurrence with its place in time.

    begun      whether it has begun by the index date
    present    whether it is so on the index date
    overruled  a refutation of the same thing: `later` than it, or in an order that the dates leave `unclear`; "" without one
    """

    fact: Occurrence
    extent: Stretch
    begun: Claim
    present: Claim
    overruled: Literal["", "later", "unclear"] = ""

    @property
    def is_refuted(self) -> bool:
        return self.fact.certainty == "refuted"


def same_place(one: Occurrence, other: Occurrence) -> bool:
    """Whether "no X", said of a place, speaks of this X: a refutation without a place speaks of all.

    "No known allergies" takes back none that is on record by its name.
    """
    if other.concept.kind == "allergy" and other.concept.id in ALL_ALLERGIES and other.concept != one.concept:
        return False
    return other.site is None or (one.site is not None and one.site == other.site)


def course_of(fact: Occurrence, index_date: date) -> Course:
    extent = _extent(fact, index_date)
    if fact.certainty == "refuted":
        # "No X" is said on a day; it does not last as X would.
        extent = Stretch(extent.start, extent.start)
    elif fact.planned and fact.start is None and fact.end is None:
        extent = Stretch(Days(index_date, date.max), Days(index_date, date.max))
    begun = True if fact.start is None and fact.end is None else no_later(extent.start, Days.on(index_date))
    return Course(fact, extent, begun, _present(fact, extent, index_date))


def _extent(fact: Occurrence, index_date: date) -> Stretch:
    start = _days(fact.start)
    end = _days(fact.end)
    if start and end:
        if end.latest < start.earliest:
            # An end before its start is a slip of one of the two: somewhere between them.
            return Stretch(Days(end.earliest, start.latest), Days(end.earliest, start.latest))
        return Stretch(
            Days(start.earliest, min(start.latest, end.latest)), Days(max(start.earliest, end.earliest), end.latest)
        )
    if end:
        return Stretch(Days(date.min, end.latest), end)
    begun = start or Days(date.min, index_date)
    if fact.ongoing is True and begun.earliest <= index_date:
        return Stretch(begun, Days(index_date, max(index_date, begun.latest)))
    if fact.ongoing is None and fact.concept.kind in POINTS:
        return Stretch(begun, begun)
    return Stretch(begun, Days(begun.earliest, max(index_date, begun.latest)))


def _days(day: PartialDate | None) -> Days | None:
    return Days.of(day) if day else None


def _present(fact: Occurrence, extent: Stretch, index_date: date) -> Claim:
    if fact.end is not None:
        ended = no_later(Days.on(index_date), extent.end)
        return False if ended is False else True if ended and extent.end.earliest >= index_date else None
    if fact.ongoing is not None:
        return fact.ongoing
    status = plain(fact.status)
    if status in _PRESENT or status in _OVER:
        return status in _PRESENT
    return True if fact.concept.kind in ("finding", "allergy") else None


@lru_cache(maxsize=10_000)
def plain(words: str | None) -> str:
    """A coded status as words: `on-treatment` and `on_treatment` are both `on treatment`."""
    return " ".join((words or "").lower().replace("-", " ").replace("_", " ").split())


class Implication(NamedTuple):
    """One thing on record, or planned, says another under its own name."""

    recorded: str
    as_plan: bool
    implies: Concept
    plans: bool


@cache
def implications() -> tuple[Implication, ...]:
    return tuple(
        Implication(
            row["recorded"],
            row["recorded_as"] == "plan",
            Concept(row["implies"].replace("-", " "), _kind(row["kind"]), id=row["implies"]),
            row["implied_as"] == "plan",
        )
        for row in rows("implications", DATA)
    )


@lru_cache(maxsize=10_000)
def _implications_of(name: str, names: Names) -> tuple[Implication, ...]:
    """What the thing, or a thing that it is a kind of, implies."""
    above = names.ancestors(name)
    return tuple(rule for rule in implications() if rule.recorded == name or rule.recorded in above)


def _kind(name: str) -> Kind:
    return msgspec.convert(name, Kind)  # type: ignore[no-any-return]


def implied(fact: Occurrence, names: Names) -> Iterator[Occurrence]:
    """What a fact says besides, under another name: a negative pregnancy test, no pregnancy; a planned operation, a plan of surgery.

    A kind of a thing implies what the thing does; that a kind is not there implies nothing of the thing.
    """
    if fact.family:
        return
    name = fact.concept.id or fact.concept.text
    for rule in _implications_of(name, names):
        if rule.as_plan == fact.planned and (name == rule.recorded or fact.certainty != "refuted"):
            moved = rule.plans != fact.planned
            yield msgspec.structs.replace(
                fact,
                concept=rule.implies,
                planned=rule.plans,
                start=None if moved else fact.start,
                end=None if moved else fact.end,
            )


def staged_metastasis(fact: Staging) -> Occurrence:
    """What an M says of distant metastasis: M0 refutes it, M1 confirms it."""
    return Occurrence(
        concept=METASTASIS,
        certainty="refuted" if fact.value[:2].upper() == "M0" else "confirmed",
        start=fact.start,
        source=fact.source,
        words=fact.words or f"{fact.prefix or ''}{fact.value}",
    )
