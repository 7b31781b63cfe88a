"""Time since a treatment: `at least 4 weeks since prior chemotherapy (6 weeks for nitrosoureas) and recovered`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from trialwright.criteria.chunks import Bound, Chunk
from trialwright.criteria.cuts import extent, trim
from trialwright.criteria.joining import push_window
from trialwright.criteria.nodes import All, Attest, Has, Node, Not, Window, walk
from trialwright.criteria.nodes import Any as AnyOf

if TYPE_CHECKING:
    from trialwright.criteria.grammar import Reader

_DAY = date(2001, 1, 1)
"""Any day: two lengths of time are compared by where they lead from it."""
_RECOVERED = re.compile(r"(?:\s*,?\s*and)?\s*(?:must have |has |have )?recovered\W*$", re.IGNORECASE)


def read_elapsed(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """None of the treatments within the time; longer times for some of them in a parenthesis; `and recovered` behind it."""
    start = next((place for place, chunk in enumerate(chunks) if chunk.cat not in "FHp"), len(chunks))
    if start >= len(chunks) or chunks[start].cat != "s" or sum(chunk.cat == "s" for chunk in chunks) != 1:
        return None
    window = _window(chunks[start])
    body, recovered = _without_recovery(reader, chunks[start + 1 :])
    if window is None or not body:
        return None
    tiers = [chunk for chunk in body if chunk.cat == "G" and any(one.cat == "Q" for one in chunk.value)]
    body = [chunk for chunk in body if chunk not in tiers]
    denied, current = _also_not_now(body)
    base = reader.under("exclusion").whole(denied, depth)
    if base is None or not _are_given(base):
        return None
    span = extent(chunks)
    parts: list[Node] = [Not(part=push_window(base, window), span=span)]
    if current is not None:
        now = reader.under("exclusion").whole(current, depth)
        if now is None or not _are_given(now):
            return None
        parts.append(Not(part=now, span=span))
    for tier in tiers:
        node = _tier(reader, tier, window, depth)
        if node is None:
            return None
        parts.append(node)
    if recovered is not None:
        parts.append(Attest(kind="fitness", text=reader.phrase([recovered]).words(), span=recovered.span))
    return parts[0] if len(parts) == 1 else All(parts=tuple(parts), span=span)


_MUST = re.compile(r"(?:must|should|shall|need to|needs to|has to|have to)\b", re.IGNORECASE)
_FINISHED = re.compile(r"(?:completed?|finished?|discontinued?|stopped|ended|terminated|withdrawn)$", re.IGNORECASE)


def read_finished(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`Hormone therapy must have been discontinued at least 1 week before`: nobody must have had it, and nobody within the week."""
    at = next(
        (place for place, one in enumerate(chunks) if one.cat == "F" and _MUST.match(reader.phrase([one]).words())),
        None,
    )
    if at is None or at < 1 or reader.kind != "inclusion" or any(one.cat not in "SRObqU&|," for one in chunks[:at]):
        return None
    told = [one for one in chunks[at:] if one.cat not in "Fp"]
    if len(told) != 2 or told[1].cat != "W" or not _FINISHED.search(reader.phrase([told[0]]).words()):
        return None
    when: Window = told[1].value
    if when.side != "before" or when.at_least is None or when.at_most is not None or when.lasting is not None:
        return None
    base = reader.under("exclusion").whole(chunks[:at], depth)
    if base is None or not _are_given(base):
        return None
    since = msgspec.structs.replace(when, at_least=None, at_most=when.at_least, strict=not when.strict)
    return Not(part=push_window(base, since), span=extent(chunks))


_STOP = re.compile(r"(?:discontinue|stop|cease|withhold|suspend|interrupt)$", re.IGNORECASE)


def read_stopped(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`Patients must discontinue aspirin 2 weeks before entry`: nobody must have had it within the 2 weeks."""
    said = [one for one in chunks if one.cat not in "Hpb"]
    if len(said) < 4 or reader.kind != "inclusion" or said[0].cat != "F" or said[-1].cat != "W":
        return None
    if not _MUST.match(reader.phrase([said[0]]).words()) or not _STOP.search(reader.phrase([said[1]]).words()):
        return None
    when: Window = said[-1].value
    if when.side != "before" or when.lasting is not None or any(one.cat not in "SRObqU&|," for one in said[2:-1]):
        return None
    base = reader.under("exclusion").whole(said[2:-1], depth)
    if base is None or not _are_given(base):
        return None
    length = when.at_least or when.at_most
    since = msgspec.structs.replace(when, at_least=None, at_most=length, strict=False)
    return Not(part=push_window(base, since), span=extent(chunks)) if length is not None else None


def _window(chunk: Chunk) -> Window | None:
    bound: Bound = chunk.value
    if bound.low is None or bound.high is not None or bound.low_op not in (">=", ">"):
        return None
    return Window(at_most=bound.duration(bound.low), strict=bound.low_op == ">=", span=chunk.span)


def _without_recovery(reader: Reader, chunks: Sequence[Chunk]) -> tuple[list[Chunk], Chunk | None]:
    body = trim(chunks)
    if len(body) > 1 and _RECOVERED.fullmatch(reader.text[body[-2].start : body[-1].end]):
        return trim(body[:-1]), body[-1]
    return body, None


def _also_not_now(body: list[Chunk]) -> tuple[list[Chunk], list[Chunk] | None]:
    """`since prior and no concurrent X`: X was not given in that time, and is not given now."""
    at = next((place for place, chunk in enumerate(body) if chunk.cat == "N"), None)
    if at is None or at < 2 or body[at - 1].cat != "&" or any(chunk.cat != "S" for chunk in body[: at - 1]):
        return body, None
    behind = body[at + 1 :]
    things = [chunk for chunk in behind if chunk.cat != "S" or chunk.value not in ("current", "concurrent")]
    return [*body[: at - 1], *things], behind


def _are_given(node: Node) -> bool:
    """Treatments alone, without a time of their own."""
    leaves = [part for part in walk(node) if not isinstance(part, AnyOf)]
    return all(
        isinstance(part, Has)
        and part.when is None
        and part.concept.kind in ("drug", "procedure", "vaccine", "device")
        and not part.unless
        for part in leaves
    )


def _tier(reader: Reader, group: Chunk, window: Window, depth: int) -> Node | None:
    """`(6 weeks for nitrosoureas or mitomycin)`: none of these in the longer time."""
    inner = trim([chunk for chunk in group.value if chunk.cat != "F"])
    if len(inner) < 3 or inner[0].cat not in "Qs" or inner[0].value.time is None:
        return None
    bound: Bound = inner[0].value
    length = bound.duration(bound.low if bound.low is not None else bound.high)
    rest = inner[1:] if inner[0].cat == "s" else inner[2:] if inner[1].cat == "p" else None
    node = reader.under("exclusion").whole(rest, depth) if rest else None
    if node is None or length is None or window.at_most is None or not _are_given(node):
        return None
    if length.after(_DAY) <= window.at_most.after(_DAY):
        # A shorter time for some frees them from the longer one, which the base already asks of them.
        return None
    return Not(part=push_window(node, Window(at_most=length, strict=True, span=inner[0].span)), span=group.span)
