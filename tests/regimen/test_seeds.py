"""Seeds 004 and 002: what is given, and every date against a table made by hand and against a second, naive computation."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.codes.dates import PartialDate
from trialwright.regimen.assessments import compile_assessments, quoted_texts
from trialwright.regimen.calendar import Calendar, Plan, Terms, plan
from trialwright.regimen.compiler import compile_regimens
from trialwright.regimen.nodes import Choice, Give, Operate, Radiate
from trialwright.trial import Trial

START = date(2026, 1, 5)
# By hand, with a wall calendar: cycle -> days 1 and 8.
CYCLES = {
    1: ("2026-01-05", "2026-01-12"), 2: ("2026-01-26", "2026-02-02"), 3: ("2026-02-16", "2026-02-23"),
    4: ("2026-03-09", "2026-03-16"), 5: ("2026-03-30", "2026-04-06"), 6: ("2026-04-20", "2026-04-27"),
}  # fmt: skip
# By hand: reading -> surgery, first and last dose of maintenance, each from its earliest to its latest day.
AFTER = {
    "cycle-start": {
        "surgery": ("2026-05-18", "2026-06-01"),
        "C7 D1": ("2026-06-15", "2026-07-13"),
        "C12 D1": ("2026-09-28", "2026-10-26"),
        "C17 D1": ("2027-01-11", "2027-02-08"),
    },
    "cycle-end": {
        "surgery": ("2026-06-08", "2026-06-22"),
        "C7 D1": ("2026-07-06", "2026-08-03"),
        "C12 D1": ("2026-10-19", "2026-11-16"),
        "C17 D1": ("2027-02-01", "2027-03-01"),
    },
}
# By hand, from surgery between 2026-05-18 and 2026-06-01: months after it -> scans.
FOLLOW_UP = {
    3: ("2026-08-18", "2026-09-01"), 6: ("2026-11-18", "2026-12-01"), 9: ("2027-02-18", "2027-03-01"),
    12: ("2027-05-18", "2027-06-01"), 16: ("2027-09-18", "2027-10-01"), 20: ("2028-01-18", "2028-02-01"),
    24: ("2028-05-18", "2028-06-01"), 30: ("2028-11-18", "2028-12-01"), 36: ("2029-05-18", "2029-06-01"),
    42: ("2029-11-18", "2029-12-01"), 48: ("2030-05-18", "2030-06-01"), 60: ("2031-05-18", "2031-06-01"),
}  # fmt: skip


def planned(trial: Trial, start: date = START, arm: int = 0, **terms: object) -> Plan:
    assessments = compile_assessments(trial)
    status = trial.protocol.status
    ends = status.completion_date_struct.day if status and status.completion_date_struct else None
    return plan(
        compile_regimens(trial)[arm],
        assessments,
        Terms(start=start, completion=ends or PartialDate(2028, 6, 30), **terms),  # type: ignore[arg-type]
        quoted_texts(trial, assessments),
    )


def days(calendar: Calendar, name: str, kind: str = "give") -> dict[str, tuple[date, date]]:
    """Label -> window, of the visits at which something of this name happens."""
    return {
        visit.label.split(" · ")[0]: (visit.earliest, visit.latest)
        for visit in calendar.visits
        if any(one.kind == kind and name.lower() in one.name.lower() for one in visit.activities)
    }


def as_dates(table: Iterable[tuple[str, str]]) -> list[tuple[date, date]]:
    return [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in table]


def test_seed_004_is_read_in_full(seed_trials: dict[str, Trial]) -> None:
    (regimen,) = compile_regimens(seed_trials["004"])
    before, operation, after = regimen.phases
    pembrolizumab, gemcitabine, platinum = before.parts
    assert isinstance(platinum, Choice)
    assert platinum.names == ("cisplatin", "carboplatin")
    assert [str(step.amount.value) for step in before.steps() if isinstance(step, Give) and step.amount] == [
        "200 mg", "1000–1250 mg/m2", "80–100 mg/m2", "AUC 5",
    ]  # fmt: skip
    assert isinstance(gemcitabine, Give)
    assert gemcitabine.days is not None
    assert gemcitabine.days.value == (1, 8)
    assert [str(step.every.value) for step in before.steps() if isinstance(step, Give) and step.every] == [
        "3 weeks"
    ] * 4
    assert {step.cycles.value.high for step in before.steps() if isinstance(step, Give) and step.cycles} == {6}
    assert isinstance(operation.parts[0], Operate)
    assert operation.start is not None
    assert (str(operation.start.value.low), str(operation.start.value.high)) == ("4 weeks", "6 weeks")
    (maintenance,) = after.parts
    assert isinstance(maintenance, Give)
    assert (
        maintenance.cycles and maintenance.cycles.value.high,
        maintenance.total and maintenance.total.value.high,
    ) == (11, 17)
    assert isinstance(pembrolizumab, Give)
    assert pembrolizumab.route is None  # not stated: a remark, never a default
    codes = {remark.code for remark in regimen.diagnostics}
    assert codes >= {"regimen-contradiction", "regimen-choice", "regimen-gap", "regimen-ambiguous"}


def test_every_quote_of_the_seeds_is_in_the_text_it_names(seed_trials: dict[str, Trial]) -> None:
    quotes = 0
    for number in ("002", "004"):
        for regimen in compile_regimens(seed_trials[number]):
            for step in regimen.steps():
                if isinstance(step, Give) and step.amount is not None:
                    words = regimen.words(step.amount.quote)
                    assert any(f"{value:f}" in words for value in step.amount.value.values), words
                    quotes += 1
    assert quotes == 11


def test_seed_004_dates_are_those_of_the_hand_made_table(seed_trials: dict[str, Trial]) -> None:
    made = planned(seed_trials["004"])
    assert [calendar.reading for calendar in made.calendars] == ["cycle-start", "cycle-end"]
    for calendar in made.calendars:
        both = [day for pair in CYCLES.values() for day in pair]
        assert list(days(calendar, "gemcitabine").values()) == as_dates(zip(both, both, strict=True))
        firsts = [first for first, _ in CYCLES.values()]
        for drug in ("cisplatin", "carboplatin"):
            assert list(days(calendar, drug).values()) == as_dates(zip(firsts, firsts, strict=True))
        doses = days(calendar, "pembrolizumab")
        assert list(doses)[:6] == [f"C{number} D1" for number in CYCLES]
        assert list(doses)[-1] == "C17 D1"
        assert len(doses) == 17
        table = AFTER[calendar.reading or ""]
        found = doses | days(calendar, "surgery", "operate")
        assert {name: found[name] for name in table} == dict(zip(table, as_dates(table.values()), strict=True))


def test_seed_004_imaging_and_follow_up(seed_trials: dict[str, Trial]) -> None:
    calendar = planned(seed_trials["004"], choices=("cycle-start",)).calendars[0]
    scans = [visit for visit in calendar.visits if any(one.kind == "assess" for one in visit.activities)]
    before = {visit.label.split(" · ")[-1] for visit in scans if "after surgery" not in visit.label}
    assert before == {"baseline", "after C3", "after C6", "before surgery"}
    found = {visit.label: (visit.earliest, visit.latest) for visit in scans if "after surgery" in visit.label}
    assert found == {
        f"{months} months after surgery": window
        for months, window in zip(FOLLOW_UP, as_dates(FOLLOW_UP.values()), strict=True)
    }
    late = {visit.label for visit in scans if "after-completion" in visit.flags}
    assert late == {f"{months} months after surgery" for months in (30, 36, 42, 48, 60)}
    assert {"plan-past-end", "plan-cap-conflict"} <= {remark.code for remark in calendar.diagnostics}


def naive_seed_004(start: date, *, from_end: bool) -> list[tuple[str, int, int]]:
    """The same doses counted in days on the fingers, without anything of the calendar module."""
    found = [("gemcitabine", 21 * cycle + day, 21 * cycle + day) for cycle in range(6) for day in (0, 7)]
    found += [("pembrolizumab", 21 * cycle, 21 * cycle) for cycle in range(6)]
    anchor = 21 * 5 + (21 if from_end else 0)
    low, high = anchor + 28, anchor + 42
    found.append(("radical surgery", low, high))
    for cycle in range(11):
        found.append(("pembrolizumab", low + 28 + 21 * cycle, high + 42 + 21 * cycle))
    assert start + timedelta(days=max(last for _, _, last in found)) < date(9000, 1, 1)
    return sorted(found)


@settings(max_examples=25)
@given(start=st.dates(date(1999, 1, 1), date(2100, 12, 31)), from_end=st.booleans())
def test_seed_004_agrees_with_the_naive_computation(
    seed_trials: dict[str, Trial], start: date, *, from_end: bool
) -> None:
    reading = "cycle-end" if from_end else "cycle-start"
    (calendar,) = planned(seed_trials["004"], start, choices=(reading,)).calendars
    found = [
        (one.name.lower(), calendar.offset(visit.earliest), calendar.offset(visit.latest))
        for visit in calendar.visits
        for one in visit.activities
        if one.name.lower() in ("gemcitabine", "pembrolizumab", "radical surgery")
    ]
    assert sorted(found) == naive_seed_004(start, from_end=from_end)


@pytest.mark.parametrize("arm", [0, 1], ids=["selective", "immediate"])
def test_seed_002_has_one_of_three_drugs_for_two_years(seed_trials: dict[str, Trial], arm: int) -> None:
    regimen = compile_regimens(seed_trials["002"])[arm]
    (choice,) = [part for phase in regimen.phases for part in phase.parts if isinstance(part, Choice)]
    assert choice.names == ("Toripalimab", "Tislelizumab", "Camrelizumab")
    for (step,), milligrams in zip(choice.options, ("240 mg", "200 mg", "200 mg"), strict=True):
        assert isinstance(step, Give)
        assert step.amount is not None
        assert str(step.amount.value) == milligrams
        assert {stop.value.kind for stop in step.stops} >= {"progression", "toxicity", "withdrawal"}
        assert any(stop.value.criteria == "RECIST 1.1" for stop in step.stops)
    (calendar,) = planned(seed_trials["002"], date(2026, 2, 10), arm).calendars
    for drug in choice.names:
        offsets = [calendar.offset(first) for first, _ in days(calendar, drug).values()]
        assert offsets == list(range(0, 735, 21))  # 35 doses, the last on day 714
    assert [one.name.lower() for one in calendar.undated] == ["re-irradiation"]


def test_seed_002_arms_differ_in_when_radiation_comes(seed_trials: dict[str, Trial]) -> None:
    selective, immediate = compile_regimens(seed_trials["002"])
    (waiting,) = [phase for phase in selective.phases if phase.condition]
    assert waiting.condition is not None
    assert "nasopharynx or neck" in waiting.condition.value.words
    assert "until subsequent progression" in waiting.condition.value.continues
    assert all(phase.condition is None for phase in immediate.phases)
    for regimen in (selective, immediate):
        (radiation,) = [step for step in regimen.steps() if isinstance(step, Radiate)]
        assert radiation.total is None  # dose and fractions are not stated
        assert any("number of fractions" in remark.message for remark in regimen.diagnostics)


def test_what_an_event_brings_about_is_dated_by_what_happened(seed_trials: dict[str, Trial]) -> None:
    """Progression alone dates nothing: the text does not say how long after it re-irradiation begins."""
    progression = {"progression": date(2026, 9, 1)}
    (calendar,) = planned(seed_trials["002"], date(2026, 2, 10), actual=progression).calendars
    (waiting,) = calendar.undated
    assert "the text gives no window" in waiting.needs
    begun = progression | {"re-irradiation": date(2026, 9, 21)}
    (calendar,) = planned(seed_trials["002"], date(2026, 2, 10), actual=begun).calendars
    assert calendar.undated == ()
    assert list(days(calendar, "re-irradiation", "radiate").values()) == [(date(2026, 9, 21), date(2026, 9, 21))]


@pytest.mark.parametrize("number", ["000", "001", "003"])
def test_the_other_seeds_say_what_is_missing(seed_trials: dict[str, Trial], number: str) -> None:
    """None of them states a dose: nothing is filled in."""
    for regimen in compile_regimens(seed_trials[number]):
        assert all(step.amount is None for step in regimen.steps() if isinstance(step, Give))
        assert {"regimen-gap", "regimen-unread"} & {remark.code for remark in regimen.diagnostics}
