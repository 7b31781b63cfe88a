"""The rules of the grammar: conditions, exceptions, negations, examples, labels and lists around the atoms.

A rule takes a reader and the chunks of one clause and gives their tree, or None when the clause is not of its kind or when a piece
cannot be read. Nothing is read by leaving words out: a rule that finds a word without a place declines.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from trialwright.codes.places import Span
from trialwright.codes.vocabulary import Entry, normalise
from trialwright.criteria.chunks import Bound, Chunk
from trialwright.criteria.cuts import (
    after_negation,
    clauses,
    extent,
    is_trial_word,
    shared_prefix,
    starts_negated,
    tiered_at,
    trim,
)
from trialwright.criteria.joining import excepting, is_limit, is_measured, is_of_sort, push_window
from trialwright.criteria.lists import bind_objects, entangled_places, is_entangled, is_weak
from trialwright.criteria.nodes import All, Attest, Compare, Has, If, Node, Not, Person, Score, rebuild, walk
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.people import attest

if TYPE_CHECKING:
    from trialwright.criteria.grammar import Reader


def read_stated(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`X are excluded`, `X is allowed`."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat in "ZP"), None)
    if at is None or at == 0:
        return _excluded_first(reader, chunks, depth) if at == 0 else None
    rest = [chunk for chunk in chunks[at + 1 :] if chunk.cat not in "FH.,p" and not is_trial_word(chunk)]
    body = chunks[:at]
    span = Span(chunks[0].start, chunks[-1].end)
    if chunks[at].cat == "Z":
        node = reader.under("exclusion").whole(body, depth)
        if node is None or rest:
            return None
        return node if reader.kind == "exclusion" else Not(part=node, span=span)
    base = reader.under("exclusion").whole(body, depth)
    if rest and rest[0].cat == "I":
        condition = reader.under("inclusion").whole(rest[1:], depth)
        return If(condition=base, then=condition, span=span) if base and condition else None
    if base is None or rest or reader.kind == "exclusion":
        return None
    # "Patients with X are eligible" asks for X or lets it in; only "X is allowed" says which.
    return None if _ELIGIBLE.search(reader.phrase([chunks[at]]).words()) else All(span=span)


_UNNAMED_THING = (
    r"(?:(?:has|have|having|with|the|a|an|is|are|patients?|subjects?|participants?|who|presence|evidence|existence|history|current|concurrent|"
    r"concomitant|known|of|or|and|in|any|other|another|serious|severe|significant|clinically|clinical|underlying|acute|chronic|medical|"
    r"psychiatric|psychological|social|physical|mental|physiological|surgical|non-malignant|systemic|uncontrolled|unstable|disease|therapy|"
    r"co-?existing|pre-?existing|major|intercurrent|laboratory|relevant)[\s,/]+)*"
    r"(?:conditions?|diseases?|disorders?|illness(?:es)?|abnormalit(?:y|ies)|reasons?|circumstances?|situations?|factors?|problems?|issues?|"
    r"co-?morbidit(?:y|ies)|findings?|therap(?:y|ies)|medications?)\b"
)
_ANY_CONDITION = re.compile(rf"{_UNNAMED_THING}(?:[\s,/]+(?:and|or|and/or)?\s*{_UNNAMED_THING})*", re.IGNORECASE)
_UNNAMED = re.compile(
    r"\b(?:any|other|another|serious|severe|significant|medical|underlying|concomitant|concurrent)\b", re.IGNORECASE
)


def read_any_condition(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:  # noqa: ARG001 - all rules are called alike
    """`Any condition, including psychiatric disorder, that might confound the results`: which ones count, a person has to judge."""
    judged = next(
        (place for place, chunk in enumerate(chunks) if chunk.cat == "J" and chunk.value == "judgement"), None
    )
    if judged is None or any(chunk.cat in "KtQWXZP" for chunk in chunks):
        return None
    words = reader.phrase(chunks).words()
    lead = _ANY_CONDITION.match(words)
    if lead is None or not _UNNAMED.search(lead[0]):
        return None
    behind = [chunk for chunk in chunks if chunk.start >= chunks[0].start + len(lead[0])]
    examples = next((place for place, chunk in enumerate(behind) if chunk.cat in "eG"), None)
    named = next((place for place, chunk in enumerate(behind) if chunk.cat in "CROM"), None)
    judge = next((place for place, chunk in enumerate(behind) if chunk.cat == "J"), len(behind))
    if named is not None and named < judge and (examples is None or named < examples):
        return None
    return Attest(kind="judgement", text=words, span=extent(chunks))


_ELIGIBLE = re.compile(r"\b(?:eligible|included|enrol\w*|recruited|candidates?)\b", re.IGNORECASE)


def read_attested(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:  # noqa: ARG001 - all rules are called alike
    """What is left when nothing in a clause can be split: for a person to say, as a whole."""
    cats = {chunk.cat for chunk in chunks}
    kinds = {chunk.value for chunk in chunks if chunk.cat == "J"}
    later = bool(kinds) and kinds <= {"contraception", "conduct", "compliance", "consent", "capacity"}
    spoken = bool(kinds) and kinds <= {"consent", "compliance", "capacity"}
    if cats & set("CROMKQts" if later else "CROMKQWts") or ("G" in cats and not spoken):
        return None
    return attest(reader.phrase(chunks))


def _excluded_first(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`Excluded: X`."""
    body = [chunk for chunk in chunks[1:] if chunk.cat != ":"]
    node = reader.under("exclusion").whole(body, depth) if chunks[0].cat == "Z" else None
    if node is None:
        return None
    return node if reader.kind == "exclusion" else Not(part=node, span=Span(chunks[0].start, chunks[-1].end))


