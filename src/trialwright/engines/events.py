"""Time between two moments of the patient's course, or since one: `Interval`.

Each moment is the start or the end of the first or the last such thing on record. The end of what goes on is not before the index
date. What never happened, where a list is complete, is longer ago than any time asked.
"""

from datetime import date
from typing import NamedTuple

from trialwright.criteria.logic import Truth
from trialwright.criteria.nodes import Event, Interval
from trialwright.patients.facts import Fact

from .chart import Chart
from .courses import Course
from .findings import Evidence, Finding
from .reasons import OPS
from .windows import Claim, Days, elapsed, no_later, turning_day


class Moment(NamedTuple):
    """days: None when there is no such thing on record. never: it is known not to have happened, or presumed so."""

    days: Days | None
    fact: Fact | None
    why: str = ""
    never: bool = False
    presumed: bool = False
    ongoing: bool = False


def judge(node: Interval, chart: Chart) -> Finding:
    start = moment(node.start, chart)
    end = moment(node.end, chart) if node.end else Moment(chart.today, None)
    evidence = tuple(Evidence(fact=one.fact) for one in (start, end) if one.fact)
    asked = f"asked {OPS[node.op]} {node.duration}"
    if start.never and node.end is None:
        truth = Truth.of(node.op in (">=", ">", "!="))
        return Finding(node=node, truth=truth, why=f"{start.why}, {asked}", presumed=start.presumed, evidence=evidence)
    if node.end and end.never:
        why = f"{end.why}, {asked}"
        return Finding(node=node, truth=Truth.FALSE, why=why, presumed=end.presumed, evidence=evidence)
    if start.days is None or end.days is None:
        event, one = (node.start, start) if start.days is None else (node.end or node.start, end)
        missing = f"date of {_named(event)}"
        return Finding(node=node, truth=Truth.UNKNOWN, why=f"{one.why}, {asked}", missing=missing, evidence=evidence)
    found = (
        f"{_named(node.start)} {_shown(start.days)} to {_shown(end.days)}{f' ({_named(node.end)})' if node.end else ''}"
    )
    claim = elapsed(node.op, node.duration, start.days, end.days)
    ordered = no_later(start.days, end.days)
    if ordered is False or (ordered is None and claim is not None and _depends_on_order(node, start.days, end.days)):
        why = f"{found}: the second comes before the first, {asked}" if ordered is False else f"{found}, {asked}"
        return Finding(
            node=node, truth=Truth.UNKNOWN, why=why, missing=f"date of {_named(node.start)}", evidence=evidence
        )
    if claim is None:
        why = f"{found} leaves it open, {asked}"
        return Finding(
            node=node, truth=Truth.UNKNOWN, why=why, missing=f"exact date of {_named(node.start)}", evidence=evidence
        )
    until = _turn(node, start, chart) if node.end is None else None
    return Finding(node=node, truth=Truth.of(claim), why=f"{found}, {asked}", evidence=evidence, until=until)


def _depends_on_order(node: Interval, start: Days, end: Days) -> bool:
    """Short times hold for any order, so that an order that is not known must not let them pass."""
    return node.op in ("<", "<=", "!=") or start.earliest > end.latest


def moment(event: Event, chart: Chart) -> Moment:
    sure: list[Course] = []
    unsure: list[Course] = []
    for course, relation in chart.recorded(event.concept):
        if course.is_refuted or course.begun is False:
            continue
        certain = (
            relation in ("same", "narrower") and course.fact.certainty == "confirmed" and course.overruled != "unclear"
        )
        (sure if certain else unsure).append(course)
    if sure:
        return _picked(event, sure, chart)
    if unsure:
        return Moment(None, unsure[0].fact, f"whether {_named(event)} is on record is not sure")
    if any(course.is_refuted and relation in ("same", "broader") for course, relation in chart.recorded(event.concept)):
        return Moment(None, None, f"{event.concept.text} is recorded as not present", never=True)
    if chart.missing_domains(event.concept) == () and not chart.names.is_open(event.concept):
        why = f"presumed: nothing recorded of {event.concept.text} (its lists are declared complete)"
        return Moment(None, None, why, never=True, presumed=True)
    return Moment(None, None, f"{_named(event)} is not recorded")


def _picked(event: Event, courses: list[Course], chart: Chart) -> Moment:
    days = [course.extent.start if event.edge == "start" else course.extent.end for course in courses]
    pick = min if event.which == "first" else max
    picked = Days(pick(one.earliest for one in days), pick(one.latest for one in days))
    clipped = Days(picked.earliest, max(picked.earliest, min(picked.latest, chart.index_date)))
    closest = pick(zip(days, courses, strict=True), key=lambda pair: pair[0])[1]
    undated = picked.earliest == date.min and closest.fact.start is None and closest.fact.end is None
    if undated:
        return Moment(None, closest.fact, f"the day of {_named(event)} is not recorded")
    ongoing = event.edge == "end" and any(course.fact.ongoing is True and course.fact.end is None for course in courses)
    return Moment(clipped, closest.fact, ongoing=ongoing)


def _turn(node: Interval, start: Moment, chart: Chart) -> date | None:
    if start.days is None or not start.days.is_exact or start.ongoing:
        return None
    days = start.days

    def claim(today: date) -> Claim:
        return elapsed(node.op, node.duration, days, Days.on(today))

    return turning_day(claim, chart.index_date, node.duration.after(days.earliest))


def _named(event: Event) -> str:
    which = "first" if event.which == "first" else "last"
    return f"{event.edge} of {which} {event.concept.text}"


def _shown(days: Days) -> str:
    if days.is_exact:
        return str(days.earliest)
    return f"between {days.earliest} and {days.latest}"
