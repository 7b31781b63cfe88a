"""A word that the library does not hold in, words of its titles, conditions and interventions that are spelled nearly so out."""

from trialwright.library.index import Index, analyzer

_SHORTEST = 4
_LONG = 8
_MOST = 3
_LOOKED_AT = 4000


def near_words(index: Index, word: str) -> tuple[str, ...]:
    """At most three, the most used first; from four letters on with one letter wrong, from eight on with two.

    The first letter is taken to be right: few misspell it, and it keeps the search short.
    """
    tokens = analyzer("words").analyze(word)
    if len(tokens) != 1 or len(tokens[0]) < _SHORTEST:
        return ()
    wrong = tokens[0]
    most = 2 if len(wrong) >= _LONG else 1
    for length in (2, 1):
        listed = index.searcher.terms_with_prefix("names", wrong[:length], limit=_LOOKED_AT)
        far = ((distance(wrong, name, most), -count, name) for name, count in listed)
        near = sorted(found for found in far if found[0] <= most)
        if near:
            return tuple(name for far_off, _, name in near if far_off == near[0][0])[:_MOST]
    return ()


def distance(one: str, other: str, most: int) -> int:
    """Letters to add, drop, change or swap with their neighbour; `most` + 1 as soon as it is more than `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row, previous = row, [i] + [0] * len(other), before
        for j, wanted in enumerate(other, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                row[j] = min(row[j], previous[j - 2] + 1)
        if min(row) > most:
            return most + 1
    return row[-1]
