"""V7 on trees: what contradicts, and every way out that makes it no contradiction."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from trialwright.checks.contradictions import contradictions
from trialwright.codes.concepts import Concept, Kind
from trialwright.codes.dates import Duration
from trialwright.codes.quantities import Op, Quantity
from trialwright.criteria.nodes import (
    All,
    Any,
    Compare,
    Criteria,
    CriterionKind,
    Dose,
    Has,
    If,
    Node,
    Not,
    Person,
    Score,
    Severity,
    Times,
    Window,
)
from trialwright.trial import Trial

Compiled = tuple[Trial, Criteria]
Made = Callable[..., Compiled]


def pd1(**details: object) -> Has:
    return Has(concept=Concept(text="PD-1 inhibitor", kind="drug", id="anti-pd-1"), **details)  # type: ignore[arg-type]


def named(text: str, concept_id: str, kind: Kind = "condition", **details: object) -> Has:
    return Has(concept=Concept(text=text, kind=kind, id=concept_id), **details)  # type: ignore[arg-type]


def lab(measure: str, op: Op, value: str, unit: str = "10*9/L") -> Compare:
    return Compare(
        measure=Concept(text=measure, kind="lab", id=measure), op=op, quantity=Quantity(Decimal(value), unit)
    )


def age(op: Op, years: int) -> Person:
    return Person(age=(op, Duration(Decimal(years), "year")))


def within(count: int, **details: object) -> Window:
    return Window(at_most=Duration(Decimal(count), "week"), **details)  # type: ignore[arg-type]


def score(scale: str, op: Op, value: int) -> Score:
    return Score(scale=scale, op=op, value=Decimal(value))


def codes(compiled: Compiled) -> list[str]:
    return [remark.code for remark in contradictions(*compiled)]


PAIRS: list[tuple[str, Node, Node, bool]] = [
    ("the same", pd1(), pd1(status=("history",)), True),
    ("a kind of what is barred", pd1(), named("immunotherapy", "immunotherapy", "drug"), True),
    ("one of the barred", pd1(), Any(parts=(named("asthma", "asthma"), pd1())), True),
    ("asked beside more", All(parts=(named("asthma", "asthma"), pd1())), pd1(), True),
    ("barred is a kind of what is asked", named("immunotherapy", "immunotherapy", "drug"), pd1(), False),
    ("barred lately only", pd1(), pd1(when=within(4)), False),
    ("asked in the window that is barred", pd1(when=within(4)), pd1(when=within(4)), True),
    ("asked in another window", pd1(when=within(8)), pd1(when=within(4)), False),
    ("asked after entry", pd1(when=Window(side="after")), pd1(), False),
    ("barred with an exception", pd1(), pd1(unless=(pd1(when=within(4)),)), False),
    ("barred unless something else", pd1(), All(parts=(pd1(), Not(part=named("asthma", "asthma")))), False),
    ("barred from some number of lines", pd1(), pd1(times=Times(op=">=", count=2)), False),
    ("barred above a dose", pd1(), pd1(dose=Dose(op=">", quantity=Quantity(Decimal(10), "mg/d"))), False),
    ("barred when severe", named("asthma", "asthma"), named("asthma", "asthma", qualifiers=("severe",)), False),
    (
        "barred above a grade",
        named("asthma", "asthma"),
        named("asthma", "asthma", severity=Severity(op=">=", grade=Decimal(3))),
        False,
    ),
    ("barred when active", named("asthma", "asthma"), named("asthma", "asthma", status=("active",)), False),
    ("asked is planned", pd1(status=("planned",)), pd1(), False),
    ("one of two is asked", Any(parts=(pd1(), named("asthma", "asthma"))), pd1(), False),
    ("asked of some", If(condition=Person(sex="female"), then=pd1()), pd1(), False),
    ("another word", named("symptomatic myeloma", "multiple-myeloma"), named("smouldering myeloma", "multiple-myeloma"), False),
    ("another such thing", named("cow's milk allergy", "asthma"), named("other asthma", "asthma"), False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "barred", "contradicts"), [case[1:] for case in PAIRS], ids=[case[0] for case in PAIRS]
)
def test_what_is_asked_and_barred(treed: Made, asked: Node, barred: Node, contradicts: bool) -> None:
    found = codes(treed(("inclusion", "has had it", asked), ("exclusion", "barred from it", barred)))
    assert found == (["contradiction"] if contradicts else [])


def test_steps_that_differ_are_named(treed: Made) -> None:
    items = (
        ("inclusion", "has had it", pd1(step="randomisation")),
        ("exclusion", "barred from it", pd1(step="entry")),
    )
    (remark,) = contradictions(*treed(*items))
    assert remark.code == "two-steps"
    assert "randomisation" in remark.message
    assert "entry" in remark.message


def test_a_condition_on_some_patients_is_let_pass(treed: Made) -> None:
    items = (("inclusion", "those with it must have it treated", pd1()), ("exclusion", "barred from it", pd1()))
    assert codes(treed(*items)) == []


@pytest.mark.parametrize(
    ("words", "fires"),
    [
        ("Progression after at least two cycles of PD-1 inhibitor", True),
        ("Responded to chemotherapy plus PD-1 inhibitor", True),
        ("No progression after PD-1 inhibitor", False),
        ("Progression if treated with PD-1 inhibitor", False),
        ("Progression after chemotherapy", False),
    ],
)
def test_who_responded_or_failed_has_been_treated(treed: Made, words: str, fires: bool) -> None:
    items = (("inclusion", words, Person(sex="female")), ("exclusion", "treated before", pd1(status=("history",))))
    assert ("contradiction" in codes(treed(*items))) is fires


BOUNDS: list[tuple[str, CriterionKind, Node, Node, list[str]]] = [
    ("nothing between", "inclusion", age(">=", 70), age("<=", 65), ["contradiction"]),
    ("something between", "inclusion", age(">=", 18), age("<=", 65), []),
    ("one point", "inclusion", age(">=", 65), age("<=", 65), []),
    ("one point left out", "inclusion", age(">", 65), age("<=", 65), ["contradiction"]),
    ("the complement", "exclusion", age(">=", 18), age("<", 18), []),
    ("excluded below another limit", "exclusion", lab("anc", ">=", "1.5"), lab("anc", "<", "1"), ["limits-disagree"]),
    ("the same in another unit", "exclusion", lab("anc", ">=", "1.5"), lab("anc", "<", "1500", "/uL"), []),
    ("nothing left in another unit", "exclusion", lab("anc", "<", "1.5"), lab("anc", "<", "2000", "/uL"), ["contradiction"]),
    ("two groups' limits", "inclusion", lab("anc", ">=", "1.5"), lab("anc", ">=", "1"), []),
    ("other measures", "exclusion", lab("anc", ">=", "1.5"), lab("wbc", "<", "1"), []),
    ("whole steps", "exclusion", score("iief-5", ">", 21), score("iief-5", "<", 22), []),
    ("steps left out", "exclusion", score("ecog", "<", 2), score("ecog", ">=", 3), ["limits-disagree"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "one", "other", "expected"), [case[1:] for case in BOUNDS], ids=[case[0] for case in BOUNDS]
)
def test_bounds(treed: Made, *, kind: CriterionKind, one: Node, other: Node, expected: list[str]) -> None:
    assert codes(treed(("inclusion", "the first limit", one), (kind, "the second limit", other))) == expected


def test_a_multiple_of_normal_and_a_number_are_not_compared(treed: Made) -> None:
    alt = Concept(text="ALT", kind="lab", id="alt")
    asked = Compare(measure=alt, op="<=", quantity=Quantity(Decimal("2.5")), relative_to="ULN")
    barred = Compare(measure=alt, op=">", quantity=Quantity(Decimal(1), "U/L"))
    assert codes(treed(("inclusion", "ALT low", asked), ("exclusion", "ALT high", barred))) == []


@pytest.mark.parametrize(
    ("words", "node", "fields", "fires"),
    [
        ("20 years or older", age(">=", 20), {"minimum_age": "18 Years"}, True),
        ("18 years or older", age(">=", 18), {"minimum_age": "18 Years"}, False),
        ("older than 17 years", age(">", 17), {"minimum_age": "18 Years"}, False),
        ("up to 18 years", age("<=", 18), {"maximum_age": "17 Years"}, False),
        ("up to 60 years", age("<=", 60), {"maximum_age": "65 Years"}, True),
        ("up to 60 years", age("<=", 60), {}, False),
        ("cohort B: 20 years or older", age(">=", 20), {"minimum_age": "18 Years"}, False),
        ("donors of 20 years or older", age(">=", 20), {"minimum_age": "18 Years"}, False),
        ("men", Person(sex="male"), {"sex": "ALL"}, True),
        ("men", Person(sex="male"), {"sex": "MALE"}, False),
        ("men and women", Person(sex="male"), {"sex": "ALL"}, False),
    ],
)
def test_the_records_own_fields(treed: Made, *, words: str, node: Node, fields: dict[str, str], fires: bool) -> None:
    assert codes(treed(("inclusion", words, node), **fields)) == (["field-disagrees"] if fires else [])


@pytest.mark.parametrize(
    ("one", "other", "fires"),
    [
        ("more than 10 mg/day of prednisone", "over 4 mg/day dexamethasone", True),
        ("more than 10 mg/day of prednisone", "over 1.5 mg/day dexamethasone", False),
        ("more than 10 mg prednisone daily", "no live vaccine", False),
        ("up to <> of prednisone", "over 4 mg/day dexamethasone", True),
        ("1 mg/kg prednisone", "over 4 mg/day dexamethasone", False),
    ],
)
def test_limits_on_steroids(treed: Made, one: str, other: str, fires: bool) -> None:
    node = Person(sex="female")
    found = codes(treed(("exclusion", one, Not(part=node)), ("exclusion", other, Not(part=node))))
    assert ("limits-disagree" in found) is fires
