"""A clinic note as sentences and their parts, in the language that it is in, with the day it was written.

Characters are never moved: every sentence is a span of the text as it came.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from trialwright.codes.dates import PartialDate
from trialwright.codes.tables import rows

from .naming import DATA
from .note_dates import dates_in, order_of

_SHORT = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "prof",
        "st",
        "vs",
        "approx",
        "no",
        "nos",
        "fig",
        "e.g",
        "i.e",
        "etc",
        "resp",
        "incl",
        "ca",
        "tab",
        "inj",
        "inf",
        "dept",
        "pt",
        "hx",
        "dx",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
    ]
)
_STOP = re.compile(r"[.!?]+(?=\s+[\"'(]?[A-Z0-9]|\s+[rcpy]{1,2}T\d|\s*$)|[.!?]+(?=\s*\n)")
_BREAK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•]|\d{1,2}[.)])\s)|\n(?=\s*[A-Z0-9])|\n(?=\s*[A-Za-z /]{2,30}:)")
_NUMBERED = re.compile(r"^\s*(?:\d{1,3}[.)]\s+|[-*•]\s+)")
_MONTH_WORD = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_BIRTH = re.compile(r"\b(?:dob|d\.o\.b|date of birth|born|birth)\b", re.IGNORECASE)
_VISIT = re.compile(
    r"\b(?:presents?|presented|seen|follow[- ]?up|visits?|reviewed|evaluated|consultation|attended)\b[^.;,]{0,40}\bon\s+$",
    re.IGNORECASE,
)
_LABELS = tuple(
    re.compile(rf"(?im)(?:^|[.;]|\s{{2,}})\s*(?:{words})\b[^\n\d]{{0,12}}(?:{_MONTH_WORD}|\d)")
    for words in (
        "date of (?:visit|note|review|clinic|service|letter|discharge)|(?:visit|clinic|note|discharge|review) date|discharged(?: on)?",
        "date of (?:admission|encounter|consultation)|(?:admission|encounter) date|date|visit|seen|reviewed|dictated|admitted(?: on)?",
    )
)
"""What leads to the day of a note, the surest first: a discharge letter is of the day of the discharge."""
_TITLE = re.compile(
    rf"(?:[A-Za-z/&-]+,?\s+){{1,5}}\d[\w/.-]*(?:\s+{_MONTH_WORD}\w*\s+\d{{4}})?(?=\s*[:\n])", re.IGNORECASE
)
"""A title with a day that a colon or the end of the line closes, before a long first sentence."""
_WORDS = re.compile(r"[^\W\d_]+")
_WRAPPED = 0.75
"""A line shorter than this part of the longest was ended on purpose; wrapped lines differ by a word."""
_RUNS_ON = frozenset(
    ["of", "and", "or", "with", "without", "to", "in", "on", "for", "the", "a", "an", "by", "from", "at", "due", "but"]
)
_FOREIGN_SHARE = 0.4
_LONGEST_FIRST = 14
_LONGEST = 1200


@dataclass(frozen=True, slots=True)
class Sentence:
    """start, end: characters of the note. line: the number of the line it begins in, from 1."""

    start: int
    end: int
    line: int


def sentences(text: str) -> list[Sentence]:
    """The sentences in order, without the numbers and bullets of lists; a semicolon ends one as a full stop does."""
    cuts = {0, len(text)}
    cuts |= {match.start() for match in _BREAK.finditer(text)}
    cuts |= set(_short_lines(text))
    cuts |= {match.end() for match in _STOP.finditer(text) if not _is_short(text, match.start())}
    cuts |= {place + 1 for place in _semicolons(text)}
    found, line, counted = list[Sentence](), 1, 0
    for first, last in pairwise(_bounded(sorted(cuts), text)):
        start = first + len(text[first:last]) - len(text[first:last].lstrip())
        start += len(match[0]) if (match := _NUMBERED.match(text[start:last])) else 0
        end = first + len(text[first:last].rstrip())
        if end > start:
            line, counted = line + text.count("\n", counted, start), start
            found.append(Sentence(start, end, line))
    return found


def _bounded(places: list[int], text: str) -> list[int]:
    """The cuts, with more of them where no stop comes for very long: what is said reaches no further than a few lines anyway."""
    found = places[:1]
    for place in places[1:]:
        while place - found[-1] > _LONGEST:
            start, end = found[-1] + _LONGEST // 2, found[-1] + _LONGEST
            comma = text.rfind(", ", start, end)
            space = comma + 1 if comma >= 0 else text.rfind(" ", start, end)
            found.append(space if space > 0 else end)
        found.append(place)
    return found


def _short_lines(text: str) -> Iterator[int]:
    """Where a line ends though the next word would have fitted: it was ended, not wrapped."""
    lines = text.split("\n")
    width, place = max(map(len, lines)), 0
    for line, following in pairwise(lines):
        place += len(line)
        word = following.split(maxsplit=1)[0] if following.strip() else ""
        if line.strip() and word not in _RUNS_ON and len(line.rstrip()) + 1 + len(word) < width * _WRAPPED:
            yield place
        place += 1


def _is_short(text: str, stop: int) -> bool:
    """Whether a full stop ends an abbreviation, an initial or the number of a list."""
    word = re.search(r"[\w.]+$", text[max(0, stop - 12) : stop])
    if word is None:
        return False
    begins_line = text.rfind("\n", 0, stop) >= stop - len(word[0]) - 2 or stop - len(word[0]) <= 1
    is_numbering = word[0].isdigit() and begins_line and len(word[0]) <= 3
    return (
        is_numbering
        or word[0].lower() in _SHORT
        or (len(word[0]) == 1 and word[0].isalpha() and word[0].isupper() and text[stop - 2 : stop - 1] in " .")
    )


def _semicolons(text: str) -> list[int]:
    """Where semicolons stand outside parentheses."""
    depth, found = 0, []
    for place, sign in enumerate(text):
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth = max(0, depth - 1)
        elif sign == "\n":
            depth = 0
        elif sign == ";" and not depth:
            found.append(place)
    return found


def written_on(text: str) -> PartialDate | None:
    """The day a note gives for itself, in its short first sentence or after "date:"; None when it gives none."""
    order = order_of(text)
    first = next(iter(sentences(text)), None)
    places = [(one.start(), one.end() + 30) for label in _LABELS if (one := label.search(text))]
    if first and len(text[first.start : first.end].split()) <= _LONGEST_FIRST:
        places.append((first.start, first.end))
    elif first and (head := _TITLE.match(text, first.start)):
        places.append(head.span())
    for start, end in places:
        words = text[start:end]
        days = [one for one in dates_in(words, None, order) if one.first.is_exact and one.last is None]
        if days and not _BIRTH.search(words[: days[0].start]):
            return days[0].first
    return _visited_on(text) or _alone(text, order)


def _alone(text: str, order: str) -> PartialDate | None:
    """The day that has a line for itself, where only one has: the date of a letter."""
    lines = [line.strip() for line in text.split("\n")]
    days = {
        one.first
        for line in lines
        for one in dates_in(line, None, order)
        if one.first.is_exact and one.last is None and line.strip(" .,") == line[one.start : one.end]
    }
    return days.pop() if len(days) == 1 else None


def _visited_on(text: str) -> PartialDate | None:
    """The day of the visit, where one of the first sentences says "presents … on 20 Feb 2026"."""
    for sentence in sentences(text)[:3]:
        words = text[sentence.start : sentence.end]
        for one in dates_in(words, None, order_of(text)):
            if one.first.is_exact and one.last is None and _VISIT.search(words[: one.start]):
                return one.first
    return None


def other_language(text: str) -> str | None:
    """The language of a text that is not in English, as far as its small words or its letters tell; None for English."""
    letters = [sign for sign in text if sign.isalpha()]
    foreign = sum(1 for sign in letters if ord(sign) > 0x24F)
    if letters and foreign / len(letters) > _FOREIGN_SHARE:
        return "no language in Latin letters"
    words = Counter(_WORDS.findall(text.lower()))
    counted = {language: sum(words[word] for word in known) for language, known in _small_words().items()}
    most = max(counted, key=lambda language: (counted[language], language == "English"))
    if most == "English" or counted[most] < 4 or counted[most] <= 1.5 * counted["English"]:
        return None
    return most


@cache
def _small_words() -> dict[str, frozenset[str]]:
    return {row["language"]: frozenset(row["words"].split()) for row in rows("note_languages", DATA)}
