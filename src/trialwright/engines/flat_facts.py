"""A chart as rows of flat tables: one row a fact, with what the facts of one chart say of each other worked out.

A patient comes in, rows come out; the tables that they make are in `tables`. Nothing here knows the index date: what depends on it
(has it begun, is it over) is left to the query, as days that it compares. Beside the chart's own facts stand those that they imply under
another name, and what an M stage says of distant metastasis; beside the facts stand the pairs of which one denies the other.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from trialwright.codes.concepts import Concept, Kind
from trialwright.codes.dates import PartialDate
from trialwright.codes.vocabulary import Vocabulary
from trialwright.patients.facts import Measurement, Occurrence, Patient, Rating, Staging, Statement

from .amounts import at_home, on_grid, ratio_on_grid
from .courses import METASTASIS, POINTS, course_of, implications, implied, plain, same_place, staged_metastasis
from .matching import Names, words
from .presence import MALIGNANCY, METASTATIC
from .ratings import parsed_stage

OWN, PLANNED, FAMILY = 0, 1, 2
CONFIRMED, SUSPECTED, REFUTED = 0, 1, 2
CLOSED, POINT, GOES_ON, OPEN = 0, 1, 2, 3
"""How an occurrence ends: on recorded days · with its start · going on, as recorded · some day from its start on."""
_CERTAINTY = {"confirmed": CONFIRMED, "suspected": SUSPECTED, "refuted": REFUTED}
_ANY_DAY = date.max

Key = int
"""Stands for a concept, a set of words or of concepts; the same in every table and every part, since it is made from the content."""


class PersonRow(NamedTuple):
    """malignancies: 1, 2 and 4 for own, planned and relatives' ones, where they hold two that are no kind of each other"""

    person: int
    patient: str
    birth_from: date | None
    birth_to: date | None
    sex: str | None
    malignancies: int


class PeriodRow(NamedTuple):
    """A period in which whatever happened was recorded; a person without any is taken to be recorded always.

    A chart that could not be read has one that holds no day.
    """

    person: int
    day_from: date
    day_to: date


class OccurrenceRow(NamedTuple):
    """first_*, last_*  the days of the start and of the end; None when not recorded. last_* only where `tail` is CLOSED
    tail        how it ends
    present     whether it is so now, where the index date does not decide that
    name        key of the concept, together with what else the same row of the chart is called
    chart_row   numbers the rows of one chart: facts of one source share it
    staged_*    of what an M stage says of metastasis: the days of the stage; is_staged tells it from the others
    denies_spread  whether it denies metastasis and has a start, so that a later recurrence overtakes it
    may_be_gone    whether it is one of these two: what a chart holds, and a day may not
    """

    fact: int
    person: int
    name: Key
    whose: int
    planned: bool
    family: bool
    certainty: int
    first_from: date | None
    first_to: date | None
    last_from: date | None
    last_to: date | None
    tail: int
    present: bool | None
    ongoing: bool | None
    status: str | None
    grade: Decimal | None
    grade_scale: str | None
    grade_version: str | None
    severity: str | None
    site: Key | None
    reason: Key | None
    cause: Key | None
    dose: Decimal | None
    dose_unit: str | None
    purpose: str | None
    line: int | None
    for_recurrence: bool | None
    evidence: Key | None
    details: Key | None
    chart_row: int
    is_staged: bool
    staged_from: date | None
    staged_to: date | None
    denies_spread: bool
    may_be_gone: bool


class MeasurementRow(NamedTuple):
    """value, unit  in the home unit (see `amounts`); recorded_unit as in the chart; is_exact: nothing was lost in converting
    of_upper    the value in multiples of the size of the upper limit, and that limit's sign; of_lower as well.
                Where the limit is 0, of_* is the value itself
    has_start   whether the day is the start of the fact
    """

    person: int
    name: Key
    day_from: date | None
    day_to: date | None
    has_start: bool
    value: Decimal | None
    unit: str
    recorded_unit: str
    is_exact: bool
    comparator: str | None
    of_upper: Decimal | None
    upper_sign: int | None
    of_lower: Decimal | None
    lower_sign: int | None
    derived: bool


class RatingRow(NamedTuple):
    person: int
    scale: str
    value: Decimal | None
    version: str | None
    day_from: date | None
    day_to: date | None
    derived: bool


class StagingRow(NamedTuple):
    """letter, head, tail: the parts of the value, `T2a` being t, 2 and a; None for a value of another form. tumour: "" when not named"""

    person: int
    system: str
    value: str
    letter: str | None
    head: str | None
    tail: str | None
    prefix: str | None
    edition: str | None
    name: Key | None
    tumour: str
    day_from: date | None
    day_to: date | None


