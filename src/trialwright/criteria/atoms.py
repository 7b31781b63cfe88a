"""The readers of a phrase, in the order in which they are tried.

A phrase is a run of chunks. An atom is built only when every chunk of the phrase has its place in it; otherwise the answer is
None, and the caller splits the phrase further or keeps it as Unread. Words that narrow a concept and that no chart settles are
kept as qualifiers.
"""

from collections.abc import Callable
from functools import cache

from trialwright.criteria.named_measures import read_named_measure
from trialwright.criteria.nodes import Node
from trialwright.criteria.numbers import read_comparison, read_graded, read_normal, read_score, read_since, read_stage
from trialwright.criteria.participation import read_language, read_participation
from trialwright.criteria.people import (
    read_age,
    read_attest,
    read_childbearing,
    read_function,
    read_life_expectancy,
    read_nothing,
    read_sex,
)
from trialwright.criteria.phrase import Phrase
from trialwright.criteria.things import read_has

Reads = Callable[[Phrase], Node | None]

ATOMS: tuple[Reads, ...] = (
    read_nothing,
    read_function,
    read_age,
    read_sex,
    read_childbearing,
    read_life_expectancy,
    read_score,
    read_normal,
    read_comparison,
    read_named_measure,
    read_graded,
    read_stage,
    read_since,
    read_attest,
    read_has,
    read_participation,
    read_language,
)

_NEEDS: dict[Reads, tuple[str, ...]] = {
    read_nothing: ("0",),
    read_age: ("Q#A",),
    read_sex: ("mfx",),
    read_childbearing: ("w",),
    read_life_expectancy: ("J",),
    read_score: ("K",),
    read_normal: ("M",),
    read_comparison: ("Q", "MCR"),
    read_graded: ("K", "C"),
    read_stage: ("t",),
    read_since: ("s",),
    read_attest: ("J",),
}
"""Categories without one of which, from each of the strings, a reader reads nothing; one that is not named is always tried."""


@cache
def atoms_for(cats: frozenset[str]) -> tuple[Reads, ...]:
    """The readers that can read a phrase of these categories, in order."""
    return tuple(read for read in ATOMS if all(not cats.isdisjoint(needed) for needed in _NEEDS.get(read, ())))
