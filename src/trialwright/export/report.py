"""What one patient's screening came to, ready to be drawn: findings come in (`export.screening`), every outlet draws it.

The types are the JSON form too (`trialwright.screen/1`): their field names are its keys. A report decides nothing and says
so; it never holds a verdict without the criterion's published words beside it.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal

import msgspec

from trialwright.criteria.logic import Verdict
from trialwright.criteria.nodes import CriterionKind, Reading
from trialwright.engines.findings import Overall
from trialwright.patients.facts import Domain, Sex

SCHEMA = "trialwright.screen/1"
DISCLAIMER = (
    "This report decides nothing. It shows what was found beside each criterion as published; "
    "whether a person may take part is for the trial's own team to say."
)

Answer = Literal["yes", "no", "unknown", "for a person", "not understood"]
"""Whether the criterion's words hold for the patient. For an exclusion `yes` means that it applies."""

State = Literal["likely", "possibly", "not", "cannot", "closed"]
_ORDER: tuple[State, ...] = ("likely", "possibly", "cannot", "closed", "not")


class _Part(msgspec.Struct, frozen=True):
    """One object of the report."""


class EvidenceLine(_Part, frozen=True, kw_only=True):
    """A fact used. Texts are "" where the chart or the criterion says nothing.

    fact       what it is about
    recorded   value and unit as the chart has them, with the reference range
    converted  the value in the criterion's unit, where that differs
    date       as precise as recorded; two dates for a span of time
    source     the chart's own address of the row
    words      the chart's words
    note       the engine's remark
    """

    fact: str
    recorded: str
    converted: str = ""
    date: str = ""
    source: str = ""
    words: str = ""
    note: str = ""


class PartLine(_Part, frozen=True, kw_only=True):
    """One condition within a criterion.

    quoted      the published words it was read from; "" when it was not read from words of its own
    understood  the same in plain words
    rule        the window used, as days of the calendar; "" when there is none
    decides     it is one of those that make the whole what it is
    missing     the datum that would settle it
    near        within a tenth of its limit
    until       from this day the answer changes without any new fact
    """

    quoted: str
    understood: str
    answer: Answer
    why: str
    evidence: tuple[EvidenceLine, ...] = ()
    rule: str = ""
    decides: bool = True
    missing: str = ""
    presumed: bool = False
    near: bool = False
    until: date | None = None


class Row(_Part, frozen=True, kw_only=True):
    """One criterion: as published, as understood, whether it holds, on what evidence, by what rule.

    missing   the data that would settle an unknown, each once
    presumed  rests on a list that was declared complete and holds nothing of it
    near      a value that decides it lies within a tenth of its limit
    """

    id: str
    kind: CriterionKind
    verdict: Verdict
    answer: Answer
    why: str
    text: str
    understood: str
    reading: Reading
    missing: tuple[str, ...] = ()
    presumed: bool = False
    near: bool = False
    evidence: tuple[EvidenceLine, ...] = ()
    parts: tuple[PartLine, ...] = ()

    @property
    def question(self) -> str:
        return "Does this exclusion apply?" if self.kind == "exclusion" else "Is this met?"

    @property
    def deciding(self) -> tuple[PartLine, ...]:
        return tuple(part for part in self.parts if part.decides)


class Question(_Part, frozen=True, kw_only=True):
    """One datum to find out.

    settles   criteria that this datum alone settles
    helps     criteria that need more than this datum
    """

    datum: str
    settles: tuple[str, ...]
    helps: tuple[str, ...]


class Change(_Part, frozen=True, kw_only=True):
    """What would change the verdict on one criterion; `day` None when no day is known to."""

    criterion: str
    kind: Literal["time", "near", "datum"]
    says: str
    day: date | None = None


class Coverage(_Part, frozen=True, kw_only=True):
    """computed + person + not_understood = total; `lacking` of the computed ones have no data to be settled with."""

    total: int
    computed: int
    person: int
    not_understood: int
    lacking: int

    def __str__(self) -> str:
        lacking = f" ({self.lacking} of them lack data)" if self.lacking else ""
        return (
            f"{self.computed} of {self.total} criteria computed{lacking}, "
            f"{self.person} for a person, {self.not_understood} not understood"
        )


