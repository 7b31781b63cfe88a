"""Fact tables on disk: how their rows lie, whose they are, and what periods of observation do to silence, in DuckDB as in memory."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from trialwright.codes.places import Span
from trialwright.criteria.nodes import Criteria, Criterion, Event, Interval, Node, Person
from trialwright.engines import duckdb as engine
from trialwright.engines import tables
from trialwright.engines.memory import evaluate
from trialwright.engines.tables import TableError, check_tables, has_periods, part_names, write_tables
from trialwright.patients.facts import Complete, Patient, Period

from .charts import ALL_LISTS, INDEX, VOCABULARY, day, has, lab, length, no, on, thing

LAST = "2025-12-31"
"""The end of a period that does not hold the index date."""


def _period(start: str, end: str) -> Period:
    first, last = day(start), day(end)
    assert first is not None
    assert last is not None
    return Period(first, last)


def _trial(*nodes: Node) -> Criteria:
    criteria = [
        Criterion(id=f"I{number}", kind="inclusion", heading="", number="", span=Span(0, 0), text="", reading="whole", node=node)
        for number, node in enumerate(nodes)
    ]  # fmt: skip
    return Criteria(trial="T", criteria=tuple(criteria))


ASKED = (
    has("hypertension"),
    has("hypertension", "history"),
    has("pembrolizumab"),
    Interval(start=Event(concept=thing("pembrolizumab"), edge="end", which="last"), end=None, op=">=", duration=length("6 month")),
    Person(childbearing=True),
)  # fmt: skip
PERIODS = {
    "none": (),
    "one with the day": (_period("2020", "2026-03"),),
    "one before it": (_period("2020", LAST),),
    "one after it": (_period("2026-03-03", "2027"),),
    "two around it": (_period("2020", LAST), _period("2026-04", "2027")),
    "two, one with the day": (_period("2020", LAST), _period("2026-03-02", "2026-03-02")),
}
FACTS = {"silent": (), "premenopausal": (on("premenopausal"),), "denied": (no("hypertension", "2026-01-05"),)}


@pytest.mark.parametrize("complete", [ALL_LISTS, ()], ids=["complete", "not declared"])
@pytest.mark.parametrize("unread", [False, True], ids=["", "unread"])
def test_silence_outside_the_periods_of_observation_is_unknown(
    tmp_path: Path, complete: tuple[str, ...], unread: bool
) -> None:
    people = [
        Patient(id=f"{when}, {what}", sex="female", facts=facts, observed=periods, unread=unread)
        for when, periods in PERIODS.items()
        for what, facts in FACTS.items()
    ]
    terms = {"index_date": INDEX, "complete": Complete(frozenset(complete)), "vocabulary": VOCABULARY}
    write_tables(people, tmp_path, vocabulary=VOCABULARY)
    rows = {row["patient"]: row for row in engine.evaluate(tmp_path, _trial(*ASKED), **terms).to_pylist()}  # type: ignore[arg-type]
    for one in people:
        expected = evaluate(_trial(*ASKED), one, **terms)  # type: ignore[arg-type]
        assert [rows[one.id][f"I{number}"] for number in range(len(ASKED))] == [
            found.verdict for found in expected.criteria
        ], one.id
    seen = rows["one before it, silent"]["I0"], rows["one with the day, silent"]["I0"]
    assert seen == ("unknown", "fail" if complete and not unread else "unknown")


def test_where_nobody_has_periods_none_are_looked_for(tmp_path: Path) -> None:
    people = [Patient(id="1"), Patient(id="2", observed=PERIODS["one before it"]), Patient(id="3", unread=True)]
    for part, one in enumerate(people):
        write_tables([one], tmp_path, vocabulary=VOCABULARY, part=part)
    first, second, third = part_names(tmp_path)
    assert has_periods(tmp_path)
    assert [has_periods(tmp_path, (part,)) for part in (first, second, third)] == [False, True, True]


def test_rows_of_one_name_stand_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_BATCH", 3)
    monkeypatch.setattr(tables, "_RUN", 2)
    facts = (on("hypertension", "2020-01-01"), lab("hemoglobin", "90", "g/L"), on("vitiligo", "2021"))
    people = [Patient(id=str(number), facts=facts[: 1 + number % 3]) for number in range(16)]
    assert write_tables(people, tmp_path, vocabulary=VOCABULARY) == 16
    for table in ("occurrences", "measurements"):
        file = pq.ParquetFile(tmp_path / table / "part-00000.parquet")
        runs = [file.read_row_group(group, ["name", "person"]).to_pylist() for group in range(file.num_row_groups)]
        keys = [[(row["name"], row["person"]) for row in rows] for rows in runs]
        assert all(run == sorted(run) for run in keys)
        assert [len({person for _, person in run}) for run in keys] == [6, 6, 4] if table == "occurrences" else True
    assert pq.read_metadata(tmp_path / "persons/part-00000.parquet").num_rows == 16


def test_nobody_is_a_part_too(tmp_path: Path) -> None:
    assert write_tables([], tmp_path, vocabulary=VOCABULARY) == 0
    assert part_names(tmp_path) == ("part-00000.parquet",)
    assert not has_periods(tmp_path)


def test_tables_of_another_form_are_refused(tmp_path: Path) -> None:
    write_tables([], tmp_path, vocabulary=VOCABULARY)
    check_tables(tmp_path, VOCABULARY)
    about = tmp_path / "about.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"form": "trialwright.facts/1"}), encoding="utf-8")
    with pytest.raises(TableError, match="form"):
        check_tables(tmp_path, VOCABULARY)
