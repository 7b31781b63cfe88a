"""The closed words of eligibility texts: comparators, negations, statuses, anchors …, from `data/phrases.tsv`.

The same words may stand in several categories ("prior" is a status and, after "within the", part of a window); each is asked
for by category, so that the place decides and not the table's order.
"""

from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("data") / "phrases.tsv"


Starts = dict[str, tuple[int, dict[tuple[str, ...], str]]]
"""Of the phrases that begin with one word, by category: the most words, and the phrases with their values."""


class Phrases:
    """Longest match of phrases at a token, by category."""

    def __init__(self, rows: list[tuple[str, str, str]]) -> None:
        self._starts: dict[str, Starts] = {}
        for words, category, value in rows:
            key = tuple(words.split())
            starts = self._starts.setdefault(key[0], {})
            most, values = starts.setdefault(category, (0, {}))
            values[key] = value
            starts[category] = max(most, len(key)), values

    def starting(self, word: str) -> Starts | None:
        """What begins with this word; None when no phrase does."""
        return self._starts.get(word)

    def at(self, category: str, words: list[str], start: int) -> tuple[str, int] | None:
        """The value of the longest phrase of the category that begins at `start`, and the token after it."""
        if start >= len(words):
            return None
        starts = self._starts.get(words[start])
        found = starts.get(category) if starts else None
        return None if found is None else longest(found, words, start)


def longest(found: tuple[int, dict[tuple[str, ...], str]], words: list[str], start: int) -> tuple[str, int] | None:
    """The longest of these phrases at `start`, and the token after it."""
    most, values = found
    for size in range(min(most, len(words) - start), 0, -1):
        value = values.get(tuple(words[start : start + size]))
        if value is not None:
            return value, start + size
    return None


@cache
def word_set(name: str) -> frozenset[str]:
    """One of the small sets of words of `data/words.tsv`.

    generic      names no thing in particular: whatever it is, a person judges it
    clause       shows that a run of words is a clause and not a name
    unnarrowing  beside a measure, says nothing that the measure does not
    plain, tail  before and behind a thing, likewise · score, trial  words that belong to a scale's name, to "this trial"
    heading      lines of old layouts that only name what follows them · label  what stands before a colon in them
    method       names how a number is come by · method_word  stands beside such a name
    """
    rows = (line.split("\t") for line in _TABLE.with_name("words.tsv").read_text(encoding="utf-8").splitlines()[1:])
    return frozenset(word for word, group, _source in rows if group == name)


@cache
def measures_of_conditions() -> dict[str, str]:
    """Conditions that a number tells ("thrombocytopenia < 100 × 10⁹/L"), each with the measurement meant, from `data/measured.tsv`."""
    rows = (line.split("\t") for line in _TABLE.with_name("measured.tsv").read_text(encoding="utf-8").splitlines()[1:])
    return {condition: measure for condition, measure, _source in rows}


@cache
def load_phrases() -> Phrases:
    """The table, read once."""
    rows = []
    for line in _TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        words, category, value, _source = line.split("\t")
        rows.append((words, category, value))
    return Phrases(rows)
