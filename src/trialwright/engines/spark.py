"""The SQL engine on Spark, where a hospital has outgrown one machine: the same query, in Spark's dialect."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.nodes import Criteria
from trialwright.patients.facts import Complete

from .sql import lower
from .tables import TABLES, check_tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SETTINGS = {
    # The tables hold days before 1582 for "no beginning"; they are written in the calendar that Spark itself uses.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.ansi.enabled": "true",
}
"""What a session must have set to read the fact tables as they were written."""


def evaluate(
    session: "SparkSession",
    folder: Path,
    criteria: Criteria,
    *,
    index_date: date,
    complete: Complete,
    vocabulary: Vocabulary,
) -> "DataFrame":
    """Every criterion on every patient of a folder of fact tables.

    session  one with SETTINGS
    returns  `patient`, then a column a criterion (see `sql.verdict_columns`) with pass, fail, unknown or person; in no order
    raises   TableError when the folder's tables cannot be read with this vocabulary
    """
    check_tables(folder, vocabulary)
    query = lower(criteria, index_date=index_date, complete=complete, vocabulary=vocabulary)
    for name in TABLES:
        session.read.parquet(str(folder / name)).createOrReplaceTempView(name)
    return session.sql(query.sql(dialect="spark"))
