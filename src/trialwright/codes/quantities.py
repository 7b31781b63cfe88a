"""Exact quantities: a decimal value and a UCUM unit. How units are read and converted is `codes.units`."""

import re
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
        return f"{self.value:f} {shown_unit(self.unit)}".strip()


_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_TEN = re.compile(r"10\*(-?\d+)")
_SHOWN = {
    "1": "",
    "{INR}": "",
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "kg/m2": "kg/m²",
    "mg/m2": "mg/m²",
}


def shown_unit(unit: str) -> str:
    """A UCUM code as people print it: `×10⁹/L` for `10*9/L`, `IU/mL` for `[IU]/mL`; nothing for a pure number."""
    if unit in _SHOWN:
        return _SHOWN[unit]
    powers = _TEN.sub(lambda match: "×10" + match.group(1).translate(_SUPERSCRIPTS), unit)
    return re.sub(r"[\[\]{}]", "", powers)


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
