"""What the criteria cost, in any order: steps from counted cells, nothing judged again.

Cells (`counts`) and an order of criteria come in, exact numbers go out. Two kinds of people go through every step: those who remain (met
in all so far) and those who are possible (met or not known in all so far).
"""

from collections.abc import Iterable, Sequence

import msgspec

from .counts import Cell, Counts


class Step(msgspec.Struct, frozen=True):
    """One criterion at its place in the order. All are people.

    remain    all criteria so far are met
    possible  none so far is failed: met or not known
    excluded  possible before, and fail this one
    unknown   possible still, and this one is not known of them
    alone     fail this one and no other of the whole order
    gained    meet all others of the whole order and not this one: what dropping it adds to those who remain at the end
    """

    criterion: str
    remain: int
    possible: int
    excluded: int
    unknown: int
    alone: int
    gained: int


def attrition(counts: Counts, order: Sequence[str]) -> tuple[Step, ...]:
    """The steps in this order; criteria that it leaves out count nowhere."""
    bits = [bit_of(counts, name) for name in order]
    whole = _joined(bits)
    steps = []
    passed = 0
    for name, bit in zip(order, bits, strict=True):
        before, passed, others = passed, passed | bit, whole & ~bit
        remain = possible = excluded = unknown = alone = gained = 0
        for cell in counts.cells:
            people, can = cell.people, cell.met | cell.unknown
            if cell.met & passed == passed:
                remain += people
            if can & passed == passed:
                possible += people
                unknown += people if cell.unknown & bit else 0
            elif can & before == before:
                excluded += people
            if not can & bit and can & others == others:
                alone += people
            if not cell.met & bit and cell.met & others == others:
                gained += people
        steps.append(Step(name, remain, possible, excluded, unknown, alone, gained))
    return tuple(steps)


def remaining(cells: Iterable[Cell], bits: int) -> tuple[int, int]:
    """How many of the cells' people meet all of these criteria, and how many fail none of them."""
    remain = possible = 0
    for cell in cells:
        if cell.met & bits == bits:
            remain += cell.people
        if (cell.met | cell.unknown) & bits == bits:
            possible += cell.people
    return remain, possible


def bit_of(counts: Counts, name: str) -> int:
    return 1 << counts.criteria.index(name)


def bits_of(counts: Counts, names: Iterable[str]) -> int:
    return _joined(bit_of(counts, name) for name in names)


def undecided(counts: Counts) -> tuple[str, ...]:
    """The criteria that nobody's chart answers."""
    return tuple(
        name for place, name in enumerate(counts.criteria) if all(cell.unknown >> place & 1 for cell in counts.cells)
    )


def is_for_persons(counts: Counts, name: str) -> bool:
    """Whether a criterion is for a person to say of everybody."""
    bit = bit_of(counts, name)
    return all(cell.person & bit for cell in counts.cells)


def _joined(bits: Iterable[int]) -> int:
    whole = 0
    for bit in bits:
        whole |= bit
    return whole
