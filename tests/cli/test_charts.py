"""`trialwright screen` on every form of a chart: which it is, is told from its content, and bad input costs one line."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]
ON = ("--as-of", "2026-03-02", "--format", "jsonl", "--quiet")
NOTE = "Clinic 2 Mar 2026. 52F, NKDA.\nBloods 20 Feb 2026: Hb 95 g/L. The patient will provide informed consent.\n"
TABLE = "mrn,dob,on,hgb,ok\nA,1974-01-02,2026-02-20,9.5,yes\n"
MAPPING = "column\tas\tname\tunit\tdate\nmrn\tid\ndob\tbirth\nhgb\tlab\themoglobin\tg/dL\t@on\nok\tstatement\tconsent\n"


def verdicts(result: Result) -> list[dict[str, str]]:
    reports = [msgspec.json.decode(line) for line in result.stdout.splitlines()]
    return [{row["id"]: row["verdict"] for row in report["trials"][0]["criteria"]} for report in reports]


@pytest.fixture
def forms(folder: Path) -> Path:
    (folder / "whatever").write_text(NOTE, encoding="utf-8")
    (folder / "cells").write_text(TABLE, encoding="utf-8")
    (folder / "map.tsv").write_text(MAPPING, encoding="utf-8")
    (folder / "cdm").mkdir()
    (folder / "cdm/PERSON.csv").write_text("person_id,gender_concept_id,year_of_birth\n7,8532,1974\n", encoding="utf-8")
    (folder / "cdm/MEASUREMENT.csv").write_text(
        "measurement_id,person_id,measurement_date,value_as_number,unit_source_value,measurement_source_value\n"
        "1,7,2026-02-20,84,g/L,718-7\n",
        encoding="utf-8",
    )
    return folder


def test_a_note(run: Run, forms: Path) -> None:
    expected = [{"I1": "pass", "I2": "pass", "I3": "pass"}]
    assert verdicts(run("screen", forms / "whatever", "--trial", forms / "one.json", *ON)) == expected
    assert verdicts(run("screen", "-", "--trial", forms / "one.json", *ON, input=NOTE)) == expected


def test_a_table_with_its_mapping(run: Run, forms: Path) -> None:
    ask = ("screen", forms / "cells", "--trial", forms / "one.json", *ON)
    assert verdicts(run(*ask, "--mapping", forms / "map.tsv")) == [{"I1": "pass", "I2": "pass", "I3": "pass"}]
    bare = run(*ask)
    assert bare.exit_code == 3
    assert "a table needs a mapping file; name one with --mapping" in bare.stderr


def test_an_omop_folder(run: Run, forms: Path) -> None:
    result = run("screen", forms / "cdm", "--trial", forms / "one.json", *ON)
    assert verdicts(result) == [{"I1": "pass", "I2": "fail", "I3": "person"}]


def test_a_note_in_another_language_is_reported_and_passes_nothing(run: Run, forms: Path) -> None:
    text = "Die Patientin ist 54 Jahre alt und hat einen Diabetes. Hämoglobin 110 g/L, keine Allergien, seit 2019 mit Metformin."
    result = run("screen", "-", "--trial", forms / "one.json", *ON, input=text)
    assert verdicts(result) == [{"I1": "unknown", "I2": "unknown", "I3": "person"}]
    assert "German" in result.stdout


def test_what_is_no_chart_is_one_line_and_the_others_are_screened(run: Run, forms: Path) -> None:
    (forms / "list.txt").write_text("bread\nmilk\n", encoding="utf-8")
    result = run("screen", forms / "list.txt", forms / "whatever", "--trial", forms / "one.json", *ON)
    assert result.exit_code == 4
    assert len(verdicts(result)) == 1
    (line,) = [line for line in result.stderr.splitlines() if "list.txt" in line]
    assert "nothing of a patient is read in it" in line
    assert "bread" not in result.stderr