def read_conditional(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`If X, Y` · `Y if X` · `For women of childbearing potential, Y`."""
    span = Span(chunks[0].start, chunks[-1].end)
    places = [place for place, chunk in enumerate(chunks) if chunk.cat == "I"]
    if not places:
        return _for_some(reader, chunks, depth)
    at = places[0]
    lead = [chunk for chunk in chunks[:at] if chunk.cat not in "FHp"]
    if not lead:
        comma = next((place for place in range(at + 1, len(chunks)) if chunks[place].cat in ",:"), None)
        if comma is None or len(places) > 1:
            return None
        condition = reader.under("inclusion").whole(chunks[at + 1 : comma], depth)
        then = reader.whole(chunks[comma + 1 :], depth)
    else:
        if len(places) > 1:
            return None
        if tiered_at(chunks, at):
            return _tiers(reader, chunks, at, depth)
        condition = reader.under("inclusion").whole(chunks[at + 1 :], depth)
        then = reader.whole(chunks[:at], depth)
    if condition is None or then is None:
        return None
    if reader.kind == "exclusion":
        if is_weak(condition):
            return None
        return All(parts=(condition, then), span=span)
    return If(condition=condition, then=then, span=span)


def _tiers(reader: Reader, chunks: Sequence[Chunk], at: int, depth: int) -> Node | None:
    """`AST ≤ 2.5 × ULN, or ≤ 5 × ULN in the presence of liver metastases`: each limit for its own patients."""
    second = max(place for place in range(at) if chunks[place].cat == "Q")
    base = trim(chunks[:second])
    if sum(chunk.cat == "Q" for chunk in base) > 1:
        return None
    compare = reader.whole(base, depth)
    condition = reader.under("inclusion").whole(chunks[at + 1 :], depth)
    return _tier(compare, chunks[second], condition) if compare and condition else None


def _tier(compare: Node, limit: Chunk, condition: Node) -> Node | None:
    bound: Bound = limit.value
    compares = [node for node in walk(compare) if isinstance(node, Compare)]
    if not compares or any(not isinstance(node, Compare | All | AnyOf) for node in walk(compare)):
        return None
    value = bound.high if bound.high is not None else bound.low
    if value is None or (bound.low is not None and bound.high is not None):
        return None
    op = bound.high_op if bound.high is not None else bound.low_op

    def other(node: Node) -> Node:
        if not isinstance(node, Compare):
            return node
        unit = "1" if bound.relative else (bound.unit or node.quantity.unit)
        quantity = msgspec.structs.replace(node.quantity, value=value, unit=unit)
        chosen = op if bound.stated and op != "=" else node.op
        relative = bound.relative or (node.relative_to if bound.unit is None else None)
        return msgspec.structs.replace(node, op=chosen, quantity=quantity, relative_to=relative, span=limit.span)

    try:
        alternative = rebuild(compare, other)
    except ValueError:
        return None
    if {node.op for node in walk(alternative) if isinstance(node, Compare)} != {node.op for node in compares}:
        return None
    span = compare.span.cover(limit.span) if compare.span else limit.span
    denied = Not(part=condition, span=condition.span)
    first = compares[0]
    same = first.relative_to == (bound.relative or (first.relative_to if bound.unit is None else None))
    if (
        not same
        or value == first.quantity.value
        or (bound.unit not in (None, first.quantity.unit) and not bound.relative)
    ):
        parts = (If(condition=condition, then=alternative, span=span), If(condition=denied, then=compare, span=span))
        return All(parts=parts, span=span)
    # The wider of two limits holds for everybody, so that a value beyond both needs no knowledge of the condition.
    wider = (value > first.quantity.value) == (first.op in ("<", "<="))
    if wider:
        return All(parts=(alternative, If(condition=denied, then=compare, span=span)), span=span)
    return All(parts=(compare, If(condition=condition, then=alternative, span=span)), span=span)


_MODAL = re.compile(r"\b(?:must|should|agrees?|willing|need|have to|required)\b", re.IGNORECASE)
_DESCRIBES = re.compile(
    r"^\s*(?:(?:patients?|subjects?|participants?|volunteers?|adults?)\b\s*)?(?:with|who have|having|diagnosed|suffering|"
    r"undergoing|scheduled|presenting|receiving|affected|treated|in\b|on\b)",
    re.IGNORECASE,
)


def read_obliged(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`Patients with brain metastases must have completed radiotherapy`: asked of those who have them."""
    at = next(
        (
            place
            for place, chunk in enumerate(chunks)
            if chunk.cat == "F" and _MUST.match(reader.phrase([chunk]).words())
        ),
        None,
    )
    if at is None or at < 3 or reader.kind != "inclusion" or chunks[0].cat != "H":
        return None
    linked = re.match(
        r"(?:with|who have|having|receiving|on|taking|requiring)\b",
        reader.text[chunks[0].end : chunks[-1].end].lstrip(),
        re.IGNORECASE,
    )
    if linked is None or any(chunk.cat in ":;NX" for chunk in chunks[:at]):
        return None
    condition, then = (
        reader.whole(after_subject(chunks[1:at]), depth),
        reader.whole(after_subject(chunks[at:]), depth),
    )
    return If(condition=condition, then=then, span=extent(chunks)) if condition and then else None


_LINKED = re.compile(r"(?:with|who have|having|receiving|on|taking|requiring)\b", re.IGNORECASE)
_MUST = re.compile(r"(?:must|should|shall|need to|needs to|are required to|have to|has to)\b", re.IGNORECASE)


def read_described(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`Adults aged 18 to 65 with asthma`, `male patients with gout`: who, and what they have."""
    end = 0
    while end < len(chunks) and chunks[end].cat in "gAmfxQo&|,FHpq" and not (end and chunks[end].cat == "q"):
        end += 1
    for cut in range(end, 0, -1):
        if chunks[cut - 1].cat not in "gAmfxQHo" or cut == len(chunks):
            continue
        behind = reader.text[chunks[cut - 1].end : chunks[-1].end]
        if not _DESCRIBES.match(behind):
            continue
        who = reader.phrase(chunks[:cut]).atom()
        if any(chunk.cat in "mf" for chunk in chunks[:cut]) and _MODAL.search(behind):
            continue
        if who is None or not all(isinstance(part, Person | All | AnyOf) for part in walk(who)):
            continue
        what = reader.whole(after_subject(chunks[cut:]), depth)
        if what is None:
            return None
        nothing = isinstance(who, All) and not who.parts
        return what if nothing else All(parts=(who, what), span=extent(chunks))
    return None


def after_subject(chunks: Sequence[Chunk]) -> list[Chunk]:
    """The chunks behind the words for the patient."""
    start = 0
    while start < len(chunks) and chunks[start].cat in "FHp,":
        start += 1
    return list(chunks[start:])


def read_runs(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`ANC ≥ 1.5 × 10⁹/L Platelets ≥ 100 × 10⁹/L`: limits one behind the other, whose commas a form lost."""
    starts: list[int] = []
    for place, chunk in enumerate(chunks):
        if chunk.cat != "M" or not place:
            continue
        behind_limit = chunks[place - 1].cat in "QW" and not (place > 1 and chunks[place - 2].cat in ",;|&")
        segment = chunks[starts[-1] if starts else 0 : place]
        # "INR ≤ 1.5, unless on warfarin, aPTT ≤ 1.5": a limit with its exception, and the next limit.
        excepted = (
            chunks[place - 1].cat in ",;"
            and any(one.cat == "X" for one in segment)
            and any(one.cat == "Q" for one in segment)
        )
        if behind_limit or excepted:
            starts.append(place)
    if not starts or sum(chunk.cat == "Q" for chunk in chunks) <= len(starts):
        return None
    edges = [0, *starts, len(chunks)]
    parts = [reader.whole(chunks[left:right], depth) for left, right in itertools.pairwise(edges)]
    whole = [part for part in parts if part is not None]
    if len(whole) < len(parts):
        return None
    span = extent(chunks)
    return All(parts=tuple(whole), span=span) if reader.kind == "inclusion" else AnyOf(parts=tuple(whole), span=span)


def read_demonstrated(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`Adequate liver function as shown by ALT ≤ 3 × ULN`: what shows it is what is asked."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == "i"), None)
    lead = [chunk for chunk in chunks[:at] if chunk.cat not in "FHp,"] if at else []
    adequate = bool(lead) and (
        (lead[0].cat == "J" and lead[0].value == "fitness")
        or reader.phrase(lead).words().lower().startswith("adequate")
    )
    named = len(lead) == 1 and lead[0].cat == "C"
    if at is not None and lead and not adequate and re.fullmatch(r"[Sq]+C", "".join(chunk.cat for chunk in lead)):
        return _told_by(reader, lead, chunks[at + 1 :], depth)
    if at is None or not (adequate or named) or any(chunk.cat not in "JqUMCW" for chunk in lead):
        return None
    shown = reader.whole(chunks[at + 1 :], depth)
    windows = [chunk.value for chunk in lead if chunk.cat == "W"]
    if shown is None or not any(isinstance(part, Compare | Score) for part in walk(shown)):
        return None
    return push_window(shown, windows[0]) if windows else shown


def _told_by(reader: Reader, lead: list[Chunk], behind: Sequence[Chunk], depth: int) -> Node | None:
    """`Uncontrolled diabetes defined as HbA1c > 8 %`: diabetes, and in the state that the number tells."""
    disease, shown = reader.whole(lead[-1:], depth), reader.whole(behind, depth)
    if not isinstance(disease, Has) or shown is None or not is_measured(shown):
        return None
    return All(parts=(disease, shown), span=Span(lead[0].start, behind[-1].end))


def _for_some(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """A statement about some of the patients: `Women of childbearing potential must …`."""
    place = 0
    while place < len(chunks) and chunks[place].cat in "FHpA":
        place += 1
    if place >= len(chunks) or chunks[place].cat not in "wfm":
        return _for_some_behind(reader, chunks, depth)
    end = place + 1
    if (
        chunks[place].cat == "f"
        and end < len(chunks)
        and chunks[end].cat in "Fp"
        and end + 1 < len(chunks)
        and chunks[end + 1].cat == "w"
    ):
        end += 2
    while (
        end < len(chunks)
        and chunks[end].cat in "w(),|&G"
        and chunks[end - 1].cat in "wf,|&G"
        and chunks[place].cat == "w"
    ):
        end += 1
    while end > place + 1 and chunks[end - 1].cat in ",|&":
        end -= 1
    who = [chunk for chunk in chunks[place:end] if chunk.cat in "wfm"]
    behind = next((chunk.cat for chunk in chunks[end:] if chunk.cat not in ",F"), "")
    if any(chunk.cat in "mf" and chunk.cat != who[-1].cat for chunk in chunks[end:]) or (behind and behind in "&|/"):
        return None
    rest = trim(chunks[end:])
    if not rest or any(chunk.cat == "w" and chunk.value != who[-1].value for chunk in who if chunk.cat == "w"):
        return None
    condition = person_of(who[-1])
    then = reader.whole(rest, depth)
    if then is None:
        return None
    span = Span(chunks[0].start, chunks[-1].end)
    if reader.kind == "exclusion":
        return (
            then
            if isinstance(condition, Person) and condition.sex == "female"
            else All(parts=(condition, then), span=span)
        )
    return If(condition=condition, then=then, span=span)


def _for_some_behind(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`Negative pregnancy test for women of childbearing potential`."""
    if chunks[-1].cat not in "wfm" or len(chunks) < 3 or any(chunk.cat in "wfm" for chunk in chunks[:-1]):
        return None
    if not any(chunk.cat in "pF" for chunk in chunks[-3:-1]) and chunks[-2].cat not in "pF":
        return None
    condition = person_of(chunks[-1])
    then = reader.whole(chunks[:-1], depth)
    if then is None:
        return None
    span = Span(chunks[0].start, chunks[-1].end)
    return (
        All(parts=(then, condition), span=span)
        if reader.kind == "exclusion"
        else If(condition=condition, then=then, span=span)
    )


def person_of(chunk: Chunk) -> Node:
    """Who a chunk speaks of: a sex, or who can bear a child."""
    if chunk.cat == "w":
        return Person(childbearing=chunk.value == "true", span=chunk.span)
    return Person(sex="male" if chunk.cat == "m" else "female", span=chunk.span)


def is_of_another_sort(base: Node, aside: Node) -> bool:
    """`At least 8 weeks since radiotherapy, unless progression is proven`: not one of what is ruled out, but leave from the rule."""
    inner = base.part if isinstance(base, Not) else base
    return isinstance(inner, Has) and isinstance(aside, Has) and not is_of_sort(inner, aside)


_ELIGIBLE_IF = re.compile(
    r"\b(?:eligible|allowed|permitted|included|enrolled)\b.*\b(?:if|provided|when)\b", re.IGNORECASE
)


def read_exception(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`X except Y`, `X unless Y`."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == "X"), None)
    if at is None or at == 0:
        return None
    cases = next((place for place in range(at + 1, len(chunks)) if chunks[place].cat == "e"), None)
    if cases is not None and chunks[cases - 1].cat == ",":
        # "A disease other than X, such as Y": Y is a case of the disease.
        return None
    end = len(chunks) - next((place for place, chunk in enumerate(reversed(chunks)) if chunk.cat not in "SFHp"), 0)
    # "…, excluding Y, that have been treated": what stands behind the comma is said of what stands before the exception.
    said = list(chunks[end:]) if chunks[end - 1].cat == "," and end < len(chunks) else []
    base = reader.whole([*trim(chunks[:at]), *said], depth)
    if base is None:
        return None
    behind = chunks[at + 1 : end] if said else chunks[at + 1 :]
    aside = reader.under("exclusion").whole(behind, depth)
    if aside is None and isinstance(base, Has):
        aside = _as_excepted(reader, chunks[:at], behind, depth)
    if aside is None:
        return None
    if _ELIGIBLE_IF.search(reader.phrase([chunks[at]]).words()) and reader.kind == "inclusion":
        # "Patients with X are eligible if Y" asks Y of those with X.
        asked = reader.under("inclusion").whole(chunks[at + 1 :], depth)
        return If(condition=base, then=asked, span=extent(chunks)) if asked is not None else None
    unless = chunks[at].value == "unless" and (not isinstance(base, Not) or is_of_another_sort(base, aside))
    if reader.kind == "inclusion" and (unless or is_limit(base)):
        return AnyOf(parts=(base, aside), span=Span(chunks[0].start, chunks[-1].end))
    return excepting(base, aside, reader.vocabulary)


def _as_excepted(reader: Reader, named: Sequence[Chunk], behind: Sequence[Chunk], depth: int) -> Node | None:
    """`Chemotherapy, unless completed more than 6 months ago`: the same thing, as it is let through."""
    told = [chunk for chunk in behind if chunk.cat not in "FH"]
    if not told or told[0].cat not in "TW":
        return None
    base, held = reader.whole(trim(named), depth), reader.under("exclusion").whole([*trim(named), *told], depth)
    same = isinstance(base, Has) and isinstance(held, Has) and held.concept == base.concept and held != base
    return held if same else None


def read_negated(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`No X, Y or Z` · `X without Y`."""
    span = Span(chunks[0].start, chunks[-1].end)
    if starts_negated(chunks):
        denials = _denials(chunks)
        if denials:
            # "Not pregnant and not breastfeeding".
            each = [reader.whole(group, depth) for group in denials]
            parts = tuple(part for part in each if part is not None)
            return All(parts=parts, span=span) if len(parts) == len(each) else None
        inner = reader.under("exclusion").whole(after_negation(chunks), depth)
        return None if inner is None else Not(part=inner, span=span)
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == "N"), None)
    if at is None or any(chunk.cat in ",;|&" for chunk in chunks[at - 2 : at]):
        return None
    start = at
    while start and chunks[start - 1].cat in "iuF":
        # "A tumor that is not resectable".
        start -= 1
    before = reader.whole(chunks[:start], depth)
    after = reader.under("exclusion").whole(chunks[at + 1 :], depth)
    if before is None or after is None or any(chunk.cat in ",;|&" for chunk in chunks[:at]):
        return None
    return All(parts=(before, Not(part=after, span=after.span)), span=span)


def _denials(chunks: Sequence[Chunk]) -> list[list[Chunk]]:
    """The groups of `not X and not Y`; empty when it is no such list, or one joined by "or"."""
    places = [
        place for place in range(1, len(chunks) - 1) if chunks[place].cat in "&," and chunks[place + 1].cat == "N"
    ]
    if not places or not any(chunks[place].cat == "&" for place in places) or any(chunk.cat == "|" for chunk in chunks):
        return []
    edges = [-1, *places, len(chunks)]
    return [trim(chunks[left + 1 : right]) for left, right in itertools.pairwise(edges)]


def read_examples(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`X such as A, B`: X, and A and B as cases of it."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == "e"), None)
    if at is None or at == 0:
        return None
    including = reader.phrase([chunks[at]]).words().lower().startswith("includ")
    if including and reader.kind == "inclusion" and chunks[at - 1].cat == "R":
        # "Prior chemotherapy including a taxane" asks for the taxane.
        return None
    return with_examples(reader, chunks[:at], chunks[at + 1 :], depth)


def with_examples(reader: Reader, base: Sequence[Chunk], cases: Sequence[Chunk], depth: int) -> Node | None:
    if len(cases) > 2 and cases[-1].cat == "W" and cases[-2].cat == "," and not any(one.cat == "W" for one in base):
        # "Drugs, e.g. A or B, within one week": the time of the drugs, and so of the examples.
        base, cases = [*base, cases[-1]], cases[:-2]
    node = reader.whole(base, depth)
    cases = trim([chunk for chunk in cases if chunk.cat not in "e:V"])
    if node is None or not cases:
        return node
    if (
        isinstance(node, Has)
        and node.concept.id
        and reader.under("exclusion").whole([c for c in cases if c.cat != "E"], depth) is None
    ):
        # Cases are contained in what they are cases of: one that is not understood takes nothing from it.
        return msgspec.structs.replace(node, span=extent([*base, *cases]))
    plain = [chunk for chunk in cases if chunk.cat != "E"]
    # Cases of something asked for or ruled out: a listed case counts by itself.
    listed = reader.under("exclusion").whole(plain, depth)
    match node:
        case Has() if listed is not None and not _same_sort(node, listed):
            text = normalise(reader.phrase(cases).words())
            return msgspec.structs.replace(node, qualifiers=(*node.qualifiers, f"such as {text}"))
        case Has() if listed is not None and all(
            isinstance(part, Has | AnyOf | Compare | All | Not | Score) for part in walk(listed)
        ):
            parts = listed.parts if isinstance(listed, AnyOf) and not listed.open else (listed,)
            inherited = tuple(_inheriting(part, node) for part in parts)
            return AnyOf(parts=(node, *inherited), open=False, span=extent([*base, *cases]))
        case _:
            return None


_SORTS = {
    "drug": "treatment",
    "procedure": "treatment",
    "vaccine": "treatment",
    "device": "treatment",
    "behaviour": "state",
}


def _sort_of(part: Has) -> str:
    return _SORTS.get(part.concept.kind, "state")


def _same_sort(head: Has, listed: Node) -> bool:
    """Cases of a disease are diseases; drugs behind it are cases of its treatment, which only narrows the head."""

    return all(
        _sort_of(part) == _sort_of(head) or part.concept.id is None for part in walk(listed) if isinstance(part, Has)
    )


def _inheriting(case: Node, head: Has) -> Node:
    """A case stands under the words around its class: history of X such as A is history of A."""
    if isinstance(case, Has):
        narrowed = head.qualifiers if _sort_of(case) == "treatment" else ()
        qualifiers = (*case.qualifiers, *(word for word in narrowed if word not in case.qualifiers))
        return msgspec.structs.replace(
            case, status=case.status or head.status, when=case.when or head.when, qualifiers=qualifiers
        )
    return case


def read_open_list(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`A, B, etc.`: a list that goes on."""
    if chunks[-1].cat != "E":
        return None
    node = reader.whole(trim(chunks[:-1]), depth)
    span = Span(chunks[0].start, chunks[-1].end)
    match node:
        case None:
            return None
        case AnyOf(parts=parts):
            return AnyOf(parts=parts, open=True, span=span)
        case Not(part=part):
            inner = part.parts if isinstance(part, AnyOf) else (part,)
            return Not(part=AnyOf(parts=inner, open=True, span=part.span), span=span)
        case _:
            return AnyOf(parts=(node,), open=True, span=span)


def read_states(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`a malignancy that is progressing or has required treatment within 2 years`: one thing in either of two states."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat in "iu"), None)
    if not at or any(chunk.cat not in "SW|FHp" for chunk in chunks[at + 1 :]):
        return None
    cuts = [place for place in range(at + 1, len(chunks)) if chunks[place].cat == "|"]
    edges = [at, *cuts, len(chunks)]
    states = [
        [chunk for chunk in chunks[left + 1 : right] if chunk.cat in "SW"] for left, right in itertools.pairwise(edges)
    ]
    base = reader.whole(chunks[:at], depth) if len(states) > 1 else None
    if (
        not isinstance(base, Has)
        or base.when is not None
        or not all(any(one.cat == "S" for one in run) for run in states)
    ):
        return None
    parts = []
    for run in states:
        windows = [chunk.value for chunk in run if chunk.cat == "W"]
        added = [status for chunk in run if chunk.cat == "S" for status in chunk.value.split(",")]
        status = tuple(dict.fromkeys((*base.status, *added)))
        if len(windows) > 1:
            return None
        parts.append(msgspec.structs.replace(base, status=status, when=windows[0] if windows else None))
    return AnyOf(parts=tuple(parts), span=extent(chunks))


def read_relative(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`T1-T4, which can be surgically removed`: a thing, and what is found of it."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == "u"), None)
    behind = [chunk for chunk in chunks[at + 1 :] if chunk.cat not in "FHp"] if at else []
    if not at or len(behind) != 1 or not isinstance(behind[0].value, Entry) or behind[0].value.kind != "finding":
        return None
    base, found = reader.whole(chunks[:at], depth), reader.whole(behind, depth)
    asks = base is not None and not (isinstance(base, All) and not base.parts)
    return All(parts=(base, found), span=extent(chunks)) if base and asks and found is not None else None


_HINDERS = re.compile(
    r"(?:that|which)\s+(?:would|could|may|might|can|will)\s+(?:\w+\s+)?"
    r"(?:interfere|compromise|limit|prevent|affect|impair|preclude|jeopardi[sz]e|hinder|hamper|confound|influence|put|make)\b",
    re.IGNORECASE,
)
_MOST_CLAUSE_WORDS = 20


def read_hindering(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`A psychiatric or substance abuse disorder that would interfere with cooperation`: the clause narrows both."""
    start, end = chunks[0].start, chunks[-1].end
    match = _HINDERS.search(reader.text[start:end])
    at = next((place for place, chunk in enumerate(chunks) if match and chunk.start >= start + match.start()), None)
    if match is None or not at or any(chunk.cat in "QWKMNXI,;:" for chunk in chunks):
        return None
    claimed = any(chunk.cat == "J" and chunk.value in ("compliance", "capacity", "consent") for chunk in chunks[at:])
    base = reader.whole(chunks[:at], depth) if claimed else None
    tail = normalise(reader.text[start + match.start() : end])
    parts = base.parts if isinstance(base, AnyOf) else (base,)
    things = [part for part in parts if isinstance(part, Has)]
    known = all(part.concept.id is not None for part in things)
    if not things or len(things) < len(parts) or len(things) > 2 or len(tail.split()) > _MOST_CLAUSE_WORDS:
        return None
    if not known:
        # No disease in particular: whether it would hinder, somebody judges.
        return Attest(kind="judgement", text=reader.phrase(chunks).words(), span=extent(chunks))
    narrowed = [msgspec.structs.replace(part, qualifiers=(*part.qualifiers, tail)) for part in things]
    return narrowed[0] if len(narrowed) == 1 else AnyOf(parts=tuple(narrowed), span=extent(chunks))


def read_by_sex(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`Urate ≥ 5 mg/dL for men or ≥ 4 mg/dL for women`, `13 g/dL (males) and 12 g/dL (females)`: a limit for each sex."""
    if sum(chunk.cat == "Q" for chunk in chunks) != 2:
        return None
    flat: list[Chunk] = []
    for chunk in chunks:
        alone = [one for one in chunk.value if one.cat not in "FHp"] if chunk.cat == "G" else []
        flat += alone if len(alone) == 1 and alone[0].cat in "mf" else [chunk]
    body = [chunk for chunk in flat if chunk.cat not in "FHp"]
    match = re.fullmatch(
        r"(?P<lead>.*M.*?)Q(?P<one>[mf])[,;]?[&|]?[,;]?Q(?P<other>[mf])(?P<tail>W?)",
        "".join(chunk.cat for chunk in body),
    )
    if match is None or match.group("one") == match.group("other") or re.search(r"[QXIN]", match.group("lead")):
        return None
    lead, tail = body[: match.end("lead")], body[match.start("tail") :]
    parts: list[Node] = []
    for name in ("one", "other"):
        at = match.start(name)
        limit = reader.whole([*lead, body[at - 1], *tail], depth)
        if limit is None or not is_measured(limit):
            return None
        who = person_of(body[at])
        span = body[at - 1].span.cover(body[at].span)
        if reader.kind == "exclusion":
            parts.append(All(parts=(who, limit), span=span))
        else:
            parts.append(If(condition=who, then=limit, span=span))
    whole = extent(chunks)
    return AnyOf(parts=tuple(parts), span=whole) if reader.kind == "exclusion" else All(parts=tuple(parts), span=whole)


def read_either_way(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """`X with or without Y`: Y is not asked."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == "y"), None)
    if at is None:
        return None
    end = next((place for place in range(at + 1, len(chunks)) if chunks[place].cat in ",;.)"), len(chunks))
    aside = reader.under("exclusion").whole(chunks[at + 1 : end], depth)
    rest = trim([*chunks[:at], *chunks[end:]])
    span = Span(chunks[0].start, chunks[-1].end)
    if aside is None:
        return None
    if at == 0 and rest and rest[0].cat == "u":
        # "with or without X, which can be removed": where there is X, it can be.
        then = reader.whole(rest[1:], depth)
        return If(condition=aside, then=then, span=span) if then is not None else None
    return reader.whole(rest, depth) if rest else All(span=span)


def read_coordinated(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """Members of different kinds joined by commas, and, or."""
    cats = [chunk.cat for chunk in chunks]
    groups, either = reader.members(chunks)
    if either is None:
        return _mixed(reader, chunks)
    if len(groups) < 2:
        return None
    if binds_objects(groups):
        return None
    if not set(cats) & set("&|;") and reader.kind == "inclusion" and not clauses(groups):
        return None
    parts: list[Node] = []
    for group in shared_prefix(groups):
        tier = tier_member(reader, group, parts[-1] if parts else None, depth)
        if tier is not None:
            parts[-1] = tier
            continue
        node = reader.whole(group, depth)
        if node is None:
            return None
        parts.append(node)
    if len(parts) == 1:
        return parts[0]
    sexed = any(chunk.cat in "mf" for chunk in chunks)
    if not either and sexed and _names_both_sexes(reader.text[chunks[0].start : chunks[-1].end]):
        # "Men and non-pregnant women": nobody is both, so each is enough.
        if any(isinstance(part, If) for part in parts):
            return None
        either = True
    if any(is_weak(part) for part in parts):
        return None
    span = Span(chunks[0].start, chunks[-1].end)
    return AnyOf(parts=tuple(parts), span=span) if either else All(parts=tuple(parts), span=span)


def _names_both_sexes(words: str) -> bool:
    return (
        re.search(r"\b(?:males?|men|man)\b", words, re.IGNORECASE) is not None
        and re.search(r"\b(?:females?|women|woman)\b", words, re.IGNORECASE) is not None
    )


def binds_objects(groups: list[list[Chunk]]) -> bool:
    """Members that are objects of a preposition in the first one ("toxicity with radiation or chemotherapy") make no list."""
    bare = [kept for group in groups if (kept := [chunk for chunk in group if chunk.cat not in "FHG"])]
    joins = ["|"] * (len(bare) - 1)
    return len(bare) > 1 and (len(bind_objects(bare, joins)[0]) < len(bare) or is_entangled(bare, joins))


def disentangled(groups: list[list[Chunk]]) -> tuple[list[list[Chunk]], set[int]] | None:
    """The members with each entangled pair as one, and the places of these, which nobody can read; None when a member is an object."""
    if not binds_objects(groups):
        return groups, set()
    bare = [[chunk for chunk in group if chunk.cat not in "FHG"] for group in groups]
    joins = ["|"] * (len(bare) - 1)
    if not all(bare) or len(bind_objects(bare, joins)[0]) < len(bare):
        return None
    places = set(entangled_places(bare, joins))
    merged: list[list[Chunk]] = []
    closed: set[int] = set()
    for place, group in enumerate(groups):
        if place - 1 in places:
            merged[-1] = [*merged[-1], *group]
            closed.add(len(merged) - 1)
        else:
            merged.append(list(group))
    return (merged, closed) if closed and len(merged) > 1 else None


def tier_member(reader: Reader, group: list[Chunk], before: Node | None, depth: int) -> Node | None:
    cats = "".join(chunk.cat for chunk in group if chunk.cat not in "Fp")
    if before is None or not cats.startswith("QI"):
        return None
    body = [chunk for chunk in group if chunk.cat not in "Fp"]
    condition = reader.under("inclusion").whole(body[2:], depth)
    return _tier(before, body[0], condition) if condition else None


def _mixed(reader: Reader, chunks: Sequence[Chunk]) -> Node | None:
    """And and or in one clause: the one behind a comma binds last; without commas `and` binds first."""
    for sign in "|&":
        cuts = [
            place for place, chunk in enumerate(chunks) if chunk.cat == sign and place and chunks[place - 1].cat in ",;"
        ]
        others = [
            place
            for place, chunk in enumerate(chunks)
            if chunk.cat in "|&" and chunk.cat != sign and chunks[place - 1].cat in ",;"
        ]
        if cuts and not others:
            return _cut_at(reader, chunks, sign, cuts)
    if any(chunk.cat in ",;" for chunk in chunks):
        return None
    cuts = [place for place, chunk in enumerate(chunks) if chunk.cat == "|"]
    return _cut_at(reader, chunks, "|", cuts)


def _cut_at(reader: Reader, chunks: Sequence[Chunk], sign: str, cuts: list[int]) -> Node | None:
    # A clause cut here has no deeper lists of the same sign, so that the depth need not be counted on.
    edges = [0, *[cut + 1 for cut in cuts], len(chunks) + 1]
    groups = [list(chunks[left : right - 1]) for left, right in itertools.pairwise(edges)]
    parts = [reader.whole(group) for group in groups]
    whole = [part for part in parts if part is not None and not is_weak(part)]
    if len(whole) < len(parts):
        return None
    span = Span(chunks[0].start, chunks[-1].end)
    return (
        AnyOf(parts=tuple(whole), span=span)
        if sign == "|" or reader.kind == "exclusion"
        else All(parts=tuple(whole), span=span)
    )
