"""A regimen as types: what is given, irradiated or operated on, on which days, how often, for how long, in which order.

Every value that was read keeps its place in the record (`Stated`). What the record does not say is None or empty: never a
default. A value that makes no sense cannot be built.
"""

from decimal import Decimal
from typing import Generic, Literal, TypeVar

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration, TimeUnit
from trialwright.codes.places import Diagnostic, Span

T = TypeVar("T")
Shape = Literal["one", "range", "levels"]
"""one: a single value · range: from the first to the second · levels: one of them, or one after the other."""

Role = Literal["induction", "before-surgery", "concurrent", "after-surgery", "maintenance", "consolidation", "salvage"]
StopKind = Literal["progression", "toxicity", "withdrawal", "death", "response", "recurrence", "lost", "investigator"]
EventKind = Literal[
    "start", "enrolment", "randomisation", "cycle", "surgery", "radiotherapy", "end-of-treatment", "progression", "screening",
    "discharge", "delivery", "birth", "relapse", "diagnosis", "death",
]  # fmt: skip


class Quote(msgspec.Struct, frozen=True, order=True):
    """Words of the record: `span` in the text that `where`, an API v2 path, names."""

    where: str
    span: Span


class Text(msgspec.Struct, frozen=True):
    """One text of the record as printed, by its API v2 path."""

    where: str
    text: str


class Stated(msgspec.Struct, Generic[T], frozen=True):
    """A value with the words it was read from."""

    value: T
    quote: Quote


class Amount(msgspec.Struct, frozen=True):
    """What is given at one time, or in the time that the unit names (`mg/d`).

    values  positive; ascending for a range
    unit    UCUM; `{AUC}` for a target area under the curve (mg/mL·min), `{tablet}` and the like for counted forms
    """

    values: tuple[Decimal, ...]
    unit: str
    shape: Shape = "one"

    def __post_init__(self) -> None:
        _check_shape(self.values, self.shape)

    def __str__(self) -> str:
        if self.unit == "{AUC}":
            return f"AUC {_listed(self.values, self.shape)}"
        return f"{_listed(self.values, self.shape)} {self.unit.replace('{', '').replace('}', '')}"


class Interval(msgspec.Struct, frozen=True):
    """A length of time, or several to choose from."""

    values: tuple[Duration, ...]
    shape: Shape = "one"

    def __post_init__(self) -> None:
        _check_shape(self.values, self.shape)

    @property
    def only(self) -> Duration | None:
        """The one length; None where the record gives several."""
        return self.values[0] if self.shape == "one" else None

    def __str__(self) -> str:
        unit = self.values[-1].unit
        if all(value.unit == unit for value in self.values) and len(self.values) > 1:
            return f"{_listed(tuple(value.value for value in self.values), self.shape)} {unit}s"
        return " or ".join(str(value) for value in self.values)


class Times(msgspec.Struct, frozen=True):
    """How many times in a day or a week."""

    low: int
    high: int
    per: TimeUnit

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.high:
            raise ValueError(f"no such number of times: {self.low} to {self.high}")

    def __str__(self) -> str:
        number = str(self.low) if self.low == self.high else f"{self.low}–{self.high}"
        return f"{number} × a {self.per}"


class Count(msgspec.Struct, frozen=True):
    """How many cycles, doses or fractions. at_most: the text says "up to"."""

    low: int
    high: int
    at_most: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.high:
            raise ValueError(f"no such count: {self.low} to {self.high}")

    def __str__(self) -> str:
        number = str(self.low) if self.low == self.high else f"{self.low}–{self.high}"
        return f"up to {number}" if self.at_most else number


class Stop(msgspec.Struct, frozen=True):
    """Why treatment ends before its count or time is up. criteria: what judges it, such as `RECIST 1.1`; "" where not named."""

    kind: StopKind
    criteria: str = ""


class Event(msgspec.Struct, frozen=True):
    """A moment of the course. number: of a cycle; None for any other kind."""

    kind: EventKind
    number: int | None = None

    def __str__(self) -> str:
        return f"cycle {self.number}" if self.kind == "cycle" and self.number else self.kind.replace("-", " ")


