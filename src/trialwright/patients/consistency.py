"""What in a chart does not fit together: a patient goes in, the same patient with remarks comes out. No fact is changed or taken away.

What an engine does with such facts is its own rule: values that contradict each other on one day give unknown wherever they would give
different verdicts, and nothing dated after the index date is looked at.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from datetime import date

import msgspec

from trialwright.codes.places import Diagnostic

from .facts import Fact, Measurement, Occurrence, Patient, Rating, Staging


def review(patient: Patient, as_of: date | None = None) -> Patient:
    """The patient with what is odd in the chart added to the diagnostics.

    as_of  the day on which the chart is looked at; without it no date is called future
    """
    found = (
        *_future(patient, as_of), *_before_birth(patient), *_contradictions(patient), *_without_range(patient), *_unobserved(patient, as_of)
    )  # fmt: skip
    return msgspec.structs.replace(patient, diagnostics=(*patient.diagnostics, *found)) if found else patient


def _future(patient: Patient, as_of: date | None) -> Iterator[Diagnostic]:
    for fact in patient.facts:
        planned = isinstance(fact, Occurrence) and fact.planned
        if as_of and fact.start and fact.start.earliest > as_of and not planned:
            yield Diagnostic(
                "future-date", "dated after the day the chart is looked at; not used before that day", fact.source
            )
    if as_of and patient.birth and patient.birth.earliest > as_of:
        yield Diagnostic("future-date", "the birth date lies after the day the chart is looked at", "Patient")


def _unobserved(patient: Patient, as_of: date | None) -> Iterator[Diagnostic]:
    if as_of and not patient.unread and not patient.is_observed(as_of):
        yield Diagnostic(
            "outside-observation",
            "the day lies in no observation period of the person; what is not recorded is unknown, whatever list is complete",
            "observation_period",
        )


def _before_birth(patient: Patient) -> Iterator[Diagnostic]:
    if patient.birth is None:
        return
    for source in dict.fromkeys(
        fact.source
        for fact in patient.facts
        for day in (fact.start, fact.end)
        if day is not None and day.before(patient.birth) and not (isinstance(fact, Occurrence) and fact.family)
    ):
        yield Diagnostic(
            "birth-after-event",
            "dated before the patient was born; one of the two dates is wrong, both are kept",
            source,
        )


def _contradictions(patient: Patient) -> Iterator[Diagnostic]:
    said: dict[Hashable, dict[Hashable, str]] = defaultdict(dict)
    for fact in patient.facts:
        if (claim := _claim(fact)) is not None:
            said[claim[0]].setdefault(claim[1], fact.source)
    for values in said.values():
        if len(values) > 1:
            first, *others = values.values()
            message = f"says something else than {first} on the same day; both are kept"
            yield from (Diagnostic("contradicting-values", message, other) for other in others)


def _claim(fact: Fact) -> tuple[Hashable, Hashable] | None:
    """What a fact speaks about on which day, and what it says; None where several answers on one day are no contradiction."""
    if fact.start is None or not fact.start.is_exact:
        return None
    match fact:
        case Rating():
            return ("rating", fact.scale, fact.version, fact.start), fact.value
        case Staging():
            return ("staging", fact.system, fact.prefix, fact.edition, fact.concept, fact.start), fact.value
        case Occurrence() if fact.certainty != "suspected" and fact.end is None and not fact.family:
            return (
                "occurrence",
                fact.concept.id or fact.concept.text,
                fact.concept.kind,
                fact.site,
                fact.planned,
                fact.start,
            ), fact.certainty
        case _:
            return None


def _without_range(patient: Patient) -> Iterator[Diagnostic]:
    bare = Counter(
        fact.concept.text
        for fact in patient.facts
        if isinstance(fact, Measurement)
        and fact.concept.kind == "lab"
        and fact.low is None
        and fact.high is None
        and not fact.derived
    )
    if bare:
        number = "one result has" if bare.total() == 1 else f"{bare.total()} results have"
        message = f"{number} no reference range; a multiple of normal stays unknown"
        yield Diagnostic("lab-without-range", message, ", ".join(sorted(bare)))
