"""The words a portal prints for one field in, the value of that field in API v2 out; None when they are no such value.

Where a page has lost its labels, a value is told by its form alone: a field takes what only it can mean. What two
fields could mean is given to neither.
"""

import re
from typing import Literal

from trialwright.codes.dates import DateError, PartialDate
from trialwright.registries.fields import by_path, is_word_list, word
from trialwright.registries.portal_page import Heading
from trialwright.registries.reading import Line, Reading

STUDY_TYPE = "protocolSection.designModule.studyType"
MINIMUM_AGE = "protocolSection.eligibilityModule.minimumAge"
MAXIMUM_AGE = "protocolSection.eligibilityModule.maximumAge"
_ENROLLMENT = re.compile(
    r"(\d{1,3}(?:,\d{3})+|\d+)\s*(?:participants?|patients?|people)?\s*(?:\((actual|estimated)\))?", re.IGNORECASE
)
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(year|month|week|day|hour|minute)s?(?: old)?", re.IGNORECASE)
_PHASES = re.compile(r"(?:early[ _-]*)?phase[ _-]*[1-4]|\bn/?a\b|not applicable", re.IGNORECASE)
_FLAGS = {"yes": True, "true": True, "no": False, "false": False}
_ABOUT_AGE = re.compile(r"\bage[ds]?\b|years? old|years? of age|\badults?\b", re.IGNORECASE)
_NO_LIMIT = frozenset({"n/a", "none", "no limit", "-", "–", "not specified"})

Bound = Literal["minimum", "maximum"]


def value_of(path: str, words: str) -> object | None:
    """What `words` mean in the field at `path`.

    path     one of the fields that a portal labels: a word list's, a date, a count, an age, a flag or the phases
    returns  None when the words are no value of that field
    raises   KeyError for a path that no field has
    """
    field = by_path()[path]
    if field.kind == "Phase":
        return phases_of(words)
    if is_word_list(field.kind):
        return word(field.kind, words)
    match field.kind:
        case "date":
            return date_of(words)
        case "count":
            match = _ENROLLMENT.fullmatch(words)
            return int(match[1].replace(",", "")) if match else None
        case "age":
            return age_of(words)
        case "flag":
            return _FLAGS.get(words.lower())
        case _:
            return words or None


def phases_of(words: str) -> tuple[str, ...] | None:
    found = [word("Phase", match[0]) for match in _PHASES.finditer(words)]
    rest = re.sub(r"[\s,/|&·-]|and", "", _PHASES.sub("", words))
    return tuple(phase for phase in found if phase) if found and not rest else None


def date_of(words: str) -> str | None:
    try:
        return str(PartialDate.parse(words))
    except DateError:
        return None


def age_of(words: str) -> str | None:
    """`18 Years` from `18 years`, `18 Years old`; one of it is in the singular, as in the registry."""
    match = _AGE.fullmatch(words.strip())
    return f"{match[1]} {match[2].capitalize()}{'' if match[1] == '1' else 's'}" if match else None


def enrollment_of(words: str) -> tuple[int, str | None] | None:
    """Count and, where printed, ACTUAL or ESTIMATED, of `77 (estimated)`."""
    match = _ENROLLMENT.fullmatch(words)
    return (int(match[1].replace(",", "")), match[2].upper() if match[2] else None) if match else None


def no_limit(words: str) -> bool:
    return words.lower() in _NO_LIMIT


def take(reading: Reading, label: Heading, line: Line, words: str | None = None) -> None:
    """Put one printed value where its label says."""
    words = line.text if words is None else words
    value = value_of(label.path, words)
    if value is not None:
        reading.put(label.path, value, label.name, line.span)
    elif by_path()[label.path].kind == "age" and no_limit(words):
        reading.keep(label.name, words)
    else:
        reading.unread(label.name, line)


