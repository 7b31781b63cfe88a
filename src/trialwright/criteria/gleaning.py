"""Limits that stand whole in a clause that nobody reads whole: they are kept, and the words around them stay Unread beside them.

What is kept must follow from the clause, so that a tree with it never says pass where the words say fail:

- asked for, `All(limit, Unread)`: who misses the limit fails, who keeps it is unknown;
- ruled out, the same: who is outside the limit is not what the words mean, whoever is within it is unknown. In a list, each member is
  one for itself.

Words that may turn the sense of a limit (alternatives, conditions, exceptions, another time, another person, a change instead of a
value) leave the clause as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from trialwright.codes.units import fits
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.cuts import extent, has_words, inside_measures, trim
from trialwright.criteria.nodes import All, Compare, If, Node, Person, Score, walk
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.phrases import word_set

if TYPE_CHECKING:
    from trialwright.criteria.grammar import Reader

_WIDEST = 14
"""Chunks of one limit with its measures, at most."""

_TURNS = frozenset("NXIPZyeEjvWT0")
"""Chunks beside a limit that may turn its sense, or say that another time is meant."""

_TURNED = re.compile(
    r"\b(?:unless|except\w*|if|when\w*|where|while|or|nor|without|not|no|never|neither|either|including|otherwise|allow\w*|"
    r"permit\w*|may|might|can|could|prefer\w*|ideally|optional\w*|waive\w*|only|until|lower|higher|"
    r"history|prior|previous\w*|past|ever|nadir|peak|initial\w*|diagnos\w*|onset|birth|admission|pre-?treatment|before|after|"
    r"during|since|last|recent|first|later|subsequent\w*|run-?in|"
    r"donors?|mothers?|maternal|fathers?|parents?|partners?|spouse|care-?givers?|siblings?|infants? (?:of|born)|"
    r"note|day \d+|cohorts?|arms?|groups?|phase|part [a-d0-9]|strat\w+|controls|episodes?|males?|females?|wom[ae]n|m[ae]n|girls?|boys?)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:chang\w*|increas\w*|decreas\w*|ris(?:e|ing)|rose|drop\w*|f[ae]ll\w*|reduc\w*|improv\w*|declin\w*|differen\w*|delta|"
    r"variab\w*|variation|fluctuat\w*|revers\w*|doubl\w*|loss|lost|gain\w*|ratio|sum|product|response|percentile|z-?scores?|"
    r"standard deviations?|sds?|adjust\w*|correct\w+ for|dose\w*|target|expected|anticipated|predicted to|cut-?off|threshold)\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\W*(?:(?:\w+\W+){0,2}?(?:increase|decrease|reduction|improvement|change|decline|rise|drop|loss|gain|from baseline|"
    r"per (?:day|week|month|year)|apart|for age|percentile|sds?\b|standard dev)|(?:above|below|over|under|than|higher|lower|more|less)\b|"
    r"of (?!(?:the )?(?:institutional )?(?:upper|lower|normal|predicted)))",
    re.IGNORECASE,
)
_OF_EVENTS = re.compile(r"ctcae|rtog|recist|dsm|grade|toxicity")
"""Scales that rate an event and no person: without the event, their value says nothing."""


class _Limit(NamedTuple):
    start: int
    end: int
    node: Node


def glean(reader: Reader, chunks: Sequence[Chunk]) -> Node | None:
    """The limits of one clause with its other words unread; None when it has none that can be relied on."""
    if not any(chunk.cat in "MKG" for chunk in chunks):
        return None
    last = chunks[-1]
    if last.cat == "G" and last.value and last.value[0].cat in "IX":
        chunks = [*chunks[:-1], *last.value]
    if any(chunk.cat in "IX" for chunk in chunks):
        return _with_condition(reader, chunks)
    if reader.kind == "exclusion":
        return _of_members(reader, chunks)
    return _of_run(reader, chunks) or _of_alternatives(reader, chunks)


_LOOSENS = re.compile(r"(?:unless|except (?:in|for|when|if|patients|those|where|as))\b", re.IGNORECASE)


def _with_condition(reader: Reader, chunks: Sequence[Chunk]) -> Node | None:
    """A limit that is read whole beside a condition or an exception that is not.

    Asked for, whoever keeps the limit has done enough, whatever the condition says; ruled out, whoever is outside the limit is not
    meant. All else is unknown.
    """
    places = [place for place, chunk in enumerate(chunks) if chunk.cat in "IX"]
    if len(places) != 1 or any(chunk.cat in "NPZyeEj" for chunk in chunks):
        return None
    at = places[0]
    if has_words(trim(chunks[:at])):
        limited, other = trim(chunks[:at]), chunks[at + 1 :]
    else:
        cut = next((place for place in range(at, len(chunks)) if chunks[place].cat in ",:"), len(chunks))
        limited, other = trim(chunks[cut + 1 :]), chunks[at + 1 : cut]
    if chunks[at].cat == "X" and not _LOOSENS.match(reader.text, chunks[at].start):
        return None
    if any(one.cat in "QMK#k" for one in _flat(other)) or _ELSE.search(reader.phrase(other).words()):
        return None
    limit = reader.whole(limited) if limited and has_words(trim(other)) else None
    if limit is None or not _is_limit(limit):
        return None
    beside, span = reader.unread(trim(other)), extent(chunks)
    if reader.kind == "exclusion":
        return All(parts=(limit, beside), span=span)
    if chunks[at].cat == "X":
        return AnyOf(parts=(limit, beside), span=span)
    return If(condition=beside, then=limit, span=span)


_ELSE = re.compile(r"\b(?:otherwise|then|only|or|but|provided)\b", re.IGNORECASE)


def _flat(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        if chunk.cat == "G":
            yield from _flat(chunk.value)
        else:
            yield chunk


def _of_alternatives(reader: Reader, chunks: Sequence[Chunk]) -> Node | None:
    """`A ≥ 1 … or B ≥ 2 …`: one of the limits must be kept, where every alternative has one."""
    if any(chunk.cat in "NPZyeEjv,;" for chunk in chunks):
        return None
    groups: list[list[Chunk]] = [[]]
    for place, chunk in enumerate(chunks):
        if chunk.cat == "|" and not inside_measures(chunks, place):
            groups.append([])
        else:
            groups[-1].append(chunk)
    found = [_of_run(reader, trim(group)) for group in groups]
    if len(found) < 2 or not all(found):
        return None
    return AnyOf(parts=tuple(node for node in found if node), span=extent(chunks))


def _of_members(reader: Reader, chunks: Sequence[Chunk]) -> Node | None:
    """In an exclusion commas and "or" part what excludes each by itself; a member that leans on its neighbour leaves all unread."""
    groups = [trim(group) for group in _cut(chunks)]
    groups = [group for group in groups if has_words(group)]
    if len(groups) < 2:
        return _of_run(reader, chunks)
    if any(chunk.cat in "NXIPZyeEjv&" for chunk in chunks) or any(_leans(reader, group) for group in groups[1:]):
        return None
    found = [_of_run(reader, group) for group in groups]
    if not any(found):
        return None
    parts = tuple(node or reader.unread(group) for node, group in zip(found, groups, strict=True))
    return AnyOf(parts=parts, span=extent(chunks))


def _cut(chunks: Sequence[Chunk]) -> list[list[Chunk]]:
    groups: list[list[Chunk]] = [[]]
    for place, chunk in enumerate(chunks):
        if chunk.cat in ",;|" and not inside_measures(chunks, place):
            groups.append([])
        else:
            groups[-1].append(chunk)
    return groups


_LEANS = re.compile(
    r"(?:with|whose|who|which|that|in|on|at|by|to|for|from|of|as|per|based|measured|confirmed|requiring|despite)\b"
)


def _leans(reader: Reader, group: Sequence[Chunk]) -> bool:
    return _LEANS.match(reader.phrase(group).words().lower()) is not None


_OF_SOME = re.compile(
    r"\W*(?:all |any |the |some )?(?:patients?|subjects?|participants?|individuals?|those|people|persons?)\s+"
    r"(?:with|who|on|receiving|taking|having|requiring|in whom)\b"
    r"(?!\s+(?:an?\s+|the\s+|baseline\s+|screening\s+)*$)",
    re.IGNORECASE,
)
"""Asked of some patients only ("patients with metastases who have …")."""


def _of_run(reader: Reader, chunks: Sequence[Chunk]) -> Node | None:
    limits = list(_limits(reader, chunks))
    if not limits or (
        reader.kind == "inclusion" and _OF_SOME.match(reader.text[chunks[0].start : chunks[limits[0].start].start])
    ):
        return None
    rest = list(_between(chunks, limits))
    if any(_turns(reader, run) for run in rest):
        return None
    if reader.kind == "exclusion" and not all(_is_bound(reader, chunks, limit) for limit in limits):
        return None
    if not all(_stands(reader, chunks, limit) for limit in limits):
        return None
    parts = [limit.node for limit in limits] + [reader.unread(trim(run)) for run in rest if has_words(trim(run))]
    parts.sort(key=lambda part: part.span.start if part.span else 0)
    return parts[0] if len(parts) == 1 else All(parts=tuple(parts), span=extent(chunks))


_TIES = frozenset({"demonstrating", "showing", "shows", "demonstrates", "showed", "having", "revealing", "indicating"})
_UNNARROWING = word_set("unnarrowing")


def _is_bound(reader: Reader, chunks: Sequence[Chunk], limit: _Limit) -> bool:
    """Whether words tie the limit to its neighbours; where a form lost the commas, they are exclusions of their own."""
    before = chunks[limit.start - 1] if limit.start else None
    behind = chunks[limit.end] if limit.end < len(chunks) else None
    tied = before is None or before.cat in "piFqS:=u-" or chunks[limit.start].cat == "G" or str(before.value) in _TIES
    if not tied:
        tied = all(chunk.cat in "BqSFHp" or str(chunk.value) in _UNNARROWING for chunk in chunks[: limit.start])
    follows = behind is None or behind.cat in "piFGu:" or (behind.cat == "U" and reader.text[behind.start].islower())
    return tied and follows


def _between(chunks: Sequence[Chunk], limits: Sequence[_Limit]) -> Iterator[Sequence[Chunk]]:
    edges = [0, *(edge for limit in limits for edge in (limit.start, limit.end)), len(chunks)]
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        if right > left:
            yield chunks[left:right]


def _turns(reader: Reader, run: Sequence[Chunk]) -> bool:
    """Whether words beside a limit may turn its sense."""
    for chunk in run:
        if chunk.cat in _TURNS or (chunk.cat == "S" and "history" in str(chunk.value)):
            return True
        if chunk.cat == "G" and any(one.cat in "QXIPZN" for one in chunk.value):
            return True
    plain = [chunk for chunk in run if chunk.cat != "G"]
    return any(_TURNED.search(reader.text[chunk.start : chunk.end]) for chunk in plain)


def _limits(reader: Reader, chunks: Sequence[Chunk]) -> Iterator[_Limit]:
    """Limits from left to right, each as long as it can be read."""
    place = 0
    while place < len(chunks):
        found = _limit_at(reader, chunks, place)
        if found is None:
            place += 1
        else:
            yield found
            place = found.end


def _limit_at(reader: Reader, chunks: Sequence[Chunk], start: int) -> _Limit | None:
    first = chunks[start]
    if first.cat == "G":
        inner = [chunk for chunk in first.value if chunk.cat not in "iF"]
        node = reader.whole(inner) if inner and inner[0].cat in "MK" else None
        return _Limit(start, start + 1, node) if node is not None and _is_limit(node) else None
    if first.cat not in "MK" and not (first.cat == "Q" and _measure_behind(chunks, start)):
        return None
    for end in range(min(len(chunks), start + _WIDEST), start + 1, -1):
        run = chunks[start:end]
        if run[-1].cat in "Q#kGWzM" and any(chunk.cat in "Q#k" for chunk in run):
            node = reader.whole(run)
            if node is not None and _is_limit(node):
                return _Limit(start, end, node)
    return None


def _measure_behind(chunks: Sequence[Chunk], place: int) -> bool:
    behind = next((chunk.cat for chunk in chunks[place + 1 :] if chunk.cat not in "Fp"), "")
    return behind == "M" and not (place and chunks[place - 1].cat in "M:=pqU")


def _is_limit(node: Node) -> bool:
    for part in walk(node):
        match part:
            case Compare(measure=measure, quantity=quantity, relative_to=relative):
                bare = relative is not None or quantity.unit == "1"
                if (
                    measure.id in (None, "blood-pressure")
                    or part.qualifiers
                    or not (bare or fits(quantity.unit, measure.id or ""))
                ):
                    return False
            case Score(scale=scale):
                if _OF_EVENTS.search(scale):
                    return False
            case Person(age=age):
                if age is None:
                    return False
            case All(parts=parts) if parts:
                pass
            case AnyOf():
                pass
            case _:
                return False
    return True


def _stands(reader: Reader, chunks: Sequence[Chunk], limit: _Limit) -> bool:
    """Whether the limit is on a value as it is, and not on its change or on a part of it."""
    if limit.end < len(chunks) and chunks[limit.end].cat in "^*+-/":
        # The number goes on.
        return False
    following = chunks[limit.end].cat if limit.end < len(chunks) else ""
    if following in "UCRO" and following and chunks[limit.end - 1].cat != "G" and _is_bare(limit.node):
        # "> 5.0 mole equivalents": a unit that nobody knows.
        return False
    own = reader.text[chunks[limit.start].start : chunks[limit.end - 1].end]
    before = reader.text[chunks[0].start : chunks[limit.start].start]
    behind = reader.text[chunks[limit.end - 1].end : chunks[-1].end]
    return not (_CHANGE.search(own) or _CHANGE.search(" ".join(before.split()[-4:])) or _CHANGED.match(behind))


def _is_bare(node: Node) -> bool:
    return any(
        isinstance(part, Compare) and part.relative_to is None and part.quantity.unit == "1" for part in walk(node)
    )
