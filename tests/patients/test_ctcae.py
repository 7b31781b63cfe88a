"""CTCAE laboratory grades: the edges of every band, what leaves a grade open, and the version that is never assumed."""

from decimal import Decimal
from typing import Literal

import pytest

from trialwright.codes.quantities import Quantity
from trialwright.codes.vocabulary import default_vocabulary
from trialwright.patients.ctcae import Version, lab_grades, terms
from trialwright.patients.facts import Measurement


def value(measure: str, number: str, unit: str, *, low: str | None = None, high: str | None = None) -> Measurement:
    known = default_vocabulary()
    ends = [Decimal(end) if end is not None else None for end in (low, high)]
    return Measurement(
        concept=known.concept(known.get(measure)), quantity=Quantity(Decimal(number), unit), low=ends[0], high=ends[1]
    )


def grades(found: Measurement, version: Version, baseline: Measurement | None = None) -> dict[str, tuple[int, int]]:
    return {grade.term: (grade.least, grade.most) for grade in lab_grades(found, version, baseline)}


@pytest.mark.parametrize(
    ("number", "v5", "v6"),
    [("2.1", 0, 0), ("1.9", 1, 0), ("1.5", 1, 0), ("1.4", 2, 1), ("0.9", 3, 2), ("0.4", 4, 3), ("0.09", 4, 4)],
)
def test_neutrophil_grades_move_between_the_versions(number: str, v5: int, v6: int) -> None:
    count = value("anc", number, "10*9/L", low="2.0")
    assert grades(count, "5") == {"neutrophil count decreased": (v5, v5)}
    assert grades(count, "6") == {"neutrophil count decreased": (v6, v6)}


@pytest.mark.parametrize(
    ("number", "expected"), [("80", (1, 1)), ("75", (1, 1)), ("74", (2, 2)), ("49", (3, 3)), ("24", (4, 4))]
)
def test_platelet_grades_v5(number: str, expected: tuple[int, int]) -> None:
    assert grades(value("platelets", number, "10*9/L", low="125"), "5") == {"platelet count decreased": expected}
    assert grades(value("platelets", f"{number}000", "/uL", low="125000"), "5") == {
        "platelet count decreased": expected
    }


@pytest.mark.parametrize(
    ("number", "expected"), [("130", (0, 0)), ("129", (1, 1)), ("100", (1, 1)), ("99", (2, 2)), ("79", (3, 4))]
)
def test_the_highest_grade_of_anemia_is_for_a_person(number: str, expected: tuple[int, int]) -> None:
    found = value("hemoglobin", number, "g/L", low="130")
    assert grades(found, "5") == {"anemia": expected}
    assert bool(lab_grades(found, "5")[0].needs) is (expected[0] != expected[1])


@pytest.mark.parametrize(
    ("multiple", "expected"),
    [("1.0", 0), ("1.1", 1), ("3.0", 1), ("3.1", 2), ("5.0", 2), ("5.1", 3), ("20", 3), ("20.1", 4)],
)
@pytest.mark.parametrize("version", ["5", "6"])
def test_alt_by_multiples_of_normal(multiple: str, expected: int, version: Literal["5", "6"]) -> None:
    found = value("alt", str(Decimal(multiple) * 40), "U/L", high="40")
    assert grades(found, version) == {"alanine aminotransferase increased": (expected, expected)}


@pytest.mark.parametrize(
    ("number", "v5", "v6"), [("110", 0, 1), ("150", 1, 1), ("160", 1, 2), ("210", 1, 3), ("410", 2, 4)]
)
def test_alt_by_multiples_of_a_raised_baseline(number: str, v5: int, v6: int) -> None:
    before = value("alt", "100", "U/L", high="40")
    after = value("alt", number, "U/L", high="40")
    assert grades(after, "5", before) == {"alanine aminotransferase increased": (v5, v5)}
    assert grades(after, "6", before) == {"alanine aminotransferase increased": (v6, v6)}


def test_without_a_reference_range_a_low_grade_stays_open_and_a_high_one_does_not() -> None:
    (open_grade,) = lab_grades(value("platelets", "110", "10*9/L"), "5")
    assert (open_grade.least, open_grade.most) == (0, 1)
    assert "reference range" in open_grade.needs
    assert grades(value("platelets", "60", "10*9/L"), "5") == {"platelet count decreased": (2, 2)}
    assert grades(value("ast", "900", "U/L"), "5") == {"aspartate aminotransferase increased": (0, 4)}


def test_one_value_is_graded_on_every_term_it_measures() -> None:
    assert grades(value("potassium", "6.2", "mmol/L", low="3.5", high="5.1"), "5") == {
        "hyperkalemia": (3, 3),
        "hypokalemia": (0, 0),
    }
    assert grades(value("potassium", "3.2", "mmol/L", low="3.5", high="5.1"), "5") == {
        "hyperkalemia": (0, 0),
        "hypokalemia": (1, 2),
    }


@pytest.mark.parametrize(("number", "expected"), [("133", (1, 1)), ("128", (2, 3)), ("122", (3, 3)), ("118", (4, 4))])
def test_hyponatremia_turns_on_symptoms_in_the_middle(number: str, expected: tuple[int, int]) -> None:
    assert grades(value("sodium", number, "mmol/L", low="135", high="145"), "5")["hyponatremia"] == expected


def test_units_are_converted_before_grading() -> None:
    assert grades(value("hemoglobin", "7.9", "g/dL", low="13.0"), "5") == {"anemia": (3, 4)}
    assert grades(value("creatinine", "1.7", "mg/dL", high="1.1"), "5") == {"creatinine increased": (2, 2)}


def test_a_bound_or_an_unknown_test_has_no_grade() -> None:
    bound = Measurement(
        concept=value("anc", "1", "10*9/L").concept, quantity=Quantity(Decimal(1), "10*9/L"), comparator="<"
    )
    assert lab_grades(bound, "5") == ()
    assert lab_grades(value("weight", "70", "kg"), "5") == ()


def test_a_value_in_another_dimension_is_not_graded_by_guess() -> None:
    assert grades(value("platelets", "20", "mg/dL"), "5") == {"platelet count decreased": (0, 4)}


@pytest.mark.parametrize("version", ["5", "6"])
def test_every_measure_of_the_table_is_in_the_vocabulary(version: Version) -> None:
    from trialwright.codes.tables import rows
    from trialwright.patients.naming import DATA

    known = default_vocabulary()
    measures = {row["measure"] for row in rows("ctcae_labs", DATA) if row["version"] == version}
    assert {known.get(measure).kind for measure in measures} == {"lab"}
    assert len(list(terms(version))) > 30