class StatementRow(NamedTuple):
    """said: the words of it, each once and sorted; None when the chart has none"""

    person: int
    kind: str
    holds: bool
    months: Decimal | None
    said: str | None
    day_from: date | None
    day_to: date | None


class DenialRow(NamedTuple):
    """One fact, and another of the same chart that says there is no such thing. first_* and ongoing are the first one's, no_* the denial's."""  # noqa: E501

    fact: int
    person: int
    planned: bool
    first_from: date | None
    first_to: date | None
    ongoing: bool | None
    denial: int
    no_from: date | None
    no_to: date | None


class NameRow(NamedTuple):
    """What is named: word_count is that of the different words in `text`."""

    name: Key
    id: str | None
    kind: str
    text: str
    word_count: int


class NameWordRow(NamedTuple):
    name: Key
    word: str


class NameCodeRow(NamedTuple):
    name: Key
    system: str
    code: str


class NameBesideRow(NamedTuple):
    """beside: another name of the same row of a chart"""

    name: Key
    beside: Key


class EvidenceRow(NamedTuple):
    evidence: Key
    name: Key


class DetailRow(NamedTuple):
    details: Key
    words: str


Row = (
    PersonRow | PeriodRow | OccurrenceRow | MeasurementRow | RatingRow | StagingRow | StatementRow | DenialRow
    | NameRow | NameWordRow | NameCodeRow | NameBesideRow | EvidenceRow | DetailRow
)  # fmt: skip


