"""Dates in running words in, spans of text with days, periods and rough days out.

A day that a note gives only roughly ("three weeks ago", "aged 52") is the range of days that it may be: nothing here picks one.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from trialwright.codes.dates import DateError, Duration, PartialDate, TimeUnit
from trialwright.codes.units import find_unit

Role = Literal["on", "since", "until", "period", "for"]
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:19|20)\d{2}"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_UNIT = r"(?:hours?|hrs?|days?|weeks?|wks?|months?|mos?|years?|yrs?)"
_COUNT = (
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:a )?couple of|several|a few|few)"
)
_DATE = re.compile(
    rf"(?P<iso>\b{_YEAR}-\d{{1,2}}(?:-\d{{1,2}})?\b)"
    rf"|(?P<d1>\b{_DAY})\s*(?:-|–|—|to|and|&)\s*(?P<d2>{_DAY})\s+(?P<dm>{_MONTH})\b\.?,?\s+(?P<dy>{_YEAR})\b"
    rf"|(?P<a>\b{_DAY}\s+{_MONTH}\b\.?|\b{_MONTH}\b\.?)\s*(?:-|–|—|to|until|and|&)\s*(?P<b>(?:{_DAY}\s+)?{_MONTH}\b\.?,?\s+(?P<by>{_YEAR}))\b"
    rf"|(?P<dmy>\b{_DAY}(?:\s+(?:of\s+)?|-|/){_MONTH}\b\.?,?[\s/-]+{_YEAR}\b)"
    rf"|(?P<mdy>\b{_MONTH}\b\.?\s+{_DAY},?\s+{_YEAR}\b)"
    rf"|(?P<my>\b{_MONTH}\b\.?,?\s+{_YEAR}\b)"
    rf"|(?P<dm_only>\b{_DAY}\s+{_MONTH}\b)(?!\.?,?\s+\d)"
    rf"|(?P<mslash>(?<![\d/.])(?:0?[1-9]|1[0-2])/{_YEAR}\b)"
    rf"|(?P<slash>\b\d{{1,2}}[/.-]\d{{1,2}}[/.-]{_YEAR}\b|(?<![\d/.])\d{{1,2}}/\d{{1,2}}/\d{{2}}(?![\d/]|\.\d))"
    rf"|(?P<year>(?<![\d./:-])\b{_YEAR}\b(?![\d/%:-]|\.\d))",
    re.IGNORECASE,
)
_AGO = re.compile(
    rf"(?P<about>\b(?:about|approximately|around|almost|nearly|over|more than|at least|some)\s+)?\b(?P<count>{_COUNT})[\s-]+"
    rf"(?P<unit>{_UNIT})\b[\s-]*(?P<side>ago|earlier|before|prior|previously|back)\b",
    re.IGNORECASE,
)
_FOR = re.compile(
    rf"\b(?P<how>for|over|during|in|of|x)\s+(?:the\s+)?(?:last\s+|past\s+|previous\s+)?(?:about\s+|approximately\s+)?(?P<count>{_COUNT})[\s-]+(?P<unit>{_UNIT})\b"
    rf"(?!\s*(?:ago|old|earlier|before|prior|after|later))|\b(?P<count2>{_COUNT})[\s-](?P<unit2>{_UNIT})\s+(?:history|duration)\b",
    re.IGNORECASE,
)
_OWN_ANCHOR = re.compile(
    r"\s+(?:to\s+)?(?:(?:the|his|her|this|any|each|planned|first|second|last)\s+)*"
    r"(?:surgery|operation|procedure|delivery|birth|transplant\w*|chemo\w*|radio\w*|treatment|cycle|dose|scan|biopsy|diagnosis|death|meals?|bed\w*)\b",
    re.IGNORECASE,
)
"""What a length of time is counted from when it is not the visit: "a week before surgery"."""
_NOW = re.compile(
    r"\b(?P<word>today|yesterday|last night|this morning|last week|last month|last year)\b", re.IGNORECASE
)
_LED_BY = re.compile(
    r"(?:\b(?P<word>since|from|as of|until|till|up to|to|through|ended|stopped|completed|finished|finishing|ending|completing|last dose"
    r"|last given|last used?|last|by)\s+(?:in\s+|on\s+|by\s+)?"
    r"(?:the\s+|early\s+|late\s+|mid\s+)?)$",
    re.IGNORECASE,
)
_YEAR_AFTER = re.compile(
    r"(?:\b(?:in|since|from|until|till|to|of|by|early|late|mid|during|summer|spring|winter|autumn|fall)|[(,a-z)-])\s*$",
    re.IGNORECASE,
)
_TO = re.compile(r"\s*(?:-|–|—|to|until|through)\s*")
_WORD_NUMBERS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
} | {"a": 1, "an": 1}
_PIVOT = 50
"""A year of two digits below it is of this century: only births are long ago, and those give four."""
_TIMES: dict[str, TimeUnit] = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}
_FIRST_WORDS = {"since": "since", "from": "since", "as of": "since"}


class RoughDate(PartialDate, frozen=True):
    """One day that lies between two, both included: the date it is built as, and `last`."""

    last: date = date.max

    @classmethod
    def between(cls, first: date, last: date) -> PartialDate:
        """The range as a date; a single day is an exact date."""
        return PartialDate.of(first) if first == last else cls(first.year, first.month, first.day, last)

    @property
    def latest(self) -> date:
        return self.last

    @property
    def is_exact(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"{self.earliest} to {self.last}"


class Dated(NamedTuple):
    """A date in the text. start, end: characters. first, last: a period's; last None for one day. role: how the words lead to it."""

    start: int
    end: int
    first: PartialDate
    last: PartialDate | None
    role: Role


