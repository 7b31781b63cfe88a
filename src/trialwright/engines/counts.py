"""A population counted once: how many people there are for each set of criteria met and each set not known, by age and sex.

Verdicts come in, from charts or from fact tables; cells go out, and whatever a funnel asks afterwards is answered from them: any order,
one criterion left out. Counts are exact and for this machine only: what leaves it goes through `export.funnels`, which hides small ones.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from trialwright.codes.dates import completed_years
from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.logic import Verdict
from trialwright.criteria.nodes import Criteria
from trialwright.patients.facts import Complete, Patient

from .memory import Chart, Sharing, evaluate_on

AgeBand = Literal["under 18", "18-39", "40-64", "65-74", "75 and over", "not recorded"]
BAND_STARTS: tuple[tuple[int, AgeBand], ...] = (
    (0, "under 18"), (18, "18-39"), (40, "40-64"), (65, "65-74"), (75, "75 and over"),
)  # fmt: skip
"""Completed years from which a band begins; it ends where the next one begins."""
NOT_RECORDED: AgeBand = "not recorded"
SEXES = ("female", "male", "not recorded")


class Cell(msgspec.Struct, frozen=True, order=True, array_like=True):
    """People who are alike in every answer.

    met, unknown  bit n stands for criterion n. What is not known and what only a person can say are both unknown; `person` tells those
                  apart. A criterion that is neither met nor unknown excludes
    age           "not recorded" too where a year of birth leaves two bands
    """

    met: int
    unknown: int
    person: int
    age: str
    sex: str
    people: int


class Counts(msgspec.Struct, frozen=True):
    """criteria: what the bits stand for, lowest first."""

    criteria: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def people(self) -> int:
        return sum(cell.people for cell in self.cells)


Key = tuple[int, int, int, str, str]


def count_patients(
    patients: Iterable[Patient], criteria: Criteria, *, index_date: date, complete: Complete, vocabulary: Vocabulary
) -> Counts:
    """Every patient judged by the memory engine, one after another; memory grows with the number of different answers only."""
    found: Counter[Key] = Counter()
    asked = Sharing(vocabulary).of(criteria)
    for patient in patients:
        chart = Chart(patient, index_date=index_date, complete=complete, vocabulary=vocabulary)
        verdicts = [one.verdict for one in evaluate_on(asked, chart).criteria]
        found[(*masks(verdicts), age_band(patient, index_date), patient.sex or "not recorded")] += 1
    return of_counter(criteria_names(criteria), found)


def of_counter(criteria: Sequence[str], found: "Counter[Key]") -> Counts:
    return Counts(tuple(criteria), tuple(sorted(Cell(*key, people) for key, people in found.items())))


def merged(parts: Sequence[Counts]) -> Counts:
    """The counts of all parts together, of one trial on one set of terms.

    raises  ValueError for no part, and for parts of different criteria
    """
    if len({part.criteria for part in parts}) != 1:
        raise ValueError("expected counts of the same criteria")
    found: Counter[Key] = Counter()
    for part in parts:
        for cell in part.cells:
            found[cell.met, cell.unknown, cell.person, cell.age, cell.sex] += cell.people
    return of_counter(parts[0].criteria, found)


def masks(verdicts: Sequence[Verdict]) -> tuple[int, int, int]:
    """Met, unknown and for a person, as in `Cell`."""
    met = sum(1 << place for place, verdict in enumerate(verdicts) if verdict == "pass")
    person = sum(1 << place for place, verdict in enumerate(verdicts) if verdict == "person")
    unknown = sum(1 << place for place, verdict in enumerate(verdicts) if verdict == "unknown")
    return met, unknown | person, person


def age_band(patient: Patient, index_date: date) -> AgeBand:
    birth = patient.birth
    if birth is None or birth.earliest > index_date:
        return NOT_RECORDED
    bands = {_band(completed_years(min(day, index_date), index_date)) for day in (birth.earliest, birth.latest)}
    return bands.pop() if len(bands) == 1 else NOT_RECORDED


def _band(years: int) -> AgeBand:
    return next(name for start, name in reversed(BAND_STARTS) if years >= start)


def criteria_names(criteria: Criteria) -> tuple[str, ...]:
    """The ids of the criteria, each once: `id (2)` for the second of one id."""
    seen: Counter[str] = Counter()
    names = []
    for criterion in criteria.criteria:
        seen[criterion.id] += 1
        names.append(criterion.id if seen[criterion.id] == 1 else f"{criterion.id} ({seen[criterion.id]})")
    return tuple(names)
