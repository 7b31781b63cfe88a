"""One limit of one criterion at another value."""

from decimal import Decimal

import pytest

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration
from trialwright.codes.quantities import Quantity
from trialwright.criteria.nodes import All, Any, Compare, Criterion, Node, Not, Person, Score, Span
from trialwright.engines.thresholds import ThresholdError, WhatIf, changed, limit_of


def compare(name: str, limit: str) -> Compare:
    return Compare(measure=Concept(name, "lab", id=name), op=">=", quantity=Quantity(Decimal(limit), "g/L"))


def criterion(node: Node) -> Criterion:
    return Criterion(
        id="I3", kind="inclusion", heading="", number="", span=Span(0, 0), text="", reading="whole", node=node
    )


HB, ALB = compare("hemoglobin", "90"), compare("albumin", "30")
AGE, ECOG = Person(age=(">=", Duration(Decimal(18), "year"))), Score(scale="ECOG", op="<=", value=Decimal(1))


@pytest.mark.parametrize(
    ("node", "measure", "value", "expected"),
    [
        (HB, "", "80", compare("hemoglobin", "80")),
        (All(parts=(HB, ALB)), "albumin", "25", All(parts=(HB, compare("albumin", "25")))),
        (Not(part=Any(parts=(HB, AGE))), "age", "16", Not(part=Any(parts=(HB, Person(age=(">=", Duration(Decimal(16), "year"))))))),
        (ECOG, "ecog", "2", Score(scale="ECOG", op="<=", value=Decimal(2))),
    ],
)  # fmt: skip
def test_the_limit_moves_and_nothing_else(node: Node, measure: str, value: str, expected: Node) -> None:
    asked = WhatIf("I3", measure, Decimal(value))
    found = changed(criterion(node), asked)
    assert found.node == expected
    assert found.id == asked.name != "I3"


@pytest.mark.parametrize(
    ("node", "measure", "problem"),
    [
        (All(parts=(HB, ALB)), "", "more than one such limit; its limits: hemoglobin >= 90 g/L, albumin >= 30 g/L"),
        (HB, "platelets", "no such limit; its limits: hemoglobin >= 90 g/L"),
        (Person(sex="male"), "", "no such limit; its limits: none"),
    ],
)
def test_a_limit_that_is_not_one_is_refused(node: Node, measure: str, problem: str) -> None:
    with pytest.raises(ThresholdError, match="I3: ") as error:
        changed(criterion(node), WhatIf("I3", measure, Decimal(1)))
    assert problem in str(error.value)


def test_a_limit_is_named_in_words() -> None:
    assert limit_of(criterion(All(parts=(AGE, ECOG))), "ecog") == "ECOG <= 1"
    assert limit_of(criterion(AGE), "") == "age >= 18 years"
