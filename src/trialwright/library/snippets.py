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
_BLANK = re.compile(r"\s")
_WORD = re.compile(r"[^\W_]+")
_FOLDED = re.compile(r"[^\x00-\x7f\W_]")


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
    wanted = _wanted(tuple(marks))
    if wanted is None:
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


class _Wanted(msgspec.Struct, frozen=True):
    """What is looked for, each a row of stems with its number, by its first stem; those that may go on (`recur*`) apart.

    begins  words that may have one of the first stems, by their first letters, which stemming leaves as they are, in small
            letters. Most words of a text need no stemming then. It also finds the ends of longer words
    folded  the same, and words with letters that are folded
    """

    whole: dict[str, list[tuple[int, tuple[str, ...]]]]
    open: tuple[tuple[str, int, tuple[str, ...]], ...]
    begins: re.Pattern[str]
    folded: re.Pattern[str]

    def of(self, stem: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Number and further stems of all that begin with this one."""
        yield from self.whole.get(stem, ())
        yield from ((number, rest) for start, number, rest in self.open if stem.startswith(start))


@lru_cache(maxsize=1000)
def _wanted(marks: tuple[str, ...]) -> _Wanted | None:
    """None when nothing is looked for."""
    rows = tuple(filter(None, map(_stems, marks)))
    if not rows:
        return None
    whole: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for number, (first, *rest) in enumerate(rows):
        if not first.endswith("*"):
            whole.setdefault(first, []).append((number, tuple(rest)))
    started = tuple((row[0][:-1], number, row[1:]) for number, row in enumerate(rows) if row[0].endswith("*"))
    first_stems = {row[0].removesuffix("*") for row in rows}
    letters = "|".join(sorted({re.escape(stem[: min(4, max(1, len(stem) - 1))]) for stem in first_stems}))
    # Nothing may stand before the letters: a search that begins with them skips from one to the next.
    begins = re.compile(rf"(?:{letters})[^\W_]*")
    folded = re.compile(rf"(?:{letters})[^\W_]*|(?<![^\W_])[^\W_]*{_FOLDED.pattern}[^\W_]*")
    return _Wanted(whole, started, begins, folded)


def _hits(text: str, wanted: _Wanted) -> Iterator[tuple[int, int, int]]:
    """First and last character of each hit, and which of the wanted it is; the longest where several begin."""
    text = _small(text)
    taken = 0
    for match in (wanted.folded if _FOLDED.search(text) else wanted.begins).finditer(text):
        start, end = match.span()
        if start < taken or (start and text[start - 1].isalnum()):
            continue
        best: tuple[int, int, int] | None = None
        for number, rest in wanted.of(_stem(match[0])):
            end_of = _end(text, end, rest)
            if end_of and (best is None or (len(rest), end_of, number) > best):
                best = (len(rest), end_of, number)
        if best is not None:
            _, taken, number = best
            yield start, taken, number


def _small(text: str) -> str:
    """In small letters, each character where it stood."""
    small = text.lower()
    return (
        small if len(small) == len(text) else "".join(char if len(char.lower()) > 1 else char.lower() for char in text)
    )


def _end(text: str, at: int, stems: tuple[str, ...]) -> int:
    """Where the words end that follow and have these stems; 0 when others follow."""
    for stem in stems:
        word = _WORD.search(text, at)
        if word is None or not _is_stem(_stem(word[0]), stem):
            return 0
        at = word.end()
    return at


def _is_stem(stem: str, wanted: str) -> bool:
    return stem.startswith(wanted[:-1]) if wanted.endswith("*") else stem == wanted


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
    shown = _BLANK.sub(" ", text[left:right])
    return Snippet(field, f"{head}{shown}{tail}", spans)
