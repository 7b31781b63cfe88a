"""`Interval`: time between two events, and since one."""

import calendar
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.criteria.nodes import Event, Interval
from trialwright.patients.facts import Fact

from .charts import ALL_LISTS, INDEX, F, T, U, judge, length, no, on, thing


def end_of(name: str, which: Any = "last") -> Event:
    return Event(concept=thing(name), edge="end", which=which)


def start_of(name: str, which: Any = "first") -> Event:
    return Event(concept=thing(name), which=which)


def span(start: Event, end: Event | None, op: Any, duration: str) -> Interval:
    return Interval(start=start, end=end, op=op, duration=length(duration))


SIX = span(end_of("radiotherapy"), start_of("recurrence"), ">=", "6 months")
SINCE = span(end_of("chemotherapy"), None, ">=", "4 weeks")


def course(end: str, start: str | None = None) -> Fact:
    return on("radiotherapy", start, end)


TABLE: dict[str, tuple[Interval, tuple[Fact, ...], Any, Any]] = {
    "same-day-of-the-month": (SIX, (course("2025-07-30"), on("recurrence", "2026-01-30")), (), T),
    "one-day-less": (SIX, (course("2025-07-30"), on("recurrence", "2026-01-29")), (), F),
    "more-than-on-the-same-day": (
        span(end_of("radiotherapy"), start_of("recurrence"), ">", "6 months"),
        (course("2025-07-30"), on("recurrence", "2026-01-30")),
        (),
        F,
    ),
    "year-only-settled": (SIX, (course("2019"), on("recurrence", "2025-12-10")), (), T),
    "year-only-open": (SIX, (course("2025"), on("recurrence", "2025-12-10")), (), U),
    "first-recurrence": (
        SIX,
        (course("2025-01-01"), on("recurrence", "2025-03-01"), on("recurrence", "2026-01-01")),
        (),
        F,
    ),
    "last-radiotherapy": (
        SIX,
        (course("2020-01-01"), course("2025-12-01"), on("recurrence", "2026-01-01")),
        (),
        F,
    ),
    "a-part-of-it-counts": (
        SIX,
        (course("2020-01-01"), on("brachytherapy", "2025-12-01"), on("recurrence", "2026-01-01")),
        (),
        F,
    ),
    "wrong-order": (SIX, (course("2025-12-01"), on("recurrence", "2020-01-01")), (), U),
    "wrong-order-short": (
        span(end_of("radiotherapy"), start_of("recurrence"), "<=", "6 months"),
        (course("2025-12-01"), on("recurrence", "2020-01-01")),
        (),
        U,
    ),
    "no-start": (SIX, (on("recurrence", "2025-12-10"),), ALL_LISTS, U),
    "no-end": (SIX, (course("2019"),), ALL_LISTS, U),
    "no-date": (SIX, (on("radiotherapy"), on("recurrence", "2025-12-10")), (), U),
    "suspected": (SIX, (course("2019"), on("recurrence", "2025-12-10", certainty="suspected")), (), U),
    "future": (SIX, (course("2019"), on("recurrence", "2026-12-10")), (), U),
    "since-exactly": (SINCE, (on("cisplatin", "2025-12-01", "2026-02-02"),), (), T),
    "since-one-day-less": (SINCE, (on("cisplatin", "2025-12-01", "2026-02-03"),), (), F),
    "since-ongoing": (SINCE, (on("cisplatin", "2025-12-01", ongoing=True),), (), F),
    "since-maybe-ongoing": (SINCE, (on("cisplatin", "2025-12-01"),), (), U),
    "since-never-silent": (SINCE, (), (), U),
    "since-never-complete": (SINCE, (), ALL_LISTS, T),
    "since-never-said": (SINCE, (no("chemotherapy"),), (), T),
    "no-longer-than-since-never": (span(end_of("chemotherapy"), None, "<=", "4 weeks"), (), ALL_LISTS, F),
    "no-longer-than": (span(start_of("surgery"), None, "<=", "12 weeks"), (on("surgery", "2026-01-10"),), (), T),
    "open-concepts-never-never": (span(start_of("recurrence"), None, ">=", "4 weeks"), (), ALL_LISTS, U),
    "wider-on-record": (span(end_of("brachytherapy"), None, ">=", "4 weeks"), (course("2019"),), ALL_LISTS, U),
}


@pytest.mark.parametrize(
    ("node", "facts", "lists", "expected"), [pytest.param(*row, id=name) for name, row in TABLE.items()]
)
def test_interval(node: Interval, facts: tuple[Fact, ...], lists: Any, expected: Any) -> None:
    finding = judge(node, *facts, complete=lists)
    assert finding.truth is expected, finding.why
    assert bool(finding.missing) == (expected is U)


def _naive_months_reached(start: date, months: int, end: date) -> bool:
    """Second programming: count whole months by hand; a month that lacks the day is full on its last day."""
    whole = (end.year - start.year) * 12 + end.month - start.month
    last = calendar.monthrange(end.year, end.month)[1]
    if end.day < min(start.day, last):
        whole -= 1
    return whole >= months


@given(st.dates(date(2015, 1, 1), date(2026, 1, 1)), st.integers(0, 3000), st.integers(0, 60))
def test_months_on_the_calendar(start: date, days: int, months: int) -> None:
    end = start + timedelta(days=days)
    if end > INDEX:
        return
    node = span(start_of("surgery"), start_of("recurrence"), ">=", f"{months} months")
    finding = judge(node, on("surgery", str(start)), on("recurrence", str(end)))
    assert finding.truth is (T if _naive_months_reached(start, months, end) else F), finding.why


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("2025-08-31", "2026-02-27", F, id="clamped-one-day-less"),
        pytest.param("2025-08-31", "2026-02-28", T, id="clamped-to-the-last-day"),
        pytest.param("2023-08-31", "2024-02-28", F, id="leap-year-one-day-less"),
        pytest.param("2023-08-31", "2024-02-29", T, id="leap-year"),
    ],
)
def test_ends_of_months(start: str, end: str, expected: Any) -> None:
    assert judge(SIX, course(start), on("recurrence", end)).truth is expected


def test_the_day_a_time_is_up() -> None:
    finding = judge(SINCE, on("cisplatin", "2025-12-01", "2026-02-20"))
    assert (finding.truth, finding.until) == (F, date(2026, 3, 20))
    assert judge(SINCE, on("cisplatin", "2025-12-01", "2026-02-20"), index=date(2026, 3, 19)).truth is F
    assert judge(SINCE, on("cisplatin", "2025-12-01", "2026-02-20"), index=date(2026, 3, 20)).truth is T


@given(st.integers(2015, 2025), st.integers(1, 12), st.integers(1, 120))
def test_a_month_answers_as_all_its_days_do(year: int, month: int, months: int) -> None:
    node = span(end_of("chemotherapy"), None, ">=", f"{months} months")
    days = [date(year, month, number + 1) for number in range(calendar.monthrange(year, month)[1])]
    answers = {judge(node, on("cisplatin", "2000", str(one))).truth for one in days}
    found = judge(node, on("cisplatin", "2000", f"{year}-{month:02d}")).truth
    assert found is (answers.pop() if len(answers) == 1 else U)
