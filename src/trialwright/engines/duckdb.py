"""The SQL engine on DuckDB, embedded: fact tables and criteria in, an Arrow table of verdicts out."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.nodes import Criteria
from trialwright.patients.facts import Complete

from .sql import lower
from .tables import TABLES, check_tables

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
) -> "pyarrow.Table":
    """Every criterion on every patient of a folder of fact tables.

    connection  to set limits on memory and threads; None: one of its own, in memory
    returns     `patient`, then a column a criterion (see `sql.verdict_columns`) with pass, fail, unknown or person; in no order
    raises      TableError when the folder's tables cannot be read with this vocabulary
    """
    check_tables(folder, vocabulary)
    query = lower(criteria, index_date=index_date, complete=complete, vocabulary=vocabulary)
    database = connection or connect()
    try:
        open_tables(database, folder)
        return database.sql(query.sql(dialect="duckdb")).to_arrow_table()
    finally:
        if connection is None:
            database.close()


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


def open_tables(database: "duckdb.DuckDBPyConnection", folder: Path) -> None:
    """Make the folder's tables known to the database under their names."""
    for name in TABLES:
        database.read_parquet(str(folder / name / "*.parquet")).create_view(name)
