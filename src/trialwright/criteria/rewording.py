"""Chunks of a measured thing in the order the rules look for: measure, limit, and no words that change nothing.

- another name in parentheses is left out: `absolute neutrophil count (ANC) ≥ …`, `AST/ALT (SGOT/SGPT)`
- so is how a number is come by: `≥ 60 mL/min calculated by the Cockcroft-Gault formula`
- so is a unit printed twice: `≥ 50 percent (%)`
- a scale or a pressure named behind its value takes the place of the general name before it: `performance status 0-2 (ECOG)`,
  `blood pressure > 160 mmHg systolic`
"""

import re
from collections.abc import Sequence
from functools import cache

from trialwright.codes.concepts import Concept
from trialwright.codes.units import find_unit
from trialwright.codes.vocabulary import Entry, Vocabulary
from trialwright.criteria.chunks import Bound, Chunk
from trialwright.criteria.limits import with_whole_limits
from trialwright.criteria.phrases import word_set

_WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")
_BROADER = {"sbp": "blood-pressure", "dbp": "blood-pressure", "qtcf": "qtc", "qtcb": "qtc"}
_CORRECTED = {"frideric": "qtcf", "bazett": "qtcb"}
_GENERAL_SCALES = frozenset({"performance-status"})
_PRESSURES = frozenset({"sbp", "dbp"})


def reworded(chunks: list[Chunk], text: str, vocabulary: Vocabulary) -> list[Chunk]:
    """The chunks of one text, rewritten where it holds a measure or a scale; spans stay where the words stand."""
    chunks = with_whole_limits(chunks, text, vocabulary)
    cats = {chunk.cat for chunk in chunks}
    if not cats & {"M", "K"}:
        return chunks
    if "(" in cats:
        chunks = _without_asides(chunks, text, vocabulary)
    if cats & {"i", "p", "U"}:
        chunks = _without_methods(chunks, text, vocabulary)
    return _pressures_first(chunks, text) if "Q" in cats else chunks


def _without_asides(chunks: list[Chunk], text: str, vocabulary: Vocabulary) -> list[Chunk]:
    kept: list[Chunk] = []
    place = 0
    while place < len(chunks):
        end = _closing(chunks, place) if chunks[place].cat == "(" and kept else None
        if end is None:
            kept.append(chunks[place])
            place += 1
            continue
        inner = chunks[place + 1 : end]
        if _asks_nothing(inner, kept, text, vocabulary):
            kept[-1] = _reaching(_narrowed(kept[-1], inner), chunks[end])
        elif not _take_scale(inner, kept):
            kept.append(chunks[place])
            place += 1
            continue
        place = end + 1
    return kept


def _closing(chunks: Sequence[Chunk], place: int) -> int | None:
    """Where the parenthesis closes that opens at `place`; None for one that holds another or does not close."""
    for at in range(place + 1, len(chunks)):
        if chunks[at].cat == ")":
            return at if at > place + 1 else None
        if chunks[at].cat == "(":
            return None
    return None


def _asks_nothing(inner: Sequence[Chunk], before: Sequence[Chunk], text: str, vocabulary: Vocabulary) -> bool:
    last = before[-1]
    if last.cat in "MK" and _renames(inner, before, vocabulary):
        return True
    words = text[inner[0].start : inner[-1].end]
    if last.cat in "MQ" and _is_method(words):
        return True
    return last.cat == "Q" and last.value.unit is not None and _is_unit(words)


def _renames(inner: Sequence[Chunk], before: Sequence[Chunk], vocabulary: Vocabulary) -> bool:
    """Names alone, each of what was just named or of what that is a kind of."""
    names = [chunk for chunk in inner if chunk.cat not in "F/,|&"]
    if not names or any(not isinstance(chunk.value, Entry) for chunk in names):
        return False
    known = [chunk.value.id for chunk in before[-5:] if isinstance(chunk.value, Entry)]
    return all(any(_is_kind(one, name.value.id, vocabulary) for one in known) for name in names)


