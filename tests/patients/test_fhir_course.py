"""FHIR R4 stages, treatments, allergies, vaccinations, relatives and reports, one rule at a time."""

from decimal import Decimal
from typing import Any

import pytest

from trialwright.codes.quantities import Quantity
from trialwright.patients.facts import Occurrence, Staging

from .charts import LOINC, SNOMED, Resource, at, coded, codes, condition, named, occurrence, of, read, row, ucum

# Oncology


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("rT2", [("T", "T2", "r")]),
        ("cT1N0M0", [("T", "T1", "c"), ("N", "N0", "c"), ("M", "M0", "c")]),
        ("Stage rII", [("group", "II", "r")]),
        ("stage 4A", [("group", "IVA", None)]),
        ("ypT0", [("T", "T0", "yp")]),
        ("rT2 N1 M0, stage II", [("T", "T2", "r"), ("N", "N1", "r"), ("M", "M0", "r"), ("group", "II", "r")]),
        ("Tis", [("T", "Tis", None)]),
        ("resectable", []),
    ],
)
def test_stages_are_read_as_printed(words: str, expected: list[tuple[str, str, str | None]]) -> None:
    from trialwright.patients.fhir_mcode import read_stage

    assert [tuple(stage) for stage in read_stage(words)] == expected


def staged(words: str, code: tuple[str, str], **fields: Any) -> Resource:
    return row("Observation", status="final", code=coded("", code), valueCodeableConcept=coded(words)) | fields


def test_a_stage_has_its_prefix_from_the_question_where_the_answer_has_none() -> None:
    patient = read(staged("T2", (LOINC, "21905-5"), method=coded("AJCC 8th edition"), effectiveDateTime="2020-12-15"))
    (found,) = of(patient, Staging)
    assert (found.system, found.value, found.prefix, found.edition, str(found.start)) == (
        "T",
        "T2",
        "c",
        "8",
        "2020-12-15",
    )


def test_the_edition_is_never_assumed() -> None:
    assert (
        of(read(staged("T2", (LOINC, "21899-0"), method=coded("AJCC, edition not recorded"))), Staging)[0].edition
        is None
    )


def test_m_says_whether_there_is_a_distant_metastasis() -> None:
    there, not_there = read(staged("M1", (LOINC, "21907-1"))), read(staged("M0", (LOINC, "21907-1")))
    assert occurrence(there, "distant-metastasis").certainty == "confirmed"
    assert occurrence(not_there, "distant-metastasis").certainty == "refuted"
    assert occurrence(not_there, "metastatic-cancer").certainty == "refuted"
    assert of(read(staged("MX", (LOINC, "21907-1"))), Occurrence) == []


def test_a_stage_that_is_not_read_is_reported() -> None:
    assert at(read(staged("see report", (LOINC, "21908-9"))), "unused-resource") == ["Observation/observation-1"]


# Treatment


def given_drug(text: str = "cisplatin", kind: str = "MedicationStatement", **fields: Any) -> Resource:
    return row(kind, status="active", medicationCodeableConcept=coded(text)) | fields


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("MedicationStatement", "active", ("confirmed", True, False)),
        ("MedicationStatement", "completed", ("confirmed", False, False)),
        ("MedicationStatement", "intended", ("confirmed", None, True)),
        ("MedicationStatement", "not-taken", ("refuted", None, False)),
        ("MedicationStatement", "unknown", ("suspected", None, False)),
        ("MedicationAdministration", "not-done", ("refuted", None, False)),
        ("MedicationRequest", "draft", ("confirmed", None, True)),
        ("MedicationRequest", "stopped", ("confirmed", False, False)),
    ],
)
def test_a_medication_status(kind: str, status: str, expected: tuple[str, bool | None, bool]) -> None:
    fact = occurrence(read(given_drug(kind=kind, status=status)), "cisplatin")
    assert (fact.certainty, fact.ongoing, fact.planned) == expected


