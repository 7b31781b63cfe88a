"""Compiled criteria in, what they demand out, as terms that an index can hold: `excludes:hepatitis-b`, `forbids:ecog=2`.

Each is found by asking the tree, never by reading words: what if a patient had this and nothing else were known? A criterion
that then fails excludes it. What a criterion does not settle gives no term, so that nothing is guessed.

excludes  having it alone rules a patient out
limits    having it rules out in some cases: within a time, above a grade, with a qualifier, unless something else holds
requires  not having it rules a patient out
one-of    it is among several of which one is required
forbids   a scale's value that rules out: `ecog=2`; stage=… and not-stage=…: what a stage must be among
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Literal

from trialwright.codes.concepts import Concept
from trialwright.codes.tables import rows
from trialwright.criteria.logic import Truth, all_of, any_of, at_least, negate, verdict
from trialwright.criteria.nodes import (
    All,
    Any,
    AtLeast,
    Criteria,
    Criterion,
    Has,
    If,
    Node,
    Not,
    Score,
    Stage,
    walk,
)

Demand = Literal["excludes", "limits", "requires", "one-of", "forbids", "stage"]
_Assumed = Callable[[Node], Truth]
_WIDEST = 100


def terms_of(criteria: Criteria) -> tuple[str, ...]:
    """Every demand as `kind:name`, each once, in order."""
    found = (f"{kind}:{name}" for criterion in criteria.criteria for kind, name in demands(criterion))
    return tuple(dict.fromkeys(found))


def demands(criterion: Criterion) -> Iterator[tuple[Demand, str]]:
    """What one criterion demands. A name is a concept's id, or its words joined by `_` where the vocabulary does not know it."""
    yield from dict.fromkeys(_on_concepts(criterion))
    yield from dict.fromkeys(_on_scores(criterion))
    yield from dict.fromkeys(_on_stages(criterion))


def name_of(concept: Concept) -> str:
    return concept.id or "_".join(concept.text.lower().split())[:80]


def _on_concepts(criterion: Criterion) -> Iterator[tuple[Demand, str]]:
    seen: dict[str, list[tuple[Has, bool]]] = {}
    for node, is_wanted in _atoms(criterion.node, is_wanted=criterion.kind == "inclusion"):
        if isinstance(node, Has) and "family_history" not in node.status and (name := name_of(node.concept)):
            seen.setdefault(name, []).append((node, is_wanted))
    for name, atoms in seen.items():
        if _fails(criterion, _having(name, Truth.TRUE)):
            yield ("limits" if all(_is_narrowed(atom) for atom, _ in atoms) else "excludes"), name
        elif _fails(criterion, _having(name, Truth.FALSE)):
            yield "requires", name
        elif criterion.kind == "inclusion" and any(is_wanted for _, is_wanted in atoms):
            yield "one-of", name
        elif criterion.kind == "exclusion" and not all(is_wanted for _, is_wanted in atoms):
            yield "limits", name


def _atoms(node: Node, *, is_wanted: bool) -> Iterator[tuple[Node, bool]]:
    """The nodes without parts, each with whether its holding speaks for the patient."""
    match node:
        case Not(part=part):
            yield from _atoms(part, is_wanted=not is_wanted)
        case If(condition=condition, then=then):
            yield from _atoms(condition, is_wanted=not is_wanted)
            yield from _atoms(then, is_wanted=is_wanted)
        case All(parts=parts) | Any(parts=parts) | AtLeast(parts=parts):
            for part in parts:
                yield from _atoms(part, is_wanted=is_wanted)
        case _:
            yield node, is_wanted


def _on_scores(criterion: Criterion) -> Iterator[tuple[Demand, str]]:
    scales = {node.scale for node in walk(criterion.node) if isinstance(node, Score)}
    for scale in sorted(scales):
        for value in scale_values(scale):
            if _fails(criterion, _scored(scale, value)):
                yield "forbids", f"{scale}={value}"


def _on_stages(criterion: Criterion) -> Iterator[tuple[Demand, str]]:
    for node in walk(criterion.node):
        if isinstance(node, Stage):
            is_wanted = _fails(criterion, _only(node, Truth.FALSE))
            if is_wanted or _fails(criterion, _only(node, Truth.TRUE)):
                yield from (("stage", f"{'' if is_wanted else 'not-'}{value.lower()}") for value in node.allowed)


def _only(known: Node, truth: Truth) -> _Assumed:
    return lambda node: truth if node is known else Truth.UNKNOWN


def _fails(criterion: Criterion, assumed: _Assumed) -> bool:
    return verdict(criterion.kind, _truth(criterion.node, assumed)) == "fail"


def _having(name: str, truth: Truth) -> _Assumed:
    def assumed(node: Node) -> Truth:
        return truth if isinstance(node, Has) and name_of(node.concept) == name else Truth.UNKNOWN

    return assumed


def _scored(scale: str, value: Decimal) -> _Assumed:
    def assumed(node: Node) -> Truth:
        if not isinstance(node, Score) or node.scale != scale:
            return Truth.UNKNOWN
        return Truth.of(_holds(node, value))

    return assumed


def _holds(score: Score, value: Decimal) -> bool:
    match score.op:
        case "<":
            return value < score.value
        case "<=":
            return value <= score.value
        case ">":
            return value > score.value
        case ">=":
            return value >= score.value
        case "=":
            return value == score.value
        case "!=":
            return value != score.value


def _is_narrowed(atom: Has) -> bool:
    # "Active hepatitis B" lets a patient in whose hepatitis B is inactive.
    return bool(
        not set(atom.status) <= {"current", "history", "known", "confirmed"}
        or atom.severity
        or atom.when
        or atom.times
        or atom.dose
        or atom.qualifiers
        or atom.reason
        or atom.cause
        or atom.unless
        or atom.site
    )


def _truth(node: Node, assumed: _Assumed) -> Truth:
    match node:
        case All(parts=parts):
            return all_of([_truth(part, assumed) for part in parts])
        case Any(parts=parts):
            truth = any_of([_truth(part, assumed) for part in parts])
            return Truth.UNKNOWN if node.open and truth is Truth.FALSE else truth
        case AtLeast(count=count, parts=parts):
            return at_least(count, [_truth(part, assumed) for part in parts])
        case Not(part=part):
            return negate(_truth(part, assumed))
        case If(condition=condition, then=then):
            return any_of((negate(_truth(condition, assumed)), _truth(then, assumed)))
        case _:
            return assumed(node)


@cache
def scale_values(scale: str) -> tuple[Decimal, ...]:
    """The values a scale can have, tens for those that go in tens; none for a scale without stated ends."""
    for row in rows("scales"):
        if row["id"] == scale and row["low"] and row["high"]:
            low, high = int(row["low"]), int(row["high"])
            if high - low > _WIDEST:
                return ()
            return tuple(Decimal(value) for value in range(low, high + 1, 10 if high - low >= 50 else 1))
    return ()
