"""Charts made by others: Synthea's R4 bundles and mCODE test patients load whole, and what is left over is counted."""

import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from trialwright.patients import fhir
from trialwright.patients.facts import Measurement, Occurrence, Patient, Rating, Staging
from trialwright.patients.fhir_types import READ
from trialwright.patients.loading import read_patients
from trialwright.patients.remarks import ChartError


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as files:
        for member in files:
            found = files.extractfile(member)
            if found and member.name.endswith(".json"):
                yield member.name, found.read()


Loaded = list[tuple[list[fhir.Row], Patient]]


@pytest.fixture(scope="module")
def synthea(shared: Path) -> Loaded:
    found = []
    for _, data in members(shared / "data/patients/synthea_r4.tar.gz"):
        (patient,) = read_patients(data)
        found.append((list(fhir.bundle_rows(data)), patient))
    return found


def used(rows: list[fhir.Row], patient: Patient) -> Counter[str]:
    sources = {fact.source for fact in patient.facts}
    return Counter(row.kind for row in rows if row.where in sources)


def test_every_clinical_row_of_synthea_becomes_a_fact(synthea: Loaded) -> None:
    assert len(synthea) == 120
    for rows, patient in synthea:
        there, kept = Counter(row.kind for row in rows), used(rows, patient)
        for kind in set(READ) - {"Patient", "DiagnosticReport"}:
            assert kept[kind] == there[kind], (kind, kept[kind], there[kind])


def test_every_other_row_of_synthea_is_counted(synthea: Loaded) -> None:
    for rows, patient in synthea:
        left = Counter(row.kind for row in rows if row.kind not in READ)
        said = {
            one.where: int(one.message.split()[0])
            for one in patient.diagnostics
            if one.code == "unused-resource" and one.where in left
        }
        assert said == left


def test_synthea_patients_have_sex_birth_and_dated_facts(synthea: Loaded) -> None:
    for _, patient in synthea:
        assert patient.sex in ("female", "male")
        assert patient.birth is not None
        assert patient.birth.is_exact
        assert all(fact.start is not None for fact in patient.facts if isinstance(fact, Measurement))


def test_the_common_laboratory_tests_of_synthea_are_known(synthea: Loaded) -> None:
    found = Counter(
        fact.concept.id for _, patient in synthea for fact in patient.facts if isinstance(fact, Measurement)
    )
    expected = "hemoglobin platelets wbc creatinine sodium potassium calcium glucose hba1c weight height bmi sbp dbp egfr ast alt"
    assert {name: found[name] > 0 for name in expected.split()} == dict.fromkeys(expected.split(), True)


def test_nothing_is_odd_in_synthea_but_what_is(synthea: Loaded) -> None:
    codes = Counter(one.code for _, patient in synthea for one in patient.diagnostics)
    assert set(codes) <= {
        "unused-resource",
        "unknown-unit",
        "unit-mismatch",
        "lab-without-range",
        "birth-after-event",
        "contradicting-values",
    }
    assert codes["birth-after-event"] == 2


@pytest.fixture(scope="module")
def mcode(shared: Path) -> dict[str, Patient]:
    found = {}
    for name, data in members(shared / "data/patients/mcode.tar.gz"):
        try:
            (patient,) = read_patients(data)
        except ChartError:
            continue
        found[name.removeprefix("./")] = patient
    return found


def test_the_mcode_files_that_hold_a_patient_load(mcode: dict[str, Patient]) -> None:
    assert sorted(mcode) == ["TrialMatching_Patient01.json", "TrialMatching_Patient02.json", "query.json"]


def test_stage_ecog_and_markers_of_the_mcode_patients(mcode: dict[str, Patient]) -> None:
    second = mcode["TrialMatching_Patient02.json"]
    assert {(fact.system, fact.value) for fact in second.facts if isinstance(fact, Staging)} == {("group", "IV")}
    assert [(fact.scale, fact.value) for fact in second.facts if isinstance(fact, Rating)] == [("ecog", 1)]
    drugs = {fact.concept.id for fact in second.facts if isinstance(fact, Occurrence) and fact.concept.kind == "drug"}
    assert drugs >= {"fulvestrant", "capecitabine", "gemcitabine", "tamoxifen"}
    markers = {fact.concept.id: fact.certainty for fact in mcode["query.json"].facts if isinstance(fact, Occurrence)}
    assert markers["her2-positive"] == "refuted"
