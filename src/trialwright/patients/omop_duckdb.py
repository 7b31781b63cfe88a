"""OMOP tables as files (a folder of CSV, TSV or Parquet) or in a DuckDB file, as the tables of `omop_tables`.

They are read with DuckDB through its relational interface. Nothing is fetched: extensions of DuckDB are neither installed nor loaded.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .omop_tables import BESIDE, READ, Cells, Opened, Table, row_order
from .remarks import ChartError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

_ENDINGS = (".csv", ".csv.gz", ".tsv", ".parquet")
_MAGIC = slice(8, 12)
_BATCH = 10_000


def open_duckdb(place: Path) -> Opened:
    """The OMOP tables of a folder or of a DuckDB file.

    raises  ChartError for a file that cannot be opened, or a table that cannot be read
    """
    connection = _connect(place)
    try:
        relations = _folder(connection, place) if place.is_dir() else _database(connection)
    except BaseException:
        connection.close()
        raise
    return Opened(str(place), {name: _Rows(str(place), name, one) for name, one in relations.items()}, connection.close)


@dataclass(frozen=True, slots=True)
class _Rows(Table):
    source: str
    name: str
    relation: "DuckDBPyRelation"

    @property
    def columns(self) -> Collection[str]:
        return self.relation.columns

    def by_person(self, columns: Sequence[str]) -> Iterator[Cells]:
        from duckdb import Error

        try:
            yield from _streamed(_as_text(self.relation, columns).order(", ".join(row_order(self.name, columns))))
        except Error:
            raise ChartError(f"{self.source}: the table `{self.name}` cannot be read to its end") from None

    def different(self, column: str) -> Iterator[Cells]:
        return _streamed(_as_text(self.relation, (column,)).distinct())

    def among(self, column: str, values: Collection[str], columns: Sequence[str]) -> Iterator[Cells]:
        return (row for row in _streamed(_as_text(self.relation, columns)) if row.get(column) in values)


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


def _folder(connection: "DuckDBPyConnection", place: Path) -> "Mapping[str, DuckDBPyRelation]":
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


def _database(connection: "DuckDBPyConnection") -> "Mapping[str, DuckDBPyRelation]":
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
