"""A stated dose and a patient's measures to the amount to give, with every input, formula and choice on an audit line.

Nothing is assumed. A formula that is not chosen, a measure that is not recorded or a unit that does not fit is a refusal with its
reason, never a number. A protocol chooses formula, caps and rounding; none of them has a default that acts in silence.
"""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Literal, get_args

import msgspec

from trialwright.codes.formulas import (
    BsaFormula,
    Sex,
    adjusted_body_weight,
    body_surface_area,
    calvert,
    cockcroft_gault,
    ideal_body_weight,
)
from trialwright.codes.quantities import Quantity, UnitError
from trialwright.codes.units import convert

from .nodes import Give, Quote

WeightRule = Literal["actual", "ideal", "adjusted"]
Rounding = Literal["nearest", "down", "up"]
NO_CAP = Decimal("Infinity")
"""Says that the protocol sets no cap; a cap that is None was not chosen."""
_GFR_CAP = Decimal(125)  # FDA, 2010: from here on a cap changes a carboplatin dose
_LOW_CREATININE = Decimal("0.7")  # mg/dL; from here down a floor changes a carboplatin dose
_LARGE_SURFACE = Decimal("2.0")
_MODES = {"nearest": ROUND_HALF_UP, "down": ROUND_FLOOR, "up": ROUND_CEILING}


class DoseError(ValueError):
    """A dose that cannot be computed; the message says what is missing."""


class Reading(msgspec.Struct, frozen=True):
    """A measure as recorded. words: where and when, for the audit line."""

    quantity: Quantity
    words: str = ""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a patient; None is not recorded. clearance: measured, in place of an estimate."""

    weight: Reading | None = None
    height: Reading | None = None
    creatinine: Reading | None = None
    clearance: Reading | None = None
    age_years: int | None = None
    sex: Sex | None = None


class DoseRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a protocol settles; None is not chosen.

    bsa_formula       for doses per m2
    bsa_cap           largest body surface used, m2; `NO_CAP` for none
    weight            in Cockcroft-Gault; None: actual weight, as the formula was published
    gfr_cap           largest clearance used in Calvert, mL/min; `NO_CAP` for none
    creatinine_floor  smallest creatinine used, mg/dL; `NO_CAP` negated has no use here: 0 for none
    round_to          step of the result in its own unit; None: not rounded
    most_percent      a rounding that moves the dose further is refused; None: any
    """

    bsa_formula: BsaFormula | None = None
    bsa_cap: Decimal | None = None
    weight: WeightRule | None = None
    gfr_cap: Decimal | None = None
    creatinine_floor: Decimal | None = None
    round_to: Decimal | None = None
    rounding: Rounding = "nearest"
    most_percent: Decimal | None = None


class AuditLine(msgspec.Struct, frozen=True):
    """One input, formula or choice that went into a dose."""

    kind: Literal["text", "input", "choice", "formula", "rounding"]
    words: str


class PatientDose(msgspec.Struct, frozen=True, kw_only=True):
    """What one step comes to for one patient.

    amounts  the amount, or the two ends or the levels where the text gives several; () when it was refused
    refusal  why there is none; "" when there is
    """

    drug: str
    stated: str
    amounts: tuple[Quantity, ...] = ()
    audit: tuple[AuditLine, ...] = ()
    refusal: str = ""
    quote: Quote | None = None


def dose_for(step: Give, body: Body, rules: DoseRules) -> PatientDose:
    """The dose of one step. A refusal is in the result and not raised, so that one drug does not hide the others."""
    if step.amount is None:
        return PatientDose(drug=step.name, stated="", refusal="the text states no dose")
    stated = step.amount.value
    audit = [AuditLine("text", f"{step.name} {stated}")]
    try:
        factor, unit = _factor(stated.unit, body, rules, audit)
        amounts = tuple(_finished((value, unit), factor, rules, audit) for value in stated.values)
    except (DoseError, UnitError) as error:
        return PatientDose(
            drug=step.name, stated=str(stated), audit=tuple(audit), refusal=str(error), quote=step.amount.quote
        )
    return PatientDose(drug=step.name, stated=str(stated), amounts=amounts, audit=tuple(audit), quote=step.amount.quote)


