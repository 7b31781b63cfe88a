"""Visit prose: which moments are read of it, on which days they fall, and what is no visit."""

from collections.abc import Callable
from datetime import date

import pytest

from trialwright.regimen.assessments import compile_assessments, quoted_texts
from trialwright.regimen.calendar import Calendar, Terms, plan
from trialwright.regimen.compiler import compile_regimens
from trialwright.trial import Trial

Made = Callable[..., Trial]
START = date(2026, 3, 2)
ARM = (
    "Pembrolizumab 200 mg IV every 3 weeks for 6 cycles. Radical surgery will be performed 4 weeks after the 6th cycle."
)


def calendar(made: Made, prose: str, **terms: object) -> Calendar:
    trial = made(ARM, "DRUG: Pembrolizumab", description=prose)
    assessments = compile_assessments(trial)
    terms = {"choices": ("cycle-start",), **terms}
    (found,) = plan(
        compile_regimens(trial)[0], assessments, Terms(start=START, **terms), quoted_texts(trial, assessments)
    ).calendars  # type: ignore[arg-type]
    return found


def seen(made: Made, prose: str, **terms: object) -> list[tuple[str, int, int]]:
    found = calendar(made, prose, **terms)
    return [
        (visit.label.split(" · ")[-1], found.offset(visit.earliest), found.offset(visit.latest))
        for visit in found.visits
        if any(one.kind == "assess" for one in visit.activities)
    ]


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("MRI will be done within 7 days before the first dose.", [("baseline", -7, 0)]),
        ("MRI is performed after 3 and 6 cycles.", [("after C3", 43, 63), ("after C6", 106, 126)]),
        ("CT is repeated every 2 cycles.", [("after C2", 22, 42), ("after C4", 64, 84), ("after C6", 106, 126)]),
        ("CT is performed before surgery.", [("before surgery", 133, 133)]),
        ("CT at 2, 4 and 8 weeks after the first dose.", [("2 weeks", 14, 14), ("4 weeks", 28, 28), ("8 weeks", 56, 56)]),
        ("CT is performed 30 days after surgery.", [("30 days after surgery", 163, 163)]),
        ("CT is performed at week 4 (± 3 days).", [("4 weeks", 25, 31)]),
    ],
    ids=["before the first dose", "after cycles", "every two cycles", "before surgery", "list of weeks", "after surgery", "tolerance"],
)  # fmt: skip
def test_moments_of_visit_prose(made: Made, prose: str, expected: list[tuple[str, int, int]]) -> None:
    assert seen(made, prose) == expected


def test_intervals_that_change_from_year_to_year(made: Made) -> None:
    prose = "After surgery, CT every 3 months in year 1, every 4 months in year 2, every 6 months in years 3-4 and yearly from year 5."
    labels = [label for label, _, _ in seen(made, prose, until=date(2033, 1, 1))]
    months = [3, 6, 9, 12, 16, 20, 24, 30, 36, 42, 48, 60, 72]
    assert labels == [f"{count} months after surgery" for count in months]


@pytest.mark.parametrize(
    "words", ["3-monthly in year 1", "every 3 months in the first year", "at 3 month intervals during the 1st year"]
)
def test_ways_of_saying_every_three_months(made: Made, words: str) -> None:
    assert [label for label, _, _ in seen(made, f"After surgery, MRI {words}.")] == [
        f"{count} months after surgery" for count in (3, 6, 9, 12)
    ]


def test_repeated_visits_without_an_end_stop_at_the_edge(made: Made) -> None:
    found = seen(made, "CT is performed every 6 weeks after the first dose until progression.", until=date(2026, 8, 1))
    assert [first for _, first, _ in found] == [42, 84, 126]


def test_progression_ends_what_runs_until_it(made: Made) -> None:
    prose = "CT is performed every 6 weeks after the first dose until progression."
    found = seen(made, prose, until=date(2026, 12, 31), actual={"progression": date(2026, 6, 1)})
    assert [first for _, first, _ in found] == [42, 84]


def test_every_round_quotes_the_words_it_was_read_from(made: Made) -> None:
    trial = made(
        ARM, "DRUG: Pembrolizumab", description="MRI of the head and neck is performed every 3 months after surgery."
    )
    (assessment,) = compile_assessments(trial)
    texts = {text.where: text.text for text in quoted_texts(trial, [assessment])}
    (activity,) = assessment.activities
    assert activity.quote.span.of(texts[activity.quote.where]) == "MRI of the head and neck"
    (rule,) = assessment.rules
    assert "every 3 months" in rule.quote.span.of(texts[rule.quote.where])


@pytest.mark.parametrize(
    "prose",
    [
        "Patients had an MRI 6 months ago.",
        "Patients who were at least 18 years old with a prior CT are included.",
        "Median survival was 12 months.",
        "Pembrolizumab 200 mg is given every 3 weeks.",
        "The MRI shows a lesion of 10 mm.",
    ],
)
def test_what_is_no_visit(made: Made, prose: str) -> None:
    assert seen(made, prose) == []


def test_a_visit_that_no_known_date_settles_is_listed_without_one(made: Made) -> None:
    found = calendar(made, "CT is performed at progression.")
    assert [(one.name, one.needs) for one in found.undated] == [("CT", "the date of progression")]
