"""The course of a disease, as facts of their own: its diagnosis and its recurrence.

Charts say these in the rows of the disease itself; criteria ask for them by name.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import PartialDate

from .facts import Certainty, Fact, Occurrence, Staging
from .naming import Namer

RECURRENCE = Concept("recurrence", "event", id="recurrence")
DIAGNOSIS = Concept("diagnosis", "event", id="diagnosis")
"""The moments that criteria count from, under the ids that the engines ask for."""

_RECURRENT = re.compile(r"\b(?:recurren|relaps)", re.IGNORECASE)
_NODES = re.compile(r"\blymph (?:node|gland)|\bneck\b|\bcervical node", re.IGNORECASE)


_LATE = 90


def says_recurrent(words: str) -> bool:
    return bool(_RECURRENT.search(words))


def recurrence(disease: Occurrence, namer: Namer, began: Collection[str] = ()) -> Iterator[Occurrence]:
    """The recurrence that a fact about a recurrent disease stands for. What recurred stays as its reason, so that diseases are told apart.

    began  where the disease was at first, as ids or words of sites. A recurrence there is a local one too, one in lymph nodes of the
           region a regional one; elsewhere, or without a site, the chart does not say
    """
    moment = msgspec.structs.replace(disease, concept=RECURRENCE, reason=disease.concept, end=None, ongoing=None)
    yield moment
    if disease.site is None:
        return
    name = "regional recurrence" if _NODES.search(disease.site.text) else "local recurrence"
    near = namer.known(name, "finding")
    if near and (name.startswith("regional") or key(disease.site) in began or _is_own(disease.site, disease.concept)):
        yield msgspec.structs.replace(moment, concept=near)


def key(site: Concept) -> str:
    return site.id or site.text


def _is_own(site: Concept, disease: Concept) -> bool:
    """The organ that the disease's name holds: nasopharynx and nasopharyngeal carcinoma."""
    organs = [word for word in re.findall(r"[a-z]{5,}", site.text.lower()) if word not in ("right", "upper", "lower")]
    return any(word[:8] in disease.text.lower() for word in organs)


def course(facts: Iterable[Fact], namer: Namer) -> Iterator[Fact]:
    """What one patient's facts say together: a recurrence that no row dates, the diagnosis of the one cancer on record."""
    known = list(facts)
    diseases = [
        fact
        for fact in known
        if isinstance(fact, Occurrence) and fact.concept.kind == "condition" and _is_own_past(fact)
    ]
    yield from _undated(known, diseases)
    cancers = [
        fact
        for fact in diseases
        if namer.is_a(fact.concept, "malignancy") and not namer.is_a(fact.concept, "metastatic-cancer")
    ]
    yield from _metastatic(cancers, namer)
    yield from _restaged(known, namer)
    yield from _toxicities(diseases, namer)
    yield from _late_toxicities(known, diseases, namer)
    main = _main(known, cancers, namer)
    first = [fact for fact in cancers if fact.start and not says_recurrent(fact.words)]
    if len(main) == 1 and (mine := [fact for fact in first if namer.is_a(fact.concept, min(main))]):
        fact = min(mine, key=lambda fact: fact.start.earliest if fact.start else date.max)
        yield Occurrence(concept=DIAGNOSIS, start=fact.start, source=fact.source, words=fact.words, reason=fact.concept)


def _toxicities(diseases: Collection[Occurrence], namer: Namer) -> Iterator[Occurrence]:
    """What a drug or radiotherapy brought about, or what is graded as a toxicity, is a toxicity too, with the same grade and days."""
    said = {(fact.concept.id, fact.source) for fact in diseases}
    general, radiation = namer.known("toxicity", "condition"), namer.known("radiation toxicity", "condition")
    for fact in diseases:
        by_treatment = fact.cause is not None and fact.cause.kind in ("drug", "procedure")
        graded = fact.grade_scale in ("ctcae", "rtog") or any("toxicity" in detail for detail in fact.details)
        by_radiation = namer.is_a(fact.cause, "radiotherapy")
        for concept, holds in ((general, by_treatment or graded), (radiation, by_radiation)):
            if (
                concept
                and holds
                and (concept.id, fact.source) not in said
                and not namer.is_a(fact.concept, concept.id or "")
            ):
                said.add((concept.id, fact.source))
                yield msgspec.structs.replace(fact, concept=concept)


