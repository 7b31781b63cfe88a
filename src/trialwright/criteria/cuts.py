"""Where chunks are cut: parentheses, sentences, labels, shared prefixes, and the runs that must not be cut."""

import re
from collections.abc import Sequence

from trialwright.codes.places import Span
from trialwright.codes.vocabulary import Entry
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.phrases import word_set

PREFIX = frozenset("SbTL")


CLOSERS = {"(": ")"}


EDGES = frozenset(".,;:-*&|p/'\"?!")


MOST_DEPTH = 24


_TRIAL_WORDS = word_set("trial")


def is_trial_word(chunk: Chunk) -> bool:
    return chunk.cat in "UWJ" and (chunk.value in _TRIAL_WORDS)


def tiered_at(chunks: Sequence[Chunk], at: int) -> bool:
    place = at - 1
    while place >= 0 and chunks[place].cat in "FpW":
        place -= 1
    return place > 0 and chunks[place].cat == "Q" and sum(chunk.cat == "Q" for chunk in chunks[:at]) > 1


def extent(chunks: Sequence[Chunk]) -> Span:
    return Span(min(chunk.start for chunk in chunks), max(chunk.end for chunk in chunks))


def clauses(groups: list[list[Chunk]]) -> bool:
    """Comma-joined members that each carry a limit or a claim of their own are clauses, not a list of names."""
    return all(any(chunk.cat in "QKNtJgmfw" for chunk in group) for group in groups)


def with_tiers(groups: list[list[Chunk]], joins: list[str]) -> tuple[list[list[Chunk]], str]:
    """A second limit with its condition (", or ≤ 5 × ULN if …") stays with the comparison before it; the words between join nothing."""
    kept: list[list[Chunk]] = []
    signs = ""
    for place, group in enumerate(groups):
        if not has_words(group):
            continue
        cats = "".join(chunk.cat for chunk in group if chunk.cat not in "Fp")
        if kept and re.match(r"QI", cats) and any(chunk.cat == "Q" for chunk in kept[-1]):
            kept[-1] = [*kept[-1], *group]
            continue
        if kept:
            signs += joins[place - 1]
        kept.append(list(group))
    return kept, signs


def inside_measures(chunks: Sequence[Chunk], place: int) -> bool:
    """A separator between measures that share the limit behind them: "AST and ALT ≤ 3 × ULN"."""
    before = place - 1
    while before >= 0 and chunks[before].cat in "qGFU,&|/":
        before -= 1
    if before < 0 or chunks[before].cat != "M":
        return chunks[place].cat == "/" and before >= 0 and chunks[before].cat in "Q#"
    after = place + 1
    while after < len(chunks) and chunks[after].cat in "qGFU,&|/M":
        after += 1
    return after < len(chunks) and chunks[after].cat == "Q" and any(chunk.cat == "M" for chunk in chunks[place:after])


def nest(chunks: list[Chunk]) -> list[Chunk]:
    """Each parenthesis as one `G` chunk with its chunks inside; an unbalanced one is dropped as a sign."""
    stack: list[tuple[Chunk | None, list[Chunk]]] = [(None, [])]
    for chunk in chunks:
        if chunk.cat == "(" and len(stack) <= MOST_DEPTH:
            stack.append((chunk, []))
        elif chunk.cat == ")" and len(stack) > 1:
            opening, inner = stack.pop()
            stack[-1][1].append(Chunk("G", inner, opening.start if opening else chunk.start, chunk.end))
        elif chunk.cat not in "()":
            stack[-1][1].append(chunk)
    while len(stack) > 1:
        _opening, inner = stack.pop()
        stack[-1][1].extend(inner)
    return stack[0][1]


def cut_sentences(chunks: list[Chunk], text: str) -> list[list[Chunk]]:
    """Cut at full stops and semicolons that end a clause; a stop inside an abbreviation or before a small letter ends none."""
    sentences: list[list[Chunk]] = [[]]
    for place, chunk in enumerate(chunks):
        following = chunks[place + 1] if place + 1 < len(chunks) else None
        label = label_start(chunks, place, sentences[-1])
        if label is not None:
            moved = sentences[-1][label:]
            del sentences[-1][label:]
            sentences.append([*moved, chunk])
        elif chunk.cat == ";" or (chunk.cat == "." and following is not None and opens(text, chunk, following)):
            sentences.append([])
        else:
            sentences[-1].append(chunk)
    return sentences


def label_start(chunks: list[Chunk], place: int, sentence: list[Chunk]) -> int | None:
    """Where a label begins that stands, without a stop before it, between a limit and a colon ("… /L Renal function: …")."""
    if chunks[place].cat != ":":
        return None
    start = len(sentence)
    while start > 0 and sentence[start - 1].cat in "UCqMJRBO" and len(sentence) - start < 4:
        start -= 1
    behind_limit = start > 0 and sentence[start - 1].cat in "QWG" and 0 < len(sentence) - start < 4
    return start if behind_limit else None


