"""The text of a portal's trial page in, a trial out: labelled, with the labels lost, or glued to their values.

What the portal wrote itself (summaries for patients, explaining lines, related trials) never enters the record: it
stands beside it, with a remark. What the page lost is named in `Source.stripped` and filled in from nowhere.

source  the pages of three trials, described in the column `source` of `data/portal_headings.tsv`
"""

import re

from trialwright.registries.portal_arms import read_arms_and_interventions
from trialwright.registries.portal_blocks import READERS
from trialwright.registries.portal_glued import looks_glued, read_glued
from trialwright.registries.portal_page import (
    Section,
    headings,
    labels,
    marked,
    opens_explanation,
    sections_of_labelled,
)
from trialwright.registries.portal_values import take
from trialwright.registries.reading import Line, Reading, lines_of
from trialwright.trial import Form, Trial

_LOOKED_AT = 200_000
_ENOUGH_HEADINGS = 3
_TITLE = "protocolSection.identificationModule.briefTitle"
_UPDATED = "protocolSection.statusModule.lastUpdatePostDateStruct.date"
# Not in the order printed: the eligibility text settles a lone age, the study type tells designs apart, the sites take
# their contacts.
_FIRST = ("fields", "eligibility", "sites")


def looks_like(text: str) -> bool:
    """Whether the text is a portal's page of one trial, told by its headings and labels."""
    start = text[:_LOOKED_AT]
    if start.lstrip("\ufeff \t\r\n")[:1] in ("", "{", "[", "<"):
        return False
    lines = lines_of(start)
    return looks_glued(lines) or _looks_labelled(lines)


def read(text: str, name: str = "", position: int = 1) -> Trial:
    """One page.

    text      the page as text, with any line ends
    name      the file's name, for `Source`
    position  the record's number in the file, or the line where it begins
    """
    reading = Reading(text)
    lines = lines_of(text)
    if looks_glued(lines):
        read_glued(reading, lines)
        return reading.trial("portal-glued", name, position)
    return reading.trial(_read_labelled(reading, lines), name, position)


def _looks_labelled(lines: tuple[Line, ...]) -> bool:
    known = headings("labelled", "section")
    found = {line.text for line in lines if line.text in known}
    explained = {section.name for section in sections_of_labelled(lines) if section.explains} if found else set()
    has_id = any(re.fullmatch(r"NCT ID:\s*NCT\d{8}", line.text) for line in lines[:40])
    return (len(found) >= _ENOUGH_HEADINGS and has_id) or len(explained) > _ENOUGH_HEADINGS


def _read_labelled(reading: Reading, lines: tuple[Line, ...]) -> Form:
    top, *sections = sections_of_labelled(lines)
    _read_top(reading, top)
    for section in sections:
        _skip_explanation(reading, section)
        if section.heading is None:
            reading.keep(section.name, [line.text for line in section.body])
            reading.remark(
                "unknown-heading",
                f"{section.name!r} is no heading that is known; its lines stand beside the record",
                section.place,
            )
        elif not section.body:
            reading.lose_under(section.name, section.heading.paths)
    filled = [section for section in sections if section.heading and section.body]
    has_labels = False
    for section in sorted(filled, key=_in_order):
        if section.read in READERS:
            has_labels |= READERS[section.read](reading, section) is True
    _read_arms(reading, filled)
    return "portal-labelled" if has_labels or not _could_have_labels(filled) else "portal-stripped"


def _skip_explanation(reading: Reading, section: Section) -> None:
    """A sentence that stands where explanations stand and begins as none does is left out, but not thrown away."""
    if section.explains is None:
        return
    reading.skip(section.explains)
    if not opens_explanation(section.explains):
        reading.keep(section.name, section.explains.text)


def _in_order(section: Section) -> int:
    return (
        -1 if section.read == "eligibility" else _FIRST.index(section.read) if section.read in _FIRST else len(_FIRST)
    )


def _read_top(reading: Reading, top: Section) -> None:
    tops = tuple(headings("labelled", "top").values())
    titles: list[Line] = []
    for line in top.body:
        found = marked(line, tops)
        if found is not None:
            take(reading, found[0], line, found[1])
        elif not titles:
            titles.append(line)
            reading.put(_TITLE, line.text, "title", line.span)
        else:
            reading.keep("above all headings", line.text)
            reading.remark(
                "unread-value", f"{line.text[:60]!r} stands above all headings; not known what it is", line.span
            )
    if reading.value(_UPDATED):
        message = "the page says when the record was last updated, not whether that is the day it was sent or posted"
        reading.remark("label-ambiguous", message, where=_UPDATED)


def _read_arms(reading: Reading, sections: list[Section]) -> None:
    """Both headings together; where one stands twice, its second block is kept beside the record."""
    by_reader: dict[str, Section] = {}
    for section in sections:
        if section.read in ("arms", "interventions") and by_reader.setdefault(section.read, section) is not section:
            reading.keep(section.name, [line.text for line in section.body])
            message = f"{section.name!r} stands twice; the first is taken, this one kept aside"
            reading.remark("second-value", message, section.place)
    read_arms_and_interventions(reading, by_reader.get("arms"), by_reader.get("interventions"))


def _could_have_labels(sections: list[Section]) -> bool:
    """Whether any section stands here under which a labelled page prints labels."""
    return any(labels("labelled", "field", section.name) for section in sections)
