"""What if a limit were another: one number of one criterion changed, the rest of its tree as it was.

A criterion and a number in the criterion's own unit come in, the changed criterion goes out, to be judged beside the others.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from trialwright.codes.dates import Duration
from trialwright.codes.quantities import Quantity
from trialwright.criteria.nodes import Compare, Criterion, Node, Person, Score, rebuild, walk


class ThresholdError(ValueError):
    """There is no such limit in the criterion, or more than one."""


class WhatIf(msgspec.Struct, frozen=True):
    """criterion: its id. measure: words of what is measured, `""` where the criterion has one limit alone."""

    criterion: str
    measure: str
    value: Decimal

    @property
    def name(self) -> str:
        """How the changed criterion is called; no other criterion has such an id."""
        return " ".join(filter(None, (self.criterion, "if", self.measure, f"{self.value:f}")))


def changed(criterion: Criterion, asked: WhatIf) -> Criterion:
    """The criterion with its limit at the value asked for.

    raises  ThresholdError when the words fit no limit of it, or several
    """
    fitting = [atom for atom in _limits(criterion.node) if _fits(atom, asked.measure)]
    if len(fitting) != 1:
        known = ", ".join(dict.fromkeys(limit_words(atom) for atom in _limits(criterion.node))) or "none"
        problem = "no such limit" if not fitting else "more than one such limit"
        raise ThresholdError(f"{asked.criterion}: {problem}; its limits: {known}")
    old = fitting[0]
    node = rebuild(criterion.node, lambda one: _moved(old, asked.value) if one is old or one == old else one)
    return msgspec.structs.replace(criterion, id=asked.name, node=node)


def limit_words(atom: Node) -> str:
    """`hemoglobin >= 90 g/L`, for a node with a limit."""
    match atom:
        case Compare(measure=measure, op=op, quantity=quantity, relative_to=relative):
            unit = f"x {relative}" if relative else quantity.unit
            return f"{measure.id or measure.text} {op} {quantity.value:f} {unit}".removesuffix(" 1")
        case Score(scale=scale, op=op, value=value):
            return f"{scale} {op} {value:f}"
        case Person(age=(op, limit)):
            return f"age {op} {limit.value:f} {limit.unit}s"
        case _:
            return ""


def limit_of(criterion: Criterion, measure: str) -> str:
    """The words of the one limit that fits; "" when that is not one."""
    fitting = [atom for atom in _limits(criterion.node) if _fits(atom, measure)]
    return limit_words(fitting[0]) if len(fitting) == 1 else ""


def _limits(node: Node) -> Sequence[Node]:
    return list(_each_limit(node))


def _each_limit(node: Node) -> Iterator[Node]:
    for one in walk(node):
        if isinstance(one, Compare | Score) or (isinstance(one, Person) and one.age):
            yield one


def _fits(atom: Node, words: str) -> bool:
    asked = words.lower().strip()
    match atom:
        case Compare(measure=measure):
            return asked in (measure.id or "").lower() or asked in measure.text.lower()
        case Score(scale=scale):
            return asked in scale.lower()
        case _:
            return asked in "age"


def _moved(atom: Node, value: Decimal) -> Node:
    match atom:
        case Compare(quantity=quantity):
            return msgspec.structs.replace(atom, quantity=Quantity(value, quantity.unit))
        case Score():
            return msgspec.structs.replace(atom, value=value)
        case Person(age=(op, limit)):
            return msgspec.structs.replace(atom, age=(op, Duration(value, limit.unit)))
        case _:
            raise ThresholdError("a node without a limit")
