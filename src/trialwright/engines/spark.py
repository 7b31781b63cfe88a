"""The SQL engine on Spark, where a hospital has outgrown one machine: the same query, in Spark's dialect."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.nodes import Criteria
from trialwright.patients.facts import Complete

from .counts import Counts
from .sql import lower, lower_counts, verdict_columns
from .sql_counts import read_cells
from .tables import TABLES, check_tables, has_periods

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SETTINGS = {
    # The tables hold days before 1582 for "no beginning"; they are written in the calendar that Spark itself uses.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.ansi.enabled": "true",
}
"""What the query needs; set here for it alone."""


def evaluate(
    session: "SparkSession",
    folder: Path,
    criteria: Criteria,
    *,
    index_date: date,
    complete: Complete,
    vocabulary: Vocabulary,
) -> "DataFrame":
    """Every criterion on every patient of a folder of fact tables, as a frame that is worked out when it is asked for.

    session  where to run; its own views and settings stay as they are
    returns  `patient`, then a column a criterion (see `sql.verdict_columns`) with pass, fail, unknown or person; in no order.
             What Spark keeps to work it out stays until the session's cache is cleared; `judged` gives it back at once
    raises   TableError when the folder's tables cannot be read with this vocabulary
    """
    check_tables(folder, vocabulary)
    query = lower(
        criteria, index_date=index_date, complete=complete, vocabulary=vocabulary, has_periods=has_periods(folder)
    )
    return _planned(session, folder, query)[0]


@contextmanager
def judged(
    session: "SparkSession",
    folder: Path,
    criteria: Criteria,
    *,
    index_date: date,
    complete: Complete,
    vocabulary: Vocabulary,
) -> "Iterator[DataFrame]":
    """As `evaluate`, for one block: what Spark keeps to work the frame out is given back at the end."""
    check_tables(folder, vocabulary)
    query = lower(
        criteria, index_date=index_date, complete=complete, vocabulary=vocabulary, has_periods=has_periods(folder)
    )
    frame, kept = _planned(session, folder, query)
    try:
        yield frame
    finally:
        for one in kept:
            one.unpersist()


def count(
    session: "SparkSession",
    folder: Path,
    criteria: Criteria,
    *,
    index_date: date,
    complete: Complete,
    vocabulary: Vocabulary,
) -> Counts:
    """The people of a folder of fact tables, counted by what they meet and what is not known of them."""
    check_tables(folder, vocabulary)
    query = lower_counts(
        criteria, index_date=index_date, complete=complete, vocabulary=vocabulary, has_periods=has_periods(folder)
    )
    frame, kept = _planned(session, folder, query)
    try:
        return read_cells(tuple(verdict_columns(criteria)), [row.asDict() for row in frame.collect()])
    finally:
        for one in kept:
            one.unpersist()


def _planned(session: "SparkSession", folder: Path, query: exp.Select) -> "tuple[DataFrame, list[DataFrame]]":
    """The frame of a query, and what is kept for it."""
    own = session.newSession()
    for name, value in SETTINGS.items():
        own.conf.set(name, value)
    for name in TABLES:
        own.read.parquet(str(folder / name)).createOrReplaceTempView(name)
    read = Counter(table.name for table in query.find_all(exp.Table))
    kept = []
    for part in query.ctes:
        # Spark puts a named query in wherever it is read, again and again; kept as a view, those read twice are worked out once.
        found = own.sql(part.this.sql(dialect="spark"))
        if read[part.alias] > 1:
            kept.append(found.cache())
        found.createOrReplaceTempView(part.alias)
    query.set("with_", None)
    return own.sql(query.sql(dialect="spark")), kept
