"""`Person` and `Attest`."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.codes.dates import Duration
from trialwright.codes.quantities import holds
from trialwright.criteria.nodes import Attest, Person
from trialwright.patients.facts import Fact, Statement

from .charts import ALL_LISTS, INDEX, F, P, T, U, day, judge, length, on


def aged(op: Any, limit: str) -> Person:
    return Person(age=(op, length(limit)))


AGES: dict[str, tuple[Person, str | None, Any]] = {
    "birthday-today": (aged(">=", "18 years"), "2008-03-02", T),
    "birthday-tomorrow": (aged(">=", "18 years"), "2008-03-03", F),
    "limit-year-counts-whole": (aged("<=", "70 years"), "1955-03-03", T),
    "71-today": (aged("<=", "70 years"), "1955-03-02", F),
    "more-than-18-means-19": (aged(">", "18 years"), "2007-03-03", F),
    "more-than-18": (aged(">", "18 years"), "2007-03-02", T),
    "born-on-a-leap-day": (aged(">=", "18 years"), "2008-02-29", T),
    "year-settled": (aged(">=", "18 years"), "1970", T),
    "year-open": (aged(">=", "18 years"), "2008", U),
    "month-open": (aged(">=", "18 years"), "2008-03", U),
    "month-settled": (aged(">=", "18 years"), "2008-02", T),
    "equal-open": (aged("=", "18 years"), "2007", U),
    "equal-between": (aged("=", "18 years"), "2000", F),
    "months": (aged(">=", "6 months"), "2025-09-02", T),
    "months-one-day-less": (aged(">=", "6 months"), "2025-09-03", F),
    "weeks": (aged("<", "4 weeks"), "2026-02-03", T),
    "weeks-over": (aged("<", "4 weeks"), "2026-02-02", F),
    "days": (aged("<=", "28 days"), "2026-02-02", T),
    "half-years": (aged(">=", "17.5 years"), "2008-09-02", T),
    "half-years-less": (aged(">=", "17.5 years"), "2008-09-03", F),
    "not-recorded": (aged(">=", "18 years"), None, U),
    "born-later": (aged(">=", "18 years"), "2027", U),
    "born-this-year": (aged(">=", "18 years"), "2026", F),
}


@pytest.mark.parametrize(("node", "birth", "expected"), [pytest.param(*row, id=name) for name, row in AGES.items()])
def test_age(node: Person, birth: str | None, expected: Any) -> None:
    finding = judge(node, birth=birth)
    assert finding.truth is expected, finding.why
    assert bool(finding.missing) == (expected is U)


def test_leap_day_birthdays_fall_on_1_march() -> None:
    assert judge(aged(">=", "18 years"), birth="2008-02-29", index=date(2026, 2, 28)).truth is F
    assert judge(aged(">=", "18 years"), birth="2008-02-29", index=date(2026, 3, 1)).truth is T


def _years(birth: date, today: date) -> int:
    return sum(
        (year, birth.month, birth.day) <= (today.year, today.month, today.day)
        for year in range(birth.year + 1, today.year + 1)
    )


_UNITS: dict[str, Any] = {
    "year": _years,
    "week": lambda birth, today: (today.toordinal() - birth.toordinal()) // 7,
    "day": lambda birth, today: today.toordinal() - birth.toordinal(),
}


@given(
    st.dates(date(1930, 1, 1), INDEX),
    st.sampled_from(list(_UNITS)),
    st.integers(0, 110),
    st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
)
def test_age_counted_twice(birth: date, unit: Any, limit: int, op: Any) -> None:
    expected = holds(Decimal(_UNITS[unit](birth, INDEX)), op, Decimal(limit))
    finding = judge(Person(age=(op, Duration(Decimal(limit), unit))), birth=str(birth))
    assert finding.truth is (T if expected else F), finding.why


@given(st.dates(date(1930, 1, 1), INDEX), st.integers(1, 110), st.sampled_from(["<", "<=", ">", ">="]))
def test_the_birthday_that_changes_the_answer(birth: date, limit: int, op: Any) -> None:
    node = Person(age=(op, Duration(Decimal(limit), "year")))
    finding = judge(node, birth=str(birth))
    if finding.until is None:
        assert judge(node, birth=str(birth), index=date(2150, 1, 1)).truth is finding.truth
        return
    assert judge(node, birth=str(birth), index=finding.until).truth is not finding.truth
    assert judge(node, birth=str(birth), index=finding.until - timedelta(days=1)).truth is finding.truth


@pytest.mark.parametrize(
    ("asked", "recorded", "expected"),
    [
        pytest.param("male", "male", T, id="same"),
        pytest.param("male", "female", F, id="other"),
        pytest.param("male", None, U, id="not-recorded"),
    ],
)
def test_sex(asked: Any, recorded: Any, expected: Any) -> None:
    assert judge(Person(sex=asked), sex=recorded).truth is expected


CHILDBEARING: dict[str, tuple[Any, tuple[Fact, ...], Any, Any]] = {
    "man": ("male", (), (), F),
    "sex-not-recorded": (None, (), ALL_LISTS, U),
    "woman": ("female", (), ALL_LISTS, U),
    "postmenopausal": ("female", (on("postmenopausal", "2020"),), (), F),
    "no-womb": ("female", (on("hysterectomy", "2020"),), (), F),
    "pregnant": ("female", (on("pregnancy", "2026-02", ongoing=True),), (), T),
    "was-pregnant": ("female", (on("pregnancy", "2016", "2017"),), (), U),
    "premenopausal": ("female", (on("premenopausal", "2026-03-02"),), (), U),
    "premenopausal-and-not-sterilised": ("female", (on("premenopausal", "2026-03-02"),), ("procedures",), T),
    "contradiction": ("female", (on("pregnancy", "2026-02"), on("hysterectomy", "2020")), ALL_LISTS, U),
}


@pytest.mark.parametrize(
    ("sex", "facts", "lists", "expected"), [pytest.param(*row, id=name) for name, row in CHILDBEARING.items()]
)
def test_childbearing(sex: Any, facts: tuple[Fact, ...], lists: Any, expected: Any) -> None:
    finding = judge(Person(childbearing=True), *facts, sex=sex, complete=lists, birth="1940-01-01")
    assert finding.truth is expected, finding.why
    mirrored = {T: F, F: T, U: U}[expected]
    assert judge(Person(childbearing=False), *facts, sex=sex, complete=lists, birth="1940-01-01").truth is mirrored


def said(kind: str, holds: bool, start: str | None = "2026-02-12", **rest: Any) -> Statement:
    return Statement(kind=kind, holds=holds, start=day(start), **rest)


LIFE = Attest(kind="life_expectancy", text="life expectancy of at least 3 months", at_least=length("3 months"))
CONSENT = Attest(kind="consent", text="signed informed consent")
FIT = Attest(kind="judgement", text="resectable per MDT")
ATTESTED: dict[str, tuple[Attest, tuple[Fact, ...], Any]] = {
    "nothing": (CONSENT, (), P),
    "given": (CONSENT, (said("consent", True),), T),
    "declined": (CONSENT, (said("consent", False),), F),
    "latest": (CONSENT, (said("consent", False, "2026-01-01"), said("consent", True)), T),
    "contradiction": (CONSENT, (said("consent", False), said("consent", True)), P),
    "future": (CONSENT, (said("consent", True, "2026-04-01"),), P),
    "another-kind": (CONSENT, (said("compliance", True),), P),
    "judgement-on-it": (FIT, (said("judgement", True, words="Resectable per MDT"),), T),
    "judgement-on-something-else": (FIT, (said("judgement", True, words="fit for anaesthesia"),), P),
    "life-longer": (LIFE, (said("life_expectancy", True, at_least_months=Decimal(12)),), T),
    "life-exactly": (LIFE, (said("life_expectancy", True, at_least_months=Decimal(3)),), T),
    "life-at-least-less": (LIFE, (said("life_expectancy", True, at_least_months=Decimal(2)),), P),
    "life-not-that-long": (LIFE, (said("life_expectancy", False, at_least_months=Decimal(3)),), F),
    "life-not-much-longer": (LIFE, (said("life_expectancy", False, at_least_months=Decimal(6)),), P),
    "life-without-a-number": (LIFE, (said("life_expectancy", True),), P),
    "life-in-weeks": (
        Attest(kind="life_expectancy", text="", at_least=length("12 weeks")),
        (said("life_expectancy", True, at_least_months=Decimal(3)),),
        T,
    ),
}


@pytest.mark.parametrize(("node", "facts", "expected"), [pytest.param(*row, id=name) for name, row in ATTESTED.items()])
def test_attest(node: Attest, facts: tuple[Fact, ...], expected: Any) -> None:
    finding = judge(node, *facts)
    assert finding.truth is expected, finding.why
    assert bool(finding.missing) == (expected is P)
