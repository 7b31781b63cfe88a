"""The parts of FHIR R4 resources that the loader reads, as frozen types. Everything is optional; what is not listed here is not read.

source  HL7 FHIR Release 4 (4.0.1), hl7.org/fhir/R4; mCODE Implementation Guide for the extensions
"""

from decimal import Decimal

import msgspec


class _Part(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    pass


class Coding(_Part, frozen=True):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(_Part, frozen=True):
    coding: tuple[Coding, ...] = ()
    text: str | None = None

    @property
    def words(self) -> str:
        """The text, else the first display; "" when there is neither."""
        return self.text or next((coding.display for coding in self.coding if coding.display), "")

    def has(self, *codes: str) -> bool:
        return any(coding.code in codes for coding in self.coding)


class Amount(_Part, frozen=True):
    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(_Part, frozen=True):
    low: Amount | None = None
    high: Amount | None = None


class Ratio(_Part, frozen=True):
    numerator: Amount | None = None
    denominator: Amount | None = None


class Period(_Part, frozen=True):
    start: str | None = None
    end: str | None = None


class Reference(_Part, frozen=True):
    reference: str | None = None
    display: str | None = None


class CodeableReference(_Part, frozen=True):
    concept: CodeableConcept | None = None
    reference: Reference | None = None


class Annotation(_Part, frozen=True):
    text: str = ""


class Extension(_Part, frozen=True):
    url: str = ""
    extension: tuple["Extension", ...] = ()
    value_codeable_concept: CodeableConcept | None = None
    value_quantity: Amount | None = None
    value_reference: Reference | None = None
    value_code: str | None = None
    value_string: str | None = None
    value_integer: int | None = None
    value_unsigned_int: int | None = None
    value_date_time: str | None = None

    @property
    def name(self) -> str:
        return self.url.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


class Meta(_Part, frozen=True):
    profile: tuple[str, ...] = ()
    last_updated: str | None = None


class _Resource(_Part, frozen=True):
    id: str = ""
    meta: Meta = Meta()
    extension: tuple[Extension, ...] = ()
    contained: tuple[msgspec.Raw, ...] = ()
    note: tuple[Annotation, ...] = ()

    @property
    def notes(self) -> str:
        return "; ".join(note.text for note in self.note if note.text)

    def profiles(self) -> frozenset[str]:
        return frozenset(profile.split("|")[0].rsplit("/", 1)[-1] for profile in self.meta.profile)


class Patient(_Resource, frozen=True):
    gender: str | None = None
    birth_date: str | None = None
    deceased_date_time: str | None = None
    deceased_boolean: bool | None = None


class Stage(_Part, frozen=True):
    summary: CodeableConcept | None = None
    type: CodeableConcept | None = None


class Evidence(_Part, frozen=True):
    code: tuple[CodeableConcept, ...] = ()


class Condition(_Resource, frozen=True):
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    severity: CodeableConcept | None = None
    code: CodeableConcept | None = None
    body_site: tuple[CodeableConcept, ...] = ()
    onset_date_time: str | None = None
    onset_period: Period | None = None
    onset_age: Amount | None = None
    onset_string: str | None = None
    abatement_date_time: str | None = None
    abatement_period: Period | None = None
    abatement_string: str | None = None
    recorded_date: str | None = None
    stage: tuple[Stage, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class ReferenceRange(_Part, frozen=True):
    low: Amount | None = None
    high: Amount | None = None
    type: CodeableConcept | None = None
    applies_to: tuple[CodeableConcept, ...] = ()
    text: str | None = None


class _Valued(_Resource, frozen=True):
    code: CodeableConcept | None = None
    value_quantity: Amount | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    value_date_time: str | None = None
    value_period: Period | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    reference_range: tuple[ReferenceRange, ...] = ()


class Component(_Valued, frozen=True):
    pass


class Observation(_Valued, frozen=True):
    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    focus: tuple[Reference, ...] = ()
    effective_date_time: str | None = None
    effective_instant: str | None = None
    effective_period: Period | None = None
    body_site: CodeableConcept | None = None
    method: CodeableConcept | None = None
    has_member: tuple[Reference, ...] = ()
    component: tuple[Component, ...] = ()


class Procedure(_Resource, frozen=True):
    status: str | None = None
    code: CodeableConcept | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()
    body_site: tuple[CodeableConcept, ...] = ()


class Repeat(_Part, frozen=True):
    frequency: int | None = None
    frequency_max: int | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    period_unit: str | None = None


class Timing(_Part, frozen=True):
    repeat: Repeat | None = None
    code: CodeableConcept | None = None


class DoseAndRate(_Part, frozen=True):
    dose_quantity: Amount | None = None


class Dosage(_Part, frozen=True):
    text: str | None = None
    timing: Timing | None = None
    as_needed_boolean: bool | None = None
    dose_and_rate: tuple[DoseAndRate, ...] = ()
    dose: Amount | None = None


class _Medicating(_Resource, frozen=True):
    status: str | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()


class MedicationStatement(_Medicating, frozen=True):
    dosage: tuple[Dosage, ...] = ()


class MedicationAdministration(_Medicating, frozen=True):
    dosage: Dosage | None = None


class MedicationRequest(_Medicating, frozen=True):
    intent: str | None = None
    do_not_perform: bool = False
    authored_on: str | None = None
    dosage_instruction: tuple[Dosage, ...] = ()


Medicating = MedicationStatement | MedicationAdministration | MedicationRequest


class Medication(_Resource, frozen=True):
    code: CodeableConcept | None = None


class Reaction(_Part, frozen=True):
    manifestation: tuple[CodeableConcept, ...] = ()
    severity: str | None = None
    onset: str | None = None


class AllergyIntolerance(_Resource, frozen=True):
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    criticality: str | None = None
    code: CodeableConcept | None = None
    onset_date_time: str | None = None
    recorded_date: str | None = None
    last_occurrence: str | None = None
    reaction: tuple[Reaction, ...] = ()


class Immunization(_Resource, frozen=True):
    status: str | None = None
    vaccine_code: CodeableConcept | None = None
    occurrence_date_time: str | None = None


class DiagnosticReport(_Resource, frozen=True):
    status: str | None = None
    code: CodeableConcept | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    result: tuple[Reference, ...] = ()
    conclusion: str | None = None
    conclusion_code: tuple[CodeableConcept, ...] = ()


class FamilyCondition(_Part, frozen=True):
    code: CodeableConcept | None = None


class FamilyMemberHistory(_Resource, frozen=True):
    status: str | None = None
    relationship: CodeableConcept | None = None
    condition: tuple[FamilyCondition, ...] = ()


class BodyStructure(_Resource, frozen=True):
    location: CodeableConcept | None = None
    description: str | None = None


Resource = (
    Patient
    | Condition
    | Observation
    | Procedure
    | MedicationStatement
    | MedicationAdministration
    | MedicationRequest
    | Medication
    | AllergyIntolerance
    | Immunization
    | DiagnosticReport
    | FamilyMemberHistory
    | BodyStructure
)
READ: dict[str, type[Resource]] = {
    kind.__name__: kind
    for kind in (
        Patient,
        Condition,
        Observation,
        Procedure,
        MedicationStatement,
        MedicationAdministration,
        MedicationRequest,
        Medication,
        AllergyIntolerance,
        Immunization,
        DiagnosticReport,
        FamilyMemberHistory,
        BodyStructure,
    )
}
"""The resource types that are read, by their FHIR name."""
