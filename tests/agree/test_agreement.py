"""One meaning on every engine: random trees, charts drawn from each tree's own constants, and the same verdict from each engine.

Short here; `make agree` runs it long.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from spark_sessions import small_session

from trialwright.codes.dates import Duration, PartialDate
from trialwright.criteria.nodes import Attest, Criteria, Has, Node, Person
from trialwright.engines import duckdb as duckdb_engine
from trialwright.engines import spark as spark_engine
from trialwright.engines.counts import count_patients
from trialwright.engines.memory import evaluate
from trialwright.engines.sql import gaps, verdict_columns
from trialwright.engines.tables import write_tables
from trialwright.patients.facts import Complete, Domain, Occurrence, Patient

from .charts import populations
from .trees import INDEXES, criterion, trials
from .words import VOCABULARY, concept

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LISTS: tuple[Domain, ...] = ("conditions", "procedures", "drugs", "allergies", "vaccines")
EXAMPLES = int(os.environ.get("AGREE_EXAMPLES", "25"))
SPARK_EXAMPLES = int(os.environ.get("AGREE_SPARK_EXAMPLES", "2"))
PATIENTS = 12
UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


class Case(NamedTuple):
    """One trial, the charts to judge and the terms to judge them on."""

    criteria: Criteria
    index: date
    complete: Complete
    charts: list[Patient]

    def __str__(self) -> str:
        return f"on {self.index}, complete {sorted(self.complete.domains)}"


@st.composite
def cases(draw: st.DrawFn, least: int = 1, most: int = 6) -> Case:
    criteria = draw(trials(least, most), label="criteria")
    index = draw(st.sampled_from(INDEXES), label="index date")
    complete = Complete(frozenset(draw(st.sampled_from(((), LISTS, LISTS[:3])), label="complete")))
    return Case(criteria, index, complete, draw(populations(criteria, index, PATIENTS), label="charts"))


Rows = Iterable[dict[str, str]]
Judge = Callable[[Path, Case], Rows]


def by_duckdb(database: duckdb.DuckDBPyConnection) -> Judge:
    def judge(folder: Path, case: Case) -> Rows:
        return duckdb_engine.evaluate(
            folder,
            case.criteria,
            index_date=case.index,
            complete=case.complete,
            vocabulary=VOCABULARY,
            connection=database,
        ).to_pylist()

    return judge


def by_spark(session: "SparkSession") -> Judge:
    def judge(folder: Path, case: Case) -> Rows:
        with spark_engine.judged(
            session,
            folder,
            case.criteria,
            index_date=case.index,
            complete=case.complete,
            vocabulary=VOCABULARY,
        ) as frame:
            return [row.asDict() for row in frame.collect()]

    return judge


def differences(case: Case, judge: Judge) -> Iterator[str]:
    """Each verdict that the engine does not share with `memory`; a criterion with a gap is unknown for everybody."""
    with _tables(case.charts) as folder:
        found = {row["patient"]: row for row in judge(folder, case)}
    assert len(found) == len(case.charts)
    left_out = {gap.criterion for gap in gaps(case.criteria)}
    terms = {"index_date": case.index, "complete": case.complete, "vocabulary": VOCABULARY}
    for chart in case.charts:
        expected = evaluate(case.criteria, chart, **terms)  # type: ignore[arg-type]
        for name, one in zip(verdict_columns(case.criteria), expected.criteria, strict=True):
            sql = found[chart.id][name]
            if one.criterion.id in left_out:
                assert sql == "unknown"
            elif sql != one.verdict:
                yield f"memory {one.verdict}, SQL {sql}: {one.criterion.node}\n{one.finding.why}\n{chart.facts}"


@contextmanager
def _tables(charts: list[Patient]) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="agree-"))
    try:
        write_tables(charts, folder, vocabulary=VOCABULARY)
        yield folder
    finally:
        shutil.rmtree(folder)


def agree(case: Case, judge: Judge) -> None:
    found = list(differences(case, judge))
    if found:
        pytest.fail(f"{len(found)} {case}; the first: {found[0]}")


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb_engine.connect(threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def session() -> "Iterator[SparkSession]":
    with small_session() as opened:
        yield opened


@settings(max_examples=EXAMPLES, suppress_health_check=UNHURRIED)
@given(case=cases())
def test_duckdb_agrees_with_memory(database: duckdb.DuckDBPyConnection, case: Case) -> None:
    agree(case, by_duckdb(database))


# Seconds go by for one query on Spark, so it takes fewer and larger trials, and what fails is not made smaller.
@pytest.mark.slow
@settings(max_examples=SPARK_EXAMPLES, suppress_health_check=UNHURRIED, phases=(Phase.reuse, Phase.generate))
@given(case=cases(least=5, most=8))
def test_spark_agrees_with_memory(session: "SparkSession", case: Case) -> None:
    agree(case, by_spark(session))


def test_the_engines_count_alike(database: duckdb.DuckDBPyConnection, session: "SparkSession") -> None:
    """The cells of a funnel: verdicts are drawn above; here it is masks, age bands and sexes."""
    age, node = Person(age=(">=", Duration(Decimal(18), "year"))), Has(concept=concept("recurrence"))
    nodes: list[Node] = [age, node, Person(sex="female"), Attest(kind="consent", text="consent")]
    trial = Criteria(trial="T", criteria=tuple(criterion(number, one, "inclusion") for number, one in enumerate(nodes)))
    births = (PartialDate(2008, 2, 29), PartialDate(2006), PartialDate(1950, 1), None)
    fact = Occurrence(concept=concept("recurrence"), start=PartialDate(2020))
    charts = [
        Patient(
            id=str(number),
            birth=births[number % 4],
            sex=("female", "male", None)[number % 3],
            facts=(fact,) if number % 5 == 0 else (),
        )
        for number in range(24)
    ]
    terms = {"index_date": date(2026, 3, 2), "complete": Complete(), "vocabulary": VOCABULARY}
    expected = count_patients(charts, trial, **terms)  # type: ignore[arg-type]
    assert expected.people == 24
    with _tables(charts) as folder:
        assert duckdb_engine.count(folder, trial, connection=database, **terms) == expected  # type: ignore[arg-type]
        assert spark_engine.count(session, folder, trial, **terms) == expected  # type: ignore[arg-type]
