"""What the SQL engine cannot do: said by node, and never answered wrongly.

`notyet` could be lowered and is not; `notimpl` needs what the tables do not hold; `never` cannot be.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

from trialwright.criteria.nodes import Compare, Criteria, Has, Node, Score, walk

from .amounts import is_held, limits

Kind = Literal["notimpl", "notyet", "never"]


class Gap(NamedTuple):
    """One node that the engine does not judge; the whole criterion is then unknown."""

    criterion: str
    node: Node
    kind: Kind
    reason: str


def gaps(criteria: Criteria) -> tuple[Gap, ...]:
    """All nodes that the SQL engine cannot judge, in the order of the criteria."""
    return tuple(
        Gap(criterion.id, node, *found)
        for criterion in criteria.criteria
        for node in walk(criterion.node)
        if (found := gap_of(node)) is not None
    )


def gap_of(node: Node) -> tuple[Kind, str] | None:
    match node:
        case Compare(statistic="mean", relative_to="ULN" | "LLN"):
            return "notyet", "a mean of multiples of a printed limit"
        case Has(times=times) if times and node.concept.id == "second-malignancy":
            return "notyet", "how many other malignancies there are"
        case _:
            if all(is_held(number) for number in _numbers(node)):
                return None
            return "never", "a number that no table can hold: 20 digits or more before the point"


def _numbers(node: Node) -> Iterator[Decimal]:
    match node:
        case Compare(relative_to=None):
            for low, high in limits(node.quantity, node.measure.id).values():
                yield from (low, high)
        case Compare():
            yield node.quantity.value
        case Score():
            yield node.value
        case Has():
            if node.severity:
                yield node.severity.grade
            if node.dose:
                for low, high in limits(node.dose.quantity, None).values():
                    yield from (low, high)
            for exception in node.unless:
                yield from _numbers(exception)
        case _:
            return
