"""A plan report as rows: one for each activity of each visit, for CSV and for whoever reads tables."""

from collections.abc import Iterator

from trialwright.export.record_text import as_read
from trialwright.export.to_csv import lines
from trialwright.regimen.calendar import Activity, Plan
from trialwright.regimen.nodes import Quote

from .planning import PlanReport
from .wording import flag_words

COLUMNS = (
    "trial", "arm", "reading", "visit", "earliest", "latest", "last", "first_day", "last_day", "kind", "activity", "detail", "choice",
    "note", "flags", "source", "disclaimer",
)  # fmt: skip


def to_csv(report: PlanReport) -> Iterator[str]:
    """CSV line by line, the header first. Days count from the first dose, whose own day is 0."""
    return lines(COLUMNS, rows(report))


def rows(report: PlanReport) -> Iterator[tuple[str, ...]]:
    for arm in report.arms:
        for calendar in arm.plan.calendars:
            for visit in calendar.visits:
                end = visit.last or visit.latest
                head = (report.trial, as_read(arm.plan.arm), calendar.reading or "", visit.label)
                dates = (str(visit.earliest), str(visit.latest), str(visit.last or ""))
                days = (str(calendar.offset(visit.earliest)), str(calendar.offset(end)))
                for activity in visit.activities:
                    what = (activity.kind, as_read(activity.name), activity.detail, activity.choice, activity.note)
                    words = quoted(arm.plan, activity)
                    yield (*head, *dates, *days, *what, flag_words(visit), words, report.disclaimer)


def quoted(plan: Plan, activity: Activity) -> str:
    """The record's own words that an activity rests on, in their order."""
    found = dict.fromkeys(as_read(words_of(plan, quote)) for quote in activity.quotes)
    return " … ".join(words for words in found if words)


def words_of(plan: Plan, quote: Quote) -> str:
    return next((quote.span.of(text.text) for text in plan.texts if text.where == quote.where), "")
