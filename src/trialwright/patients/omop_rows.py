"""One row of an OMOP table in, the FHIR resource that says the same out; the readers of FHIR charts do the rest.

A row names a thing by a standard concept, by a source concept and by the source's own value. Names and codes come from the concept
table; without it a source value that is a code of ICD-10-CM, RxNorm, LOINC, CVX or SNOMED CT by its form is read as one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

from trialwright.codes.tables import rows

from .fhir_types import (
    AllergyIntolerance,
    Amount,
    CodeableConcept,
    Coding,
    Condition,
    Dosage,
    FamilyCondition,
    FamilyMemberHistory,
    Immunization,
    MedicationStatement,
    Observation,
    Period,
    Procedure,
    ReferenceRange,
    Resource,
)
from .naming import DATA
from .omop_tables import Cells, Named

_LAB = (CodeableConcept(text="laboratory"),)
_UCUM = "http://unitsofmeasure.org"
_FAMILY = re.compile(r"^family history of (?:the )?", re.IGNORECASE)
_HISTORY = re.compile(r"^(?:history of|h/o:?|personal history of|past history of) (?:the )?", re.IGNORECASE)
_ALLERGY = re.compile(
    r"^(?:allergy|allergic|hypersensitivity|intolerance|allergic reaction) to |\ballergy$", re.IGNORECASE
)
_NONE = frozenset({"", "0"})


@dataclass(frozen=True, slots=True)
class Concepts:
    """The concept table, as far as the tables name it."""

    by_id: Mapping[str, Named]

    def name(self, concept_id: str) -> str:
        found = self.by_id.get(concept_id)
        return found.name if found else ""

    def coded(self, cells: Cells, prefix: str) -> CodeableConcept | None:
        """What a row names, in words and codes; None when it names nothing that can be read."""
        ids = (cells.get(f"{prefix}_concept_id", "0"), cells.get(f"{prefix}_source_concept_id", "0"))
        named = [found for one in ids if one not in _NONE and (found := self.by_id.get(one))]
        coding = [
            Coding(system=url, code=one.code, display=one.name) for one in named if (url := _urls().get(one.vocabulary))
        ]
        source = cells.get(f"{prefix}_source_value", "").strip()
        guessed = _guess(source, prefix)
        if guessed and not any(one.code == guessed.code for one in coding):
            coding.append(guessed)
        words = next((one.name for one in named), "" if guessed else source)
        if not (words or coding):
            return None
        return CodeableConcept(text=words or None, coding=tuple(dict.fromkeys(coding)))


@cache
def _urls() -> dict[str, str]:
    return {row["vocabulary"]: row["url"] for row in rows("omop_vocabularies", DATA)}


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    return tuple((row["table"], re.compile(row["pattern"]), row["url"]) for row in rows("omop_source_codes", DATA))


@cache
def constants(about: str) -> dict[str, str]:
    """Concept ids that OMOP fixes for every database: sexes, operators, answers."""
    return {row["concept_id"]: row["value"] for row in rows("omop_constants", DATA) if row["about"] == about}


def _guess(source: str, prefix: str) -> Coding | None:
    return next(
        (
            Coding(system=url, code=source)
            for table, form, url in _patterns()
            if table == prefix and form.fullmatch(source)
        ),
        None,
    )


def resource(table: str, cells: Cells, concepts: Concepts) -> Resource | None:
    """The resource of a row; None when it names nothing."""
    coded = concepts.coded(cells, table.split("_")[0])
    if coded is None:
        return None
    match table:
        case "condition_occurrence":
            return _condition(cells, coded, concepts)
        case "drug_exposure":
            return _drug(cells, coded)
        case "procedure_occurrence":
            return _procedure(cells, coded)
        case "measurement":
            return _observation(cells, coded, concepts, "measurement")
        case _:
            return _observed(cells, coded, concepts)


def _day(words: str | None) -> str | None:
    """Without the time of day."""
    return words[:10] if words else None


def _condition(cells: Cells, coded: CodeableConcept, concepts: Concepts) -> Condition:
    status = concepts.name(cells.get("condition_status_concept_id", "")).lower()
    unsure = any(word in status for word in ("preliminary", "suspected", "working", "differential"))
    verification = CodeableConcept(coding=(Coding(code="provisional"),)) if unsure else None
    return Condition(
        code=coded,
        onset_date_time=_day(cells.get("condition_start_date")),
        abatement_date_time=_day(cells.get("condition_end_date")),
        verification_status=CodeableConcept(coding=(Coding(code="refuted"),))
        if "ruled out" in status
        else verification,
    )


def _drug(cells: Cells, coded: CodeableConcept) -> MedicationStatement | Immunization:
    start, end = (
        _day(cells.get("drug_exposure_start_date")),
        _day(cells.get("verbatim_end_date") or cells.get("drug_exposure_end_date")),
    )
    if any((one.system or "").endswith("/cvx") for one in coded.coding):
        return Immunization(status="completed", vaccine_code=coded, occurrence_date_time=start)
    dosage = (Dosage(text=cells["sig"]),) if cells.get("sig", "0") not in _NONE else ()
    return MedicationStatement(
        medication_codeable_concept=coded, effective_period=Period(start=start, end=end), dosage=dosage
    )


def _procedure(cells: Cells, coded: CodeableConcept) -> Procedure:
    start, end = _day(cells.get("procedure_date")), _day(cells.get("procedure_end_date"))
    if end is None or end == start:
        return Procedure(status="completed", code=coded, performed_date_time=start)
    return Procedure(status="completed", code=coded, performed_period=Period(start=start, end=end))


def _observed(cells: Cells, coded: CodeableConcept, concepts: Concepts) -> Resource | None:
    """An observation: an allergy, a relative's illness or a past illness where its name says so, else a question with its answer."""
    words, day = coded.words, _day(cells.get("observation_date"))
    if _FAMILY.search(words):
        return FamilyMemberHistory(condition=(FamilyCondition(code=CodeableConcept(text=_FAMILY.sub("", words))),))
    if _ALLERGY.search(words):
        return AllergyIntolerance(code=coded, onset_date_time=day)
    if _HISTORY.match(words):
        named = concepts.name(cells.get("value_as_concept_id", "")) or _HISTORY.sub("", words)
        over = CodeableConcept(coding=(Coding(code="inactive"),))
        is_event = re.match(r"(?:event|procedure)\b", named)
        return None if is_event else Condition(code=CodeableConcept(text=named), clinical_status=over)
    return _observation(cells, coded, concepts, "observation")


