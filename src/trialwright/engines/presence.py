"""Whether a thing is on record: `Has`, from all that the chart holds of it.

One occurrence that fits is enough. When none does, the answer is False only if something says so: a refutation, the patient's sex, the
state of the very thing asked for, or a list that the caller declared complete. Everything else is silence, and silence is unknown.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.tables import rows
from trialwright.criteria.logic import Truth
from trialwright.criteria.nodes import Has, Times

from .chart import Chart, Group, row_of
from .courses import DATA, Course
from .findings import Evidence, Finding
from .matching import Names, Relation
from .occurrences import Weighed, weigh
from .reasons import OPS, severity_words, thing, window_words
from .values import Value, compare
from .windows import Days, bounds, inside, no_later, turning_day

STATES = frozenset({"condition", "finding", "allergy", "behaviour", "device"})
_SHOWN = 3
_ASKED = {"history": "history of", "family_history": "family history of"}
MALIGNANCY = Concept("malignancy", "condition", id="malignancy")
METASTATIC = Concept("metastatic cancer", "condition", id="metastatic-cancer")


def judge(node: Has, chart: Chart) -> Finding:
    weighed = [
        weigh(node, course, relation, chart)
        for group in _groups(node, chart)
        for course, relation in (*chart.recorded(node.concept, group), *_other_malignancies(node, group, chart))
        if not course.is_refuted and not (relation == "broader" and _is_of_another_kind(node, course, chart))
    ]
    if node.times:
        return _counted(node, node.times, weighed, chart)
    held = [one for one in weighed if one.claim is True]
    if held:
        return _finding(
            node,
            Truth.TRUE,
            _listed(chart.said(one.course.fact) for one in held),
            held,
            until=_lapse(node, held, chart),
        )
    unsure = sorted((one for one in weighed if one.claim is None), key=lambda one: len(one.failed))
    if unsure:
        check = unsure[0].failed[0]
        return _finding(node, Truth.UNKNOWN, check.why, unsure, missing=check.missing)
    return _absent(node, weighed, chart)


@cache
def _judged() -> frozenset[str]:
    return frozenset(row["concept"] for row in rows("judged", DATA))


def is_judged(node: object) -> bool:
    """Whether it is an assessment, and so for a person to say where the chart does not: whether a tumour can be resected."""
    return isinstance(node, Has) and node.concept.id in _judged()


def _is_of_another_kind(node: Has, course: Course, chart: Chart) -> bool:
    """A row of a chart may stand for a thing and for its class: then the row itself says which kind it is, and not the one asked."""
    fact = course.fact
    if not fact.source:
        return False
    named = set(chart.rows.get(row_of(fact), ()))
    named.discard(fact.concept)
    return bool(named) and all(chart.names.relation(node.concept, concept) is None for concept in named)


def _groups(node: Has, chart: Chart) -> tuple[Group, ...]:
    """Whose facts can answer: the patient's own past, unless the question is about a plan or a relative."""
    if node.when and chart.place(node.when).later:
        return ("planned",)
    if not node.status:
        return ("own",)
    groups: list[Group] = []
    if set(node.status) - {"planned", "family_history"}:
        groups.append("own")
    if "planned" in node.status:
        groups.append("planned")
    if "family_history" in node.status:
        groups.append("family")
    return tuple(groups)


def _other_malignancies(node: Has, group: Group, chart: Chart) -> list[tuple[Course, Relation]]:
    """Asked for another malignancy: with two diseases on record, either may be the other one; with one, there is none.

    Which disease is the trial's own, the node does not say; "malignancy, unless it is the trial's" does, and is judged like any `Has`.
    """
    if node.concept.id != "second-malignancy":
        return []
    found = [
        (course, relation)
        for course, relation in chart.recorded(MALIGNANCY, group)
        if relation == "narrower" and chart.names.relation(METASTATIC, course.fact.concept) not in ("same", "narrower")
    ]
    concepts = {course.fact.concept for course, _ in found if not course.is_refuted}
    are_several = any(chart.names.relation(one, other) is None for one in concepts for other in concepts)
    return [(course, "perhaps") for course, _ in found] if are_several else []


