"""What is sound in a sentence that cannot be read whole: a reading in part, with the rest Unread where it makes the tree safe.

Three kinds of parts are kept. A known thing or limit with words behind it that narrow it: its absence answers, whatever the words
are. The members of a list, each on its own. And a condition whose consequence is not understood: those whom it does not concern are
answered. Words that might widen what stands before them, or turn its sense, keep all of it Unread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from trialwright.codes.concepts import Concept
from trialwright.codes.places import Span
from trialwright.codes.vocabulary import Entry
from trialwright.criteria.accounting import loses_a_number
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.cuts import (
    after_negation,
    has_words,
    inside_measures,
    own,
    shared_prefix,
    starts_negated,
    trim,
)
from trialwright.criteria.doubts import is_doubtful, settled
from trialwright.criteria.gleaning import glean
from trialwright.criteria.nodes import (
    All,
    Attest,
    Compare,
    Has,
    If,
    Node,
    Not,
    Person,
    Score,
    Stage,
    Unread,
    children,
    walk,
)
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.phrase import CONDITION_WORDS, DRUG_WORDS, PROCEDURE_WORDS, VERBISH
from trialwright.criteria.phrases import word_set
from trialwright.criteria.rules import disentangled

if TYPE_CHECKING:
    from trialwright.criteria.grammar import Reader

_MOST_CUTS = 8


def read_in_part(reader: Reader, chunks: list[Chunk]) -> Node:
    """The tree of a sentence that no rule reads whole; all of it Unread when nothing in it is sound alone."""
    chunks = trim(chunks) or chunks
    labelled = _for_a_group(reader, chunks)
    if labelled is not None:
        return labelled
    negated = starts_negated(chunks)
    body = after_negation(chunks) if negated else chunks
    inner = reader.under("exclusion") if negated else reader
    node = _members(inner, body, negated=negated) or _headed(inner, body) or glean(inner, body)
    if node is not None:
        return Not(part=node, span=_extent(chunks)) if negated else node
    return (None if negated else _conditional(reader, chunks)) or _allowed(reader, chunks) or reader.unread(chunks)


def sure(reader: Reader, chunks: Sequence[Chunk]) -> Node | None:
    """The tree of a piece, put right; None when it cannot be read whole or bears signs of error."""
    chunks = trim(chunks)
    node = reader.whole(chunks)
    if node is None:
        return None
    words = " ".join(reader.text[chunks[0].start : chunks[-1].end].split())
    node = settled(node, reader.text, words)
    return None if is_doubtful(node, words) or loses_a_number(chunks, node) else node


def _extent(chunks: Sequence[Chunk]) -> Span:
    return Span(chunks[0].start, chunks[-1].end)


def is_frail(node: Node) -> bool:
    """Beside unread words, only what the vocabulary knows or a number bounds is taken for read."""
    return any(
        (isinstance(part, Has) and part.concept.id is None)
        or isinstance(part, Attest)
        or (isinstance(part, Person) and part.age is None)
        for part in walk(node)
    )


# lists --------------------------------------------------------------------------------------------------------------------------


def _members(reader: Reader, body: list[Chunk], *, negated: bool) -> Node | None:
    """The members of a list whose connective is plain, each read on its own, with Unread for the others."""
    groups, either = reader.members(body)
    apart = disentangled(groups) if len(groups) > 1 else None
    if either is None or apart is None or {chunk.cat for chunk in body} & set("NXIZP"):
        return None
    if either and reader.kind == "inclusion":
        return None
    groups, closed = shared_prefix(apart[0]), apart[1]
    if either and any(_goes_on(group) for group in groups[1:]):
        return None
    nodes = [None if place in closed else node for place, node in enumerate(_read_members(reader, groups))]
    if all(node is None for node in nodes) or (nodes[0] is None and negated and not _is_short(groups[0])):
        return None
    parts = [
        node or glean(reader, own(group, place, groups)) or reader.unread(own(group, place, groups))
        for place, (node, group) in enumerate(zip(nodes, groups, strict=True))
    ]
    span = _extent(body)
    return AnyOf(parts=tuple(parts), span=span) if either else All(parts=tuple(parts), span=span)


def _read_members(reader: Reader, groups: Sequence[Sequence[Chunk]]) -> list[Node | None]:
    """What the first words say may govern all members; where they were not understood, only what reads whole is kept."""
    nodes: list[Node | None] = []
    for group in groups:
        node = sure(reader, group)
        if node is not None:
            nodes.append(None if is_frail(node) else node)
        else:
            nodes.append(None if nodes and nodes[0] is None else _headed(reader, group))
    return nodes


def _is_short(group: Sequence[Chunk]) -> bool:
    """A name alone, without a verb that could govern what follows."""
    bare = [chunk for chunk in group if chunk.cat not in "FHS"]
    return (
        len(bare) <= 2
        and all(chunk.cat in "qUB" for chunk in bare)
        and not any(str(chunk.value).endswith(("ed", "ing")) for chunk in bare)
    )


def _goes_on(group: Sequence[Chunk]) -> bool:
    """A piece that narrows what stands before its comma is no member of its own."""
    first = next((chunk for chunk in group if chunk.cat not in "FH"), None)
    return first is not None and first.cat in "puW"


# a head and what narrows it ------------------------------------------------------------------------------------------------------

_MODAL = re.compile(
    r"\b(?:must|should|shall|may|might|could|would|can|cannot|need|needs|required|allowed|permitted|acceptable|eligible|ineligible|"
    r"excluded|included|suspected|rule[ds]? out|instead|optional|preferred|not required|regardless|irrespective)\b",
    re.IGNORECASE,
)
"""Words behind a head that oblige, allow or open what it says."""
_FINITE = re.compile(
    r"(?:is|are|was|were|be|been|being|has|have|had|will|does|do|did|to\s+be|negative|positive|absent|absence|free|naive|normal)\b",
    re.IGNORECASE,
)
_OTHER_HEAD = re.compile(
    r"\b(?:intervals?|duration|time|period|risks?|tests?|testing|screening|scores?|rates?|number|candidates?|naive|free|failure to|"
    r"ability|inability|lack|evaluation|treatment-naive|candidacy)\b",
    re.IGNORECASE,
)
"""Head nouns of which the thing beside them is only a part."""
_OTHERS = re.compile(
    r"\b(?:famil(?:y|ies|ial)|relatives?|mothers?|fathers?|maternal|paternal|partners?|spouses?|siblings?|brothers?|sisters?|parents?|"
    r"donors?|household|fetus|fetal|fellow|contralateral|controls?|cohorts?|arms?|groups?|phase|part)\b",
    re.IGNORECASE,
)
"""Somebody else, or only some of the patients."""
_WITHOUT = frozenset({"without", "with no"})
_UNIT_GOES_ON = re.compile(r"(?:per|of|times|x|from|to|and|or)\b|[/x×*^%]", re.IGNORECASE)


def _headed(reader: Reader, body: Sequence[Chunk]) -> Node | None:
    """A known thing or a limit with words behind it that were not understood: they narrow it, so that its absence still answers."""
    cuts = [place for place in range(1, len(body)) if _may_cut(body, place)][:_MOST_CUTS]
    for place in reversed(cuts):
        head = list(body[:place])
        while head and head[-1].cat in "FHp":
            head.pop()
        if not head or any(chunk.cat in "NXIPZ" for chunk in head) or _OTHER_HEAD.search(reader.phrase(head).words()):
            continue
        rest = body[len(head) :]
        if _turns_itself(reader, head) or not _narrows(reader, rest):
            continue
        base = sure(reader, head)
        if base is None or not _is_sound(base, reader) or not _stands_apart(reader, head, rest, base):
            continue
        bare = _bare(rest)
        if reader.kind == "exclusion" and _may_define(reader, bare, base):
            continue
        return All(parts=(base, glean(reader, bare) or reader.unread(bare)), span=_extent(body))
    return None


def _may_define(reader: Reader, rest: Sequence[Chunk], base: Node) -> bool:
    """`Immunosuppressed patients (with a transplant, …)`: a bracket that names other things may say who is meant."""
    if rest[0].cat != "G":
        return False
    known = [part.concept.id for part in walk(base) if isinstance(part, Has) and part.concept.id]
    named = [chunk.value.id for chunk in _flat(rest[:1]) if chunk.cat in "CRO" and isinstance(chunk.value, Entry)]
    return any(not any(reader.vocabulary.is_a(one, head) for head in known) for one in named)


_SAYS = re.compile(
    r"\b(?:may|might|must|should|shall|could|can|will|would|is|are|was|were|been|be|has|have|had)\b", re.IGNORECASE
)


def _turns_itself(reader: Reader, head: Sequence[Chunk]) -> bool:
    """Words behind the name that say of it what a part of a sentence cannot tell: "epilepsy is …", "asthma in the mother"."""
    named = next((chunk for chunk in head if chunk.cat in "CROMKt"), None)
    if named is None:
        return False
    behind = reader.text[named.end : head[-1].end]
    related = any(chunk.cat == "u" for chunk in head)
    return _OTHERS.search(behind) is not None or (not related and _SAYS.search(behind) is not None)


def _bare(rest: Sequence[Chunk]) -> list[Chunk]:
    start, end = 0, len(rest)
    while start < end - 1 and rest[start].cat in ".,;:-*&|/":
        start += 1
    while end > start + 1 and rest[end - 1].cat in ".,;:-*&|/":
        end -= 1
    return list(rest[start:end])


def _may_cut(body: Sequence[Chunk], place: int) -> bool:
    return body[place].cat in "pu,GWXIiNeV" and body[place - 1].cat not in ",&|/p"


def _narrows(reader: Reader, rest: Sequence[Chunk]) -> bool:
    """Whether the words can only narrow what stands before them."""
    words = reader.text[rest[0].start : rest[-1].end].lstrip(" ,-")
    related = any(chunk.cat == "u" for chunk in rest[:2])
    if (not related and _FINITE.match(words)) or _OTHERS.search(words):
        return False
    aside = rest[0].cat == "G" and len(_bare(rest)) == 1
    if aside and reader.kind == "exclusion":
        # "X (Y is allowed)": whatever the parenthesis says of X, without X nothing is excluded.
        return not any(chunk.cat == "|" for chunk in _bare(rest[0].value)[:1])
    if _MODAL.search(words) and not (related and reader.kind == "exclusion"):
        return False
    flat = _flat(rest)
    cats = {chunk.cat for chunk in flat}
    if cats & set("PZyja:") or (reader.kind == "inclusion" and cats & set("XI")):
        return False
    if (
        rest[0].cat == "G"
        and rest[0].value
        and trim(rest[0].value) != list(rest[0].value)
        and rest[0].value[0].cat == "|"
    ):
        return False
    excepting = False
    for place, chunk in enumerate(flat):
        if chunk.cat == "u" or (chunk.cat in "XI" and reader.kind == "exclusion"):
            excepting = True
        elif chunk.cat in "NXI" and not excepting:
            joined = place > 0 and flat[place - 1].cat in "|&"
            if joined or chunk.cat != "N" or reader.phrase([chunk]).words().lower() not in _WITHOUT:
                return False
    return True


def _flat(chunks: Sequence[Chunk]) -> list[Chunk]:
    return [one for chunk in chunks for one in (_flat(chunk.value) if chunk.cat == "G" else [chunk])]


_OTHER_DAY = re.compile(
    r"\W*(?:at|when|by|on)\b.*\b(?:diagnos\w*|onset|birth|first|initial\w*|surgery|transplant\w*|injury|accident|infection|death|menarche|"
    r"menopause|conception|delivery|symptoms?|presentation|admission|exposure)\b",
    re.IGNORECASE,
)
"""An age of another day than that of entry: at diagnosis, at onset."""
_THINGS = "CROMKtQ"
_GIVEN = frozenset({"drug", "procedure", "vaccine", "device"})


def _stands_apart(reader: Reader, head: Sequence[Chunk], rest: Sequence[Chunk], base: Node) -> bool:
    """No member of a list that the head belongs to is swallowed with the rest, and no unit or anchor is cut in two."""
    words = reader.text[rest[0].start : rest[-1].end]
    if any(isinstance(part, Compare | Score) for part in walk(base)) and _UNIT_GOES_ON.match(words):
        return False
    if head[-1].cat == "W" and rest[0].cat in "pi":
        return False
    if any(isinstance(part, Person) for part in walk(base)) and _OTHER_DAY.match(words):
        return False
    if _MODAL.search(reader.text[head[-1].end : rest[-1].end]) and rest[0].cat != "u":
        return False
    if _OTHER_HEAD.match(words):
        return False
    measured = any(isinstance(part, Compare | Score | Stage) for part in walk(base))
    if rest[0].cat == "G" and measured and any(chunk.cat in "Q#|IX" for chunk in _flat(rest[:1])):
        return False
    if all(chunk.cat in "FHp" for chunk in rest):
        return False
    exempting = rest[0].cat in "XIe"
    signs = "|" if reader.kind == "inclusion" else "|,&/"
    if len(rest) > 1 and rest[0].cat == "p" and reader.phrase([rest[1]]).words().lower() == "either":
        # "With either X or Y" opens no member.
        signs = signs.replace("|", "")
    for place, chunk in enumerate(rest):
        if chunk.cat not in signs or inside_measures(rest, place):
            continue
        behind = rest[place + 1 :]
        if _begins_anew(behind) if exempting else _opens_a_member(behind, base):
            return False
    return True


def _begins_anew(behind: Sequence[Chunk]) -> bool:
    """`other than asthma or ever been diagnosed with …`: no more of the exception."""
    return any(chunk.cat in "STN" for chunk in behind[:3])


def _opens_a_member(behind: Sequence[Chunk], base: Node) -> bool:
    """Whether what follows a comma or an "or" may be another member of the head's own list."""
    member: list[Chunk] = []
    for chunk in behind:
        if chunk.cat in ",|&/":
            if has_words(member):
                break
            continue
        member.append(chunk)
    if any(chunk.cat in "STLbMKQtJgmfwsN" for chunk in member[:3]):
        return True
    kinds = {part.concept.kind in _GIVEN for part in walk(base) if isinstance(part, Has)}
    measured = any(isinstance(part, Compare | Score | Stage) for part in walk(base))
    for chunk in member:
        if chunk.cat in "CRO" and (measured or (chunk.cat in "RO") in kinds):
            return True
        if chunk.cat == "U":
            word = str(chunk.value)
            given = DRUG_WORDS.search(word) or PROCEDURE_WORDS.search(word)
            if (given and (True in kinds or measured)) or (
                CONDITION_WORDS.search(word) and (False in kinds or measured)
            ):
                return True
    return False