class Flattener:
    """Charts to rows. Keeps what it has already named, so that each name makes its rows once."""

    def __init__(self, vocabulary: Vocabulary, first_person: int = 0) -> None:
        self._names = Names(vocabulary)
        self._person = first_person
        self._concepts: dict[tuple[Concept, frozenset[Concept]], Key] = {}
        self._sets: dict[tuple[Concept, ...] | tuple[str, ...], Key] = {}
        self._implying: dict[tuple[str, bool], bool] = {}
        self._rows: list[Row] = []

    def rows(self, patient: Patient) -> list[Row]:
        """The rows of one chart, and those of the names that it is the first to use."""
        self._rows = []
        occurrences: list[tuple[Occurrence, Staging | None]] = []
        for fact in patient.facts:
            match fact:
                case Occurrence():
                    occurrences.append((fact, None))
                    if self._implies(fact):
                        occurrences += [(one, None) for one in implied(fact, self._names)]
                case Measurement():
                    self._measurement(fact)
                case Rating():
                    self._rating(fact)
                case Staging():
                    self._staging(fact)
                    if fact.system.lower() == "m" and fact.value[:2].upper() in ("M0", "M1"):
                        occurrences.append((staged_metastasis(fact), fact))
                case Statement():
                    self._statement(fact)
        self._occurrences(patient, occurrences)
        birth = _days(patient.birth)
        several = self._several_malignancies([fact for fact, _ in occurrences])
        self._rows.append(PersonRow(self._person, patient.id, *birth, patient.sex, several))  # type: ignore[call-arg]
        periods = (
            [(date.max, date.min)]
            if patient.unread
            else [(one.start.earliest, one.end.latest) for one in patient.observed]
        )
        self._rows += [PeriodRow(self._person, *period) for period in periods]
        self._person += 1
        return self._rows

    def _implies(self, fact: Occurrence) -> bool:
        key = (fact.concept.id or fact.concept.text, fact.planned)
        known = self._implying.get(key)
        if known is None:
            name, planned = key
            lineage = {name, *self._names.ancestors(name)}
            known = any(rule.as_plan == planned and rule.recorded in lineage for rule in implications())
            self._implying[key] = known
        return known

    def _occurrences(self, patient: Patient, found: list[tuple[Occurrence, Staging | None]]) -> None:
        beside = _named_together(patient)
        first = self._person << 20
        found.sort(key=lambda pair: pair[1] is not None)
        numbers: dict[str, int] = {}
        for number, (fact, stage) in enumerate(found, first):
            others = beside.get(_chart_row(fact), frozenset()) - {fact.concept} if fact.source else frozenset()
            row = fact.source or f"{fact.concept.text} {fact.start} {fact.end}"
            self._rows.append(self._occurrence(fact, stage, number, (others, numbers.setdefault(row, len(numbers)))))
        if any(fact.certainty == "refuted" for fact, _ in found):
            self._rows += self._denials([(number, fact) for number, (fact, _) in enumerate(found, first)])

    def _occurrence(
        self, fact: Occurrence, stage: Staging | None, number: int, place: tuple[frozenset[Concept], int]
    ) -> OccurrenceRow:
        beside, chart_row = place
        denies_spread = stage is None and self._denies_spread(fact)
        first, last, tail = _extent(fact)
        dose, dose_unit, _ = at_home(fact.dose, None) if fact.dose else (None, None, True)
        return OccurrenceRow(
            fact=number,
            person=self._person,
            name=self._name(fact.concept, beside),
            whose=_whose(fact),
            planned=fact.planned,
            family=fact.family,
            certainty=_CERTAINTY[fact.certainty],
            first_from=first[0],
            first_to=first[1],
            last_from=last[0],
            last_to=last[1],
            tail=tail,
            present=None if fact.end else _present(fact.ongoing, fact.status, fact.concept.kind),
            ongoing=fact.ongoing,
            status=plain(fact.status) or None,
            grade=None if fact.grade is None else on_grid(fact.grade),
            grade_scale=(fact.grade_scale or "").lower() or None,
            grade_version=fact.grade_version,
            severity=fact.severity,
            site=self._name(fact.site) if fact.site else None,
            reason=self._name(fact.reason) if fact.reason else None,
            cause=self._name(fact.cause) if fact.cause else None,
            dose=dose,
            dose_unit=dose_unit,
            purpose=plain(fact.purpose) or None,
            line=fact.line,
            for_recurrence=fact.for_recurrence,
            evidence=self._evidence(fact.evidence) if fact.evidence else None,
            details=self._details(fact.details) if fact.details else None,
            chart_row=chart_row,
            is_staged=stage is not None,
            staged_from=_days(stage.start or stage.end)[0] if stage else None,
            staged_to=_days(stage.start or stage.end)[1] if stage else None,
            denies_spread=denies_spread,
            may_be_gone=stage is not None or denies_spread,
        )

    def _denies_spread(self, fact: Occurrence) -> bool:
        is_dated_denial = fact.start is not None and fact.certainty == "refuted"
        return is_dated_denial and self._names.relation(METASTASIS, fact.concept) is not None

    def _denials(self, found: list[tuple[int, Occurrence]]) -> Iterator[DenialRow]:
        denials = [(number, fact) for number, fact in found if fact.certainty == "refuted"]
        for number, fact in found:
            if fact.certainty == "refuted":
                continue
            for other_number, other in denials:
                if _whose(fact) != _whose(other) or not same_place(fact, other):
                    continue
                if self._names.relation(fact.concept, other.concept) in ("same", "broader"):
                    first, no = _extent(fact)[0], _extent(other)[0]
                    yield DenialRow(  # type: ignore[call-arg]
                        number, self._person, fact.planned, *first, fact.ongoing, other_number, *no
                    )  # fmt: skip

    def _several_malignancies(self, found: Iterable[Occurrence]) -> int:
        several = 0
        kinds: dict[int, set[Concept]] = {}
        for fact in found:
            if fact.certainty != "refuted" and self._is_primary(fact.concept):
                kinds.setdefault(_whose(fact), set()).add(fact.concept)
        for whose, concepts in kinds.items():
            if any(self._names.relation(one, other) is None for one in concepts for other in concepts):
                several |= 1 << whose
        return several

    def _is_primary(self, concept: Concept) -> bool:
        relation = self._names.relation
        return relation(MALIGNANCY, concept) == "narrower" and relation(METASTATIC, concept) not in ("same", "narrower")

    def _measurement(self, fact: Measurement) -> None:
        value, unit, is_exact = at_home(fact.quantity, fact.concept.id)
        self._rows.append(
            MeasurementRow(  # type: ignore[call-arg]
                self._person,
                self._name(fact.concept),
                *_days(fact.start or fact.end),
                fact.start is not None,
                value,
                unit,
                fact.quantity.unit,
                is_exact,
                fact.comparator,
                *_multiple(fact.quantity.value, fact.high),
                *_multiple(fact.quantity.value, fact.low),
                bool(fact.derived),
            )
        )

    def _rating(self, fact: Rating) -> None:
        days = _days(fact.start or fact.end)
        value = on_grid(fact.value)
        self._rows.append(
            RatingRow(self._person, fact.scale.lower(), value, fact.version, *days, bool(fact.derived))  # type: ignore[call-arg]
        )  # fmt: skip

    def _staging(self, fact: Staging) -> None:
        concept = fact.concept
        self._rows.append(
            StagingRow(  # type: ignore[call-arg]
                self._person,
                fact.system.lower(),
                fact.value.strip().lower(),
                *(parsed_stage(fact.value) or (None, None, None)),
                (fact.prefix or "").lower() or None,
                fact.edition,
                self._name(concept) if concept else None,
                (concept.id or concept.text) if concept else "",
                *_days(fact.start or fact.end),
            )
        )

    def _statement(self, fact: Statement) -> None:
        months = None if fact.at_least_months is None else on_grid(fact.at_least_months)
        days = _days(fact.start or fact.end)
        said = said_words(fact.words) if fact.words else None
        self._rows.append(StatementRow(self._person, fact.kind, fact.holds, months, said, *days))

    def _name(self, concept: Concept, beside: frozenset[Concept] = frozenset()) -> Key:
        known = self._concepts.get((concept, beside))
        if known is not None:
            return known
        others = [self._name(one) for one in sorted(beside, key=repr)]
        key = self._concepts[concept, beside] = _key((concept, others))
        parts = words(concept.text)
        self._rows.append(NameRow(key, concept.id, concept.kind, concept.text, len(parts)))
        self._rows += [NameWordRow(key, word) for word in sorted(parts)]
        self._rows += [NameCodeRow(key, code.system, code.code) for code in concept.codes]
        self._rows += [NameBesideRow(key, other) for other in others]
        return key

    def _evidence(self, concepts: tuple[Concept, ...]) -> Key:
        key = self._sets.get(concepts)
        if key is None:
            key = self._sets[concepts] = _key(("evidence", concepts))
            self._rows += [EvidenceRow(key, self._name(concept)) for concept in concepts]
        return key

    def _details(self, details: tuple[str, ...]) -> Key:
        key = self._sets.get(details)
        if key is None:
            key = self._sets[details] = _key(("details", details))
            self._rows += [DetailRow(key, plain(detail)) for detail in details]
        return key


