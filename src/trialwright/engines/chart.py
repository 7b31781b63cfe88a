"""One patient's facts, arranged once for one day: what has happened by then, for how long, and by which name it is asked for.

A patient, an index date and the lists that are complete come in; a `Chart` goes out that answers every atom. A fact dated after the
index date has not happened; a plan and a relative's illness are kept apart from the patient's own past.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache, cached_property
from typing import Generic, Literal, NamedTuple, TypeVar

from trialwright.codes.concepts import Concept
from trialwright.codes.tables import rows
from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.nodes import Window
from trialwright.patients.facts import (
    Complete,
    Domain,
    Fact,
    Measurement,
    Occurrence,
    Patient,
    Rating,
    Sex,
    Staging,
    Statement,
)

from .courses import DATA, METASTASIS, Course, course_of, implied, same_place, staged_metastasis
from .findings import Finding
from .matching import Register, Relation, names_of
from .reasons import said
from .windows import Claim, Days, Stretch, bounds, no_later

Group = Literal["own", "planned", "family"]
Profile = tuple[Sex | None, frozenset[Domain]]
"""All that the answer of a chart depends on that holds nothing of what is asked."""

PERSON = "person"
"""The key of every chart: whom it is of."""


Said = TypeVar("Said", Measurement, Rating, Staging, Statement)


class Dated(NamedTuple, Generic[Said]):
    """Something measured, rated, staged or stated, with the day it was, as far as known; begun as in `Course`."""

    fact: Said
    day: Days
    begun: Claim


class Placed(NamedTuple):
    """Where a window lies.

    stretch  None when its anchor is not on record, or has no day yet
    later    it lies ahead, in the trial's own time: only plans can answer it
    moves    it is counted from the index date, so it moves on with every day
    now      the text says "at screening" and no length of time: judged like a node without a window
    event    the anchor's event where that is what is missing; "" else
    """

    stretch: Stretch | None
    later: bool = False
    moves: bool = False
    now: bool = False
    event: str = ""


class Chart:
    """A patient on one day. `memo` keeps the findings of atoms by their meaning, so that an atom asked twice is judged once."""

    def __init__(self, patient: Patient, *, index_date: date, complete: Complete, vocabulary: Vocabulary) -> None:
        self.patient, self.index_date, self.vocabulary = patient, index_date, vocabulary
        self.complete = complete = observed(patient, complete, index_date)
        self.today = Days.on(index_date)
        self.names = names_of(vocabulary)
        self.profile: Profile = (patient.sex, complete.domains)
        self.memo: dict[Hashable, Finding] = {}
        self._placed: dict[Window, Placed] = {}
        self._said: dict[int, str] = {}
        self.measurements: Register[Dated[Measurement]] = Register(self.names)
        self.ratings: dict[str, list[Dated[Rating]]] = {}
        self.stagings: dict[str, list[Dated[Staging]]] = {}
        self.statements: list[Dated[Statement]] = []
        self._groups: dict[Group, Register[Course]] = {}
        self._arrange()

    def recorded(self, concept: Concept, group: Group = "own") -> tuple[tuple[Course, Relation], ...]:
        """The occurrences that the concept's name may mean, refutations among them, and how they stand to it."""
        return self._groups[group].find(concept)

    def place(self, window: Window) -> Placed:
        known = self._placed.get(window)
        if known is None:
            known = self._placed[window] = self._place(window)
        return known

    def said(self, fact: Fact) -> str:
        """A fact of this chart in words, with its day."""
        known = self._said.get(id(fact))
        if known is None:
            known = self._said[id(fact)] = said(fact)
        return known

    def missing_domains(self, concept: Concept) -> tuple[str, ...] | None:
        """The lists that must still be declared complete before silence answers the concept; None when no list ever does."""
        domains = self.names.domains(concept)
        return None if domains is None else tuple(sorted(domains - self.complete.domains))

    @cached_property
    def keys(self) -> frozenset[str]:
        """What a node may be about for this chart to hold anything that it could see (see `sharing`)."""
        return frozenset(self._keys())

    def _keys(self) -> Iterator[str]:
        yield PERSON
        concepts = {one.fact.concept for group in self._groups.values() for one in group}
        concepts.update(row.fact.concept for row in self.measurements)
        for concept in concepts:
            yield from self.names.keys_recorded(concept)
        yield from map(scale_key, self.ratings)
        yield from map(stage_key, self.stagings)
        yield from (statement_key(row.fact.kind) for row in self.statements)

    @cached_property
    def rows(self) -> Mapping[tuple[Hashable, ...], list[Concept]]:
        """The concepts that one row of the chart names."""
        found: dict[tuple[Hashable, ...], list[Concept]] = {}
        for fact in self.patient.facts:
            if isinstance(fact, Occurrence):
                found.setdefault(row_of(fact), []).append(fact.concept)
        return found

    @cached_property
    def emptied(self) -> "Chart":
        """The chart of somebody of the same sex of whom nothing is recorded."""
        if not self.patient.facts:
            return self
        nobody = Patient(id=self.patient.id, sex=self.patient.sex)
        return Chart(nobody, index_date=self.index_date, complete=self.complete, vocabulary=self.vocabulary)

    def _arrange(self) -> None:
        grouped: dict[Group, list[Course]] = {"own": [], "planned": [], "family": []}
        for fact in self.patient.facts:
            match fact:
                case Occurrence():
                    for one in (fact, *implied(fact, self.names)):
                        group: Group = "family" if one.family else "planned" if one.planned else "own"
                        grouped[group].append(course_of(one, self.index_date))
                case Measurement():
                    self.measurements.add(fact.concept, self._dated(fact))
                case Rating():
                    self.ratings.setdefault(fact.scale.lower(), []).append(self._dated(fact))
                case Staging():
                    self.stagings.setdefault(fact.system.lower(), []).append(self._dated(fact))
                case Statement():
                    self.statements.append(self._dated(fact))
        grouped["own"] = self._with_metastasis(grouped["own"])
        for name, courses in grouped.items():
            self._groups[name] = self._registered(courses)

    def _dated(self, fact: Said) -> Dated[Said]:
        day = fact.start or fact.end
        if day is None:
            return Dated(fact, Days(date.min, self.index_date), True)
        days = Days.of(day)
        return Dated(fact, days, no_later(days, self.today))

    def _registered(self, courses: Iterable[Course]) -> Register[Course]:
        courses = list(courses)
        refuted: Register[Course] = Register(self.names)
        for one in courses:
            if one.is_refuted and one.begun is not False:
                refuted.add(one.fact.concept, one)
        register: Register[Course] = Register(self.names)
        for one in courses:
            if refuted and not one.is_refuted:
                one = one._replace(overruled=self._overruled(one, refuted))
            register.add(one.fact.concept, one)
        return register

    def _overruled(self, one: Course, refuted: Register[Course]) -> Literal["", "later", "unclear"]:
        """A later "no X" ends X, it does not erase that it was; an earlier one has been overtaken by X."""
        found: Literal["", "later", "unclear"] = ""
        for other, relation in refuted.find(one.fact.concept):
            if relation not in ("same", "broader") or not same_place(one.fact, other.fact):
                continue
            if other.extent.end.latest < one.extent.start.earliest:
                continue
            if one.extent.start.latest < other.extent.start.earliest and one.fact.ongoing is not True:
                found = found or "later"
            else:
                return "unclear"
        return found

    def _place(self, window: Window) -> Placed:
        anchor = (
            anchors()[window.anchor] if window.anchor else Anchor(when="later" if window.side == "during" else "index")
        )
        if anchor.when == "index" and window.side == "during":
            return Placed(Stretch(Days.on(date.min), self.today), moves=True, now=True)
        if anchor.when == "later":
            return Placed(None, later=True)
        if anchor.when == "index":
            return Placed(bounds(window, self.today), later=window.side == "after", moves=True)
        group: Group = "planned" if window.side == "before" and anchor.is_ahead else "own"
        extent = self.event(anchor.event, first=anchor.first, group=group)
        if extent is None:
            return Placed(None, event=window.anchor or "")
        if window.side == "during":
            return Placed(extent)
        return Placed(bounds(window, extent.start if window.side == "before" else extent.end))

    def event(self, name: str, *, first: bool, group: Group = "own") -> Stretch | None:
        """The extent of the first or the last such event; None when none is certain."""
        found = [
            one.extent
            for one, relation in self.recorded(event_concept(name), group)
            if relation in ("same", "narrower") and one.fact.certainty == "confirmed" and (one.begun or group != "own")
        ]
        if not found:
            return None
        pick = min if first else max
        start = Days(pick(x.start.earliest for x in found), pick(x.start.latest for x in found))
        end = Days(pick(x.end.earliest for x in found), pick(x.end.latest for x in found))
        return Stretch(start, end)

    def is_stale(self, day: Days) -> bool:
        """Whether a recurrence or progression is on record since: what was staged before it no longer describes the disease."""
        latest = [self.event(name, first=False) for name in ("recurrence", "disease-progression")]
        return any(since is not None and day.latest < since.start.earliest for since in latest)

    def _with_metastasis(self, courses: list[Course]) -> list[Course]:
        """The occurrences, with what the latest M says of distant metastasis, and without denials of it that a recurrence has overtaken."""
        self._groups["own"] = self._registered(courses)
        kept = [one for one in courses if not (one.is_refuted and self._is_overtaken(one))]
        staged = [row for row in self.stagings.get("m", ()) if row.begun and not self.is_stale(row.day)]
        newest = max((row.day.earliest for row in staged), default=date.min)
        said = [row.fact for row in staged if row.day.latest >= newest and row.fact.value[:2].upper() in ("M0", "M1")]
        return kept + [course_of(staged_metastasis(fact), self.index_date) for fact in said]

    def _is_overtaken(self, one: Course) -> bool:
        is_metastasis = self.names.relation(METASTASIS, one.fact.concept) is not None
        return is_metastasis and one.fact.start is not None and self.is_stale(one.extent.start)


def row_of(fact: Occurrence) -> tuple[Hashable, ...]:
    return (fact.source, fact.start, fact.words, fact.concept.kind)


def event_concept(name: str) -> Concept:
    return Concept(name.replace("-", " "), "event", id=name)


def scale_key(scale: str) -> str:
    return f"scale {scale.lower()}"


def stage_key(system: str) -> str:
    return f"stage {system.lower()}"


def statement_key(kind: str) -> str:
    return f"statement {kind}"


def observed(patient: Patient, complete: Complete, index_date: date) -> Complete:
    """The lists that are complete for this patient: none outside the periods observed, and none of a chart that could not be read."""
    return complete if patient.is_observed(index_date) else Complete()


class Anchor(NamedTuple):
    """When an anchor is: the index date, later than it, or an event on record, the first or the last of its kind.

    is_ahead  a window before it is counted from the trial's own treatment, which has a date only as a plan
    """

    when: str
    event: str = ""
    first: bool = False
    is_ahead: bool = False


@cache
def anchors() -> Mapping[str, Anchor]:
    return {
        row["anchor"]: Anchor(row["when"], row["event"], row["which"] == "first", row["before"] == "planned")
        for row in rows("anchors", DATA)
    }
