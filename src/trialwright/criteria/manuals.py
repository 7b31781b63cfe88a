"""Chunks behind a thing that say by which manual it is told, and limits that hold for some patients only."""

import re

from trialwright.codes.vocabulary import Entry
from trialwright.criteria.chunks import Chunk


def _manual_says(chunk: Chunk) -> str | None:
    if chunk.cat != "K" or not isinstance(chunk.value, Entry):
        return None
    return next((cat for manual, cat in _MANUALS.items() if chunk.value.id.startswith(manual)), None)


_VERSION = re.compile(r"(?:v(?:ersion|er)?\.?\s*)?\d(?:\.\d+)?$", re.IGNORECASE)


_MANUALS = {"ctcae": "k", "recist": "C", "irecist": "C", "dsm": "C"}
"""Manuals that say how something is told, and the chunk before them that they say it of."""


def without_manuals(chunks: list[Chunk], text: str) -> list[Chunk]:
    """`grade ≥ 2 by CTCAE v5.0`, `measurable disease by RECIST 1.1`: the manual's name and version ask for nothing more."""
    kept: list[Chunk] = []
    place = 0
    while place < len(chunks):
        chunk = chunks[place]
        staged = chunk.cat == "K" and isinstance(chunk.value, Entry) and chunk.value.id == "ajcc"
        if staged and next((one.cat for one in chunks[place + 1 :] if one.cat not in "Fp"), "") == "t":
            # "AJCC rT1-T4": the manual's name asks for nothing more.
            place += 1
            continue
        said_of = _manual_says(chunk)
        if said_of is None or not any(one.cat == said_of for one in kept):
            kept.append(chunk)
            place += 1
            continue
        end = place + 1
        while end < len(chunks) and (
            chunks[end].cat == "K"
            or (chunks[end].cat in "UF#Q," and _VERSION.match(text[chunks[end].start : chunks[end].end].strip(", ")))
            or (
                chunks[end].cat == "U"
                and str(chunks[end].value) in ("version", "criteria", "v", "guidelines", "guideline")
            )
        ):
            end += 1
        inside = bool(kept) and kept[-1].cat == "(" and end < len(chunks) and chunks[end].cat == ")"
        while kept and kept[-1].cat in ("(" if inside else "piF"):
            kept.pop()
        place = end + inside
    return kept


def with_tiers(chunks: list[Chunk]) -> list[Chunk]:
    """`ALT ≤ 3 × ULN, or ≤ 6 × ULN with liver metastases`: behind a second limit, "with" is a condition."""
    if sum(chunk.cat == "Q" for chunk in chunks) < 2:
        return chunks
    marked = list(chunks)
    for place in range(3, len(chunks) - 1):
        before = "".join(chunk.cat for chunk in chunks[max(0, place - 4) : place] if chunk.cat not in "F(")
        body = next((chunk.cat for chunk in chunks[place + 1 :] if chunk.cat not in "FSb"), "")
        if (
            chunks[place].cat == "p"
            and chunks[place].end - chunks[place].start == len("with")
            and body == "C"
            and re.search(r"Q,?[|&]?Q$", before)
        ):
            marked[place] = chunks[place]._replace(cat="I")
    return marked