def test_an_order_not_to_give_is_no_treatment_and_a_cancelled_one_is_none_at_all() -> None:
    assert occurrence(read(given_drug(kind="MedicationRequest", doNotPerform=True)), "cisplatin").certainty == "refuted"
    patient = read(given_drug(kind="MedicationRequest", status="cancelled"))
    assert (patient.facts, codes(patient)) == ((), ["withdrawn-row"])


@pytest.mark.parametrize(
    ("dosage", "expected"),
    [
        ({"text": "12 mg daily"}, Quantity(Decimal(12), "mg/d")),
        ({"text": "15 mg weekly by mouth"}, Quantity(Decimal(15), "mg/wk")),
        ({"text": "100 mg/m2 IV every 3 weeks"}, Quantity(Decimal(100), "mg/m2")),
        ({"text": "80-100 mg/m2"}, None),
        (
            {
                "text": "as told",
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 250, "unit": "mg", "code": "mg"}}],
            },
            Quantity(Decimal(500), "mg/d"),
        ),
        ({"doseAndRate": [{"doseQuantity": {"value": 4, "code": "mg"}}]}, Quantity(Decimal(4), "mg")),
        ({"text": "one tablet", "doseAndRate": [{"doseQuantity": {"value": 1}}]}, None),
    ],
)
def test_a_dose_by_the_day_where_the_chart_says_how_often(dosage: Resource, expected: Quantity | None) -> None:
    assert occurrence(read(given_drug(dosage=[dosage])), "cisplatin").dose == expected


def test_cycles_line_purpose_and_what_it_was_for() -> None:
    recurrent = row("Condition", 2, code=coded("Recurrent nasopharyngeal carcinoma"), onsetDateTime="2025-08-20")
    drug = given_drug(
        kind="MedicationAdministration",
        status="completed",
        effectivePeriod={"start": "2025-09-10", "end": "2025-12-10"},
        reasonReference=[{"reference": "Condition/condition-2"}],
        note=[{"text": "first line; line of therapy for recurrence: 1; palliative; 5 cycles"}],
    )
    fact = occurrence(read(recurrent, drug), "cisplatin")
    assert (fact.line, fact.cycles, fact.purpose, fact.for_recurrence) == (1, 5, "palliative", True)
    assert fact.reason is not None
    assert fact.reason.id == "nasopharyngeal-carcinoma"
    assert (str(fact.start), str(fact.end)) == ("2025-09-10", "2025-12-10")


def test_a_treatment_of_a_disease_that_recurred_leaves_open_of_which_time() -> None:
    status = coded("", ("x", "recurrence"))
    drug = given_drug(reasonReference=[{"reference": "Condition/condition-1"}])
    assert (
        occurrence(read(condition("Nasopharyngeal carcinoma", clinicalStatus=status), drug), "cisplatin").for_recurrence
        is None
    )
    assert occurrence(read(condition("Nasopharyngeal carcinoma"), drug), "cisplatin").for_recurrence is False


def test_a_medication_may_stand_in_a_resource_of_its_own() -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": coded("gemcitabine")}
    referring = row("MedicationRequest", status="active", medicationReference={"reference": "Medication/m"})
    inside = row(
        "MedicationRequest",
        2,
        status="active",
        medicationReference={"reference": "#m"},
        contained=[medication | {"code": coded("cetuximab")}],
    )
    patient = read(medication, referring, inside)
    assert [named(fact)[0] for fact in of(patient, Occurrence)] == ["gemcitabine", "cetuximab"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("fulvestrant Injectable Product", ["fulvestrant"]),
        ("gemcitabine 1000 mg injection", ["gemcitabine"]),
        ("toripalimab (anti-PD-1 monoclonal antibody)", ["toripalimab"]),
    ],
)
def test_a_product_is_known_by_its_ingredient(words: str, expected: list[str]) -> None:
    assert [named(fact)[0] for fact in of(read(given_drug(words)), Occurrence)] == expected


def test_a_procedure_not_done_is_refuted_and_one_in_preparation_is_planned() -> None:
    patient = read(
        row("Procedure", status="not-done", code=coded("Colectomy")),
        row("Procedure", 2, status="preparation", code=coded("Biopsy")),
    )
    assert [(fact.certainty, fact.planned) for fact in of(patient, Occurrence)] == [
        ("refuted", False),
        ("confirmed", True),
    ]