def read_fields(reading: Reading, section: str, fields: tuple[Heading, ...], lines: tuple[Line, ...]) -> bool:
    """Labels with a value under each, or values alone. Returns whether any label was printed."""
    names = {field.name: field for field in fields}
    bare: list[Line] = []
    at = 0
    while at < len(lines):
        label = names.get(lines[at].text.rstrip(":"))
        has_value = at + 1 < len(lines) and lines[at + 1].text.rstrip(":") not in names
        if label is None:
            bare.append(lines[at])
        elif has_value:
            take(reading, label, lines[at + 1])
        else:
            reading.lose(label.path)
        at += 2 if label is not None and has_value else 1
    printed = {names[line.text.rstrip(":")].path for line in lines if line.text.rstrip(":") in names}
    _place_by_form(reading, section, tuple(field for field in fields if field.path not in printed), bare)
    return bool(printed)


def _place_by_form(reading: Reading, section: str, fields: tuple[Heading, ...], bare: list[Line]) -> None:
    if not bare:
        return
    groups: dict[tuple[Heading, ...], list[Line]] = {}
    is_observational = (
        any(line.text == "OBSERVATIONAL" for line in bare) or reading.value(STUDY_TYPE) == "OBSERVATIONAL"
    )
    for line in bare:
        able = tuple(
            field
            for field in fields
            if _applies(field, is_observational) and value_of(field.path, line.text) is not None
        )
        groups.setdefault(able, []).append(line)
    placed: list[str] = []
    for able, lines in groups.items():
        if not able:
            for line in lines:
                reading.unread(section, line)
        elif len(able) == len(lines):
            for field, line in zip(able, lines, strict=True):
                take(reading, field, line)
            placed += [field.name for field in able]
        else:
            _leave_open(reading, able, lines)
    if placed:
        message = f"{section}: the page prints no labels; told by their form and order: {', '.join(placed)}"
        reading.remark("label-lost", message, bare[0].span.cover(bare[-1].span))


def _leave_open(reading: Reading, able: tuple[Heading, ...], lines: list[Line]) -> None:
    names = " or ".join(field.name for field in able)
    for line in lines:
        bound = _bound_of(reading, line) if len(lines) == 1 else None
        if bound is not None:
            path = MINIMUM_AGE if bound == "minimum" else MAXIMUM_AGE
            reading.put(path, value_of(path, line.text), "Eligibility Criteria", line.span)
            message = f"{line.text!r} has no label; the eligibility text says that it is the {bound}"
            reading.remark("label-lost", message, line.span)
        else:
            reading.keep(names, line.text)
            reading.lose(*(field.path for field in able))
            reading.remark("label-ambiguous", f"{line.text!r} may be {names}; it was put in neither", line.span)


def _applies(field: Heading, is_observational: bool) -> bool:
    is_theirs = field.path.rpartition(".")[2] in ("observationalModel", "timePerspective")
    is_trials = field.path.rpartition(".")[2] in ("allocation", "interventionModel", "primaryPurpose", "masking")
    return not (is_trials if is_observational else is_theirs)


def _bound_of(reading: Reading, line: Line) -> Bound | None:
    """Which bound a lone age is, when the eligibility text uses its number in one way only."""
    text = reading.value("protocolSection.eligibilityModule.eligibilityCriteria") or ""
    if age_of(line.text) is None or not isinstance(text, str):
        return None
    number = re.escape(line.text.split()[0])
    unit = r"\s*(?:years?|yrs?|months?|weeks?|days?)?(?: old| of age)?\s*"
    low = (
        rf"(?:≥|>=?\s*=?|at least|from|older than|over|above)\s*{number}\b"
        rf"|\b{number}{unit}(?:and|or)\s*(?:older|above|over|up|more)|\b{number}\s*(?:-|–|to)\s*\d"
    )
    high = (
        rf"(?:≤|<=?\s*=?|at most|up to|younger than|under|below)\s*{number}\b"
        rf"|\b{number}{unit}(?:and|or)\s*(?:younger|below|under|less)|\d\s*(?:-|–|to)\s*{number}\b"
    )
    lines = [words for words in text.splitlines() if _ABOUT_AGE.search(words)]
    is_low = any(re.search(low, words, re.IGNORECASE) for words in lines)
    is_high = any(re.search(high, words, re.IGNORECASE) for words in lines)
    return None if is_low == is_high else ("minimum" if is_low else "maximum")
