"""Two engines, one meaning: random trees, charts drawn from each tree's own constants, and the same verdict from each engine.

Short here; `make agree` runs it long.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialwright.codes.vocabulary import Vocabulary
from trialwright.criteria.nodes import Criteria
from trialwright.engines import duckdb as sql_engine
from trialwright.engines.memory import evaluate
from trialwright.engines.sql import gaps, verdict_columns
from trialwright.engines.tables import write_tables
from trialwright.patients.facts import Complete, Domain, Patient

from .charts import populations
from .trees import INDEXES, trials
from .words import VOCABULARY

LISTS: tuple[Domain, ...] = ("conditions", "procedures", "drugs", "allergies", "vaccines")
EXAMPLES = int(os.environ.get("AGREE_EXAMPLES", "25"))
PATIENTS = 12


def differences(
    criteria: Criteria,
    charts: list[Patient],
    where: tuple[date, Complete, Vocabulary],
    database: duckdb.DuckDBPyConnection,
) -> Iterator[str]:
    """Each verdict that the engines do not share, on criteria without a gap."""
    index, complete, vocabulary = where
    folder = Path(tempfile.mkdtemp(prefix="agree-"))
    try:
        write_tables(charts, folder, vocabulary=vocabulary)
        table = sql_engine.evaluate(
            folder, criteria, index_date=index, complete=complete, vocabulary=vocabulary, connection=database
        )
    finally:
        shutil.rmtree(folder)
    found = {row["patient"]: row for row in table.to_pylist()}
    assert len(found) == len(charts)
    left_out = {gap.criterion for gap in gaps(criteria)}
    for chart in charts:
        expected = evaluate(criteria, chart, index_date=index, complete=complete, vocabulary=vocabulary)
        for name, one in zip(verdict_columns(criteria), expected.criteria, strict=True):
            sql = found[chart.id][name]
            if one.criterion.id in left_out:
                assert sql == "unknown"
            elif sql != one.verdict:
                yield f"memory {one.verdict}, SQL {sql}: {one.criterion.node}\n{one.finding.why}\n{chart.facts}"


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with sql_engine.connect(threads=1) as opened:
        yield opened


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(data=st.data())
def test_the_engines_agree(database: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    criteria = data.draw(trials(), label="criteria")
    index = data.draw(st.sampled_from(INDEXES), label="index date")
    complete = Complete(frozenset(data.draw(st.sampled_from(((), LISTS, LISTS[:3])), label="complete")))
    charts = data.draw(populations(criteria, index, PATIENTS), label="charts")
    found = list(differences(criteria, charts, (index, complete, VOCABULARY), database))
    if found:
        pytest.fail(f"{len(found)} on {index}, complete {sorted(complete.domains)}; the first: {found[0]}")
