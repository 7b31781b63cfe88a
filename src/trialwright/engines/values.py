"""Numbers that are known exactly or only to a bound, held against a limit: a claim comes out, never a rounding.

`< 5` from a laboratory is all numbers below 5. A comparison holds when it holds for all of them, fails when it does for none, and is not
known otherwise. Products are exact: 1.8 <= 1.5 x 1.2 holds.
"""

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Literal, NamedTuple, assert_never

from trialwright.codes.quantities import Op

from .windows import Claim, both, opposite

_EXACT = Context(prec=80, Emax=MAX_EMAX, Emin=MIN_EMIN)
Comparator = Literal["<", "<=", ">", ">="]


class Value(NamedTuple):
    """All numbers from `low` to `high`; None = without end. `low_open`, `high_open`: the end itself is left out."""

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def of(cls, low: Decimal, high: Decimal, comparator: Comparator | None = None) -> "Value":
        match comparator:
            case None:
                return cls(low, high)
            case "<" | "<=":
                return cls(None, high, high_open=comparator == "<")
            case ">" | ">=":
                return cls(low, None, low_open=comparator == ">")
            case _:
                assert_never(comparator)


def compare(value: Value, op: Op, limit: Decimal) -> Claim:
    match op:
        case "<":
            return _below(value, limit)
        case ">=":
            return opposite(_below(value, limit))
        case ">":
            return _above(value, limit)
        case "<=":
            return opposite(_above(value, limit))
        case "=" | "!=":
            equal = both(opposite(_below(value, limit)), opposite(_above(value, limit)))
            return equal if op == "=" else opposite(equal)
        case _:
            assert_never(op)


def _below(value: Value, limit: Decimal) -> Claim:
    if value.high is not None and (value.high < limit or (value.high == limit and value.high_open)):
        return True
    return False if value.low is not None and value.low >= limit else None


def _above(value: Value, limit: Decimal) -> Claim:
    if value.low is not None and (value.low > limit or (value.low == limit and value.low_open)):
        return True
    return False if value.high is not None and value.high <= limit else None


def times(one: Decimal, other: Decimal) -> Decimal:
    return _EXACT.multiply(one, other)


def plus(one: Decimal, other: Decimal) -> Decimal:
    return _EXACT.add(one, other)


def is_near(value: Decimal, limit: Decimal) -> bool:
    """Whether the value misses or meets the limit by no more than a tenth of it."""
    return _EXACT.multiply(_EXACT.abs(_EXACT.subtract(value, limit)), Decimal(10)) <= _EXACT.abs(limit)
