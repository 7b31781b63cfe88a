"""FHIR R4 rows of every kind: whose they are, which are left out and counted, and what in a chart does not fit together."""

import json
from datetime import date

import pytest

from trialwright.codes.dates import PartialDate
from trialwright.patients.facts import Measurement, Occurrence
from trialwright.patients.loading import read_patients

from .charts import (
    PERSON,
    Resource,
    amount,
    at,
    bundle,
    coded,
    codes,
    condition,
    lab,
    named,
    occurrence,
    of,
    read,
    row,
)

# Whose and what


def test_several_patients_of_one_bundle_are_kept_apart() -> None:
    other = {"resourceType": "Patient", "id": "q", "gender": "male"}
    of_other = row("Condition", code=coded("Vitiligo")) | {"id": "c2", "subject": {"reference": "Patient/q"}}
    first, second = read_patients(bundle(PERSON, other, condition(), of_other))
    assert [(one.id, one.sex, [named(fact)[0] for fact in one.facts]) for one in (first, second)] == [
        ("p", "female", ["rheumatoid-arthritis"]),
        ("q", "male", ["vitiligo"]),
    ]


@pytest.mark.parametrize("reference", ["Patient/p", "urn:uuid:0001", "https://example.org/fhir/Patient/p"])
def test_a_patient_is_found_by_every_form_of_reference(reference: str) -> None:
    entries = [
        {"fullUrl": "urn:uuid:0001", "resource": PERSON},
        {"resource": condition() | {"subject": {"reference": reference}}},
    ]
    (patient,) = read_patients(json.dumps({"resourceType": "Bundle", "entry": entries}).encode())
    assert (patient.sex, len(patient.facts)) == ("female", 1)


def test_a_patient_who_is_only_referred_to_has_no_sex_and_no_birth_date() -> None:
    (patient,) = read_patients(bundle(condition()))
    assert (patient.id, patient.sex, patient.birth) == ("p", None, None)
    assert "dangling-reference" in codes(patient)


@pytest.mark.parametrize("gender", ["other", "unknown", None])
def test_sex_is_never_filled_in(gender: str | None) -> None:
    (patient,) = read_patients(bundle(PERSON | {"gender": gender}))
    assert patient.sex is None


def test_a_row_without_a_patient_is_counted_and_given_to_nobody() -> None:
    stray = {"resourceType": "Condition", "id": "stray", "code": coded("Vitiligo")}
    patient = read(stray)
    assert patient.facts == ()
    assert at(patient, "dangling-reference") == ["Condition"]


def test_kinds_that_are_not_read_are_counted_by_kind() -> None:
    patient = read(row("Claim", 1), row("Claim", 2), row("Encounter", 1))
    found = {one.where: one.message for one in patient.diagnostics}
    assert found == {
        "Claim": "2 rows: this kind of resource is not read",
        "Encounter": "1 row: this kind of resource is not read",
    }


def test_a_duplicate_counts_once_and_a_changed_one_is_the_later() -> None:
    same = read(condition(), condition())
    changed = read(condition(onsetDateTime="2001"), condition(onsetDateTime="2002"))
    assert len(of(same, Occurrence)) == 1
    assert str(occurrence(changed, "rheumatoid-arthritis").start) == "2002"
    assert at(same, "duplicate-resource") == at(changed, "duplicate-resource") == ["Condition/condition-1"]


def test_a_broken_row_is_named_without_its_values_and_the_others_are_read() -> None:
    broken = lab("Haemoglobin", {"value": "secret-value", "code": "g/L"})
    patient = read(broken, condition())
    assert len(patient.facts) == 1
    assert at(patient, "broken-row") == ["Observation/observation-1"]
    assert "secret" not in str(patient.diagnostics)


def test_dates_that_cannot_be_are_read_as_not_recorded() -> None:
    patient = read(
        condition(onsetDateTime="2026-02-30"),
        row("Procedure", status="completed", code=coded("Biopsy"), performedPeriod={"start": "2021", "end": "2020"}),
    )
    assert [(fact.start, fact.end) for fact in of(patient, Occurrence)] == [(None, None), (None, None)]
    assert at(patient, "bad-date") == ["Condition/condition-1", "Procedure/procedure-1"]


def test_partial_dates_stay_partial() -> None:
    patient = read(row("Procedure", status="completed", code=coded("Biopsy"), performedPeriod={"end": "2019"}))
    (fact,) = of(patient, Occurrence)
    assert (fact.start, fact.end) == (None, PartialDate(2019))


# What does not fit together


def test_future_dates_and_events_before_birth_are_reported() -> None:
    patient = read(
        condition(onsetDateTime="2027-01-01"),
        condition("Vitiligo", id="c2", onsetDateTime="1970"),
        as_of=date(2026, 3, 2),
    )
    assert at(patient, "future-date") == ["Condition/condition-1"]
    assert at(patient, "birth-after-event") == ["Condition/c2"]
    assert len(patient.facts) == 2


def test_without_a_day_nothing_is_called_future_and_a_plan_never_is() -> None:
    assert codes(read(condition(onsetDateTime="2099-01-01"))) == []
    planned = row("Procedure", status="preparation", code=coded("Biopsy"), performedDateTime="2026-04-01")
    assert "future-date" not in codes(read(planned, as_of=date(2026, 3, 2)))


def ecog(number: int, value: int, on: str) -> Resource:
    return row(
        "Observation", number, status="final", code=coded("HBsAg"), valueBoolean=bool(value), effectiveDateTime=on
    )


def test_two_answers_on_one_day_contradict_each_other_and_both_stay() -> None:
    patient = read(ecog(1, 0, "2026-02-12"), ecog(2, 1, "2026-02-12"), ecog(3, 1, "2026-02-20"))
    assert len(of(patient, Occurrence, "hbsag")) == 3
    assert at(patient, "contradicting-values") == ["Observation/observation-2"]


def test_several_values_of_one_measurement_on_one_day_are_no_contradiction() -> None:
    qtcf = [lab("QTcF", amount(value, "ms"), id=f"q{value}") for value in (467, 469, 471)]
    patient = read(*qtcf)
    assert [fact.quantity.value for fact in of(patient, Measurement, "qtcf")] == [467, 469, 471]
    assert "contradicting-values" not in codes(patient)


def test_results_without_a_range_are_noted_once() -> None:
    patient = read(lab("Haemoglobin", amount(9, "g/dL")), lab("AST", amount(22, "U/L"), id="ast"))
    (note,) = [one for one in patient.diagnostics if one.code == "lab-without-range"]
    assert note.message.startswith("2 results have no reference range")
