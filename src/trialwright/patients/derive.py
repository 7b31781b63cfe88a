"""Facts computed from a patient's other facts: a patient and a day in, the same patient with derived facts added out.

Each derived fact names its formula in `derived`, its inputs with their dates in `words` and the rows of its inputs in `source`. It is
dated by its latest input. A quantity that the chart itself gives, as recent as the inputs are, is not computed again.
"""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec

from trialwright.codes import formulas
from trialwright.codes.concepts import Concept
from trialwright.codes.dates import PartialDate, completed_years
from trialwright.codes.formulas import BsaFormula
from trialwright.codes.quantities import Quantity, UnitError
from trialwright.codes.vocabulary import Vocabulary, default_vocabulary

from .ctcae import Version, lab_grades
from .facts import Fact, Measurement, Occurrence, Patient, Rating


class _Given(NamedTuple):
    """The inputs of one formula, as quantities, and the facts they come from."""

    patient: Patient
    facts: tuple[Measurement, ...]
    age: int | None

    def of(self, place: int) -> Quantity:
        return self.facts[place].quantity


class Formula(NamedTuple):
    """A derived quantity.

    makes   the vocabulary's id of what comes out; inputs: ids of what goes in
    name    formula and source, as the fact shows it
    """

    makes: str
    inputs: tuple[str, ...]
    name: str
    compute: Callable[[_Given], Quantity | None]


FORMULAS: tuple[Formula, ...] = (
    Formula("bmi", ("weight", "height"), "weight / height²", lambda g: formulas.body_mass_index(g.of(0), g.of(1))),
    Formula(
        "creatinine-clearance",
        ("creatinine", "weight"),
        "Cockcroft–Gault, actual weight (Nephron 1976;16:31)",
        lambda g: None if g.age is None else formulas.cockcroft_gault(g.of(0), g.age, g.of(1), g.patient.sex),
    ),
    Formula(
        "egfr",
        ("creatinine",),
        "CKD-EPI 2021 creatinine (N Engl J Med 2021;385:1737)",
        lambda g: None if g.age is None else formulas.ckd_epi_2021(g.of(0), g.age, g.patient.sex),
    ),
    Formula(
        "qtcf",
        ("qt", "heart-rate"),
        "Fridericia (Acta Med Scand 1920;53:469)",
        lambda g: formulas.fridericia(g.of(0), g.of(1)),
    ),
    Formula(
        "calcium-corrected",
        ("calcium", "albumin"),
        "calcium + 0.8 mg/dL per g/dL of albumin below 4 (Payne, BMJ 1973;4:643)",
        lambda g: formulas.corrected_calcium(g.of(0), g.of(1)),
    ),
)
"""All but body surface, whose formula is the caller's choice."""


def age_on(patient: Patient, day: date) -> int | None:
    """Completed years on a day. None when the birth date is not recorded, is later, or is too coarse to tell one age."""
    if patient.birth is None or patient.birth.earliest > day:
        return None
    ages = {completed_years(patient.birth.earliest, day), completed_years(patient.birth.latest, day)}
    return ages.pop() if len(ages) == 1 else None


def derive(
    patient: Patient,
    on: date,
    *,
    bsa: BsaFormula | None = None,
    ctcae: Version | None = None,
    vocabulary: Vocabulary | None = None,
) -> Patient:
    """The patient with the facts that can be computed from those dated up to `on`.

    bsa    body surface is computed by this formula; None: not at all, since no formula is the default
    ctcae  laboratory values are graded on this version of the scale; None: not at all, since no version is the default
    """
    known = vocabulary or default_vocabulary()
    chosen = (*FORMULAS, *([_body_surface(bsa)] if bsa else []))
    found: list[Fact] = [fact for formula in chosen for fact in _computed(formula, patient, on, known)]
    found += _performance(patient, on)
    if ctcae:
        found += _graded(patient, on, ctcae, known)
    return msgspec.structs.replace(patient, facts=(*patient.facts, *found))


