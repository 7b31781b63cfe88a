"""Measurements and ratings against limits, as a query: `Compare` and `Score`.

As `measurements` and `ratings` judge them: the latest row on or before the index date that lies in the window decides, and rows that may
equally be the latest must agree. A node goes in, a claim about the person comes out.
"""

from decimal import Decimal

from trialwright.codes.concepts import Concept
from trialwright.codes.quantities import Op
from trialwright.codes.tables import rows
from trialwright.criteria.nodes import Compare, Score, Window

from .amounts import Limits, limits, on_grid
from .courses import DATA
from .ratings import scale_map
from .sql_charts import Day, PlacedTerms, it, placed_claim
from .sql_days import inside, no_later
from .sql_latest import Latest, row_days, row_span
from .sql_names import NARROWER, SAME
from .sql_terms import (
    Term,
    at_least,
    at_most,
    both,
    case,
    claim,
    count,
    decimal,
    either,
    equal,
    fails,
    filled,
    flags,
    holds,
    is_missing,
    is_no,
    is_there,
    least,
    minus,
    most,
    no,
    number,
    opposite,
    plus,
    total,
    unknown,
)
from .sql_terms import words as quoted
from .sql_values import OUT_OF_TIME, agreed, all_hold, compare, flag, within_units
from .values import compare as compare_value


def judge_compare(node: Compare, day: Day, latest: Latest) -> Term:
    placed = day.place(node.when) if node.when else None
    if node.qualifiers or node.relative_to == "baseline" or (placed and placed.later):
        return unknown()
    relation = _measure(node.measure, day, latest)
    within = _within(node.when, placed, day)
    is_kind = equal(relation, number(NARROWER)) if _has_kinds(node.measure, day) else no()
    chosen = _chosen(node, (equal(relation, number(SAME)), is_kind), within, latest)
    held = _held(node, day)
    if node.statistic == "every":
        out = case((holds(within), number(0)), other=number(OUT_OF_TIME))
        return all_hold(latest.scan.ask(flags(case((chosen, plus(flag(held), out))))))
    in_time = case((holds(within), held))
    found = agreed(latest.scan.ask(flags(case((chosen, flag(in_time, it("derived")))))))
    return _or_mean(node, found, (relation, chosen, within), latest) if node.statistic == "mean" else found


def _measure(measure: Concept, day: Day, latest: Latest) -> Term:
    name = day.asked.relation(measure)
    latest.scan.relations.add(name)
    latest.bars.relations.add(name)
    return it(name)


def _within(window: Window | None, placed: PlacedTerms | None, day: Day) -> Term:
    """Whether the row has happened and lies in the window."""
    if window is None or placed is None or placed.now or placed.span is None:
        return no_later(row_days(), day.today_days())
    return both(it("begun"), placed_claim(placed, inside(row_span(), placed.span)))


def _has_kinds(measure: Concept, day: Day) -> bool:
    return measure.id is not None and bool(day.vocabulary.descendants(measure.id))


def _chosen(node: Compare, relations: tuple[Term, Term], within: Term, latest: Latest) -> Term:
    """Whether a row may be the latest one: of the measure itself, else of its kinds."""
    is_same, is_kind = relations
    is_possible, bars = opposite(fails(within)), latest.bars
    if is_no(is_kind):
        if node.statistic == "every":
            return both(is_same, is_possible)
        bar = bars.beside(most(case((both(is_same, is_possible), it("day_from")))))
        return both(is_same, is_possible, holds(at_least(it("day_to"), bar)))
    has_same = is_there(bars.beside(most(case((both(is_same, opposite(fails(it("begun")))), number(1))))))
    is_level = either(is_same, both(is_kind, opposite(has_same)))
    if node.statistic == "every":
        return both(is_level, is_possible)
    same, kind = (bars.beside(most(case((both(one, is_possible), it("day_from"))))) for one in (is_same, is_kind))
    return both(is_level, is_possible, holds(at_least(it("day_to"), case((is_same, same), other=kind))))


def _held(node: Compare, day: Day) -> Term:
    """The row's value against the limit."""
    if node.relative_to is None:
        return _by_measure(node, day)
    limit = decimal(on_grid(node.quantity.value) or Decimal(0))
    below = decimal(on_grid(-node.quantity.value) or Decimal(0))
    value, sign = ("of_upper", "upper_sign") if node.relative_to == "ULN" else ("of_lower", "lower_sign")
    bound = case((equal(it(sign), number(1)), limit), (equal(it(sign), number(-1)), below), other=decimal(Decimal(0)))
    return compare(it(value), node.op, (bound, bound), it("comparator"))


def _by_measure(node: Compare, day: Day) -> Term:
    """The comparison, by what is measured: the molar mass is that of the recorded measure, or of the one asked for when it has no id."""
    own = _compared(node, node.measure.id)
    branches = []
    for name in _ids_with_units_of_their_own(node, day):
        theirs = _compared(node, name)
        if theirs != own:
            branches.append((equal(it("id"), quoted(name)), theirs))
    return case(*branches, other=own)


def _ids_with_units_of_their_own(node: Compare, day: Day) -> list[str]:
    if node.measure.id is not None:
        return [name for name in sorted(day.vocabulary.descendants(node.measure.id)) if day.vocabulary.measure(name)]
    return [entry.id for entry in day.vocabulary if day.vocabulary.measure(entry.id)]


def _compared(node: Compare, measure: str | None) -> Term:
    return within_units(it("unit"), it("value"), (node.op, limits(node.quantity, measure)), it("comparator"))


# The mean of one day's values.

