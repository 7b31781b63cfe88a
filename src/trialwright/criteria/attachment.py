"""Coordination put right before the grammar sees it: names that share a word with their neighbour are made whole.

"Squamous or basal cell carcinoma" names two carcinomas, "medium- or high-dose steroids" one dose in two words, and "or other" joins
a further member to a list. Chunks come in and chunks go out; no word is lost, for a chunk keeps the place of the words it was made of.
"""

import itertools
import re
from collections.abc import Sequence
from decimal import Decimal

from trialwright.codes.concepts import Concept
from trialwright.codes.vocabulary import Entry, Vocabulary, normalise
from trialwright.criteria.chunks import Bound, Chunk

_JOINS = frozenset("|&,/")
_OR_OTHER = re.compile(r"or (?:an)?other$", re.IGNORECASE)
_SUBSTANCES = re.compile(r"(?:abuse|dependence|dependency|misuse|addiction|use disorders?)$", re.IGNORECASE)
_MOST_SHARED = 7
_DISEASES = frozenset({"condition", "finding"})


def attached(chunks: Sequence[Chunk], text: str, vocabulary: Vocabulary) -> list[Chunk]:
    """The chunks with every half name whole, and "or other" as an or where no dose stands."""
    run = _with_classes(_without_comma(list(chunks), text), text)
    if not any(chunk.cat in "|&z" for chunk in run):
        return run
    dosed = any(chunk.cat == "Q" and "g" in (getattr(chunk.value, "unit", None) or "") for chunk in run)
    if not dosed:
        run = [
            chunk._replace(cat="|", value="or")
            if chunk.cat == "z" and _OR_OTHER.match(text[chunk.start : chunk.end])
            else chunk
            for chunk in run
        ]
    run = [_personal(run, place, text) for place in range(len(run))]
    return _with_times(_with_whole_names(_with_hyphens(run, text), text, vocabulary))


def _with_times(run: list[Chunk]) -> list[Chunk]:
    """`A or B within 3 months, or C within 2 months`: where there are several times, each is of all the things before it up to a comma."""
    if sum(chunk.cat == "W" for chunk in run) < 2 or any(chunk.cat in "QMKgJI" for chunk in run):
        return run
    timed: list[Chunk] = []
    segment: list[Chunk] = []
    for chunk in [*run, None]:
        closed = chunk is None or chunk.cat in ";." or (chunk.cat == "," and segment and segment[-1].cat == "W")
        if chunk is not None and not closed:
            segment.append(chunk)
            continue
        timed += _timed_segment(segment)
        segment = []
        if chunk is not None:
            timed.append(chunk)
    return timed


def _timed_segment(segment: list[Chunk]) -> list[Chunk]:
    """One stretch between commas; a time behind its last member is put behind the others too when they are bare names."""
    joins = [
        place
        for place, chunk in enumerate(segment)
        if chunk.cat in "|&," and place and not (segment[place - 1].cat == "," and chunk.cat in "|&")
    ]
    times = [chunk for chunk in segment if chunk.cat == "W"]
    if (
        not joins
        or len(times) != 1
        or segment[-1].cat != "W"
        or any(chunk.cat not in "CROqUBFHp|&,WTS" for chunk in segment)
    ):
        return segment
    if segment[0].cat in "|&" or any(chunk.cat == "S" and chunk.value != "history" for chunk in segment):
        return segment
    named = [any(chunk.cat in "CRO" for chunk in part) for part in _parts(segment, joins)]
    if not all(named):
        return segment
    shared: list[Chunk] = []
    for place, chunk in enumerate(segment):
        if place in joins:
            shared.append(times[0])
        shared.append(chunk)
    return shared


def _parts(segment: list[Chunk], joins: list[int]) -> list[list[Chunk]]:
    edges = [-1, *joins, len(segment)]
    return [segment[left + 1 : right] for left, right in itertools.pairwise(edges)]


_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_LETTERS = {"a": 1, "b": 2, "c": 3}
_AND_UP = re.compile(r"higher|greater|above|worse|more|over|up$", re.IGNORECASE)
_AND_DOWN = re.compile(r"lower|less|below|better$", re.IGNORECASE)


def _rank(scale: Chunk, named: Chunk) -> int | None:
    ranks = _LETTERS if getattr(scale.value, "id", "") == "child-pugh" else _ROMAN
    return ranks.get(str(named.value)) if named.cat == "U" else None


def _with_classes(run: list[Chunk], text: str) -> list[Chunk]:
    """`NYHA class II or higher`: a class as a bound."""
    kept: list[Chunk] = []
    place = 0
    while place < len(run):
        rank = _rank(kept[-1], run[place]) if kept and kept[-1].cat == "K" else None
        side = text[run[place + 2].start : run[place + 2].end] if place + 2 < len(run) else ""
        joined = place + 2 < len(run) and run[place + 1].cat in "|&"
        if rank is None or not joined or not (_AND_UP.match(side) or _AND_DOWN.match(side)):
            kept.append(run[place])
            place += 1
            continue
        value = Decimal(rank)
        up = _AND_UP.match(side) is not None
        bound = Bound(low=value if up else None, low_op=">=", high=None if up else value, high_op="<=", unit=None)
        kept.append(Chunk("Q", bound, run[place].start, run[place + 2].end))
        place += 3
    return kept


_JUDGED = re.compile(
    r"(?:as|in|at|according to|per)\b.*\b(?:investigator|physician|opinion|judge?ment|discretion|pi|clinician|doctor)",
    re.IGNORECASE,
)


