"""A sentence in, the things that it names out: the front end that reads criteria finds them, and a table knows how notes shorten words.

Dates are blanked before the words are read, so that no day is taken for a result. Every mention keeps its characters.
"""

import re
from functools import cache
from typing import Any, NamedTuple

from trialwright.codes.concepts import Concept, Kind
from trialwright.codes.tables import parts, rows
from trialwright.codes.vocabulary import KINDS, Entry, Vocabulary
from trialwright.criteria.chunks import Chunk
from trialwright.criteria.lexer import Lexer

from .naming import DATA

_THINGS = frozenset("CROMKB")
_LONGEST_SHORT = 3
_ROOM_AIR = re.compile(r"(?<=%)\s*(?:on\s+)?RA\b")
"""What a saturation is measured on, and no arthritis."""
_MARKER = re.compile(r"\s?-?\s?\d{2}")
"""Behind "CA": a tumour marker has a number, a cancer has none."""
_PLAIN_WORD = re.compile(r"[^\W\d_]+(?:[-/'][^\W\d_]+)*")


class Mention(NamedTuple):
    """One thing named. start, end: characters of the note. way: `absent` for a word that denies it, `plan` for one that plans it."""

    concept: Concept
    start: int
    end: int
    way: str = ""

    @property
    def kind(self) -> Kind:
        return self.concept.kind


class Read(NamedTuple):
    """What a stretch of text names, in order, and the words beside them that nothing knows."""

    mentions: tuple[Mention, ...]
    unknown: tuple[tuple[int, int], ...]
    lines: tuple[tuple[int, int], ...]


class _Short(NamedTuple):
    names: tuple[str, ...]
    kind: str
    followed_by: re.Pattern[str]


def read_mentions(text: str, span: tuple[int, int], vocabulary: Vocabulary, blank: list[tuple[int, int]]) -> Read:
    """The things named in a stretch of a note. span: its first and last character; blank: stretches that are dates."""
    start, end = span
    piece = list(text[start:end])
    for first, last in blank:
        for place in range(max(first, start), min(last, end)):
            piece[place - start] = " " if piece[place - start] not in "()" else piece[place - start]
    words = _ROOM_AIR.sub(lambda match: " " * len(match[0]), "".join(piece))
    found = list(_shortened(words, vocabulary))
    chunks = _lexer(words, vocabulary).chunks()
    taken = [(one.start, one.end) for one in found]
    for chunk in chunks:
        named = words[chunk.start : chunk.end]
        if named.lower() in _skipped() or named in _ordinary() or _is_heading(words, chunk):
            continue
        if chunk.cat in _THINGS and isinstance(chunk.value, Entry) and not _overlaps(chunk, taken):
            found.append(Mention(vocabulary.concept(chunk.value), chunk.start, chunk.end))
    found.sort(key=lambda one: (one.start, -one.end))
    unknown = [(c.start, c.end) for c in chunks if c.cat in "Uq" and _PLAIN_WORD.fullmatch(words[c.start : c.end])]
    courses = [(c.start, c.end) for c in chunks if c.cat == "l"]
    return Read(
        tuple(one._replace(start=one.start + start, end=one.end + start) for one in found),
        tuple((a + start, b + start) for a, b in unknown),
        tuple((a + start, b + start) for a, b in courses),
    )


def _is_heading(words: str, chunk: Chunk) -> bool:
    """Whether letters head a section ("PE: lungs clear") and are no illness."""
    begins = not words[: chunk.start].rpartition("\n")[2].strip(" -*•")
    is_known = words[chunk.start : chunk.end].lower() in _headings()
    return begins and is_known and re.match(r"\s*:(?!\s*\d)", words[chunk.end :]) is not None


def _overlaps(chunk: Chunk, taken: list[tuple[int, int]]) -> bool:
    return any(chunk.start < last and first < chunk.end for first, last in taken)


def _lexer(words: str, vocabulary: Vocabulary) -> Lexer:
    """The criteria's lexer on words as a note writes them: what notes shorten is put in full, in place."""
    lexer: Any = Lexer(words, vocabulary)
    for place, token in enumerate(lexer.tokens):
        is_name = token.word == "ca" and _MARKER.match(words[token.end :]) is not None
        full = _full_words().get(token.word) if token.kind == "w" and not is_name else None
        if full:
            lexer.tokens[place] = token._replace(word=full)
            lexer.words[place] = full
    return lexer  # type: ignore[no-any-return]


def _shortened(words: str, vocabulary: Vocabulary) -> list[Mention]:
    """Words of the table, where what follows them is as the table asks."""
    found: list[Mention] = []
    for match in _SHORTS().finditer(words):
        short = next(
            (
                one
                for one in _shorts()[match[0].lower()]
                if one.followed_by.search(words[match.end() : match.end() + 40])
            ),
            None,
        )
        if short is None:
            continue
        for name in short.names:
            concept = _named(name, short.kind, vocabulary)
            way = short.kind if short.kind in ("absent", "plan") else ""
            found.append(Mention(concept, match.start(), match.end(), way))
    return found


def _named(name: str, kind: str, vocabulary: Vocabulary) -> Concept:
    wanted = KINDS.get(kind)
    entry = (vocabulary.find(name, wanted) if wanted else None) or vocabulary.find(name)
    return vocabulary.concept(entry) if entry else Concept(name, wanted or "finding")


@cache
def _full_words() -> dict[str, str]:
    return {
        row["words"]: row["names"]
        for row in rows("note_words", DATA)
        if row["kind"] == "word" and " " not in row["names"]
    }


@cache
def _skipped() -> frozenset[str]:
    """What a note names only as the place or the occasion of something else."""
    return frozenset(row["words"] for row in rows("note_words", DATA) if row["kind"] == "skip")


@cache
def _headings() -> frozenset[str]:
    """Letters that head a section where a colon follows."""
    return frozenset(row["words"] for row in rows("note_words", DATA) if row["kind"] == "heading")


@cache
def _ordinary() -> frozenset[str]:
    """Ordinary words that are abbreviations only where they stand in capitals."""
    return frozenset(row["words"] for row in rows("note_words", DATA) if row["kind"] == "ordinary")


@cache
def _shorts() -> dict[str, tuple[_Short, ...]]:
    found: dict[str, tuple[_Short, ...]] = {}
    for row in rows("note_words", DATA):
        if row["kind"] not in ("word", "skip", "ordinary", "heading"):
            short = _Short(parts(row["names"]), row["kind"], re.compile(row["followed_by"] or "", re.IGNORECASE))
            found[row["words"]] = (*found.get(row["words"], ()), short)
    return found


@cache
def _SHORTS() -> re.Pattern[str]:  # noqa: N802 - one pattern, built once
    words = sorted(_shorts(), key=len, reverse=True)
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(re.escape(word) for word in words)})(?![\w-])", re.IGNORECASE)
