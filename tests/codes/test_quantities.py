"""Quantities print as written and compare exactly."""

from decimal import Decimal

import pytest

from trialwright.codes.concepts import Code, Concept
from trialwright.codes.quantities import Op, Quantity, holds, shown_unit


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Quantity(Decimal("3.0"), "10*9/L"), "3.0 ×10⁹/L"),
        (Quantity(Decimal("1E+3"), "1"), "1000"),
        (Quantity(Decimal(2)), "2"),
    ],
)
def test_prints(quantity: Quantity, text: str) -> None:
    assert str(quantity) == text


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("1", ""),
        ("{INR}", ""),
        ("[IU]/mL", "IU/mL"),
        ("mm[Hg]", "mmHg"),
        ("10*-3", "×10⁻³"),
        ("{copies}/mL", "copies/mL"),
        ("g/L", "g/L"),
    ],
)
def test_a_unit_is_shown_as_people_print_it(unit: str, text: str) -> None:
    assert shown_unit(unit) == text


@pytest.mark.parametrize(
    ("op", "below", "equal", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
        ("=", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_each_comparison(op: Op, below: bool, equal: bool, above: bool) -> None:
    bound = Decimal("1.5") * Decimal("1.2")
    assert [holds(bound + step, op, bound) for step in (Decimal("-0.01"), Decimal(0), Decimal("0.01"))] == [
        below,
        equal,
        above,
    ]


def test_a_limit_that_binary_floats_miss() -> None:
    assert holds(Decimal("1.8"), "<=", Decimal("1.5") * Decimal("1.2"))
    assert not 1.8 <= 1.5 * 1.2


def test_a_concept_is_its_words_until_the_vocabulary_knows_it() -> None:
    assert Concept("some rare thing", "condition").id is None
    assert Concept("x", "lab", "wbc", (Code("loinc", "6690-2"),)).codes[0].code == "6690-2"
