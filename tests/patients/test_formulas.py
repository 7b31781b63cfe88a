"""Clinical formulas: published values, and a naive second version in plain floats."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.codes.formulas import (
    BsaFormula,
    body_mass_index,
    body_surface_area,
    ckd_epi_2021,
    cockcroft_gault,
    corrected_calcium,
    ecog_from_karnofsky,
    fridericia,
)
from trialwright.codes.quantities import Quantity, UnitError
from trialwright.patients.facts import Sex


def q(value: object, unit: str) -> Quantity:
    return Quantity(Decimal(str(value)), unit)


@pytest.mark.parametrize(("formula", "expected"), [("mosteller", "1.882"), ("dubois", "1.864")])
def test_body_surface_of_170_cm_and_75_kg(formula: BsaFormula, expected: str) -> None:
    assert body_surface_area(q(75, "kg"), q(170, "cm"), formula) == q(expected, "m2")


def naive_bsa(kg: float, cm: float) -> dict[BsaFormula, float]:
    grams = 1000 * kg
    return {
        "mosteller": math.sqrt(cm * kg / 3600),
        "dubois": 0.007184 * cm**0.725 * kg**0.425,
        "haycock": 0.024265 * cm**0.3964 * kg**0.5378,
        "gehan-george": 0.0235 * cm**0.42246 * kg**0.51456,
        "fujimoto": 0.008883 * cm**0.663 * kg**0.444,
        "takahira": 0.007241 * cm**0.725 * kg**0.425,
        "boyd": 0.0003207 * cm**0.3 * grams ** (0.7285 - 0.0188 * math.log10(grams)),
    }


@given(kg=st.integers(5, 200), cm=st.integers(60, 220))
def test_every_body_surface_formula_agrees_with_a_naive_one(kg: int, cm: int) -> None:
    for formula, expected in naive_bsa(kg, cm).items():
        found = body_surface_area(q(kg, "kg"), q(cm, "cm"), formula)
        assert float(found.value) == pytest.approx(expected, abs=6e-4), formula


def test_an_unknown_formula_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="mosteller, dubois"):
        body_surface_area(q(75, "kg"), q(170, "cm"), "mostler")  # type: ignore[arg-type]


def test_body_mass_index_takes_any_unit_of_mass_and_length() -> None:
    assert body_mass_index(q(75, "kg"), q(170, "cm")) == q("25.95", "kg/m2")
    assert body_mass_index(q(75000, "g"), q("1.7", "m")) == q("25.95", "kg/m2")
    with pytest.raises(UnitError):
        body_mass_index(q(170, "cm"), q(75, "kg"))


@pytest.mark.parametrize(
    ("inputs", "rounded"),
    [
        ((q("1.09", "mg/dL"), 55, q(90, "kg"), "male"), 97),
        ((q(85, "umol/L"), 65, q(60, "kg"), "female"), 55),
        ((q("1.0", "mg/dL"), 60, q(70, "kg"), "male"), 78),
        ((q("0.6", "mg/dL"), 35, q(80, "kg"), "male"), 194),
    ],
)
def test_cockcroft_gault_published_values(inputs: tuple[Quantity, int, Quantity, Sex], rounded: int) -> None:
    found = cockcroft_gault(*inputs)
    assert found is not None
    assert (found.unit, round(found.value)) == ("mL/min", rounded)


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "rounded"), [(q("1.09", "mg/dL"), 55, "male", 80), (q(85, "umol/L"), 65, "female", 66)]
)
def test_ckd_epi_2021_published_values(creatinine: Quantity, age: int, sex: Sex, rounded: int) -> None:
    found = ckd_epi_2021(creatinine, age, sex)
    assert found is not None
    assert (found.unit, round(found.value)) == ("mL/min/{1.73_m2}", rounded)


@given(
    creatinine=st.decimals("0.2", "12", places=2),
    age=st.integers(18, 100),
    kg=st.integers(30, 180),
    sex=st.sampled_from(["female", "male"]),
)
def test_kidney_formulas_agree_with_naive_ones(creatinine: Decimal, age: int, kg: int, sex: Sex) -> None:
    scr, woman = float(creatinine), sex == "female"
    clearance = cockcroft_gault(Quantity(creatinine, "mg/dL"), age, q(kg, "kg"), sex)
    rate = ckd_epi_2021(Quantity(creatinine, "mg/dL"), age, sex)
    kappa, alpha = (0.7, -0.241) if woman else (0.9, -0.302)
    expected = 142 * min(scr / kappa, 1) ** alpha * max(scr / kappa, 1) ** -1.2 * 0.9938**age * (1.012 if woman else 1)
    assert clearance is not None
    assert rate is not None
    assert float(clearance.value) == pytest.approx((140 - age) * kg * (0.85 if woman else 1) / (72 * scr), abs=0.006)
    assert float(rate.value) == pytest.approx(expected, abs=0.006)


def test_without_a_recorded_sex_there_is_no_clearance_and_no_rate() -> None:
    assert cockcroft_gault(q(1, "mg/dL"), 50, q(70, "kg"), None) is None
    assert ckd_epi_2021(q(1, "mg/dL"), 50, None) is None


def test_a_rate_scaled_to_body_surface_is_no_clearance() -> None:
    from trialwright.codes.units import convert

    found = ckd_epi_2021(q(1, "mg/dL"), 50, "male")
    assert found is not None
    with pytest.raises(UnitError):
        convert(found, "mL/min", "creatinine-clearance")


def test_fridericia_takes_a_rate_or_an_interval() -> None:
    assert fridericia(q(400, "ms"), q(75, "/min")) == q("430.89", "ms")
    assert fridericia(q(350, "ms"), q(857, "ms")) == q("368.47", "ms")
    assert fridericia(q("0.4", "s"), q(60, "/min")) == q("400.00", "ms")


def test_corrected_calcium_in_both_unit_systems() -> None:
    assert corrected_calcium(q("8.0", "mg/dL"), q("2.0", "g/dL")) == q("9.60", "mg/dL")
    assert corrected_calcium(q("2.00", "mmol/L"), q(20, "g/L")) == q("2.40", "mmol/L")
    assert corrected_calcium(q("2.30", "mmol/L"), q(45, "g/L")) == q("2.20", "mmol/L")


def test_ecog_from_karnofsky_is_the_usual_map() -> None:
    found = {value: ecog_from_karnofsky(Decimal(value)) for value in range(0, 101, 10)}
    assert found == {0: 5, 10: 4, 20: 4, 30: 3, 40: 3, 50: 2, 60: 2, 70: 1, 80: 1, 90: 0, 100: 0}
    assert ecog_from_karnofsky(Decimal(75)) is None
    assert ecog_from_karnofsky(Decimal(110)) is None