def _without_comma(run: list[Chunk], text: str) -> list[Chunk]:
    """`X, as judged by the investigator`: the judgement is of X, and no member of a list."""
    last = next((place for place in reversed(range(len(run))) if run[place].cat not in ".;Fp"), 0)
    if last < 2 or run[last].cat != "J" or run[last].value != "judgement":
        return run
    comma = last - 1
    while comma and run[comma].cat in "ipF":
        comma -= 1
    said = text[run[comma].end : run[last].end].strip()
    return [*run[:comma], *run[comma + 1 :]] if run[comma].cat == "," and _JUDGED.match(said) else run


def _personal(run: list[Chunk], place: int, text: str) -> Chunk:
    """`personal or family history of X`: the patient's own history."""
    chunk = run[place]
    before_family = "".join(one.cat for one in run[place + 1 : place + 3]) in ("|S", "&S", "/S")
    if (
        not before_family
        or run[place + 2].value != "family_history"
        or text[chunk.start : chunk.end].lower() != "personal"
    ):
        return chunk
    return chunk._replace(cat="S", value="history")


def _with_hyphens(chunks: list[Chunk], text: str) -> list[Chunk]:
    """`medium- or high-dose`: one word that narrows, in two halves."""
    kept: list[Chunk] = []
    place = 0
    while place < len(chunks):
        four = chunks[place : place + 4]
        if (
            "".join(chunk.cat for chunk in four[1:3]) in ("-|", "-&")
            and len(four) == 4
            and four[0].cat in "qU"
            and four[3].cat in "qU"
            and four[0].end == four[1].start
            and "-" in text[four[3].start : four[3].end + 1]
        ):
            kept.append(Chunk("q", "", four[0].start, four[3].end))
            place += 4
            continue
        kept.append(chunks[place])
        place += 1
    return kept


def _with_whole_names(chunks: list[Chunk], text: str, vocabulary: Vocabulary) -> list[Chunk]:
    """From the last join to the first: what stands alone before it takes the words it shares with the name behind it."""
    run = list(chunks)
    head: Chunk | None = None
    for place in range(len(run) - 2, 0, -1):
        if run[place].cat not in _JOINS:
            continue
        behind = place + 1
        while behind < len(run) and run[behind].cat in _JOINS:
            behind += 1
        before = run[place - 1]
        if behind < len(run) and isinstance(run[behind].value, Entry) and run[behind].cat in "CRO":
            head = run[behind]
        elif behind < len(run) and not isinstance(run[behind].value, Concept):
            head = None
        if head is None or before.cat in _JOINS:
            continue
        half = _alone(run, place - 1)
        whole = _completed(before, head, text, vocabulary) if half else None
        if whole is not None:
            run[place - 1] = whole
        elif behind == place + 1 and run[place].cat in "|&/":
            run[behind] = _sited(before, run[behind], text, vocabulary)
    return run


def _alone(run: list[Chunk], place: int) -> bool:
    """Whether the chunk is all that stands between two joins, but for words that belong to a whole list."""
    start = place
    while start and run[start - 1].cat in "SbTLFHpAq":
        start -= 1
    return start == 0 or run[start - 1].cat in "|&,/;.:()NXVvie"


def _completed(half: Chunk, head: Chunk, text: str, vocabulary: Vocabulary) -> Chunk | None:
    """`basal` before `squamous cell carcinoma` as basal cell carcinoma, when the vocabulary knows it."""
    own = text[half.start : half.end]
    words = text[head.start : head.end].split()
    if half.cat not in "UqBCRO" or len(words) > _MOST_SHARED or len(own.split()) > 2:
        return None
    for first in range(1, len(words)):
        shared = " ".join(words[first:])
        if half.cat in "CRO" and not _SUBSTANCES.match(shared):
            return None
        name = normalise(f"{own} {shared}")
        entry = vocabulary.find(name)
        if entry is not None and _alike(entry, head.value):
            return Chunk(head.cat, Concept(text=name, kind=entry.kind, id=entry.id), half.start, half.end)
    return None


def _alike(one: Entry, other: Entry) -> bool:
    return one.kind == other.kind or {one.kind, other.kind} <= _DISEASES


_BARE_NAMES = frozenset({"cancer", "carcinoma", "malignancy", "tumor", "tumour"})


def _sited(before: Chunk, behind: Chunk, text: str, vocabulary: Vocabulary) -> Chunk:
    """`esophageal adenocarcinoma or squamous cell carcinoma`: the second is of the oesophagus too, where that is a known name."""
    if not (isinstance(before.value, Entry) and isinstance(behind.value, Entry) and before.cat == behind.cat == "C"):
        return behind
    words = text[before.start : before.end].split()
    place = vocabulary.find(normalise(words[0])) if len(words) > 1 else None
    own = text[behind.start : behind.end].lower()
    if (
        ((place is None or place.kind != "site") and own not in _BARE_NAMES)
        or own.endswith(words[-1].lower())
        or not vocabulary.is_a(behind.value.id, "malignancy")
    ):
        return behind
    name = normalise(f"{words[0]} {own}")
    entry = vocabulary.find(name)
    if entry is None or entry.id == behind.value.id or entry.kind != behind.value.kind:
        return behind
    return Chunk("C", Concept(text=name, kind=entry.kind, id=entry.id), behind.start, behind.end)
