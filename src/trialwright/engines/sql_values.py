"""Numbers against limits, as query terms: `values.compare` for columns, and rows of which the latest decide.

A claim about a row goes in as a boolean term; a flag for it goes into the aggregate, and what all flags of a person say together comes out.
"""

from decimal import Decimal
from typing import assert_never

from trialwright.codes.quantities import Op

from .amounts import Limits, on_grid
from .sql_terms import (
    Term,
    above,
    at_least,
    at_most,
    below,
    bits,
    both,
    case,
    decimal,
    either,
    equal,
    filled,
    integer,
    is_missing,
    no,
    nothing,
    number,
    one_of,
    opposite,
    plus,
    times,
    unequal,
    unknown,
    yes,
)
from .sql_terms import words as quoted

FAILS, OPEN, HOLDS = 1, 2, 4
"""Flags of the rows that decide, by their claim. Those of derived values stand DERIVED times higher, and count when no other is there."""
DERIVED = 8
OUT_OF_TIME = 64
"""Flag of rows of which it is not known whether they lie in the window; DERIVED ones twice that."""


def compare(value: Term, op: Op, limit: tuple[Term, Term], comparator: Term | None = None) -> Term:
    """Whether the value is `op` the limit; NULL when either is, or when a bound leaves it open.

    limit       the least and the greatest that it may be in the value's unit; the same term twice where it is exact
    comparator  of the value, NULL for an exact one
    """
    exact = _exactly(value, op, limit[0]) if limit[0] is limit[1] else None
    if comparator is None and exact is not None:
        return exact
    given = comparator if comparator is not None else nothing()
    bounded = _bounded(value, op, limit, given)
    return bounded if exact is None else case((is_missing(given), exact), other=bounded)


def _exactly(value: Term, op: Op, limit: Term) -> Term:
    return {"<": below, "<=": at_most, ">": above, ">=": at_least, "=": equal, "!=": unequal}[op](value, limit)


def _bounded(value: Term, op: Op, limit: tuple[Term, Term], comparator: Term) -> Term:
    match op:
        case "<":
            return _below(value, limit, comparator)
        case ">=":
            return opposite(_below(value, limit, comparator))
        case ">":
            return _above(value, limit, comparator)
        case "<=":
            return opposite(_above(value, limit, comparator))
        case "=" | "!=":
            same = both(opposite(_below(value, limit, comparator)), opposite(_above(value, limit, comparator)))
            return same if op == "=" else opposite(same)
        case _:
            assert_never(op)


def _below(value: Term, limit: tuple[Term, Term], comparator: Term) -> Term:
    low, high = limit
    is_exact = is_missing(comparator)
    return case(
        (both(either(is_exact, equal(comparator, quoted("<="))), below(value, low)), yes()),
        (both(equal(comparator, quoted("<")), at_most(value, low)), yes()),
        (both(either(is_exact, one_of(comparator, (">", ">="))), at_least(value, high)), no()),
    )


def _above(value: Term, limit: tuple[Term, Term], comparator: Term) -> Term:
    low, high = limit
    is_exact = is_missing(comparator)
    return case(
        (both(either(is_exact, equal(comparator, quoted(">="))), above(value, high)), yes()),
        (both(equal(comparator, quoted(">")), at_least(value, high)), yes()),
        (both(either(is_exact, one_of(comparator, ("<", "<="))), at_most(value, low)), no()),
    )


def within_units(unit: Term, value: Term, asked: tuple[Op, Limits], comparator: Term | None = None) -> Term:
    """The comparison in whichever home unit the value has; NULL in any other."""
    op, limits = asked
    branches = []
    for home, (low, high) in limits.items():
        least = decimal(on_grid(low) or Decimal(0))
        most = least if low == high else decimal(on_grid(high) or Decimal(0))
        branches.append((equal(unit, quoted(home)), compare(value, op, (least, most), comparator)))
    return case(*branches)


def flag(claim: Term, derived: Term | None = None) -> Term:
    """HOLDS, FAILS or OPEN, for the aggregate of all bits."""
    # One mention of the claim: 1 + 3 x 1, 1 + 3 x 0, or 2 for NULL.
    own = filled(plus(number(FAILS), times(number(HOLDS - FAILS), integer(claim))), number(OPEN))
    return own if derived is None else times(own, case((derived, number(DERIVED)), other=number(1)))


def agreed(flags: Term) -> Term:
    """The claim that all rows that decide agree on; recorded values before derived ones."""
    recorded = bits(flags, HOLDS | FAILS | OPEN)
    return case(
        (equal(recorded, number(HOLDS)), yes()),
        (equal(recorded, number(FAILS)), no()),
        (equal(flags, number(HOLDS * DERIVED)), yes()),
        (equal(flags, number(FAILS * DERIVED)), no()),
    )


def all_hold(flags: Term) -> Term:
    """Kleene's and of all rows; NULL without any, and where one may lie outside the window."""
    return case(
        (above(bits(flags, OUT_OF_TIME), number(0)), unknown()),
        (above(bits(flags, FAILS), number(0)), no()),
        (equal(flags, number(HOLDS)), yes()),
    )
