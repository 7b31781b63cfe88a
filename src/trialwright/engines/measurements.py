"""Numbers measured, against limits: `Compare`.

The latest value on or before the index date that lies in the window decides; values that may equally be the latest must agree. A value
outside the window does not fail, it can be repeated. What a unit, a printed range or a baseline does not settle stays unknown.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Generic, NamedTuple

from trialwright.codes.quantities import Quantity, UnitError
from trialwright.codes.units import convert_range
from trialwright.criteria.logic import Truth
from trialwright.criteria.nodes import Compare, Window
from trialwright.patients.facts import Measurement

from .chart import Chart, Dated, Said
from .findings import Evidence, Finding
from .reasons import OPS, dated, named, number, window_words
from .values import Value, compare, is_near, plus, times
from .windows import Claim, Days, Stretch, agreed, both, bounds, inside, turning_day


class Latest(NamedTuple, Generic[Said]):
    """The rows that decide.

    claim  whether they lie in the window, row by row
    why    why none does; "" when some do
    """

    rows: tuple[tuple[Dated[Said], Claim], ...]
    why: str = ""


class Held(NamedTuple):
    """One value against the limit. limit: in the unit of `converted`; for a multiple, the multiple of the printed bound."""

    fact: Measurement
    claim: Claim
    why: str
    missing: str = ""
    converted: Quantity | None = None
    limit: Decimal | None = None


def judge(node: Compare, chart: Chart) -> Finding:
    rows = measured(node, chart)
    if not rows:
        name = node.measure.text
        return Finding(node=node, truth=Truth.UNKNOWN, why=f"{name} is not recorded", missing=name)
    chosen = latest(rows, node.when, chart, every=node.statistic == "every")
    if not chosen.rows:
        evidence = tuple(Evidence(fact=row.fact) for row in rows[-1:])
        return Finding(node=node, truth=Truth.UNKNOWN, why=chosen.why, missing=_question(node), evidence=evidence)
    facts = [row.fact for row, _ in chosen.rows]
    is_mean = node.statistic == "mean" and len(facts) > 1
    held = [_mean(node, facts)] if is_mean else [_held(node, fact) for fact in facts]
    return _finding(node, held, chosen, chart)


def measured(node: Compare, chart: Chart) -> list[Dated[Measurement]]:
    """The rows of the measure itself, else of its kinds, by day."""
    found = chart.measurements.find(node.measure)
    for wanted in (("same",), ("narrower",)):
        rows = [row for row, relation in found if relation in wanted and row.begun is not False]
        if rows:
            return sorted(rows, key=lambda row: row.day)
    return []


def latest(rows: Iterable[Dated[Said]], window: Window | None, chart: Chart, *, every: bool = False) -> Latest[Said]:
    """The rows in the window that may be its latest; all of them for `every`.

    A row that no other is certainly later than may be the latest: several of one day, or days known only roughly.
    """
    placed = chart.place(window) if window else None
    rows = list(rows)
    if placed is None or placed.now:
        stretch = Stretch(Days.on(date.min), chart.today)
    elif placed.later:
        return Latest((), f"to be judged later: {window_words(window)}" if window else "")
    elif placed.stretch is None:
        return Latest((), f"the day of {placed.event} is not recorded")
    else:
        stretch = placed.stretch
    judged = [(row, both(row.begun, inside(Stretch(row.day, row.day), stretch))) for row in rows]
    possible = [(row, claim) for row, claim in judged if claim is not False]
    if not possible:
        newest = max(rows, key=lambda row: row.day)
        asked = window_words(window) if window else f"by {chart.index_date}"
        return Latest((), f"{named(newest.fact)} ({dated(newest.fact)}) is outside the window: {asked}")
    if every:
        return Latest(tuple(possible))
    bar = max(row.day.earliest for row, _ in possible)
    chosen = tuple((row, claim) for row, claim in possible if row.day.latest >= bar)
    recorded = tuple((row, claim) for row, claim in chosen if not getattr(row.fact, "derived", ""))
    return Latest(recorded or chosen)


def _held(node: Compare, fact: Measurement) -> Held:
    said = f"{named(fact)} on {dated(fact)}"
    if not fact.quantity.value.is_finite():
        return Held(fact, None, f"{said} is no number", node.measure.text)
    if node.relative_to:
        return _relative(node, fact, said)
    asked = f"asked {OPS[node.op]} {node.quantity}"
    try:
        low, high = convert_range(fact.quantity, node.quantity.unit, fact.concept.id or node.measure.id)
    except UnitError:
        why = f"{said} does not convert to {node.quantity.unit}, {asked}"
        return Held(fact, None, why, f"{node.measure.text} in {node.quantity.unit}")
    claim = compare(Value.of(low.value, high.value, fact.comparator), node.op, node.quantity.value)
    if fact.quantity.unit != node.quantity.unit:
        most = f" to {number(high.value)}" if high != low else ""
        said += f" = {number(low.value)}{most} {node.quantity.unit}"
    converted = low if low == high else None
    return Held(fact, claim, f"{said}, {asked}", f"{node.measure.text}, exactly", converted, node.quantity.value)


def _relative(node: Compare, fact: Measurement, said: str) -> Held:
    asked = f"asked {OPS[node.op]} {number(node.quantity.value)} x {node.relative_to}"
    if node.relative_to == "baseline":
        return Held(
            fact, None, f"{said}; which value is the baseline is not recorded, {asked}", f"baseline {node.measure.text}"
        )
    bound, name = (fact.high, "upper") if node.relative_to == "ULN" else (fact.low, "lower")
    missing = f"{name} limit of normal of {node.measure.text}"
    if bound is None or not bound.is_finite():
        return Held(fact, None, f"{said} has no {name} limit of normal printed with it, {asked}", missing)
    limit = times(node.quantity.value, bound)
    value = fact.quantity.value
    claim = compare(Value.of(value, value, fact.comparator), node.op, limit)
    ratio = f" = {value / bound:.2f} x {node.relative_to}" if bound else ""
    return Held(
        fact, claim, f"{said}{ratio} ({number(bound)}), {asked}", f"{node.measure.text}, exactly", fact.quantity, limit
    )


def _mean(node: Compare, facts: list[Measurement]) -> Held:
    """The mean of one day's values; each is held to the limit as often as there are values, so that nothing is divided."""
    first = facts[0]
    each = [_held(node, fact) for fact in facts]
    days = {fact.start for fact in facts}
    missing = f"mean {node.measure.text}"
    converted = [one.converted for one in each if one.converted is not None and one.fact.comparator is None]
    limits = {one.limit for one in each if one.limit is not None}
    if len(converted) < len(each) or len(limits) != 1 or len(days) > 1 or None in days:
        return Held(first, None, f"the values of {node.measure.text} have no mean that is sure: {each[0].why}", missing)
    total = Decimal(0)
    for quantity in converted:
        total = plus(total, quantity.value)
    limit = limits.pop()
    count = Decimal(len(converted))
    claim = compare(Value(total, total), node.op, times(limit, count))
    mean = Quantity(total / count, converted[0].unit)
    said = f"mean {node.measure.text} {number(mean.value)} {mean.unit} of {count} values on {first.start}"
    return Held(first, claim, f"{said}, asked {OPS[node.op]} {node.quantity}", missing, mean, limit)


