"""Trees put together: parts under a list's words, an exception taken from what it excepts, a window on all that has none."""

from collections.abc import Sequence

import msgspec

from trialwright.codes.places import Span
from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.nodes import (
    All,
    AtLeast,
    Compare,
    CriterionKind,
    Has,
    If,
    Node,
    Not,
    Score,
    Unread,
    Window,
    walk,
)
from trialwright.criteria.nodes import Any as AnyOf


def join_listed(listing: Chunk | None, parts: Sequence[Node], kind: CriterionKind, span: Span) -> Node:
    """Parts under "all of", "any of", "at least two of"; without such words as the section's polarity has it."""
    if len(parts) == 1:
        return parts[0]
    if listing is not None and listing.cat == "a" and int(listing.value) <= len(parts):
        return AtLeast(count=int(listing.value), parts=tuple(parts), span=span)
    either = (
        kind == "exclusion"
        if listing is None or (listing.cat == "V" and listing.value == "" and kind == "exclusion")
        else listing.cat == "v"
    )
    return AnyOf(parts=tuple(parts), span=span) if either else All(parts=tuple(parts), span=span)


def excepting(base: Node, aside: Node, vocabulary: Vocabulary) -> Node:
    """`base` without `aside`; in a list, only the members that `aside` is a kind of lose it, else the last."""
    span = base.span.cover(aside.span) if base.span and aside.span else base.span
    match base:
        case Has() if (excepted := _occurrences(aside)) and all(is_of_sort(base, one) for one in excepted):
            return msgspec.structs.replace(base, unless=(*base.unless, *excepted), span=span)
        case Has() if (some := _readable(base, aside)) and isinstance(aside, AnyOf):
            # "Steroids, except inhaled ones and …": what was read looks at the same thing on record; of the rest nothing is known.
            rest = next(one for one in aside.parts if isinstance(one, Unread))
            held = msgspec.structs.replace(base, unless=(*base.unless, *some), span=span)
            return All(parts=(held, Not(part=rest, span=aside.span)), span=span)
        case Not(part=part):
            return Not(part=excepting(part, aside, vocabulary), span=span)
        case AnyOf(parts=parts) if parts and not all(isinstance(part, Compare) for part in parts):
            chosen = [place for place, part in enumerate(parts) if kind_of(aside, part, vocabulary)] or [len(parts) - 1]
            changed = tuple(
                excepting(part, aside, vocabulary) if place in chosen else part for place, part in enumerate(parts)
            )
            return msgspec.structs.replace(base, parts=changed, span=span)
        case All(parts=parts) if parts and isinstance(parts[-1], Not) and isinstance(parts[0], Has):
            return msgspec.structs.replace(base, parts=(*parts, Not(part=aside, span=aside.span)), span=span)
        case _:
            return All(parts=(base, Not(part=aside, span=aside.span)), span=span)


def _readable(base: Has, aside: Node) -> tuple[Has, ...]:
    """The things of an exception that was understood in part, where each looks at the same thing on record."""
    if not isinstance(aside, AnyOf) or aside.open or not any(isinstance(one, Unread) for one in aside.parts):
        return ()
    read = [one for one in aside.parts if not isinstance(one, Unread)]
    kept = tuple(one for one in read if isinstance(one, Has) and is_of_sort(base, one))
    return kept if len(kept) == len(read) else ()


_GIVEN = frozenset({"drug", "procedure", "vaccine", "device"})


def is_of_sort(base: Has, aside: Has) -> bool:
    """Whether an occurrence of the one can be one of the other: a progression is no radiotherapy, and excepts none."""
    return (base.concept.kind in _GIVEN) == (aside.concept.kind in _GIVEN) or "allergy" in (
        base.concept.kind,
        aside.concept.kind,
    )


def _occurrences(aside: Node) -> tuple[Has, ...]:
    """The things of an exception that looks at the same thing on record; a list that goes on, or a number, looks further."""
    parts = aside.parts if isinstance(aside, AnyOf) and not aside.open else (aside,)
    return (
        tuple(part for part in parts if isinstance(part, Has)) if all(isinstance(part, Has) for part in parts) else ()
    )


def kind_of(aside: Node, part: Node, vocabulary: Vocabulary) -> bool:
    ids = {node.concept.id for node in walk(aside) if isinstance(node, Has) and node.concept.id}
    owners = {
        "malignancy" if node.concept.id == "second-malignancy" else node.concept.id
        for node in walk(part)
        if isinstance(node, Has) and node.concept.id
    }
    return any(vocabulary.is_a(one, owner) for one in ids for owner in owners)


def push_window(node: Node, window: Window) -> Node:
    """The tree with a window on everything on record that has none of its own; what only says whom it concerns gets none."""

    def windowed(part: Node) -> Node:
        if isinstance(part, If):
            return msgspec.structs.replace(part, then=push_window(part.then, window))
        if isinstance(part, Has | Compare | Score) and part.when is None:
            return msgspec.structs.replace(part, when=window)
        match part:
            case All(parts=parts) | AnyOf(parts=parts) | AtLeast(parts=parts):
                return msgspec.structs.replace(part, parts=tuple(map(windowed, parts)))
            case Not(part=inner):
                return msgspec.structs.replace(part, part=windowed(inner))
            case _:
                return part

    return windowed(node)


def is_limit(node: Node) -> bool:
    """A limit that all must keep: whoever is excepted from it need not keep it."""
    return all(isinstance(part, Compare | Score | All | AnyOf) for part in walk(node)) and bool(
        list(walk(node))[1:] or isinstance(node, Compare | Score)
    )


def is_measured(node: Node) -> bool:
    return all(isinstance(part, Compare | All | AnyOf) for part in walk(node))
