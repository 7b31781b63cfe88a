"""Derived facts: what is computed, from which rows, on which day, and when it is not."""

from datetime import date
from decimal import Decimal

import pytest

from trialwright.patients.derive import age_on, derive
from trialwright.patients.facts import Measurement, Occurrence, Patient, Rating
from trialwright.patients.loading import read_patients

from .charts import named, of, ucum

TODAY = date(2026, 3, 2)


def form(text: str) -> Patient:
    (patient,) = read_patients(text.encode())
    return patient


WHOLE = """
id: x
sex: male
birth: 1971-03-02
labs:
  creatinine: 1.09 mg/dL on 2026-02-16
  calcium: 8.0 mg/dL on 2026-02-10
  albumin: 2.0 g/dL on 2026-02-16
  platelets: 60 10*9/L on 2026-02-16 (125-350)
  potassium: 3.2 mmol/L on 2026-02-16 (3.5-5.1)
measurements:
  body weight: [80 kg on 2025-01-01, 90 kg on 2026-02-20, 70 kg on 2026-04-01]
  body height: 170 cm on 2020-01-01
  QT interval: 400 ms on 2026-02-24
  heart rate: 75 /min on 2026-02-24
scores:
  KPS: [80 on 2026-02-23, 60 on 2026-04-01]
"""


def derived(patient: Patient, name: str) -> Measurement:
    (found,) = [fact for fact in of(patient, Measurement, name) if fact.derived]
    return found


@pytest.mark.parametrize(
    ("name", "value", "day"),
    [
        ("bmi", "31.14 kg/m2", "2026-02-20"),
        ("creatinine-clearance", "98.62 mL/min", "2026-02-20"),
        ("egfr", "80.65 mL/min/{1.73_m2}", "2026-02-16"),
        ("qtcf", "430.89 ms", "2026-02-24"),
        ("calcium-corrected", "9.60 mg/dL", "2026-02-16"),
        ("bsa", "2.062 m2", "2026-02-20"),
    ],
)
def test_what_is_derived_with_its_day(name: str, value: str, day: str) -> None:
    fact = derived(derive(form(WHOLE), TODAY, bsa="mosteller"), name)
    assert (ucum(fact.quantity), str(fact.start)) == (value, day)


def test_a_derived_fact_shows_its_formula_its_inputs_and_their_rows() -> None:
    fact = derived(derive(form(WHOLE), TODAY), "creatinine-clearance")
    assert fact.derived.startswith("Cockcroft")
    assert fact.words == "from serum creatinine 1.09 mg/dL (2026-02-16), body weight 90 kg (2026-02-20)"
    assert fact.source == "input:6; input:12"


def test_nothing_after_the_day_is_an_input() -> None:
    patient = derive(form(WHOLE), date(2025, 6, 1))
    assert ucum(derived(patient, "bmi").quantity) == "27.68 kg/m2"
    assert [fact for fact in of(patient, Measurement, "egfr") if fact.derived] == []


def test_body_surface_and_grades_have_no_default() -> None:
    patient = derive(form(WHOLE), TODAY)
    assert of(patient, Measurement, "bsa") == []
    assert [fact for fact in of(patient, Occurrence) if fact.grade_scale] == []


def test_settled_grades_alone_are_facts_and_name_their_version() -> None:
    graded = [fact for fact in of(derive(form(WHOLE), TODAY, ctcae="5"), Occurrence) if fact.grade_scale == "ctcae"]
    found = {fact.words.split(" from ")[0]: (fact.grade, fact.grade_version, fact.source) for fact in graded}
    # Potassium 3.2 is hypokalemia of grade 1 or, with symptoms, 2: open, and so no fact.
    assert found == {
        "hypoalbuminemia": (Decimal(2), "5", "input:8"),
        "platelet count decreased": (Decimal(2), "5", "input:9"),
    }


@pytest.mark.parametrize("missing", ["sex", "birth", "  creatinine"])
def test_without_an_input_there_is_no_clearance(missing: str) -> None:
    lines = [line for line in WHOLE.splitlines() if not line.startswith(missing)]
    patient = derive(form("\n".join(lines)), TODAY)
    assert [fact for fact in of(patient, Measurement, "creatinine-clearance") if fact.derived] == []


def test_a_value_of_the_chart_is_not_computed_again_unless_it_is_older() -> None:
    recorded = WHOLE.replace("  calcium", "  creatinine clearance: 56 mL/min on 2026-02-20\n  calcium")
    assert [ucum(f.quantity) for f in of(derive(form(recorded), TODAY), Measurement, "creatinine-clearance")] == [
        "56 mL/min"
    ]
    older = WHOLE.replace("  calcium", "  creatinine clearance: 56 mL/min on 2025-02-20\n  calcium")
    assert len(of(derive(form(older), TODAY), Measurement, "creatinine-clearance")) == 2


def test_a_bound_and_an_undated_value_are_no_input() -> None:
    for value in ("<0.5 mg/dL on 2026-02-16", "1.0 mg/dL"):
        patient = derive(form(WHOLE.replace("1.09 mg/dL on 2026-02-16", value)), TODAY)
        assert [fact for fact in of(patient, Measurement, "egfr") if fact.derived] == []


def test_a_unit_that_does_not_fit_gives_nothing() -> None:
    patient = derive(form(WHOLE.replace("170 cm", "170 kg")), TODAY)
    assert [named(fact)[0] for fact in of(patient, Measurement) if fact.derived and named(fact)[0] == "bmi"] == []


def test_ecog_from_karnofsky_is_marked_lossy_and_only_where_no_ecog_is_recorded() -> None:
    (fact,) = [one for one in of(derive(form(WHOLE), TODAY), Rating) if one.derived]
    assert (fact.scale, fact.value, str(fact.start)) == ("ecog", 1, "2026-02-23")
    assert "lossy" in fact.derived
    both = WHOLE.replace("scores:", "scores:\n  ECOG: 2 on 2026-02-23")
    assert [one for one in of(derive(form(both), TODAY), Rating) if one.derived] == []


@pytest.mark.parametrize(
    ("birth", "expected"),
    [("1971-03-02", 55), ("1971-03-03", 54), ("1971", None), ("1971-02", 55), ("1971-03", None), ("2027", None)],
)
def test_age_is_told_only_where_the_birth_date_allows_one(birth: str, expected: int | None) -> None:
    assert age_on(form(f"birth: {birth}"), TODAY) == expected
    assert age_on(form("id: x"), TODAY) is None
