"""Ordinal scales and stages: `Score` and `Stage`.

The latest rating decides, as with measurements. ECOG and KPS stand in for each other only where the published maps agree. A stage fits
when it is an allowed one or a part of it; a stage recorded less finely than asked, by another edition or before a recurrence, is open.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from trialwright.codes.tables import rows
from trialwright.criteria.logic import Truth
from trialwright.criteria.nodes import Score, Stage
from trialwright.patients.facts import Rating, Staging

from .chart import Chart, Dated
from .courses import DATA
from .findings import Evidence, Finding
from .measurements import latest
from .reasons import OPS, dated, named, number, window_words
from .values import Value, compare
from .windows import Claim, agreed, both, either

_STAGE = re.compile(r"(?:stage\s*)?([tnm]?)\s*(is|x|iv|v|i{1,3}|\d+|[a-d])\s*(.*)")


def judge_score(node: Score, chart: Chart) -> Finding:
    scale = node.scale.lower()
    rated = [row for row in chart.ratings.get(scale, ()) if row.begun is not False]
    mapped = [] if any(_is_recorded(row) for row in rated) else _mapped(scale, chart)
    if not rated and not mapped:
        name = node.scale.upper()
        return Finding(node=node, truth=Truth.UNKNOWN, why=f"{name} is not recorded", missing=name)
    chosen = latest(mapped or rated, node.when, chart)
    if not chosen.rows:
        evidence = tuple(Evidence(fact=row.fact) for row in (mapped or rated)[-1:])
        return Finding(node=node, truth=Truth.UNKNOWN, why=chosen.why, missing=_question(node), evidence=evidence)
    facts = [row.fact for row, _ in chosen.rows]
    held = agreed(_rated(node, fact) for fact in facts)
    claim = held if both(*(within for _, within in chosen.rows)) else None
    return _score_finding(node, facts, claim)


def _is_recorded(row: Dated[Rating]) -> bool:
    return not row.fact.derived


def _rated(node: Score, fact: Rating) -> Claim:
    if not fact.value.is_finite() or (node.version and node.version != fact.version):
        return None
    if fact.scale.lower() == node.scale.lower():
        return compare(Value(fact.value, fact.value), node.op, node.value)
    return agreed(
        compare(value, node.op, node.value) for value in scale_map(fact.scale.lower(), node.scale.lower(), fact.value)
    )


def _score_finding(node: Score, facts: list[Rating], claim: Claim) -> Finding:
    asked = f"asked {node.scale.upper()} {OPS[node.op]} {number(node.value)}"
    found = "; ".join(dict.fromkeys(f"{named(fact)} on {dated(fact)}" for fact in facts))
    notes = [
        "the maps from one scale to the other lose detail" if facts[0].scale.lower() != node.scale.lower() else "",
        f"version {node.version} is not recorded"
        if node.version and any(node.version != fact.version for fact in facts)
        else "",
        "contradicting values" if claim is None and len({fact.value for fact in facts}) > 1 else "",
    ]
    why = "; ".join(part for part in (f"{found}, {asked}", *notes) if part)
    missing = "" if claim is not None else _question(node)
    evidence = tuple(Evidence(fact=fact) for fact in facts)
    return Finding(node=node, truth=Truth.of(claim), why=why, evidence=evidence, missing=missing)


def _mapped(scale: str, chart: Chart) -> list[Dated[Rating]]:
    """Recorded ratings on another scale that maps to this one."""
    return [
        row
        for found in mapped_scales(scale)
        for row in chart.ratings.get(found, ())
        if row.begun is not False and _is_recorded(row)
    ]


def mapped_scales(asked: str) -> tuple[str, ...]:
    """The scales that stand in for one, in the table's order."""
    return tuple(found for found, other in _scale_maps() if other == asked.lower())


def scale_map(found: str, asked: str, value: Decimal) -> tuple[Value, ...]:
    """What each published map makes of a value; none when no map holds it."""
    return _scale_maps().get((found, asked), {}).get(value, ())


@cache
def _scale_maps() -> Mapping[tuple[str, str], Mapping[Decimal, tuple[Value, ...]]]:
    maps: dict[tuple[str, str], dict[Decimal, tuple[Value, ...]]] = {}
    for row in rows("scale_maps", DATA):
        values = maps.setdefault((row["found"], row["asked"]), {})
        value = Decimal(row["value"])
        values[value] = (*values.get(value, ()), Value(Decimal(row["least"]), Decimal(row["most"])))
    return maps


