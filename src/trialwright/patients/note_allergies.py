"""What a note says that the patient does not bear: allergies with their reactions, and that there are none."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from .facts import Occurrence
from .note_mentions import Mention
from .note_occurrence import degree_of, occurrence_of
from .note_parts import Part
from .note_standing import Standing, cue, values
from .readings import SEVERITIES, Severity, denied_allergy

_SEVERE = 3
_REACTED = re.compile(r"(?:->|→|:|\bcaused\b|\bled to\b|\bcausing\b|\bdeveloped\b|\bwith\b|\bgave\b)")


def no_allergy(part: Part) -> Iterator[Occurrence]:
    for match in cue("no_allergy").finditer(part.text.lower()):
        span = (part.start + match.start(), part.start + match.end())
        yield Occurrence(
            concept=part.note.namer.concept(denied_allergy(match[0]), "allergy"), certainty="refuted", start=part.note.day,
            source=part.source(*span), words=part.words(*span),
        )  # fmt: skip
        return


def is_allergy(part: Part, at: int) -> bool:
    """Whether a substance is named as one that the patient does not bear."""
    mention = part.mentions[at]
    if mention.kind not in ("drug", "vaccine", "allergy", "device"):
        return False
    if mention.kind == "allergy":
        return True
    before, after = part.words(part.start, mention.start).lower(), part.words(mention.end, part.end).lower()
    last = None
    for match in cue("allergic").finditer(before):
        last = match
    if last and not re.search(r"[.;]|\bbut\b|\bon\b", before[last.end() :]):
        return True
    if _is_listed(part, mention):
        return True
    if re.match(rf"[\s-]*(?:drug\s+)?(?:{cue('allergic_after').pattern})\b", after):
        return True
    reaction = cue("reaction").search(after)
    return bool(
        reaction
        and _REACTED.search(after[: reaction.start()])
        and not part.note.text[mention.end :][: reaction.start()].count(".")
    )


def is_reaction(part: Part, at: int) -> bool:
    """Whether a condition is the reaction of an allergy in the same sentence, which names it with its cause."""
    named = part.words(part.mentions[at].start, part.mentions[at].end).lower()
    if cue("reaction").fullmatch(named):
        return any(is_allergy(part, other) for other in range(at))
    return at > 0 and part.mentions[at].kind == "condition" and _is_aside(part, at) and is_allergy(part, at - 1)


def _is_aside(part: Part, at: int) -> bool:
    """Whether a mention stands in brackets that open directly behind the one before it."""
    between = part.words(part.mentions[at - 1].end, part.mentions[at].start)
    return bool(re.fullmatch(r"\s*(?:\((?:[^()]*\s)?|(?:-+>|→|[-–=:])\s*)", between))


def _is_listed(part: Part, mention: Mention) -> bool:
    """Whether it has its line in a list of allergies."""
    text, start = part.note.text, part.note.section_end
    return bool(
        cue("allergy_section").fullmatch(part.section(mention.start))
        and "\n" in text[start : part.start]
        and not re.search(r"\b(?:on|takes|taking)\b", part.text)
    )


def _told_of(part: Part, mention: Mention) -> str:
    """What a sentence says of one substance: all of it, or where it names several, up to the next."""
    substances = [one for at, one in enumerate(part.mentions) if is_allergy(part, at) and one.concept.id != "allergy"]
    if len(substances) < 2:
        return part.text
    return part.words(mention.end, min([one.start for one in substances if one.start >= mention.end], default=part.end))


def _severity(told: str, reaction: str, grade: Any) -> Severity | None:
    levels = [level for level in SEVERITIES if re.search(rf"\b{level}\b", told, re.IGNORECASE)]
    is_severe = values("reaction").get(reaction) == "severe" or (grade is not None and grade.value >= _SEVERE)
    return levels[-1] if levels else "severe" if is_severe else None


def allergy(part: Part, mention: Mention, stands: Standing) -> Iterator[Occurrence]:
    """The allergy, its reaction as a condition of its own, and the treatment itself where its dose or day shows that it was given."""
    namer, words = part.note.namer, part.words(mention.start, mention.end)
    fact = occurrence_of(part, mention, stands, denied=stands.certainty == "refuted")
    told = _told_of(part, mention)
    reaction = cue("reaction").search(told.lower())
    severity = _severity(told, reaction[0] if reaction else "", degree_of(part, mention)[0])
    was_given = fact.dose is not None or (fact.start is not None and fact.start != part.note.day)
    details = (reaction[0],) if reaction else ()
    substance = namer.concept(words, "allergy")
    if substance.id is None:
        substance = namer.concept(mention.concept.text, "allergy")
    yield Occurrence(
        concept=substance, start=fact.start if was_given else None, source=fact.source, words=words,
        certainty=fact.certainty, severity=severity, details=details,
    )  # fmt: skip
    if fact.certainty == "refuted":
        return
    at = part.mentions.index(mention) + 1
    aside = part.mentions[at].concept if at < len(part.mentions) and is_reaction(part, at) else None
    shown = (
        aside
        or namer.known(reaction[0] if reaction else "allergy", "condition")
        or namer.concept("allergy", "condition")
    )
    yield Occurrence(
        concept=shown,
        start=fact.start if was_given else None,
        source=fact.source,
        words=words,
        severity=severity,
        cause=substance,
    )
    if was_given and mention.kind != "allergy":
        yield msgspec.structs.replace(fact, ongoing=False, end=fact.end or fact.start)