class Gap(msgspec.Struct, frozen=True):
    """A stretch of time from an event: 4 to 6 weeks after surgery. low None: at any time up to `high`; high None: exactly `low`."""

    low: Duration | None
    high: Duration | None
    side: Literal["after", "before"]
    event: Event

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise ValueError("a gap needs a length")


class Give(msgspec.Struct, frozen=True, tag_field="is", tag="give", omit_defaults=True, kw_only=True):
    """One drug as it is given.

    days      of the cycle, from 1; of the phase where there are no cycles. Negative before day 0 (conditioning)
    at        moments from the phase's start, where the text names weeks or months and not days
    every     cycle length, or the time from one dose to the next
    cycles    of this phase; doses: administrations, where the text counts those; total: cycles or doses over all phases
    duration  longest time under this drug in this phase
    """

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
    stops: tuple[Stated[Stop], ...] = ()

    @property
    def name(self) -> str:
        return self.drug.value.text if self.drug else "drug not named"


class Radiate(msgspec.Struct, frozen=True, tag_field="is", tag="radiate", omit_defaults=True, kw_only=True):
    """Radiotherapy. total and fraction in Gy; whatever is not stated is None."""

    words: Stated[str]
    total: Stated[Amount] | None = None
    fraction: Stated[Amount] | None = None
    fractions: Stated[Count] | None = None
    every: Stated[Interval] | None = None
    duration: Stated[Interval] | None = None

    @property
    def name(self) -> str:
        return self.words.value


class Operate(msgspec.Struct, frozen=True, tag_field="is", tag="operate", kw_only=True):
    """Surgery or another procedure that is part of the treatment."""

    procedure: Stated[Concept]

    @property
    def name(self) -> str:
        return self.procedure.value.text


Step = Give | Radiate | Operate


class Choice(msgspec.Struct, frozen=True, tag_field="is", tag="choice", kw_only=True):
    """One of several, which the text leaves to somebody. decided_by: in the text's words; "" where it does not say."""

    options: tuple[tuple[Step, ...], ...]
    decided_by: str = ""

    def __post_init__(self) -> None:
        if len(self.options) < 2 or not all(self.options):
            raise ValueError("a choice needs two options, each with a step")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(" + ".join(step.name for step in option) for option in self.options)


Part = Give | Radiate | Operate | Choice


class Condition(msgspec.Struct, frozen=True):
    """What has to happen before a phase begins: progression in the nasopharynx or neck. continues: what goes on meanwhile, in words."""

    event: EventKind
    words: str
    continues: str = ""


class Phase(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Parts that begin together.

    start      when, after the event that comes before; None: not stated
    condition  only if this happens; None: always
    """

    parts: tuple[Part, ...]
    role: Stated[Role] | None = None
    start: Stated[Gap] | None = None
    condition: Stated[Condition] | None = None

    def steps(self) -> tuple[Step, ...]:
        """Every step, the options of a choice one after the other."""
        found: list[Step] = []
        for part in self.parts:
            found += [step for option in part.options for step in option] if isinstance(part, Choice) else [part]
        return tuple(found)


class Regimen(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One arm made exact.

    arm    position in the record from 0; None where the record has no arms and its interventions were read instead
    texts  every text that a quote points into
    """

    trial: str | None
    arm: int | None
    label: str
    phases: tuple[Phase, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    texts: tuple[Text, ...] = ()

    def steps(self) -> tuple[Step, ...]:
        return tuple(step for phase in self.phases for step in phase.steps())

    def words(self, quote: Quote) -> str:
        """The record's own words that a quote names."""
        return next((quote.span.of(text.text) for text in self.texts if text.where == quote.where), "")

    def __repr__(self) -> str:
        return f"<Regimen {self.label!r}: {len(self.phases)} phases, {len(self.steps())} steps>"


def _check_shape(values: tuple[object, ...], shape: Shape) -> None:
    needed = {"one": len(values) == 1, "range": len(values) == 2, "levels": len(values) > 1}
    if not needed[shape]:
        raise ValueError(f"{len(values)} values are no {shape}")


def _listed(values: tuple[Decimal, ...], shape: Shape) -> str:
    return {"one": "", "range": "–", "levels": " | "}[shape].join(f"{value:f}" for value in values)
