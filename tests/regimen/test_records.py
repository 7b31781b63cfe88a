"""Real records: no exception, every quote within the text it names, every date a date. All of them: bench/regimen.py."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from trialwright.codes import tables
from trialwright.codes.tables import rows
from trialwright.export.plans.planning import PlanReport, Request, plan_trial, remarks
from trialwright.regimen.calendar import Terms
from trialwright.regimen.compiler import compile_regimens, quotes
from trialwright.registries import read_trials
from trialwright.trial import Trial

TABLES = Path(tables.__file__).parent
START = date(2026, 1, 31)
EVERY = 61
"""A prime, so that the sample walks through sponsors and years."""


def trials(paths: Iterable[Path], step: int) -> Iterator[Trial]:
    for path in paths:
        yield from (trial for trial in islice(read_trials(path), 0, None, step) if isinstance(trial, Trial))


@pytest.fixture(scope="module")
def sample(shared: Path) -> list[Trial]:
    records = shared / "data/records"
    found = list(trials([records / "ctgov_v2.jsonl.gz"], EVERY))
    found += trials([*sorted((records / "samples").glob("*.json")), records / "npc_full.jsonl"], 1)
    assert len(found) > 45
    return found


@pytest.fixture(scope="module")
def reports(sample: list[Trial]) -> list[PlanReport]:
    return [plan_trial(trial, Request(terms=Terms(start=START))) for trial in sample]


def test_every_quote_is_within_the_text_it_names(sample: list[Trial]) -> None:
    count = 0
    for trial in sample:
        for regimen in compile_regimens(trial):
            texts = {text.where: text.text for text in regimen.texts}
            for quote in quotes(regimen.phases):
                assert quote.span.end <= len(texts[quote.where]), (trial.nct_id, quote)
                assert quote.span.of(texts[quote.where]).strip()
                count += 1
    assert count > 200


def test_every_plan_has_its_disclaimer_and_visits_in_order(reports: list[PlanReport]) -> None:
    visits = 0
    for report in reports:
        assert "decides nothing" in report.disclaimer
        for arm in report.arms:
            for calendar in arm.plan.calendars:
                firsts = [visit.earliest for visit in calendar.visits]
                assert firsts == sorted(firsts)
                assert all(visit.earliest <= visit.latest for visit in calendar.visits)
                assert all(visit.last is None or visit.last >= visit.earliest for visit in calendar.visits), (
                    report.trial
                )
                visits += len(calendar.visits)
    assert visits > 300


def test_every_remark_has_a_code_of_the_table(reports: list[PlanReport]) -> None:
    known = {row["code"] for row in rows("diagnostics", TABLES)}
    used = {remark.code for report in reports for arm in report.arms for remark in remarks(arm)}
    used |= {remark.code for report in reports for endpoint in report.endpoints for remark in endpoint.diagnostics}
    assert {"regimen-gap", "regimen-choice", "endpoint-underspecified"} <= used <= known


def test_every_dose_on_the_calendar_quotes_the_record(reports: list[PlanReport]) -> None:
    for report in reports:
        for arm in report.arms:
            for calendar in arm.plan.calendars:
                for visit in calendar.visits:
                    assert all(one.quotes for one in visit.activities), (report.trial, visit.label)
