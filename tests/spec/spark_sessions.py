"""A Spark session for small tables on one core of this machine: what planning costs is kept low, since rows cost nothing here."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ON_CI = os.environ.get("CI", "").lower() == "true"
SMALL = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    # Many small aggregates stand in one task; with pages of the usual size they would not fit beside each other.
    "spark.buffer.pageSize": "1m",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def small_session() -> "Iterator[SparkSession]":
    """One session, stopped at the end. Needs Java: without it the test is skipped, and fails where CI=true."""
    if not ON_CI and not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("Spark needs Java, which is not on this machine")
    from pyspark.sql import SparkSession

    from trialwright.engines.spark import SETTINGS

    builder = SparkSession.builder.master("local[1]").appName("tests")
    for name, value in {**SETTINGS, **SMALL}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()
