"""The lines of a portal's page in, its sections out: which heading, which lines under it, which are the portal's own.

The headings are facts and stand in `data/portal_headings.tsv`. The portal's sentences are not: a heading's explaining
line is known by where it stands and how it begins.
"""

import functools
from collections.abc import Mapping
from typing import Literal

import msgspec

from trialwright.codes import tables
from trialwright.codes.places import Span
from trialwright.registries.fields import DATA
from trialwright.registries.reading import Line

Page = Literal["glued", "labelled"]
PROSE = frozenset({"prose", "eligibility", "editorial"})
_LONGEST_EXPLANATION = 220
_SHORTEST_SENTENCE_WORDS = 6
_LONGEST_HEADING = 60
_LONGEST_ABBREVIATION = 3


class Heading(msgspec.Struct, frozen=True):
    """One row of `portal_headings.tsv`.

    sections  the headings a label may stand under; () for a heading itself
    paths     API v2 paths that the heading stands for; `portal.…` where API v2 has none
    read      how the lines under it are read
    """

    kind: str
    name: str
    sections: tuple[str, ...]
    paths: tuple[str, ...]
    read: str

    @property
    def path(self) -> str:
        return self.paths[0] if self.paths else ""


class Section(msgspec.Struct, frozen=True):
    """A heading with its lines.

    heading   None for what stands above the first heading, and for a heading that the table lacks
    name      the heading as printed; "" above the first
    explains  the portal's line on what the heading means
    """

    heading: Heading | None
    name: str
    place: Span
    explains: Line | None
    body: tuple[Line, ...]

    @property
    def read(self) -> str:
        return self.heading.read if self.heading else ""


@functools.cache
def headings(page: Page, kind: str) -> Mapping[str, Heading]:
    """The rows of one kind of one portal, by name, in the table's order."""
    found = (row for row in tables.rows("portal_headings", DATA) if (row["page"], row["kind"]) == (page, kind))
    return {row["heading"]: _heading(row) for row in found}


@functools.cache
def labels(page: Page, kind: str, section: str) -> tuple[Heading, ...]:
    """The labels that may stand under one heading."""
    return tuple(heading for heading in headings(page, kind).values() if section in heading.sections)


def marked(line: Line, marks: tuple[Heading, ...]) -> tuple[Heading, str] | None:
    """The label and the value of a line such as `Group Type OTHER` or `Role: CONTACT`; None for any other line."""
    for mark in marks:
        rest = line.text.removeprefix(mark.name)
        if rest != line.text and rest[:1] in (" ", ":") and rest.strip(" :"):
            return mark, rest.strip(" :")
    return None


def sections_of_labelled(lines: tuple[Line, ...]) -> tuple[Section, ...]:
    """The sections of a page whose headings have an explaining line each; the first is what stands above them."""
    known = headings("labelled", "section")
    candidates = [at for at, line in enumerate(lines) if line.text in known]
    explained = {at for at in candidates if _explains(lines, at + 1)}
    is_habit = 2 * len(explained) > len(candidates)
    starts: list[int] = []
    for at, line in enumerate(lines):
        if line.text in known:
            inside = known[lines[starts[-1]].text].read if starts and lines[starts[-1]].text in known else ""
            if at in explained or not (is_habit and inside in PROSE):
                starts.append(at)
        elif is_habit and _looks_like_heading(line) and _explains(lines, at + 1):
            starts.append(at)
    return _cut(lines, starts, is_habit)


def _cut(lines: tuple[Line, ...], starts: list[int], is_habit: bool) -> tuple[Section, ...]:
    known = headings("labelled", "section")
    first = starts[0] if starts else len(lines)
    cut = [Section(None, "", Span(0, 0), None, lines[:first])]
    for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
        line, heading = lines[start], known.get(lines[start].text)
        is_prose = heading is not None and heading.read in PROSE
        explains = (
            is_habit
            and start + 1 < end
            and (_explains(lines, start + 1) or (not is_prose and _is_sentence(lines[start + 1])))
        )
        body = lines[start + 1 + explains : end]
        cut.append(Section(heading, line.text, line.span, lines[start + 1] if explains else None, body))
    return tuple(cut)


def sections_of_glued(lines: tuple[Line, ...]) -> tuple[Section, ...]:
    """The sections of a page without explaining lines; a line such as `Conditions: …` is a section of its own."""
    starts: list[tuple[int, Heading]] = []
    for at, line in enumerate(lines):
        heading = _heads_glued(line, inside=starts[-1][1].read if starts else "")
        if heading is not None:
            starts.append((at, heading))
    ends = [*(at for at, _ in starts), len(lines)]
    cut = [Section(None, "", Span(0, 0), None, lines[: ends[0]])]
    for (start, heading), end in zip(starts, ends[1:], strict=True):
        first = start if heading.kind == "line" else start + 1
        cut.append(Section(heading, heading.name, lines[start].span, None, lines[first:end]))
    return tuple(cut)


def _heads_glued(line: Line, inside: str) -> Heading | None:
    heading = headings("glued", "section").get(line.text)
    if heading is not None and (line.apart or inside not in PROSE):
        return heading
    for label in headings("glued", "line").values():
        if line.apart and line.text.startswith(label.name + (":" if label.read == "terms" else " ")):
            return label
    return None


def _explains(lines: tuple[Line, ...], at: int) -> bool:
    """Whether the line is one sentence that begins as the portal's explaining lines do."""
    return at < len(lines) and _is_sentence(lines[at]) and opens_explanation(lines[at])


def opens_explanation(line: Line) -> bool:
    return line.text.split()[0] in headings("labelled", "opener")


def _is_sentence(line: Line) -> bool:
    text = line.text
    one = text.endswith(".") and ". " not in text and len(text) <= _LONGEST_EXPLANATION
    return one and text[0].isupper() and len(text.split()) >= _SHORTEST_SENTENCE_WORDS


def _looks_like_heading(line: Line) -> bool:
    words = line.text.split()
    is_value = any(word.isupper() and len(word) > _LONGEST_ABBREVIATION for word in words)
    is_title = all(word[0].isupper() or word in ("and", "of", "the", "for", "in") for word in words)
    return (
        is_title
        and not is_value
        and len(line.text) <= _LONGEST_HEADING
        and words[-1][-1].isalpha()
        and line.text not in headings("labelled", "field")
    )


def _heading(row: Mapping[str, str]) -> Heading:
    return Heading(row["kind"], row["heading"], tables.parts(row["section"]), tables.parts(row["path"]), row["read"])
