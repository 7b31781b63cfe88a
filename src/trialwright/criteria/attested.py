"""Whole clauses that only a person can settle: what somebody is willing or able to do, and things that a person judges.

`Agrees to refrain from X during Y` is one promise, whatever X and Y are. `X that, in the opinion of the investigator, would …` is X,
narrowed by a judgement: where X is absent that answers, where it is present somebody has to judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from trialwright.codes.vocabulary import normalise
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.cuts import extent
from trialwright.criteria.nodes import All, Attest, AttestKind, Has, If, Node, Not, Person, walk
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.phrase import CONDITION_WORDS
from trialwright.criteria.phrases import word_set
from trialwright.criteria.rules import read_coordinated

if TYPE_CHECKING:
    from trialwright.criteria.grammar import Reader

_PROMISED: tuple[AttestKind, ...] = ("consent", "contraception", "conduct", "capacity", "compliance")
_GOVERNS = re.compile(
    r"\b(?:willing(?:ness)?|unwilling(?:ness)?|able|unable|ability|inability|agree(?:s|ment)?|commit(?:s|ted|ment)?|consents?|refus\w+|"
    r"capable|incapable|accepts?|refrain|abstain|discontinue|intend(?:s|ing)?|intention|plan(?:s|ning)?|comply|adhere|"
    r"practi[cs]e|use)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:unable|inability|unwilling\w*|refus\w+|not (?:be )?(?:able|willing|agree|consent)|incapable|cannot)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"(?:has|have|had|is|are|was|were|must have|must be|should have|should be|who|those|history|patients?|subjects?|participants?)\b",
    re.IGNORECASE,
)
_MOST_LEAD = 6


def read_promised(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`Agrees to refrain from smoking, alcohol and X for 3 days before Y`: one promise, for a person to say."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == "J"), None)
    if at is None or chunks[at].value not in _PROMISED or any(chunk.cat in ":;PZKtg" for chunk in chunks):
        return None
    lead = [chunk for chunk in chunks[:at] if chunk.cat not in "FHpA"]
    sexed = [chunk for chunk in lead if chunk.cat in "wfmx"]
    others = [chunk for chunk in lead if chunk.cat not in "wfmx" and not (sexed and chunk.cat in "&|/")]
    said = reader.phrase(chunks[at : at + 1]).words()
    governed = (
        chunks[at].value == "consent"
        or _GOVERNS.search(said)
        or _GOVERNS.search(reader.phrase(chunks[: at + 1]).words())
    )
    if others or not governed or len(lead) > _MOST_LEAD or not _is_one_clause(reader, chunks[at + 1 :]):
        return None
    listed = read_coordinated(reader, chunks, depth)
    if listed is not None and not any(isinstance(part, Has) for part in walk(listed)):
        return listed
    words = reader.phrase(chunks).words()
    promise: Node = Attest(kind=chunks[at].value, text=words, span=extent(chunks))
    if _DENIED.search(reader.text[chunks[0].start : chunks[at].end]):
        promise = Not(part=promise, span=promise.span)
    return _for_whom(sexed, promise, reader)


def _for_whom(sexed: Sequence[Chunk], promise: Node, reader: Reader) -> Node | None:
    """A promise asked of one sex, or of those who can have children, is asked of nobody else."""
    if {chunk.cat for chunk in sexed} >= {"w", "m"}:
        return promise
    kinds = {(chunk.cat, str(chunk.value)) for chunk in sexed}
    if not kinds or len({cat for cat, _value in kinds if cat != "w"}) > 1 or {cat for cat, _value in kinds} == {"x"}:
        return promise
    person = reader.under("inclusion").whole([sexed[-1] if sexed[-1].cat == "w" else sexed[0]])
    if person is None or not all(isinstance(part, Person) for part in walk(person)):
        return None
    if reader.kind == "exclusion":
        return All(parts=(person, promise), span=promise.span)
    return If(condition=person, then=promise, span=promise.span)


def _is_one_clause(reader: Reader, behind: Sequence[Chunk]) -> bool:
    """Whether everything behind the verb hangs on it: no member of a list begins a statement of its own."""
    for place, chunk in enumerate(behind):
        if chunk.cat not in ",|&/":
            continue
        rest = behind[place + 1 :]
        first = next((one for one in rest if one.cat not in "FHp,|&/"), None)
        if first is None:
            continue
        if _CLAUSE.match(reader.text[rest[0].start : rest[-1].end].lstrip()) or first.cat in "SbTLMNwfmQjO":
            return False
        if first.cat == "C" and chunk.cat in "|&":
            return False
    return not any(chunk.cat == "M" for chunk in behind)


_RELATED = re.compile(r"\W*(?:that|which|who)\b", re.IGNORECASE)
_GENERIC = word_set("generic")
_JUDGES = re.compile(
    r"\b(?:opinion|judge?ment|judg\w+|discretion|investigators?|interfer\w*|compromis\w*|jeopardi[sz]\w*|confound\w*|preclud\w*|"
    r"put (?:the|them)|pose|risk|affect|impair|prevent|hinder|limit|complicat\w*|influence|endanger|impede|contraindicat\w*)\b",
    re.IGNORECASE,
)


def read_judged(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`X or Y that, in the opinion of the investigator, would …`: the judgement, in all its words, narrows X and Y."""
    judged = next(
        (place for place, chunk in enumerate(chunks) if chunk.cat == "J" and chunk.value == "judgement"), None
    )
    if judged is None or judged == 0:
        return None
    start = judged
    while start > 0 and chunks[start - 1].cat in "upFH,i":
        start -= 1
    tail = chunks[start:]
    related = any(chunk.cat in "ui" for chunk in chunks[start:judged]) or _RELATED.match(reader.phrase(tail).words())
    if not related or not _JUDGES.search(reader.phrase(tail).words()):
        return None
    if any(chunk.cat in ";:PZXKt" for chunk in tail) or not _stays_judged(tail):
        return None
    head = list(chunks[:start])
    if not head or any(chunk.cat in "NXI:;PZ" for chunk in head):
        return None
    base = reader.whole(head, depth)
    return (
        None
        if base is None
        else _narrowed(base, normalise(reader.phrase(tail).words().replace(",", "")), reader.phrase(chunks).words())
    )


def _stays_judged(tail: Sequence[Chunk]) -> bool:
    """No member behind an "or" that stands beside the thing that is judged."""
    for place, chunk in enumerate(tail):
        if chunk.cat in ",|":
            first = next((one for one in tail[place + 1 :] if one.cat not in "FHp,|"), None)
            if first is not None and (
                first.cat in "SbTLMNQC" or (first.cat == "U" and CONDITION_WORDS.search(str(first.value)))
            ):
                return False
    return True


def _narrowed(base: Node, words: str, said: str) -> Node | None:
    match base:
        case Has(concept=concept):
            if concept.id is None and all(word in _GENERIC for word in concept.text.split()):
                return Attest(kind="judgement", text=said, span=base.span)
            return msgspec.structs.replace(base, qualifiers=(*base.qualifiers, words))
        case AnyOf(parts=parts) | All(parts=parts) if parts:
            narrowed = [_narrowed(part, words, said) for part in parts]
            whole = tuple(part for part in narrowed if part is not None)
            return msgspec.structs.replace(base, parts=whole) if len(whole) == len(parts) else None
        case Attest(kind="judgement"):
            return base
        case _:
            return None
