"""Units as people write them, read to UCUM codes, and exact conversion between units.

A text such as `x 10⁹/L`, `K/uL`, `cells/mm^3` or `ml/min/1.73m2` comes in, a UCUM code goes out; a quantity comes in
with another unit, the same quantity goes out, or a `UnitError` says what was found and what was expected. Nothing is
converted by assumption: a clearance scaled to body surface never becomes an unscaled one, and copies never become
international units unless the caller asks for a range.
"""

from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

from .measures import Measure, measure_of
from .quantities import Quantity, UnitError
from .ucum import Dimension, Worth, worth
from .unit_spelling import FOLD, WINDOW, read_unit

_EXACT = Context(prec=34)


def parse_unit(words: str, measure: str | None = None) -> str | None:
    """The UCUM code that `words` spell, whole; None when they are no unit.

    measure  the vocabulary's id of what is measured, if known; it settles `G/L` (10*9/L for cells, g/L for proteins)
    """
    words = words.strip()
    found = find_unit(words, 0, measure)
    if found and found[1] == len(words):
        return found[0]
    try:
        worth(words)
    except UnitError:
        return None
    return words


def find_unit(text: str, start: int, measure: str | None = None) -> tuple[str, int] | None:
    """The longest unit that begins at `start`, after at most three spaces, a line break or a hyphen: its UCUM code and where it ends.

    None when no unit begins there. Lengths of time are units too (`d`, `wk`, `mo`, `a`). A power of ten belongs to the
    unit: `x 109/L` gives `10*9/L`.
    """
    window = text[start : start + WINDOW].translate(FOLD)
    skipped = 0
    most = len(window) if "\n" in text[start : start + 3] else min(3, len(window))
    while skipped < most and window[skipped] == " ":
        skipped += 1
    if window[skipped : skipped + 1] == "-":
        skipped += 1
    if skipped >= len(window):
        return None
    read = read_unit(window, skipped)
    if read is None:
        return None
    unit, end = read
    if unit == "g/L" and text[start + skipped : start + end] == "G/L" and measure and fits("10*9/L", measure):
        unit = "10*9/L"
    return unit, start + end


def convert(quantity: Quantity, unit: str, measure: str | None = None) -> Quantity:
    """The same quantity in `unit`, exactly (to 34 digits where the result has no end).

    measure  the vocabulary's id of what is measured; it carries the molar mass and the valence that mass, substance
             and equivalents need. None converts by dimension alone
    raises   UnitError when the units do not measure the same, or only within a range (see `convert_range`)
    """
    low, high = convert_range(quantity, unit, measure)
    if low != high:
        raise UnitError(
            f"{quantity} is between {low.value:.6g} and {high.value:.6g} {unit}: the factor depends on the assay"
            f" ({_fact(measure).range_note}); no single value"
        )
    return low


def convert_range(quantity: Quantity, unit: str, measure: str | None = None) -> tuple[Quantity, Quantity]:
    """The least and the greatest quantity in `unit` that `quantity` can be; both the same where the factor is exact.

    HBV DNA in copies and in international units is the case in point: one IU is 5 to 6 copies, by the assay.

    raises  UnitError when the units do not measure the same
    """
    if quantity.unit == unit:
        return quantity, quantity
    lines = _lines(quantity.unit, unit, measure)
    if lines is None:
        raise UnitError(_refusal(quantity.unit, unit, measure))
    low, high = sorted(Fraction(quantity.value) * slope + start for slope, start in lines)
    return Quantity(_decimal(low), unit), Quantity(_decimal(high), unit)


Line = tuple[Fraction, Fraction]


@lru_cache(maxsize=4096)
def _lines(found_unit: str, wanted_unit: str, measure: str | None) -> tuple[Line, Line] | None:
    """Slope and start of the straight lines that turn numbers of one unit into the least and the greatest of another.

    returns  None when the units do not measure the same
    raises  UnitError when either is no unit
    """
    found, wanted, fact = worth(found_unit), worth(wanted_unit), _fact(measure)
    if fact.id == "hba1c" and {found_unit, wanted_unit} == {"%", "mmol/mol"}:
        return (_HBA1C[wanted_unit],) * 2
    for power, factors in ((0, (Fraction(1),) * 2), (1, fact.copies_per_unit), (-1, fact.copies_per_unit)):
        ratio = _ratio(_with_copies(found, power), wanted, fact) if factors else None
        if ratio is None or factors is None:
            continue
        first, second = (
            (found.factor * ratio / factor**power / wanted.factor, (found.offset - wanted.offset) / wanted.factor)
            for factor in factors
        )
        return first, second
    return None


