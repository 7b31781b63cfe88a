"""An OMOP CDM 5.4 database in, patients out: one for each row of `person`.

Standard concepts and source codes both count, so that a database without a concept table is read by its source codes. Observation
periods say when a person was looked at: outside them silence is not absence, whatever list is declared complete.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from trialwright.codes.concepts import Concept
from trialwright.codes.dates import DateError, PartialDate
from trialwright.codes.vocabulary import Vocabulary

from . import fhir
from .course import course
from .facts import Fact, Occurrence, Patient, Period, Sex, Staging
from .fhir_mcode import metastasis, read_stage
from .fhir_parts import Chart
from .naming import Namer
from .omop_duckdb import open_duckdb
from .omop_postgres import open_postgres
from .omop_rows import Concepts, constants, resource
from .omop_tables import BESIDE, Cells, OmopSource
from .remarks import Remarks

_CLINICAL = ("condition_occurrence", "drug_exposure", "procedure_occurrence", "measurement", "observation")
_SEXES: dict[str, Sex] = {"female": "female", "male": "male", "f": "female", "m": "male"}
_STAGE = re.compile(
    r"(?:(?P<prefix>[cpry]{1,2})-)?(?P<edition>\d{1,2})th_AJCC/UICC-(?P<value>[TNM]\w+|Stage-?\w+)", re.IGNORECASE
)


def read_omop(place: Path | str, vocabulary: Vocabulary) -> Iterator[Patient]:
    """The people of a folder of tables, of a DuckDB file, or of the PostgreSQL database with this address, sorted by id as text.

    raises  ChartError when there is no table `person`, or a table that cannot be read
    """
    namer = Namer(vocabulary)
    with OmopSource(open_postgres(place) if isinstance(place, str) else open_duckdb(place)) as source:
        concepts = Concepts(source.concepts())
        for identity, rows in source.people():
            yield _patient(identity, rows, concepts, namer)


def _patient(identity: str, rows: dict[str, list[Cells]], concepts: Concepts, namer: Namer) -> Patient:
    remarks = Remarks()
    person = rows["person"][-1]
    if len(rows["person"]) > 1:
        remarks.add("duplicate-resource", "person", "given twice; the later one is read")
    facts = tuple(dict.fromkeys(_facts(rows, concepts, Chart(namer, remarks))))
    for table, strays in rows.items():
        if table.startswith("?") or table in BESIDE:
            code, why = (
                ("dangling-reference", "of people who are not in `person`; not used")
                if table[0] == "?"
                else ("unused-resource", "this table is not read")
            )
            for _ in strays:
                remarks.count(code, table.removeprefix("?"), why)
    return Patient(
        id=identity,
        birth=_birth(person, remarks),
        death=remarks.date(
            next((cells.get("death_date", "")[:10] for cells in rows.get("death", ())), None), "death", "date of death"
        ),
        sex=_sex(person),
        facts=(*facts, *course(facts, namer)),
        observed=tuple(_observed(rows.get("observation_period", ()), remarks)),
        diagnostics=remarks.all(),
    )


def _facts(rows: dict[str, list[Cells]], concepts: Concepts, chart: Chart) -> Iterator[Fact]:
    for table in _CLINICAL:
        for number, cells in enumerate(rows.get(table, ()), 1):
            where = f"{table}/{cells.get(f'{table}_id') or f'[{number}]'}"
            if staged := list(_staged(table, cells, where, (concepts, chart))):
                yield from staged
                continue
            found = resource(table, cells, concepts)
            if found is None:
                chart.remarks.count(
                    "unused-resource", table, "a row that names nothing by a concept or a code that is known"
                )
                continue
            yield from fhir.read(found, where, chart)
    for number, cells in enumerate(rows.get("device_exposure", ()), 1):
        yield from _device(
            cells, f"device_exposure/{cells.get('device_exposure_id') or f'[{number}]'}", concepts, chart
        )


def _device(cells: Cells, where: str, concepts: Concepts, chart: Chart) -> Iterator[Occurrence]:
    coded = concepts.coded(cells, "device")
    concept: Concept | None = chart.concept(coded, "device")
    if concept is None or coded is None:
        chart.remarks.count(
            "unused-resource", "device_exposure", "a row that names nothing by a concept or a code that is known"
        )
        return
    start = chart.remarks.date(cells.get("device_exposure_start_date", "")[:10], where)
    end = chart.remarks.date(cells.get("device_exposure_end_date", "")[:10], where)
    yield Occurrence(concept=concept, start=start, end=end, source=where, words=coded.words or concept.text)


def _staged(table: str, cells: Cells, where: str, read: tuple[Concepts, Chart]) -> Iterator[Fact]:
    """A stage as OMOP's cancer modifiers code it: `c-8th_AJCC/UICC-T2`."""
    concepts, chart = read
    named = concepts.by_id.get(cells.get(f"{table}_concept_id", ""))
    match = _STAGE.fullmatch(named.code) if named and named.vocabulary == "Cancer Modifier" else None
    if match is None:
        return
    day = chart.remarks.date(cells.get(f"{table}_date", "")[:10], where)
    for stage in read_stage(match["value"].replace("Stage-", "stage ").replace("Stage", "stage ")):
        yield Staging(
            system=stage.system, value=stage.value, prefix=(match["prefix"] or "").lower() or None, edition=match["edition"], start=day,
            source=where, words=named.name if named else "",
        )  # fmt: skip
        yield from metastasis(stage, day, where, chart.namer)


def _birth(person: Cells, remarks: Remarks) -> PartialDate | None:
    """As precise as the columns give it."""
    try:
        year, month, day = (
            int(person[name]) if person.get(name) else None
            for name in ("year_of_birth", "month_of_birth", "day_of_birth")
        )
        return PartialDate(year, month, day if month else None) if year else None
    except (ValueError, DateError):
        remarks.add("bad-date", "person", "the birth date is no date that can be; read as not recorded")
        return None


def _sex(person: Cells) -> Sex | None:
    given = constants("sex").get(person.get("gender_concept_id", "")) or person.get("gender_source_value", "")
    return _SEXES.get(given.lower())


def _observed(rows: "list[Cells] | tuple[()]", remarks: Remarks) -> Iterator[Period]:
    for cells in rows:
        start = remarks.date(cells.get("observation_period_start_date", "")[:10], "observation_period", "start")
        end = remarks.date(cells.get("observation_period_end_date", "")[:10], "observation_period", "end")
        if start and end and not end.before(start):
            yield Period(start, end)
        else:
            remarks.add("bad-date", "observation_period", "a period without two dates in order; not used")
