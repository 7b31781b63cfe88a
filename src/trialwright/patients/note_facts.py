"""What a sentence of a note says the patient has, had, takes or is to have: mentions with their standing in, occurrences out."""

import re
from collections.abc import Iterator

import msgspec

from trialwright.codes.concepts import Concept

from .course import says_recurrent
from .facts import Fact, Occurrence
from .fhir_treatments import is_live
from .note_allergies import allergy, is_allergy, is_reaction, no_allergy
from .note_mentions import Mention
from .note_occurrence import degree_of, occurrence_of
from .note_parts import Part, is_joined, one_site
from .note_recurrences import RECURRENCES, again
from .note_standing import Standing

_TOLD = frozenset({"condition", "drug", "procedure", "finding", "behaviour", "vaccine", "device", "allergy"})
_TEST = re.compile(r"\btest\b|antibod|antigen|serolog|\banti[- ]|\bag\b|\bab\b|hbsag|rna\b|dna\b", re.IGNORECASE)
_POSITIVE = re.compile(
    r"\s*(?:\w+\s+){0,2}?(?:\(?\+\)?(?=\W|$)|pos\b|positive|reactive|detected|present|raised|elevated)", re.IGNORECASE
)
_VACCINES = re.compile(r"[\s-]*(?:\w+\s+)?(?:boosters?|vaccin\w+|jabs?|shots?|immuni[sz]ations?)\b", re.IGNORECASE)
_AGAINST = re.compile(
    r"\b(?<!not )(?<!never )(?:vaccinated|immuni[sz]ed|vaccine|vaccination|immuni[sz]ation)s? (?:against|for) (?:[\w-]+,? (?:and )?)?$",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"\s*(?:\([^()]*\)\s*)?(?:to treat|for|as treatment of|treatment of)\s+(?:the\s+|his\s+|her\s+|an?\s+)?$",
    re.IGNORECASE,
)
_CAUSED = re.compile(
    r"\b(?:due to|caused by|secondary to|attributed to|induced by|because of|from|related to|after|following)\s+"
    r"(?:the\s+|his\s+|her\s+|prior\s+|previous\s+)?$",
    re.IGNORECASE,
)
_RELATED = re.compile(r"\s*-?\s*(?:induced|related|associated)\b(?!\s*,?\s*$)", re.IGNORECASE)
_DURING = re.compile(r"\bduring\s+(?:the\s+)?$", re.IGNORECASE)
_BY_RAYS = re.compile(
    r"\bradiation[- ](?!exposure|therapy)|\bradio(?:necrosis|dermatitis|nephropathy)|\bpost-?\s?radiation|\bosteoradionecrosis",
    re.IGNORECASE,
)


def occurrences(part: Part) -> Iterator[Fact]:
    """The occurrences in one sentence. What it only supposes, or says that it does not know, is none."""
    none = list(no_allergy(part))
    yield from none
    for at, mention in enumerate(part.mentions):
        stands = part.standings[at]
        if (
            mention.kind not in _TOLD
            or (stands.supposed and not _vaccine_before(part, mention))
            or stands.unknown
            or _is_named_elsewhere(part, at, is_none=bool(none))
        ):
            continue
        is_again = stands.status == "recurrence" and part.note.namer.is_a(mention.concept, "malignancy")
        if is_allergy(part, at):
            yield from allergy(part, mention, stands)
        elif _is_reference(part, at):
            continue
        elif _is_vaccine(part, mention):
            yield from _vaccinated(part, mention, stands)
        elif (mention.concept.id in RECURRENCES or is_again) and not stands.family:
            yield from again(part, mention, stands)
        else:
            yield from _told(part, at, stands)


def _is_named_elsewhere(part: Part, at: int, *, is_none: bool) -> bool:
    """Whether a mention is the reaction, the heading or the word "allergy" of an allergy that is told with its substance."""
    mention = part.mentions[at]
    if mention.concept.id == "allergy":
        is_heading = part.words(mention.end, mention.end + 1) == ":"
        return is_none or is_heading or (at > 0 and is_allergy(part, at - 1))
    return is_reaction(part, at)


