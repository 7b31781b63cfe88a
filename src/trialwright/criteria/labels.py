"""Labels: the words before a colon that name, narrow or limit what stands behind it.

A label that only sorts ("Hepatic:", "Laboratory:") asks nothing; one that says whom the rest is about ("Donor:", "Arm B:", "Patients
with cirrhosis:") changes what is asked, and a rest read without it would be asked of everybody. The rules here are called like those
of `criteria.rules`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from trialwright.codes.places import Span
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.cuts import PREFIX, extent
from trialwright.criteria.joining import join_listed, push_window
from trialwright.criteria.nodes import All, If, Node, Not
from trialwright.criteria.rules import after_subject, person_of

if TYPE_CHECKING:
    from trialwright.criteria.grammar import Reader


def read_labelled(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`Label: statement`; `any of the following: a, b`."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == ":"), None)
    if at is None or at == 0 or at == len(chunks) - 1:
        return None
    lead, rest = list(chunks[:at]), chunks[at + 1 :]
    named = [chunk for chunk in lead if chunk.cat not in "FHp"]
    listing = next((chunk for chunk in named if chunk.cat in "vVa"), None)
    if listing is not None:
        return _listed(reader, [chunk for chunk in lead if chunk is not listing], listing, rest)
    first = reader.text[max(0, lead[0].start - 4) : lead[0].end].lower().split()[0]
    if first in ("for", "in") and any(chunk.cat == "H" for chunk in lead) and reader.kind == "inclusion":
        condition, then = reader.whole(after_subject(lead), depth), reader.whole(rest, depth)
        return If(condition=condition, then=then, span=extent(chunks)) if condition and then else None
    if len(named) == 1 and named[0].cat in "mfw" and not any(chunk.cat in ":mfw" for chunk in rest):
        about, then = person_of(named[0]), reader.whole(rest, depth)
        if then is None:
            return None
        if reader.kind == "exclusion":
            return All(parts=(about, then), span=extent(chunks))
        return If(condition=about, then=then, span=extent(chunks))
    if any(chunk.cat in "INXZPJQ#yeEG" for chunk in named) or len(named) > 6 or any(chunk.cat == ":" for chunk in rest):
        return None
    windows = [chunk for chunk in named if chunk.cat == "W"]
    if len(windows) == 1 and all(chunk.cat in "WTSb" for chunk in named):
        # "Within 2 weeks: aspirin, ibuprofen": the time of all of them.
        timeless = [chunk for chunk in lead if chunk is not windows[0]]
        node = reader.whole([*timeless, *rest], depth)
        return push_window(node, windows[0].value) if node is not None else None
    if any(chunk.cat in "STL" for chunk in named):
        return reader.whole([*lead, *rest], depth)
    if (limited := _limited(reader, lead, rest, depth)) is not None:
        return limited
    if _WHOM.search(reader.phrase(lead).words()) or _is_about_a_disease(reader, lead, rest):
        return None
    labelled = reader.whole([*lead, *rest], depth) if any(chunk.cat in "KMg" for chunk in named) else None
    return labelled or reader.whole(rest, depth)


def whom(label: str) -> str:
    """The label when it says to whom, or when, the items under it apply; "" when it only sorts them."""
    return label if _WHOM.search(label) else ""


_WHOM = re.compile(
    r"\b(?:arms?|cohorts?|parts?|groups?|phases?|strata|stratum|sub-?stud(?:y|ies)|expansion|escalation|donors?|recipients?|controls?|"
    r"healthy|volunteers?|mothers?|fathers?|parents?|caregivers?|partners?|spouses?|siblings?|twins?|infants?|newborns?|neonates?|"
    r"relatives?|carers?|clinicians?|physicians?|nurses?|residents?|students?|staff|providers?|practices?|centers?|sites?|schools?|"
    r"novices?|experts?|dyads?|famil(?:y|ies)|cases?|arm|dose level|module|period|stage \w+|step \d|"
    r"patients? (?:with|who|on|in|receiving|undergoing)|subjects? (?:with|who|on|in|receiving|undergoing)|those|cross-?over|optional|"
    r"extension|re-?treatment|randomi[sz]\w+|registration|before|prior to|after|during)\b",
    re.IGNORECASE,
)
"""A label that says to whom, or when, the rest applies."""
_LIMITING = re.compile(
    r"^\W*(?:(?:for|in|if|all)\s+)?(?:(?:the|any)\s+)?(?:patients?|subjects?|participants?|those|individuals?)\s+"
    r"(?:with|who have|having)\b",
    re.IGNORECASE,
)


def _limited(reader: Reader, lead: list[Chunk], rest: Sequence[Chunk], depth: int) -> Node | None:
    """`Patients with cirrhosis: creatinine < 2 mg/dL`: asked of those with cirrhosis."""
    if not _LIMITING.match(reader.phrase(lead).words()):
        return None
    condition = reader.under("inclusion").whole(after_subject(lead), depth)
    then = reader.whole(rest, depth)
    if condition is None or then is None:
        return None
    span = extent([*lead, *rest])
    if reader.kind == "exclusion":
        return All(parts=(condition, then), span=span)
    return If(condition=condition, then=then, span=span)


def _is_about_a_disease(reader: Reader, lead: list[Chunk], rest: Sequence[Chunk]) -> bool:
    """`Hypertension: not on more than two drugs`: a disease before the colon that the rest does not name again, and no mere area."""
    named = [chunk for chunk in lead if chunk.cat == "C" and chunk.value.kind == "condition"]
    first = next((chunk.cat for chunk in rest if chunk.cat not in "FHpbSN"), "")
    area = _AREA.search(reader.phrase(lead).words().lower()) is not None
    return bool(named) and first not in set("CMKO") and not area


_AREA = re.compile(
    r"\b(?:disease|diseases|conditions?|disorders?|illness|function|history|infections?|allerg\w+|pregnan\w+|characteristics)\b"
)


def _listed(reader: Reader, lead: list[Chunk], listing: Chunk, rest: Sequence[Chunk]) -> Node | None:
    groups, _either = reader.members(rest)
    if len(groups) < 2:
        return None
    prefix = [chunk for chunk in lead if chunk.cat in PREFIX]
    others = [chunk for chunk in lead if chunk.cat not in "FHpN" and chunk.cat not in PREFIX]
    if others:
        return None
    negated = any(chunk.cat == "N" for chunk in lead)
    inner = reader.under("exclusion") if negated or listing.cat == "v" else reader
    parts = [
        inner.whole(group if any(chunk.cat in "STL" for chunk in group) else [*prefix, *group]) for group in groups
    ]
    whole = [part for part in parts if part is not None]
    if len(whole) < len(parts):
        return None
    node = join_listed(listing, whole, reader.kind, Span(listing.start, rest[-1].end))
    return Not(part=node, span=node.span) if negated else node
