"""Numbers of things that the vocabulary does not know: `central corneal thickness > 600 µm`, `Smith Itch score of at least 12`.

What was measured stays a measurement by its words alone, as any disease does; that it is one is told by the noun it ends in.
"""

import re

from trialwright.codes.concepts import Concept
from trialwright.codes.quantities import Quantity
from trialwright.codes.vocabulary import normalise
from trialwright.criteria.chunks import Bound
from trialwright.criteria.nodes import Compare, Node
from trialwright.criteria.phrase import Phrase, all_of, pairs_of, single_window

_MOST_WORDS = 7
_SHAPE = re.compile(r"[qUBCROS]+[p:=,\-]?(?P<bounds>Q)(?:,?[Wq])*")
_MEASURED = re.compile(
    r"(?:scores?|index|subscores?|subscale|levels?|counts?|titers?|titres?|volume|diameter|thickness|concentrations?|percentage|"
    r"pressure|length|width|depth|height|size|distance|amplitude|fraction|gradient|density|velocity|circumference|"
    r"acuity|length|capacity|angle|expression|values?|activity|area|burden|load)$",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"\s+(?:of|is|was|were|are|being|has been|must be|should be|to be|that is|which is|with)?\s*(?:either|an?|the)?"
    r"\s*[:=\-]?\s*$|[:=\-,\s]+$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\b(?:chang\w+|increas\w*|decreas\w*|differen\w+|improve\w*|reduc\w+|loss|gain|drop|fall|rise|ratio|times|within|after|before|since|"
    r"and|or|with|without|not|no|if|who|that|which|from|than|by|per|each|every|history|shows?|sample|blood|plasma|serum|cells?|dose|doses|mg|prior|previous|least|most|"
    r"age|years?|months?|weeks?|days?|hours?|expectancy|patients?|subjects?|participants?|group|arm|cohort|two|three|consecutive|any)\b|[;:()\[\]/]",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:an?|the|have|has|having|with|must|should|patients?|subjects?|participants?|documented|evidence of|presence of|who|whose|in|at|"
    r"screening|baseline|current|total|overall|mean|known)\s+)+",
    re.IGNORECASE,
)


def read_named_measure(phrase: Phrase) -> Node | None:
    """A name that ends in what is measured, and its limits."""
    match = _SHAPE.fullmatch(phrase.cats)
    if match is None:
        return None
    bounds: list[Bound] = [
        chunk.value for chunk in phrase.chunks[match.start("bounds") : match.end("bounds")] if chunk.cat == "Q"
    ]
    first = phrase.chunks[match.start("bounds")]
    raw = " ".join(phrase.text[phrase.all[0].start : first.start].split())
    name = _LEAD.sub("", _JOINT.sub("", raw + " ")).strip()
    if not _is_name(name) or any(bound.time or not bound.stated or bound.relative for bound in bounds):
        return None
    concept = Concept(text=normalise(name), kind="measurement")
    when = single_window(phrase.chunks)
    if when is None and any(chunk.cat == "W" for chunk in phrase.chunks):
        return None
    unit = next((bound.unit for bound in reversed(bounds) if bound.unit), None) or "1"
    limits: list[Node] = [
        Compare(measure=concept, op=op, quantity=Quantity(value, bound.unit or unit), when=when, span=phrase.span)
        for bound in bounds
        for op, value in pairs_of(bound)
    ]
    if not limits or any(limit.op == "=" for limit in limits if isinstance(limit, Compare)):
        return None
    return all_of(limits, phrase.span)


def _is_name(name: str) -> bool:
    words = name.split()
    return 2 <= len(words) <= _MOST_WORDS and _MEASURED.search(name) is not None and _NO_NAME.search(name) is None
