"""Text to times: how often, on which days, how many, for how long, how far from an event.

The ways of saying it are `data/time_patterns.tsv`; this module makes a value of `nodes` of each match. A match that makes no
sense is no mark.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, cast

from trialwright.codes.dates import Duration, TimeUnit

from .lexicon import compiled, event_rows, expression, phrase_pattern, phrase_value, phrases, table_rows
from .marks import Pattern
from .nodes import Count, Event, EventKind, Gap, Interval, Times
from .words import number

_UNITS: dict[str, TimeUnit] = {"min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}


def time_unit(words: str) -> TimeUnit:
    """The unit that a word such as `wks` or `months` names; a lone M is a month."""
    start = words.strip().lower()
    if start == "m":
        return "month"
    return next(unit for letters, unit in _UNITS.items() if start.startswith(letters))


def duration(words: str, unit: str) -> Duration:
    """The length that a number and a unit spell. Half a month is 15 days: a fraction of a month has no days of its own."""
    value = number(words)
    if value == Decimal("0.5") and time_unit(unit) == "month":
        return Duration(Decimal(15), "day")
    return Duration(value, time_unit(unit))


def _one(value: str, unit: TimeUnit) -> Interval:
    return Interval((Duration(Decimal(value), unit),))


# readers ------------------------------------------------------------------------------------------------------------------------

Match = re.Match[str]


class OnOff(NamedTuple):
    """A drug that is taken in the first weeks of a cycle and not in its last."""

    days: tuple[int, ...]
    every: Interval


def _interval(found: Match) -> Interval | None:
    """The length, range or alternatives of a match with `low`, `high`, `to` and `unit`."""
    unit = found["unit"]
    low = duration(found["low"], found.groupdict().get("low_unit") or unit)
    if not found["high"]:
        return Interval((low,)) if low.value > 0 else None
    high = duration(found["high"], unit)
    if low == high or low.value <= 0:
        return None
    return Interval((low, high), "range" if found["to"] else "levels")


def _count(found: Match) -> Count | None:
    low, high = number(found["low"]), number(found["high"] or found["low"])
    if low != int(low) or high != int(high) or not 1 <= low <= high:
        return None
    words = found[0].lower()
    return Count(int(low), int(high), "up to" in words or "maxim" in words or "≤" in words)


def _total(found: Match) -> Count | None:
    low = number(found["low"] or found["low2"])
    return (
        Count(int(low), int(low), re.search("up to|more than", found[0], re.IGNORECASE) is not None)
        if low == int(low) and low >= 1
        else None
    )


def _weekly(found: Match) -> Interval | None:
    unit: TimeUnit = "month" if "month" in found["word"].lower() else "week"
    value = number(found["low"]) if found["low"] else Decimal(1)
    return Interval((Duration(value, unit),)) if value > 0 else None


def _q(found: Match) -> Interval | None:
    letters: dict[str, TimeUnit] = {"d": "day", "w": "week", "m": "month", "h": "hour"}
    value = Decimal(found["a"] or found["b"])
    unit = letters[(found["unit"] or found["unit_first"]).lower()[0]]
    if value <= 0 or (unit == "hour" and value < 24):
        return None
    return Interval((Duration(value, unit),))


def _every(found: Match) -> Interval | None:
    """`at 2 weeks` is a moment; `at 2 week intervals` and `at intervals of 2 weeks` are intervals."""
    if re.match(r"at\s(?!an?\sinterval|interval)", found[0], re.IGNORECASE) and not found["mode"]:
        return None
    return _interval(found)


def _on_off(found: Match) -> OnOff | None:
    return _part_of_cycle(number(found["on"]), number(found["on"]) + number(found["off"]))


def _out_of(found: Match) -> OnOff | None:
    return _part_of_cycle(number(found["on"]), number(found["all"]))


def _part_of_cycle(on: Decimal, whole: Decimal) -> OnOff | None:
    """The days and the length of a cycle that is taken for its first weeks only; None where that makes no sense."""
    if not 0 < on < whole or on != int(on) or whole != int(whole) or whole > _MOST_WEEKS:
        return None
    return OnOff(tuple(range(1, int(on) * 7 + 1)), Interval((Duration(whole, "week"),)))


_MOST_WEEKS = 52


def _cycle_numbers(found: Match) -> tuple[int, int] | None:
    first, last = int(found["first"]), int(found["last"])
    return (first, last) if 1 <= first < last else None


_ORDER = {"second": "2", "2nd": "2", "third": "3", "3rd": "3", "fourth": "4", "4th": "4", "sixth": "6", "6th": "6",
          "eighth": "8", "8th": "8", "twelfth": "12", "12th": "12"}  # fmt: skip


def _every_other(found: Match) -> Interval | None:
    if found["other"]:
        return _one("2", time_unit(found["other"]))
    if found["one"]:
        return _one("2", "week") if found["one"].lower() == "fortnight" else _one("1", time_unit(found["one"]))
    return _one(_ORDER[found["ord"].lower()], time_unit(found["ord_unit"]))


def _times(found: Match) -> Times | None:
    low, high = number(found["low"]), number(found["high"] or found["low"])
    if low != int(low) or not 1 <= low <= high:
        return None
    unit = found["unit"].lower()
    return Times(int(low), int(high), "day" if unit.startswith("d") else "week" if unit.startswith("w") else "month")


def _phrase_times(found: Match) -> Times:
    words = " ".join(found[0].lower().split())
    times = int(phrases("frequencies", "times")[words])
    return Times(times, times, time_unit(phrases("frequencies", "per")[words]))


_PIECE = re.compile(r"(?P<to>(?<=\d)\s?-\s?(?=[\dDd])|to|through)|(?P<number>[+-]?\d{1,3})", re.IGNORECASE)
_MOST_DAYS = 400
_LAST_BARE_DAY = 84


def _days(found: Match) -> tuple[int, ...] | None:
    """The days of a list such as `1, 8 and 15`, `1-14`, `-5 to -4`; None for a range that runs backwards."""
    days: list[int] = []
    is_range = False
    for piece in _PIECE.finditer(found["list"] or found.groupdict().get("minus") or ""):
        if piece["to"]:
            is_range = True
            continue
        day = int(piece["number"])
        if is_range and days and days[-1] < day <= days[-1] + _MOST_DAYS:
            days.extend(range(days[-1] + 1, day + 1))
        elif is_range:
            return None
        else:
            days.append(day)
        is_range = False
    if re.match(r"d\d", found[0], re.IGNORECASE) and days[0] > _LAST_BARE_DAY:
        return None  # d90 is a diameter or a donor; no cycle has so many days
    return tuple(dict.fromkeys(days)) or None


def _moments(found: Match) -> tuple[Duration, ...] | None:
    unit = time_unit(found["unit"] or found["unit_last"])
    values = [Decimal(piece) for piece in re.findall(r"\d+", found["list"] or found["list_first"])]
    return tuple(Duration(value, unit) for value in values) if values == sorted(set(values)) else None


def _last_point(found: Match) -> Interval | None:
    return _one(found["low"], time_unit(found["unit"])) if int(found["low"]) else None


def _phase_length(found: Match) -> Interval:
    return Interval((duration(found["low"] or found["low2"], found["unit"] or found["unit2"]),))


_READERS: dict[str, Callable[[Match], Any]] = {
    "interval": _interval,
    "count": _count,
    "total": _total,
    "weekly": _weekly,
    "q": _q,
    "every": _every,
    "every_other": _every_other,
    "on_off": _on_off,
    "out_of": _out_of,
    "cycle_numbers": _cycle_numbers,
    "first_day": lambda _: (1,),
    "alternate": lambda found: _one("2", time_unit(found["other"])),
    "quarterly": lambda _: _one("3", "month"),
    "times": _times,
    "days": _days,
    "moments": _moments,
    "single": lambda _: Count(1, 1),
    "last_point": _last_point,
    "one_unit": lambda found: _one("1", time_unit(found["unit"].split()[1])),
    "phase_length": _phase_length,
    "and_a_half": lambda found: _one("1.5", "year" if "year" in found[0] else "month"),
    "mark": lambda _: True,
}


# patterns -----------------------------------------------------------------------------------------------------------------------


@cache
def time_patterns(*groups: str) -> tuple[Pattern, ...]:
    """The patterns of these groups, in the order of the groups and, within one, of the table."""
    found = []
    for group in groups:
        rows = [row for row in table_rows("time_patterns") if row["group"] == group]
        found += [Pattern(row["kind"], compiled(row["expression"]), _READERS[row["reader"]]) for row in rows]
        if group == "times":
            found.append(Pattern("times", phrase_pattern("frequencies", "times"), _phrase_times))
    return tuple(found)


@cache
def route_patterns() -> tuple[Pattern, ...]:
    return (Pattern("route", phrase_pattern("routes", "route"), _route),)


def _route(found: Match) -> str | None:
    """`oral`; none of "oral food challenge", "inhaled corticosteroids", which name no way of giving what stands with them."""
    if expression("route-of-no-dose").match(found.string[found.end() : found.end() + 40]):
        return None
    return phrase_value("routes", "route")(found)


def route_within(words: str) -> re.Match[str] | None:
    """The route that stands within words such as `three subcutaneous injections`."""
    return phrase_pattern("routes", "route").search(words)


# events -------------------------------------------------------------------------------------------------------------------------

_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
_BEFORE = ("before", "prior", "pre")


def event_in(found: Match, prefix: str = "e") -> Event | None:
    """The event of a match that holds `event_expression`; "before treatment" is before its start."""
    side = (found.groupdict().get("side") or "").lower()
    for place, (kind, _) in enumerate(event_rows()):
        words = found[f"{prefix}{place}"]
        if words is None:
            continue
        if side.startswith(_BEFORE) and kind == "end-of-treatment" and not expression("end-words").search(words):
            return Event("start")
        return Event("cycle", _cycle_number(found, prefix)) if kind == "cycle" else Event(cast("EventKind", kind))
    return None


def _cycle_number(found: Match, prefix: str) -> int | None:
    digits, word = found[f"{prefix}n1"] or found[f"{prefix}n2"], found[f"{prefix}n3"]
    return int(digits) if digits else _ORDINALS[word.lower()] if word else None


@cache
def gap_patterns() -> tuple[Pattern, ...]:
    """A stretch from an event: `within 4 to 6 weeks of the 6th cycle`, `2 weeks before surgery`."""
    return (Pattern("gap", expression("gap"), _gap), Pattern("gap-later", expression("gap-later"), _gap_later))


def _gap_later(found: Match) -> Gap:
    """`4-6 weeks later`, where what comes before is surgery; the reader asks for that."""
    last = duration(found["high"], found["unit"]) if found["high"] else None
    return Gap(duration(found["low"], found["low_unit"] or found["unit"]), last, "after", Event("surgery"))


def _gap(found: Match) -> Gap | None:
    event, side = event_in(found), found["side"].lower()
    if event is None or (side in ("of", "to") and not (found["within"] or found["high"])):
        return None
    last: Duration | None = duration(found["high"] or found["low"], found["unit"])
    low = duration(found["low"], found["low_unit"] or found["unit"]) if found["high"] else None
    if low is None and not found["within"]:
        low, last = last, None
    return Gap(low, last, "before" if side.startswith((*_BEFORE, "preced")) else "after", event)
