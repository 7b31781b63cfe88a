"""One thing on record against one `Has`: does it fit, and what keeps it from fitting.

Each part of the question is a check of its own: name, certainty, date, status, severity, site, dose, evidence, reason, cause, words,
exceptions, window. An occurrence fits when all hold, does not when one fails; what the chart does not detail leaves it open.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import NamedTuple, cast

from trialwright.codes.concepts import Concept
from trialwright.codes.quantities import UnitError
from trialwright.codes.tables import parts, rows
from trialwright.codes.units import convert_range
from trialwright.criteria.nodes import Dose, Has, Severity, Status, Window
from trialwright.patients.facts import Occurrence

from .chart import Chart, Placed
from .courses import DATA, Course, plain
from .matching import Relation
from .reasons import OPS, number, severity_words, thing, window_words
from .values import Value, compare, times
from .windows import Claim, both, either, inside, lasts, opposite

EVER = frozenset({"drug", "procedure", "vaccine", "event"})
"""Kinds that were or were not: on record is enough. Of the others, what is over no longer counts unless the question says so."""

WORD_GRADES: dict[str, tuple[int, int]] = {"mild": (1, 1), "moderate": (2, 2), "severe": (3, 5)}
"""Severity in words as the grades it may be. source  CTCAE v5.0, general guidelines: grade 1 mild, 2 moderate, 3 severe or worse"""


class Check(NamedTuple):
    """One part of the question. missing: the datum that would settle it, when it is open."""

    part: str
    claim: Claim
    why: str = ""
    missing: str = ""


class Weighed(NamedTuple):
    """An occurrence's course against the whole question. failed: the checks that do not hold, those that fail first."""

    course: Course
    relation: Relation
    claim: Claim
    failed: tuple[Check, ...]


class StatusRule(NamedTuple):
    """What a status asked for is, from what the chart has: over, present, or a status in words."""

    facet: str
    over: Claim
    present: Claim
    yes: frozenset[str]
    no: frozenset[str]


@cache
def status_rules() -> Mapping[Status, StatusRule]:
    claims = {"yes": True, "no": False, "": None}
    return {
        cast("Status", row["status"]): StatusRule(
            row["facet"],
            claims[row["over"]],
            claims[row["present"]],
            frozenset(parts(row["yes"])),
            frozenset(parts(row["no"])),
        )
        for row in rows("statuses", DATA)
    }


def weigh(node: Has, course: Course, relation: Relation, chart: Chart, *, is_exception: bool = False) -> Weighed:
    checks = _checks(node, course, relation, chart, is_exception=is_exception)
    failed = [check for check in checks if check.claim is not True]
    if len(failed) > 1:
        failed.sort(key=lambda check: check.claim is None)
    # What fails stands first, so that the first check says how the whole stands.
    return Weighed(course, relation, failed[0].claim if failed else True, tuple(failed))


def _checks(node: Has, course: Course, relation: Relation, chart: Chart, *, is_exception: bool) -> Iterator[Check]:
    fact = course.fact
    placed = chart.place(node.when) if node.when else None
    if relation not in ("same", "narrower"):
        yield from _name(node, fact, relation, chart)
    if fact.certainty == "suspected":
        yield from _certainty(node, fact, chart)
    if not (fact.planned or fact.family) and course.begun is not True:
        yield Check(
            "date",
            course.begun,
            f"{chart.said(fact)} has not happened by {chart.index_date}",
            f"date of {fact.concept.text}",
        )
    yield from _statuses(node, course, placed, chart, is_exception=is_exception)
    if node.severity:
        yield _severity(node.severity, fact, chart)
    if node.site or node.reason or node.cause:
        yield from _aspects(node, fact, chart)
    if node.evidence:
        yield _evidence(node.evidence, fact, chart)
    if node.dose:
        yield _dose(node.dose, fact, chart)
    for words in node.qualifiers:
        yield _qualifier(words, fact, chart)
    if node.unless:
        yield _unless(node, course, chart)
    if node.when and placed:
        yield from _window(node.when, course, placed, chart)


def _name(node: Has, fact: Occurrence, relation: Relation, chart: Chart) -> Iterator[Check]:
    if relation == "broader":
        yield Check(
            "name",
            None,
            f"{chart.said(fact)} may be {thing(node.concept)} or another kind",
            f"kind of {fact.concept.text}",
        )
    elif relation == "perhaps":
        yield Check(
            "name", None, f"{chart.said(fact)} may be what is meant by {thing(node.concept)}", thing(node.concept)
        )


def _certainty(node: Has, fact: Occurrence, chart: Chart) -> Iterator[Check]:
    if "suspected" in node.status:
        return
    if "known" in node.status and "confirmed" not in node.status:
        yield Check("certainty", False, f"{chart.said(fact)} is suspected only")
    else:
        yield Check("certainty", None, f"{chart.said(fact)} is suspected only", f"confirmation of {fact.concept.text}")