def _is_kind(one: str, name: str, vocabulary: Vocabulary) -> bool:
    return one == name or _BROADER.get(one) == name or _BROADER.get(name) == one or vocabulary.is_a(one, name)


@cache
def _is_unit(words: str) -> bool:
    bare = words.strip()
    found = find_unit(f" {bare}", 0)
    return found is not None and found[1] > len(bare)


def _reaching(chunk: Chunk, last: Chunk) -> Chunk:
    """A limit reaches over the words behind it that change nothing; a measure's own words are its name and stay as they are."""
    return chunk._replace(end=last.end) if chunk.cat == "Q" else chunk


def _narrowed(chunk: Chunk, inner: Sequence[Chunk]) -> Chunk:
    """`Corrected QT interval (QTcF)`: the name behind says which."""
    named = inner[0].value if len(inner) == 1 else None
    narrows = isinstance(named, Entry) and chunk.cat == "M" and _BROADER.get(named.id) == chunk.value.id
    return chunk._replace(value=named) if narrows else chunk


def _take_scale(inner: Sequence[Chunk], kept: list[Chunk]) -> bool:
    """`performance status 0-2 (ECOG) or ≥ 60 % (Karnofsky)`: the scale put where the general name stands, or before its own limit."""
    named = [chunk for chunk in inner if chunk.cat != "F"]
    if len(named) != 1 or named[0].cat != "K" or kept[-1].cat not in "Q#":
        return False
    place = len(kept) - 1
    while place >= 0 and kept[place].cat in "Q#|&,/-pFU":
        if kept[place].cat == "|" and kept[place + 1].cat == "Q":
            limit = kept[place + 1]
            kept.insert(place + 1, named[0]._replace(start=limit.start, end=limit.start))
            return True
        place -= 1
    if place < 0 or kept[place].cat != "K" or kept[place].value.id not in _GENERAL_SCALES:
        return False
    kept[place] = kept[place]._replace(value=named[0].value)
    return True


@cache
def _is_method(words: str) -> bool:
    """How a number is come by, in known words alone, one of them a method's name."""
    said = _WORD.findall(words.lower())
    plain, names = word_set("method_word"), word_set("method")
    return bool(said) and all(one in plain or one in names for one in said) and any(one in names for one in said)


_BEGINS_METHOD = re.compile(
    r"(?:as )?(?:by|using|via|per|on|in|at|of|from|with|while|according to|based on|measured|calculated|estimated|determined|assessed|as|"
    r"documented|obtained|evaluated)\b",
    re.IGNORECASE,
)


def _without_methods(chunks: list[Chunk], text: str, vocabulary: Vocabulary) -> list[Chunk]:
    """Without runs of words behind a measure or its limit that tell how it is measured."""
    kept: list[Chunk] = []
    place = 0
    while place < len(chunks):
        first = chunks[place]
        end = _method_end(chunks, place, text) if kept and kept[-1].cat in "MQ" and first.cat in "ipUF" else None
        if end is None:
            kept.append(first)
            place += 1
            continue
        _correct(kept, text[first.start : chunks[end - 1].end].lower(), vocabulary)
        kept[-1] = _reaching(kept[-1], chunks[end - 1])
        place = end
    return kept


def _method_end(chunks: Sequence[Chunk], place: int, text: str) -> int | None:
    """The chunk behind the longest run of a method's words that begins at `place` and ends where something else may."""
    if _BEGINS_METHOD.match(text, chunks[place].start) is None:
        return None
    for end in range(min(len(chunks), place + _LONGEST_METHOD), place, -1):
        if (
            _may_end(chunks, end)
            and _is_balanced(chunks[place:end])
            and chunks[end - 1].cat not in "&|p,"
            and _is_method(text[chunks[place].start : chunks[end - 1].end])
        ):
            return end
    return None


