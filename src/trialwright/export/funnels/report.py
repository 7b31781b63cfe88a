"""What a funnel came to, ready to be drawn; the types are the JSON form too (`trialwright.funnel/1`): their field names are its keys.

No number in it is smaller than `shown.SMALLEST` and not 0, and none gives a smaller one away by subtraction within the report.
"""

from datetime import date

import msgspec

from trialwright.criteria.nodes import CriterionKind
from trialwright.patients.facts import Domain

from .shown import Shown

SCHEMA = "trialwright.funnel/1"
DISCLAIMER = (
    "This counts charts and decides nothing about anybody. What a chart does not say is unknown, and is counted as such; "
    "fewer than 10 people are shown as <10."
)


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """One object of the report."""


class StepRow(_Part, frozen=True, kw_only=True):
    """One criterion at its place in the order; the numbers as in `engines.attrition.Step`.

    text        as published
    understood  in plain words
    """

    number: int
    id: str
    kind: CriterionKind
    text: str
    understood: str
    remain: Shown
    possible: Shown
    excluded: Shown
    unknown: Shown
    alone: Shown
    gained: Shown


class Aside(_Part, frozen=True, kw_only=True):
    """A criterion that the steps leave out, and why."""

    id: str
    kind: CriterionKind
    text: str
    why: str


class GroupRow(_Part, frozen=True, kw_only=True):
    """People of one sex or age band: before the first step, and after the last."""

    by: str
    group: str
    people: Shown
    remain: Shown
    possible: Shown


class WhatIfRow(_Part, frozen=True, kw_only=True):
    """One limit at another value.

    adds, loses        people who remain at the end, against the limit as published
    may_add, may_lose  people who are possible at the end
    """

    id: str
    limit: str
    value: str
    adds: Shown
    loses: Shown
    may_add: Shown
    may_lose: Shown


class FunnelReport(_Part, frozen=True, kw_only=True):
    """One trial and one population on one day.

    given     inputs (charts or files) that were there to be read; unread: those of them that could not be
    people    people whose charts could be read
    engine    which engine judged them: memory or duckdb
    complete  the lists that the caller declared complete
    """

    schema: str = SCHEMA
    trial: str
    title: str
    as_of: date
    software: str
    engine: str
    complete: tuple[Domain, ...]
    given: int
    unread: int
    people: Shown
    steps: tuple[StepRow, ...]
    aside: tuple[Aside, ...]
    groups: tuple[GroupRow, ...]
    what_if: tuple[WhatIfRow, ...]
    disclaimer: str = DISCLAIMER

    def __repr__(self) -> str:
        return f"<Funnel of {self.trial or 'a trial'} over {self.people} people as of {self.as_of}>"


def share(part: Shown, whole: Shown) -> str:
    """`12.3 %`; "" where either may not be shown."""
    if not (part.is_exact and whole.is_exact and whole.least):
        return ""
    return f"{100 * part.least / whole.least:.1f} %"
