"""`trialwright funnel`: charts or fact tables in, the same numbers in every format, a broken-off run goes on, bad input is said."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from trialwright.codes.vocabulary import default_vocabulary
from trialwright.engines.tables import write_tables
from trialwright.patients.loading import read_patients

Run = Callable[..., Result]
ON = ("--as-of", "2026-03-02")


def chart(number: int) -> str:
    """Of 40 people ten are minors; those with odd numbers, all grown up, have a low hemoglobin, and every fifth has none on record."""
    born = 2015 if number % 4 == 0 else 1960 + number % 30
    value = 84 if number % 2 else 120
    lab = "" if number % 5 == 0 else f"labs:\n  hemoglobin: {value} g/L on 2026-02-20\n"
    return f"id: P{number}\nsex: {('female', 'male')[number % 2]}\nbirth: {born}-01-01\n{lab}"


@pytest.fixture
def charts(tmp_path: Path) -> Path:
    place = tmp_path / "charts"
    place.mkdir()
    for number in range(40):
        (place / f"{number:02d}.yaml").write_text(chart(number), encoding="utf-8")
    return place


@pytest.fixture
def tables(charts: Path, tmp_path: Path) -> Path:
    place = tmp_path / "tables"
    people = list(read_patients(charts, as_of=date(2026, 3, 2)))
    for part in range(10):
        write_tables(people[part::10], place, vocabulary=default_vocabulary(), part=part)
    return place


def asked(run: Run, folder: Path, place: Path, *rest: object) -> Result:
    return run("funnel", folder / "one.json", "--patients", place, *ON, *rest)


def in_json(result: Result) -> dict[str, object]:
    found: dict[str, object] = msgspec.json.decode(result.stdout)
    return found


def test_steps_of_charts_and_of_fact_tables(run: Run, folder: Path, charts: Path, tables: Path) -> None:
    for place, engine in ((charts, "memory"), (tables, "duckdb")):
        found = in_json(asked(run, folder, place, "--format", "json"))
        assert (found["schema"], found["engine"], found["given"]) == ("trialwright.funnel/1", engine, 40)
        steps = {step["id"]: step for step in found["steps"]}  # type: ignore[attr-defined]
        shown = {
            id_: tuple(step[name]["text"] for name in ("remain", "possible", "excluded")) for id_, step in steps.items()
        }
        assert shown == {"I1": ("30", "30", "10"), "I2": ("<10", "14", "16")}
        assert [one["id"] for one in found["aside"]] == ["I3"]  # type: ignore[attr-defined]


def test_every_format_and_a_file(run: Run, folder: Path, charts: Path, tmp_path: Path) -> None:
    table = asked(run, folder, charts)
    assert table.exit_code == 0
    assert "I2\tHemoglobin ≥ 90 g/L\t<10\t14\t16" in table.stdout
    assert "I3: for a person to say" in table.stdout
    rows = list(csv.DictReader(io.StringIO(asked(run, folder, charts, "--format", "csv").stdout)))
    assert [row["possible"] for row in rows if row["table"] == "step"] == ["30", "14"]
    for name, begin in (("f.svg", "<svg"), ("f.html", "<!doctype html>")):
        assert asked(run, folder, charts, "-o", tmp_path / name).exit_code == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begin)


def test_any_order_one_left_out_and_another_limit(run: Run, folder: Path, charts: Path) -> None:
    found = in_json(
        asked(run, folder, charts, "--order", "I2", "--without", "I3", "--what-if", "I2=80", "--format", "json")
    )
    assert [step["id"] for step in found["steps"]] == ["I2", "I1"]  # type: ignore[attr-defined]
    assert [(one["id"], one["why"]) for one in found["aside"]] == [("I3", "switched off")]  # type: ignore[attr-defined]
    (what,) = found["what_if"]  # type: ignore[misc]
    assert (what["limit"], what["value"], what["adds"]["text"]) == ("hemoglobin >= 90 g/L", "80", "16")


def test_a_broken_off_run_goes_on(run: Run, folder: Path, tables: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    ask = ("--resume", journal, "--format", "json")
    whole = asked(run, folder, tables, *ask).stdout
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 3, "the terms and two batches"
    journal.write_bytes(lines[0] + lines[1] + lines[2][:40])
    assert asked(run, folder, tables, *ask).stdout == whole
    assert journal.read_bytes().splitlines(keepends=True)[:2] == lines[:2]
    assert len(journal.read_bytes().splitlines()) == 3


def test_what_is_finished_is_not_judged_again(
    run: Run, folder: Path, tables: Path, *, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trialwright.engines import duckdb

    ask = ("--resume", tmp_path / "journal", "--format", "json")
    whole = asked(run, folder, tables, *ask).stdout
    monkeypatch.setattr(duckdb, "count", lambda *_, **__: pytest.fail("a finished batch was judged again"))
    assert asked(run, folder, tables, *ask).stdout == whole


def test_a_journal_of_other_terms_is_refused(run: Run, folder: Path, tables: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    asked(run, folder, tables, "--resume", journal)
    other = asked(run, folder, tables, "--resume", journal, "--complete", "drugs")
    assert (other.exit_code, other.stdout) == (3, "")
    assert "other terms" in other.stderr
    journal.write_text("something else\n", encoding="utf-8")
    assert "no journal of a funnel" in asked(run, folder, tables, "--resume", journal).stderr


def test_a_chart_that_cannot_be_read_is_counted_and_named(run: Run, folder: Path, charts: Path) -> None:
    (charts / "broken.yaml").write_text("id: x\nlbas: 3\n", encoding="utf-8")
    result = asked(run, folder, charts)
    assert result.exit_code == 4
    assert "broken.yaml" in result.stderr
    assert "given: 41, not read: 1" in result.stdout


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        (("--without", "I9"), "--without: no criterion 'I9'"),
        (("--order", "i1"), "--order: no criterion 'i1'"),
        (("--what-if", "I2"), "expected a form such as I3=80"),
        (("--what-if", "I3=80"), "no such limit"),
        (("--what-if", "I2:platelets=80"), "its limits: hemoglobin >= 90 g/L"),
    ],
)
def test_what_is_not_there_is_said(
    run: Run, folder: Path, charts: Path, *, rest: tuple[str, ...], problem: str
) -> None:
    import click

    with pytest.raises(click.UsageError) as error:
        asked(run, folder, charts, *rest)
    assert problem in error.value.format_message()


def test_no_people(run: Run, folder: Path, tmp_path: Path) -> None:
    nowhere = asked(run, folder, tmp_path / "nowhere")
    assert (nowhere.exit_code, nowhere.stdout) == (3, "")
    hollow = asked(run, folder, folder / "hollow")
    assert (hollow.exit_code, hollow.stdout) == (3, "")


def test_fail_on_nobody(run: Run, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "minor"
    place.mkdir()
    (place / "a.yaml").write_text("id: a\nbirth: 2015-01-01\n", encoding="utf-8")
    assert asked(run, folder, place, "--fail-on", "nobody").exit_code == 1
    assert asked(run, folder, place).exit_code == 0


def test_python_gives_what_the_command_gives(run: Run, folder: Path, charts: Path, tables: Path) -> None:
    import trialwright

    day, record = date(2026, 3, 2), trialwright.read(folder / "one.json")
    expected = in_json(asked(run, folder, charts, "--format", "json"))["steps"]
    for population in (read_patients(charts, as_of=day), tables):
        found = trialwright.funnel(record, population, as_of=day)
        assert msgspec.json.decode(msgspec.json.encode(found.steps)) == expected
    assert repr(found) == "<Funnel of NCT00000001 over 40 people as of 2026-03-02>"
