"""The CTCAE grade of a laboratory value: a measurement and a version in, a grade, or the range of grades it can be, out.

The version has no default: version 6 moves the neutrophil grades by one and other limits with them. Where a grade turns on more than the
value (symptoms, a baseline, a range that was not printed), the answer is a range and says what would settle it.

source  `data/ctcae_labs.tsv`, from CTCAE v5.0 (2017) and v6.0 (2025), National Cancer Institute
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Literal

import msgspec

from trialwright.codes.quantities import Quantity, UnitError
from trialwright.codes.tables import rows
from trialwright.codes.units import convert

from .facts import Measurement
from .naming import DATA

Version = Literal["5", "6"]


class LabGrade(msgspec.Struct, frozen=True):
    """What a value means on one term of the scale.

    least, most  the same when the value settles the grade; 0 is no toxicity
    needs        what would settle it, in words; "" when settled
    """

    term: str
    version: Version
    least: int
    most: int
    needs: str = ""


def lab_grades(value: Measurement, version: Version, baseline: Measurement | None = None) -> tuple[LabGrade, ...]:
    """The grades of one value on every term that measures it (potassium: hyperkalemia and hypokalemia); empty when no term does.

    baseline  the value before treatment. None: there is none to hold it against, and the value is graded against the normal range alone
    """
    if value.concept.id is None or value.comparator is not None:
        return ()
    found = [row for row in _bands() if row["version"] == version and row["measure"] == value.concept.id]
    return tuple(
        _grade(term, version, list(of_term), (value, baseline))
        for term, of_term in groupby(found, key=lambda row: row["term"])
    )


def _grade(
    term: str, version: Version, bands: list[Mapping[str, str]], values: tuple[Measurement, Measurement | None]
) -> LabGrade:
    least = most = 0
    needs: dict[str, None] = {}
    for band in bands:
        holds = _holds(band, *values)
        if holds is True:
            least = max(least, int(band["least"]))
        if holds is not False and int(band["most"]) > most:
            most = int(band["most"])
        if holds is None:
            needs[f"the {'baseline' if band['of'] == 'baseline' else 'reference range'}"] = None
        elif holds and band["note"]:
            needs[band["note"]] = None
    return LabGrade(term, version, least, most, "; ".join(needs) if least != most else "")


def _holds(band: Mapping[str, str], value: Measurement, baseline: Measurement | None) -> bool | None:
    """Whether the value lies in a band; None when the range or the baseline that decides it is not known."""
    applies = _applies(band["baseline"], baseline)
    if applies is False or (band["of"] == "baseline" and baseline is None):
        return False
    limit = _limit(band, value, baseline)
    if limit is None:
        return None
    number = value.quantity.value
    holds = {"<": number < limit, ">": number > limit, ">=": number >= limit}[band["op"]]
    return holds if applies or not holds else None


def _applies(which: str, baseline: Measurement | None) -> bool | None:
    """Whether a band is meant for this baseline; one that is not given is taken for a normal one."""
    if not which:
        return True
    if baseline is None:
        return which == "normal"
    high, low, number = baseline.high, baseline.low, baseline.quantity.value
    if which == "low":
        return None if low is None else number < low
    if high is None:
        return None
    return (number > high) == (which == "abnormal")


def _limit(band: Mapping[str, str], value: Measurement, baseline: Measurement | None) -> Decimal | None:
    """The band's limit in the value's unit; None when it hangs on something that is not known."""
    factor, unit = Decimal(band["limit"]), value.quantity.unit
    try:
        match band["of"]:
            case "ULN":
                return None if value.high is None else factor * value.high
            case "LLN":
                return None if value.low is None else factor * value.low
            case "baseline":
                return None if baseline is None else factor * convert(baseline.quantity, unit, value.concept.id).value
            case _:
                return convert(Quantity(factor, band["unit"]), unit, value.concept.id).value
    except UnitError:
        return None


@cache
def _bands() -> tuple[Mapping[str, str], ...]:
    return tuple(sorted(rows("ctcae_labs", DATA), key=_place))


def _place(row: Mapping[str, str]) -> tuple[str, str]:
    return row["version"], row["term"]


def terms(version: Version) -> Iterable[str]:
    """The terms of a version that have rows, sorted."""
    return sorted({row["term"] for row in _bands() if row["version"] == version})
