"""A trial's texts and the words that were searched for in, the stretch of text that holds most of them out, with its hits marked."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from trialwright.codes.places import Span
from trialwright.library.describing import Texts
from trialwright.library.index import analyzer

_FIELDS = (
    "summary",
    "inclusion",
    "description",
    "conditions",
    "interventions",
    "outcomes",
    "title",
    "people",
)
_WIDTH = 220
_WORD = re.compile(r"[^\W_]+")


class Snippet(msgspec.Struct, frozen=True):
    """field: where the text stands; hits: characters of `text`"""

    field: str
    text: str
    hits: tuple[Span, ...]

    def marked(self, before: str, after: str) -> str:
        """The text with words around each hit, such as `<mark>` and `</mark>`; nothing is escaped."""
        parts, at = [], 0
        for hit in self.hits:
            parts += [self.text[at : hit.start], before, hit.of(self.text), after]
            at = hit.end
        return "".join((*parts, self.text[at:]))


def snippet(texts: Texts, marks: Sequence[str], *, in_exclusion: bool = False) -> Snippet | None:
    """The best stretch of the best field; None when none holds a hit. in_exclusion: what rules people out is looked at too."""
    wanted = tuple(filter(None, (_stems(mark) for mark in marks)))
    if not wanted:
        return None
    best: tuple[int, str, str, tuple[tuple[int, int, int], ...], int] | None = None
    for field in ("exclusion", *_FIELDS) if in_exclusion else _FIELDS:
        text: str = getattr(texts, field)
        hits = tuple(_hits(text, wanted))
        if not hits:
            continue
        start, kinds = _densest(hits)
        if best is None or kinds > best[0]:
            best = (kinds, field, text, hits, start)
    return None if best is None else _cut(best[1], best[2], best[3], best[4])


def _stems(mark: str) -> tuple[str, ...]:
    stems = analyzer("stems").analyze(mark.removesuffix("*"))
    return (*stems[:-1], f"{stems[-1]}*") if stems and mark.endswith("*") else tuple(stems)


def _hits(text: str, wanted: tuple[tuple[str, ...], ...]) -> Iterator[tuple[int, int, int]]:
    """First and last character of each hit, and which of the wanted it is; the longest where several begin."""
    taken = 0
    for match in _beginning(wanted).finditer(text):
        if match.start() < taken:
            continue
        stem = _stem(match[0].lower())
        found = [
            (len(stems), end, number)
            for number, stems in enumerate(wanted)
            if _is_stem(stem, stems[0]) and (end := _end(text, match.end(), stems[1:]))
        ]
        if found:
            _, taken, number = max(found)
            yield match.start(), taken, number


def _end(text: str, at: int, stems: tuple[str, ...]) -> int:
    """Where the words end that follow and have these stems; 0 when others follow."""
    for stem in stems:
        word = _WORD.search(text, at)
        if word is None or not _is_stem(_stem(word[0].lower()), stem):
            return 0
        at = word.end()
    return at


def _is_stem(stem: str, wanted: str) -> bool:
    return stem.startswith(wanted[:-1]) if wanted.endswith("*") else stem == wanted


@lru_cache(maxsize=1000)
def _beginning(wanted: tuple[tuple[str, ...], ...]) -> re.Pattern[str]:
    """Words that may have one of the first stems, by their first letters, which stemming leaves as they are; and words with
    letters that are folded. Most words of a text need no stemming then."""
    first = {stems[0].removesuffix("*") for stems in wanted}
    letters = sorted({re.escape(stem[: min(4, max(1, len(stem) - 1))]) for stem in first})
    return re.compile(rf"(?<![^\W_])(?:(?:{'|'.join(letters)})[^\W_]*|[^\W_]*[^\x00-\x7f\W_][^\W_]*)", re.IGNORECASE)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    stems = analyzer("stems").analyze(word)
    return stems[0] if stems else word


def _densest(hits: tuple[tuple[int, int, int], ...]) -> tuple[int, int]:
    """Where the stretch begins that holds the most different hits, and how many."""
    best = (hits[0][0], 0)
    for start, _, _ in hits:
        kinds = len({number for begin, end, number in hits if begin >= start and end <= start + _WIDTH})
        if kinds > best[1]:
            best = (start, kinds)
    return best


def _cut(field: str, text: str, hits: tuple[tuple[int, int, int], ...], start: int) -> Snippet:
    left = max(0, start - 60)
    if left:
        left = text.find(" ", left, start) + 1 or start
    right = min(len(text), left + _WIDTH)
    if right < len(text):
        right = max(text.rfind(" ", left, right), min(start + _WIDTH // 2, len(text)))
    head, tail = ("… " if left else ""), (" …" if right < len(text) else "")
    spans = tuple(
        Span(begin - left + len(head), end - left + len(head))
        for begin, end, _ in hits
        if begin >= left and end <= right
    )
    shown = "".join(" " if char.isspace() else char for char in text[left:right])
    return Snippet(field, f"{head}{shown}{tail}", spans)