def _late_toxicities(known: Iterable[Fact], diseases: Iterable[Occurrence], namer: Namer) -> Iterator[Occurrence]:
    """What radiotherapy brought about more than 90 days after its first day is a late toxicity.

    source  RTOG/EORTC late radiation morbidity scoring (Cox et al., Int J Radiat Oncol Biol Phys 1995;31:1341)
    """
    late = namer.known("late radiation toxicity", "condition")
    begun = [
        fact.start or fact.end
        for fact in known
        if isinstance(fact, Occurrence) and _is_own_past(fact) and namer.is_a(fact.concept, "radiotherapy")
    ]
    days = [day.latest for day in begun if day]
    for fact in diseases:
        by_radiation = namer.is_a(fact.cause, "radiotherapy")
        is_late = (
            bool(days and fact.start) and fact.start is not None and (fact.start.earliest - max(days)).days > _LATE
        )
        if late and late.id and by_radiation and is_late and not namer.is_a(fact.concept, late.id):
            yield msgspec.structs.replace(fact, concept=late)


def _metastatic(cancers: Iterable[Occurrence], namer: Namer) -> Iterator[Occurrence]:
    """A cancer that the chart calls metastatic is metastatic disease too."""
    disease = namer.known("metastatic disease", "condition")
    for fact in cancers:
        if disease and re.search(r"(?<!non-)(?<!non)\bmetastatic\b", fact.words.lower()):
            yield msgspec.structs.replace(fact, concept=disease)


def _restaged(known: Iterable[Fact], namer: Namer) -> Iterator[Occurrence]:
    """What the stage of a recurrence says of where it is: rT0, not where the disease began; rN2, in the lymph nodes of its region."""
    known = list(known)
    there = {fact.concept.id for fact in known if isinstance(fact, Occurrence) and _is_own_past(fact)}
    for fact in known:
        if not isinstance(fact, Staging) or fact.prefix != "r" or not fact.value[1:2].isdigit():
            continue
        name = {"T": "local recurrence", "N": "regional recurrence"}.get(fact.system)
        concept = namer.known(name, "finding") if name else None
        if concept and concept.id not in there:
            certain: Certainty = "refuted" if fact.value[1] == "0" else "confirmed"
            yield Occurrence(
                concept=concept, certainty=certain, start=fact.start, source=fact.source, words=fact.words, reason=fact.concept
            )  # fmt: skip


def _is_own_past(fact: Occurrence) -> bool:
    return fact.certainty == "confirmed" and not fact.family and not fact.planned


def _main(known: list[Fact], cancers: list[Occurrence], namer: Namer) -> set[str]:
    """The cancers that are staged or have recurred, those on record where none is; a kind of another on the list is that one."""
    there = {fact.concept.id: fact.concept for fact in cancers if fact.concept.id}
    staged = {fact.concept.id for fact in known if isinstance(fact, Staging) and fact.concept}
    again = {
        fact.reason.id for fact in known if isinstance(fact, Occurrence) and fact.concept == RECURRENCE and fact.reason
    }
    kept = {name for name in there if name in staged | again} or set(there)
    return {name for name in kept if not any(other != name and namer.is_a(there[name], other) for other in kept)}


def _undated(known: list[Fact], diseases: list[Occurrence]) -> Iterator[Occurrence]:
    """A disease that the chart calls recurrent, with no row for the recurrence: it happened, on a day that is not recorded."""
    if any(isinstance(fact, Occurrence) and fact.concept == RECURRENCE for fact in known):
        return
    for fact in diseases:
        if fact.status in ("recurrence", "relapse"):
            undated: PartialDate | None = None
            yield msgspec.structs.replace(
                fact, concept=RECURRENCE, reason=fact.concept, start=undated, end=None, ongoing=None
            )
