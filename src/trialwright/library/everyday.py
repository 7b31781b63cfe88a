"""Words that people ask with and records word otherwise: what they may mean; and words that ask but name no topic."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from trialwright.codes.tables import parts, rows

_DATA = Path(__file__).parent / "data"
_LONGEST = 3


@cache
def function_words() -> frozenset[str]:
    return frozenset(row["word"] for row in rows("function_words", _DATA))


@cache
def asking_words() -> frozenset[str]:
    """`best`, `treatment`, `managing`: nearly every trial could be asked for with them."""
    return frozenset(row["word"] for row in rows("asking_words", _DATA))


def meant_by(words: Sequence[str], at: int) -> tuple[tuple[str, ...], int]:
    """What the words from `at` on may mean besides themselves, and how many of them it takes; (), 0 for nothing.

    words  in lower case
    """
    for length in range(min(_LONGEST, len(words) - at), 0, -1):
        means = _meanings().get(" ".join(words[at : at + length]))
        if means:
            return means, length
    return (), 0


@cache
def _meanings() -> Mapping[str, tuple[str, ...]]:
    return {row["words"]: parts(row["means"]) for row in rows("everyday_words", _DATA)}
