"""What one patient's screening came to, ready to be drawn: findings come in (`export.screening`), every outlet draws it.

The types are the JSON form too (`trialwright.screen/1`): their field names are its keys. A report decides nothing and says
so; it never holds a verdict without the criterion's published words beside it.
"""

from collections.abc import Iterator, Sequence
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

Decided = Verdict | Literal["off"]
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


class Decision(_Part, frozen=True, kw_only=True):
    """One criterion decided by a person.

    patient, trial  "" speaks of every one
    decision        `off`: it counts nowhere; else the verdict that it is given
    by, day         whose it is, and of which day, as written; "" when not said
    """

    criterion: str
    decision: Decided
    reason: str
    patient: str = ""
    trial: str = ""
    by: str = ""
    day: str = ""

    def is_on(self, patient: str, trial: str, criterion: str) -> bool:
        return self.criterion == criterion and self.patient in ("", patient) and self.trial in ("", trial)

    @property
    def words(self) -> str:
        whose = " ".join(filter(None, (self.by or "a reviewer", f"({self.day})" if self.day else "")))
        return f"{whose}: {self.reason}"


class Row(_Part, frozen=True, kw_only=True):
    """One criterion: as published, as understood, whether it holds, on what evidence, by what rule.

    missing   the data that would settle an unknown, each once
    presumed  rests on a list that was declared complete and holds nothing of it
    near      a value that decides it lies within a tenth of its limit
    decision  a reviewer's; None without one. judged: what the engine found, where the reviewer says otherwise
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
    decision: Decision | None = None
    judged: Verdict | None = None

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
    def reviewed(self) -> tuple[Row, ...]:
        """The criteria on which a reviewer has decided, but those switched off."""
        return tuple(row for row in self.criteria if row.decision)

    @property
    def address(self) -> str:
        """The registry's page of the trial; "" when the id is no registry's."""
        return f"https://clinicaltrials.gov/study/{self.trial}" if self.trial.startswith("NCT") else ""


class Unknown(_Part, frozen=True, kw_only=True):
    """One datum, over several trials: how many criteria it settles or helps with, of which trials."""

    datum: str
    settles: int
    helps: int
    trials: tuple[str, ...]


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

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """What to find out first, over all trials that nothing rules out: the datum that settles most criteria of most trials."""
        asked: dict[str, list[tuple[str, Question]]] = {}
        for trial in self.trials:
            for question in () if trial.state in ("not", "closed") else trial.questions:
                asked.setdefault(question.datum, []).append((trial.trial, question))
        found = [
            Unknown(
                datum=datum,
                settles=sum(len(question.settles) for _, question in of),
                helps=sum(len(question.helps) for _, question in of),
                trials=tuple(dict.fromkeys(trial for trial, _ in of)),
            )
            for datum, of in asked.items()
        ]
        return tuple(sorted(found, key=lambda one: (-one.settles, -len(one.trials), -one.helps)))

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


def nearness(state: State, verdicts: Sequence[Verdict]) -> tuple[int, ...]:
    """Sorts trials: by state, then by how many criteria fail, are unknown, are for a person."""
    return (_ORDER.index(state), *(verdicts.count(verdict) for verdict in ("fail", "unknown", "person")))


def _nearness(trial: TrialReport) -> tuple[int, ...]:
    return nearness(trial.state, [row.verdict for row in trial.criteria])