def _is_vaccine(part: Part, mention: Mention) -> bool:
    """Whether a disease is named only as what a vaccine is against: "COVID-19 booster", "vaccinated against influenza"."""
    behind = part.words(mention.end, min(part.end, mention.end + 40))
    return mention.kind == "condition" and (bool(_VACCINES.match(behind)) or _vaccine_before(part, mention))


def _vaccine_before(part: Part, mention: Mention) -> bool:
    return bool(_AGAINST.search(part.words(max(part.start, mention.start - 60), mention.start)))


def _vaccinated(part: Part, mention: Mention, stands: Standing) -> Iterator[Occurrence]:
    """The vaccine against a disease, where the vocabulary knows it."""
    vaccine = part.note.namer.known(f"{part.words(mention.start, mention.end)} vaccine", "vaccine")
    if vaccine and vaccine.kind == "vaccine":
        yield occurrence_of(part, mention._replace(concept=vaccine), stands, denied=stands.certainty == "refuted")


def _told(part: Part, at: int, stands: Standing) -> Iterator[Occurrence]:
    mention = part.mentions[at]
    denied = _denied(mention, stands)
    if mention.concept.id == "disease-progression" and part.note.disease is None:
        # A trouble that progressed is no progression of a cancer.
        return
    if mention.kind == "finding" and not denied and (stands.past or _is_unanswered(part, mention)):
        # What was found once is no state of today, and a finding is one.
        return
    reason, cause = _reason(part, at), _cause(part, at)
    if denied and reason:
        # "no chemotherapy for the recurrence" denies less than chemotherapy.
        return
    fact = occurrence_of(part, mention, stands, denied=denied)
    sites = part.sites_of(mention)
    concept = _placed(part, mention, sites)
    fact = msgspec.structs.replace(
        fact, concept=concept, reason=reason, cause=cause, for_recurrence=_for_recurrence(part, at)
    )
    for one in one_site(fact, sites):
        yield from _named(part, mention, one, stands)


def _is_unanswered(part: Part, mention: Mention) -> bool:
    """Whether a test is named without its result."""
    named = f"{mention.concept.text} {part.words(mention.start, mention.end)}"
    return bool(_TEST.search(named)) and not _POSITIVE.match(part.after(mention.end, upto=30))


def _placed(part: Part, mention: Mention, sites: tuple[Concept, ...]) -> Concept:
    """The narrower name that a thing has at its site, where the vocabulary knows one: radiotherapy to the nasopharynx."""
    if len(sites) != 1 or mention.kind not in ("condition", "procedure"):
        return mention.concept
    namer, words = part.note.namer, part.words(mention.start, mention.end).lower()
    for name in (
        f"{words} of {sites[0].text}",
        f"{words} to {sites[0].text}",
        f"{sites[0].text} {words}",
        f"{words} of the {sites[0].text}",
    ):
        found = namer.known(name, mention.kind)
        if found and found.kind == mention.kind and namer.is_a(found, mention.concept.id or ""):
            return found
    return mention.concept


def _denied(mention: Mention, stands: Standing) -> bool:
    """A word that denies ("afebrile") is turned round by a denial before it; of a procedure its result says nothing."""
    if mention.way == "absent":
        return True
    if mention.kind == "procedure":
        return stands.not_done
    return stands.certainty == "refuted" or (mention.kind == "drug" and stands.not_done)


