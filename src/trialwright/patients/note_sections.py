"""Sections of a note: headings, how far each reaches, and what a section says of how the things in it stand."""

import dataclasses
import re
from functools import cache

from trialwright.codes.concepts import Kind

from .note_standing import Standing, cue

_ROLES = ("past_section", "drug_section", "family_section", "plan_section", "allergy_section", "section")
_NARROW = ("family_section", "plan_section", "allergy_section")
_LONGEST = 4000
_HEADING = re.compile(r"(?:^|\n|(?<=[.;] )|(?<=\s))(?P<name>(?:[A-Z][A-Za-z/&]*)(?: [A-Za-z/&]+){0,3}):(?=\s|$)")
_TO_PATIENT = re.compile(
    r"\s*(?:he|she|they|i|(?:the |this )?patient|pt|mrs?|ms|on exam\w*|physical exam\w*|vitals?|exam\w*)\b",
    re.IGNORECASE,
)
"""How a sentence begins that turns from relatives, plans and allergies to the patient."""
_GOES_ON = re.compile(
    r"\b(?:continu\w*|increas\w*|decreas\w*|reduc\w*|titrat\w*|uptitrat\w*|resum\w*|remain\w*|stay\w*|keep|maintain\w*|stop\w*|hold|held"
    r"|discontinu\w*|s/p|status post|after|since|post|completed|finished|given|received|done|on)\s+(?:\w+\s+){0,3}$",
    re.IGNORECASE,
)


def heading(sentence: str, upto: int) -> re.Match[str] | None:
    """The last heading of a sentence that ends before a place: words with a colon, or a known one that has its line for itself."""
    found = list(_HEADING.finditer(sentence, 0, max(upto, 0)))
    found += [one for one in _alone().finditer(sentence) if one.end() <= upto]
    return max(found, key=re.Match.start, default=None)


def is_relative(name: str) -> bool:
    """Whether a colon follows a relative, who heads no section: "father: stroke"."""
    words = name.lower()
    return bool(cue("family").fullmatch(words)) and not cue("family_section").fullmatch(words)


def is_narrow(section: str) -> bool:
    """Whether a section is of relatives, plans or allergies: it ends before the next heading where the note turns to something else."""
    return bool(section) and any(cue(role).fullmatch(section) for role in _NARROW)


def is_closed(text: str, span: tuple[int, int], sentence: str) -> bool:
    """Whether a narrow section ends before a sentence: at an empty line, where it turns to the patient, or because it would be too long.

    span  from the end of the heading to the sentence, in characters of the note
    """
    if span[1] - span[0] > _LONGEST:
        return True
    told = text[span[0] : span[1]]
    is_over = bool(re.search(r"\n\s*\n", told.lstrip())) or bool(_TO_PATIENT.match(sentence))
    return bool(told.strip()) and is_over


def in_section(section: str, before: str, kind: Kind, stands: Standing) -> Standing:
    """As its section has it: a list of drugs is of today, a history is past, a plan lies ahead, a family's illness is a relative's."""
    if kind == "drug" and cue("drug_section").fullmatch(section):
        return dataclasses.replace(stands, present=True)
    if cue("past_section").search(section):
        return dataclasses.replace(stands, past=True)
    if kind == "condition" and cue("family_section").fullmatch(section):
        return dataclasses.replace(stands, family=True)
    lies_ahead = kind in ("drug", "procedure") and cue("plan_section").fullmatch(section)
    if lies_ahead and not stands.past and not _GOES_ON.search(before):
        return dataclasses.replace(stands, planned=True)
    return stands


@cache
def _alone() -> re.Pattern[str]:
    """A known heading on a line of its own, with a colon or without."""
    known = "|".join(cue(role).pattern for role in _ROLES)
    return re.compile(rf"(?im)^[ \t]*(?P<name>{known})[ \t]*:?[ \t]*$")