def _absent(node: Has, weighed: list[Weighed], chart: Chart) -> Finding:
    asked = thing(node.concept)
    groups = _groups(node, chart)
    refuting = [list(_refuting(node, group, chart)) for group in groups]
    if all(refuting):
        return _said_no(node, [course for courses in refuting for course in courses])
    if (why := _impossible(node, chart)) is not None:
        return Finding(node=node, truth=Truth.FALSE, why=f"{asked}: {why}")
    own = [one for one in weighed if _is_own_state(one, node)] if groups == ("own",) else []
    if own:
        return _finding(node, Truth.FALSE, own[0].failed[0].why, own)
    lists = chart.missing_domains(node.concept) if _is_closable(node, chart) else None
    until = _opening(node, weighed, chart)
    if lists == ():
        domains = ", ".join(sorted(chart.names.domains(node.concept) or ()))
        if not weighed:
            why = f"presumed: nothing recorded of {asked} ({domains} declared complete)"
        else:
            why = f"{weighed[0].failed[0].why}; presumed: nothing recorded of another ({domains} declared complete)"
        return _finding(node, Truth.FALSE, why, weighed, presumed=True, until=until)
    if weighed:
        why = f"{weighed[0].failed[0].why}; whether there is another is not recorded"
        return _finding(node, Truth.UNKNOWN, why, weighed, missing=question(node))
    return Finding(node=node, truth=Truth.UNKNOWN, why=_silence(node, chart), missing=question(node))


def _said_no(node: Has, refuting: list[Course]) -> Finding:
    evidence = tuple(Evidence(fact=course.fact, note="refuted") for course in refuting)
    day = refuting[0].fact.start
    why = f"recorded as not present: {thing(refuting[0].fact.concept)}{f' ({day})' if day else ''}"
    return Finding(node=node, truth=Truth.FALSE, why=why, evidence=evidence)


def _refuting(node: Has, group: Group, chart: Chart) -> Iterator[Course]:
    """Records of "no X" that answer the question: of the thing or something wider, of its place, on or after the window's first day."""
    placed = chart.place(node.when) if node.when else None
    for course, relation in chart.recorded(node.concept, group):
        fact = course.fact
        if (
            not course.is_refuted
            or relation not in ("same", "broader")
            or fact.grade is not None
            or fact.dose is not None
        ):
            continue
        if fact.site is not None and (
            node.site is None or chart.names.relation(fact.site, node.site) not in ("same", "narrower")
        ):
            continue
        if group == "own" and course.begun is not True:
            continue
        is_dated = fact.start is not None or fact.end is not None
        if placed and group == "own" and is_dated and not placed.now:
            first = placed.stretch.start if placed.stretch else None
            if first is None or no_later(first, course.extent.start) is not True:
                continue
        yield course


def _is_own_state(one: Weighed, node: Has) -> bool:
    """The very thing asked for is on record, and its own state or grade says no: another of it need not be ruled out."""
    return (
        one.relation == "same"
        and node.concept.kind in STATES
        and all(check.part in ("status", "severity") for check in one.failed)
    )


def _is_closable(node: Has, chart: Chart) -> bool:
    """Whether silence can answer at all."""
    return _groups(node, chart) == ("own",) and chart.names.is_listed(node)


def _silence(node: Has, chart: Chart) -> str:
    stale = [
        course
        for group in _groups(node, chart)
        for course, relation in chart.recorded(node.concept, group)
        if course.is_refuted and relation in ("same", "broader")
    ]
    if stale and node.when:
        return f"{chart.said(stale[0].fact)}, recorded as not present, does not answer for the window: {window_words(node.when)}"
    if node.when and (event := chart.place(node.when).event):
        return f"{thing(node.concept)} is not recorded, nor is the day of {event}"
    return f"{question(node)} is not recorded"


def question(node: Has) -> str:
    """What is asked, as the name of a datum: `peripheral neuropathy grade >= 2, at most 4 weeks before first dose`."""
    words = [_ASKED.get(status, status.replace("_", " ")) for status in node.status]
    parts = [*sorted(words, key=lambda word: word.endswith(" of")), thing(node.concept)]
    if node.site:
        parts.append(f"of {node.site.text}")
    if node.severity:
        parts.append(severity_words(node.severity))
    asked = " ".join(part for part in parts if part)
    return f"{asked}, {window_words(node.when)}" if node.when else asked


def _impossible(node: Has, chart: Chart) -> str | None:
    if "family_history" in node.status:
        return None
    for sex, recorded in ruled_out_by(node.concept, chart.names):
        if sex and sex == chart.patient.sex:
            return f"recorded sex is {sex}"
        if recorded and chart.event(recorded, first=True):
            return f"{recorded.replace('-', ' ')} is on record"
    return None


def ruled_out_by(concept: Concept, names: Names) -> tuple[tuple[str, str], ...]:
    """The sexes and the states that rule the concept out, in the table's order."""
    return _rules_out(concept.id, names) if concept.id is not None else ()


