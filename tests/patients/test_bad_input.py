"""Bad input in every form: each has its rule, is reported in the result, and never turns into a pass.

The rules stand in `docs/patients.md`; a row here is one of them.
"""

import json
from datetime import date
from pathlib import Path

import pytest

import trialwright
from trialwright.patients.facts import Patient

from .charts import LOINC, PERSON, amount, bundle, coded, codes, lab, row

DAY = date(2026, 3, 2)
ALL = ("conditions", "procedures", "drugs", "allergies", "vaccines")


def verdict(patient: Patient, criterion: str, kind: str = "Inclusion", complete: tuple[str, ...] = ()) -> str:
    text = f"{kind} Criteria:\n\n* {criterion}"
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001"},
            "eligibilityModule": {"eligibilityCriteria": text},
        }
    }
    trial = trialwright.read(json.dumps(record).encode())
    report = trialwright.screen(patient, trial, as_of=DAY, complete=complete)  # type: ignore[arg-type]
    (found,) = report.trials[0].criteria
    return found.verdict


def fhir(*resources: dict[str, object]) -> Patient:
    return trialwright.read_patient(bundle(PERSON, *resources), as_of=DAY)


def note(text: str) -> Patient:
    return trialwright.read_patient(f"Clinic 2 Mar 2026. 52F.\n{text}".encode(), as_of=DAY)


def form(text: str) -> Patient:
    return trialwright.read_patient(f"id: x\nbirth: 1980-05-04\n{text}".encode(), as_of=DAY)


HB = "Hemoglobin ≥ 90 g/L"
AST = "AST ≤ 3 × ULN"
ECOG = "ECOG performance status 0-1"


def ecog(value: int, number: int) -> dict[str, object]:
    return row(
        "Observation", number, status="final", code=coded("ECOG performance status", (LOINC, "89247-1")), valueInteger=value,
        effectiveDateTime="2026-02-20",
    )  # fmt: skip


CASES = {
    "a wrong unit, FHIR": (fhir(lab("Hemoglobin", amount(95, "mmol"))), HB, "unit-mismatch"),
    "a wrong unit, a note": (note("Hb 95 mg."), HB, "unit-mismatch"),
    "a wrong unit, the form": (form("labs: {hemoglobin: 95 mmol on 2026-02-20}"), HB, "unit-mismatch"),
    "no unit, FHIR": (fhir(lab("Hemoglobin", {"value": 95})), HB, "unknown-unit"),
    "no unit, a note": (note("Hb 9.5."), HB, "unknown-unit"),
    "a future date, FHIR": (fhir(lab("Hemoglobin", amount(95, "g/L"), effectiveDateTime="2026-05-01")), HB, "future-date"),
    "a future date, a note": (note("Bloods 1 May 2026: Hb 95 g/L."), HB, "future-date"),
    "a future date, the form": (form("labs: {hemoglobin: 95 g/L on 2026-05-01}"), HB, "future-date"),
    "a date that cannot be, FHIR": (
        fhir(lab("Hemoglobin", amount(95, "g/L"), effectiveDateTime="2026-02-30")), f"{HB} within 14 days", "bad-date",
    ),
    "a date that cannot be, a note": (note("Hb 95 g/L on 31 Feb 2026."), HB, "bad-date"),
    "a lab without a range, FHIR": (fhir(lab("AST", amount(30, "U/L"))), AST, "lab-without-range"),
    "a lab without a range, a note": (note("AST 30 U/L."), AST, "lab-without-range"),
    "two ECOG on one day, FHIR": (fhir(ecog(1, 1), ecog(2, 2)), ECOG, "contradicting-values"),
    "two ECOG on one day, a note": (note("ECOG 1 on 20 Feb 2026. ECOG 2 on 20 Feb 2026."), ECOG, "contradicting-values"),
    "two ECOG on one day, the form": (form("scores: {ECOG: [1 on 2026-02-20, 2 on 2026-02-20]}"), ECOG, "contradicting-values"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_relied_on_is_reported_and_unknown(name: str) -> None:
    patient, criterion, code = CASES[name]
    assert code in codes(patient)
    assert verdict(patient, criterion) == "unknown"


def test_a_dangling_reference_is_reported_and_what_it_named_is_no_fact() -> None:
    patient = fhir(row("MedicationStatement", status="active", medicationReference={"reference": "Medication/gone"}))
    assert "dangling-reference" in codes(patient)
    assert verdict(patient, "Receives metformin") == "unknown"


def test_a_row_that_is_given_twice_counts_once() -> None:
    one = row("Procedure", status="completed", code=coded("Colonoscopy"), performedDateTime="2020-01-02")
    patient = fhir(one, one)
    assert "duplicate-resource" in codes(patient)
    assert sum(fact.words == "Colonoscopy" for fact in patient.facts) == 1


def test_an_event_before_birth_is_reported_and_the_age_stays_that_of_the_birth_date() -> None:
    patient = fhir(row("Condition", code=coded("Asthma"), onsetDateTime="1970-01-01"))
    assert "birth-after-event" in codes(patient)
    assert verdict(patient, "Age ≥ 45 years") == "pass"
    assert verdict(patient, "Age ≥ 46 years") == "fail"


def test_a_birth_date_in_the_future_gives_no_age() -> None:
    patient = trialwright.read_patient(bundle(PERSON | {"birthDate": "2030-01-01"}), as_of=DAY)
    assert "future-date" in codes(patient)
    assert verdict(patient, "Age ≥ 18 years") == "unknown"


@pytest.mark.parametrize("complete", [(), ALL])
def test_a_note_in_another_language_passes_nothing_whatever_list_is_called_complete(complete: tuple[str, ...]) -> None:
    text = "Die Patientin ist 54 Jahre alt und hat einen Diabetes. Keine Allergien, seit 2019 mit Metformin und ohne Schmerzen."
    patient = trialwright.read_patient(text.encode(), as_of=DAY)
    assert codes(patient) == ["other-language"]
    assert verdict(patient, "Age ≥ 18 years", complete=complete) == "unknown"
    assert verdict(patient, "Diabetes mellitus", "Exclusion", complete) == "unknown"


def test_an_english_note_may_be_called_complete() -> None:
    assert verdict(note("Asthma."), "Diabetes mellitus", "Exclusion", ALL) == "pass"
    assert verdict(note("Asthma."), "Diabetes mellitus", "Exclusion") == "unknown"


def test_no_remark_repeats_what_a_chart_says(tmp_path: Path) -> None:
    hidden = "Zanzibar"
    table = tmp_path / "t.csv"
    table.write_text(f"id,hgb,on\n1,{hidden},2026-01-01\n2,90,{hidden}\n", encoding="utf-8")
    table.with_name("t.mapping.tsv").write_text(
        "column\tas\tname\tunit\tdate\nid\tid\nhgb\tlab\themoglobin\tg/L\t@on\n", encoding="utf-8"
    )
    from trialwright.patients.loading import read_patients

    charts = [
        *read_patients(table, as_of=DAY),
        note(f"Hb 90 {hidden}. ECOG {hidden}."),
        fhir(lab(hidden, amount(1, hidden))),
    ]
    said = [f"{remark.where} {remark.message}" for patient in charts for remark in patient.diagnostics]
    assert said
    assert not [words for words in said if hidden.lower() in words.lower() and "lab-without" not in words]
