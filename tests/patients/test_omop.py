"""OMOP CDM 5.4: folders of CSV and Parquet, a DuckDB file, with and without concept tables; what is broken is named, not guessed."""

import csv
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pytest

from trialwright.patients.facts import Measurement, Occurrence, Patient, Staging
from trialwright.patients.loading import read_patients
from trialwright.patients.remarks import ChartError

from .charts import codes, named, of, ucum

Tables = dict[str, list[dict[str, str]]]
PERSON = {
    "person_id": "7",
    "gender_concept_id": "8532",
    "year_of_birth": "1974",
    "month_of_birth": "6",
    "day_of_birth": "",
}
TABLES: Tables = {
    "person": [PERSON],
    "observation_period": [
        {"person_id": "7", "observation_period_start_date": "2015-01-01", "observation_period_end_date": "2025-12-31"}
    ],
    "condition_occurrence": [
        {
            "condition_occurrence_id": "1", "person_id": "7", "condition_concept_id": "201826", "condition_start_date": "2019-02-03",
            "condition_end_date": "", "condition_source_value": "E11.9",
        },
        {
            "condition_occurrence_id": "2", "person_id": "7", "condition_concept_id": "0", "condition_start_date": "2020-02-03",
            "condition_source_value": "I10",
        },
        {"condition_occurrence_id": "3", "person_id": "9", "condition_concept_id": "0", "condition_source_value": "I10"},
    ],
    "drug_exposure": [
        {
            "drug_exposure_id": "1", "person_id": "7", "drug_concept_id": "0", "drug_exposure_start_date": "2021-01-01",
            "drug_exposure_end_date": "2021-03-01", "drug_source_value": "6809",
        }
    ],
    "measurement": [
        {
            "measurement_id": "1", "person_id": "7", "measurement_concept_id": "0", "measurement_date": "2024-05-06",
            "operator_concept_id": "4171756", "value_as_number": "90", "unit_concept_id": "0", "unit_source_value": "g/L",
            "range_low": "115", "range_high": "150", "measurement_source_value": "718-7",
        },
        {
            "measurement_id": "2", "person_id": "7", "measurement_concept_id": "0", "measurement_date": "2024-05-06",
            "value_as_concept_id": "9189", "measurement_source_value": "5195-3",
        },
        {
            "measurement_id": "3", "person_id": "7", "measurement_concept_id": "1635129", "measurement_date": "2024-05-07",
            "measurement_source_value": "cT2",
        },
    ],
    "observation": [
        {
            "observation_id": "1", "person_id": "7", "observation_concept_id": "4167217", "observation_date": "2018-01-01",
            "observation_source_value": "fh",
        }
    ],
}  # fmt: skip
CONCEPTS = [
    {
        "concept_id": "201826",
        "concept_name": "Type 2 diabetes mellitus",
        "vocabulary_id": "SNOMED",
        "concept_code": "44054006",
    },
    {
        "concept_id": "1635129",
        "concept_name": "AJCC/UICC 8th clinical T2",
        "vocabulary_id": "Cancer Modifier",
        "concept_code": "c-8th_AJCC/UICC-T2",
    },
    {
        "concept_id": "4167217",
        "concept_name": "Family history of breast cancer",
        "vocabulary_id": "SNOMED",
        "concept_code": "429740004",
    },
]


