"""Numbers as the fact tables hold them: in one unit a kind of measure, on one decimal grid, so that SQL compares them exactly.

A quantity as recorded goes in, a number on the grid and its home unit come out; a limit goes in, the same limit in every home unit that
converts to its own comes out. A number between two points of the grid is kept as "between them", never rounded onto one of them.

Both sides of a comparison convert to the home unit instead of one side to the other's, which is the same comparison, since every
conversion is a rising straight line.
"""

from collections.abc import Iterator
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

from trialwright.codes.measures import Measure, measure_of
from trialwright.codes.quantities import Quantity, UnitError
from trialwright.codes.ucum import Dimension, worth
from trialwright.codes.units import convert_range

PLACES = 18
"""Digits behind the point in the tables. Numbers of one digit less are exact; the last digit is 5 for what lies between two of them."""
_FINE = 10 ** (PLACES - 1)
_EDGE = 10**38
_EXACT = Context(prec=60)
_MOST = Decimal(_EDGE - 1).scaleb(-PLACES, _EXACT)
_TWO_SCALES = {"hba1c": ("%", "mmol/mol")}
"""Measures of which two units of one dimension have different zeros, so that neither is the other's home."""

Limits = dict[str, tuple[Decimal, Decimal]]
"""By home unit: the least and the greatest number there that the limit can be."""


def on_grid(value: Decimal | Fraction) -> Decimal | None:
    """The number itself, or one that compares to every number of 17 decimal places as it does; None for what is no number.

    Numbers of 20 digits and more before the point come out as the greatest one that a table holds.
    """
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and -PLACES < exponent <= 0 and value.adjusted() < 20:
            return value
    scaled = Fraction(value) * _FINE
    whole = scaled.numerator // scaled.denominator
    digits = whole * 10 + (0 if whole == scaled else 5)
    if abs(digits) >= _EDGE:
        return _MOST if digits > 0 else -_MOST
    return Decimal(digits).scaleb(-PLACES, _EXACT)


def ratio_on_grid(value: Decimal, other: Decimal) -> Decimal | None:
    """As `on_grid` of their quotient; the second is above 0."""
    if value.adjusted() - other.adjusted() > 18 or abs(other.adjusted()) > 18:
        return on_grid(Fraction(value) / Fraction(other))
    whole, rest = _EXACT.divmod(_EXACT.scaleb(value, PLACES - 1), other)
    digits = int(whole) * 10 + (5 if rest > 0 else -5 if rest < 0 else 0)
    return Decimal(digits).scaleb(-PLACES, _EXACT)


def is_held(value: Decimal) -> bool:
    """Whether a table can hold numbers of this size, so that a limit of it can be compared with them."""
    return value.is_finite() and abs(value) < _MOST


def at_home(quantity: Quantity, measure: str | None) -> tuple[Decimal | None, str, bool]:
    """The number in its home unit, that unit, and whether the number is exact there.

    measure  the vocabulary's id of what is measured; its usual unit is the home of all units that differ from it in size alone
    """
    home = home_unit(quantity.unit, measure)
    value = quantity.value
    if home != quantity.unit and value.is_finite():
        value = convert_range(quantity, home)[0].value
    held = on_grid(value)
    return held, home, held == value


@lru_cache(maxsize=4096)
def home_unit(unit: str, measure: str | None) -> str:
    """The unit in which the tables hold quantities of `unit`: the measure's usual one, else one of base units, else itself."""
    try:
        dimension = worth(unit).dimension
    except UnitError:
        return unit
    if measure in _TWO_SCALES:
        return unit if unit in _TWO_SCALES[measure] else _basic(dimension)
    fact = measure_of(measure) if measure else None
    if fact and fact.unit and worth(fact.unit).dimension == dimension:
        return fact.unit
    return _basic(dimension)


@lru_cache(maxsize=4096)
def limits(limit: Quantity, measure: str | None) -> Limits:
    """The limit in every home unit that converts to its own; no entry for the others.

    measure  what is measured, whose molar mass counts. The homes are those of facts that carry this id, and of facts without an id
    """
    found: Limits = {}
    for home in _homes(limit.unit, measure):
        try:
            low, high = (limit, limit) if home == limit.unit else convert_range(limit, home, measure)
        except UnitError:
            continue
        found[home] = (low.value, high.value)
    return found


def _homes(wanted: str, measure: str | None) -> list[str]:
    try:
        dimension = worth(wanted).dimension
    except UnitError:
        return [wanted]
    fact = measure_of(measure) if measure else None
    alike = _alike(dimension, fact) if fact else [dimension]
    homes = [home_unit(_basic(one), kept_as) for one in alike for kept_as in (measure, None)]
    return list(dict.fromkeys([*_TWO_SCALES.get(measure or "", ()), *homes]))


def _alike(dimension: Dimension, fact: Measure) -> list[Dimension]:
    """The dimensions in which the measure may be given when it may be given in this one."""
    found = [dimension]
    swaps = [("eq", "mol")] * (fact.valence is not None) + [("mol", "g")] * (fact.molar_mass is not None)
    for one, other in swaps:
        found += [shared for base in tuple(found) for shared in _shared_out(base, one, other)]
    if fact.copies_per_unit:
        found += [_renamed(base, *pair) for base in tuple(found) for pair in (("{copies}", "U"), ("U", "{copies}"))]
    return list(dict.fromkeys(found))


def _shared_out(dimension: Dimension, one: str, other: str) -> Iterator[Dimension]:
    """The dimension with the exponents of two base units shared out anew between them."""
    powers = dict(dimension)
    total = powers.pop(one, 0) + powers.pop(other, 0)
    for first in range(min(0, total), max(0, total) + 1) if total else (0, 1, -1):
        shared = {**powers, one: first, other: total - first}
        yield tuple(sorted((name, power) for name, power in shared.items() if power))


def _renamed(dimension: Dimension, old: str, new: str) -> Dimension:
    return tuple(sorted((new if name == old else name, power) for name, power in dimension))


def _basic(dimension: Dimension) -> str:
    """The UCUM code of a dimension's base units; `1` for a pure number."""
    above = [_term(name, power) for name, power in dimension if power > 0]
    below = [_term(name, -power) for name, power in dimension if power < 0]
    return "/".join([".".join(above) or "1", *below]) if below else ".".join(above) or "1"


def _term(name: str, power: int) -> str:
    if name.startswith("{"):
        return ".".join([name] * power)
    return name if power == 1 else f"{name}{power}"