def _may_end(chunks: Sequence[Chunk], end: int) -> bool:
    """Whether what follows is not one more method."""
    if end == len(chunks) or chunks[end].cat in ".,;:)QcMp":
        return True
    following = next((chunk.cat for chunk in chunks[end + 1 :] if chunk.cat not in "Fpq"), "")
    return chunks[end].cat in "&|" and following == "M"


def _is_balanced(run: Sequence[Chunk]) -> bool:
    return sum(chunk.cat == "(" for chunk in run) == sum(chunk.cat == ")" for chunk in run)


_LONGEST_METHOD = 16


def _correct(kept: list[Chunk], words: str, vocabulary: Vocabulary) -> None:
    """`QTc by Fridericia's formula` is QTcF."""
    at = next((place for place in range(len(kept) - 1, -1, -1) if kept[place].cat == "M"), None)
    named = next((entry for stem, entry in _CORRECTED.items() if stem in words), None)
    if at is not None and named is not None and kept[at].value.id in ("qtc", "qt"):
        kept[at] = kept[at]._replace(value=vocabulary.get(named))


def _pressures_first(chunks: list[Chunk], text: str) -> list[Chunk]:
    """`blood pressure > 160 mmHg systolic or > 100 mmHg diastolic`: each pressure before its limit."""
    if not any(_pressure(chunk) for chunk in chunks):
        return chunks
    chunks = _bare_pressures(chunks)
    moved = list(chunks)
    for place in range(1, len(moved)):
        limit, named = moved[place - 1], moved[place]
        following = next((chunk.cat for chunk in moved[place + 1 :] if chunk.cat != "F"), "")
        before = moved[place - 2] if place > 1 else None
        if limit.cat != "Q" or not _is_of_pressure(limit) or not _pressure(named) or following in ("Q", "p", ":"):
            continue
        if before is None or before.cat in "|&,(" or _is_general(before):
            # Both reach over the whole stretch, so that no span runs backwards.
            named = _worded(named, text)._replace(start=limit.start)
            moved[place - 1], moved[place] = named, limit._replace(end=named.end)
    return _without_general(moved)


def _worded(chunk: Chunk, text: str) -> Chunk:
    words = " ".join(text[chunk.start : chunk.end].split())
    return chunk._replace(value=Concept(text=words, kind=chunk.value.kind, id=chunk.value.id))


def _bare_pressures(chunks: list[Chunk]) -> list[Chunk]:
    """Without the signs around "(systolic)" behind a limit."""
    kept: list[Chunk] = []
    place = 0
    while place < len(chunks):
        run = chunks[place : place + 3]
        if kept and kept[-1].cat == "Q" and [one.cat for one in run] == ["(", "M", ")"] and _pressure(run[1]):
            kept.append(run[1])
            place += 3
        else:
            kept.append(chunks[place])
            place += 1
    return kept


def _pressure(chunk: Chunk) -> bool:
    return chunk.cat == "M" and isinstance(chunk.value, Entry | Concept) and chunk.value.id in _PRESSURES


def _is_general(chunk: Chunk) -> bool:
    named = chunk.cat == "M" and isinstance(chunk.value, Entry) and chunk.value.id == "blood-pressure"
    return named or chunk.cat == "p"


def _is_of_pressure(chunk: Chunk) -> bool:
    return isinstance(chunk.value, Bound) and chunk.value.unit in ("mm[Hg]", None) and chunk.value.relative is None


def _without_general(chunks: list[Chunk]) -> list[Chunk]:
    """Without "blood pressure (of)" right before the pressure that is meant."""
    kept: list[Chunk] = []
    for place, chunk in enumerate(chunks):
        general = chunk.cat == "M" and isinstance(chunk.value, Entry) and chunk.value.id == "blood-pressure"
        following = next((one for one in chunks[place + 1 : place + 3] if one.cat != "p"), None)
        if general and following is not None and _pressure(following):
            continue
        kept.append(chunk)
    return kept
