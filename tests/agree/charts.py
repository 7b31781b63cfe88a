"""Charts drawn from a tree's own constants: values at each bound, one below and one above, days at each edge, and what is missing."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any as Whatever
from typing import get_args

import msgspec
from hypothesis import strategies as st

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration, PartialDate
from trialwright.codes.quantities import Quantity
from trialwright.criteria.nodes import (
    Attest,
    AttestKind,
    Compare,
    Criteria,
    Has,
    Interval,
    Node,
    Person,
    Score,
    Stage,
    Window,
    walk,
)
from trialwright.engines.occurrences import status_rules
from trialwright.patients.facts import Fact, Measurement, Occurrence, Patient, Period, Rating, Staging, Statement

from .trees import QUALIFIERS, STAGES, TEXTS, UNITS, maybe
from .words import LABS, SITES, THINGS, concept, near

EVENTS = [
    concept(name)
    for name in ("recurrence", "disease-progression", "surgery", "radiotherapy", "chemotherapy", "diagnosis")
]
STATES = [
    concept(name)
    for name in (
        "pregnancy",
        "postmenopausal",
        "premenopausal",
        "childbearing-potential",
        "surgically-sterile",
        "hysterectomy",
        "pregnancy-test",
    )
]
METASTASES = [
    concept(name)
    for name in ("distant-metastasis", "liver-metastasis", "bone-metastasis", "cancer", "nasopharyngeal-carcinoma")
]
_BASES = (date(2025, 8, 31), date(2025, 2, 28))


class Constants:
    """What one trial names: its concepts, numbers, and the days at its bounds."""

    def __init__(self, trial: Criteria, index: date) -> None:
        self.atoms = [
            atom for criterion in trial.criteria for node in walk(criterion.node) for atom in _with_exceptions(node)
        ]
        self.index = index
        bases = (index, *_BASES)
        self.days = sorted(
            {day for base in bases for length in self._lengths() for day in _around(base, length)} | set(bases)
        )
        self.concepts = [one for atom in self.atoms for one in _concepts(atom)] or THINGS[:2]

    def _lengths(self) -> Iterator[Duration]:
        for atom in self.atoms:
            window = getattr(atom, "when", None)
            if isinstance(window, Window):
                yield from (length for length in (window.at_most, window.at_least, window.lasting) if length)
            if isinstance(atom, Interval):
                yield atom.duration

    def births(self) -> list[date]:
        limits = [atom.age[1] for atom in self.atoms if isinstance(atom, Person) and atom.age]
        found = {
            day
            for limit in limits
            for more in (0, 1)
            for day in _around(self.index, Duration(limit.value + more, limit.unit))
        }
        return sorted({day for day in found if day <= self.index} | {date(1960, 2, 29), self.index})


def _with_exceptions(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Has):
        for exception in node.unless:
            yield from _with_exceptions(exception)


def _concepts(atom: Node) -> list[Concept]:
    match atom:
        case Has():
            return [atom.concept]
        case Interval():
            return [atom.start.concept, *([atom.end.concept] if atom.end else [])]
        case _:
            return []


def _around(base: date, length: Duration) -> Iterator[date]:
    for day in (length.before(base), length.after(base)):
        if date(1900, 1, 1) < day < date(2100, 1, 1):
            yield from (day + timedelta(days=by) for by in (-1, 0, 1))


def days(known: Constants) -> st.SearchStrategy[PartialDate | None]:
    """A day at some bound, or its month or its year; or none."""
    exact = st.sampled_from(known.days)
    return st.one_of(
        exact.map(PartialDate.of),
        exact.map(PartialDate.of),
        exact.map(lambda day: PartialDate(day.year, day.month)),
        exact.map(lambda day: PartialDate(day.year)),
        st.none(),
    )


_SAID = sorted({word for rule in status_rules().values() for word in (*rule.yes, *rule.no)})


@st.composite
def occurrences(draw: st.DrawFn, known: Constants) -> Occurrence:
    """Something on record: near what one atom asks, or one of the events and states that others are counted from."""
    atom = draw(st.sampled_from([*(atom for atom in known.atoms if isinstance(atom, Has | Interval)), None]))
    if isinstance(atom, Has):
        return draw(_near_to(atom, known))
    pool = st.sampled_from([*known.concepts] * 3 + EVENTS + STATES + METASTASES)
    return draw(_any_of(draw(near(draw(pool))), known))


@st.composite
def _near_to(draw: st.DrawFn, atom: Has, known: Constants) -> Occurrence:
    """As asked, but for a part or two."""
    loose = draw(_any_of(draw(near(atom.concept)), known))
    is_plan = "planned" in atom.status or (atom.when is not None and atom.when.side == "during")
    said = sorted({word for status in atom.status for word in status_rules()[status].yes})
    fitting: dict[str, Whatever] = {
        "concept": atom.concept,
        "certainty": draw(st.sampled_from(("confirmed", "confirmed", "suspected", "refuted"))),
        "family": "family_history" in atom.status,
        "planned": is_plan,
        "status": draw(st.sampled_from(said)) if said else None,
        "ongoing": True if {"current", "active"} & set(atom.status) else loose.ongoing,
        "site": atom.site,
        "reason": atom.reason,
        "cause": atom.cause,
        "evidence": atom.evidence[:1],
        "details": atom.qualifiers,
    }
    if atom.severity:
        fitting |= {
            "grade": atom.severity.grade,
            "grade_scale": atom.severity.scale,
            "grade_version": atom.severity.version,
        }
    apart = draw(st.sets(st.sampled_from(sorted(fitting)), max_size=3)) if draw(st.booleans()) else set()
    return msgspec.structs.replace(loose, **{name: value for name, value in fitting.items() if name not in apart})


@st.composite
def _any_of(draw: st.DrawFn, concept_: Concept, known: Constants) -> Occurrence:
    dated = days(known)
    return Occurrence(
        concept=concept_,
        start=draw(dated),
        end=draw(maybe(dated, 2)),
        certainty=draw(st.sampled_from(("confirmed", "confirmed", "confirmed", "suspected", "refuted"))),
        status=draw(maybe(st.sampled_from(_SAID), 3)),
        ongoing=draw(st.sampled_from((None, None, True, False))),
        grade=draw(maybe(st.sampled_from([Decimal(grade) for grade in (1, 2, 3)]), 2)),
        grade_scale=draw(st.sampled_from((None, "ctcae", "NYHA"))),
        grade_version=draw(maybe(st.just("5"))),
        site=draw(maybe(st.sampled_from(SITES), 2)),
        dose=draw(maybe(_DOSES, 2)),
        purpose=draw(maybe(st.sampled_from(QUALIFIERS))),
        line=draw(maybe(st.integers(1, 2))),
        family=draw(st.sampled_from((False,) * 9 + (True,))),
        planned=draw(st.sampled_from((False,) * 6 + (True,))),
        severity=draw(maybe(st.sampled_from(("mild", "moderate", "severe")))),
        evidence=draw(maybe(st.sampled_from(((concept("histology"),), (concept("mri"), concept("histology")))))) or (),
        reason=draw(maybe(st.sampled_from(THINGS))),
        for_recurrence=draw(st.sampled_from((None, None, True, False))),
        cause=draw(maybe(st.sampled_from(THINGS))),
        details=draw(st.lists(st.sampled_from(QUALIFIERS), max_size=2).map(tuple)),
        source=draw(st.sampled_from(("", "row 1", "row 2"))),
        words=draw(st.sampled_from(("", "words"))),
    )


_DOSES = st.sampled_from(
    [
        Quantity(Decimal(value), unit)
        for value, unit in (
            ("10", "mg/d"),
            ("10000", "ug/d"),
            ("9.99", "mg/d"),
            ("1.5", "mg/d"),
            ("20", "mg"),
            ("5", "zz"),
        )
    ]
)
_STEPS = (Decimal(0), Decimal("0.001"), Decimal("-0.001"), Decimal("0.0000000000000000001"))


@st.composite
def measurements(draw: st.DrawFn, known: Constants) -> Measurement:
    asked = [atom for atom in known.atoms if isinstance(atom, Compare)]
    if asked:
        node = draw(st.sampled_from(asked))
        measure, quantity = draw(st.one_of(st.just(node.measure), near(node.measure))), node.quantity
        if node.relative_to:
            quantity = Quantity(Decimal(60), "U/L")
    else:
        measure, quantity = draw(st.sampled_from(LABS)), Quantity(Decimal(5), "U/L")
    others = UNITS.get(measure.id or measure.text, ())
    same = Quantity(quantity.value + draw(st.sampled_from(_STEPS)), quantity.unit)
    found = draw(
        st.sampled_from(
            [
                same,
                same,
                same,
                *(Quantity(Decimal(value), unit) for unit, value in others),
                Quantity(Decimal("NaN"), quantity.unit),
            ][: draw(st.sampled_from((3, 9)))]
        )
    )
    ratio = draw(st.sampled_from((Decimal("1.5"), Decimal("1.499"), Decimal("1.501"), Decimal(3), Decimal(-1))))
    bound = (
        found.value / ratio if draw(st.booleans()) else draw(st.sampled_from((Decimal(40), Decimal(0), Decimal(-2))))
    )
    return Measurement(
        concept=measure,
        quantity=found,
        comparator=draw(st.sampled_from((None,) * 9 + ("<", "<=", ">", ">="))),
        low=draw(maybe(st.just(bound), 1)),
        high=draw(maybe(st.just(bound), 1)),
        derived=draw(st.sampled_from(("", "", "formula"))),
        start=draw(days(known)),
        end=draw(maybe(days(known), 4)),
    )


@st.composite
def ratings(draw: st.DrawFn, known: Constants) -> Rating:
    values = [atom.value for atom in known.atoms if isinstance(atom, Score)] or [Decimal(1)]
    near_values = [value + by for value in values for by in (-1, 0, 1)] + [Decimal(70), Decimal(80), Decimal("NaN")]
    return Rating(
        scale=draw(st.sampled_from(("ecog", "KPS", "nyha", "ctcae"))),
        value=draw(st.sampled_from(near_values)),
        version=draw(maybe(st.just("5"), 1)),
        derived=draw(st.sampled_from(("", "", "from KPS"))),
        start=draw(days(known)),
    )


@st.composite
def stagings(draw: st.DrawFn, known: Constants) -> Staging:
    asked = [value for atom in known.atoms if isinstance(atom, Stage) for value in atom.allowed]
    return Staging(
        system=draw(
            st.sampled_from(
                [*(atom.system for atom in known.atoms if isinstance(atom, Stage))] * 3 + ["T", "N", "M", "m", "group"]
            )
        ),
        value=draw(st.sampled_from([*asked * 3, *STAGES])),
        prefix=draw(
            st.sampled_from(
                (*(atom.prefix for atom in known.atoms if isinstance(atom, Stage)), None, "r", "c", "yp", "ry")
            )
        ),
        edition=draw(st.sampled_from((None, "8", "8", "7"))),
        concept=draw(maybe(st.sampled_from(METASTASES), 1)),
        start=draw(days(known)),
        end=draw(maybe(days(known), 4)),
        source=draw(st.sampled_from(("", "row 1"))),
        words=draw(st.sampled_from(("", "words"))),
    )


@st.composite
def statements(draw: st.DrawFn, known: Constants) -> Statement:
    kinds = [atom.kind for atom in known.atoms if isinstance(atom, Attest)] * 3
    months = [Decimal(months) for months in ("1", "3", "6", "12", "0.4599589322381930184804928131")]
    return Statement(
        kind=draw(st.sampled_from([*kinds, *get_args(AttestKind)])),
        holds=draw(st.booleans()),
        at_least_months=draw(maybe(st.sampled_from(months), 1)),
        words=draw(st.sampled_from(("", *TEXTS))),
        start=draw(days(known)),
    )


@st.composite
def periods(draw: st.DrawFn, known: Constants) -> Period:
    """Around the index date, up to it, from it on, or elsewhere."""
    near = [known.index + timedelta(days=by) for by in (-400, -1, 0, 1, 400)]
    start, end = sorted((draw(st.sampled_from(near)), draw(st.sampled_from(near))))
    loose = draw(st.booleans())
    return Period(
        PartialDate(start.year, start.month) if loose else PartialDate.of(start),
        PartialDate(end.year) if loose else PartialDate.of(end),
    )


@st.composite
def patients(draw: st.DrawFn, known: Constants, number: int) -> Patient:
    facts: list[Fact] = draw(st.lists(occurrences(known), max_size=5))
    wanted: dict[type[Whatever], st.SearchStrategy[Whatever]] = {
        Compare: measurements(known), Score: ratings(known), Stage: stagings(known), Attest: statements(known),
    }  # fmt: skip
    for node, strategy in wanted.items():
        if any(isinstance(atom, node) for atom in known.atoms):
            facts += draw(st.lists(strategy, min_size=1, max_size=3))
    if not any(isinstance(atom, Stage) for atom in known.atoms):
        facts += draw(st.lists(stagings(known), max_size=1))
    if any(isinstance(atom, Has) and atom.severity for atom in known.atoms):
        facts += draw(st.lists(ratings(known), max_size=2))
    birth = draw(maybe(st.sampled_from(known.births()), 0))
    return Patient(
        id=str(number),
        birth=draw(
            st.sampled_from(
                (None, PartialDate.of(birth), PartialDate(birth.year, birth.month), PartialDate(birth.year))
            )
        ),
        sex=draw(st.sampled_from((None, "female", "male"))),
        facts=tuple(facts),
        observed=draw(st.one_of(st.just(()), st.just(()), st.lists(periods(known), max_size=2).map(tuple))),
        unread=draw(st.sampled_from((False,) * 19 + (True,))),
    )


def populations(trial: Criteria, index: date, size: int) -> st.SearchStrategy[list[Patient]]:
    known = Constants(trial, index)
    return st.tuples(*(patients(known, number) for number in range(size))).map(list)
