"""Time between two moments of the patient's course, or since one, as a query: `Interval`.

As `events` judges it; a node goes in, a claim about the person comes out. Moments are aggregates of the scan.
"""

from datetime import date
from typing import NamedTuple

from trialwright.criteria.nodes import Event, Interval

from .flat_facts import CONFIRMED, OWN, REFUTED
from .sql_charts import OVERRULED_UNCLEAR, Day, Scan, it
from .sql_days import DayTerms, elapsed, no_later
from .sql_names import BROADER, NARROWER, NONE, SAME, related
from .sql_occurrences import relation_of
from .sql_terms import (
    Term,
    above,
    below,
    both,
    case,
    claim,
    day,
    earliest_of,
    either,
    equal,
    fails,
    holds,
    is_missing,
    is_there,
    latest_of,
    least,
    most,
    no,
    number,
    opposite,
    plus,
    unequal,
    unknown,
)

_AFTER_ALL = 1 << 62
"""Added to the number of a fact whose name has no id: the memory engine looks at those last."""


class MomentTerms(NamedTuple):
    """days: NULL when there is no such thing on record. never: it is known not to have happened, or presumed so."""

    days: DayTerms
    never: Term


def judge_interval(node: Interval, day_: Day, scan: Scan) -> Term:
    start = _moment(node.start, day_, scan)
    until = _moment(node.end, day_, scan) if node.end else MomentTerms(day_.today_days(), no())
    end = until.days
    found = elapsed(node.op, node.duration, start.days, end)
    ordered = no_later(start.days, end)
    # Short times hold for any order, so that an order that is not known must not let them pass.
    unordered = unknown() if node.op in ("<", "<=", "!=") else found
    never = start.never if node.end is None else no()
    return case(
        (never, claim(node.op in (">=", ">", "!="))),
        (until.never, claim(False)),
        (either(is_missing(start.days.earliest), is_missing(end.earliest)), unknown()),
        (fails(ordered), unknown()),
        (is_missing(ordered), unordered),
        other=found,
    )


def _moment(event: Event, day_: Day, scan: Scan) -> MomentTerms:
    relation = relation_of(event.concept, day_, scan)
    is_own = both(equal(it("whose"), number(OWN)), above(relation, number(NONE)))
    is_refuted = equal(it("certainty"), number(REFUTED))
    counts = both(is_own, opposite(is_refuted), opposite(fails(it("begun"))))
    is_sure = both(
        counts,
        related(relation, SAME, NARROWER),
        equal(it("certainty"), number(CONFIRMED)),
        unequal(it("overruled"), number(OVERRULED_UNCLEAR)),
    )
    is_on_record = is_there(scan.ask(most(case((counts, number(1))))))
    is_denied = is_there(scan.ask(most(case((both(is_own, is_refuted, related(relation, SAME, BROADER)), number(1))))))
    silence = no() if day_.names.is_open(event.concept) else day_.silence_on(event.concept)
    never = both(opposite(is_on_record), either(silence, is_denied))
    return MomentTerms(_picked(event, is_sure, day_, scan), never)


def _picked(event: Event, is_sure: Term, day_: Day, scan: Scan) -> DayTerms:
    days = DayTerms(it(f"{event.edge}_from"), it(f"{event.edge}_to"))
    pick = least if event.which == "first" else most
    earliest, latest = (scan.ask(pick(case((is_sure, one)))) for one in days)
    undated = _is_undated(event, is_sure, (days, earliest), (day_, scan))
    clipped = latest_of(earliest, earliest_of(latest, day_.today))
    return DayTerms(case((opposite(undated), earliest)), case((both(is_there(earliest), opposite(undated)), clipped)))


def _is_undated(event: Event, is_sure: Term, days: tuple[DayTerms, Term], where: tuple[Day, Scan]) -> Term:
    """Whether the occurrence that decides has no day at all. Of two with the same range of days, the one first looked at decides."""
    (row, earliest), (day_, scan) = days, where
    first_day, today = day(date.min), day_.today
    order: Term = it("fact")
    if event.concept.id is not None:
        order = case((is_missing(it("id")), plus(it("fact"), number(_AFTER_ALL))), other=it("fact"))
    begins_open = both(is_sure, equal(row.earliest, first_day))
    is_dated = it("is_dated")
    undated = scan.ask(least(case((both(begins_open, opposite(is_dated)), order))))
    equals = scan.ask(least(case((both(begins_open, is_dated, equal(row.latest, today)), order))))
    nearer = below(row.latest, today) if event.which == "first" else above(row.latest, today)
    has_nearer = is_there(scan.ask(most(case((both(begins_open, is_dated, nearer), number(1))))))
    is_first = either(is_missing(equals), below(undated, equals))
    return both(holds(equal(earliest, first_day)), is_there(undated), opposite(has_nearer), is_first)
