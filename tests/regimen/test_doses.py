"""Doses for a patient: published values, a second computation in floating point, and everything that has to be refused."""

import math
from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from trialwright.codes.formulas import BsaFormula
from trialwright.codes.quantities import Quantity
from trialwright.regimen.doses import NO_CAP, Body, DoseRules, PatientDose, Reading, dose_for
from trialwright.regimen.nodes import Amount, Give, Stated

Given = Callable[..., list[Give]]
FDA = Decimal(125)


def measured(value: object, unit: str) -> Reading:
    return Reading(Quantity(Decimal(str(value)), unit), "2026-02-24")


def body(**said: object) -> Body:
    """55 years, male, 170 cm, 75 kg, creatinine 1.0 mg/dL, and what a test says instead."""
    known: dict[str, object] = {
        "weight": measured(75, "kg"), "height": measured(170, "cm"), "creatinine": measured("1.0", "mg/dL"), "age_years": 55, "sex": "male",
    }  # fmt: skip
    return Body(**(known | said))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def carboplatin(given: Given) -> Give:
    return given("Carboplatin AUC 5 on day 1 every 3 weeks", "DRUG: Carboplatin")[0]


@pytest.fixture(scope="module")
def cisplatin(given: Given) -> Give:
    return given("Cisplatin 75 mg/m2 on day 1 every 3 weeks", "DRUG: Cisplatin")[0]


def amount(dose: PatientDose) -> Decimal:
    assert dose.refusal == ""
    return dose.amounts[0].value


# values -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "auc", "capped", "milligrams"),
    [
        (body(age_years=60, weight=measured(70, "kg")), 5, None, 514),
        (body(age_years=35, weight=measured(80, "kg"), creatinine=measured("0.6", "mg/dL")), 5, NO_CAP, 1097),
        (body(age_years=35, weight=measured(80, "kg"), creatinine=measured("0.6", "mg/dL")), 4, FDA, 600),
        (body(age_years=35, weight=measured(80, "kg"), creatinine=measured("0.6", "mg/dL")), 5, FDA, 750),
        (body(age_years=35, weight=measured(80, "kg"), creatinine=measured("0.6", "mg/dL")), 6, FDA, 900),
        (body(age_years=65, sex="female", weight=measured(60, "kg"), creatinine=measured(85, "umol/L")), 5, None, 401),
    ],
    ids=[
        "60 M",
        "35 M uncapped",
        "AUC 4 at the FDA cap",
        "AUC 5 at the FDA cap",
        "AUC 6 at the FDA cap",
        "65 F, umol/L",
    ],
)
def test_calvert_with_cockcroft_gault(
    given: Given, *, who: Body, auc: int, capped: Decimal | None, milligrams: int
) -> None:
    (step,) = given(f"Carboplatin AUC {auc} on day 1 every 3 weeks", "DRUG: Carboplatin")
    dose = dose_for(step, who, DoseRules(gfr_cap=capped, creatinine_floor=Decimal(0)))
    assert round(amount(dose)) == milligrams


@pytest.mark.parametrize(("formula", "surface"), [("mosteller", "1.882"), ("dubois", "1.864")])
def test_body_surface_by_the_formula_that_was_chosen(cisplatin: Give, formula: BsaFormula, surface: str) -> None:
    dose = dose_for(cisplatin, body(), DoseRules(bsa_formula=formula))
    assert amount(dose) == 75 * Decimal(surface)
    assert f"body surface by {formula}: {surface} m2" in [line.words for line in dose.audit]


@drawn(
    age=st.integers(18, 100),
    weight=st.integers(35, 160),
    creatinine=st.decimals("0.7", "6", places=2),
    sex=st.sampled_from(["female", "male"]),
    auc=st.sampled_from([4, 5, 6]),
)
def test_carboplatin_agrees_with_a_second_computation(
    carboplatin: Give, *, age: int, weight: int, creatinine: Decimal, sex: str, auc: int
) -> None:
    assert carboplatin.amount is not None
    target = Stated(Amount((Decimal(auc),), "{AUC}"), carboplatin.amount.quote)
    step = msgspec.structs.replace(carboplatin, amount=target)
    who = body(age_years=age, weight=measured(weight, "kg"), creatinine=measured(creatinine, "mg/dL"), sex=sex)
    dose = dose_for(step, who, DoseRules(gfr_cap=FDA, creatinine_floor=Decimal("0.7")))
    clearance = (140 - age) * weight / (72 * float(creatinine)) * (0.85 if sex == "female" else 1)
    assert float(amount(dose)) == pytest.approx(auc * (min(clearance, 125) + 25), abs=auc * 0.01)


@drawn(height=st.integers(130, 210), weight=st.integers(35, 160))
def test_a_dose_per_m2_agrees_with_a_second_computation(cisplatin: Give, height: int, weight: int) -> None:
    who = body(height=measured(height, "cm"), weight=measured(weight, "kg"))
    dose = dose_for(cisplatin, who, DoseRules(bsa_formula="mosteller", bsa_cap=Decimal("2.0")))
    assert float(amount(dose)) == pytest.approx(75 * min(2.0, math.sqrt(height * weight / 3600)), abs=0.04)


def test_fixed_and_per_kilogram_doses(given: Given) -> None:
    fixed, per_kg = given(
        "Pembrolizumab 200 mg and bevacizumab 15 mg/kg every 3 weeks", "DRUG: Pembrolizumab", "DRUG: Bevacizumab"
    )
    assert [str(found) for found in dose_for(fixed, Body(), DoseRules()).amounts] == ["200 mg"]
    assert [str(found) for found in dose_for(per_kg, body(), DoseRules()).amounts] == ["1125 mg"]


