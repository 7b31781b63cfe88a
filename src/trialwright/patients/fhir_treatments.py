"""Procedure, Medication* and Immunization resources in, occurrences out: what was done or given, when, how much, what for."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from typing import NamedTuple

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import PartialDate
from trialwright.codes.quantities import Quantity
from trialwright.codes.tables import rows

from . import fhir_mcode
from .dosage import Dose, read_dose
from .facts import Certainty, Fact, Occurrence
from .fhir_parts import Chart, Dates, codes, dates, pieces, quantity, reason
from .fhir_types import (
    Dosage,
    Immunization,
    Medicating,
    Medication,
    MedicationAdministration,
    MedicationRequest,
    MedicationStatement,
    Procedure,
)
from .naming import DATA

_CYCLES = re.compile(r"\b(\d{1,2}) (?:cycle|course)s?\b")
_LINE = re.compile(r"\bline of therapy[^:;]*: ?(\d{1,2})\b|\b(\d{1,2})(?:st|nd|rd|th)[- ]line\b")


class Standing(NamedTuple):
    """What a status says: whether it happened, whether it goes on, whether it is yet to come."""

    certainty: Certainty = "confirmed"
    ongoing: bool | None = None
    planned: bool = False


_PROCEDURE = {
    "preparation": Standing(planned=True),
    "in-progress": Standing(ongoing=True),
    "not-done": Standing("refuted"),
    "completed": Standing(ongoing=False),
    "stopped": Standing(ongoing=False),
    "unknown": Standing("suspected"),
}
_MEDICATION = {
    "active": Standing(ongoing=True),
    "in-progress": Standing(ongoing=True),
    "completed": Standing(ongoing=False),
    "stopped": Standing(ongoing=False),
    "intended": Standing(planned=True),
    "draft": Standing(planned=True),
    "not-taken": Standing("refuted"),
    "not-done": Standing("refuted"),
    "unknown": Standing("suspected"),
}


def procedure(row: Procedure, where: str, chart: Chart) -> Iterator[Fact]:
    concept = chart.concept(row.code, "procedure")
    if concept is None or row.code is None:
        chart.remarks.add("unused-resource", where, "a procedure without words or a code")
        return
    seen = dates(chart, where, row.performed_date_time, row.performed_period)
    standing = _PROCEDURE.get(row.status or "", Standing())
    why = reason(chart, where, row, pieces("", row.notes))
    course = fhir_mcode.radiotherapy(row, where, chart)
    fact = Occurrence(
        concept=concept,
        start=seen.start,
        end=seen.end,
        source=where,
        words=row.code.words or concept.text,
        certainty=standing.certainty,
        ongoing=standing.ongoing,
        planned=standing.planned,
        status=row.status,
        dose=course.dose,
        purpose=course.purpose,
        reason=why.concept,
        for_recurrence=why.for_recurrence,
        details=pieces(row.code.words, row.notes),
    )
    for site in chart.sites(row.body_site) or (None,):
        for name in _names(chart, concept, course):
            yield msgspec.structs.replace(fact, concept=name, site=site)


def _names(chart: Chart, concept: Concept, course: fhir_mcode.Course) -> list[Concept]:
    """Radiotherapy by its region, its technique and its intent: each a kind of radiotherapy that a criterion may ask for by itself."""
    curative = chart.namer.known("curative-intent radiotherapy", "procedure") if course.purpose == "curative" else None
    others = [name for name in (course.technique, curative) if name and chart.namer.is_a(name, "radiotherapy")]
    if not chart.namer.is_a(concept, "radiotherapy"):
        return [concept]
    named = list(dict.fromkeys([concept, *others]))
    return [
        name for name in named if not any(other != name and chart.namer.is_a(other, name.id or "") for other in named)
    ]


def medication(row: Medicating, where: str, chart: Chart) -> Iterator[Fact]:
    """One fact for each ingredient that the vocabulary knows in the product's name."""
    concepts, words = _drugs(row, where, chart)
    if not concepts:
        chart.remarks.add("unused-resource", where, "a medication without words or a code")
        return
    if row.status == "cancelled":
        chart.remarks.count("withdrawn-row", where.split("/")[0], "cancelled; not used")
        return
    standing, seen = _standing(row), _given(row, where, chart)
    notes, dose = pieces(words, row.notes), _dose(row, where, chart)
    why = reason(chart, where, row, notes)
    for concept in concepts:
        yield Occurrence(
            concept=concept,
            start=seen.start,
            end=seen.end,
            source=where,
            words="; ".join(part for part in (words or concept.text, dose.words) if part),
            certainty=standing.certainty,
            ongoing=standing.ongoing,
            planned=standing.planned,
            status=row.status,
            # The amount on a combination's row is that of the product, not of an ingredient.
            dose=dose.amount if len(concepts) == 1 else None,
            purpose=purpose(notes),
            line=line(notes),
            cycles=cycles(notes),
            reason=why.concept,
            for_recurrence=why.for_recurrence,
            details=notes,
        )