def opens(text: str, stop: Chunk, following: Chunk) -> bool:
    """Whether a new sentence begins behind the stop; flattened exports lose the space ("carcinoma.The")."""
    letter = text[following.start : following.start + 1]
    before = text[max(0, stop.start - 3) : stop.start]
    if re.search(r"(?:^|\W)(?:[A-Za-z]|vs|Dr|No|St)$", before):
        return False
    spaced = stop.end < following.start and re.search(r"(?:[a-z]{3}|\d|\))$", before) is not None
    return (
        spaced or letter.isupper() or letter.isdigit() or letter in "≥≤<>" or "\n" in text[stop.end : following.start]
    )


def without_note(sentence: list[Chunk]) -> list[Chunk]:
    trimmed = trim(sentence)
    if trimmed and trimmed[0].cat == "n":
        return trim(trimmed[1:])
    return trimmed


def shared_prefix(groups: list[list[Chunk]]) -> list[list[Chunk]]:
    """Later members of "history of A, B or C" stand under its first words too."""
    prefix: list[Chunk] = []
    head = next((place for place, chunk in enumerate(groups[0]) if chunk.cat not in "SbTLqFHp"), len(groups[0]))
    allergic = next((place for place in reversed(range(head)) if groups[0][place].cat == "L"), None)
    for place, chunk in enumerate(groups[0]):
        # "Recent history of A or B": the first word narrows the history, and so both.
        narrowed = chunk.cat == "q" and (
            (allergic is not None and place < allergic)
            or (place + 1 < len(groups[0]) and groups[0][place + 1].cat in PREFIX)
        )
        if chunk.cat in PREFIX or narrowed or (chunk.cat in "FHp" and not prefix):
            if chunk.cat in PREFIX or narrowed:
                prefix.append(chunk)
            continue
        break
    if not prefix:
        return groups
    shared = [list(groups[0])]
    run = 1
    for group in groups[1:]:
        body = [chunk for chunk in group if chunk.cat not in "FHpb"]
        takes = bool(body) and body[0].cat in "CROUqBA" and not any(chunk.cat in "MKQtJgmf" for chunk in body)
        run += takes and run == len(shared)
        given = [one for one in prefix if one.cat != "L"] if _is_no_allergen(body) else prefix
        shared.append([*given, *group] if takes else list(group))
    windows = [chunk for chunk in shared[run - 1] if chunk.cat == "W"]
    if (
        run > 1
        and len(windows) == 1
        and not any(chunk.cat == "W" for group in shared[: run - 1] for chunk in group)
        and not _repeats(shared[:run])
    ):
        shared[: run - 1] = [[*group, windows[0]] for group in shared[: run - 1]]
    return shared


def _repeats(groups: list[list[Chunk]]) -> bool:
    """`active infection (…) or infection within 2 weeks`: what is named again has its time for itself."""
    named = [
        {chunk.value.id for chunk in group if chunk.cat in "CRO" and isinstance(chunk.value, Entry)} for group in groups
    ]
    return any(named[-1] & one for one in named[:-1])


def _is_no_allergen(body: list[Chunk]) -> bool:
    """A disease is no allergen: "allergy to eggs or autoimmune disease" are two things."""
    things = [chunk for chunk in body if chunk.cat in "CRO"]
    return bool(things) and all(getattr(chunk.value, "kind", "") == "condition" for chunk in things)


def own(group: list[Chunk], place: int, groups: list[list[Chunk]]) -> list[Chunk]:
    """A member's own chunks, without the prefix it shares with the first."""
    if place == 0:
        return group
    first = groups[0][-1].end
    return [chunk for chunk in group if chunk.start >= first] or group


def starts_negated(chunks: Sequence[Chunk]) -> bool:
    first = next((chunk for chunk in chunks if chunk.cat not in "FHpA"), None)
    return first is not None and first.cat == "N"


def after_negation(chunks: Sequence[Chunk]) -> list[Chunk]:
    at = next(place for place, chunk in enumerate(chunks) if chunk.cat == "N")
    return list(chunks[at + 1 :])


def has_words(chunks: Sequence[Chunk]) -> bool:
    return any(chunk.cat not in ".,;:-*/'\"FHp()" for chunk in chunks)


def trim(chunks: Sequence[Chunk]) -> list[Chunk]:
    start, end = 0, len(chunks)
    while start < end and chunks[start].cat in EDGES:
        start += 1
    while end > start and chunks[end - 1].cat in EDGES:
        end -= 1
    return list(chunks[start:end])
