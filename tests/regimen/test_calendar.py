"""Dating: what a delay shifts, caps by count and by time, months that end early, windows, and what is refused."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from trialwright.codes.dates import PartialDate
from trialwright.regimen.assessments import compile_assessments, quoted_texts
from trialwright.regimen.calendar import Calendar, Plan, PlanError, Terms, plan
from trialwright.regimen.choices import ChoiceError
from trialwright.regimen.compiler import compile_regimens
from trialwright.trial import Trial

Made = Callable[..., Trial]
START = date(2026, 3, 2)
DRUG = "DRUG: Pembrolizumab"
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def planned(trial: Trial, start: date = START, **terms: object) -> Plan:
    assessments = compile_assessments(trial)
    return plan(
        compile_regimens(trial)[0],
        assessments,
        Terms(start=start, **terms),
        quoted_texts(trial, assessments),  # type: ignore[arg-type]
    )


def only(trial: Trial, start: date = START, **terms: object) -> Calendar:
    (calendar,) = planned(trial, start, **terms).calendars
    return calendar


def doses(calendar: Calendar) -> list[date]:
    return [visit.earliest for visit in calendar.visits if any(one.kind == "give" for one in visit.activities)]


def offsets(calendar: Calendar, kind: str = "give") -> list[tuple[int, int]]:
    return [
        (calendar.offset(visit.earliest), calendar.offset(visit.latest))
        for visit in calendar.visits
        if any(one.kind == kind for one in visit.activities)
    ]


# caps ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count", "last"),
    [
        ("Pembrolizumab 200 mg IV every 3 weeks for up to 35 doses", 35, 714),
        ("Pembrolizumab 200 mg IV every 3 weeks for up to 2 years", 35, 714),
        ("Pembrolizumab 200 mg IV on day 1 of each 21-day cycle for 35 cycles", 35, 714),
        ("Pembrolizumab 400 mg IV every 6 weeks for up to 2 years", 18, 714),
        ("Pembrolizumab 200 mg IV every 3 weeks for 1 year", 18, 357),
        ("Pembrolizumab 100 mg IV on days 1, 8 and 15 every 28 days for 2 cycles", 6, 42),
    ],
    ids=["by count", "by date", "cycles", "every 6 weeks", "a year", "three days a cycle"],
)
def test_caps_by_count_and_by_date(made: Made, text: str, count: int, last: int) -> None:
    calendar = only(made(text, DRUG))
    found = doses(calendar)
    assert (len(found), calendar.offset(found[-1])) == (count, last)


@drawn(start=DAYS, weeks=st.integers(1, 8), years=st.integers(1, 4))
@settings(max_examples=40)
def test_a_cap_by_time_is_never_overstepped(made: Made, start: date, weeks: int, years: int) -> None:
    found = doses(only(made(f"Pembrolizumab 200 mg IV every {weeks} weeks for up to {years} years", DRUG), start))
    end = (
        start.replace(year=start.year + years)
        if (start.month, start.day) != (2, 29)
        else date(start.year + years, 2, 28)
    )
    naive = [start + timedelta(weeks=weeks * number) for number in range(years * 53)]
    assert found == [day for day in naive if day < end]


def test_a_count_and_a_cap_that_contradict_are_both_named(made: Made) -> None:
    calendar = only(
        made("Pembrolizumab 200 mg IV every 3 weeks for 24 cycles, maximum treatment duration of 1 year", DRUG)
    )
    assert len(doses(calendar)) == 24
    (remark,) = [remark for remark in calendar.diagnostics if remark.code == "plan-cap-conflict"]
    assert "483" in remark.message
    assert remark.span is not None


def test_ten_thousand_cycles_are_not_drawn(made: Made) -> None:
    calendar = only(made("Pembrolizumab 200 mg IV every 3 weeks for 10000 cycles", DRUG))
    assert len(doses(calendar)) == 600
    (remark,) = [remark for remark in calendar.diagnostics if remark.code == "plan-too-long"]
    assert "10000" in remark.message
    assert remark.where.endswith("armGroups[0].description")


def test_contradictory_counts_in_arm_and_description_are_named_with_their_place(made: Made) -> None:
    trial = made(
        "Pembrolizumab 200 mg IV every 3 weeks for 4 cycles",
        {"type": "DRUG", "name": "Pembrolizumab", "description": "Pembrolizumab 200 mg IV every 3 weeks for 6 cycles"},
    )
    made_plan = planned(trial)
    (remark,) = [remark for remark in made_plan.regimen.diagnostics if remark.code == "regimen-contradiction"]
    assert "4 in one text and 6 here" in remark.message
    assert remark.where.endswith("interventions[0].description")
    assert remark.span is not None
    assert len(doses(made_plan.calendars[0])) == 4  # the arm's own text


# what really happened -----------------------------------------------------------------------------------------------------------


@drawn(start=DAYS, late=st.integers(2, 6), delay=st.integers(1, 40), cycles=st.integers(6, 12))
@settings(max_examples=60)
def test_a_delay_shifts_all_that_follow_by_as_much(
    made: Made, *, start: date, late: int, delay: int, cycles: int
) -> None:
    trial = made(f"Pembrolizumab 200 mg IV every 3 weeks for {cycles} cycles", DRUG)
    happened = {f"C{late}D1": start + timedelta(days=21 * (late - 1) + delay)}
    naive = [start + timedelta(days=21 * number + (delay if number >= late - 1 else 0)) for number in range(cycles)]
    assert doses(only(trial, start, actual=happened, delays="shift")) == naive


@drawn(start=DAYS, late=st.integers(2, 6), delay=st.integers(1, 20))
@settings(max_examples=30)
def test_kept_days_move_only_the_late_cycle(made: Made, start: date, late: int, delay: int) -> None:
    trial = made("Pembrolizumab 200 mg IV every 3 weeks for 6 cycles", DRUG)
    happened = {f"C{late}D1": start + timedelta(days=21 * (late - 1) + delay)}
    naive = [start + timedelta(days=21 * number + (delay if number == late - 1 else 0)) for number in range(6)]
    assert doses(only(trial, start, actual=happened, delays="keep")) == naive


def test_a_late_cycle_without_a_rule_is_refused(made: Made) -> None:
    trial = made("Pembrolizumab 200 mg IV every 3 weeks for 6 cycles", DRUG)
    with pytest.raises(PlanError, match=r"C3D1 was on 2026-04-20 and not on 2026-04-13; say whether"):
        planned(trial, actual={"C3D1": date(2026, 4, 20)})


def test_a_cycle_on_its_planned_day_needs_no_rule(made: Made) -> None:
    trial = made("Pembrolizumab 200 mg IV every 3 weeks for 3 cycles", DRUG)
    assert doses(only(trial, actual={"c2 d1": date(2026, 3, 23)})) == [
        date(2026, 3, 2),
        date(2026, 3, 23),
        date(2026, 4, 13),
    ]


def test_an_actual_date_of_nothing_in_the_plan_is_refused(made: Made) -> None:
    trial = made("Pembrolizumab 200 mg IV every 3 weeks for 3 cycles", DRUG)
    with pytest.raises(PlanError, match=r"the plan holds no 'C9D1'; did you mean"):
        planned(trial, actual={"C9D1": date(2026, 9, 1)}, delays="shift")


SURGERY = (
    "Pembrolizumab 200 mg every 3 weeks for 3 cycles. Radical surgery will be performed within 4 to 6 weeks of the 3rd cycle. "
    "Within 4 to 6 weeks of surgery, they continue pembrolizumab 200 mg every 3 weeks for 5 cycles."
)


def test_windows_add_up_and_a_real_day_closes_them(made: Made) -> None:
    trial = made(SURGERY, DRUG)
    open_plan = only(trial, choices=("cycle-start",))
    assert offsets(open_plan, "operate") == [(70, 84)]
    assert offsets(open_plan)[3] == (98, 126)
    real = only(trial, choices=("cycle-start",), actual={"surgery": START + timedelta(days=77)})
    assert offsets(real, "operate") == [(77, 77)]
    assert offsets(real)[3] == (105, 119)


def test_both_readings_are_offered_until_one_is_chosen(made: Made) -> None:
    both = planned(made(SURGERY, DRUG))
    assert [calendar.reading for calendar in both.calendars] == ["cycle-start", "cycle-end"]
    assert ("cycle-start", "cycle-end") in {choice.names for choice in both.open}
    late = offsets(both.calendars[1], "operate")
    assert late == [(91, 105)]


# choices ------------------------------------------------------------------------------------------------------------------------


def test_alternatives_stand_side_by_side_until_chosen(made: Made) -> None:
    trial = made(
        "Cisplatin 75 mg/m2 or carboplatin AUC 5 on day 1 every 3 weeks for 4 cycles",
        "DRUG: Cisplatin",
        "DRUG: Carboplatin",
    )
    open_plan = planned(trial)
    assert open_plan.open[0].names == ("Cisplatin", "carboplatin")
    assert {one.choice for visit in open_plan.calendars[0].visits for one in visit.activities} == {
        "Cisplatin or carboplatin"
    }
    chosen = planned(trial, choices=("carboplatin",))
    assert chosen.open == ()
    assert {one.name for visit in chosen.calendars[0].visits for one in visit.activities} == {"carboplatin"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("carboplatn", "did you mean 'carboplatin'"),
        ("docetaxel", "open are: Cisplatin, carboplatin"),
        ("cisplatin=60", "did you mean 'Cisplatin'|open are"),
    ],
)
def test_a_choice_that_is_not_offered_is_refused(made: Made, name: str, message: str) -> None:
    trial = made(
        "Cisplatin 75 mg/m2 or carboplatin AUC 5 on day 1 every 3 weeks", "DRUG: Cisplatin", "DRUG: Carboplatin"
    )
    with pytest.raises(ChoiceError, match=message):
        planned(trial, choices=(name,))


def test_a_range_is_fixed_within_it_and_not_beside_it(made: Made) -> None:
    trial = made("Gemcitabine 1000-1250 mg/m2 on days 1 and 8 every 3 weeks for 2 cycles", "DRUG: Gemcitabine")
    fixed = planned(trial, choices=("gemcitabine=1100",))
    assert {one.detail for visit in fixed.calendars[0].visits for one in visit.activities} == {"1100 mg/m2"}
    with pytest.raises(ChoiceError):
        planned(trial, choices=("gemcitabine=1300",))


# months, ends, what is not dated ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "dates"),
    [
        (date(2026, 1, 31), ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        (date(2028, 1, 30), ["2028-02-29", "2028-03-30", "2028-04-30", "2028-05-30"]),
        (date(2026, 8, 31), ["2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31"]),
    ],
    ids=["31 January", "leap year", "31 August"],
)
def test_months_are_clamped_to_their_end_and_never_drift(made: Made, start: date, dates: list[str]) -> None:
    text = "MRI will be performed every month after the first dose for 4 months."
    trial = made("Pembrolizumab 200 mg IV every 3 weeks for 3 cycles", DRUG, description=text)
    calendar = only(trial, start)
    found = [str(visit.earliest) for visit in calendar.visits if any(one.kind == "assess" for one in visit.activities)]
    assert found == dates


def test_treatment_without_an_end_is_drawn_to_the_completion_date(made: Made) -> None:
    trial = made("Pembrolizumab 200 mg IV every 3 weeks until progression", DRUG, completion="2026-06")
    calendar = only(trial, completion=PartialDate(2026, 6))
    assert calendar.drawn_to == date(2026, 6, 30)
    assert doses(calendar)[-1] <= date(2026, 6, 30)
    longer = only(trial, completion=PartialDate(2026, 6), until=date(2026, 12, 31))
    assert len(doses(longer)) > len(doses(calendar))


def test_treatment_without_an_end_stops_where_the_next_phase_begins(made: Made) -> None:
    text = SURGERY.replace(" for 3 cycles", "", 1)
    calendar = only(made(text, DRUG), choices=("cycle-start",))
    (operation,) = [visit for visit in calendar.visits if any(one.kind == "operate" for one in visit.activities)]
    assert len([day for day in doses(calendar) if day < operation.earliest]) == 4
    assert not [day for day in doses(calendar) if operation.earliest <= day < operation.earliest + timedelta(days=28)]


def test_what_the_text_does_not_date_gets_no_date(made: Made) -> None:
    trial = made("Pembrolizumab 200 mg IV every 3 weeks for 3 cycles, then radiotherapy 60 Gy in 30 fractions", DRUG)
    calendar = only(trial)
    assert not offsets(calendar, "radiate")
    (waiting,) = calendar.undated
    assert "does not say" in waiting.needs or "no window" in waiting.needs


def test_days_of_a_cycle_that_are_not_stated_are_noted_and_drawn_on_the_first(made: Made) -> None:
    calendar = only(made("Pembrolizumab 200 mg IV every 3 weeks for 3 cycles", DRUG))
    (first, *later) = [visit.activities[0].note for visit in calendar.visits]
    assert "day of the cycle not stated" in first
    assert set(later) == {""}


def test_a_course_taken_at_home_is_one_line(made: Made) -> None:
    text = "Capecitabine 1000 mg/m2 orally twice daily on days 1-14 of each 21-day cycle for 4 cycles"
    calendar = only(made(text, "DRUG: Capecitabine"))
    assert [(calendar.offset(visit.earliest), calendar.offset(visit.last or visit.latest)) for visit in calendar.visits] == [
        (0, 13), (21, 34), (42, 55), (63, 76),
    ]  # fmt: skip


def test_conditioning_counts_backwards_from_day_zero(made: Made) -> None:
    text = "Busulfan 3.2 mg/kg day -5 to -4, melphalan 50 mg/m2 day -3"
    calendar = only(made(text, "DRUG: Busulfan", "DRUG: Melphalan"))
    assert {one.name for visit in calendar.visits for one in visit.activities} == {"Busulfan", "melphalan"}
    assert [first for first, _ in offsets(calendar)] == [-5, -4, -3]


@drawn(start=DAYS)
@settings(max_examples=25)
def test_the_first_dose_is_on_the_start_date_and_visits_are_in_order(made: Made, start: date) -> None:
    calendar = only(made(SURGERY, DRUG), start, choices=("cycle-end",))
    firsts = [visit.earliest for visit in calendar.visits]
    assert firsts == sorted(firsts)
    assert doses(calendar)[0] == start
    assert all(visit.earliest <= visit.latest for visit in calendar.visits)