def _statuses(node: Has, course: Course, placed: Placed | None, chart: Chart, *, is_exception: bool) -> Iterator[Check]:
    fact = course.fact
    if course.overruled == "unclear":
        yield Check(
            "status",
            None,
            f"the chart both names and denies {fact.concept.text}",
            f"whether {fact.concept.text} is present",
        )
    facets: dict[str, list[Status]] = {}
    for status in node.status:
        facets.setdefault(status_rules()[status].facet, []).append(status)
    for facet, asked in facets.items():
        if facet == "certainty":
            continue
        claim = either(*(_status(status, course) for status in asked))
        if claim is not True:
            yield _status_check(claim, asked, fact, chart)
    if "course" in facets or is_exception or fact.planned or fact.family:
        return
    is_over = course.overruled == "later" or course.present is False
    if node.concept.kind in EVER or not is_over:
        return
    # A window asks when it was, so that what is over may count; of a test result only the latest ever counts.
    if placed is None or placed.now or (course.overruled == "later" and node.concept.kind == "finding"):
        yield Check("status", False, f"{chart.said(fact)} is over")


def _status_check(claim: Claim, asked: list[Status], fact: Occurrence, chart: Chart) -> Check:
    words = " or ".join(status.replace("_", " ") for status in asked)
    found = f" (recorded: {plain(fact.status)})" if fact.status else ""
    why = (
        f"{chart.said(fact)} is not {words}{found}"
        if claim is False
        else f"whether {chart.said(fact)} is {words} is not recorded{found}"
    )
    return Check("status", claim, why, f"whether {fact.concept.text} is {words}")


def _status(status: Status, course: Course) -> Claim:
    fact = course.fact
    if status in ("planned", "family_history") or fact.planned or fact.family:
        return (status == "planned" and fact.planned) or (status == "family_history" and fact.family)
    rule = status_rules()[status]
    recorded = plain(fact.status)
    if (recorded in rule.yes or recorded in rule.no) and status not in ("current", "active", "resolved"):
        return recorded in rule.yes
    if rule.over is not None and rule.over == rule.present:
        return rule.over
    present = False if course.overruled == "later" else course.present
    return None if present is None else rule.present if present else rule.over


def _severity(asked: Severity, fact: Occurrence, chart: Chart) -> Check:
    missing = f"grade of {fact.concept.text}"
    value, scale, version = _graded(asked, fact, chart)
    if value is None:
        return Check("severity", None, f"the grade of {chart.said(fact)} is not recorded", missing)
    if (asked.scale and asked.scale.lower() != scale) or (asked.version and asked.version != version):
        wanted = " ".join(filter(None, (asked.scale, asked.version)))
        return Check("severity", None, f"{chart.said(fact)} is not graded by {wanted}", missing)
    claim = compare(value, asked.op, asked.grade)
    return Check("severity", claim, f"{chart.said(fact)}, asked {severity_words(asked)}", missing)


def _graded(asked: Severity, fact: Occurrence, chart: Chart) -> tuple[Value | None, str | None, str | None]:
    """The grade with its scale and version; from words where there is no number, or from the scale's own latest rating."""
    if fact.grade is not None:
        return Value(fact.grade, fact.grade), (fact.grade_scale or "").lower() or None, fact.grade_version
    scale = asked.scale.lower() if asked.scale else None
    if fact.severity and scale in (None, "ctcae"):
        low, high = WORD_GRADES[fact.severity]
        return Value(Decimal(low), Decimal(high)), scale, asked.version
    if scale and scale in chart.ratings:
        rated = [x for x in chart.ratings[scale] if x.begun is True]
        newest = max((x.day.earliest for x in rated), default=None)
        values = {(x.fact.value, x.fact.version) for x in rated if newest and x.day.latest >= newest}
        if len(values) == 1:
            value, version = values.pop()
            return Value(value, value), scale, version
    return None, None, None


def _aspects(node: Has, fact: Occurrence, chart: Chart) -> Iterator[Check]:
    pairs = (("site", node.site, fact.site), ("reason", node.reason, fact.reason), ("cause", node.cause, fact.cause))
    for part, asked, found in pairs:
        if asked is None:
            continue
        relation = chart.names.relation(asked, found) if found else None
        if relation in ("same", "narrower"):
            continue
        apart = found is not None and relation is None and asked.id is not None and found.id is not None
        recorded = found.text if found else "not recorded"
        why = f"the {part} of {chart.said(fact)} is {recorded}, asked {asked.text}"
        yield Check(part, False if apart else None, why, f"{part} of {fact.concept.text}")


