"""A draft: one dose, procedure or course of radiation while a text is read, with what has been said of it so far."""

from dataclasses import dataclass, field
from typing import Any

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration
from trialwright.codes.places import Span

from .drug_names import named_beside
from .nodes import Amount, Condition, Count, Gap, Interval, Quote, Role, Stated, Stop, Times

FIELDS = {
    "route": "route", "days": "days", "moments": "at", "times": "times", "every": "every", "cycle": "every", "cycles": "cycles",
    "doses": "doses", "repeats": "doses", "total": "total", "duration": "duration", "last-point": "duration", "as-needed": "as_needed",
}  # fmt: skip
"""Kinds of marks that modify a dose, and the draft's field that each fills."""


@dataclass(slots=True)
class Draft:
    """Fields as in `nodes`; of radiation, `amount` is the total and `doses` the number of fractions.

    kind       give, radiate or operate
    join       how it hangs on the draft before it
    segment    its place in the order of treatment: "then" and an operation begin a new one
    inherited  its drug is that of the draft before it
    in_cycles  `every` is the length of a cycle, and not the time from one dose to the next
    leading    fields that were said before its amount: they hold for the amounts after it too
    trailing   fields that were said behind its amount
    """

    kind: str = "give"
    drug: Stated[Concept] | None = None
    amount: Stated[Amount] | None = None
    route: Stated[str] | None = None
    days: Stated[tuple[int, ...]] | None = None
    at: Stated[tuple[Duration, ...]] | None = None
    times: Stated[Times] | None = None
    every: Stated[Interval] | None = None
    cycles: Stated[Count] | None = None
    doses: Stated[Count] | None = None
    total: Stated[Count] | None = None
    duration: Stated[Interval] | None = None
    as_needed: Quote | None = None
    stops: list[Stated[Stop]] = field(default_factory=list)
    fraction: Stated[Amount] | None = None
    words: Stated[str] | None = None
    role: Stated[Role] | None = None
    gap: Stated[Gap] | None = None
    condition: Stated[Condition] | None = None
    join: str = ""
    segment: int = 0
    sentence: int = 0
    start: int = 0
    inherited: bool = False
    in_cycles: bool = False
    leading: set[str] = field(default_factory=set)
    trailing: set[str] = field(default_factory=set)

    def lacks(self, *names: str) -> bool:
        return all(getattr(self, name) is None for name in names)

    @property
    def name(self) -> str:
        """The drug's name in lower case; "" where it has none."""
        return self.drug.value.text.lower() if self.drug else ""

    def says_something(self) -> bool:
        return not self.lacks("amount", "every", "cycles", "total", "duration", "times", "days", "doses", "at")

    def say(self, name: str, value: Any) -> None:
        """Fills a field that is empty, and notes whether that came before or behind the amount."""
        if getattr(self, name) is None:
            setattr(self, name, value)
            (self.trailing if self.amount else self.leading).add(name)

    def is_of(self, other: Concept) -> bool:
        return self.drug is not None and is_same_drug(self.drug.value, other)


def is_same_drug(one: Concept, other: Concept) -> bool:
    return one.text.lower() == other.text.lower() or (one.id is not None and one.id == other.id)


def is_idle_form(draft: Draft) -> bool:
    """Counted tablets of which nothing else is said: "a month's supply of four pills"."""
    counted = draft.amount is not None and draft.amount.value.unit in ("{tablet}", "{pill}", "{capsule}")
    return counted and draft.lacks("drug", "times", "every", "days", "doses", "duration")


def is_short(interval: Interval) -> bool:
    """A day or less: given daily, not in cycles."""
    return interval.values[0].unit in ("day", "hour", "minute") and interval.values[0].value <= 1


def name_missing(draft: Draft, where: str, text: str) -> None:
    """Gives a dose without a drug the words that stand for one beside it, if any do."""
    if draft.drug is None and draft.amount is not None:
        span = draft.amount.quote.span
        if found := named_beside(text, span.start, span.end):
            draft.drug = Stated(Concept(found.name, "drug"), Quote(where, Span(found.start, found.end)))