def _observation(cells: Cells, coded: CodeableConcept, concepts: Concepts, prefix: str) -> Observation:
    number = _number(cells.get("value_as_number"))
    answer = _answer(cells, concepts) if number is None else None
    words = cells.get("value_as_string") or (
        cells.get("value_source_value") if answer is None and number is None else None
    )
    return Observation(
        status="final",
        category=_LAB if prefix == "measurement" else (),
        code=coded,
        effective_date_time=_day(cells.get(f"{prefix}_date")),
        value_quantity=_amount(number, cells, concepts),
        value_codeable_concept=answer,
        value_string=words if number is None and answer is None else None,
        reference_range=_range(cells, concepts),
    )


def _answer(cells: Cells, concepts: Concepts) -> CodeableConcept | None:
    given = cells.get("value_as_concept_id", "0")
    if given in _NONE:
        return None
    named = concepts.by_id.get(given)
    if named is None:
        known = constants("answer").get(given)
        return CodeableConcept(text=known) if known else None
    url = _urls().get(named.vocabulary)
    return CodeableConcept(text=named.name, coding=(Coding(system=url, code=named.code),) if url else ())


def _number(words: str | None) -> Decimal | None:
    try:
        found = Decimal(words) if words else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def _amount(number: Decimal | None, cells: Cells, concepts: Concepts) -> Amount | None:
    if number is None:
        return None
    unit = _unit(cells, concepts)
    return Amount(
        value=number,
        comparator=constants("operator").get(cells.get("operator_concept_id", "")) or None,
        unit=unit,
        code=unit,
        system=_UCUM,
    )


def _unit(cells: Cells, concepts: Concepts) -> str | None:
    named = concepts.by_id.get(cells.get("unit_concept_id", "0"))
    if named is not None and named.vocabulary == "UCUM":
        return named.code
    return constants("unit").get(cells.get("unit_concept_id", "0")) or cells.get("unit_source_value") or None


def _range(cells: Cells, concepts: Concepts) -> tuple[ReferenceRange, ...]:
    low, high = _number(cells.get("range_low")), _number(cells.get("range_high"))
    if low is None and high is None:
        return ()
    unit = _unit(cells, concepts)
    ends = [Amount(value=end, unit=unit, code=unit, system=_UCUM) if end is not None else None for end in (low, high)]
    return (ReferenceRange(low=ends[0], high=ends[1]),)
