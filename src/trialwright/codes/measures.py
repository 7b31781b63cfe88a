"""What is known of each measurement: its usual unit, and the constants that conversion takes. The table is `labs.tsv`."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache

import msgspec

from .tables import parts, rows


class Measure(msgspec.Struct, frozen=True):
    """How one lab value or vital sign is given.

    unit             usual UCUM unit; "" where none is usual
    also             units printed for it too that do not convert (an eGFR that is not scaled to body surface)
    molar_mass       g/mol of what the amount of substance counts; None where mass and substance are not exchanged
    valence          charges per particle, for equivalents; None where they are not used
    copies_per_unit  least and greatest number of copies in one international unit; None where they are not exchanged
    range_note       why that is a range
    """

    id: str
    unit: str
    also: tuple[str, ...] = ()
    molar_mass: Decimal | None = None
    valence: int | None = None
    copies_per_unit: tuple[Fraction, Fraction] | None = None
    range_note: str = ""


def measure_of(id: str) -> Measure | None:  # noqa: A002 - the vocabulary's word
    """The facts about one measurement, by the vocabulary's id; None when the table does not hold it."""
    return _measures().get(id)


@cache
def _measures() -> dict[str, Measure]:
    return {row["id"]: _measure(row) for row in rows("labs")}


def _measure(row: Mapping[str, str]) -> Measure:
    low_high = [Fraction(part) for part in row["copies_per_unit"].split("-")] if row["copies_per_unit"] else None
    return Measure(
        id=row["id"],
        unit=row["unit"],
        also=parts(row["also"]),
        molar_mass=Decimal(row["molar_mass"]) if row["molar_mass"] else None,
        valence=int(row["valence"]) if row["valence"] else None,
        copies_per_unit=(low_high[0], low_high[1]) if low_high else None,
        range_note=f"one international unit is {row['copies_per_unit']} copies" if low_high else "",
    )
