"""Doses as people write them: `12 mg daily`, `500 mg twice a day`, `100 mg/m2 IV every 3 weeks`; an exact amount comes out."""

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from trialwright.codes.quantities import Quantity
from trialwright.codes.tables import rows
from trialwright.codes.units import find_unit

from .naming import DATA

_NUMBER = re.compile(r"(?<![\w.])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(\s*(?:-|–|to)\s*\d)?")
_EVERY = re.compile(r"\b(?:every|each|q)\s*(\d{1,2})?\s*(hours?|h|days?|d|weeks?|wks?|w)\b")


class Dose(NamedTuple):
    """An amount, by the day or week where the words say how often it is given (`mg/d`, `mg/wk`); None where none is read."""

    amount: Quantity | None = None
    words: str = ""


def read_dose(words: str) -> Dose:
    """The dose that the words begin with. A range ("80-100 mg/m2") gives no amount; it stays in the words."""
    text = words.lower()
    for match in _NUMBER.finditer(text):
        if match.group(3):
            return Dose(None, words)
        unit = find_unit(words, match.end())
        if unit is None or unit[0] in ("d", "wk", "mo", "a", "h"):
            continue
        amount = Quantity(Decimal(match.group(1).replace(",", "") + (match.group(2) or "")), unit[0])
        return Dose(_by_time(amount, text[unit[1] :]), words)
    return Dose(None, words)


def _by_time(amount: Quantity, rest: str) -> Quantity:
    """With the time it is given in: a day for what is given daily or oftener, a week for what is given weekly; else of one time."""
    if "/d" in amount.unit or "/wk" in amount.unit or "m2" in amount.unit or "kg" in amount.unit.split("/")[1:]:
        return amount
    if match := _EVERY.search(rest):
        count, unit = int(match.group(1) or 1), match.group(2)[0]
        if unit == "h" and 24 % count == 0:
            return Quantity(amount.value * (24 // count), f"{amount.unit}/d")
        if unit == "d" and count == 1:
            return Quantity(amount.value, f"{amount.unit}/d")
        return Quantity(amount.value, f"{amount.unit}/wk") if (unit, count) == ("w", 1) else amount
    for phrase, times, per in _frequencies():
        if re.search(rf"(?<![a-z]){re.escape(phrase)}(?![a-z])", rest):
            return Quantity(amount.value * times, f"{amount.unit}/{per}")
    return amount


@cache
def _frequencies() -> tuple[tuple[str, int, str], ...]:
    found = [(row["words"], int(row["times"]), row["per"]) for row in rows("dose_frequencies", DATA)]
    return tuple(sorted(found, key=lambda frequency: -len(frequency[0])))
