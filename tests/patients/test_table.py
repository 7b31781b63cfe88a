"""Tables with a mapping: wide and long, CSV and XLSX; what does not fit is named by row and column and never repeated."""

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from trialwright.patients.facts import Measurement, Occurrence, Patient, Rating, Staging, Statement
from trialwright.patients.loading import read_patients, recognise
from trialwright.patients.remarks import ChartError
from trialwright.patients.table_cells import day_of

from .charts import at, codes, of, ucum

WIDE = """mrn,gender,dob,visit,hgb,hgb_uln,ecog,dm,tnm,meds,htn,contra,extra
A1,F,1974-06-11,2026-02-16,9.0,15,1,yes,rT2N0M0,metformin 500 mg twice daily; aspirin,no,yes,x
A2,M,13/02/1960,2026-02-17,abc,,2,unknown,,,yes,,
"""
MAPPING = """column\tas\tname\tunit\tdate\thigh
mrn\tid
gender\tsex
dob\tbirth
hgb\tlab\themoglobin\tg/dL\t@visit\t@hgb_uln
ecog\tscore\tECOG\t\t@visit
dm\tcondition\tdiabetes mellitus\t\t@visit
tnm\tstage\t\t\t@visit
meds\tdrug
htn\tcondition\thypertension
contra\tstatement\tcontraception\t\t@visit
"""
LONG = """person;test;value;unit;on
B1;hemoglobin;90;g/L;2026-02-16
B1;HBsAg;negative;;2026-02-16
B2;platelets;1.2;10^5/uL;2026-02-16
"""
LONG_MAPPING = """person: id
value: {as: lab, name: "@test", unit: "@unit", date: "@on"}
"""


def read(tmp_path: Path, table: str, mapping: str, ending: str = "tsv") -> list[Patient]:
    (tmp_path / "t.csv").write_text(table, encoding="utf-8")
    (tmp_path / f"t.mapping.{ending}").write_text(mapping, encoding="utf-8")
    return list(read_patients(tmp_path / "t.csv"))


def test_one_row_is_one_patient(tmp_path: Path) -> None:
    first, second = read(tmp_path, WIDE, MAPPING)
    assert (first.id, first.sex, str(first.birth)) == ("A1", "female", "1974-06-11")
    (hemoglobin,) = of(first, Measurement, "hemoglobin")
    assert (ucum(hemoglobin.quantity), str(hemoglobin.high), str(hemoglobin.start)) == ("9.0 g/dL", "15", "2026-02-16")
    assert hemoglobin.source == "t.csv:2"
    assert [(fact.scale, int(fact.value)) for fact in of(first, Rating)] == [("ecog", 1)]
    assert {(fact.system, fact.value, fact.prefix) for fact in of(first, Staging)} == {
        ("T", "T2", "r"),
        ("N", "N0", "r"),
        ("M", "M0", "r"),
    }
    assert [ucum(fact.dose) for fact in of(first, Occurrence, "metformin")] == ["1000 mg/d"]
    assert len(of(first, Occurrence, "aspirin")) == 1
    assert [fact.certainty for fact in of(first, Occurrence, "hypertension")] == ["refuted"]
    assert [fact.holds for fact in of(first, Statement)] == [True]
    assert (second.sex, str(second.birth)) == ("male", "1960-02-13")
    assert of(second, Occurrence, "diabetes") == []


def test_a_cell_that_cannot_be_read_is_named_and_never_repeated(tmp_path: Path) -> None:
    _, second = read(tmp_path, WIDE, MAPPING)
    assert of(second, Measurement) == []
    assert at(second, "bad-cell") == ["t.csv, row 3, column 'hgb'"]
    assert not any("abc" in remark.message or "abc" in remark.where for remark in second.diagnostics)
    assert "unused-column" in codes(second)


def test_one_row_is_one_result(tmp_path: Path) -> None:
    first, second = read(tmp_path, LONG, LONG_MAPPING, "yaml")
    assert [ucum(fact.quantity) for fact in of(first, Measurement, "hemoglobin")] == ["90 g/L"]
    assert [fact.certainty for fact in of(first, Occurrence, "hbsag")] == ["refuted"]
    assert [fact.source for fact in of(second, Measurement, "platelets")] == ["t.csv:4"]


def test_an_excel_workbook_with_real_dates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["mrn", "dob", "visit", "hgb", "dm"])
    sheet.append(["A1", date(1974, 6, 11), datetime.fromisoformat("2026-02-16"), 9.5, True])
    book.save(tmp_path / "t.xlsx")
    (tmp_path / "map.tsv").write_text(
        "column\tas\tname\tunit\tdate\nmrn\tid\ndob\tbirth\nhgb\tlab\themoglobin\tg/dL\t@visit\ndm\tcondition\tdiabetes mellitus\n",
        encoding="utf-8",
    )
    (patient,) = read_patients(tmp_path / "t.xlsx", mapping=tmp_path / "map.tsv")
    assert str(patient.birth) == "1974-06-11"
    (found,) = of(patient, Measurement)
    assert (ucum(found.quantity), str(found.start)) == ("9.5 g/dL", "2026-02-16")
    assert [fact.certainty for fact in of(patient, Occurrence, "diabetes")] == ["confirmed"]


