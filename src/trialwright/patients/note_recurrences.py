"""Recurrences of the cancer that a note is about: the disease again, the event, and where it is."""

import re
from collections.abc import Iterator

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import PartialDate

from .course import recurrence
from .facts import Occurrence
from .note_mentions import Mention
from .note_occurrence import evidence_of, occurrence_of
from .note_parts import Part, one_site
from .note_standing import Standing

RECURRENCES = frozenset({"recurrent-disease", "local-recurrence", "locoregional-recurrence", "regional-recurrence"})
_ABOUT = 31
_NEAR = 40
_AGAIN = re.compile(r"\b(?:recurrent|relapsed|relapsing|recurrence of|relapse of)\b", re.IGNORECASE)


def again(part: Part, mention: Mention, stands: Standing) -> Iterator[Occurrence]:
    """A recurrence is one of the cancer that the note is about; its sites may stand in the next sentence."""
    note = part.note
    if stands.certainty == "refuted" or note.disease is None:
        yield occurrence_of(part, mention, stands, denied=stands.certainty == "refuted")
        return
    found = occurrence_of(part, _with_adjective(part, mention), stands, denied=False)
    start = found.start if part.when(mention.start, mention.end) else _shown_on(part)
    evidence = evidence_of(part, mention._replace(concept=note.disease))
    disease = msgspec.structs.replace(
        found, concept=note.disease, status="recurrence", ongoing=None, start=start,
        evidence=evidence,
    )  # fmt: skip
    note.recurrence, note.recurrence_line = disease, note.line
    local = mention.concept.id == "local-recurrence"
    sites = part.sites_of(mention)
    for one in one_site(disease, sites):
        yield one
        yield from recurrence(one, note.namer)
    if local:
        yield msgspec.structs.replace(disease, concept=mention.concept, reason=note.disease)


def _with_adjective(part: Part, mention: Mention) -> Mention:
    """The mention with the "recurrent" before it, so that the fact's words say so."""
    before = part.words(max(part.start, mention.start - _NEAR), mention.start)
    match = next(iter(reversed(list(_AGAIN.finditer(before)))), None)
    return mention._replace(start=mention.start - len(before) + match.start()) if match else mention


def _shown_on(part: Part) -> PartialDate | None:
    """The day of the first test that the sentence names for it."""
    return next((one.first for one in part.dates if one.role == "on"), None)


def shown_in(part: Part, again: Occurrence) -> tuple[Concept, ...]:
    """What a sentence beside that of a recurrence names as having shown it: tests of about the same days, or without a day."""
    near = [one.first for one in part.dates if one.role == "on"]
    if again.start and any(abs((day.earliest - again.start.earliest).days) > _ABOUT for day in near):
        return ()
    return evidence_of(part, Mention(again.concept, part.start, part.start))


def sites_of_recurrence(part: Part) -> Iterator[Occurrence]:
    """Where a recurrence is, when the sentence after it names the sites and nothing else before its stage."""
    note = part.note
    sites = []
    place = part.start
    for one in part.mentions:
        if one.kind != "site" or re.search(r"[.;:]", part.words(place, one.start)):
            break
        sites.append(one.concept)
        place = one.end
    if (
        note.recurrence is None
        or not sites
        or not re.match(r"\s*,?\s*(?:r|restaged|stage)", part.words(place, part.end))
    ):
        return
    for fact in one_site(note.recurrence, tuple(sites)):
        yield fact
        yield from recurrence(fact, note.namer)
