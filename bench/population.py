"""A seeded population of any size for the SQL engine's benchmarks: charts with the gaps that charts have.

Nobody real, and no hospital's distribution: the shares below are stated so that a reader can judge the figures, and chosen so that every
kind of missing datum occurs often. About 20 facts a person. What is missing:

- sex 1 %, birth date 1 %, birth known to the year alone 5 %
- a laboratory value is not there at all in 35 % of the sick and 60 % of the others (who are tested less: not missing at random),
  has no reference range in 30 %, is a bound ("< 5") in 1 %, is in another unit in 10 %, and has two values on one day in 2 %
- a date is absent in 3 %, known to the year in 2 % and to the month in 5 %
- a condition says neither that it is active nor that it is over in 50 %; a drug says whether it goes on in 60 %
- 3 % of the conditions and findings on record are denials, 2 % are suspicions; words without an id 4 %
- ECOG is recorded in 70 % of those with cancer and 5 % of the others; a stage in 60 % of those with cancer
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import PartialDate
from trialwright.codes.quantities import Quantity
from trialwright.codes.vocabulary import Vocabulary
from trialwright.patients.facts import Fact, Measurement, Occurrence, Patient, Rating, Sex, Staging, Statement

LAST_DAY = date(2026, 3, 2)
SICK = 0.4
_FIRST_DAY = date(2016, 1, 1)


class Lab(NamedTuple):
    """One laboratory value: usual unit, mean and spread, reference range, another unit and how many of it are one usual one."""

    id: str
    unit: str
    mean: float
    spread: float
    low: str | None
    high: str | None
    other: tuple[str, str] | None = None


LABS = (
    Lab("hemoglobin", "g/L", 128, 18, "120", "160", ("g/dL", "0.1")),
    Lab("platelets", "10*9/L", 230, 80, "150", "400", ("/uL", "1000")),
    Lab("anc", "10*9/L", 3.9, 1.6, "1.8", "7.5", ("/uL", "1000")),
    Lab("wbc", "10*9/L", 6.5, 2.2, "4", "10"),
    Lab("creatinine", "mg/dL", 0.95, 0.35, "0.6", "1.2", ("umol/L", "88.42")),
    Lab("bilirubin-total", "mg/dL", 0.8, 0.5, "0.1", "1.2", ("umol/L", "17.1")),
    Lab("ast", "U/L", 29, 18, "8", "40"),
    Lab("alt", "U/L", 27, 19, "7", "41"),
    Lab("albumin", "g/L", 41, 5, "35", "50", ("g/dL", "0.1")),
    Lab("inr", "{INR}", 1.05, 0.2, "0.9", "1.2"),
    Lab("creatinine-clearance", "mL/min", 88, 28, None, None),
    Lab("weight", "kg", 74, 15, None, None),
)
_COUNTS = {"conditions": 6, "drugs": 4, "procedures": 2}
"""How many a person has on average, from none to 40, most of them few: drawn as whole numbers below an exponential variable."""


class Population:
    """Draws patients one by one; the same seed and number give the same patient, whoever is drawn before."""

    def __init__(self, vocabulary: Vocabulary, seed: int = 1) -> None:
        self._seed = seed
        kinds = {"conditions": "condition", "drugs": "drug", "procedures": "procedure"}
        self._things = {
            name: [Concept(entry.name, entry.kind, id=entry.id) for entry in vocabulary if entry.kind == kind]
            for name, kind in kinds.items()
        }
        # A few things are common and most are rare: the nth of a list is drawn in proportion to 1 / (n + 10).
        shuffle = Random(seed)
        for things in self._things.values():
            shuffle.shuffle(things)
        self._shares = {
            name: _cumulated([1 / (place + 10) for place in range(len(things))])
            for name, things in self._things.items()
        }
        wanted = (
            "nasopharyngeal-carcinoma",
            "radiotherapy",
            "recurrence",
            "cisplatin",
            "checkpoint-inhibitor",
            "hbsag",
            "pregnancy",
        )
        self._course = {name: vocabulary.concept(vocabulary.get(name)) for name in wanted}
        self._labs = [(lab, vocabulary.concept(vocabulary.get(lab.id))) for lab in LABS]
        self._loose = {kind: Concept("not in any list", "condition") for kind in kinds}

    def patients(self, first: int, count: int) -> Iterator[Patient]:
        for number in range(first, first + count):
            yield self.patient(number)

    def patient(self, number: int) -> Patient:
        dice = Random(self._seed * 1_000_003 + number)
        is_sick = dice.random() < SICK
        facts: list[Fact] = []
        for name, mean in _COUNTS.items():
            for _ in range(min(40, int(dice.expovariate(1 / (mean + 0.5))))):
                facts.append(self._occurrence(name, dice))  # noqa: PERF401
        facts += self._values(dice, is_sick)
        facts += self._cancer(dice) if is_sick else ()
        if dice.random() < 0.05:
            facts.append(
                Statement(kind="consent", holds=dice.random() < 0.9, words="informed consent", start=_day(dice))
            )
        sex: Sex | None = None if dice.random() < 0.01 else "female" if dice.random() < 0.51 else "male"
        if sex == "female" and dice.random() < 0.1:
            certainty = "confirmed" if dice.random() < 0.1 else "refuted"
            facts.append(Occurrence(concept=self._course["pregnancy"], certainty=certainty, start=_day(dice)))
        return Patient(id=f"S{number:07d}", birth=_birth(dice), sex=sex, facts=tuple(facts))

    def _occurrence(self, name: str, dice: Random) -> Occurrence:
        roll = dice.random()
        things = self._things[name]
        concept = dice.choices(things, cum_weights=self._shares[name])[0] if roll > 0.04 else self._loose[name]
        start = _day(dice)
        ongoing = {
            "conditions": (True, False, None, None),
            "drugs": (True, False, True, None, None),
            "procedures": (None,),
        }[name]
        sure = dice.random()
        return Occurrence(
            concept=concept,
            start=start,
            end=_later(start, dice) if name == "drugs" and dice.random() < 0.3 else None,
            ongoing=dice.choice(ongoing),
            certainty="refuted"
            if sure < 0.03 and name == "conditions"
            else "suspected"
            if sure > 0.98
            else "confirmed",
            source=f"{name}/{int(roll * 1e9)}",
        )

    def _values(self, dice: Random, is_sick: bool) -> Iterator[Measurement]:
        share = 0.65 if is_sick else 0.40
        for lab, concept in self._labs:
            if dice.random() < share:
                day = _day(dice, recent=True)
                for _ in range(2 if dice.random() < 0.02 else 1):
                    yield _measured(lab, concept, day, dice)

    def _cancer(self, dice: Random) -> Iterator[Fact]:
        start = _day(dice)
        yield Occurrence(
            concept=self._course["nasopharyngeal-carcinoma"], start=start, ongoing=True if dice.random() < 0.7 else None
        )
        for name, share in (
            ("radiotherapy", 0.6),
            ("cisplatin", 0.5),
            ("recurrence", 0.4),
            ("checkpoint-inhibitor", 0.2),
        ):
            if dice.random() < share:
                yield Occurrence(concept=self._course[name], start=_day(dice), line=1 if name == "cisplatin" else None)
        if dice.random() < 0.7:
            yield Rating(
                scale="ecog", value=Decimal(dice.choice((0, 0, 1, 1, 1, 2, 2, 3))), start=_day(dice, recent=True)
            )
        if dice.random() < 0.6:
            day = _day(dice)
            yield Staging(
                system="T", value=dice.choice(("T1", "T2", "T3", "T4")), prefix=dice.choice((None, "r", "c")), start=day
            )
            yield Staging(system="M", value=dice.choice(("M0", "M0", "M0", "M1")), start=day)
        if dice.random() < 0.3:
            yield Occurrence(
                concept=self._course["hbsag"],
                certainty="refuted" if dice.random() < 0.85 else "confirmed",
                start=_day(dice),
            )


def _measured(lab: Lab, concept: Concept, day: PartialDate | None, dice: Random) -> Measurement:
    value = Decimal(f"{max(dice.gauss(lab.mean, lab.spread), lab.mean / 20):.3g}")
    unit, factor = lab.other if lab.other and dice.random() < 0.1 else (lab.unit, "1")
    has_range = dice.random() < 0.7
    low, high = (
        None if bound is None or not has_range else Decimal(bound) * Decimal(factor) for bound in (lab.low, lab.high)
    )
    return Measurement(
        concept=concept,
        quantity=Quantity(value * Decimal(factor), unit),
        comparator="<" if dice.random() < 0.01 else None,
        low=low,
        high=high,
        start=day,
    )


def _birth(dice: Random) -> PartialDate | None:
    roll = dice.random()
    if roll < 0.01:
        return None
    born = LAST_DAY - timedelta(days=int(dice.triangular(0, 95, 60) * 365.25))
    return PartialDate(born.year) if roll < 0.06 else PartialDate.of(born)


def _day(dice: Random, *, recent: bool = False) -> PartialDate | None:
    roll = dice.random()
    if roll < 0.03:
        return None
    span = 90 if recent else (LAST_DAY - _FIRST_DAY).days
    day = LAST_DAY - timedelta(days=int(dice.random() * span))
    if roll < 0.05:
        return PartialDate(day.year)
    return PartialDate(day.year, day.month) if roll < 0.10 else PartialDate(day.year, day.month, day.day)


def _later(start: PartialDate | None, dice: Random) -> PartialDate | None:
    return PartialDate.of(start.latest + timedelta(days=int(dice.random() * 200))) if start else None


def _cumulated(shares: Sequence[float]) -> list[float]:
    found, total = [], 0.0
    for share in shares:
        total += share
        found.append(total)
    return found