def test_a_range_gives_both_ends(given: Given) -> None:
    (step,) = given("Gemcitabine 1000-1250 mg/m2 on days 1 and 8 every 3 weeks", "DRUG: Gemcitabine")
    dose = dose_for(step, body(), DoseRules(bsa_formula="mosteller"))
    assert [found.value for found in dose.amounts] == [Decimal(1882), Decimal("2352.5")]


@pytest.mark.parametrize(
    ("rule", "expected"), [("nearest", "140"), ("down", "140"), ("up", "145")], ids=["nearest", "down", "up"]
)
def test_rounding_is_a_parameter(cisplatin: Give, rule: str, expected: str) -> None:
    rules = DoseRules(bsa_formula="mosteller", round_to=Decimal(5), rounding=rule)  # type: ignore[arg-type]
    dose = dose_for(cisplatin, body(), rules)  # 141.15 mg
    assert amount(dose) == Decimal(expected)
    assert dose.audit[-1].kind == "rounding"
    assert "%" in dose.audit[-1].words


def test_a_rounding_that_moves_the_dose_too_far_is_refused(cisplatin: Give) -> None:
    rules = DoseRules(bsa_formula="mosteller", round_to=Decimal(50), most_percent=Decimal(5))
    assert "more than the 5 % allowed" in dose_for(cisplatin, body(), rules).refusal


def test_every_input_formula_and_choice_is_on_an_audit_line(carboplatin: Give) -> None:
    who = body(age_years=35, weight=measured(110, "kg"), creatinine=measured("0.6", "mg/dL"))
    rules = DoseRules(weight="adjusted", gfr_cap=FDA, creatinine_floor=Decimal("0.7"), round_to=Decimal(10))
    words = [line.words for line in dose_for(carboplatin, who, rules).audit]
    for expected in (
        "Carboplatin AUC 5",
        "male, 35 years",
        "creatinine 0.6 mg/dL (2026-02-24)",
        "creatinine raised to the floor of 0.7 mg/dL",
        "weight 110 kg (2026-02-24)",
        "height 170 cm (2026-02-24)",
        "ideal weight (Devine)",
        "adjusted weight",
        "Cockcroft–Gault with adjusted weight",
        "clearance capped at 125 mL/min",
        "Calvert: 5 ×",
        "nearest step of 10",
    ):
        assert any(line.startswith(expected) for line in words), expected


def test_a_measured_clearance_is_used_before_an_estimate(carboplatin: Give) -> None:
    dose = dose_for(carboplatin, Body(clearance=measured(80, "mL/min")), DoseRules())
    assert amount(dose) == 525


# refusals -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "missing", "message"),
    [
        ("Cisplatin 75 mg/m2", "height", "height is not recorded"),
        ("Cisplatin 75 mg/m2", "weight", "weight is not recorded"),
        ("Cisplatin 2 mg/kg", "weight", "weight is not recorded"),
        ("Carboplatin AUC 5", "creatinine", "creatinine is not recorded"),
        ("Carboplatin AUC 5", "sex", "sex is not recorded"),
        ("Carboplatin AUC 5", "age_years", "age is not recorded"),
    ],
)
def test_what_is_not_recorded_is_asked_for(given: Given, text: str, missing: str, message: str) -> None:
    (step,) = given(f"{text} on day 1 every 3 weeks", "DRUG: Cisplatin", "DRUG: Carboplatin")
    dose = dose_for(step, body(**{missing: None}), DoseRules(bsa_formula="mosteller", gfr_cap=FDA))
    assert dose.amounts == ()
    assert message in dose.refusal


@pytest.mark.parametrize("unit", ["mg", "mL/min", "furlong", "[IU]/L"])
def test_a_creatinine_in_a_unit_that_does_not_fit_gives_no_dose(carboplatin: Give, unit: str) -> None:
    dose = dose_for(
        carboplatin, body(creatinine=measured("1.0", unit)), DoseRules(gfr_cap=FDA, creatinine_floor=Decimal(0))
    )
    assert dose.amounts == ()
    assert unit in dose.refusal


def test_an_estimate_per_173_m2_is_no_clearance(carboplatin: Give) -> None:
    dose = dose_for(carboplatin, Body(clearance=measured(90, "mL/min/{1.73_m2}")), DoseRules())
    assert dose.amounts == ()
    assert dose.refusal


@pytest.mark.parametrize(
    ("who", "rules", "message"),
    [
        (body(), DoseRules(), "none is the default"),
        (body(creatinine=measured("0.5", "mg/dL")), DoseRules(gfr_cap=FDA), "no floor was chosen"),
        (body(age_years=30, weight=measured(100, "kg")), DoseRules(), "no cap was chosen"),
        (body(weight=measured(0, "kg")), DoseRules(bsa_formula="mosteller"), "cannot be"),
    ],
    ids=["formula", "floor", "cap", "no weight at all"],
)
def test_what_the_protocol_has_to_choose_is_asked_for(given: Given, who: Body, rules: DoseRules, message: str) -> None:
    steps = given(
        "Cisplatin 75 mg/m2 or carboplatin AUC 5 on day 1 every 3 weeks", "DRUG: Cisplatin", "DRUG: Carboplatin"
    )
    assert any(message in dose_for(step, who, rules).refusal for step in steps)


def test_a_step_without_a_dose_is_refused_and_does_not_hide_the_others(given: Given) -> None:
    assert dose_for(Give(), body(), DoseRules()).refusal == "the text states no dose"
