"""`Compare`: limits, units, printed ranges, which value counts, windows, means and words that cannot be checked."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.codes.quantities import holds
from trialwright.criteria.nodes import Compare, Window
from trialwright.engines.values import Value, compare
from trialwright.patients.facts import Fact

from .charts import INDEX, F, T, U, judge, lab, limit, not_within, within

HB = limit("hemoglobin", ">=", "90", "g/L")
AST = limit("ast", "<=", "2.5", relative_to="ULN")
Row = tuple[Compare, tuple[Fact, ...], Any]


def hb(value: str, start: str | None = "2026-02-16", unit: str = "g/L", **rest: Any) -> Fact:
    return lab("hemoglobin", value, unit, start, **rest)


TABLE: dict[str, Row] = {
    "at-the-limit": (HB, (hb("90"),), T),
    "below": (HB, (hb("89.9"),), F),
    "above": (HB, (hb("90.1"),), T),
    "strict-at-the-limit": (limit("hemoglobin", ">", "90", "g/L"), (hb("90"),), F),
    "nothing": (HB, (), U),
    "another-measure": (HB, (lab("ast", "90", "U/L"),), U),
    "another-unit": (HB, (hb("9.0", unit="g/dL"),), T),
    "another-unit-below": (HB, (hb("8.4", unit="g/dL"),), F),
    "no-such-unit": (HB, (hb("90", unit="kg"),), U),
    "unit-nobody-knows": (HB, (hb("90", unit="blips"),), U),
    "latest-counts": (HB, (hb("100", "2026-01-01"), hb("80", "2026-02-01")), F),
    "latest-counts-in-any-order": (HB, (hb("80", "2026-02-01"), hb("100", "2026-01-01")), F),
    "same-day-agree": (HB, (hb("91"), hb("95")), T),
    "same-day-contradict": (HB, (hb("89"), hb("95")), U),
    "month-may-be-later": (HB, (hb("95", "2026-02-10"), hb("80", "2026-02")), U),
    "month-may-be-later-agrees": (HB, (hb("95", "2026-02-10"), hb("99", "2026-02")), T),
    "month-before": (HB, (hb("95", "2026-02-10"), hb("80", "2026-01")), T),
    "no-date-alone": (HB, (hb("95", None),), T),
    "no-date-beside-a-date": (HB, (hb("95", None), hb("80", "2026-02-10")), U),
    "future": (HB, (hb("95", "2026-03-03"),), U),
    "future-beside-a-past": (HB, (hb("80", "2026-03-03"), hb("95", "2026-02-01")), T),
    "today": (HB, (hb("95", "2026-03-02"),), T),
    "this-year": (HB, (hb("95", "2026"),), U),
    "computed-gives-way": (HB, (hb("95"), hb("80", derived="a formula")), T),
    "computed-alone": (HB, (hb("80", derived="a formula"),), F),
    "below-a-bound-passes": (limit("hemoglobin", "<", "90", "g/L"), (hb("80", comparator="<"),), T),
    "below-a-bound-open": (limit("hemoglobin", "<", "70", "g/L"), (hb("80", comparator="<"),), U),
    "below-a-bound-fails": (limit("hemoglobin", ">=", "80", "g/L"), (hb("80", comparator="<"),), F),
    "at-most-a-bound-open": (limit("hemoglobin", ">=", "80", "g/L"), (hb("80", comparator="<="),), U),
    "above-a-bound": (HB, (hb("200", comparator=">"),), T),
    "above-a-bound-in-another-unit": (HB, (hb("9", unit="g/dL", comparator=">"),), T),
    "equal": (limit("hemoglobin", "=", "90", "g/L"), (hb("9.0", unit="g/dL"),), T),
    "not-equal": (limit("hemoglobin", "!=", "90", "g/L"), (hb("9.0", unit="g/dL"),), F),
    "kinds-count": (limit("bilirubin", "<=", "20", "umol/L"), (lab("bilirubin-total", "19", "umol/L"),), T),
    "the-thing-itself-first": (
        limit("bilirubin", "<=", "20", "umol/L"),
        (lab("bilirubin", "19", "umol/L"), lab("bilirubin-direct", "30", "umol/L")),
        T,
    ),
    "wider-does-not-count": (limit("bilirubin-direct", "<=", "20", "umol/L"), (lab("bilirubin", "19", "umol/L"),), U),
    "uln-at-the-limit": (AST, (lab("ast", "100", "U/L", high="40"),), T),
    "uln-above": (AST, (lab("ast", "100.1", "U/L", high="40"),), F),
    "uln-exact-decimals": (limit("ast", "<=", "1.5", relative_to="ULN"), (lab("ast", "1.8", "{INR}", high="1.2"),), T),
    "uln-not-printed": (AST, (lab("ast", "10", "U/L", low="5"),), U),
    "uln-of-a-bound": (AST, (lab("ast", "5", "U/L", high="40", comparator="<"),), T),
    "lln": (limit("ast", ">=", "1", relative_to="LLN"), (lab("ast", "5", "U/L", low="5"),), T),
    "lln-not-printed": (limit("ast", ">=", "1", relative_to="LLN"), (lab("ast", "5", "U/L", high="5"),), U),
    "baseline": (limit("ast", "<=", "1.5", relative_to="baseline"), (lab("ast", "5", "U/L", high="5"),), U),
    "words-on-a-pass": (limit("hemoglobin", ">=", "90", "g/L", qualifiers=("without transfusion",)), (hb("95"),), U),
    "words-on-a-fail": (limit("hemoglobin", ">=", "90", "g/L", qualifiers=("without transfusion",)), (hb("80"),), U),
    "mean-at-the-limit": (
        limit("qtcf", "<", "470", "ms", statistic="mean"),
        tuple(lab("qtcf", v, "ms") for v in ("468", "470", "472")),
        F,
    ),
    "mean-just-below": (
        limit("qtcf", "<", "470", "ms", statistic="mean"),
        tuple(lab("qtcf", v, "ms") for v in ("468", "470", "471.9")),
        T,
    ),
    "mean-of-one": (limit("qtcf", "<", "470", "ms", statistic="mean"), (lab("qtcf", "469", "ms"),), T),
    "mean-of-the-last-day": (
        limit("qtcf", "<", "470", "ms", statistic="mean"),
        (lab("qtcf", "600", "ms", "2026-01-01"), lab("qtcf", "460", "ms"), lab("qtcf", "470", "ms")),
        T,
    ),
    "mean-with-a-bound": (
        limit("qtcf", "<", "470", "ms", statistic="mean"),
        (lab("qtcf", "460", "ms"), lab("qtcf", "460", "ms", comparator="<")),
        U,
    ),
    "mean-of-units": (
        limit("qtcf", "<", "470", "ms", statistic="mean"),
        (lab("qtcf", "460", "ms"), lab("qtcf", "0.47", "s")),
        T,
    ),
    "every": (limit("hemoglobin", ">=", "90", "g/L", statistic="every"), (hb("95", "2026-01-01"), hb("91")), T),
    "every-but-one": (limit("hemoglobin", ">=", "90", "g/L", statistic="every"), (hb("85", "2026-01-01"), hb("91")), F),
    "every-in-the-window": (
        limit("hemoglobin", ">=", "90", "g/L", statistic="every", when=within("28 days")),
        (hb("85", "2026-01-01"), hb("91")),
        T,
    ),
}


@pytest.mark.parametrize(("node", "facts", "expected"), [pytest.param(*row, id=name) for name, row in TABLE.items()])
def test_compare(node: Compare, facts: tuple[Fact, ...], expected: Any) -> None:
    finding = judge(node, *facts)
    assert finding.truth is expected, finding.why
    assert bool(finding.missing) == (expected is U)
    assert not finding.presumed


@pytest.mark.parametrize(
    ("days", "expected"), [pytest.param(13, T, id="n-1"), pytest.param(14, T, id="n"), pytest.param(15, U, id="n+1")]
)
def test_a_value_too_old_can_be_repeated(days: int, expected: Any) -> None:
    finding = judge(
        limit("hemoglobin", ">=", "90", "g/L", when=within("14 days", anchor="first_dose")),
        hb("95", str(INDEX - timedelta(days=days))),
    )
    assert finding.truth is expected
    if expected is U:
        assert finding.why.endswith("is outside the window: at most 14 days before first dose")
        assert finding.missing == "hemoglobin, at most 14 days before first dose"


WINDOWS: dict[str, tuple[Window, tuple[Fact, ...], Any]] = {
    "older-value-does-not-stand-in": (within("14 days"), (hb("80", "2026-01-01"), hb("95", "2026-02-20")), T),
    "only-values-old-enough": (not_within("30 days"), (hb("80", "2026-02-20"), hb("95", "2026-01-01")), T),
    "month-across-the-bound": (within("25 days"), (hb("95", "2026-02"),), U),
    "month-inside": (within("60 days"), (hb("95", "2026-02"),), T),
    "no-date": (within("14 days"), (hb("95", None),), U),
    "at-screening": (Window(side="during", anchor="screening"), (hb("95", "2026-02-01"),), T),
    "later": (within("14 days", side="after"), (hb("95", "2026-02-01"),), U),
    "in-the-trial": (Window(side="during", anchor="trial"), (hb("95", "2026-02-01"),), U),
    "before-an-event-not-recorded": (within("14 days", anchor="progression"), (hb("95", "2026-02-01"),), U),
}


@pytest.mark.parametrize(
    ("window", "facts", "expected"), [pytest.param(*row, id=name) for name, row in WINDOWS.items()]
)
def test_compare_within_a_window(window: Window, facts: tuple[Fact, ...], expected: Any) -> None:
    finding = judge(limit("hemoglobin", ">=", "90", "g/L", when=window), *facts)
    assert finding.truth is expected, finding.why


def test_reasons_name_value_unit_day_and_limit() -> None:
    finding = judge(HB, hb("8.4", unit="g/dL"))
    assert finding.why == "hemoglobin 8.4 g/dL on 2026-02-16 = 84 g/L, asked >= 90 g/L"
    assert finding.near
    assert str(finding.evidence[0].converted) == "84 g/L"
    assert (
        judge(AST, lab("ast", "120", "U/L", high="40")).why
        == "ast 120 U/L on 2026-02-16 = 3.00 x ULN (40), asked <= 2.5 x ULN"
    )
    assert judge(AST, lab("ast", "120", "U/L")).missing == "upper limit of normal of ast"


@pytest.mark.parametrize(
    ("value", "near"),
    [
        pytest.param("81", True, id="a-tenth-below"),
        pytest.param("80.9", False, id="more"),
        pytest.param("99", True, id="a-tenth-above"),
        pytest.param("99.1", False, id="far-above"),
    ],
)
def test_near_is_a_tenth(value: str, near: bool) -> None:
    assert judge(HB, hb(value)).near is near


def test_a_value_is_good_until_its_window_has_passed() -> None:
    node = limit("hemoglobin", ">=", "90", "g/L", when=within("14 days"))
    assert judge(node, hb("95", "2026-02-20")).until == date(2026, 3, 7)
    assert judge(node, hb("95", "2026-02-20"), index=date(2026, 3, 7)).truth is U
    assert judge(node, hb("95", "2026-02-20"), index=date(2026, 3, 6)).truth is T


_numbers = st.decimals(min_value=-50, max_value=50, places=2)
_ops = st.sampled_from(["<", "<=", ">", ">=", "=", "!="])


@given(_numbers, _ops, _numbers, st.sampled_from([None, "<", "<=", ">", ">="]))
def test_a_bound_answers_as_all_its_numbers_do(number: Decimal, op: Any, bound: Decimal, comparator: Any) -> None:
    """Second programming: try numbers on either side of both bounds; the claim holds for all of them, for none, or is open."""
    steps = [
        Decimal(0),
        Decimal("0.001"),
        Decimal("-0.001"),
        Decimal(1000),
        Decimal(-1000),
        (bound - number),
        (bound - number) / 2,
    ]
    steps += [bound - number + step for step in (Decimal("0.001"), Decimal("-0.001"))]
    tried = [number + step for step in steps if comparator is None or holds(number + step, comparator, number)]
    tried = tried if comparator else [number]
    answers = {holds(one, op, bound) for one in tried}
    assert compare(Value.of(number, number, comparator), op, bound) is (answers.pop() if len(answers) == 1 else None)


@given(
    st.decimals(min_value=Decimal("0.01"), max_value=500, places=2),
    st.decimals(min_value=Decimal("0.01"), max_value=200, places=2),
    st.decimals(min_value=Decimal("0.1"), max_value=20, places=1),
    _ops,
)
def test_multiples_are_exact(value: Decimal, high: Decimal, multiple: Decimal, op: Any) -> None:
    """Second programming: with fractions."""
    node = limit("ast", op, str(multiple), relative_to="ULN")
    left, right = Fraction(value), Fraction(multiple) * Fraction(high)
    expected = {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "=": left == right,
        "!=": left != right,
    }[op]
    assert judge(node, lab("ast", str(value), "U/L", high=str(high))).truth is (T if expected else F)
