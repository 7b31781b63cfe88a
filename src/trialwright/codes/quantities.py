"""Exact quantities: a decimal value and a UCUM unit. How units are read and converted is `codes.units`."""

from decimal import Decimal
from typing import Literal

import msgspec

Op = Literal["<", "<=", ">", ">=", "=", "!="]


class UnitError(ValueError):
    """A unit that is not known, or that does not fit what is measured."""


class Quantity(msgspec.Struct, frozen=True):
    """A number with its unit.

    value  exact decimal
    unit   UCUM code, such as `10*9/L`, `mg/dL`, `%`; `1` for a pure number
    """

    value: Decimal
    unit: str = "1"

    def __str__(self) -> str:
        number = f"{self.value:f}"
        return number if self.unit == "1" else f"{number} {self.unit}"


def holds(left: Decimal, op: Op, right: Decimal) -> bool:
    """Whether `left op right`, exactly."""
    match op:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "=":
            return left == right
        case "!=":
            return left != right
