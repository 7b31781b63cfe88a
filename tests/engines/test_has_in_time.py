"""`Has` in time and in number: windows, the day that ends them, and counts."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.criteria.nodes import Has, Times, Window
from trialwright.patients.facts import Fact

from .charts import (
    ALL_LISTS,
    INDEX,
    F,
    T,
    U,
    check,
    has,
    judge,
    length,
    no,
    not_within,
    on,
    within,
)

Row = tuple[Has, tuple[Fact, ...], Any, Any]
SINCE_RECURRENCE = Window(side="after", anchor="recurrence")
DURING_TRIAL = Window(side="during", anchor="trial")
FOUR_WEEKS = within("28 days")
TO_COME = within("4 weeks", side="after")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(27, T, id="n-1"),
        pytest.param(28, T, id="n"),
        pytest.param(29, F, id="n+1"),
        pytest.param(0, T, id="today"),
    ],
)
def test_within_n_days_includes_day_n(days: int, expected: Any) -> None:
    fact = on("surgery", str(INDEX - timedelta(days=days)))
    check(has("surgery", when=FOUR_WEEKS), (fact,), ALL_LISTS, expected)


WINDOWS: dict[str, Row] = {
    "strict-on-the-day": (
        has("surgery", when=within("28 days", strict=True)),
        (on("surgery", "2026-02-02"),),
        ALL_LISTS,
        F,
    ),
    "strict-one-less": (has("surgery", when=within("28 days", strict=True)), (on("surgery", "2026-02-03"),), (), T),
    "months-same-day": (has("surgery", when=within("6 months")), (on("surgery", "2025-09-02"),), (), T),
    "months-one-day-more": (has("surgery", when=within("6 months")), (on("surgery", "2025-09-01"),), ALL_LISTS, F),
    "at-least-same-day": (has("surgery", when=not_within("6 months")), (on("surgery", "2025-09-02"),), (), T),
    "at-least-one-day-less": (
        has("surgery", when=not_within("6 months")),
        (on("surgery", "2025-09-03"),),
        ALL_LISTS,
        F,
    ),
    "at-least-strict": (
        has("surgery", when=not_within("6 months", strict=True)),
        (on("surgery", "2025-09-02"),),
        ALL_LISTS,
        F,
    ),
    "outside-and-silent": (has("surgery", when=FOUR_WEEKS), (on("surgery", "2020"),), (), U),
    "month-inside": (has("surgery", when=within("60 days")), (on("surgery", "2026-01"),), (), T),
    "month-across-the-bound": (has("surgery", when=within("40 days")), (on("surgery", "2026-01"),), ALL_LISTS, U),
    "month-outside": (has("surgery", when=FOUR_WEEKS), (on("surgery", "2026-01"),), ALL_LISTS, F),
    "no-date": (has("surgery", when=FOUR_WEEKS), (on("surgery"),), ALL_LISTS, U),
    "drug-ended-inside": (has("cisplatin", when=FOUR_WEEKS), (on("cisplatin", "2020", "2026-02-10"),), (), T),
    "drug-ended-before": (has("cisplatin", when=FOUR_WEEKS), (on("cisplatin", "2020", "2026-01-10"),), ALL_LISTS, F),
    "drug-ongoing": (has("cisplatin", when=FOUR_WEEKS), (on("cisplatin", "2020", ongoing=True),), (), T),
    "drug-maybe-ongoing": (has("cisplatin", when=FOUR_WEEKS), (on("cisplatin", "2020"),), ALL_LISTS, U),
    "drug-ended-some-day": (has("cisplatin", when=FOUR_WEEKS), (on("cisplatin", "2020", ongoing=False),), ALL_LISTS, U),
    "start-edge": (
        has("cisplatin", when=within("28 days", edge="start")),
        (on("cisplatin", "2020", ongoing=True),),
        ALL_LISTS,
        F,
    ),
    "end-edge": (has("cisplatin", when=within("28 days", edge="end")), (on("cisplatin", "2020", "2026-02-10"),), (), T),
    "condition-that-resolved-counts": (
        has("hypertension", when=within("6 months")),
        (on("hypertension", "2025", "2025-12-01"),),
        (),
        T,
    ),
    "end-before-start": (
        has("cisplatin", when=FOUR_WEEKS),
        (on("cisplatin", "2026-02-10", "2026-01-10"),),
        ALL_LISTS,
        U,
    ),
    "refuted-inside": (has("pregnancy", when=within("14 days")), (no("pregnancy", "2026-02-16"),), (), F),
    "refuted-too-old": (has("pregnancy", when=within("14 days")), (no("pregnancy", "2026-02-10"),), (), U),
    "refuted-after-a-positive": (
        has("pregnancy", when=within("30 days")),
        (on("pregnancy", "2026-02-10"), no("pregnancy", "2026-02-20")),
        (),
        F,
    ),
    "for-3-days": (
        has("cisplatin", when=within("14 days", lasting=length("3 days"))),
        (on("cisplatin", "2026-02-20", "2026-02-22"),),
        (),
        T,
    ),
    "for-2-days-asked-3": (
        has("cisplatin", when=within("14 days", lasting=length("3 days"))),
        (on("cisplatin", "2026-02-20", "2026-02-21"),),
        ALL_LISTS,
        F,
    ),
    "for-3-months-ongoing": (
        has("cisplatin", when=Window(lasting=length("3 months"))),
        (on("cisplatin", "2025-12-01", ongoing=True),),
        (),
        T,
    ),
    "for-3-months-too-new": (
        has("cisplatin", when=Window(lasting=length("3 months"))),
        (on("cisplatin", "2025-12-04", ongoing=True),),
        ALL_LISTS,
        F,
    ),
    "during-the-trial-planned": (
        has("live-vaccine", when=DURING_TRIAL),
        (on("yellow-fever-vaccine", planned=True),),
        (),
        T,
    ),
    "during-the-trial-denied": (
        has("live-vaccine", when=DURING_TRIAL),
        (no("live-vaccine", planned=True),),
        (),
        F,
    ),
    "during-the-trial-silent": (has("live-vaccine", when=DURING_TRIAL), (), ALL_LISTS, U),
    "during-the-trial-past": (
        has("live-vaccine", when=DURING_TRIAL),
        (on("live-vaccine", "2026-02"),),
        ALL_LISTS,
        U,
    ),
    "within-weeks-to-come": (
        has("surgery", "planned", when=TO_COME),
        (on("surgery", "2026-03-20", planned=True),),
        (),
        T,
    ),
    "after-the-weeks-to-come": (
        has("surgery", "planned", when=TO_COME),
        (on("surgery", "2026-04-20", planned=True),),
        (),
        U,
    ),
    "at-screening": (
        has("hypertension", when=Window(side="during", anchor="screening")),
        (on("hypertension", "2019", "2020"),),
        ALL_LISTS,
        F,
    ),
    "after-recurrence": (
        has("cisplatin", when=SINCE_RECURRENCE),
        (on("recurrence", "2025-08-20"), on("cisplatin", "2025-09-10")),
        (),
        T,
    ),
    "before-recurrence": (
        has("cisplatin", when=SINCE_RECURRENCE),
        (on("recurrence", "2025-08-20"), on("cisplatin", "2020-09-10", "2020-10-10")),
        ALL_LISTS,
        F,
    ),
    "after-recurrence-not-recorded": (
        has("cisplatin", when=SINCE_RECURRENCE),
        (on("cisplatin", "2025-09-10"),),
        ALL_LISTS,
        U,
    ),
    "after-recurrence-nothing": (
        has("cisplatin", when=SINCE_RECURRENCE),
        (on("recurrence", "2025-08-20"),),
        ALL_LISTS,
        F,
    ),
    "said-to-be-for-the-recurrence": (
        has("cisplatin", when=SINCE_RECURRENCE),
        (on("cisplatin", for_recurrence=True),),
        (),
        T,
    ),
    "during-radiotherapy": (
        has("neuropathy", when=Window(side="during", anchor="radiotherapy")),
        (on("radiotherapy", "2021-11-08", "2021-12-27"), on("neuropathy", "2021-12-20", "2022-02")),
        (),
        T,
    ),
    "before-a-surgery-that-has-no-day": (
        has("cisplatin", when=within("28 days", anchor="surgery")),
        (on("surgery", "2010"), on("cisplatin", "2026-02", "2026-02")),
        ALL_LISTS,
        U,
    ),
    "before-the-planned-surgery": (
        has("cisplatin", when=within("28 days", anchor="surgery")),
        (on("surgery", "2026-03-20", planned=True), on("cisplatin", "2026-02-25", "2026-02-25")),
        (),
        T,
    ),
    "after-the-last-surgery": (
        has("cisplatin", when=within("28 days", side="after", anchor="surgery")),
        (on("surgery", "2026-01-05"), on("cisplatin", "2026-02-02", "2026-02-02")),
        (),
        T,
    ),
}


@pytest.mark.parametrize(
    ("node", "facts", "lists", "expected"), [pytest.param(*row, id=name) for name, row in WINDOWS.items()]
)
def test_has_within_a_window(node: Has, facts: tuple[Fact, ...], lists: Any, expected: Any) -> None:
    check(node, facts, lists, expected)


@given(st.dates(date(2019, 1, 1), INDEX), st.integers(0, 900), st.booleans())
def test_windows_in_days_are_what_counting_days_gives(start: date, days: int, strict: bool) -> None:
    """Second programming: the distance in days, compared."""
    distance = (INDEX - start).days
    expected = distance < days if strict else distance <= days
    if strict and days == 0:
        expected = False
    finding = judge(
        has("surgery", when=within(f"{days} days", strict=strict)), on("surgery", str(start)), complete=ALL_LISTS
    )
    assert finding.truth is (T if expected else F), finding.why


@given(st.dates(date(2019, 1, 1), INDEX), st.integers(1, 400), st.sampled_from(["day", "month"]))
def test_the_day_that_ends_a_washout_is_the_first_on_which_the_answer_differs(
    start: date, number: int, unit: str
) -> None:
    node, fact = has("surgery", when=within(f"{number} {unit}")), on("surgery", str(start))
    finding = judge(node, fact, complete=ALL_LISTS)
    if finding.truth is F:
        assert finding.until is None
        return
    assert finding.until is not None
    assert judge(node, fact, complete=ALL_LISTS, index=finding.until).truth is F
    for back in range(1, min(6, (finding.until - INDEX).days)):
        assert judge(node, fact, complete=ALL_LISTS, index=finding.until - timedelta(days=back)).truth is T


def test_until_waits_for_the_last_of_several() -> None:
    node = has("surgery", when=FOUR_WEEKS)
    facts = (on("surgery", "2026-02-10"), on("surgery", "2026-02-20"))
    assert judge(node, *facts).until == date(2026, 3, 21)
    assert judge(node, *facts, on("surgery", "2026-02-15", "2026-03")).until is None
    waiting = judge(has("surgery", when=not_within("28 days")), *facts, complete=ALL_LISTS)
    assert (waiting.truth, waiting.until) == (F, date(2026, 3, 10))


_LINES = (
    on("cisplatin", "2020", "2020", line=1, source="a"),
    on("gemcitabine", "2020", "2020", line=1, source="b"),
    on("cisplatin", "2022", "2022", line=2, source="c"),
)
COUNTS: dict[str, Row] = {
    "two-lines-at-most-two": (has("chemotherapy", times=Times(op="<=", count=2)), _LINES, ALL_LISTS, T),
    "two-lines-at-most-two-silent": (has("chemotherapy", times=Times(op="<=", count=2)), _LINES, (), U),
    "two-lines-at-most-one": (has("chemotherapy", times=Times(op="<=", count=1)), _LINES, (), F),
    "two-lines-at-least-two": (has("chemotherapy", times=Times(op=">=", count=2)), _LINES, (), T),
    "loose-drugs-may-be-one-regimen": (
        has("chemotherapy", times=Times(op=">=", count=2)),
        (on("cisplatin", "2020"), on("gemcitabine", "2020")),
        ALL_LISTS,
        U,
    ),
    "none-complete": (has("chemotherapy", times=Times(op="<=", count=2)), (), ALL_LISTS, T),
    "none-silent": (has("chemotherapy", times=Times(op="<=", count=2)), (), (), U),
    "none-said": (has("chemotherapy", times=Times(op="<=", count=2)), (no("chemotherapy"),), (), T),
    "episodes": (has("surgery", times=Times(op=">=", count=2)), (on("surgery", "2020"), on("surgery", "2021")), (), T),
    "rows-of-one-source-are-one": (
        has("surgery", times=Times(op=">=", count=2)),
        (on("surgery", "2020", source="s"), on("surgery", "2020", source="s", site="liver")),
        ALL_LISTS,
        F,
    ),
}


@pytest.mark.parametrize(
    ("node", "facts", "lists", "expected"), [pytest.param(*row, id=name) for name, row in COUNTS.items()]
)
def test_has_so_many_times(node: Has, facts: tuple[Fact, ...], lists: Any, expected: Any) -> None:
    check(node, facts, lists, expected)