class TrialReport(_Part, frozen=True, kw_only=True):
    """One trial for one patient.

    trial        the record's id; "" for a record without one
    record_date  when the record was last updated; "" when it does not say
    source       the file it was read from
    verdict      the engine's word: eligible, ineligible, open
    state        what the headline says in one word
    headline     the verdict in at most five words
    on_criteria  the headline as it were if the trial were open; the same as the headline otherwise
    without      criteria switched off by the reader, not counted anywhere
    """

    trial: str
    title: str
    status: str
    record_date: str
    source: str
    verdict: Overall
    state: State
    headline: str
    on_criteria: str
    coverage: Coverage
    criteria: tuple[Row, ...]
    questions: tuple[Question, ...]
    changes: tuple[Change, ...]
    without: tuple[Row, ...] = ()

    def rows(self, verdict: Verdict) -> tuple[Row, ...]:
        return tuple(row for row in self.criteria if row.verdict == verdict)

    @property
    def blockers(self) -> tuple[Row, ...]:
        return self.rows("fail")

    @property
    def not_understood(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows("unknown") if row.answer == "not understood")

    def asked(self) -> Iterator[tuple[Question, tuple[Row, ...]]]:
        """Each datum to find out with the unknown criteria under it; a criterion is shown once, under the first."""
        shown: set[str] = set()
        for question in self.questions:
            ids = set(question.settles + question.helps) - shown
            rows = tuple(row for row in self.criteria if row.id in ids)
            shown |= ids
            if rows:
                yield question, rows

    @property
    def unasked(self) -> tuple[Row, ...]:
        """Unknown criteria that no single datum is known to settle."""
        shown = {identity for question in self.questions for identity in question.settles + question.helps}
        return tuple(row for row in self.rows("unknown") if row.answer == "unknown" and row.id not in shown)

    @property
    def address(self) -> str:
        """The registry's page of the trial; "" when the id is no registry's."""
        return f"https://clinicaltrials.gov/study/{self.trial}" if self.trial.startswith("NCT") else ""


class Report(_Part, frozen=True, kw_only=True):
    """One patient screened for some trials on one day.

    patient   the chart's own id
    age       completed years on the day; None when the birth date does not settle it
    birth     as precise as recorded; "" when it is not
    entries   rows of the chart that could be used
    complete  the lists that the caller declared complete
    remarks   what the loader could not use of the chart
    """

    schema: str = SCHEMA
    patient: str
    as_of: date
    software: str
    age: int | None
    birth: str
    sex: Sex | None
    entries: int
    complete: tuple[Domain, ...]
    remarks: tuple[str, ...]
    trials: tuple[TrialReport, ...]

    def by_verdict(self) -> tuple[TrialReport, ...]:
        """Likely first, then by how much is left to find out; not eligible last."""
        return tuple(sorted(self.trials, key=_nearness))

    def nearest(self, limit: int | None) -> "Report":
        """The report on at most `limit` trials, those nearest to eligible."""
        if limit is None or limit >= len(self.trials):
            return self
        return msgspec.structs.replace(self, trials=self.by_verdict()[:limit])

    @property
    def person(self) -> str:
        born = f"born {self.birth}" if self.birth else "age not recorded"
        age = born if self.age is None else f"{self.age} years"
        entries = f"{self.entries} {'entry' if self.entries == 1 else 'entries'} on record"
        return f"{self.sex or 'sex not recorded'}, {age}, {entries}"

    def __repr__(self) -> str:
        return f"<Report of {len(self.trials)} trials as of {self.as_of}>"

    def _repr_html_(self) -> str:
        from trialwright.export.to_html import brief

        return brief(self)


def _nearness(trial: TrialReport) -> tuple[int, int, int, int]:
    counts = [len(trial.rows(verdict)) for verdict in ("fail", "unknown", "person")]
    return (_ORDER.index(trial.state), *counts)  # type: ignore[return-value]