# Percent (NGSP) and mmol/mol (IFCC) are two scales with two zeros: NGSP = 0.09148 x IFCC + 2.152,
# the master equation of Hoelzel et al., Clin Chem 2004;50:166-174.
_HBA1C: dict[str, Line] = {
    "%": (Fraction("0.09148"), Fraction("2.152")),
    "mmol/mol": (1 / Fraction("0.09148"), -Fraction("2.152") / Fraction("0.09148")),
}


def fits(unit: str, measure: str) -> bool:
    """Whether `measure` is given in `unit`: it converts to the usual unit, or the table lists it beside that.

    A measure that the table does not hold, or holds without a unit, is not contradicted by any unit.
    """
    fact = measure_of(measure)
    if fact is None or not fact.unit:
        return True
    if unit in fact.also:
        return True
    try:
        return _lines(unit, fact.unit, measure) is not None
    except UnitError:
        return False


_UNKNOWN = Measure(id="", unit="")


def _fact(measure: str | None) -> Measure:
    return (measure_of(measure) if measure else None) or _UNKNOWN


def _with_copies(found: Worth, power: int) -> Worth:
    """The worth with copies turned to units (power 1) or units to copies (power -1); the factor is the caller's."""
    if not power:
        return found
    old, new = ("{copies}", "U") if power > 0 else ("U", "{copies}")
    if all(name != old for name, _ in found.dimension):
        return found
    dimension: Dimension = tuple(sorted((new if name == old else name, exponent) for name, exponent in found.dimension))
    return Worth(found.factor, dimension, found.offset)


def _ratio(found: Worth, wanted: Worth, fact: Measure) -> Fraction | None:
    """Base units of `wanted` in one of `found`: 1, or a power of the molar mass and the valence; None when unlike."""
    one, other = dict(found.dimension), dict(wanted.dimension)
    ratio = Fraction(1)
    if one.get("eq") != other.get("eq") and fact.valence:
        charges = 1 / Fraction(fact.valence)
        ratio *= _fold(one, "eq", "mol", charges) / _fold(other, "eq", "mol", charges)
    if one.get("mol") != other.get("mol") and fact.molar_mass:
        mass = Fraction(fact.molar_mass)
        ratio *= _fold(one, "mol", "g", mass) / _fold(other, "mol", "g", mass)
    return ratio if one == other else None


def _fold(powers: dict[str, int], old: str, new: str, factor: Fraction) -> Fraction:
    """Replace base unit `old` by `new` in `powers`; returns what the number is multiplied with."""
    exponent = powers.pop(old, 0)
    powers[new] = powers.get(new, 0) + exponent
    if not powers[new]:
        del powers[new]
    return factor**exponent


def _refusal(found: str, wanted: str, measure: str | None) -> str:
    of = f" of {measure}" if measure else ""
    if "{1.73_m2}" in found + wanted and found.replace("/{1.73_m2}", "") == wanted.replace("/{1.73_m2}", ""):
        scaled = "one is scaled to a body surface of 1.73 m2, the other is not"
        return f"{found!r}{of} cannot be taken for {wanted!r}: {scaled}"
    if measure and (fact := measure_of(measure)) and not fits(found, measure):
        return f"{found!r} is no unit of {measure}; expected one such as {fact.unit}"
    return f"{found!r}{of} cannot be converted; expected a unit such as {wanted!r}"


def _decimal(value: Fraction) -> Decimal:
    result = _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return result if result.is_zero() or result.as_tuple().exponent == 0 else _plain(result)


def _plain(value: Decimal) -> Decimal:
    """Without trailing zeros, and without an exponent for large whole numbers."""
    value = value.normalize(_EXACT)
    return value.quantize(Decimal(1)) if value == value.to_integral_value() and value.adjusted() < 28 else value
