"""Clinical quantities computed from others: exact units in, a quantity with its UCUM unit out.

Nothing is assumed: where an input is not recorded the answer is None, and which of several formulas is meant is an argument.
Results are rounded half up to two decimals (body surface to three); a limit is compared with the rounded value.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Literal, get_args

from .quantities import Quantity
from .tables import rows
from .units import convert

Sex = Literal["female", "male"]
BsaFormula = Literal["mosteller", "dubois", "haycock", "gehan-george", "fujimoto", "takahira", "boyd"]
_CENT = Decimal("0.01")


def body_mass_index(weight: Quantity, height: Quantity) -> Quantity:
    """Weight over height squared, kg/m2.

    raises  UnitError when a unit is no mass or no length
    """
    metres = _value(height, "m")
    return _rounded(_value(weight, "kg") / (metres * metres), "kg/m2")


def body_surface_area(weight: Quantity, height: Quantity, formula: BsaFormula) -> Quantity:
    """Body surface, m2, by the named formula; none is the default, since a protocol chooses.

    raises  UnitError when a unit is no mass or no length; ValueError for an unknown formula
    source  `data/bsa_formulas.tsv`
    """
    if formula not in get_args(BsaFormula):
        raise ValueError(f"no body surface formula {formula!r}; expected one of {', '.join(get_args(BsaFormula))}")
    row = _bsa_rows()[formula]
    log_exponent = Decimal(row["weight_log_exponent"])
    mass = _value(weight, "g" if log_exponent else "kg")
    exponent = Decimal(row["weight_exponent"]) + (log_exponent * mass.log10() if log_exponent else 0)
    tall = _value(height, "cm") ** Decimal(row["height_exponent"])
    return _rounded(Decimal(row["coefficient"]) * tall * mass**exponent, "m2", Decimal("0.001"))


def cockcroft_gault(creatinine: Quantity, age_years: int, weight: Quantity, sex: Sex | None) -> Quantity | None:
    """Creatinine clearance, mL/min, from serum creatinine and actual body weight.

    returns  None when sex is not recorded (never a default)
    raises   UnitError when a unit does not fit
    source   Cockcroft & Gault, Nephron 1976;16:31-41
    """
    if sex is None:
        return None
    clearance = (140 - age_years) * _value(weight, "kg") / (72 * _value(creatinine, "mg/dL", "creatinine"))
    return _rounded(clearance * (Decimal("0.85") if sex == "female" else 1), "mL/min")


def calvert(auc: Decimal, clearance: Quantity) -> Quantity:
    """Carboplatin, mg, for a target area under the curve (mg/mL·min): AUC × (GFR + 25).

    clearance  unscaled, mL/min; a rate per 1.73 m2 is refused
    raises     UnitError when the unit does not fit
    source     Calvert et al., J Clin Oncol 1989;7:1748-1756
    """
    return _rounded(auc * (_value(clearance, "mL/min") + 25), "mg")


def ideal_body_weight(height: Quantity, sex: Sex | None) -> Quantity | None:
    """Ideal body weight, kg: 50 (men) or 45.5 (women) and 2.3 for each inch over 5 feet.

    returns  None when sex is not recorded (never a default)
    raises   UnitError when the unit is no length
    source   Devine, Drug Intell Clin Pharm 1974;8:650-655
    """
    if sex is None:
        return None
    inches = _value(height, "cm") / Decimal("2.54") - 60
    return _rounded((Decimal("45.5") if sex == "female" else Decimal(50)) + Decimal("2.3") * inches, "kg")


def adjusted_body_weight(weight: Quantity, ideal: Quantity) -> Quantity:
    """Ideal weight and 40 % of what is above it, kg.

    raises  UnitError when a unit is no mass
    source  Winter et al., Pharmacotherapy 2012;32:604-612
    """
    low = _value(ideal, "kg")
    return _rounded(low + Decimal("0.4") * (_value(weight, "kg") - low), "kg")


def ckd_epi_2021(creatinine: Quantity, age_years: int, sex: Sex | None) -> Quantity | None:
    """Estimated glomerular filtration rate from creatinine without race, mL/min per 1.73 m2: no clearance, and never converted to one.

    returns  None when sex is not recorded (never a default)
    raises   UnitError when the unit does not fit
    source   Inker et al., N Engl J Med 2021;385:1737-1749
    """
    if sex is None:
        return None
    kappa, alpha, factor = ("0.7", "-0.241", "1.012") if sex == "female" else ("0.9", "-0.302", "1")
    ratio = _value(creatinine, "mg/dL", "creatinine") / Decimal(kappa)
    below, above = min(ratio, Decimal(1)) ** Decimal(alpha), max(ratio, Decimal(1)) ** Decimal("-1.2")
    return _rounded(142 * below * above * Decimal("0.9938") ** age_years * Decimal(factor), "mL/min/{1.73_m2}")


def fridericia(qt: Quantity, heart_rate: Quantity) -> Quantity:
    """QT corrected for heart rate by the cube root of the RR interval, ms.

    heart_rate  beats per minute (`/min`), or the RR interval itself as a time
    raises      UnitError when a unit does not fit
    source      Fridericia, Acta Med Scand 1920;53:469-486
    """
    beats = heart_rate.unit.replace("{beats}", "").replace("1/", "/")
    interval = Decimal(60) / heart_rate.value if beats == "/min" else _value(heart_rate, "s")
    return _rounded(_value(qt, "ms") / interval ** (1 / Decimal(3)), "ms")


def corrected_calcium(calcium: Quantity, albumin: Quantity) -> Quantity:
    """Total serum calcium corrected for albumin, in the unit of `calcium`: 0.8 mg/dL for each g/dL of albumin below 4.

    In mmol/L that is 0.02 for each g/L below 40.

    raises  UnitError when a unit does not fit
    source  Payne et al., BMJ 1973;4:643-646, in the rounded form in common use
    """
    missing = 40 - _value(albumin, "g/L", "albumin")
    if calcium.unit == "mmol/L":
        return _rounded(calcium.value + Decimal("0.02") * missing, "mmol/L")
    return _rounded(_value(calcium, "mg/dL", "calcium") + Decimal("0.08") * missing, "mg/dL")


def ecog_from_karnofsky(karnofsky: Decimal) -> Decimal | None:
    """The ECOG grade usually set against a Karnofsky value; lossy: others set 70 against grade 2. None for a value off the scale.

    source  Oken et al., Am J Clin Oncol 1982;5:649-655, as tabulated by ESMO: 100-90 is 0, 80-70 is 1, 60-50 is 2, 40-30 is 3, 20-10 is 4
    """
    if karnofsky % 10 or not 0 <= karnofsky <= 100:
        return None
    return Decimal(5) if karnofsky == 0 else (Decimal(100) - karnofsky) // 20


def _value(quantity: Quantity, unit: str, measure: str | None = None) -> Decimal:
    return convert(quantity, unit, measure).value


def _rounded(value: Decimal, unit: str, step: Decimal = _CENT) -> Quantity:
    return Quantity(value.quantize(step, ROUND_HALF_UP), unit)


@cache
def _bsa_rows() -> dict[str, Mapping[str, str]]:
    return {row["formula"]: row for row in rows("bsa_formulas")}
