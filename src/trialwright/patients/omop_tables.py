"""OMOP CDM 5.4 tables in (a folder of CSV or Parquet files, or a DuckDB file), rows by person out, one person at a time.

Tables are read with DuckDB through its relational interface, sorted by person, so that a folder of any size needs the memory of one
person. Nothing is fetched: extensions of DuckDB are neither installed nor loaded.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from .remarks import ChartError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

_ENDINGS = (".csv", ".csv.gz", ".tsv", ".parquet")
_MAGIC = slice(8, 12)
_BATCH = 10_000
Cells = dict[str, str]

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


class OmopSource:
    """The tables of one database. Use as a context: the DuckDB connection is closed at the end."""

    def __init__(self, place: Path) -> None:
        self.name = str(place)
        self._connection = _connect(place)
        try:
            self._tables = _folder(self._connection, place) if place.is_dir() else _database(self._connection)
            if "person" not in self._tables:
                raise ChartError(f"{place}: no OMOP CDM: there is no table `person`")
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

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
        relation = self._tables.get("concept")
        if relation is None:
            return {}
        wanted = self._named_concepts()
        rows = _streamed(_as_text(relation, ("concept_id", "concept_name", "vocabulary_id", "concept_code")))
        return {
            row["concept_id"]: Named(row["concept_name"], row["vocabulary_id"], row["concept_code"])
            for row in rows
            if row.get("concept_id") in wanted
        }

    def _named_concepts(self) -> set[str]:
        found: set[str] = set()
        for table, columns in READ.items():
            relation = self._tables.get(table)
            held = set(relation.columns) if relation is not None else set()
            for column in columns:
                if relation is not None and column.endswith("_concept_id") and column in held:
                    found |= {row[column] for row in _streamed(_as_text(relation, (column,)).distinct()) if row}
        return found

    def _by_person(self, table: str) -> Iterator[tuple[str, Cells]]:
        from duckdb import Error

        relation = self._tables[table]
        columns = ("person_id", *READ.get(table, ()))
        if "person_id" not in relation.columns:
            raise ChartError(f"{self.name}: the table `{table}` has no column `person_id`")
        held = tuple(column for column in columns if column in relation.columns)
        try:
            for row in _streamed(_as_text(relation, held).order("person_id")):
                if identity := row.pop("person_id", ""):
                    yield identity, row
        except Error:
            raise ChartError(f"{self.name}: the table `{table}` cannot be read to its end") from None


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


def is_database(head: bytes) -> bool:
    """Whether the beginning of a file is that of a DuckDB database."""
    return head[_MAGIC] == b"DUCK"


def is_folder(place: Path) -> bool:
    """Whether a folder holds OMOP tables: a file that is called `person`."""
    return any(_table_of(path) == "person" for path in place.iterdir())


def _table_of(path: Path) -> str:
    name = path.name.lower()
    return next((name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending)), "")


def _connect(place: Path) -> "DuckDBPyConnection":
    try:
        import duckdb
    except ImportError:
        raise ChartError(f"{place}: reading OMOP tables needs duckdb (the extra `sql`)") from None
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    try:
        if place.is_dir():
            return duckdb.connect(config=settings)
        return duckdb.connect(str(place), read_only=True, config=settings)
    except duckdb.Error:
        raise ChartError(f"{place}: no DuckDB file that this version of DuckDB can open") from None


def _folder(connection: "DuckDBPyConnection", place: Path) -> "dict[str, DuckDBPyRelation]":
    from duckdb import Error

    found: dict[str, DuckDBPyRelation] = {}
    for path in sorted(place.iterdir()):
        table = _table_of(path)
        if table not in READ and table not in (*BESIDE, "concept"):
            continue
        try:
            if path.name.lower().endswith(".parquet"):
                relation = connection.cursor().read_parquet(str(path / "*.parquet" if path.is_dir() else path))
            else:
                relation = connection.cursor().read_csv(str(path), header=True, all_varchar=True)
        except Error:
            raise ChartError(f"{path}: no table that can be read") from None
        found[table] = _lowered(relation)
    return found


def _database(connection: "DuckDBPyConnection") -> "dict[str, DuckDBPyRelation]":
    rows = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
    found: dict[str, DuckDBPyRelation] = {}
    for schema, table in rows:
        if table.lower() in READ or table.lower() in (*BESIDE, "concept"):
            found[table.lower()] = _lowered(connection.cursor().table(f'"{schema}"."{table}"'))
    return found


def _lowered(relation: "DuckDBPyRelation") -> "DuckDBPyRelation":
    from duckdb import ColumnExpression

    return relation.select(*(ColumnExpression(name).alias(name.lower()) for name in relation.columns))


def _as_text(relation: "DuckDBPyRelation", columns: Sequence[str]) -> "DuckDBPyRelation":
    from duckdb import ColumnExpression
    from duckdb.sqltypes import VARCHAR

    return relation.select(*(ColumnExpression(name).cast(VARCHAR).alias(name) for name in columns))


def _streamed(relation: "DuckDBPyRelation") -> Iterator[Cells]:
    """The rows, without their empty cells, in batches."""
    for batch in relation.to_arrow_reader(_BATCH):
        for row in batch.to_pylist():
            yield {name: value for name, value in row.items() if value}
