"""Parentheses: another name, examples, an exception, a condition, a tier of a limit, a definition, or words that only narrow.

The rules here are called like those of `criteria.rules`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.places import Span
from trialwright.codes.vocabulary import Entry, normalise
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.cuts import (
    extent,
    has_words,
    is_trial_word,
    starts_negated,
    trim,
)
from trialwright.criteria.joining import excepting, is_limit, is_measured, is_of_sort, kind_of
from trialwright.criteria.nodes import All, Attest, Compare, Has, If, Node, Not, Score, Stage, walk
from trialwright.criteria.nodes import Any as AnyOf
from trialwright.criteria.numbers import is_method
from trialwright.criteria.permitted import permission
from trialwright.criteria.rules import is_of_another_sort, tier_member, with_examples
from trialwright.criteria.things import MOST_QUALIFIER_WORDS

if TYPE_CHECKING:
    from trialwright.criteria.grammar import Reader


def read_atom(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:  # noqa: ARG001 - all rules are called alike
    if any(chunk.cat == "G" for chunk in chunks):
        inlined = _inline_groups(chunks, reader)
        return reader.phrase(inlined).atom() if inlined is not None else None
    return reader.phrase(chunks).atom()


def read_grouped(reader: Reader, chunks: Sequence[Chunk], depth: int) -> Node | None:
    """A parenthesis: another name, examples, an exception, a condition, a definition."""
    at = next((place for place, chunk in enumerate(chunks) if chunk.cat == "G"), None)
    if at is None or (at != len(chunks) - 1 and any(chunk.cat in ",;|&" for chunk in chunks)):
        return None
    inner: list[Chunk] = _without_alias(trim(chunks[at].value), chunks[at - 1] if at else None, reader)
    rest = _rejoined(chunks, at, reader)
    if starts_negated(chunks) and any(chunk.cat in "ie" for chunk in inner[:2]):
        # "No heart disease (i.e. A or B)": what is explained is what is denied.
        return None
    if not has_words(inner):
        return reader.whole(rest, depth)
    first = next((chunk.cat for chunk in inner if chunk.cat not in "Fp"), "")
    span = Span(chunks[0].start, chunks[-1].end)
    body = trim([chunk for place, chunk in enumerate(inner) if place or chunk.cat != first])
    match first:
        case "e" if at + 1 < len(chunks) and chunks[at + 1].cat == "p":
            # "A reaction (e.g. hypotension) to X": cases of the reaction, which is to X.
            return reader.whole(rest, depth)
        case "e":
            return with_examples(reader, rest, inner, depth)
        case "X":
            base, aside = reader.whole(rest, depth), reader.under("exclusion").whole(body, depth)
            if base is not None and (tier := tier_member(reader, body, base, depth)) is not None:
                return tier
            if isinstance(base, Has) and aside is None:
                aside = _elsewhere(base, body, reader)
            freed = base and aside and (is_limit(base) or is_of_another_sort(base, aside))
            if base and aside and freed and reader.kind == "inclusion":
                return AnyOf(parts=(base, aside), span=span)
            return excepting(base, aside, reader.vocabulary) if base and aside else None
        case "I":
            base, condition = reader.whole(rest, depth), reader.under("inclusion").whole(body, depth)
            return (
                If(condition=condition, then=base, span=span)
                if base and condition and reader.kind == "inclusion"
                else None
            )
        case "i" if _names_again(rest, body):
            return reader.whole(rest, depth)
        case "i":
            base = reader.whole(rest, depth)
            if base is not None and is_measured(base) and is_method(reader.phrase(inner).words()):
                return base
            meaning = reader.whole(body, depth)
            if meaning is not None and is_measured(meaning) and _ADEQUATE.match(reader.phrase(rest).words()):
                return meaning
            if isinstance(meaning, Has) and meaning.concept.id is None:
                return None
            if meaning is not None and isinstance(base, Has) and any("contraindicat" in one for one in base.qualifiers):
                return meaning
            return All(parts=(base, meaning), span=span) if base and meaning else None
        case "y":
            # "Local recurrence (with or without regional recurrence)": the second is not asked.
            return reader.whole(rest, depth) if reader.under("exclusion").whole(body, depth) else None
        case "t":
            base, stage = reader.whole(rest, depth), reader.whole(inner, depth)
            staged = stage is not None and all(isinstance(part, Stage | All) for part in walk(stage))
            return All(parts=(base, stage), span=span) if base and stage and staged else None
        case "N" if reader.kind == "inclusion":
            # "Platelets ≥ 100 × 10⁹/L (without transfusion within 7 days)": asked besides.
            base, besides = reader.whole(rest, depth), reader.whole(inner, depth)
            return All(parts=(base, besides), span=span) if base and besides and is_measured(base) else None
        case "K":
            base, again = reader.whole(rest, depth), reader.whole(inner, depth)
            restated = isinstance(base, Score) and isinstance(again, Score) and base.scale != again.scale
            # "ECOG ≤ 2 (Karnofsky ≥ 60 %)": the same said on another scale; either is enough.
            return AnyOf(parts=(base, again), span=span) if restated and base and again else None
        case "Q" | "|" | ",":
            base = reader.whole(rest, depth)
            tier = tier_member(reader, trim(inner), base, depth) if base else None
            if tier is not None or first != "|" or base is None:
                return tier
            more = reader.whole(trim(inner), depth)
            return AnyOf(parts=(base, more), span=span) if more else None
        case _:
            if any(chunk.cat == "P" for chunk in inner):
                return _permitted(reader, rest, inner, depth)
            return _defined(reader, rest, inner, depth) or _remarked(reader, rest, inner, depth)


_HOW_TESTED = frozenset({"qualitative", "quantitative"})
_ADEQUATE = re.compile(r"\W*(?:adequate|sufficient|normal|acceptable|appropriate|satisfactory|good)\b", re.IGNORECASE)


def _elsewhere(base: Has, body: Sequence[Chunk], reader: Reader) -> Node | None:
    """`toxicity (excluding skin and mucosa)`: the same thing at these sites."""
    if any(chunk.cat not in "BU,|&Fp" for chunk in body):
        return None
    names = [run for run in reader.members(body)[0] if run]
    sites = [Concept(text=normalise(reader.phrase(run).words()), kind="site") for run in names]
    parts = tuple(
        msgspec.structs.replace(base, site=site, span=extent(run)) for site, run in zip(sites, names, strict=True)
    )
    return None if not parts else parts[0] if len(parts) == 1 else AnyOf(parts=parts, span=extent(body))


def _remarked(reader: Reader, rest: list[Chunk], inner: list[Chunk], depth: int) -> Node | None:
    """A short parenthesis without numbers or logic narrows the thing before it, in words that no chart field settles."""
    words = normalise(reader.phrase(inner).words())
    spoken = any(chunk.cat == "J" and chunk.value != "judgement" for chunk in inner)
    if len(words.split()) > MOST_QUALIFIER_WORDS or spoken or any(chunk.cat in "Q#KtkNXIPZjWsM" for chunk in inner):
        return None
    base = reader.whole(rest, depth)
    if isinstance(base, Has):
        narrowing = () if words in _HOW_TESTED else (words,)
        return msgspec.structs.replace(base, qualifiers=(*base.qualifiers, *narrowing))
    return None if base is None else All(parts=(base, reader.unread(trim(inner))), span=extent([*rest, *inner]))


def _permitted(reader: Reader, rest: list[Chunk], inner: list[Chunk], depth: int) -> Node | None:
    """`X (Y is allowed)`: Y is taken from X; beside a number it changes nothing that is asked."""
    at = next(place for place, chunk in enumerate(inner) if chunk.cat == "P")
    if any(chunk.cat not in "FHp." and not is_trial_word(chunk) for chunk in inner[at + 1 :]):
        allowed, base = permission(reader, trim(inner), depth), reader.whole(rest, depth)
        if allowed is None or allowed.held is None or not isinstance(base, Has):
            return None
        return (
            excepting(base, allowed.held, reader.vocabulary) if kind_of(allowed.held, base, reader.vocabulary) else None
        )
    base, aside = reader.whole(rest, depth), reader.under("exclusion").whole(inner[:at], depth)
    if base is None or all(isinstance(part, Compare | Score | All | AnyOf) for part in walk(base)):
        return base
    if reader.kind == "inclusion" and not any(isinstance(part, Not) for part in walk(base)):
        # What is allowed beside what is asked for is not asked, and keeps nobody out.
        return base
    strange = isinstance(base, Has) and any(
        isinstance(one, Has) and not is_of_sort(base, one) for one in walk(aside or base)
    )
    if strange and aside is not None:
        # "Arrhythmia requiring therapy (beta blockers are permitted)" takes no arrhythmia away; what it says, a person must see.
        return All(parts=(base, reader.unread(trim(inner))), span=extent([*rest, *inner]))
    return excepting(base, aside, reader.vocabulary) if aside is not None else None


def _names_again(rest: list[Chunk], body: list[Chunk]) -> bool:
    """`carcinomatous meningitis (also known as leptomeningeal carcinomatosis)`."""
    known = {chunk.value.id for chunk in rest if isinstance(chunk.value, Entry)}
    return len(body) == 1 and isinstance(body[0].value, Entry) and body[0].value.id in known


def _defined(reader: Reader, rest: list[Chunk], inner: list[Chunk], depth: int) -> Node | None:
    """`Obesity (BMI > 35)`: the parenthesis says in numbers what the name means."""
    base, meaning = reader.whole(rest, depth), reader.whole(trim(inner), depth)
    if isinstance(base, Has) and isinstance(meaning, Has) and meaning.concept.kind == "lab":
        # "Hepatitis C (HCV RNA detected)": the disease, as the test shows it.
        return All(parts=(base, meaning), span=extent([*rest, *inner]))
    adequate = isinstance(base, Attest) and base.kind == "fitness"
    if meaning is None or not (adequate or (isinstance(base, Has) and not base.when and not base.severity)):
        return None
    if not all(isinstance(part, Compare | All | AnyOf) for part in walk(meaning)):
        return None
    return meaning


def _inline_groups(chunks: Sequence[Chunk], reader: Reader) -> list[Chunk] | None:
    """Without parentheses that hold another name or only narrow in place; None when one says more."""
    flat: list[Chunk] = []
    for chunk in chunks:
        if chunk.cat != "G":
            flat.append(chunk)
            continue
        inner: list[Chunk] = [one for one in chunk.value if one.cat not in "FHp"]
        if len(inner) == 2 and inner[1].cat == "G" and inner[0].cat == "M":
            # "(glutamic oxaloacetic transaminase [SGOT])": a name with its abbreviation.
            inner = inner[:1]
        cats = "".join(one.cat for one in inner)
        before = flat[-1] if flat else None
        if not inner or _is_alias(inner, before, reader) or _are_kinds(inner, before, reader):
            continue
        graded = before is not None and before.cat == "C" and re.fullmatch(r"q?K[Q#kU|&,/\-:q>]+", cats) is not None
        dosed = any(one.cat == "R" for one in flat) and re.fullmatch(r"D?Qp?R?z?", cats) is not None
        if (
            graded
            or dosed
            or re.fullmatch(r"W+|t|k|[qS]+|Q|z|B|\|b?[CRO]", cats)
            or any(one.cat == "3" for one in flat)
        ):
            flat += inner
            continue
        return None
    return flat


def _without_alias(inner: list[Chunk], before: Chunk | None, reader: Reader) -> list[Chunk]:
    """`(HCV; defined as …)`: another name first, and then what the parenthesis says."""
    if len(inner) > 2 and inner[1].cat in ",;" and _is_alias(inner[:1], before, reader):
        return [] if _are_kinds(inner, before, reader) else trim(inner[2:])
    return inner


def _are_kinds(inner: list[Chunk], before: Chunk | None, reader: Reader) -> bool:
    """`taxanes (paclitaxel, docetaxel)`: kinds of the thing, which its name means already."""
    names = [chunk for chunk in inner if chunk.cat not in ",;|&/FH"]
    if before is None or before.cat != "R" or len(names) < 2 or not isinstance(before.value, Entry):
        return False
    return all(
        isinstance(chunk.value, Entry) and reader.vocabulary.is_a(chunk.value.id, before.value.id) for chunk in names
    )


def _rejoined(chunks: Sequence[Chunk], at: int, reader: Reader) -> list[Chunk]:
    """The chunks without the parenthesis at `at`; a name that it stood inside is one name again ("hepatitis C virus (…) infection")."""
    before, behind = list(chunks[:at]), list(chunks[at + 1 :])
    if before and behind and before[-1].cat == "C" and behind[0].cat in "CU":
        words = f"{reader.phrase(before[-1:]).words()} {reader.phrase(behind[:1]).words()}"
        entry = reader.vocabulary.find(normalise(words))
        if entry is not None and entry.kind in ("condition", "finding"):
            return [*before[:-1], Chunk("C", entry, before[-1].start, before[-1].end), *behind[1:]]
    return [*before, *behind]


def _is_alias(inner: list[Chunk], before: Chunk | None, reader: Reader) -> bool:
    words = reader.text[inner[0].start : inner[-1].end]
    if len(inner) == 1 and before is not None and inner[0].cat == before.cat and inner[0].cat in "CROMKB":
        if (
            inner[0].value.id == before.value.id
            or reader.vocabulary.is_a(inner[0].value.id, before.value.id)
            or reader.vocabulary.is_a(before.value.id, inner[0].value.id)
        ):
            return True
        first = reader.vocabulary.find(words.split()[0])
        return first is not None and first.id == before.value.id
    if (len(inner) == 1 and inner[0].cat in "rdFg") or re.fullmatch(
        r"(?:serum|urine|blood|plasma|either|or|and|/|,|\s)+", words.lower()
    ):
        return True
    if before is not None and before.cat == "Q" and inner[0].cat in "UM" and words.lower() in ("uln", "lln"):
        return True
    short = len(words) <= 8 and words.upper() == words and re.fullmatch(r"[A-Z0-9][A-Z0-9\-/ ]*", words) is not None
    return short and before is not None and before.cat in "CROMKBUqJwg" and inner[0].cat in "UCROMKBSw"