def write(folder: Path, tables: Tables, *, upper: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        heading = list(dict.fromkeys(key for row in rows for key in row))
        path = folder / f"{name.upper() if upper else name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [key.upper() if upper else key for key in heading])
            writer.writeheader()
            writer.writerows({key.upper() if upper else key: value for key, value in row.items()} for row in rows)
    return folder


def check(patient: Patient) -> None:
    assert (patient.id, patient.sex, str(patient.birth)) == ("7", "female", "1974-06")
    diabetes = of(patient, Occurrence, "type-2-diabetes")
    assert [str(fact.start) for fact in diabetes] == ["2019-02-03"]
    assert len(of(patient, Occurrence, "hypertension")) == 1
    (metformin,) = of(patient, Occurrence, "metformin")
    assert (str(metformin.start), str(metformin.end), metformin.source) == (
        "2021-01-01",
        "2021-03-01",
        "drug_exposure/1",
    )
    (hemoglobin,) = of(patient, Measurement, "hemoglobin")
    assert (ucum(hemoglobin.quantity), hemoglobin.comparator, str(hemoglobin.low)) == ("90 g/L", "<", "115")
    assert [fact.certainty for fact in of(patient, Occurrence, "hbsag")] == ["refuted"]
    assert [str(one.start) for one in patient.observed] == ["2015-01-01"]


@pytest.mark.parametrize("upper", [False, True])
def test_a_folder_of_csv(tmp_path: Path, upper: bool) -> None:
    (patient,) = read_patients(write(tmp_path / "cdm", TABLES | {"concept": CONCEPTS}, upper=upper))
    check(patient)
    assert [(fact.system, fact.value, fact.prefix, fact.edition) for fact in of(patient, Staging)] == [
        ("T", "T2", "c", "8")
    ]
    assert [named(fact)[0] for fact in patient.facts if isinstance(fact, Occurrence) and fact.family] == [
        "breast-cancer"
    ]


def test_source_codes_do_without_a_concept_table(tmp_path: Path) -> None:
    (patient,) = read_patients(write(tmp_path / "cdm", TABLES))
    check(patient)
    assert of(patient, Staging) == []


def test_parquet_and_a_duckdb_file(tmp_path: Path) -> None:
    source = write(tmp_path / "cdm", TABLES | {"concept": CONCEPTS})
    (tmp_path / "parquet").mkdir()
    with duckdb.connect(str(tmp_path / "cdm.duckdb")) as database:
        for path in source.iterdir():
            rows = database.read_csv(str(path), header=True)
            rows.to_parquet(str(tmp_path / "parquet" / f"{path.stem}.parquet"))
            rows.to_table(path.stem)
    for place in (tmp_path / "parquet", tmp_path / "cdm.duckdb"):
        (patient,) = read_patients(place)
        check(patient)


def test_what_belongs_to_nobody_and_what_is_given_twice(tmp_path: Path) -> None:
    later = PERSON | {"gender_concept_id": "8507"}
    tables = TABLES | {"person": [PERSON, later, PERSON | {"person_id": "90"}]}
    first, second = read_patients(write(tmp_path / "cdm", tables))
    assert "duplicate-resource" in codes(first)
    assert "dangling-reference" in codes(second)


def test_a_birth_that_cannot_be_and_a_sex_that_is_not_said(tmp_path: Path) -> None:
    odd = PERSON | {"gender_concept_id": "0", "month_of_birth": "14"}
    (patient,) = read_patients(write(tmp_path / "cdm", {"person": [odd]}))
    assert (patient.sex, patient.birth) == (None, None)
    assert "bad-date" in codes(patient)


def test_outside_an_observation_period_silence_is_not_absence(tmp_path: Path) -> None:
    folder = write(tmp_path / "cdm", TABLES)
    (inside,) = read_patients(folder, as_of=date(2025, 6, 1))
    (outside,) = read_patients(folder, as_of=date(2026, 6, 1))
    assert inside.is_observed(date(2025, 6, 1))
    assert not outside.is_observed(date(2026, 6, 1))
    assert "outside-observation" not in codes(inside)
    assert "outside-observation" in codes(outside)


def test_what_is_no_cdm_is_one_line(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "x.duckdb")) as database:
        database.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(ChartError, match="no table `person`"):
        list(read_patients(tmp_path / "x.duckdb"))
    folder = write(tmp_path / "cdm", {"person": [{"name": "x"}]})
    with pytest.raises(ChartError, match="no column `person_id`"):
        list(read_patients(folder))
    damaged = (tmp_path / "x.duckdb").read_bytes()[:64]
    (tmp_path / "y.duckdb").write_bytes(damaged)
    with pytest.raises(ChartError, match="no DuckDB file"):
        list(read_patients(tmp_path / "y.duckdb"))
    with pytest.raises(ChartError, match="from its file alone"):
        list(read_patients(damaged))


@pytest.fixture(scope="module")
def synthea(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Patient]]:
    folder = tmp_path_factory.mktemp("synthea27nj")
    with zipfile.ZipFile(shared / "data/patients/omop_synthea27nj_5.4.zip") as archive:
        for name in archive.namelist():
            if "/" not in name:
                archive.extract(name, folder)
    return folder, list(read_patients(folder))


def test_every_person_of_synthea27nj(synthea: tuple[Path, list[Patient]]) -> None:
    _, patients = synthea
    assert len(patients) == 28
    for patient in patients:
        assert patient.sex in ("female", "male")
        assert patient.birth is not None
        assert patient.birth.is_exact
        assert patient.observed


def test_every_clinical_row_of_synthea27nj_is_a_fact_or_counted(synthea: tuple[Path, list[Patient]]) -> None:
    folder, patients = synthea
    sources = {fact.source for patient in patients for fact in patient.facts}
    for table in ("condition_occurrence", "drug_exposure", "procedure_occurrence", "device_exposure"):
        with (folder / f"{table.upper()}.csv").open(encoding="utf-8", newline="") as file:
            rows = [f"{table}/{row[f'{table}_id']}" for row in csv.DictReader(file)]
        assert set(rows) <= sources, table
    with (folder / "MEASUREMENT.csv").open(encoding="utf-8", newline="") as file:
        valued = [row["measurement_id"] for row in csv.DictReader(file) if row["value_as_number"]]
    assert sum(f"measurement/{row}" in sources for row in valued) > 0.95 * len(valued)


def test_the_common_tests_and_drugs_of_synthea27nj_are_known(synthea: tuple[Path, list[Patient]]) -> None:
    _, patients = synthea
    found = Counter(named(fact)[0] for patient in patients for fact in patient.facts)
    expected = "weight height bmi sbp dbp hemoglobin creatinine ibuprofen acetaminophen"
    assert {name: found[name] > 0 for name in expected.split()} == dict.fromkeys(expected.split(), True)
