"""Who a note is about: age, birth and sex; and what people are on record as having said (consent, contraception, life expectancy)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import msgspec

from trialwright.codes.dates import DateError, PartialDate, completed_years
from trialwright.codes.tables import rows

from .facts import Sex, Statement
from .naming import DATA
from .note_dates import born, dates_in
from .note_parts import Part
from .note_standing import standing
from .readings import life_expectancy

_AGE = re.compile(
    r"\b(?P<y1>\d{1,3})\s*[- ]?\s*(?:years?|yrs?|y)[- ./]*(?:old|o\b|of age)|\b(?P<y2>\d{1,3})\s*(?:yo|y/o|y\.o\.)(?=\W|$)"
    r"|\bage[d:]?\s+(?:of\s+)?(?P<y3>\d{1,3})\b(?!\s*(?:mo|month))"
    r"|\b(?:patient|pt)\b[:,]?\s+(?:is\s+)?(?:an?\s+)?(?P<y5>\d{1,3})\s*(?:yrs?|years?|y)\b(?!\s*(?:ago|history|of))"
    r"|\b(?P<y4>\d{1,3})\s*[- ]?(?=(?:[MF]|male|female|man|woman|boy|girl|gentleman|lady)\b)",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(
    r"\b(?P<tens>twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[\s-]+(?P<ones>one|two|three|four|five|six|seven|eight|nine))?"
    r"[\s-]+years?[\s-]+old\b",
    re.IGNORECASE,
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ONES = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_YOUNG = re.compile(r"\b(?P<n>\d{1,2})\s*[- ]?\s*(?P<unit>month|mo|week|wk|day)s?[- ]*old\b", re.IGNORECASE)
_BIRTH = re.compile(r"\b(?:dob|d\.o\.b\.?|date of birth|born(?: on)?)\b[\s:]*", re.IGNORECASE)
_FEMALE = re.compile(
    r"\b(?:she|her|woman|female|girl|lady|pregnant|premenopausal|postmenopausal|hysterectomy|\d+\s*-?\s*[Ff]|(?:yo|y/o|y\.o\.|old)\s+F)\b",
    re.IGNORECASE,
)
_MALE = re.compile(
    r"\b(?:he|his|him|man|male|boy|gentleman|\d+\s*-?\s*[Mm]|(?:yo|y/o|y\.o\.|old)\s+M)\b", re.IGNORECASE
)
_FEMALE_TITLE, _MALE_TITLE = re.compile(r"\b(?:Mrs|Ms|Miss)\b"), re.compile(r"\bMr\b")
_OTHERS = re.compile(
    r"\b(?:mother|father|wife|husband|son|daughter|sister|brother|parents?|nurse|physician|doctor)\b", re.IGNORECASE
)
_FIRST = 600


class Person(NamedTuple):
    """None where the note does not say."""

    birth: PartialDate | None = None
    sex: Sex | None = None


class _Rule(NamedTuple):
    kind: str
    words: re.Pattern[str]
    holds: bool


def person(text: str, day: PartialDate | None) -> Person:
    """Birth and sex. A birth date that is written out wins over an age; an age gives the range of days on which one can have been born.

    day  the day that the age holds on; None leaves the birth unknown
    """
    return Person(_birth(text, day), _sex(text))


def _birth(text: str, day: PartialDate | None) -> PartialDate | None:
    for match in _BIRTH.finditer(text):
        found = next((one for one in dates_in(text[match.end() : match.end() + 30], None)), None)
        if found and found.start <= 2:
            return found.first
    if day is None:
        return None
    young, old = _YOUNG.search(text), _AGE.search(text)
    if young and (old is None or young.start() < old.start()):
        months = int(young["n"]) if young["unit"].lower().startswith("mo") else 0
        return born(0, months, day)
    spelt = _IN_WORDS.search(text)
    if spelt and (old is None or spelt.start() < old.start()):
        tens, ones = _TENS.index(spelt["tens"].lower()) + 2, _ONES.index((spelt["ones"] or "").lower())
        return born(10 * tens + ones, 0, day)
    if old is None:
        return None
    years = int(next(filter(None, old.groups())))
    if (
        re.search(r"\bbirthday (?:is )?today\b|\b(?:today is|turns \d+ today)\b", text[: old.end() + 60], re.IGNORECASE)
        and day.is_exact
    ):
        return _birthday(years, day)
    return born(years, 0, day)


def _birthday(years: int, day: PartialDate) -> PartialDate | None:
    try:
        found = PartialDate(day.year - years, day.month, day.day)
    except DateError:
        return None
    return found if completed_years(found.earliest, day.earliest) == years else None


def _sex(text: str) -> Sex | None:
    """By the first word that tells, in the beginning of the note before the rest, words about relatives aside; by a title where none does.

    A title alone tells little: surgeons are called Mr too.
    """
    for words in (text[:_FIRST], text):
        female, male = _first_own(_FEMALE, words), _first_own(_MALE, words)
        if female is not None or male is not None:
            return "female" if male is None or (female is not None and female <= male) else "male"
    titles = {sex for sex, pattern in (("female", _FEMALE_TITLE), ("male", _MALE_TITLE)) if pattern.search(text)}
    return ("female" if "female" in titles else "male") if len(titles) == 1 else None


def _first_own(pattern: re.Pattern[str], text: str) -> int | None:
    for match in pattern.finditer(text):
        if not _OTHERS.search(text[max(0, match.start() - 30) : match.start()]):
            return match.start()
    return None


def statements(part: Part) -> Iterator[Statement]:
    """What somebody has agreed to, declined or judged in one sentence."""
    words = part.text
    for rule in _rules():
        for match in rule.words.finditer(words):
            stands = standing(words[: match.start()], words[match.end() :])
            if stands.supposed or stands.unknown:
                continue
            span = (part.start + match.start(), part.start + match.end())
            holds = rule.holds != (stands.certainty == "refuted")
            if found := _stated(rule.kind, words[match.end() :], holds=holds):
                yield msgspec.structs.replace(
                    found, start=part.note.day, source=part.source(*span), words=words[match.start() : match.end()]
                )


def _stated(kind: str, rest: str, *, holds: bool) -> Statement | None:
    if kind != "life_expectancy":
        return Statement(kind=kind, holds=holds)
    given = re.search(r"(?:<=|>=|[<>≤≥])?\s*\d+\s*(?:day|week|wk|month|mo|year|yr)s?", rest[:60], re.IGNORECASE)
    return life_expectancy(given[0].strip()) if given and holds else None


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(
        _Rule(row["kind"], re.compile(row["words"], re.IGNORECASE), row["holds"] == "yes")
        for row in rows("note_statements", DATA)
    )
