"""UCUM codes: factors and dimensions."""

from fractions import Fraction

import pytest

from trialwright.codes.quantities import UnitError
from trialwright.codes.ucum import worth


@pytest.mark.parametrize(
    ("unit", "factor", "dimension"),
    [
        ("1", Fraction(1), ()),
        ("%", Fraction(1, 100), ()),
        ("10*9/L", Fraction(10**12), (("m", -3),)),
        ("10*-3", Fraction(1, 1000), ()),
        ("/uL", Fraction(10**9), (("m", -3),)),
        ("mg/dL", Fraction(10), (("g", 1), ("m", -3))),
        ("mg/(24.h)", Fraction(1, 86_400_000), (("g", 1), ("s", -1))),
        ("kg/m2", Fraction(1000), (("g", 1), ("m", -2))),
        ("mL/min", Fraction(1, 60_000_000), (("m", 3), ("s", -1))),
        ("mL/min/{1.73_m2}", Fraction(1, 60_000_000), (("m", 3), ("s", -1), ("{1.73_m2}", -1))),
        ("{copies}/mL", Fraction(10**6), (("m", -3), ("{copies}", 1))),
        ("{cells}/uL", Fraction(10**9), (("m", -3),)),
        ("mol{Hb}", Fraction(1), (("mol", 1), ("{Hb}", 1))),
        ("ukat", Fraction(60), (("U", 1),)),
        ("cm2", Fraction(1, 10_000), (("m", 2),)),
        ("mm[Hg]", Fraction(133322), (("g", 1), ("m", -1), ("s", -2))),
    ],
)
def test_worth(unit: str, factor: Fraction, dimension: tuple[tuple[str, int], ...]) -> None:
    assert (worth(unit).factor, worth(unit).dimension) == (factor, dimension)


def test_offsets_belong_to_lone_temperatures() -> None:
    assert worth("Cel").offset == Fraction(27315, 100)
    assert worth("W/Cel").offset == 0


@pytest.mark.parametrize(
    "unit",
    [
        "",
        "foo",
        "mg/",
        "/",
        "mg//L",
        "mg L",
        "(mg",
        "mg)",
        "a.b(",
        "kkg",
        "m%",
        "{open",
        "µg",
        "10*",
        "/0",
        "0",
        "10*999999999",
        "m999999999",
    ],
)
def test_refuses_what_is_no_code(unit: str) -> None:
    with pytest.raises(UnitError):
        worth(unit)
