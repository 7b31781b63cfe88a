"""A clinic note as sentences and their parts, in the language that it is in, with the day it was written.

Characters are never moved: every sentence is a span of the text as it came.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from trialwright.codes.dates import PartialDate
from trialwright.codes.tables import rows

from .naming import DATA
from .note_dates import dates_in

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
_BIRTH = re.compile(r"\b(?:dob|d\.o\.b|date of birth|born|birth)\b", re.IGNORECASE)
_VISIT = re.compile(
    r"\b(?:presents?|presented|seen|follow[- ]?up|visits?|reviewed|evaluated|consultation|attended)\b[^.;,]{0,40}\bon\s+$",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_]+")
_FOREIGN_SHARE = 0.4
_LONGEST_FIRST = 14


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
    cuts |= {match.end() for match in _STOP.finditer(text) if not _is_short(text, match.start())}
    cuts |= {place + 1 for place in _semicolons(text)}
    places = sorted(cuts)
    found = []
    for first, last in pairwise(places):
        start = first + len(text[first:last]) - len(text[first:last].lstrip())
        start += len(match[0]) if (match := _NUMBERED.match(text[start:last])) else 0
        end = first + len(text[first:last].rstrip())
        if end > start:
            found.append(Sentence(start, end, text.count("\n", 0, start) + 1))
    return found


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
    labelled = re.search(
        r"(?im)^\s*(?:date|date of (?:visit|note|review|clinic|admission|service)|visit|seen|reviewed)\b[^\n\d]{0,20}",
        text,
    )
    first = next(iter(sentences(text)), None)
    places = [(labelled.start(), labelled.end() + 30)] if labelled else []
    if first and len(text[first.start : first.end].split()) <= _LONGEST_FIRST:
        places.append((first.start, first.end))
    for start, end in places:
        words = text[start:end]
        days = [one for one in dates_in(words, None) if one.first.is_exact and one.last is None]
        if days and not _BIRTH.search(words[: days[0].start]):
            return days[0].first
    return _visited_on(text)


def _visited_on(text: str) -> PartialDate | None:
    """The day of the visit, where one of the first sentences says "presents … on 20 Feb 2026"."""
    for sentence in sentences(text)[:3]:
        words = text[sentence.start : sentence.end]
        for one in dates_in(words, None):
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
