"""The tables of an OMOP CDM 5.4 database in, rows by person out, one person at a time.

Where the tables are (files, a DuckDB file, a PostgreSQL server) is told by what opens them: `omop_duckdb`, `omop_postgres`. Each gives its
rows sorted by person, so that a database of any size needs the memory of one person.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol, Self

from .remarks import ChartError

Cells = dict[str, str]
"""A row by column, without its empty cells."""

READ: dict[str, tuple[str, ...]] = {
    "person": ("gender_concept_id", "gender_source_value", "year_of_birth", "month_of_birth", "day_of_birth"),
    "observation_period": ("observation_period_start_date", "observation_period_end_date"),
    "death": ("death_date",),
    "condition_occurrence": (
        "condition_occurrence_id", "condition_concept_id", "condition_start_date", "condition_end_date", "condition_status_concept_id",
        "condition_source_value", "condition_source_concept_id",
    ),
    "drug_exposure": (
        "drug_exposure_id", "drug_concept_id", "drug_exposure_start_date", "drug_exposure_end_date", "verbatim_end_date", "sig",
        "drug_source_value", "drug_source_concept_id",
    ),
    "procedure_occurrence": (
        "procedure_occurrence_id", "procedure_concept_id", "procedure_date", "procedure_end_date", "procedure_source_value",
        "procedure_source_concept_id",
    ),
    "device_exposure": (
        "device_exposure_id", "device_concept_id", "device_exposure_start_date", "device_exposure_end_date", "device_source_value",
        "device_source_concept_id",
    ),
    "measurement": (
        "measurement_id", "measurement_concept_id", "measurement_date", "operator_concept_id", "value_as_number", "value_as_concept_id",
        "unit_concept_id", "range_low", "range_high", "measurement_source_value", "measurement_source_concept_id", "unit_source_value",
        "value_source_value",
    ),
    "observation": (
        "observation_id", "observation_concept_id", "observation_date", "value_as_number", "value_as_string", "value_as_concept_id",
        "unit_concept_id", "observation_source_value", "observation_source_concept_id", "unit_source_value", "value_source_value",
    ),
}  # fmt: skip
"""The tables that are read, and their columns beside `person_id`. A table that is not there is no error, `person` aside."""

BESIDE = ("note", "specimen", "episode")
"""Tables with a patient's data that are not read; their rows are counted."""


class Named(NamedTuple):
    """A row of the concept table."""

    name: str
    vocabulary: str
    code: str


class Table(Protocol):
    """One table. columns: their names in small letters."""

    @property
    def columns(self) -> Collection[str]: ...

    def by_person(self, columns: Sequence[str]) -> Iterator[Cells]:
        """All rows in their order (see `row_order`). raises ChartError when they cannot be read to their end"""
        ...

    def different(self, column: str) -> Iterator[Cells]:
        """Each value of the column once."""
        ...

    def among(self, column: str, values: Collection[str], columns: Sequence[str]) -> Iterator[Cells]:
        """The rows that have one of the values in the column."""
        ...


def row_order(table: str, columns: Collection[str]) -> list[str]:
    """What rows are sorted by, as text and by code point: the person, and the row's own number where the table has one."""
    return [column for column in ("person_id", f"{table}_id") if column in columns]


class Opened(NamedTuple):
    """A database whose tables can be read until it is closed. name: as messages call it; tables: by their names in small letters."""

    name: str
    tables: Mapping[str, Table]
    close: Callable[[], None]


def streamed(columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> Iterator[Cells]:
    """Rows of cells in the order of the columns."""
    for row in rows:
        yield {name: value for name, value in zip(columns, row, strict=True) if value}


class OmopSource:
    """The people of one database. Use as a context: it is closed at the end."""

    def __init__(self, opened: Opened) -> None:
        self._opened, self._tables = opened, opened.tables
        if "person" not in self._tables:
            opened.close()
            raise ChartError(f"{opened.name}: no OMOP CDM: there is no table `person`")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def people(self) -> Iterator[tuple[str, dict[str, list[Cells]]]]:
        """Each person's id with its rows by table. Rows of a person who is not in `person` come under the table name with "?" before it."""
        streams = {name: _Stream(self._by_person(name)) for name in (*READ, *BESIDE) if name in self._tables}
        people = streams.pop("person")
        while (identity := people.person) is not None:
            found = {"person": people.take(identity)}
            for name, stream in streams.items():
                if strays := stream.skip_to(identity):
                    found[f"?{name}"] = strays
                found[name] = stream.take(identity)
            yield identity, found

    def concepts(self) -> dict[str, Named]:
        """The concepts that the tables name, by id; empty without a concept table."""
        table = self._tables.get("concept")
        if table is None:
            return {}
        columns = ("concept_id", "concept_name", "vocabulary_id", "concept_code")
        rows = table.among("concept_id", self._named_concepts(), columns)
        return {
            row["concept_id"]: Named(
                row.get("concept_name", ""), row.get("vocabulary_id", ""), row.get("concept_code", "")
            )
            for row in rows
        }

    def _named_concepts(self) -> set[str]:
        found: set[str] = set()
        for name, columns in READ.items():
            table = self._tables.get(name)
            for column in columns if table is not None else ():
                if table is not None and column.endswith("_concept_id") and column in table.columns:
                    found |= {row[column] for row in table.different(column) if row}
        return found

    def _by_person(self, name: str) -> Iterator[tuple[str, Cells]]:
        table = self._tables[name]
        if "person_id" not in table.columns:
            raise ChartError(f"{self._opened.name}: the table `{name}` has no column `person_id`")
        for row in table.by_person([one for one in ("person_id", *READ.get(name, ())) if one in table.columns]):
            if identity := row.pop("person_id", ""):
                yield identity, row


class _Stream:
    """The rows of one table, person after person."""

    def __init__(self, rows: Iterator[tuple[str, Cells]]) -> None:
        self._groups = groupby(rows, key=lambda row: row[0])
        self.person: str | None = None
        self._rows: list[Cells] = []
        self._advance()

    def _advance(self) -> None:
        found = next(self._groups, None)
        self.person = found[0] if found else None
        self._rows = [cells for _, cells in found[1]] if found else []

    def take(self, person: str) -> list[Cells]:
        if self.person != person:
            return []
        rows = self._rows
        self._advance()
        return rows

    def skip_to(self, person: str) -> list[Cells]:
        """The rows of people who come before this one and are not in `person`."""
        strays: list[Cells] = []
        while self.person is not None and self.person < person:
            strays += self._rows
            self._advance()
        return strays
