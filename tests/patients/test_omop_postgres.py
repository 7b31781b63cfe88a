"""OMOP CDM 5.4 on a real PostgreSQL server: the same patients as from files, and no word of a password, a user or a value in an error."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from trialwright.patients.loading import read_patients
from trialwright.patients.remarks import ChartError

from .postgres_server import PASSWORD, Server, server
from .test_omop import CONCEPTS, PERSON, TABLES, Tables, check, write

WITH_CONCEPTS: Tables = {**TABLES, "concept": CONCEPTS}
_NUMBERS = ("value_as_number", "range_low", "range_high")


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


@pytest.fixture
def database(running: Server, request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    name = f"d{abs(hash(request.node.name))}"
    with psycopg.connect(running.address(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return running.address(name)


def _type(column: str) -> str:
    if column in _NUMBERS:
        return "numeric"
    if column.endswith("_of_birth") or (column.endswith("_id") and column != "vocabulary_id"):
        return "integer"
    return "date" if column.endswith("_date") else "varchar(255)"


def fill(address: str, tables: Tables, *, schema: str = "cdm", upper: bool = False) -> None:
    """The tables with the types that OMOP's own definitions give them."""
    with psycopg.connect(address) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for name, rows in tables.items():
            columns = list(dict.fromkeys(key for row in rows for key in row))
            place = sql.Identifier(schema, name.upper() if upper else name)
            typed = [
                sql.SQL("{} {}").format(sql.Identifier(one.upper() if upper else one), sql.SQL(_type(one)))
                for one in columns
            ]
            connection.execute(sql.SQL("CREATE TABLE {} ({})").format(place, sql.SQL(", ").join(typed)))
            empty = sql.SQL(", ").join([sql.Placeholder()] * len(columns))
            insert = sql.SQL("INSERT INTO {} VALUES ({})").format(place, empty)
            with connection.cursor() as cursor:
                cursor.executemany(insert, [[row.get(one) or None for one in columns] for row in rows])


def test_a_database_says_what_its_files_would_say(database: str, tmp_path: Path) -> None:
    fill(database, WITH_CONCEPTS)
    (found,) = read_patients(database)
    check(found)
    (from_files,) = read_patients(write(tmp_path / "files", WITH_CONCEPTS))
    assert found == from_files


def test_many_people_come_in_the_same_order_with_the_rows_of_nobody(database: str, tmp_path: Path) -> None:
    tables: Tables = {
        "person": [{**PERSON, "person_id": str(number)} for number in (9, 10, 2, 33, 1, 300)],
        "measurement": [
            {**TABLES["measurement"][0], "measurement_id": str(number), "person_id": str(number % 400)}
            for number in range(3_000)
        ],
    }
    fill(database, tables, upper=True)
    found = list(read_patients(database))
    assert [one.id for one in found] == ["1", "10", "2", "300", "33", "9"]
    assert found == list(read_patients(write(tmp_path / "files", tables)))


def test_reading_may_stop_early(database: str) -> None:
    people = [{**PERSON, "person_id": str(number)} for number in range(20)]
    fill(database, {"person": people, "condition_occurrence": TABLES["condition_occurrence"]})
    reading = read_patients(database)
    assert next(reading).id == "0"
    reading.close()  # type: ignore[attr-defined]
    with psycopg.connect(database) as connection:
        connection.execute("DROP TABLE cdm.person")


def test_a_file_may_hold_the_address(database: str, tmp_path: Path) -> None:
    fill(database, TABLES)
    place = tmp_path / "hospital.txt"
    place.write_text(f"{database}\n", encoding="utf-8")
    assert [one.id for one in read_patients(place)] == ["7"]


def test_an_address_among_charts_or_sent_as_bytes_leads_nowhere(database: str, tmp_path: Path) -> None:
    fill(database, TABLES)
    (tmp_path / "chart.txt").write_text(database, encoding="utf-8")
    for source in (tmp_path, database.encode()):
        with pytest.raises(ChartError, match="nothing of a patient is read"):
            list(read_patients(source))


def test_of_several_schemas_the_search_path_chooses(database: str) -> None:
    fill(database, TABLES, schema="first")
    fill(database, {"person": [{**PERSON, "person_id": "8"}]}, schema="second")
    with pytest.raises(ChartError, match="2 schemas hold a table `person`"):
        list(read_patients(database))
    assert [one.id for one in read_patients(f"{database}?options=-csearch_path%3Dsecond")] == ["8"]


def test_what_cannot_be_read_is_said_without_names(
    running: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ChartError, match="there is no table `person`"):
        list(read_patients(database))
    monkeypatch.setenv("PGPASSWORD", "another")
    for address, words in (
        (running.address("postgres", "keeper"), "no connection"),
        (running.address("nowhere", "keeper"), "no connection"),
        (f"postgresql://keeper:{PASSWORD}@127.0.0.1:{running.port}/postgres", "no place for a password"),
        ("postgresql://keeper@127.0.0.1:1/postgres", "no connection"),
        (f"postgresql://keeper:{PASSWORD}@[::1/x?z=1", "cannot be read"),
    ):
        with pytest.raises(ChartError, match=words) as caught:
            list(read_patients(address))
        chain = (caught.value, caught.value.__cause__)
        assert all(name not in str(one) for one in chain for name in (PASSWORD, "another", "keeper"))


def test_a_value_that_breaks_the_reading_is_not_repeated(database: str) -> None:
    fill(database, {"person": [PERSON]})
    with psycopg.connect(database) as connection:
        connection.execute(
            "CREATE VIEW cdm.observation_period AS SELECT person_id, ('secret' || person_id)::date AS observation_period_start_date"
            " FROM cdm.person"
        )
    with pytest.raises(ChartError, match="`observation_period` cannot be read to its end") as caught:
        list(read_patients(database))
    assert "secret" not in str(caught.value)


def test_nothing_is_written(database: str) -> None:
    fill(database, {"person": [PERSON]})
    with psycopg.connect(database) as connection:
        connection.execute(
            "CREATE FUNCTION cdm.spy() RETURNS integer LANGUAGE sql AS 'INSERT INTO cdm.person VALUES (8) RETURNING 1'"
        )
        connection.execute("CREATE VIEW cdm.death AS SELECT person_id, cdm.spy()::text AS death_date FROM cdm.person")
    with pytest.raises(ChartError, match="`death` cannot be read"):
        list(read_patients(database))
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM cdm.person").fetchone() == (1,)