def _named(part: Part, mention: Mention, fact: Occurrence, stands: Standing) -> Iterator[Occurrence]:
    """The fact, under the other names that the same words give it."""
    namer = part.note.namer
    if mention.way == "plan":
        for name in ("planned pregnancy", "planned fathering of a child"):
            concept = namer.known(name, "finding")
            if concept:
                yield msgspec.structs.replace(fact, concept=concept, planned=False, family=False)
        return
    if fact.planned and "planned" in fact.concept.text:
        fact = msgspec.structs.replace(fact, planned=False)
    yield from namer.with_opposite(fact) if mention.kind == "finding" else (fact,)
    if stands.planned and stands.given_too:
        yield msgspec.structs.replace(fact, planned=False)
    live = namer.known("live vaccine", "vaccine")
    if mention.kind == "vaccine" and live and not namer.is_a(fact.concept, live.id or ""):
        around = part.words(max(part.start, mention.start - 12), min(part.end, mention.end + 12))
        if is_live(around, ()):
            yield msgspec.structs.replace(fact, concept=live)
    radical = namer.known("curative-intent radiotherapy", "procedure") if fact.purpose == "curative" else None
    if radical and namer.is_a(fact.concept, "radiotherapy"):
        yield msgspec.structs.replace(fact, concept=radical)


def _reason(part: Part, at: int) -> Concept | None:
    """What a treatment is for: the disease behind "for", directly."""
    if part.mentions[at].kind not in ("drug", "procedure"):
        return None
    place = part.mentions[at].end
    for one in part.mentions[at + 1 :]:
        between = part.words(place, one.start)
        if one.kind in ("condition", "finding"):
            return one.concept if _FOR.search(between) else None
        if not is_joined(between):
            return None
        place = one.end
    return None


def _for_recurrence(part: Part, at: int) -> bool | None:
    found = _reason(part, at)
    return True if found is not None and (found.id in RECURRENCES or says_recurrent(found.text)) else None


def _cause(part: Part, at: int) -> Concept | None:
    """What brought a condition about: a treatment directly before its name, or behind "due to"."""
    mention = part.mentions[at]
    if mention.kind != "condition":
        return None
    if at and part.mentions[at - 1].kind in ("drug", "procedure"):
        between = part.words(part.mentions[at - 1].end, mention.start).lower()
        if re.fullmatch(r"\s*(?:-?\s*(?:induced|related|associated))?\s*", between):
            return part.mentions[at - 1].concept
    for one in part.mentions[at + 1 :]:
        between = part.words(mention.end, one.start)
        if one.kind in ("drug", "procedure") and (
            _CAUSED.search(between) or (_DURING.search(between) and degree_of(part, mention)[0])
        ):
            return one.concept
    by_rays = _BY_RAYS.search(f"{mention.concept.text} {part.words(mention.start, mention.end)}")
    return part.note.namer.known("radiotherapy", "procedure") if by_rays else None


def _is_reference(part: Part, at: int) -> bool:
    """Whether a thing is named only to place another: "MRI since RT", "cisplatin neuropathy", "for the recurrence"."""
    mention = part.mentions[at]
    before, after = (
        part.words(max(part.start, mention.start - 30), mention.start).lower(),
        part.words(mention.end, part.end),
    )
    if mention.kind in ("drug", "procedure", "behaviour") and _RELATED.match(after):
        # "Alcohol-related cirrhosis" says what brought it about, not what is done today.
        return True
    if mention.kind in ("drug", "procedure"):
        if _CAUSED.search(before) and not any(0 <= one.start - mention.end <= 3 for one in part.dates):
            return True
        if (
            re.search(r"\b(?:post|pre|since|during|after|before|prior to|for|of)[\s-]*(?:the\s+)?$", before)
            and mention.kind == "procedure"
            and at
            and part.mentions[at - 1].kind != "drug"
        ):
            return True
        if re.search(r"\b(?:post|pre|since)[\s-]*$", before):
            return True
        following = part.mentions[at + 1] if at + 1 < len(part.mentions) else None
        return bool(
            following
            and following.kind == "condition"
            and re.fullmatch(r"\s*-?\s*(?:induced|related|associated)?\s*", after[: following.start - mention.end])
        )
    return mention.concept.id in RECURRENCES and bool(
        re.search(r"\b(?:for|of|since|after|before)\s+(?:the\s+|his\s+|her\s+|this\s+)?$", before)
    )
