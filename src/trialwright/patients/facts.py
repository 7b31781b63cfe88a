"""A patient as dated facts: all that an engine may read.

A fact says what a chart says, where, and how surely. Silence is not a fact: what a patient lacks is unknown unless the
caller says that a domain is complete (`Complete`), and a chart that says "no X" is a fact with `certainty="refuted"`.
Fact types map one to one to the tables that `engines.sql` reads.
"""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import Duration, PartialDate
from trialwright.codes.places import Diagnostic
from trialwright.codes.quantities import Quantity

Domain = Literal["conditions", "procedures", "drugs", "allergies", "vaccines"]
"""The lists that a caller may declare complete. Measurements, scores, stages, findings and plans are always open."""

Certainty = Literal["confirmed", "suspected", "refuted"]
Sex = Literal["female", "male"]


class _Fact(msgspec.Struct, frozen=True, tag_field="is", omit_defaults=True, kw_only=True):
    """start, end  when it began and ended, or the one day it was seen (start alone); None when not recorded
    source      the chart's own address of the row, such as `Observation/123`, `labs.csv:17`, `note.txt:120-141`
    words       the chart's words for it
    """

    start: PartialDate | None = None
    end: PartialDate | None = None
    source: str = ""
    words: str = ""


class Occurrence(_Fact, frozen=True, tag="occurrence", kw_only=True):
    """A condition, drug, procedure, allergy, vaccine, finding, behaviour or event on record.

    status   active, resolved, recurrence, remission … as the chart's coded status; None when not recorded
    ongoing  True: still so or still given; False: over; None: not recorded (an `end` settles it)
    grade    severity grade with its scale (`ctcae`, `rtog`, `nyha`) and version (`5`, `4.03`); None when not recorded
    site     body site
    dose     of a drug: the amount a day or a time, as recorded
             (`mg/d` when the chart says how often it was given, the amount of one time otherwise)
    purpose  curative, palliative, adjuvant, … ; line  line of therapy from 1
    severity in words, where the chart has words and no grade
    evidence what confirmed it: histology, imaging
    reason   what a drug or procedure was given or done for; for_recurrence: whether that was a recurrence, None when not recorded
    cause    what brought a condition about: a drug, radiotherapy
    cycles   how many were given
    details  further words of the chart about it, each as recorded ("concurrent with radiotherapy", "t1 with contrast")

    One row of a chart may give several facts with one `source` (a recurrence at two sites, an infection with its
    serology): count sources, not facts.
    """

    concept: Concept
    certainty: Certainty = "confirmed"
    status: str | None = None
    ongoing: bool | None = None
    grade: Decimal | None = None
    grade_scale: str | None = None
    grade_version: str | None = None
    site: Concept | None = None
    dose: Quantity | None = None
    purpose: str | None = None
    line: int | None = None
    family: bool = False
    planned: bool = False
    severity: Literal["mild", "moderate", "severe"] | None = None
    evidence: tuple[Concept, ...] = ()
    reason: Concept | None = None
    for_recurrence: bool | None = None
    cause: Concept | None = None
    cycles: int | None = None
    details: tuple[str, ...] = ()


class Measurement(_Fact, frozen=True, tag="measurement", kw_only=True):
    """A number measured. low, high: the reference range printed with it, in the same unit; None when not printed.

    comparator  "<" or ">" when the laboratory gave a bound and not a value
    derived     the formula when it was computed here and not measured, with its source; "" when it was measured
    """

    concept: Concept
    quantity: Quantity
    comparator: Literal["<", "<=", ">", ">="] | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    derived: str = ""


class Rating(_Fact, frozen=True, tag="rating", kw_only=True):
    """A value on an ordinal scale: ECOG, KPS, NYHA …; letters and Roman numerals as their rank from 1.

    derived  the rule when it was computed from another scale, "" when it was recorded; such a conversion keeps less than it was given
    """

    scale: str
    value: Decimal
    version: str | None = None
    derived: str = ""


class Staging(_Fact, frozen=True, tag="staging", kw_only=True):
    """A stage: system T, N, M, group or a named system; value as staged, with its letter (T2, N0, M1, IVA)."""

    system: str
    value: str
    prefix: str | None = None
    edition: str | None = None
    concept: Concept | None = None


class Statement(_Fact, frozen=True, tag="statement", kw_only=True):
    """What a person has said and the chart recorded: consent given, life expectancy, agreement to contraception.

    kind      as `criteria.nodes.AttestKind`
    holds     whether it was affirmed
    at_least  for life expectancy, as it was said; at_least_months the same in months (days and weeks by the mean month)
    """

    kind: str
    holds: bool
    at_least_months: Decimal | None = None
    at_least: Duration | None = None


Fact = Occurrence | Measurement | Rating | Staging | Statement


class Period(msgspec.Struct, frozen=True):
    """From one day to another, both included."""

    start: PartialDate
    end: PartialDate


class Patient(msgspec.Struct, frozen=True, kw_only=True):
    """One person's chart.

    id           the chart's own id; never printed in a log, a URL or an error
    birth, sex   None when not recorded: never a default
    observed     the periods in which whatever happened was recorded, as OMOP databases give them; () when the chart gives none
    unread       the chart as a whole could not be read: its silence means nothing
    diagnostics  what the loader could not use, each with the row
    """

    id: str
    birth: PartialDate | None = None
    death: PartialDate | None = None
    sex: Sex | None = None
    facts: tuple[Fact, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    observed: tuple[Period, ...] = ()
    unread: bool = False

    def is_observed(self, day: date) -> bool:
        """Whether silence of the chart about a day can mean anything; a chart that gives no periods is taken to say all it can."""
        if self.unread:
            return False
        return not self.observed or any(one.start.earliest <= day <= one.end.latest for one in self.observed)

    def __repr__(self) -> str:
        return f"<Patient with {len(self.facts)} facts>"


class Complete(msgspec.Struct, frozen=True):
    """The caller's word that a patient's lists are complete in these domains: what is not listed did not happen."""

    domains: frozenset[Domain] = frozenset()
