"""The SQL engine on DuckDB, embedded: fact tables and criteria in, an Arrow table of verdicts out."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.nodes import Criteria
from trialwright.patients.facts import Complete

from .counts import Counts
from .sql import lower, lower_counts, verdict_columns
from .sql_counts import read_cells
from .tables import TABLES, check_tables, has_periods

if TYPE_CHECKING:
    import duckdb
    import pyarrow  # noqa: ICN001


def evaluate(
    folder: Path,
    criteria: Criteria,
    *,
    index_date: date,
    complete: Complete,
    vocabulary: Vocabulary,
    connection: "duckdb.DuckDBPyConnection | None" = None,
    parts: Sequence[str] = (),
) -> "pyarrow.Table":
    """Every criterion on every patient of a folder of fact tables.

    connection  to set limits on memory and threads; None: one of its own, in memory
    parts       names of files, the same in every table (see `tables.part_names`), to judge those people alone; none: everybody
    returns     `patient`, then a column a criterion (see `sql.verdict_columns`) with pass, fail, unknown or person; in no order
    raises      TableError when the folder's tables cannot be read with this vocabulary
    """
    check_tables(folder, vocabulary)
    query = lower(
        criteria,
        index_date=index_date,
        complete=complete,
        vocabulary=vocabulary,
        has_periods=has_periods(folder, parts),
    )
    database = connection or connect()
    try:
        open_tables(database, folder, parts)
        return database.sql(query.sql(dialect="duckdb")).to_arrow_table()
    finally:
        if connection is None:
            database.close()


def count(
    folder: Path,
    criteria: Criteria,
    *,
    index_date: date,
    complete: Complete,
    vocabulary: Vocabulary,
    connection: "duckdb.DuckDBPyConnection | None" = None,
    parts: Sequence[str] = (),
) -> Counts:
    """The people of a folder of fact tables, counted by what they meet and what is not known of them.

    parts   as for `evaluate`
    raises  TableError when the folder's tables cannot be read with this vocabulary
    """
    check_tables(folder, vocabulary)
    query = lower_counts(
        criteria,
        index_date=index_date,
        complete=complete,
        vocabulary=vocabulary,
        has_periods=has_periods(folder, parts),
    )
    database = connection or connect()
    try:
        open_tables(database, folder, parts)
        rows = database.sql(query.sql(dialect="duckdb")).to_arrow_table().to_pylist()
    finally:
        if connection is None:
            database.close()
    return read_cells(tuple(verdict_columns(criteria)), rows)


def connect(*, memory: str = "3GB", threads: int | None = None) -> "duckdb.DuckDBPyConnection":
    """A database in memory. memory: what it may use at most, beyond which it writes to disk; threads: all cores when None."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "preserve_insertion_order": "false",
    }
    if threads is not None:
        config["threads"] = threads
    return duckdb.connect(config=config)


def open_tables(database: "duckdb.DuckDBPyConnection", folder: Path, parts: Sequence[str] = ()) -> None:
    """Make the folder's tables, or some parts of them, known to the database under their names."""
    for name in TABLES:
        files = [str(folder / name / part) for part in parts or ("*.parquet",)]
        database.read_parquet(files).create_view(name)
