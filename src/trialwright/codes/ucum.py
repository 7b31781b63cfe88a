"""UCUM codes: what a unit is worth. A code such as `10*9/L` comes in, an exact factor and a dimension go out.

Annotations in braces count as a dimension of their own, so that `mL/min/{1.73_m2}` never passes for `mL/min` and
`{copies}/mL` never for `[IU]/mL`; only those listed with an empty dimension in `ucum_atoms.tsv` (`{INR}`, `{cells}` …)
say nothing about the size.
"""

import re
from fractions import Fraction
from functools import cache
from typing import NamedTuple

import msgspec

from .quantities import UnitError
from .tables import rows

Dimension = tuple[tuple[str, int], ...]

_PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18,
}  # fmt: skip
_TERM = re.compile(
    r"(\()|(\))|([./])|(10\*-?[0-9]{1,2}|10\^-?[0-9]{1,2})|([1-9][0-9]{0,5})(?![*^\d])|(\{[^{}]*\})|((?:[A-Za-z%]+|\[[^\[\]]+\])+)(-?[1-9])?"
)


class Worth(msgspec.Struct, frozen=True):
    """What one of a unit is in base units.

    factor     of the base units named in `dimension`
    dimension  base unit and exponent, sorted by name; empty for a pure number
    offset     in the base unit, for temperatures only
    """

    factor: Fraction
    dimension: Dimension
    offset: Fraction = Fraction(0)


class _Atom(NamedTuple):
    metric: bool
    worth: Worth


@cache
def _atoms() -> dict[str, _Atom]:
    found: dict[str, _Atom] = {}
    for row in rows("ucum_atoms"):
        powers = re.findall(r"([^\s.\d-]+)(-?[1-9])?", row["dimension"])
        dimension = tuple(sorted((name, int(power or 1)) for name, power in powers))
        worth = Worth(Fraction(row["factor"]), dimension, Fraction(row["offset"] or 0))
        found[row["unit"]] = _Atom(row["metric"] == "yes", worth)
    return found


@cache
def worth(unit: str) -> Worth:
    """What one `unit` is worth.

    raises  UnitError when the text is no UCUM code that this table knows
    """
    tokens = _tokens(unit)
    result, rest = _product(tokens, 0, unit)
    if rest != len(tokens):
        raise UnitError(f"{unit!r} is no unit known here; expected a UCUM code such as 10*9/L or mg/dL")
    return result


def _tokens(unit: str) -> list[re.Match[str]]:
    found, place = [], 0
    while place < len(unit):
        match = _TERM.match(unit, place)
        if match is None:
            raise UnitError(f"{unit!r} is no unit known here; expected a UCUM code such as 10*9/L or mg/dL")
        found.append(match)
        place = match.end()
    if not found:
        raise UnitError("an empty text is no unit; a pure number has the unit 1")
    return found


def _product(tokens: list[re.Match[str]], place: int, unit: str) -> tuple[Worth, int]:
    """Left to right, `.` and `/` bind alike, as UCUM has it; a leading `/` divides one."""
    result, sign, wants_term = Worth(Fraction(1), ()), 1, True
    while place < len(tokens):
        opening, closing, operator = tokens[place].group(1, 2, 3)
        if closing:
            break
        if operator:
            if wants_term and not (operator == "/" and place == 0):
                raise UnitError(f"{unit!r} is no unit: an operator stands where a unit was expected")
            sign, wants_term, place = (1 if operator == "." else -1), True, place + 1
            continue
        if opening:
            term, place = _product(tokens, place + 1, unit)
            if place >= len(tokens):
                raise UnitError(f"{unit!r} is no unit: a parenthesis stays open")
        elif not wants_term and not tokens[place].group(6):
            raise UnitError(f"{unit!r} is no unit: an operator is missing")
        else:
            term = _term(tokens[place], unit)
        result, wants_term, place = _times(result, term, sign), False, place + 1
    if wants_term:
        raise UnitError(f"{unit!r} is no unit: it ends where a unit was expected")
    return result, place


def _term(token: re.Match[str], unit: str) -> Worth:
    ten, number, annotation, symbol, exponent = token.group(4, 5, 6, 7, 8)
    if ten:
        return Worth(Fraction(10) ** int(ten[3:]), ())
    if number:
        return Worth(Fraction(int(number)), ())
    if annotation:
        known = _atoms().get(annotation)
        return known.worth if known else Worth(Fraction(1), ((annotation, 1),))
    return _power(_symbol(symbol, unit), int(exponent or 1))


def _symbol(symbol: str, unit: str) -> Worth:
    atoms = _atoms()
    if symbol in atoms:
        return atoms[symbol].worth
    for length in (1, 2):
        atom = atoms.get(symbol[length:])
        if atom and atom.metric and symbol[:length] in _PREFIXES:
            return Worth(atom.worth.factor * Fraction(10) ** _PREFIXES[symbol[:length]], atom.worth.dimension)
    raise UnitError(f"{unit!r} is no unit known here: {symbol!r} is not in the table")


def _times(left: Worth, right: Worth, sign: int) -> Worth:
    powers = dict(left.dimension)
    for name, power in right.dimension:
        powers[name] = powers.get(name, 0) + sign * power
    dimension = tuple(sorted((name, power) for name, power in powers.items() if power))
    # A temperature keeps its offset only while it stands alone: per degree, a scale's zero does not matter.
    offset = right.offset if left == Worth(Fraction(1), ()) and sign > 0 else Fraction(0)
    return Worth(left.factor * right.factor**sign, dimension, offset)


def _power(worth: Worth, exponent: int) -> Worth:
    if exponent == 1:
        return worth
    return Worth(worth.factor**exponent, tuple((name, power * exponent) for name, power in worth.dimension if exponent))