def _drugs(row: Medicating, where: str, chart: Chart) -> tuple[list[Concept], str]:
    coded = row.medication_codeable_concept
    if coded is None and row.medication_reference is not None:
        found = chart.find(row.medication_reference, where)
        coded = found.code if isinstance(found, Medication) else None
        if coded is None and row.medication_reference.display:
            return chart.namer.drugs(row.medication_reference.display), row.medication_reference.display
    if coded is None or not (coded.words or coded.coding):
        return [], ""
    return chart.namer.drugs(coded.words, codes(coded)), coded.words


def _standing(row: Medicating) -> Standing:
    found = _MEDICATION.get(row.status or "", Standing())
    if isinstance(row, MedicationRequest):
        if row.do_not_perform:
            return Standing("refuted")
        if row.intent in ("proposal", "plan", "option"):
            return Standing(found.certainty, None, planned=True)
    return found


def _given(row: Medicating, where: str, chart: Chart) -> Dates:
    single = row.effective_date_time or (row.authored_on if isinstance(row, MedicationRequest) else None)
    return dates(chart, where, single, row.effective_period)


def _dosages(row: Medicating) -> Iterable[Dosage]:
    match row:
        case MedicationStatement():
            return row.dosage
        case MedicationRequest():
            return row.dosage_instruction
        case MedicationAdministration():
            return (row.dosage,) if row.dosage else ()


def _dose(row: Medicating, where: str, chart: Chart) -> Dose:
    """The first dosage that gives an amount, structured before worded; one after another, they are not added up."""
    worded = Dose()
    for dosage in _dosages(row):
        worded = worded if worded.words else Dose(None, dosage.text or "")
        amounts = [d.dose_quantity for d in dosage.dose_and_rate if d.dose_quantity] + (
            [dosage.dose] if dosage.dose else []
        )
        for amount in amounts:
            if not (amount.unit or amount.code):
                chart.remarks.count("unknown-unit", where.split("/")[0], "a dose without a unit; the dose is not used")
            elif found := quantity(chart, where, amount, None):
                return Dose(_per_day(found, dosage), dosage.text or "")
        if dosage.text and (read := read_dose(dosage.text)).amount:
            return Dose(read.amount, dosage.text)
    return worded


def _per_day(amount: Quantity, dosage: Dosage) -> Quantity:
    """The amount a day where a fixed frequency is given; the amount of one time otherwise."""
    repeat = dosage.timing.repeat if dosage.timing else None
    if (
        repeat is None
        or not repeat.frequency
        or not repeat.period
        or repeat.frequency_max
        or repeat.period_max
        or "/" in amount.unit
    ):
        return amount
    days = {"h": Decimal(1) / 24, "d": Decimal(1), "wk": Decimal(7)}.get(repeat.period_unit or "")
    if days is None:
        return amount
    return Quantity(amount.value * repeat.frequency / (repeat.period * days), f"{amount.unit}/d")


def cycles(notes: Iterable[str]) -> int | None:
    return next((int(match.group(1)) for note in notes if (match := _CYCLES.search(note))), None)


def line(notes: Iterable[str]) -> int | None:
    """The line of therapy that notes name, from 1."""
    for note in notes:
        if match := _LINE.search(note):
            return int(match.group(1) or match.group(2))
    return next((int(value) for note in notes for words, value in _course_words("line") if words in note), None)


def purpose(notes: Iterable[str]) -> str | None:
    """What a treatment was meant to do, as notes say it: induction, concurrent, adjuvant, palliative …"""
    return next((value for note in notes for words, value in _course_words("purpose") if words in note), None)


@cache
def _course_words(about: str) -> tuple[tuple[str, str], ...]:
    return tuple((row["words"], row["value"]) for row in rows("course_words", DATA) if row["about"] == about)


def immunization(row: Immunization, where: str, chart: Chart) -> Iterator[Fact]:
    """The vaccination; one that the chart calls live is also on record as a live vaccine where the vocabulary does not know it as one."""
    concept = chart.concept(row.vaccine_code, "vaccine")
    if concept is None or row.vaccine_code is None:
        chart.remarks.add("unused-resource", where, "a vaccination without a vaccine")
        return
    day: PartialDate | None = chart.remarks.date(row.occurrence_date_time, where)
    fact = Occurrence(
        concept=concept,
        start=day,
        source=where,
        words=row.vaccine_code.words or concept.text,
        certainty="refuted" if row.status == "not-done" else "confirmed",
        status=row.status,
        details=pieces(row.vaccine_code.words, row.notes),
    )
    yield fact
    live = chart.namer.known("live vaccine", "vaccine")
    if live and live.id and not chart.namer.is_a(concept, live.id) and is_live(fact.words, fact.details):
        yield msgspec.structs.replace(fact, concept=live)


def is_live(words: str, notes: Iterable[str]) -> bool:
    """Whether the chart calls a vaccine live; `non-live` and `not live` do not."""
    text = " ".join((words.lower(), *notes))
    return bool(re.search(r"(?<!non-)(?<!non )(?<!not )\blive\b", text))