def _body_surface(formula: BsaFormula) -> Formula:
    name = f"body surface by the formula of {formula}"
    return Formula("bsa", ("weight", "height"), name, lambda g: formulas.body_surface_area(g.of(0), g.of(1), formula))


def _computed(formula: Formula, patient: Patient, on: date, known: Vocabulary) -> Iterator[Measurement]:
    inputs = [_latest(patient, measure, on) for measure in formula.inputs]
    used = tuple(fact for fact in inputs if fact is not None)
    if len(used) < len(formula.inputs):
        return
    day = max((fact.start for fact in used if fact.start), key=lambda start: start.latest)
    if _is_given(patient, formula.makes, day, on):
        return
    try:
        value = formula.compute(_Given(patient, used, age_on(patient, day.latest)))
    except (UnitError, ArithmeticError):
        return
    if value is not None:
        yield Measurement(
            concept=known.concept(known.get(formula.makes)),
            quantity=value,
            start=day,
            source="; ".join(fact.source for fact in used),
            words=_inputs_in_words(used),
            derived=formula.name,
        )


def _latest(patient: Patient, measure: str, on: date) -> Measurement | None:
    """The last dated value up to a day, without those that are bounds; of several on one day, the last in the chart."""
    dated = [fact for fact in _measured(patient, measure, on) if fact.comparator is None and fact.quantity.value > 0]
    return max(reversed(dated), key=_day, default=None) if dated else None


def _measured(patient: Patient, measure: str, on: date) -> Iterator[Measurement]:
    for fact in patient.facts:
        if (
            isinstance(fact, Measurement)
            and fact.concept.id == measure
            and fact.start is not None
            and fact.start.latest <= on
        ):
            yield fact


def _day(fact: Fact) -> date:
    return fact.start.latest if fact.start else date.min


def _is_given(patient: Patient, measure: str, day: PartialDate, on: date) -> bool:
    return any(fact.start is not None and fact.start.latest >= day.earliest for fact in _measured(patient, measure, on))


def _inputs_in_words(used: tuple[Measurement, ...]) -> str:
    return "from " + ", ".join(f"{fact.concept.text} {fact.quantity} ({fact.start})" for fact in used)


def _performance(patient: Patient, on: date) -> Iterator[Rating]:
    """An ECOG grade for every Karnofsky value on whose day no ECOG grade is recorded; the conversion is lossy and says so."""
    recorded = {fact.start for fact in patient.facts if isinstance(fact, Rating) and fact.scale == "ecog"}
    for fact in patient.facts:
        if (
            not isinstance(fact, Rating)
            or fact.scale not in ("kps", "karnofsky")
            or fact.start in recorded
            or _day(fact) > on
        ):
            continue
        if (grade := formulas.ecog_from_karnofsky(fact.value)) is not None:
            yield Rating(
                scale="ecog",
                value=grade,
                start=fact.start,
                source=fact.source,
                words=f"from Karnofsky {fact.value}",
                derived="ECOG from Karnofsky, lossy: other tables set 70 against grade 2 (Oken, Am J Clin Oncol 1982;5:649)",
            )


def _graded(patient: Patient, on: date, version: Version, known: Vocabulary) -> Iterator[Occurrence]:
    """Settled grades of 1 and more, of the latest value of each laboratory test; a range of grades is no fact."""
    measures = dict.fromkeys(
        fact.concept.id for fact in patient.facts if isinstance(fact, Measurement) and fact.concept.id
    )
    for measure in measures:
        fact = _latest(patient, measure, on)
        for grade in lab_grades(fact, version) if fact else ():
            if fact and grade.least == grade.most and grade.least:
                yield Occurrence(
                    concept=_toxicity(grade.term, known),
                    grade=Decimal(grade.least),
                    grade_scale="ctcae",
                    grade_version=version,
                    start=fact.start,
                    source=fact.source,
                    words=f"{grade.term} {_inputs_in_words((fact,))}, graded on CTCAE v{version}",
                )


def _toxicity(term: str, known: Vocabulary) -> Concept:
    entry = known.find(term, "condition")
    return known.concept(entry) if entry else Concept(term, "condition")