def _finding(node: Compare, held: list[Held], chosen: Latest[Measurement], chart: Chart) -> Finding:
    within = both(*(claim for _, claim in chosen.rows))
    claim = both(*(one.claim for one in held)) if node.statistic == "every" else agreed(one.claim for one in held)
    facts = [row.fact for row, _ in chosen.rows]
    notes = {id(one.fact): one for one in held}
    evidence = tuple(_evidence(fact, notes.get(id(fact))) for fact in facts)
    decisive = next((one for one in held if one.claim is claim), held[0])
    why, missing = decisive.why, decisive.missing if claim is None else ""
    if claim is None and all(one.claim is not None for one in held):
        why = f"{'; '.join(one.why for one in held[:2])}: which of them counts cannot be told"
    if within is None and claim is not None:
        why = f"{why}; whether its day lies in the window cannot be told"
    elif claim is not None and node.qualifiers:
        why = f"{why}; whether it is {' and '.join(node.qualifiers)} cannot be told from the chart"
    if claim is not None and (within is None or node.qualifiers):
        claim, missing = None, _question(node)
    near = any(_is_near(one) for one in held)
    until = _lapse(node, chosen, chart) if claim is not None else None
    return Finding(
        node=node, truth=Truth.of(claim), why=why, evidence=evidence, missing=missing, near=near, until=until
    )


def _evidence(fact: Measurement, held: Held | None) -> Evidence:
    if held is None:
        return Evidence(fact=fact)
    return Evidence(fact=fact, converted=held.converted, note=held.why)


def _is_near(one: Held) -> bool:
    value = one.converted.value if one.converted else None
    return value is not None and one.limit is not None and one.fact.comparator is None and is_near(value, one.limit)


def _lapse(node: Compare, chosen: Latest[Measurement], chart: Chart) -> date | None:
    """The day from which the value is too old for its window."""
    window = node.when
    days = {row.day for row, _ in chosen.rows}
    if window is None or window.at_most is None or len(days) > 1 or not chart.place(window).moves:
        return None
    day = days.pop()
    if not day.is_exact:
        return None
    return turning_day(
        lambda today: inside(Stretch(day, day), bounds(window, Days.on(today))),
        chart.index_date,
        window.at_most.after(day.earliest),
    )


def _question(node: Compare) -> str:
    words = " ".join((*node.qualifiers, node.measure.text))
    return f"{words}, {window_words(node.when)}" if node.when else words