def test_a_radiotherapy_course_with_technique_intent_and_dose() -> None:
    url = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
    course = row(
        "Procedure",
        status="completed",
        code=coded("Radiotherapy (IMRT, 70 Gy in 33 fractions) to nasopharynx and neck"),
        performedPeriod={"start": "2021-01-11", "end": "2021-03-01"},
        bodySite=[coded("Nasopharynx and neck")],
        extension=[
            {"url": f"{url}mcode-procedure-intent", "valueCodeableConcept": coded("Curative")},
            {
                "url": f"{url}mcode-radiotherapy-modality-and-technique",
                "extension": [
                    {
                        "url": f"{url}mcode-radiotherapy-technique",
                        "valueCodeableConcept": coded("", (SNOMED, "441799006")),
                    }
                ],
            },
            {
                "url": f"{url}mcode-radiotherapy-dose-delivered-to-volume",
                "extension": [
                    {"url": "totalDoseDelivered", "valueQuantity": {"value": 7000, "unit": "cGy", "code": "cGy"}}
                ],
            },
        ],
    )
    facts = of(read(course), Occurrence)
    assert {named(fact)[0] for fact in facts} == {"head-neck-radiotherapy", "imrt", "curative-radiotherapy"}
    assert {(fact.purpose, ucum(fact.dose), str(fact.end)) for fact in facts} == {
        ("curative", "7000 cGy", "2021-03-01")
    }


# Allergies, vaccines, family, reports


def test_an_allergy_is_to_the_substance_and_its_reaction_a_condition() -> None:
    allergy = row(
        "AllergyIntolerance",
        code=coded("cetuximab"),
        criticality="high",
        reaction=[{"manifestation": [coded("Anaphylaxis")], "severity": "severe", "onset": "2014-04-07"}],
    )
    patient = read(allergy)
    (fact,) = [one for one in of(patient, Occurrence) if one.concept.kind == "allergy"]
    shown = occurrence(patient, "anaphylaxis")
    assert (fact.concept.id, fact.severity, fact.details) == (
        "cetuximab",
        "severe",
        ("anaphylaxis", "criticality: high"),
    )
    assert (shown.concept.kind, shown.severity, str(shown.start)) == ("condition", "severe", "2014-04-07")
    assert shown.cause is not None
    assert shown.cause.id == "cetuximab"


def test_no_known_allergies_is_a_denial() -> None:
    (fact,) = of(read(row("AllergyIntolerance", code=coded("No known allergies", (SNOMED, "716186003")))), Occurrence)
    assert (fact.concept.id, fact.certainty) == ("allergy", "refuted")


def test_a_vaccination_not_done_did_not_happen() -> None:
    given = row(
        "Immunization", status="completed", vaccineCode=coded("Influenza vaccine"), occurrenceDateTime="2026-01-26"
    )
    patient = read(given, given | {"id": "i2", "status": "not-done"})
    assert [fact.certainty for fact in of(patient, Occurrence) if fact.concept.kind == "vaccine"] == [
        "confirmed",
        "refuted",
    ]


def test_what_relatives_have_is_not_the_patients() -> None:
    fact = occurrence(
        read(row("FamilyMemberHistory", relationship=coded("Mother"), condition=[{"code": coded("Breast cancer")}])),
        "breast-cancer",
    )
    assert (fact.family, fact.details) == (True, ("mother",))


def test_a_report_gives_its_coded_conclusion_and_says_what_it_left() -> None:
    report = row(
        "DiagnosticReport",
        status="final",
        code=coded("MRI"),
        conclusionCode=[coded("measurable disease")],
        effectiveDateTime="2026-02-03",
    )
    worded = row(
        "DiagnosticReport",
        2,
        status="final",
        code=coded("MRI"),
        conclusion="No change.",
        result=[{"reference": "Observation/none"}],
    )
    patient = read(report, worded)
    assert str(occurrence(patient, "measurable-disease").start) == "2026-02-03"
    assert sorted(codes(patient)) == ["dangling-reference", "unused-resource"]
