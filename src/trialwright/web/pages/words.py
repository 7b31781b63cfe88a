"""Words for what a record says in code, and what each section and field of a page means: two tables in, short words out.

A value that the tables do not know keeps its own words; nothing is left out for want of a translation.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from trialwright.codes.dates import DateError, PartialDate
from trialwright.codes.tables import rows
from trialwright.library.filters import readable

DATA = Path(__file__).parent / "data"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Said(NamedTuple):
    """A value in words, and what that means; "" where the words say it all. url: where it leads."""

    words: str
    meaning: str = ""
    url: str = ""


class Label(NamedTuple):
    """A section or a field: its name, and the one line that says what stands there."""

    name: str
    words: str
    meaning: str


def value(field: str, code: str | None) -> Said:
    """What a value of a field is called and means; the value's own words where the table has none."""
    known = _values().get((field, code or ""))
    return known or Said(readable(code or ""))


def yes_no(field: str, holds: bool | None) -> tuple[Said, ...]:
    return () if holds is None else (value(field, "yes" if holds else "no"),)


def section(name: str) -> Label:
    """raises  KeyError for a section that the table does not have"""
    return _labels()[name, ""]


def fields(section_name: str) -> tuple[Label, ...]:
    """The fields of a section in the order in which a page shows them."""
    return tuple(label for (part, field), label in _labels().items() if part == section_name and field)


def day_words(date: str | None) -> str:
    """`2026-02-03` as 3 February 2026, `2026-02` as February 2026; anything else as it stands."""
    if not date:
        return ""
    try:
        day = PartialDate.parse(date)
    except DateError:
        return date
    month = _MONTHS[day.month - 1] if day.month else ""
    return " ".join(str(part) for part in (day.day, month, day.year) if part)


def listed(names: list[str], most: int = 4, word: str = "and") -> str:
    """`a, b and c`; of more than `most`, how many more there are."""
    shown, more = names[:most], len(names) - most
    if more > 0:
        return f"{', '.join(shown)} {word} {more} more"
    return f"{', '.join(shown[:-1])} {word} {shown[-1]}" if len(shown) > 1 else "".join(shown)


@cache
def _values() -> dict[tuple[str, str], Said]:
    return {(row["field"], row["value"]): Said(row["words"], row["meaning"]) for row in rows("values", DATA)}


@cache
def _labels() -> dict[tuple[str, str], Label]:
    return {
        (row["section"], row["field"]): Label(row["field"] or row["section"], row["label"], row["meaning"])
        for row in rows("fields", DATA)
    }
