"""`Brain or leptomeningeal metastases`, `hepatic, renal or cardiac disease`: names whose last word stands behind the last of them alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialwright.codes.vocabulary import Vocabulary, normalise

if TYPE_CHECKING:
    from trialwright.criteria.lexer import Chunk

_HEADS = frozenset(
    {
        "disease", "diseases", "disorder", "disorders", "metastases", "metastasis", "failure", "insufficiency", "impairment", "dysfunction",
        "cancer", "cancers", "carcinoma", "tumor", "tumors", "tumour", "tumours", "infection", "infections", "involvement", "illness",
        "bleeding", "abscess", "injury", "stenosis", "thrombosis", "embolism", "hemorrhage", "haemorrhage",
    }
)  # fmt: skip
_MOST = 9


def with_heads(chunks: list[Chunk], text: str, vocabulary: Vocabulary) -> list[Chunk]:
    """The chunks with the sites before a named condition as conditions of their own, where the vocabulary knows each of them."""
    shared = chunks
    for place, chunk in enumerate(chunks):
        if chunk.cat != "C" or place < 2 or chunks[place - 1].cat not in "|&q":
            continue
        head = text[chunk.start : chunk.end].split()[-1].lower()
        if head not in _HEADS:
            continue
        named = _named(chunks, place, (text, head), vocabulary)
        if named:
            shared = [named.get(at, one) for at, one in enumerate(shared)]
    return shared


def _named(chunks: list[Chunk], place: int, said: tuple[str, str], vocabulary: Vocabulary) -> dict[int, Chunk]:
    text, head = said
    named: dict[int, Chunk] = {}
    at = place - 1
    if chunks[at].cat == "q" and text[chunks[at].start : chunks[at].end].lower() in ("other", "any other"):
        at -= 1
    joined = False
    while at > 0 and place - at < _MOST:
        if chunks[at].cat in "|&,":
            joined = joined or chunks[at].cat in "|&"
            at -= 1
            continue
        if chunks[at].cat not in "BqU" or chunks[at + 1].cat not in "|&," or (at and chunks[at - 1].cat in "pBU"):
            break
        entry = vocabulary.find(normalise(f"{text[chunks[at].start : chunks[at].end]} {head}"))
        if entry is None or entry.kind != "condition":
            break
        named[at] = chunks[at]._replace(cat="C", value=entry)
        at -= 1
    return named if joined else {}