def born(years: int, months: int, on: PartialDate) -> PartialDate | None:
    """When somebody was born who is so many completed years (and months) old on a day; None for an age that nobody reaches."""
    if years > 125:
        return None
    age = Duration(Decimal(years * 12 + months), "month")
    next_age = Duration(Decimal((years + 1) * 12 if not months else months + years * 12 + 1), "month")
    return RoughDate.between(next_age.before(on.earliest) + timedelta(days=1), age.before(on.latest))


def order_of(text: str) -> str:
    """`dmy` or `mdy` where the dates with slashes can only be in that order; "" where they can be in both, or are in both."""
    numbers = [
        (int(one), int(two))
        for one, two in re.findall(rf"\b(\d{{1,2}})[/.-](\d{{1,2}})[/.-](?:{_YEAR}|\d\d(?=[^\d/]|$))", text)
    ]
    orders = {"dmy" if one > 12 else "mdy" for one, two in numbers if (one > 12) != (two > 12)}
    return orders.pop() if len(orders) == 1 else ""


def dates_in(text: str, note_day: PartialDate | None, order: str = "") -> list[Dated]:
    """The dates of a text in order; none overlaps another. Dates with slashes are all in the order that one of them shows.

    note_day  the day from which "three weeks ago" is counted; None leaves such words unread
    order     of day and month in dates with slashes, where it is known from more than this text
    """
    found = [*_calendar(text, note_day, order or order_of(text)), *_relative(text, note_day)]
    found.sort(key=lambda one: (one.start, -one.end))
    kept: list[Dated] = []
    for one in found:
        if (
            kept
            and kept[-1].role == "for"
            and one.role != "for"
            and re.fullmatch(r"\s*(?:in\s+)?", text[kept[-1].end : one.start])
        ):
            # "For 6 months in 2021": the length is not counted back from the note.
            kept.pop()
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return _joined(kept, text)


def _joined(found: list[Dated], text: str) -> list[Dated]:
    """ "From 20 Feb 2019 to 10 Apr 2019" is one period."""
    kept: list[Dated] = []
    for one in found:
        last = kept[-1] if kept else None
        between = text[last.end : one.start] if last else ""
        runs_on = last and last.role == "since" and one.role == "until" and not between.strip()
        if last and (
            runs_on or (last.role == one.role == "on" and _TO.fullmatch(between) and not one.first.before(last.first))
        ):
            kept[-1] = last._replace(end=one.end, last=one.first, role="period")
        else:
            kept.append(one)
    return kept


def impossible(text: str, note_day: PartialDate | None) -> list[tuple[int, int]]:
    """Where the text gives a date that cannot be, such as 31 Feb 2026."""
    found = []
    for match in _DATE.finditer(text):
        try:
            _yearless(match["dm_only"], note_day) if match["dm_only"] else _days(match, text, order_of(text))
        except DateError:
            found.append(match.span())
    return found


def _calendar(text: str, note_day: PartialDate | None, order: str) -> Iterator[Dated]:
    for match in _DATE.finditer(text):
        try:
            days = _yearless(match["dm_only"], note_day) if match["dm_only"] else _days(match, text, order)
        except DateError:
            continue
        if days is None:
            continue
        first, last = days
        led = _LED_BY.search(text[max(0, match.start() - 16) : match.start()])
        role: Role = "period" if last else "on"
        start = match.start()
        if led and not last:
            word = led["word"].lower()
            role = "since" if word in _FIRST_WORDS else "on" if word == "by" else "until"
            start -= len(led[0])
        yield Dated(start, match.end(), first, last, role)


