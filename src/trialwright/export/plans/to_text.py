"""A plan report as lines for a terminal or a pipe."""

from collections.abc import Iterator

from trialwright.codes.places import Diagnostic
from trialwright.export.record_text import as_read
from trialwright.export.to_terminal import Line
from trialwright.regimen.calendar import Calendar
from trialwright.regimen.doses import PatientDose
from trialwright.regimen.nodes import Regimen

from .planning import ArmPlan, PlanReport, remarks
from .wording import (
    endpoint_words,
    flag_words,
    part_words,
    phase_words,
    place_words,
    reading_words,
    visit_dates,
    visit_days,
    visit_lines,
)


def layout(report: PlanReport) -> Iterator[Line]:
    whom = f" · for {report.name}" if report.name else ""
    yield Line(f"{report.trial or 'no id'}  {as_read(report.title)}", "title")
    yield Line(f"First dose {report.start}{whom} · {report.software}", "quiet")
    yield Line(report.disclaimer, "quiet")
    for arm in report.arms:
        yield from _arm(arm)
    if report.endpoints:
        yield Line("")
        yield Line("Outcomes", "heading")
    for endpoint in report.endpoints:
        yield Line(f"{endpoint.rank}: {as_read(endpoint.measure)}", "item", 2, 4)
        yield Line(endpoint_words(endpoint), "text", 4, 2)
        yield from (_remark(remark) for remark in endpoint.diagnostics)


def _arm(arm: ArmPlan) -> Iterator[Line]:
    plan = arm.plan
    yield Line("")
    yield Line(as_read(plan.arm), "heading")
    yield from _regimen(plan.regimen)
    for choice in plan.open:
        yield Line(f"Open: {choice.what}; choose {' | '.join(choice.names)}", "possibly", 2, 4)
    for calendar in plan.calendars:
        yield from _calendar(calendar)
    yield from _doses(arm.doses)
    found = remarks(arm)
    if found:
        yield Line("")
        yield Line("What the text leaves out or contradicts", "item", 2)
    yield from (_remark(remark) for remark in found)
    yield from _source(plan.regimen)


def _regimen(regimen: Regimen) -> Iterator[Line]:
    for phase in regimen.phases:
        if words := phase_words(phase):
            yield Line(words, "quiet", 2)
        for part in phase.parts:
            for place, words in enumerate(part_words(part)):
                yield Line(f"• {words}" if not place else f"or {words}", "text", 2 if not place else 4, 2)


def _calendar(calendar: Calendar) -> Iterator[Line]:
    yield Line("")
    if words := reading_words(calendar):
        yield Line(f"Reading: {words}", "item", 2)
    width = max((len(visit_dates(visit)) for visit in calendar.visits), default=0)
    days = max((len(visit_days(calendar, visit)) for visit in calendar.visits), default=0)
    yield Line(f"{'date':<{width}}  {'day':>{days}}  visit", "quiet", 2)
    for visit in calendar.visits:
        flags = f"  !! {flag_words(visit)}" if visit.flags else ""
        head = f"{visit_dates(visit):<{width}}  {visit_days(calendar, visit):>{days}}  {visit.label}{flags}"
        yield Line(head, "drawing", 2)
        for words in visit_lines(visit):
            yield Line(f"· {as_read(words)}", "text", width + days + 6, 2)
    for undated in calendar.undated:
        yield Line(f"not dated: {as_read(undated.name)}: needs {as_read(undated.needs)}", "possibly", 2, 4)


def _doses(doses: tuple[PatientDose, ...]) -> Iterator[Line]:
    if doses:
        yield Line("")
        yield Line("Doses for this patient", "item", 2)
    for dose in doses:
        amounts = " – ".join(str(amount) for amount in dose.amounts)
        yield Line(f"{dose.drug}: {amounts or 'not computed: ' + dose.refusal}", "text" if amounts else "not", 4, 2)
        for line in dose.audit:
            yield Line(f"{line.kind}: {line.words}", "quiet", 6, 2)


def _remark(remark: Diagnostic) -> Line:
    place = place_words(remark)
    return Line(f"{f'{place}: ' if place else ''}{as_read(remark.message)} [{remark.code}]", "text", 4, 2)


def _source(regimen: Regimen) -> Iterator[Line]:
    for text in regimen.texts:
        yield Line("")
        yield Line(f"As published ({text.where.rpartition('Module.')[2]})", "quiet", 2)
        yield Line(as_read(text.text), "quote", 4)