def _question(node: Score) -> str:
    name = " ".join(filter(None, (node.scale.upper(), node.version)))
    return f"{name}, {window_words(node.when)}" if node.when else name


class Staged(NamedTuple):
    fact: Staging
    claim: Claim
    why: str


def judge_stage(node: Stage, chart: Chart) -> Finding:
    asked = f"{node.prefix or ''}{' or '.join(node.allowed)}{f' (edition {node.edition})' if node.edition else ''}"
    name = f"{node.prefix or ''}{node.system}"
    rows_ = [
        row
        for row in chart.stagings.get(node.system.lower(), ())
        if row.begun is not False and _concerns(node, row, chart)
    ]
    if not rows_:
        return Finding(
            node=node, truth=Truth.UNKNOWN, why=f"stage {name} is not recorded, asked {asked}", missing=f"stage {name}"
        )
    judged = [_staged(node, row, chart) for tumour in _by_tumour(rows_) for row in _newest(tumour)]
    claim = agreed(one.claim for one in judged)
    decisive = next((one for one in judged if one.claim is claim), judged[0])
    why = f"{decisive.why}, asked {asked}"
    if claim is None and all(one.claim is not None for one in judged):
        why = f"contradicting stages: {'; '.join(one.why for one in judged)}, asked {asked}"
    evidence = tuple(Evidence(fact=one.fact) for one in judged)
    missing = "" if claim is not None else f"stage {name}"
    return Finding(node=node, truth=Truth.of(claim), why=why, evidence=evidence, missing=missing)


def _concerns(node: Stage, row: Dated[Staging], chart: Chart) -> bool:
    """Whether it is a stage of the tumour asked for, with a prefix that does not say another moment."""
    fact = row.fact
    if _prefixes(node.prefix, fact.prefix) is False:
        return False
    return node.concept is None or fact.concept is None or chart.names.relation(node.concept, fact.concept) is not None


def _prefixes(asked: str | None, found: str | None) -> Claim:
    """r, y and p are said when they are meant: a stage without a prefix is clinical, and may be the first one."""
    if not asked:
        return True
    if not found:
        return True if asked.lower() == "c" else None
    one, other = set(asked.lower()), set(found.lower())
    return one <= other and ("y" in one) == ("y" in other)


def _by_tumour(staged: Iterable[Dated[Staging]]) -> list[list[Dated[Staging]]]:
    tumours: dict[str, list[Dated[Staging]]] = {}
    for row in staged:
        concept = row.fact.concept
        tumours.setdefault((concept.id or concept.text) if concept else "", []).append(row)
    return list(tumours.values())


def _newest(staged: list[Dated[Staging]]) -> list[Dated[Staging]]:
    bar = max(row.day.earliest for row in staged)
    return [row for row in staged if row.day.latest >= bar]


def _staged(node: Stage, row: Dated[Staging], chart: Chart) -> Staged:
    fact = row.fact
    edition = f", edition {fact.edition}" if fact.edition else ""
    said = f"{named(fact)} on {dated(fact)}{edition}"
    if row.begun is None:
        return Staged(fact, None, f"{said} may be later than {chart.index_date}")
    if node.edition and node.edition != fact.edition:
        return Staged(fact, None, f"{said} is not said to be by edition {node.edition}")
    if _prefixes(node.prefix, fact.prefix) is None:
        return Staged(fact, None, f"{said} has no prefix")
    if not (node.prefix and fact.prefix) and chart.is_stale(row.day):
        return Staged(fact, None, f"{said} was staged before a recurrence or progression on record")
    return Staged(fact, either(*(fits(fact.value, allowed) for allowed in node.allowed)), said)


def fits(found: str, allowed: str) -> Claim:
    """Whether a stage is the allowed one or a part of it: T2a is T2, T2 may be T2a, TX is not known."""
    one, other = parsed_stage(found), parsed_stage(allowed)
    if one is None or other is None:
        return True if found.strip().lower() == allowed.strip().lower() else None
    if one[0] and other[0] and one[0] != other[0]:
        return None
    if "x" in (one[1], other[1]):
        return True if one[1:] == other[1:] else None
    if one[1] != other[1]:
        return False
    if one[2].startswith(other[2]):
        return True
    return None if other[2].startswith(one[2]) else False


def parsed_stage(stage: str) -> tuple[str, str, str] | None:
    match = _STAGE.fullmatch(stage.strip().lower())
    if match is None:
        return None
    letter, head, tail = match.groups()
    return letter, _ARABIC.get(head, head), tail.replace(" ", "")


_ARABIC = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
