"""FHIR resources written short, for tests: a dict a resource, read to one patient."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from trialwright.codes.dates import PartialDate
from trialwright.codes.quantities import Quantity
from trialwright.patients.facts import Fact, Occurrence, Patient
from trialwright.patients.loading import read_patients

Resource = dict[str, Any]
Kind = TypeVar("Kind", bound=Fact)

SNOMED, LOINC, ICD = "http://snomed.info/sct", "http://loinc.org", "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
PERSON: Resource = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1980-05-04"}


def coded(text: str = "", *codes: tuple[str, str]) -> Resource:
    coding = [{"system": system, "code": code} for system, code in codes]
    return {"text": text, "coding": coding} if text else {"coding": coding}


def row(kind: str, number: int = 1, **fields: Any) -> Resource:
    whose = "patient" if kind in ("AllergyIntolerance", "Immunization", "FamilyMemberHistory") else "subject"
    return {"resourceType": kind, "id": f"{kind.lower()}-{number}", whose: {"reference": "Patient/p"}} | fields


def bundle(*resources: Resource, kind: str = "collection") -> bytes:
    return json.dumps(
        {"resourceType": "Bundle", "type": kind, "entry": [{"resource": one} for one in resources]}
    ).encode()


def read(*resources: Resource, as_of: date | None = None) -> Patient:
    """The one patient of a bundle with the usual Patient resource in front."""
    (patient,) = read_patients(bundle(PERSON, *resources), as_of=as_of)
    return patient


def of(patient: Patient, kind: type[Kind], name: str = "") -> list[Kind]:
    """The facts of one type, of the concept with this id or these words where given."""
    found = [fact for fact in patient.facts if isinstance(fact, kind)]
    return [fact for fact in found if not name or name in named(fact)]


def named(fact: Fact) -> tuple[str, ...]:
    concept = getattr(fact, "concept", None)
    return (concept.id or "", concept.text) if concept else ()


def occurrence(patient: Patient, name: str) -> Occurrence:
    """The one occurrence of a concept, by id or words."""
    (found,) = of(patient, Occurrence, name)
    return found


def codes(patient: Patient) -> list[str]:
    return [diagnostic.code for diagnostic in patient.diagnostics]


def at(patient: Patient, code: str) -> list[str]:
    """Where the diagnostics of one code point."""
    return [diagnostic.where for diagnostic in patient.diagnostics if diagnostic.code == code]


def without(names: Iterable[str], fields: Resource) -> Resource:
    return {name: value for name, value in fields.items() if name not in set(names)}


def day(text: str) -> PartialDate:
    return PartialDate.parse(text)


def lab(text: str, value: Any, **fields: Any) -> Resource:
    return (
        row("Observation", status="final", code=coded(text), valueQuantity=value, effectiveDateTime="2026-02-16")
        | fields
    )


def amount(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def condition(text: str = "Rheumatoid arthritis", **fields: Any) -> Resource:
    return row("Condition", code=coded(text)) | fields


def answered(text: str, value: Any, code: str = "", **fields: Any) -> Resource:
    key = {bool: "valueBoolean", str: "valueString", dict: "valueCodeableConcept"}[type(value)]
    return (
        row("Observation", status="final", code=coded(text, *([(LOINC, code)] if code else [])), **{key: value})
        | fields
    )


def ucum(quantity: Quantity | None) -> str:
    """Number and UCUM unit as they are held, however they are shown."""
    return f"{quantity.value} {quantity.unit}" if quantity else "None"