def _days(match: re.Match[str], text: str, order: str) -> tuple[PartialDate, PartialDate | None] | None:
    read = PartialDate.parse
    if iso := match["iso"]:
        return read(iso), None
    if match["d1"]:
        tail = f"{match['dm']} {match['dy']}"
        return read(_plain(f"{match['d1']} {tail}")), read(_plain(f"{match['d2']} {tail}"))
    if match["a"]:
        last = read(_plain(match["b"]))
        first = read(_plain(f"{match['a']} {match['by']}"))
        if last.before(first):
            first = read(_plain(f"{match['a']} {int(match['by']) - 1}"))
        return first, last
    if named := match["dmy"] or match["my"]:
        return read(_plain(named)), None
    if american := match["mdy"]:
        month, day, year = re.findall(r"[A-Za-z]+|\d+", re.sub(r"(?<=\d)(?:st|nd|rd|th)", "", american))
        return read(_plain(f"{day} {month} {year}")), None
    if month_and_year := match["mslash"]:
        month, year = month_and_year.split("/")
        return PartialDate(int(year), int(month)), None
    if slash := match["slash"]:
        return _slashed(slash, order), None
    return (read(match["year"]), None) if _is_year(match, text) else None


def _yearless(words: str, note_day: PartialDate | None) -> tuple[PartialDate, None] | None:
    """A day without a year: the last such day on or before the day of the note."""
    if note_day is None:
        return None
    found = PartialDate.parse(_plain(f"{words} {note_day.year}"))
    if found.earliest > note_day.latest:
        found = PartialDate.parse(_plain(f"{words} {note_day.year - 1}"))
    return found, None


def _plain(words: str) -> str:
    """Day first, months of three letters, no dots: as `PartialDate.parse` takes it."""
    words = re.sub(r"[.,/-]|\bof\b", " ", re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", words.lower()))
    return " ".join(word[:3] if word[0].isalpha() else word for word in words.split())


def _slashed(words: str, order: str) -> PartialDate:
    """Day and month in the order that can be; the year alone where both orders can."""
    one, two, year = (int(part) for part in re.split(r"[/.-]", words))
    year += 0 if year > 99 else 2000 if year < _PIVOT else 1900
    if order:
        return PartialDate(year, two, one) if order == "dmy" else PartialDate(year, one, two)
    if one > 12:
        return PartialDate(year, two, one)
    if two > 12 or one == two:
        return PartialDate(year, one, two)
    return PartialDate(year)


def _is_year(match: re.Match[str], text: str) -> bool:
    """Whether four digits are a year and no result: nothing measures them, and a word or a bracket leads to them."""
    unit = find_unit(text, match.end())
    if unit is not None and text[match.end() : match.end() + 1] in " -/x":
        return False
    before = text[max(0, match.start() - 16) : match.start()]
    return not before.strip() or bool(_YEAR_AFTER.search(before))


def _relative(text: str, note_day: PartialDate | None) -> Iterator[Dated]:
    if note_day is None:
        return
    for match in _AGO.finditer(text):
        if _OWN_ANCHOR.match(text[match.end() :]):
            continue
        if found := _ago(match["count"], match["unit"], note_day, rough=bool(match["about"])):
            before = text[max(0, match.start() - 8) : match.start()].lower()
            yield Dated(match.start(), match.end(), found, None, "since" if re.search(r"\bsince\s*$", before) else "on")
    for match in _FOR.finditer(text):
        count, unit = match["count"] or match["count2"], match["unit"] or match["unit2"]
        if (found := _ago(count, unit, note_day, rough=True)) and match["how"] not in ("in", "of", "during"):
            yield Dated(match.start(), match.end(), found, None, "for")
    for match in _NOW.finditer(text):
        yield Dated(match.start(), match.end(), _near(match["word"].lower(), note_day), None, "on")


def _near(word: str, day: PartialDate) -> PartialDate:
    reach = {"today": (0, 0), "this morning": (0, 0), "yesterday": (1, 1), "last night": (0, 1), "last week": (1, 14)}
    most = {"last month": (1, 62), "last year": (1, 731)}
    least, furthest = (reach | most)[word]
    return RoughDate.between(day.earliest - timedelta(days=furthest), day.latest - timedelta(days=least))


def _ago(count: str, unit: str, day: PartialDate, *, rough: bool) -> PartialDate | None:
    """So many units before a day, give or take half a unit; a whole one where the words are vague."""
    words = count.lower()
    number = int(words) if words.isdigit() else _WORD_NUMBERS.get(words)
    time = _TIMES[unit[0].lower()] if not unit.lower().startswith("mo") else "month"
    if number is None:
        least, most = (2, 9) if words in ("several", "a few", "few") else (1, 3)
    elif time in ("hour", "day") and not rough:
        least = most = number
    else:
        least, most = number, number
    try:
        first, last = (
            Duration(Decimal(most), time).before(day.earliest),
            Duration(Decimal(least), time).before(day.latest),
        )
    except (OverflowError, ValueError):
        return None
    if time not in ("hour", "day") or rough:
        slack = {"hour": 1, "day": 1, "week": 4, "month": 16, "year": 183}.get(time, 1)
        first, last = first - timedelta(days=slack), min(last + timedelta(days=slack), day.latest)
    return RoughDate.between(first, last)


def spans_of(found: Iterable[Dated]) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in found]