@lru_cache(maxsize=100_000)
def _rules_out(asked: str, names: Names) -> tuple[tuple[str, str], ...]:
    return tuple(
        (sex, recorded) for concept, sex, recorded in impossible_rows() if names.vocabulary.is_a(asked, concept)
    )


@cache
def impossible_rows() -> tuple[tuple[str, str, str], ...]:
    return tuple((row["concept"], row["sex"], row["recorded"]) for row in rows("impossible", DATA))


def _counted(node: Has, asked: Times, weighed: list[Weighed], chart: Chart) -> Finding:
    held = [one for one in weighed if one.claim is True]
    unsure = [one for one in weighed if one.claim is None]
    least, most = _tally(node, held, unsure)
    is_closed = _is_closable(node, chart) and chart.missing_domains(node.concept) == ()
    refuted = not held and all(list(_refuting(node, group, chart)) for group in _groups(node, chart))
    top = most if is_closed or refuted else None
    claim = compare(Value(Decimal(least), Decimal(top) if top is not None else None), asked.op, Decimal(asked.count))
    found = f"{least}" if least == top else f"{least} or more" if top is None else f"{least} to {top}"
    why = f"{thing(node.concept)}: {found} on record, asked {OPS[asked.op]} {asked.count}"
    presumed = claim is not None and is_closed and not refuted
    if presumed and not weighed:
        why = f"presumed: nothing recorded of {thing(node.concept)}, asked {OPS[asked.op]} {asked.count}"
    missing = "" if claim is not None else f"number of {thing(node.concept)}"
    return _finding(node, Truth.of(claim), why, held or unsure, missing=missing, presumed=presumed)


def _tally(node: Has, held: list[Weighed], unsure: list[Weighed]) -> tuple[int, int]:
    """How many there are at least and at most. Rows of one source are one; drugs of one line are one; loose drugs may be one regimen."""
    lines = {one.course.fact.line for one in held if one.course.fact.line is not None}
    loose = {_row(one) for one in held if one.course.fact.line is None}
    maybe = {_row(one) for one in unsure}
    if node.concept.kind == "drug":
        return len(lines) or min(1, len(loose)), len(lines) + len(loose) + len(maybe)
    return len(lines) + len(loose), len(lines) + len(loose) + len(maybe)


def _row(one: Weighed) -> str:
    fact = one.course.fact
    return fact.source or f"{fact.concept.text} {fact.start} {fact.end}"


def _lapse(node: Has, held: list[Weighed], chart: Chart) -> date | None:
    """The day on which the last of those that fit leaves the window: the end of a washout."""
    days = [_turn(node, one, chart) for one in held]
    return None if None in days else max(day for day in days if day)


def _opening(node: Has, weighed: Iterable[Weighed], chart: Chart) -> date | None:
    """The day on which the first of those outside the window enters it."""
    days = [_turn(node, one, chart) for one in weighed if [check.part for check in one.failed] == ["when"]]
    return min((day for day in days if day), default=None)


def _turn(node: Has, one: Weighed, chart: Chart) -> date | None:
    window = node.when
    if window is None or window.lasting or not chart.place(window).moves or chart.place(window).now:
        return None
    fact, extent = one.course.fact, one.course.extent
    if (fact.end is None and (fact.ongoing is not None or extent.start != extent.end)) or not extent.end.is_exact:
        return None
    edge_day = extent.start.earliest if window.edge == "start" else extent.end.earliest
    candidates = [
        turning_day(
            lambda day: inside(extent, bounds(window, Days.on(day)), window.edge),
            chart.index_date,
            length.after(edge_day),
        )
        for length in (window.at_most, window.at_least)
        if length is not None
    ]
    return min((day for day in candidates if day), default=None)


def _listed(items: Iterable[str]) -> str:
    found = list(dict.fromkeys(items))
    rest = len(found) - _SHOWN
    return (
        "; ".join(found[:_SHOWN])
        + (f"; and {rest} more" if rest > 0 else "")
        + (" is" if len(found) == 1 else " are")
        + " on record"
    )


def _finding(
    node: Has,
    truth: Truth,
    why: str,
    weighed: Iterable[Weighed],
    **rest: str | bool | date | None,
) -> Finding:
    evidence = tuple(Evidence(fact=one.course.fact, note=one.failed[0].why if one.failed else "") for one in weighed)
    return msgspec.structs.replace(Finding(node=node, truth=truth, why=why, evidence=evidence), **rest)
