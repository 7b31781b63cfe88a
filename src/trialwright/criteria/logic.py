"""Three-valued logic, with `person` as the unknown that only a person can settle.

A node holds (`TRUE`), does not (`FALSE`), is not known (`UNKNOWN`), or is for a person to say (`PERSON`), which is weaker
than a plain unknown: nothing that is looked up can settle it. All takes the worst of its parts, false > unknown > person > true;
Any the best, true > unknown > person > false; so both stay each other's mirror under Not.

source  Kleene's strong logic of indeterminacy, with a second indeterminate value ranked between unknown and the goal
"""

from collections.abc import Iterable
from enum import Enum
from typing import Literal


class Truth(Enum):
    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    PERSON = "person"

    @staticmethod
    def of(claim: bool | None) -> "Truth":
        if claim is None:
            return Truth.UNKNOWN
        return Truth.TRUE if claim else Truth.FALSE


Verdict = Literal["pass", "fail", "unknown", "person"]
"""What a criterion says of a patient: an inclusion passes when true, an exclusion when false."""

_ALL = (Truth.FALSE, Truth.UNKNOWN, Truth.PERSON)
_ANY = (Truth.TRUE, Truth.UNKNOWN, Truth.PERSON)


def all_of(truths: Iterable[Truth]) -> Truth:
    """TRUE for no parts."""
    seen = list(truths)
    return next((truth for truth in _ALL if truth in seen), Truth.TRUE)


def any_of(truths: Iterable[Truth]) -> Truth:
    """FALSE for no parts."""
    seen = list(truths)
    return next((truth for truth in _ANY if truth in seen), Truth.FALSE)


def negate(truth: Truth) -> Truth:
    match truth:
        case Truth.TRUE:
            return Truth.FALSE
        case Truth.FALSE:
            return Truth.TRUE
        case _:
            return truth


def at_least(count: int, truths: Iterable[Truth]) -> Truth:
    """Whether `count` of the parts hold; undecided parts may still hold, those for a person only if a person says so."""
    seen = list(truths)
    certain = seen.count(Truth.TRUE)
    if certain >= count:
        return Truth.TRUE
    if certain + seen.count(Truth.UNKNOWN) + seen.count(Truth.PERSON) < count:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.PERSON


def verdict(kind: Literal["inclusion", "exclusion"], truth: Truth) -> Verdict:
    match truth:
        case Truth.UNKNOWN:
            return "unknown"
        case Truth.PERSON:
            return "person"
        case _:
            return "pass" if (truth is Truth.TRUE) == (kind == "inclusion") else "fail"