def _evidence(asked: tuple[Concept, ...], fact: Occurrence, chart: Chart) -> Check:
    relations = {chart.names.relation(one, found) for one in asked for found in fact.evidence}
    words = " or ".join(one.text for one in asked)
    if relations & {"same", "narrower"}:
        return Check("evidence", True)
    return Check(
        "evidence", None, f"confirmation of {chart.said(fact)} by {words} is not recorded", f"confirmation by {words}"
    )


def _dose(asked: Dose, fact: Occurrence, chart: Chart) -> Check:
    missing = f"dose of {fact.concept.text}"
    limit = f"{OPS[asked.op]} {asked.quantity}{f' of {asked.equivalent} or equivalent' if asked.equivalent else ''}"
    if fact.dose is None:
        return Check("dose", None, f"the dose of {chart.said(fact)} is not recorded, asked {limit}", missing)
    factor = _equivalence(asked, fact)
    if factor is None:
        return Check("dose", None, f"no equivalent dose of {asked.equivalent} is known for {chart.said(fact)}", missing)
    try:
        low, high = convert_range(fact.dose, asked.quantity.unit, fact.concept.id)
    except UnitError:
        return Check("dose", None, f"the dose of {chart.said(fact)} does not convert to {asked.quantity.unit}", missing)
    mine, theirs = factor
    value = Value(times(low.value, theirs), times(high.value, theirs))
    claim = compare(value, asked.op, times(asked.quantity.value, mine))
    same = (
        "" if mine == theirs else f" = {number(low.value * theirs / mine)} {asked.quantity.unit} of {asked.equivalent}"
    )
    return Check("dose", claim, f"{chart.said(fact)}{same}, asked {limit}", missing)


def _equivalence(asked: Dose, fact: Occurrence) -> tuple[Decimal, Decimal] | None:
    """Amounts of the drug given and of the drug asked for that do the same; None when that is not known."""
    if asked.equivalent is None or asked.equivalent in (fact.concept.id, fact.concept.text):
        return Decimal(1), Decimal(1)
    given, wanted = steroids().get(fact.concept.id or fact.concept.text), steroids().get(asked.equivalent)
    return None if given is None or wanted is None else (given, wanted)


@cache
def steroids() -> Mapping[str, Decimal]:
    """Milligrams that stand for prednisone 5 mg, by the drug's id."""
    return {row["id"]: Decimal(row["prednisone_mg"]) for row in rows("drugs") if row["prednisone_mg"]}


def _qualifier(words: str, fact: Occurrence, chart: Chart) -> Check:
    asked = plain(words)
    if asked in WORD_GRADES and fact.severity:
        return Check("severity", fact.severity == asked, f"{chart.said(fact)} is not {asked}")
    if asked in map(plain, fact.details) or asked == plain(fact.purpose):
        return Check("words", True)
    return Check(
        "words",
        None,
        f'whether {chart.said(fact)} is "{words}" cannot be told from the chart',
        f"{words} {fact.concept.text}",
    )


def _unless(node: Has, course: Course, chart: Chart) -> Check:
    excepted: list[Claim] = []
    for exception in node.unless:
        relation = chart.names.relation(exception.concept, course.fact.concept)
        if relation is not None:
            excepted.append(weigh(exception, course, relation, chart, is_exception=True).claim)
    claim = opposite(either(*excepted))
    if claim is True:
        return Check("unless", True)
    words = " or ".join(exception.concept.text for exception in node.unless)
    why = (
        f"{chart.said(course.fact)} is excepted"
        if claim is False
        else f"{chart.said(course.fact)} may be excepted ({words})"
    )
    return Check("unless", claim, why, f"details of {course.fact.concept.text}")


def _window(window: Window, course: Course, placed: Placed, chart: Chart) -> Iterator[Check]:
    fact = course.fact
    if placed.now or (placed.later and placed.stretch is None):
        return
    if _is_after_recurrence(window) and fact.for_recurrence is not None:
        yield Check("when", fact.for_recurrence, f"{chart.said(fact)} was not for a recurrence")
    elif placed.stretch is None:
        why = f"the day of {placed.event} is not recorded, from which {chart.said(fact)} would be counted"
        yield Check("when", None, why, f"date of {placed.event}")
    else:
        claim = inside(course.extent, placed.stretch, window.edge)
        if window.lasting:
            claim = both(claim, lasts(course.extent, placed.stretch, window.lasting))
        if claim is True:
            return
        asked = window_words(window)
        if claim is None and fact.planned and course.extent.end.latest < chart.index_date:
            asked += ", and its planned day has passed"
        where = "is outside the window" if claim is False else "may lie in the window or not"
        yield Check("when", claim, f"{chart.said(fact)} {where}: {asked}", f"date of {fact.concept.text}")


def _is_after_recurrence(window: Window) -> bool:
    """Asked of the time since the recurrence and of nothing narrower, what a treatment was for answers as well as its day does."""
    is_bounded = window.at_least or window.at_most or window.lasting
    return window.anchor == "recurrence" and window.side != "before" and not is_bounded
