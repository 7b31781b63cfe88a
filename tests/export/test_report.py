"""What a report says about findings: the headline, the grouping, what is switched off, what would change it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration, PartialDate
from trialwright.codes.quantities import Quantity
from trialwright.criteria.nodes import Window
from trialwright.engines.findings import CriterionFinding, Evidence
from trialwright.export import words
from trialwright.export.report import Report
from trialwright.patients.facts import Fact, Measurement, Occurrence, Rating, Staging, Statement

Screened = Callable[..., Report]
Findings = dict[str, CriterionFinding]


@pytest.mark.parametrize(
    ("ids", "state", "headline", "verdict"),
    [
        (["I1"], "likely", "likely eligible", "eligible"),
        (["I1", "E7", "E8"], "possibly", "possibly, 2 unknown", "open"),
        (["I1", "I4"], "possibly", "possibly, 1 for a person", "open"),
        (["I1", "E7", "I8"], "not", "not eligible, 1 failed", "ineligible"),
        (["E5"], "cannot", "cannot assess", "open"),
        ([], "cannot", "cannot assess", "open"),
    ],
    ids=["all pass", "unknown", "for a person", "failed", "nothing understood", "no criteria"],
)
def test_the_headline_has_at_most_five_words(
    screened: Screened, findings: Findings, *, ids: list[str], state: str, headline: str, verdict: str
) -> None:
    (trial,) = screened(*(findings[identity] for identity in ids)).trials
    assert (trial.state, trial.headline, trial.verdict) == (state, headline, verdict)
    assert len(trial.headline.split()) <= 5


def test_a_closed_trial_says_so_first_and_the_criteria_after(screened: Screened, findings: Findings) -> None:
    (trial,) = screened(findings["I1"], status="COMPLETED").trials
    assert (trial.headline, trial.on_criteria, trial.verdict) == ("trial closed", "likely eligible", "eligible")


def test_unknowns_stand_under_the_datum_that_settles_most(report: Report) -> None:
    (trial,) = report.trials
    first, second = trial.questions
    assert (first.datum, first.settles, first.helps) == ("HBV DNA", ("E7", "E8"), ("E9",))
    assert (second.datum, second.settles, second.helps) == ("HCV RNA", (), ("E9",))
    shown = [(question.datum, [row.id for row in rows]) for question, rows in trial.asked()]
    assert shown == [("HBV DNA", ["E7", "E8", "E9"])]
    assert trial.unasked == ()


def test_every_criterion_is_shown_once(report: Report) -> None:
    (trial,) = report.trials
    asked = [row.id for _, rows in trial.asked() for row in rows]
    groups = [trial.blockers, trial.unasked, trial.rows("person"), trial.not_understood, trial.rows("pass")]
    shown = asked + [row.id for rows in groups for row in rows]
    assert sorted(shown) == sorted(row.id for row in trial.criteria)


def test_coverage_adds_up(report: Report) -> None:
    (trial,) = report.trials
    covered = trial.coverage
    assert (covered.total, covered.computed, covered.person, covered.not_understood, covered.lacking) == (8, 6, 1, 1, 3)
    assert str(covered) == "6 of 8 criteria computed (3 of them lack data), 1 for a person, 1 not understood"


def test_what_would_change_an_ineligible_verdict_is_only_what_clears_a_blocker(report: Report) -> None:
    (trial,) = report.trials
    assert [(change.criterion, change.kind, change.day) for change in trial.changes] == [
        ("I8", "near", None),
        ("E10", "time", date(2026, 3, 17)),
    ]


def test_what_would_change_an_open_verdict_is_the_missing_datum(screened: Screened, findings: Findings) -> None:
    (trial,) = screened(findings["I1"], findings["E7"]).trials
    assert [(change.criterion, change.kind, change.says) for change in trial.changes] == [
        ("E7", "datum", "HBV DNA on record settles it")
    ]


@pytest.mark.parametrize("name", ["I8", "NCT00000001:I8"])
def test_a_criterion_switched_off_counts_nowhere_and_is_named(
    screened: Screened, findings: Findings, name: str
) -> None:
    (trial,) = screened(findings["I1"], findings["I8"], without=frozenset({name})).trials
    assert (trial.headline, trial.verdict, trial.coverage.total) == ("likely eligible", "eligible", 1)
    assert [row.id for row in trial.without] == ["I8"]


def test_another_trials_criterion_stays_on(screened: Screened, findings: Findings) -> None:
    (trial,) = screened(findings["I8"], without=frozenset({"NCT00000002:I8"})).trials
    assert trial.verdict == "ineligible"


def test_a_row_holds_text_understanding_answer_evidence_and_window(report: Report) -> None:
    (row,) = [row for row in report.trials[0].criteria if row.id == "I8"]
    hemoglobin, platelets = row.parts
    assert row.text.startswith("Hb ≥ 90 g/L")
    assert "90 g/L" in row.understood
    assert (row.question, row.answer, row.near) == ("Is this met?", "no", True)
    assert (hemoglobin.quoted, hemoglobin.answer, platelets.answer) == ("Hb ≥ 90 g/L", "no", "yes")
    (line,) = hemoglobin.evidence
    assert (line.recorded, line.converted, line.date, line.source) == (
        "8.4 g/dL (range 12–16)", "84 g/L", "2026-02-23", "labs.csv:3",
    )  # fmt: skip
    assert hemoglobin.rule == "2026-02-16 to 2026-03-02, counted from first dose, taken as 2026-03-02"


def test_an_exclusion_is_asked_as_one(report: Report) -> None:
    (row,) = [row for row in report.trials[0].criteria if row.id == "E10"]
    assert (row.question, row.answer, row.verdict) == ("Does this exclusion apply?", "yes", "fail")


def test_a_repr_holds_nothing_of_the_patient(report: Report) -> None:
    assert "P<1>" not in repr(report)


def drug(**said: object) -> Occurrence:
    return Occurrence(concept=Concept(text="prednisone", kind="drug"), **said)  # type: ignore[arg-type]


def lab(**said: object) -> Measurement:
    return Measurement(concept=Concept(text="AST", kind="lab"), quantity=Quantity(Decimal(70), "U/L"), **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fact", "recorded"),
    [
        (drug(), "on record"),
        (drug(certainty="refuted"), "not present"),
        (drug(dose=Quantity(Decimal(12), "mg/d"), ongoing=True, line=2), "ongoing, 12 mg/d, line 2"),
        (drug(grade=Decimal(3), grade_scale="ctcae", grade_version="5"), "grade 3 (ctcae 5)"),
        (drug(planned=True, cycles=1), "planned, 1 cycle"),
        (lab(), "70 U/L"),
        (lab(comparator="<", high=Decimal(40)), "<70 U/L (upper limit 40)"),
        (lab(low=Decimal(5), high=Decimal(40)), "70 U/L (range 5–40)"),
        (Rating(scale="ecog", value=Decimal(1)), "1"),
        (Staging(system="T", value="T2", prefix="r", edition="8"), "rT2, edition 8"),
        (Statement(kind="consent", holds=True), "stated"),
        (Statement(kind="life_expectancy", holds=False, at_least_months=Decimal(3)), "denied, at least 3 months"),
    ],
)
def test_facts_in_words(fact: Fact, recorded: str) -> None:
    assert words.evidence_line(Evidence(fact=fact), "").recorded == recorded


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (Window(at_most=Duration(Decimal(14), "day")), "2026-02-16 to 2026-03-02, counted from 2026-03-02"),
        (Window(at_least=Duration(Decimal(6), "month")), "2025-09-02 or earlier, counted from 2026-03-02"),
        (
            Window(at_least=Duration(Decimal(6), "month"), strict=True, anchor="enrolment"),
            "before 2025-09-02, counted from enrolment, taken as 2026-03-02",
        ),
        (
            Window(side="after", at_most=Duration(Decimal(31), "week"), anchor="last_dose"),
            "2026-03-02 to 2026-10-05, counted from last dose, taken as 2026-03-02",
        ),
        (Window(side="during", anchor="trial"), "during the trial"),
        (Window(anchor="surgery"), "before surgery"),
    ],
)
def test_windows_are_days_of_the_calendar(window: Window, said: str) -> None:
    assert words.window_words(window, date(2026, 3, 2)) == said


def test_a_note_that_repeats_the_reason_is_left_out() -> None:
    evidence = Evidence(fact=drug(start=PartialDate(2026)), note="prednisone is on record")
    assert words.evidence_line(evidence, "prednisone is on record (2026)").note == ""
