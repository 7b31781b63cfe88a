"""Dates as records and charts give them: to the year, the month or the day; and durations on the calendar.

A partial date is an interval of days. A comparison that the interval does not settle is None, never a guess:
2019 is neither before nor after 2019-06.
"""

import calendar
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, Self, get_args

import msgspec

TimeUnit = Literal["minute", "hour", "day", "week", "month", "year"]
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:T[\d:.]*(?:Z|[+-]\d{2}:?\d{2})?)?")
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_NAMED = re.compile(r"([A-Za-z]{3,9})\.?\s+(?:(\d{1,2}),\s*)?(\d{4})")
_DAY_FIRST = re.compile(r"(\d{1,2})\s+([A-Za-z]{3,9})\.?,?\s+(\d{4})")


_DAYS: dict[TimeUnit, Decimal] = {
    "week": Decimal(7),
    "day": Decimal(1),
    "hour": Decimal(1) / 24,
    "minute": Decimal(1) / 1440,
}


class DateError(ValueError):
    """A date that cannot be."""


class PartialDate(msgspec.Struct, frozen=True):
    """A date known to the year, the month or the day. A day without a month, or a day the month lacks, cannot be built."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise DateError("a date with a day needs a month")
        try:
            date(self.year, self.month or 1, self.day or 1)
        except ValueError as error:
            raise DateError(f"no such date: {self}") from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026`, `2026-02`, `2026-02-03` (a time of day is dropped), `February 3, 2026`, `February 2026`, `3 Feb 2026`.

        raises  DateError when the text is no date, or no date that can be
        """
        words = text.strip()
        if match := _ISO.fullmatch(words):
            year, month, day = match.groups()
            return cls(int(year), int(month) if month else None, int(day) if day else None)
        if match := _NAMED.fullmatch(words):
            name, day, year = match.groups()
        elif match := _DAY_FIRST.fullmatch(words):
            day, name, year = match.groups()
        else:
            raise DateError(f"{text!r} is no date; expected a form such as 2026, 2026-02 or 2026-02-03")
        number = _MONTHS.get(name.lower())
        if number is None:
            raise DateError(f"{text!r}: {name!r} is no month")
        return cls(int(year), number, int(day) if day else None)

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day.year, day.month, day.day)

    @property
    def earliest(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        if self.day is not None:
            return self.earliest
        month = self.month or 12
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

    @property
    def is_exact(self) -> bool:
        return self.day is not None

    def before(self, other: "PartialDate") -> bool | None:
        """True or False when every reading of both dates agrees, None otherwise."""
        if self.latest < other.earliest:
            return True
        return False if self.earliest >= other.latest else None

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


class Duration(msgspec.Struct, frozen=True):
    """A length of time in the unit it was written in; months and years are calendar months and years.

    value  not negative; a fraction of a month or year is kept exactly and resolved to days only on the calendar
    """

    value: Decimal
    unit: TimeUnit

    def __post_init__(self) -> None:
        if self.value < 0 or self.unit not in get_args(TimeUnit):
            raise ValueError(f"no such duration: {self.value} {self.unit}")

    def after(self, start: date) -> date:
        """The day this long after `start`; a month that is too short clamps to its last day."""
        return self._from(start, 1)

    def before(self, end: date) -> date:
        """The day this long before `end`; a month that is too short clamps to its last day."""
        return self._from(end, -1)

    def _from(self, start: date, sign: int) -> date:
        try:
            if self.unit in ("month", "year"):
                months = self.value * (12 if self.unit == "year" else 1)
                whole, rest = divmod(months, 1)
                shifted = _add_months(start, sign * int(whole))
                # A fraction of a calendar month has no length of its own; 30.4375 days is the mean month.
                return shifted + timedelta(days=sign * round(float(rest) * 30.4375)) if rest else shifted
            days = self.value * _DAYS[self.unit]
            return start + timedelta(days=sign * int(days))
        except (OverflowError, ValueError):
            return date.max if sign > 0 else date.min

    def __str__(self) -> str:
        return f"{self.value.normalize():f} {self.unit}{'' if self.value == 1 else 's'}"


def _add_months(start: date, months: int) -> date:
    total = start.year * 12 + start.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def completed_years(birth: date, day: date) -> int:
    """Whole years of age on `day`; a birthday on 29 February is kept on 1 March in common years.

    source  UK and most registries: a year is completed on the birthday
    """
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
