"""Items arranged as they are meant: alternatives that a form printed as items, and lines that ran together, as nested lists.

An item that ends in "or" is an alternative to the next one. "Radiotherapy: no prior … Surgery: no prior …" and "… No … No …" are
statements whose line breaks a form lost. Both become one item with children, so that the ids of all other items stay as they are.
"""

import itertools
import re
from collections.abc import Sequence

import msgspec

from trialwright.codes.places import Span
from trialwright.criteria.outline import Item

_OR_ELSE = re.compile(r"(?:^|[\s,;(])or[\s,;.:]*$", re.IGNORECASE)
_LABELS = (
    r"(?:Bio(?:logic|logical) therapy|Chemotherapy|Endocrine therapy|Hormonal therapy|Radiotherapy|Radiation therapy|Surgery|Immunotherapy|"
    r"Hematopoietic|Hematologic|Hepatic|Renal|Cardiovascular|Cardiac|Pulmonary|Neurologic|Immunologic|Metabolic|Performance status|"
    r"Life expectancy|Menopausal status|Prior concurrent therapy|Patient characteristics|Disease characteristics|Concurrent therapy|"
    r"Other|Gastrointestinal)"
)
_STATEMENTS = (
    r"(?:Effective contraception|Fertile (?:patients|women)|Negative pregnancy test|HIV negative|Recovered from|"
    r"Bidimensionally measurable|Measurable disease|Patients (?:with|must|who))"
)
_HEADINGS = re.compile(
    r"\s*(?:PRIOR CONCURRENT THERAPY|PATIENT CHARACTERISTICS|DISEASE CHARACTERISTICS|PROTOCOL ENTRY CRITERIA)\s*:\s*(?:[-–]+\s+)?(?=\S)",
    re.IGNORECASE,
)
_STARTS = re.compile(
    rf"(?<=[a-z0-9)%\]])\s+(?:[-–•*]\s+)?(?=(?:No|Not)\s+(?![A-Z]?\d|more\b|less\b|later\b)[a-z(]|{_STATEMENTS}\b)|"
    rf"(?<=[a-z0-9)%\]])[.;,]?\s+(?:[-–•*]\s+)?(?={_LABELS}:\s)|"
    r"(?<=[a-z0-9)%\]])[.;,]?\s+[-–•]\s+(?=(?:No|Not|Prior|At least|Must|Patients|Concurrent|More than|Age|Hemoglobin|Platelets?)\s)"
)
_WRAPPED = re.compile(r"\s*(?:[Dd]isease |[Pp]atient )?[Cc]haracteristics\s+(?=[A-Z])")
"""The end of a heading that a form wrapped into the next line."""
_GOVERNS = re.compile(
    r"\b(?:with|of|has|have|had|having|and|or|is|are|was|were|the|a|an|who|that|which|if|yes|for|to|in|by|as|from|than|on|at|but|be|being|been)\W*$",
    re.IGNORECASE,
)


def arranged(text: str, items: Sequence[Item]) -> tuple[Item, ...]:
    """The items, and theirs, with alternatives and run-on lines nested. Spans are places in the same text."""
    inner = [
        msgspec.structs.replace(item, children=arranged(text, item.children)) if item.children else _split(text, item)
        for item in items
    ]
    return _joined(text, inner)


def ends_in_or(words: str) -> bool:
    """Whether an item says that the next one would do as well."""
    return _OR_ELSE.search(words.rstrip()) is not None


def are_alternatives(text: str, children: Sequence[Span]) -> bool:
    """Whether "or" stands behind each child but the last."""
    gaps = [text[one.end : other.start] for one, other in itertools.pairwise(children)]
    return bool(gaps) and all(re.match(r"[\s,;(]*or\b", gap, re.IGNORECASE) for gap in gaps)


def _joined(text: str, items: Sequence[Item]) -> tuple[Item, ...]:
    """Runs of items of which each but the last ends in "or", as one item over them."""
    kept: list[Item] = []
    run: list[Item] = []
    for item in items:
        run.append(item)
        if not item.children and ends_in_or(item.span.of(text)):
            continue
        kept.append(_over(text, run) if len(run) > 1 else item)
        run = []
    # Behind the last "or" the form has lost what it stood before.
    return (*kept, *run)


def _over(text: str, run: Sequence[Item]) -> Item:
    first = run[0]
    children = tuple(
        msgspec.structs.replace(item, span=_without_or(text, item.span)) if place < len(run) - 1 else item
        for place, item in enumerate(run)
    )
    return Item(
        number=first.number, marker=first.marker, span=Span(first.span.start, first.span.start), children=children
    )


def _without_or(text: str, span: Span) -> Span:
    match = _OR_ELSE.search(span.of(text).rstrip())
    return Span(span.start, span.start + match.start()) if match and match.start() else span


def _split(text: str, item: Item) -> Item:
    """A line of two statements or more as a list of them."""
    words = item.span.of(text)
    cuts = [
        match for match in _STARTS.finditer(words) if match.start() and not _GOVERNS.search(words[: match.start() + 1])
    ]
    heading = _HEADINGS.match(words) or _WRAPPED.match(words)
    first = heading.end() if heading and heading.end() < len(words) else 0
    cuts = [cut for cut in cuts if cut.start() > first]
    if not cuts and not first:
        return item
    starts = [first, *(cut.end() for cut in cuts)]
    edges = list(zip(starts, [*(cut.start() for cut in cuts), len(words)], strict=True))
    base = item.span.start
    children = tuple(
        Item(number="", marker="none", span=Span(base + left, base + right)) for left, right in edges if right > left
    )
    return msgspec.structs.replace(item, span=Span(base, base), children=children)
