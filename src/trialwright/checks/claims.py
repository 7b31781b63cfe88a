"""What a criterion asks of every participant: the atoms that must hold and those that must not.

Only what follows for certain is a claim. Alternatives, conditions, counts and words that were not read claim nothing, and an
atom with an exception beside it claims nothing of those the exception lets in.
"""

from collections.abc import Iterator

import msgspec

from trialwright.codes.places import Span
from trialwright.criteria.nodes import (
    All,
    Any,
    Atom,
    Compare,
    Criteria,
    Criterion,
    Has,
    Interval,
    Node,
    Not,
    Person,
    Score,
    Stage,
)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One atom that must hold (`wanted`) or must not hold for a patient to be eligible.

    only  it alone settles its criterion
    """

    criterion: Criterion
    atom: Atom
    wanted: bool
    only: bool = False

    @property
    def span(self) -> Span | None:
        return self.atom.span


def claims(criteria: Criteria) -> tuple[Claim, ...]:
    """Every claim of a trial, in printed order."""
    return tuple(
        claim
        for criterion in criteria.criteria
        for claim in _claims(criterion, criterion.node, wanted=criterion.kind == "inclusion")
    )


def _claims(criterion: Criterion, node: Node, *, wanted: bool) -> Iterator[Claim]:
    match node:
        case All(parts=parts) if wanted:
            for part in parts:
                yield from _claims(criterion, part, wanted=True)
        case Any(parts=parts) if not wanted:
            for part in parts:
                yield from _claims(criterion, part, wanted=False)
        case Not(part=part):
            yield from _claims(criterion, part, wanted=not wanted)
        case Has() | Compare() | Score() | Stage() | Interval() | Person():
            yield Claim(criterion=criterion, atom=node, wanted=wanted, only=criterion.node is node)
        case _:
            return


def words_of(claim: Claim) -> str:
    """The words an atom was read from; the criterion's where it was not read but built."""
    return claim.span.of(claim.criterion.text) if claim.span else claim.criterion.text