_KNOWN = re.compile(
    rf"(?:{CONDITION_WORDS.pattern})|(?:{DRUG_WORDS.pattern})|(?:{PROCEDURE_WORDS.pattern})", re.IGNORECASE
)


_READINGS = frozenset(
    {"blood-test", "pcr", "liver-function-test", "urinalysis", "hiv-test", "ecg", "physical-exam", "laboratory-test"}
)
"""Tests that everybody has: what they showed is what matters."""


def _is_sound(base: Node, reader: Reader) -> bool:
    """Whether a head may stand for its sentence: things that are known, limits, ages."""
    if isinstance(base, Not):
        return False
    leaves = [part for part in walk(base) if not children(part)]
    return bool(leaves) and all(_is_sound_leaf(leaf, reader) for leaf in leaves)


def _is_name(concept: Concept) -> bool:
    """Words that name a thing the vocabulary does not know; of a finding nothing is presumed, so that its name can do no harm."""
    words = concept.text.split()
    if (
        not 2 <= len(words) <= _MOST_WORDS
        or any(word in VERBISH for word in words)
        or all(word in _GENERIC for word in words)
    ):
        return False
    return _KNOWN.search(words[-1]) is not None or (
        concept.kind == "finding" and _VERB.search(concept.text) is None and all(word.isalpha() for word in words)
    )