_NEAR = Decimal("0.000000001")
_HUGE = Decimal(10) ** 15


def _or_mean(node: Compare, single: Term, row: tuple[Term, Term, Term], latest: Latest) -> Term:
    """The claim of the one row that decides, else of the mean of several."""
    relation, chosen, within = row
    homes = limits(node.quantity, node.measure.id)
    is_sure = both(
        equal(relation, number(SAME)),
        holds(within),
        is_missing(it("comparator")),
        it("has_start"),
        holds(within_size(it("value"))),
        either(*(equal(it("unit"), quoted(home)) for home, (low, high) in homes.items() if low == high)),
    )
    limit = case(*((equal(it("unit"), quoted(home)), decimal(on_grid(low) or low)) for home, (low, _) in homes.items()))
    is_exact = both(it("is_exact"), either(*(_is_home_of_grid(home, homes) for home in homes)))
    recorded, derived = (
        _mean_of(both(chosen, kind), (is_sure, is_exact, minus(it("value"), limit)), node.op, latest)
        for kind in (opposite(it("derived")), it("derived"))
    )
    return case(
        (above_one(recorded[0]), recorded[1]),
        (both(equal(filled(recorded[0], number(0)), number(0)), above_one(derived[0])), derived[1]),
        other=single,
    )


def _is_home_of_grid(home: str, homes: Limits) -> Term:
    return equal(it("unit"), quoted(home)) if on_grid(homes[home][0]) == homes[home][0] else no()


def within_size(value: Term) -> Term:
    return both(at_most(value, decimal(_HUGE)), at_least(value, decimal(-_HUGE)))


def above_one(rows_: Term) -> Term:
    return at_least(rows_, number(2))


def _mean_of(chosen: Term, row: tuple[Term, Term, Term], op: Op, latest: Latest) -> tuple[Term, Term]:
    """How many rows there are, and the claim about their mean: the sum of what each is above the limit, against 0."""
    is_sure, is_exact, above_limit = row
    scan = latest.scan
    rows_ = scan.ask(count(case((chosen, number(1)))))
    unsure = scan.ask(most(case((both(chosen, opposite(is_sure)), number(1)))))
    inexact = is_there(scan.ask(most(case((both(chosen, opposite(is_exact)), number(1))))))
    same = [
        equal(scan.ask(least(case((chosen, it(name))))), scan.ask(most(case((chosen, it(name))))))
        for name in ("day_from", "day_to", "unit")
    ]
    difference = scan.ask(total(case((both(chosen, is_sure), above_limit))))
    zero, near = decimal(Decimal(0)), decimal(_NEAR)
    is_near = both(at_most(difference, near), at_least(difference, decimal(-_NEAR)))
    is_mean = both(is_missing(unsure), *same, opposite(both(inexact, is_near)))
    return rows_, case((is_mean, compare(difference, op, (zero, zero))))


# Ordinal scales.


def judge_score(node: Score, day: Day, latest: Latest) -> Term:
    placed = day.place(node.when) if node.when else None
    if placed and placed.later:
        return unknown()
    scale, others = node.scale.lower(), mapped_scales(node.scale.lower())
    latest.wanted |= {scale, *others}
    within = _within(node.when, placed, day)
    chosen = _chosen_rating(scale, others, within, latest)
    limit = decimal(on_grid(node.value) or node.value)
    held = case(
        (equal(it("scale"), quoted(scale)), compare(it("value"), node.op, (limit, limit))),
        *((equal(it("scale"), quoted(other)), _mapped(other, node)) for other in others),
    )
    if node.version:
        held = case((holds(equal(it("version"), quoted(node.version))), held))
    return agreed(latest.scan.ask(flags(case((chosen, flag(case((holds(within), held)), it("derived")))))))


def mapped_scales(scale: str) -> list[str]:
    """The scales that stand in for this one."""
    return sorted({row["found"] for row in rows("scale_maps", DATA) if row["asked"] == scale})


def _chosen_rating(scale: str, others: list[str], within: Term, latest: Latest) -> Term:
    is_own = equal(it("scale"), quoted(scale))
    is_recorded, is_possible = opposite(it("derived")), opposite(fails(within))
    counts = opposite(fails(it("begun")))
    bars = latest.bars
    own_bar = bars.beside(most(case((both(is_own, is_possible), it("day_from")))))
    if not others:
        return both(is_own, is_possible, holds(at_least(it("day_to"), own_bar)))
    is_other = either(*(equal(it("scale"), quoted(other)) for other in others))
    stands_in = both(is_other, is_recorded)
    has_own = is_there(bars.beside(most(case((both(is_own, is_recorded, counts), number(1))))))
    has_other = is_there(bars.beside(most(case((both(stands_in, counts), number(1))))))
    other_bar = bars.beside(most(case((both(stands_in, is_possible), it("day_from")))))
    by_own = both(is_own, either(has_own, opposite(has_other)), is_possible, holds(at_least(it("day_to"), own_bar)))
    by_other = both(stands_in, opposite(has_own), is_possible, holds(at_least(it("day_to"), other_bar)))
    return either(by_own, by_other)


def _mapped(other: str, node: Score) -> Term:
    """The claim of a value on another scale, where the published maps agree."""
    branches = []
    for value in sorted({Decimal(row["value"]) for row in rows("scale_maps", DATA) if row["found"] == other}):
        claims = {compare_value(one, node.op, node.value) for one in scale_map(other, node.scale.lower(), value)}
        agreed_claim = claims.pop() if len(claims) == 1 else None
        if agreed_claim is not None:
            branches.append((equal(it("value"), decimal(value)), claim(agreed_claim)))
    return case(*branches)