def test_rows_that_disagree_about_the_person_settle_nothing(tmp_path: Path) -> None:
    (patient,) = read(
        tmp_path, "id,sex,dob\nA,F,1970-01-01\nA,M,1971-01-01\n", "column\tas\nid\tid\nsex\tsex\ndob\tbirth\n"
    )
    assert (patient.sex, patient.birth) == (None, None)
    assert codes(patient).count("contradicting-values") == 2


def test_a_row_that_is_given_twice_counts_once(tmp_path: Path) -> None:
    row = "A,2026-01-02,90\n"
    (patient,) = read(
        tmp_path, f"id,on,hgb\n{row}{row},,\n", "column\tas\tname\tunit\tdate\nid\tid\nhgb\tlab\themoglobin\tg/L\t@on\n"
    )
    assert len(of(patient, Measurement)) == 1
    assert "duplicate-resource" in codes(patient)
    assert "broken-row" not in codes(patient) or at(patient, "broken-row") == ["row"]


@pytest.mark.parametrize(
    ("words", "order", "expected"),
    [
        ("2026-02-03", "", "2026-02-03"), ("13/2/2026", "", "2026-02-13"), ("2/13/2026", "", "2026-02-13"), ("3/2/2026", "", "None"),
        ("3/2/2026", "dmy", "2026-02-03"), ("3/2/2026", "mdy", "2026-03-02"), ("31/2/2026", "dmy", "None"),
        ("2026/02/03", "", "2026-02-03"),
        ("3 Feb 2026", "", "2026-02-03"), ("soon", "", "None"), ("3/2/26", "dmy", "None"),
    ],
)  # fmt: skip
def test_a_date_that_can_be_two_is_none(words: str, order: str, expected: str) -> None:
    assert str(day_of(words, order)) == expected


MISTAKES = {
    "column\tas\nmrm\tid\n": "no column 'mrm'; did you mean 'mrn'?",
    "column\tas\nmrn\tident\n": "t.mapping.tsv:2: 'ident' is nothing that a column can be",
    "column\tas\nhgb\tlab\n": "no column is the patient's id",
    "column\tas\tunits\nmrn\tid\tx\n": "there is no key 'units'; did you mean 'unit'?",
    "a\tb\n": "expected a heading with the columns column, as",
    "column\tas\nmrn\tid\nmrn\tsex\n": "the column 'mrn' stands twice",
    "column\tas\tdates\nmrn\tid\txyz\n": "dates: expected one of ymd, dmy, mdy",
}


@pytest.mark.parametrize("mapping", MISTAKES)
def test_a_mistake_in_the_mapping_is_one_line(tmp_path: Path, mapping: str) -> None:
    with pytest.raises(ChartError) as caught:
        read(tmp_path, WIDE, mapping)
    assert MISTAKES[mapping] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_needs_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(WIDE, encoding="utf-8")
    with pytest.raises(ChartError, match="a table needs a mapping file"):
        list(read_patients(tmp_path / "t.csv"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04nothing", "no Excel workbook"),
        (b'id,x\n"a,1\n', "broken quotes"),
        (b"id,x\n\xff,1\n", "no text in UTF-8"),
        (b"id,id\na,b\n", "two columns have one name"),
    ],
)
def test_a_broken_table_is_one_line(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    (tmp_path / "t.mapping.tsv").write_text("column\tas\nid\tid\n", encoding="utf-8")
    with pytest.raises(ChartError, match=words):
        list(read_patients(tmp_path / "t.csv"))


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "a;b;c\n1;2;3\n4;5;6\n", "a\tb\n1\t2\n"])
def test_a_table_is_told_by_its_cells(text: str) -> None:
    assert recognise(text.encode()) == "table"


@pytest.mark.parametrize(
    "text", ["Seen in clinic, well.\nNo pain, no fever.\n", "52M, cough.\nNKDA.\n", "Asthma, since childhood"]
)
def test_prose_with_commas_is_a_note(text: str) -> None:
    assert recognise(text.encode()) == "note"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1", ["confirmed"]), ("0", ["refuted"]), ("yes", ["confirmed"]), ("no", ["refuted"]), ("2", []), ("1.5", []), ("unknown", []),
        ("", []), ("severe", ["confirmed"]),
    ],
)  # fmt: skip
def test_what_a_cell_of_a_named_thing_says(tmp_path: Path, cell: str, expected: list[str]) -> None:
    mapping = "column\tas\tname\nid\tid\nhtn\tcondition\thypertension\n"
    (patient,) = read(tmp_path, f"id,htn,x\nA,{cell},y\n", mapping)
    assert [fact.certainty for fact in of(patient, Occurrence, "hypertension")] == expected
    assert ("bad-cell" in codes(patient)) == (cell in ("2", "1.5"))