_MOST_WORDS = 5
_GENERIC = word_set("generic")
_VERB = re.compile(
    r"^\w+ed\b|^\w+ly\b|\b(?:allow\w*|phase|part|cohorts?|groups?|must|marker)\b|\w+ing\b|\b(?:show\w*|demonstrat\w*|present|suffer\w*|require\w*|need\w*|take|takes|took|use|uses|used|make|give\w*|"
    r"candidates?|start\w*|planned|patients?|subjects?|participants?|children|child|adults?|men|women|volunteers?|appear\w*|undergo\w*)\b"
)


def _is_sound_leaf(leaf: Node, reader: Reader) -> bool:
    match leaf:
        case Has(concept=concept, unless=unless):
            if unless or concept.id in _READINGS:
                return False
            return concept.id is not None or _is_name(concept)
        case Compare() | Score() | Stage():
            return True
        case Person():
            return leaf.age is not None or reader.kind == "exclusion"
        case _:
            return False


_STRINGS = re.compile(
    r"\b(?:only|if|provided|unless|must|should|long as|when|eligible|included|enrol\w*|candidates?|other than|except\w*|but|not|no|"
    r"without|until|after|at least|than|stable|dose|up to|limited)\b",
    re.IGNORECASE,
)


def _allowed(reader: Reader, chunks: Sequence[Chunk]) -> Node | None:
    """`X is allowed`, whatever X is: nothing is asked of anybody."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == "P"), None)
    if reader.kind != "inclusion" or not at or {chunk.cat for chunk in _flat(chunks)} & set("NXIZQWs"):
        return None
    rest = [chunk for chunk in chunks[at + 1 :] if chunk.cat not in "FH.,p"]
    if rest or _STRINGS.search(reader.phrase(chunks).words()):
        return None
    return All(span=_extent(chunks))


# conditions ---------------------------------------------------------------------------------------------------------------------

_OBLIGES = re.compile(
    r"(?:must|should|shall|need to|needs to|are required to|have to|has to|agree to|will)\b", re.IGNORECASE
)


def _conditional(reader: Reader, chunks: Sequence[Chunk]) -> Node | None:
    """`If X, …`, `patients with X must …`, `women of childbearing potential must …`: nothing is asked of the others."""
    found = _condition(reader, chunks)
    if found is None:
        return None
    condition, rest = _both(found[0]), found[1]
    if not has_words(rest) or any(isinstance(part, Unread) for part in walk(condition)):
        return None
    then = reader.whole(rest) or reader.unread(_bare(rest))
    span = _extent(chunks)
    if reader.kind == "exclusion":
        return All(parts=(condition, then), span=span)
    return If(condition=condition, then=then, span=span)


_GROUP = re.compile(
    r"\W*(?:for )?(?:the )?(?:sub-?stud(?:y|ies)|parts?|groups?|strat(?:um|a)|cohorts?|arms?|phases?|schedules?|tracks?|steps?)\s+"
    r"(?:[a-z]{0,2}\d{1,2}[a-z]?|[a-e]|i{1,3}v?)(?:\s*(?:,|/|&|and|or)\s*(?:[a-z]?\d{1,2}[a-z]?|[a-e]|i{1,3}v?))*"
    r"(?:\s+(?:only|patients?|subjects?|participants?))?\s*[:\-]\s*",
    re.IGNORECASE,
)
"""A label that says for which part of the trial a sentence is meant."""


def _for_a_group(reader: Reader, chunks: list[Chunk]) -> Node | None:
    """`Cohort 2: X`: X, for some; who belongs to them the text does not say."""
    text = reader.text[chunks[0].start : chunks[-1].end]
    match = _GROUP.match(text)
    if match is None:
        return None
    behind = [chunk for chunk in chunks if chunk.start >= chunks[0].start + match.end()]
    lead = [chunk for chunk in chunks if chunk.end <= chunks[0].start + match.end()]
    if not lead or not has_words(behind):
        return None
    node = sure(reader, behind) or read_in_part(reader, behind)
    if isinstance(node, Unread):
        return None
    label = reader.unread(_bare(lead))
    if reader.kind == "exclusion":
        return All(parts=(label, node), span=_extent(chunks))
    return If(condition=label, then=node, span=_extent(chunks))


def _both(condition: Node) -> Node:
    """`Women who can have children` as a condition are those who are both."""
    if isinstance(condition, If):
        return All(parts=(condition.condition, condition.then), span=condition.span)
    return condition


def _condition(reader: Reader, chunks: Sequence[Chunk]) -> tuple[Node, list[Chunk]] | None:
    start = next((place for place, chunk in enumerate(chunks) if chunk.cat not in "FHpA"), len(chunks))
    inclusive = reader.under("inclusion")
    if start < len(chunks) and chunks[start].cat == "I" and sum(chunk.cat == "I" for chunk in chunks) == 1:
        comma = next((place for place in range(start + 1, len(chunks)) if chunks[place].cat in ",:"), None)
        if comma is None or any(chunk.cat in "XPZ" for chunk in chunks):
            return None
        condition = inclusive.whole(chunks[start + 1 : comma])
        return (
            (condition, list(chunks[comma + 1 :]))
            if condition and _is_sound(condition, reader.under("exclusion"))
            else None
        )
    if reader.kind == "exclusion":
        return None
    at = next(
        (
            place
            for place, chunk in enumerate(chunks)
            if chunk.cat == "F" and _OBLIGES.match(reader.phrase([chunk]).words())
        ),
        None,
    )
    if at is None or at < 1 or any(chunk.cat in ":;NXIPZ" for chunk in chunks[:at]):
        return None
    lead = list(chunks[:at])
    if lead[0].cat not in "Hwfm" and not (len(lead) > 1 and lead[0].cat == "F" and lead[1].cat in "Hwfm"):
        return None
    condition = inclusive.whole(lead)
    if condition is None or not _is_sound(condition, reader.under("exclusion")):
        return None
    return condition, list(chunks[at:])