class _Factor(msgspec.Struct, frozen=True):
    """What a stated amount is multiplied with; `clearance` in place of it for a target AUC."""

    times: Decimal = Decimal(1)
    clearance: Quantity | None = None
    words: str = ""


def _factor(unit: str, body: Body, rules: DoseRules, audit: list[AuditLine]) -> tuple[_Factor, str]:
    if unit == "{AUC}":
        return _Factor(clearance=_clearance(body, rules, audit)), "mg"
    if "/m2" in unit:
        surface = _surface(body, rules, audit)
        return _Factor(surface.value, words=f"{surface}"), unit.replace("/m2", "", 1)
    if "/kg" in unit:
        weight = convert(_needed(body.weight, "weight", audit), "kg")
        return _Factor(weight.value, words=f"{weight}"), unit.replace("/kg", "", 1)
    return _Factor(), unit


def _needed(reading: Reading | None, name: str, audit: list[AuditLine]) -> Quantity:
    if reading is None:
        raise DoseError(f"{name} is not recorded; expected it in the chart")
    if reading.quantity.value <= 0:
        raise DoseError(f"{name} {reading.quantity} cannot be; expected a positive value")
    audit.append(AuditLine("input", f"{name} {reading.quantity}{f' ({reading.words})' if reading.words else ''}"))
    return reading.quantity


def _surface(body: Body, rules: DoseRules, audit: list[AuditLine]) -> Quantity:
    if rules.bsa_formula is None:
        raise DoseError(
            f"a dose per m2 needs a body surface formula, and none is the default; choose {', '.join(get_args(BsaFormula))}"
        )
    weight, height = _needed(body.weight, "weight", audit), _needed(body.height, "height", audit)
    surface = body_surface_area(weight, height, rules.bsa_formula)
    audit.append(AuditLine("formula", f"body surface by {rules.bsa_formula}: {surface}"))
    if rules.bsa_cap is None:
        if surface.value > _LARGE_SURFACE:
            audit.append(AuditLine("choice", f"no cap on body surface was chosen; {surface} is used as it is"))
        return surface
    if rules.bsa_cap == NO_CAP:
        audit.append(AuditLine("choice", "body surface is not capped"))
        return surface
    capped = Quantity(min(surface.value, rules.bsa_cap), "m2")
    audit.append(AuditLine("choice", f"body surface capped at {rules.bsa_cap} m2: {capped} is used"))
    return capped


def _clearance(body: Body, rules: DoseRules, audit: list[AuditLine]) -> Quantity:
    if body.clearance is not None:
        clearance = convert(_needed(body.clearance, "measured clearance", audit), "mL/min")
    else:
        clearance = _estimated(body, rules, audit)
    if rules.gfr_cap is None:
        if clearance.value > _GFR_CAP:
            raise DoseError(
                f"clearance is {clearance}, above {_GFR_CAP} mL/min, and no cap was chosen; choose 125 (FDA 2010), another, or none"
            )
        audit.append(
            AuditLine(
                "choice", f"no cap on clearance was chosen; {clearance} is below {_GFR_CAP} mL/min, where caps begin"
            )
        )
        return clearance
    if rules.gfr_cap == NO_CAP:
        audit.append(AuditLine("choice", "clearance is not capped"))
        return clearance
    capped = Quantity(min(clearance.value, rules.gfr_cap), "mL/min")
    audit.append(AuditLine("choice", f"clearance capped at {rules.gfr_cap} mL/min: {capped} is used"))
    return capped


