"""Partial dates stay honest, and durations follow the calendar."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.codes.dates import DateError, Duration, PartialDate, TimeUnit, completed_years

READ = [
    ("2026", PartialDate(2026)),
    ("2026-02", PartialDate(2026, 2)),
    ("2026-2", PartialDate(2026, 2)),
    ("2026-02-03", PartialDate(2026, 2, 3)),
    (" 2026-02-03T10:15:00Z ", PartialDate(2026, 2, 3)),
    ("2026-02-03T10:15:00+08:00", PartialDate(2026, 2, 3)),
    ("February 3, 2026", PartialDate(2026, 2, 3)),
    ("february 2026", PartialDate(2026, 2)),
    ("3 Feb 2026", PartialDate(2026, 2, 3)),
    ("May 2026", PartialDate(2026, 5)),
]


@pytest.mark.parametrize(("text", "expected"), READ, ids=[text.strip() for text, _ in READ])
def test_reads(text: str, expected: PartialDate) -> None:
    assert PartialDate.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13", "2026-02-30", "30 Feb 2026", "Febtober 2026", "02/03/2026", "20260203"]
)
def test_refuses_what_is_no_date(text: str) -> None:
    with pytest.raises(DateError):
        PartialDate.parse(text)


def test_a_day_needs_a_month() -> None:
    with pytest.raises(DateError, match="needs a month"):
        PartialDate(2026, None, 3)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("2019", "2020", True),
        ("2020", "2019", False),
        ("2019", "2019-06", None),
        ("2019-06", "2019", None),
        ("2019-06-01", "2019-06-02", True),
        ("2019-06-02", "2019-06-02", False),
        ("2019-06-30", "2019-06", False),
        ("2019-06-29", "2019-06", None),
        ("2019-05-31", "2019-06", True),
    ],
)
def test_before_is_settled_only_when_every_reading_agrees(one: str, other: str, expected: bool | None) -> None:
    assert PartialDate.parse(one).before(PartialDate.parse(other)) is expected


@given(st.dates(), st.dates())
def test_before_agrees_with_exact_days(one: date, other: date) -> None:
    assert PartialDate.of(one).before(PartialDate.of(other)) is (one < other)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_prints_what_it_reads(day: date) -> None:
    for partial in (PartialDate.of(day), PartialDate(day.year, day.month), PartialDate(day.year)):
        assert PartialDate.parse(str(partial)) == partial
        assert partial.earliest <= day <= partial.latest


@pytest.mark.parametrize(
    ("length", "start", "after", "before"),
    [
        (("1", "month"), "2026-01-31", "2026-02-28", "2025-12-31"),
        (("1", "month"), "2024-01-31", "2024-02-29", "2023-12-31"),
        (("6", "month"), "2025-09-02", "2026-03-02", "2025-03-02"),
        (("1", "year"), "2024-02-29", "2025-02-28", "2023-02-28"),
        (("2", "week"), "2026-03-02", "2026-03-16", "2026-02-16"),
        (("14", "day"), "2026-03-02", "2026-03-16", "2026-02-16"),
        (("72", "hour"), "2026-03-02", "2026-03-05", "2026-02-27"),
        (("1.5", "year"), "2026-01-15", "2027-07-15", "2024-07-15"),
        (("0.5", "month"), "2026-01-01", "2026-01-16", "2025-12-17"),
        (("9999", "year"), "2026-01-01", "9999-12-31", "0001-01-01"),
    ],
)
def test_durations_on_the_calendar(length: tuple[str, TimeUnit], start: str, after: str, before: str) -> None:
    duration, day = Duration(Decimal(length[0]), length[1]), date.fromisoformat(start)
    assert duration.after(day) == date.fromisoformat(after)
    assert duration.before(day) == date.fromisoformat(before)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)), st.integers(0, 5000))
def test_days_are_plain_arithmetic(day: date, days: int) -> None:
    assert Duration(Decimal(days), "day").after(day) == day + timedelta(days=days)


@pytest.mark.parametrize(("value", "unit"), [("-1", "day"), ("1", "fortnight")])
def test_no_such_duration(value: str, unit: TimeUnit) -> None:
    with pytest.raises(ValueError, match="no such duration"):
        Duration(Decimal(value), unit)


def test_durations_print() -> None:
    assert [str(Duration(Decimal(value), "week")) for value in ("1", "4", "2.50")] == ["1 week", "4 weeks", "2.5 weeks"]


def naive_age(birth: date, day: date) -> int:
    """Counts the birthdays one by one; that of 29 February falls on 1 March in common years."""
    years = 0
    while True:
        try:
            birthday = birth.replace(year=birth.year + years + 1)
        except ValueError:
            birthday = date(birth.year + years + 1, 3, 1)
        if birthday > day:
            return years
        years += 1


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(0, 40_000))
def test_age_counts_birthdays(birth: date, days: int) -> None:
    day = birth + timedelta(days=days)
    assert completed_years(birth, day) == naive_age(birth, day)


def test_the_birthday_itself_completes_the_year() -> None:
    assert completed_years(date(1955, 3, 2), date(2026, 3, 2)) == 71
    assert completed_years(date(1955, 3, 3), date(2026, 3, 2)) == 70
