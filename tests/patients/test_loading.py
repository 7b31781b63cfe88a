"""What an input is told by, folders, and bad input: one line, the others still read, nothing of the patient's in a message."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.patients.fhir_types import READ
from trialwright.patients.loading import read_patients, recognise
from trialwright.patients.remarks import ChartError

from .charts import PERSON, bundle, coded, codes, named, row

ASTHMA = row("Condition", code=coded("Asthma"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bundle(PERSON), "fhir"),
        (json.dumps(PERSON).encode(), "fhir"),
        (json.dumps(PERSON, indent=2).encode(), "fhir"),
        (json.dumps(PERSON).encode() + b"\n" + json.dumps(ASTHMA).encode(), "fhir-lines"),
        (b"\xef\xbb\xbf  " + bundle(PERSON), "fhir"),
        (b"id: x\n", "form"),
        (b'{"id": "x"}', "form"),
        (b"- id: x\n", "form"),
    ],
)
def test_the_content_tells_what_it_is(data: bytes, expected: str) -> None:
    assert recognise(data) == expected


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"  \n ", "the file is empty"),
        (b"\x00\x01\x02", "no text in UTF-8"),
        (b"<Bundle xmlns='http://hl7.org/fhir'/>", "XML is not read"),
        (bundle(), "holds no patient"),
        (b'{"resourceType": "Bundle", "entry": [', "not readable as FHIR JSON"),
        (b'{"resourceType": "Bundle", "entry": 3}', "not readable as FHIR JSON"),
    ],
)
def test_bad_bytes_are_one_line_with_the_name_in_front(data: bytes, words: str) -> None:
    with pytest.raises(ChartError) as caught:
        list(read_patients(data))
    assert str(caught.value).startswith("input: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_and_a_folder_without_charts(tmp_path: Path) -> None:
    with pytest.raises(ChartError, match="there is no such file or folder"):
        list(read_patients(tmp_path / "none.json"))
    with pytest.raises(ChartError, match="no chart in this folder"):
        list(read_patients(tmp_path))


def test_bulk_export_lines_and_a_line_that_is_none() -> None:
    lines = [json.dumps(PERSON), "", "{broken", json.dumps(ASTHMA), "[1]"]
    (patient,) = read_patients("\n".join(lines).encode())
    assert [named(fact)[0] for fact in patient.facts] == ["asthma"]
    assert [one.message for one in patient.diagnostics if one.code == "broken-row"] == [
        "2 rows: no JSON object with a resourceType; not used"
    ]


def test_the_files_of_a_bulk_export_belong_together(tmp_path: Path) -> None:
    other = {"resourceType": "Patient", "id": "q", "gender": "male"}
    (tmp_path / "Patient.ndjson").write_text(f"{json.dumps(PERSON)}\n{json.dumps(other)}\n", encoding="utf-8")
    (tmp_path / "Condition.ndjson").write_text(json.dumps(ASTHMA), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a chart", encoding="utf-8")
    found = {patient.id: len(patient.facts) for patient in read_patients(tmp_path)}
    assert found == {"p": 1, "q": 0}


def test_one_bad_file_of_a_folder_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(bundle(PERSON, ASTHMA))
    (tmp_path / "b.json").write_text('{"resourceType": "Bundle", "entry": [', encoding="utf-8")
    (tmp_path / "c.yaml").write_text("id: c\n", encoding="utf-8")
    (tmp_path / "d.yaml").write_text("idd: d\n", encoding="utf-8")
    errors: list[ChartError] = []
    assert [patient.id for patient in read_patients(tmp_path, on_error=errors.append)] == ["p", "c"]
    assert [str(error).split(":")[0].rsplit("/", 1)[-1] for error in errors] == ["b.json", "d.yaml"]
    with pytest.raises(ChartError):
        list(read_patients(tmp_path))


def test_a_patient_is_never_shown_by_its_repr() -> None:
    (patient,) = read_patients(bundle(PERSON | {"name": [{"family": "Secret"}]}, ASTHMA))
    assert repr(patient) == "<Patient with 1 facts>"


def test_a_truncated_row_is_reported_and_the_patient_read() -> None:
    whole = json.dumps(PERSON) + "\n" + json.dumps(ASTHMA)
    (patient,) = read_patients(whole[:-10].encode())
    assert patient.facts == ()
    assert codes(patient) == ["broken-row"]


@given(st.binary(max_size=300))
def test_any_bytes_give_patients_or_one_line(data: bytes) -> None:
    try:
        list(read_patients(data))
    except ChartError as error:
        assert "\n" not in str(error)  # noqa: PT017 - what is asked is what it says when it does raise


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 3000) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "coding", "value", "code", "unit"]), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    sorted(
        {field.encode_name for kind in READ.values() for field in msgspec.structs.fields(kind)}
        - {"id", "subject", "patient"}
    )
)
KINDS = st.sampled_from(sorted(set(READ) - {"Patient", "Medication", "BodyStructure"}))


@given(KINDS, st.dictionaries(FIELDS, VALUES, max_size=5))
def test_no_resource_however_odd_raises(kind: str, fields: dict[str, object]) -> None:
    (patient,) = read_patients(bundle(PERSON, row(kind, **fields)))
    assert patient.id == "p"


@given(
    st.dictionaries(
        st.sampled_from(["id", "sex", "conditions", "labs", "stage", "drugs", "scores", "allergies", "plans"]),
        VALUES,
        max_size=4,
    )
)
def test_no_form_however_odd_raises_more_than_a_line(fields: dict[str, object]) -> None:
    try:
        list(read_patients(json.dumps(fields).encode()))
    except ChartError as error:
        assert "\n" not in str(error)  # noqa: PT017 - what is asked is what it says when it does raise