def said_words(text: str) -> str:
    """The words of a text, each once and in the order of the alphabet, so that texts of the same words are equal."""
    return " ".join(sorted(words(text)))


def _key(content: object) -> Key:
    return int.from_bytes(blake2b(msgspec.json.encode(content), digest_size=8).digest(), signed=True)


def _whose(fact: Occurrence) -> int:
    return FAMILY if fact.family else PLANNED if fact.planned else OWN


_Span = tuple[date, date] | tuple[None, None]


def _days(day: PartialDate | None) -> _Span:
    return (None, None) if day is None else _span(day)


@lru_cache(maxsize=100_000)
def _span(day: PartialDate) -> tuple[date, date]:
    return day.earliest, day.latest


def _extent(fact: Occurrence) -> tuple[_Span, _Span, int]:
    """The days of the start and of the end, as far as no index date is needed for them, and how it ends."""
    nothing: _Span = (None, None)
    if fact.end is not None:
        start, end = course_of(fact, _ANY_DAY).extent
        if fact.certainty == "refuted":
            return (start.earliest, start.latest), nothing, POINT
        return (start.earliest, start.latest), (end.earliest, end.latest), CLOSED
    return _days(fact.start), nothing, _tail(fact)


def _tail(fact: Occurrence) -> int:
    if fact.certainty == "refuted" or (fact.planned and fact.start is None):
        return POINT
    if fact.ongoing:
        return GOES_ON
    return POINT if fact.ongoing is None and fact.concept.kind in POINTS else OPEN


@lru_cache(maxsize=100_000)
def _present(ongoing: bool | None, status: str | None, kind: Kind) -> bool | None:
    """Whether a fact without an end is so now: no day decides that."""
    return course_of(Occurrence(concept=Concept("", kind), ongoing=ongoing, status=status), _ANY_DAY).present


def _multiple(value: Decimal, bound: Decimal | None) -> tuple[Decimal | None, int | None]:
    if bound is None or not bound.is_finite() or not value.is_finite():
        return None, None
    sign = (bound > 0) - (bound < 0)
    return (ratio_on_grid(value, abs(bound)) if sign else on_grid(value)), sign


ChartRow = tuple[str, PartialDate | None, str, str]


def _chart_row(fact: Occurrence) -> ChartRow:
    return fact.source, fact.start, fact.words, fact.concept.kind


def _named_together(patient: Patient) -> Mapping[ChartRow, frozenset[Concept]]:
    """The concepts of each row of the chart that has several."""
    found: dict[ChartRow, set[Concept]] = {}
    for fact in patient.facts:
        if isinstance(fact, Occurrence) and fact.source:
            found.setdefault(_chart_row(fact), set()).add(fact.concept)
    return {row: frozenset(concepts) for row, concepts in found.items() if concepts}