def _estimated(body: Body, rules: DoseRules, audit: list[AuditLine]) -> Quantity:
    if body.sex is None:
        raise DoseError("sex is not recorded; Cockcroft-Gault needs it")
    if body.age_years is None:
        raise DoseError("age is not recorded; Cockcroft-Gault needs it")
    audit.append(AuditLine("input", f"{body.sex}, {body.age_years} years"))
    creatinine = _floored(_needed(body.creatinine, "creatinine", audit), rules, audit)
    weight = _weight(body, rules, audit)
    clearance = cockcroft_gault(creatinine, body.age_years, weight, body.sex)
    assert clearance is not None  # noqa: S101 - sex is known
    audit.append(AuditLine("formula", f"Cockcroft–Gault with {rules.weight or 'actual'} weight: {clearance}"))
    return clearance


def _floored(creatinine: Quantity, rules: DoseRules, audit: list[AuditLine]) -> Quantity:
    value = convert(creatinine, "mg/dL", "creatinine")
    if rules.creatinine_floor is None:
        if value.value < _LOW_CREATININE:
            raise DoseError(
                f"creatinine {creatinine} is below {_LOW_CREATININE} mg/dL, and no floor was chosen; choose 0.7, another, or 0 for none"
            )
        return creatinine
    if value.value >= rules.creatinine_floor:
        return creatinine
    audit.append(AuditLine("choice", f"creatinine raised to the floor of {rules.creatinine_floor} mg/dL"))
    return Quantity(rules.creatinine_floor, "mg/dL")


def _weight(body: Body, rules: DoseRules, audit: list[AuditLine]) -> Quantity:
    weight = _needed(body.weight, "weight", audit)
    if rules.weight in (None, "actual"):
        return weight
    ideal = ideal_body_weight(_needed(body.height, "height", audit), body.sex)
    assert ideal is not None  # noqa: S101 - sex is known
    audit.append(AuditLine("formula", f"ideal weight (Devine): {ideal}"))
    if rules.weight == "ideal":
        return ideal
    adjusted = adjusted_body_weight(weight, ideal)
    audit.append(AuditLine("formula", f"adjusted weight, ideal + 0.4 × (actual − ideal): {adjusted}"))
    return adjusted


def _finished(amount: tuple[Decimal, str], factor: _Factor, rules: DoseRules, audit: list[AuditLine]) -> Quantity:
    value, unit = amount
    if factor.clearance is not None:
        dose = calvert(value, factor.clearance)
        audit.append(AuditLine("formula", f"Calvert: {value:f} × ({factor.clearance.value:f} + 25) = {dose}"))
    else:
        dose = Quantity(_plain(value * factor.times), unit)
        if factor.words:
            audit.append(AuditLine("formula", f"{value:f} × {factor.words} = {dose}"))
    return _rounded(dose, rules, audit)


def _plain(value: Decimal) -> Decimal:
    value = value.normalize()
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


def _rounded(dose: Quantity, rules: DoseRules, audit: list[AuditLine]) -> Quantity:
    if rules.round_to is None:
        return dose
    if rules.round_to <= 0:
        raise DoseError(f"a dose cannot be rounded to steps of {rules.round_to}; expected a positive step")
    steps = (dose.value / rules.round_to).quantize(Decimal(1), _MODES[rules.rounding])
    rounded = Quantity(_plain(steps * rules.round_to), dose.unit)
    moved = (rounded.value - dose.value) / dose.value * 100
    if rules.most_percent is not None and abs(moved) > rules.most_percent:
        raise DoseError(
            f"rounding {dose} to {rounded} moves it by {moved:.1f} %, more than the {rules.most_percent} % allowed"
        )
    audit.append(AuditLine("rounding", f"{rules.rounding} step of {rules.round_to:f}: {rounded} ({moved:+.1f} %)"))
    return rounded


def doses_for(steps: tuple[Give, ...], body: Body, rules: DoseRules) -> Iterator[PatientDose]:
    """The dose of each step that states one, the same dose of the same drug once."""
    seen: set[tuple[str, str]] = set()
    for step in steps:
        dose = dose_for(step, body, rules)
        if (dose.drug.lower(), dose.stated) not in seen:
            seen.add((dose.drug.lower(), dose.stated))
            yield dose
