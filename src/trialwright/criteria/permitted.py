"""Permissions that ask for something: `adjuvant chemotherapy is allowed if completed at least 6 months before enrolment`.

Who has none of it is free, and who has it must have it as the words say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.cuts import extent, is_trial_word, trim
from trialwright.criteria.joining import excepting, kind_of
from trialwright.criteria.lists import is_weak
from trialwright.criteria.nodes import All, Has, If, Node, Not, Unread, walk

if TYPE_CHECKING:
    from trialwright.criteria.grammar import Reader

_ALLOWED_IF = re.compile(
    r"\b(?:eligible|allowed|permitted|included|enrolled|acceptable)\b.*\b(?:if|provided|when)\b", re.IGNORECASE
)
_STATES = frozenset("TSW")


class Permission(NamedTuple):
    """thing: what is allowed · held: the same as it is allowed, or asked: what must hold besides; one of the two."""

    thing: Node
    held: Has | None
    asked: Node | None


def read_permitted(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """A permission standing alone."""
    found = permission(reader, chunks, depth)
    if found is None:
        return None
    span = extent(chunks)
    if found.held is not None and isinstance(found.thing, Has):
        excluded = msgspec.structs.replace(found.thing, unless=(*found.thing.unless, found.held), span=span)
        return excluded if reader.kind == "exclusion" else Not(part=excluded, span=span)
    if found.asked is None:
        return None
    if reader.kind == "exclusion":
        return All(parts=(found.thing, Not(part=found.asked, span=found.asked.span)), span=span)
    return If(condition=found.thing, then=found.asked, span=span)


def permission(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Permission | None:
    at, behind = _turn(reader, chunks)
    if at < 1:
        return None
    subject = [chunk for chunk in chunks[:at] if chunk.cat not in "FHp"]
    if not subject or any(chunk.cat in "XIPZ:;" for chunk in (*subject, *chunks[behind:])):
        return None
    thing = reader.under("exclusion").whole(chunks[:at], depth)
    told = trim([chunk for chunk in chunks[behind:] if chunk.cat not in "FH"])
    if thing is None or not told or is_weak(thing) or any(isinstance(part, Unread) for part in walk(thing)):
        return None
    if told[0].cat in _STATES:
        held = reader.under("exclusion").whole([*trim(chunks[:at]), *told], depth)
        if not isinstance(held, Has) or not isinstance(thing, Has) or held.concept != thing.concept or held == thing:
            return None
        return None if set(held.qualifiers) - set(thing.qualifiers) else Permission(thing, held, None)
    asked = reader.under("inclusion").whole(chunks[behind:], depth)
    return Permission(thing, None, asked) if asked is not None and not is_weak(asked) else None


def _turn(reader: Reader, chunks: Sequence[Chunk]) -> tuple[int, int]:
    """Where the thing ends and where the condition begins; (0, 0) when it is no permission with a condition."""
    for at, chunk in enumerate(chunks):
        if chunk.cat == "X":
            return (at, at + 1) if _ALLOWED_IF.search(reader.phrase([chunk]).words()) else (0, 0)
        if chunk.cat == "P":
            condition = next((place for place in range(at + 1, len(chunks)) if chunks[place].cat == "I"), 0)
            between = chunks[at + 1 : condition]
            bare = all(one.cat in "FHp" or is_trial_word(one) for one in between)
            return (at, condition + 1) if condition and bare else (0, 0)
    return (0, 0)


def permitting(nodes: Sequence[Node], found: Permission, vocabulary: Vocabulary, kind: str) -> list[Node] | None:
    """What earlier sentences say, but for what this one permits; None when it permits nothing of theirs."""
    if not isinstance(found.thing, Has) or not any(kind_of(found.thing, node, vocabulary) for node in nodes):
        return None
    excepted = found.held or found.thing
    if found.asked is not None and kind == "exclusion" and found.thing in nodes:
        # "HIV. Patients with HIV are eligible if …": all of it, but for those.
        asked = Not(part=found.asked, span=found.asked.span)
        return [All(parts=(node, asked), span=node.span) if node == found.thing else node for node in nodes]
    freed = [excepting(node, excepted, vocabulary) if kind_of(excepted, node, vocabulary) else node for node in nodes]
    if found.asked is None:
        return freed
    span = found.thing.span
    if kind == "inclusion":
        return [*freed, If(condition=found.thing, then=found.asked, span=span)]
    return [*freed, All(parts=(found.thing, Not(part=found.asked, span=found.asked.span)), span=span)]
