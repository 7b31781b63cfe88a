"""Screening on the pages: forms, notes and files in, a report out; nothing of a patient is kept, logged or put into an address."""

import json
import logging
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from trialwright import samples
from trialwright.patients.loading import read_patients
from trialwright.patients.remarks import ChartError
from trialwright.web.app import application
from trialwright.web.pages.charts import BOXES, chart_of, said

NAME = "Quibblewick"
FORM = {
    "how": "form",
    "open": "1",
    "name": NAME,
    "sex": "female",
    "birth": "1974-06-11",
    "ecog": "1",
    "ecog_day": "2026-02-20",
    "as_of": "2026-03-02",
    "conditions": "recurrent nasopharyngeal carcinoma since 2025-05-20, site nasopharynx, confirmed by biopsy",
    "labs": "hemoglobin: 84 g/L on 2026-02-20 (115-150)\nhemoglobin: 92 g/L on 2026-01-20\nplatelets: 180 10*9/L on 2026-02-20",
    "complete": "drugs",
}


def post(client: TestClient, data: dict[str, Any], status: int = 200, **more: Any) -> str:
    answer = client.post("/screen", data=data, **more)
    assert answer.status_code == status, answer.text[:600]
    assert answer.headers["cache-control"] == "no-store"
    assert NAME not in str(answer.url)
    return answer.text


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def verdicts(html: str) -> dict[str, str]:
    return {
        id_: verdict
        for verdict, id_ in re.findall(r"<strong class=\"\w+\">([^<]+)</strong><a href=\"#[^\"]+\">([\w-]+):", html)
    }


def test_a_sample_patient_fits_a_sample_trial(client: TestClient) -> None:
    html = post(client, {"how": "sample", "sample": "SAMPLE-A", "open": "1"})
    found = verdicts(html)
    assert found["SAMPLE-003"] == "likely eligible"
    assert found["SAMPLE-001"] == "not eligible, 1 failed"
    assert len(found) == len(set(found))
    assert "This report decides nothing" in html
    assert f'As of <time datetime="{samples.SCREENED_ON}">' in html


@pytest.mark.parametrize("path", samples.patient_paths(), ids=lambda path: path.stem)
def test_every_sample_patient_gets_a_report(client: TestClient, path: Path) -> None:
    name = path.stem.upper().replace("PATIENT-", "SAMPLE-")
    assert f"Patient {name}" in post(client, {"how": "sample", "sample": name})


def test_a_filled_form_becomes_a_report_on_the_trials_about_the_illness(client: TestClient) -> None:
    html = post(client, FORM)
    found = verdicts(html)
    assert "NCT10000001" in found
    assert "NCT10000003" not in found, "the asthma trial is about something else"
    assert "NCT10000002" not in found, "it is closed, and only open ones were asked for"
    assert "nasopharyngeal carcinoma" in words(html).partition("Looked for trials about:")[2].partition(".")[0]
    assert 'href="/trial/NCT10000001"' in html
    assert "84 g/L" in html
    everything = verdicts(post(client, FORM | {"open": ""}))
    assert everything["NCT10000002"] == "trial closed"


def test_a_form_for_one_trial_judges_that_one(client: TestClient) -> None:
    found = verdicts(post(client, FORM | {"trial": "nct10000001, SAMPLE-002"}))
    assert set(found) == {"NCT10000001", "SAMPLE-002"}


def test_a_criterion_that_is_left_out_is_not_counted_and_the_report_says_so(client: TestClient) -> None:
    html = post(client, FORM | {"trial": "NCT10000001", "without": "E1"})
    assert "Switched off, not counted: E1." in words(html)


def test_the_report_can_be_asked_for_again_and_as_a_file(client: TestClient) -> None:
    html = post(client, FORM | {"trial": "NCT10000001"})
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html.partition("Save as a file")[0]))
    assert again["how"] == "form"
    chart = again["chart"].replace("&#34;", '"')
    answer = client.post("/screen", data=again | {"chart": chart, "save": "1"})
    assert answer.headers["content-disposition"] == 'attachment; filename="report.html"'
    assert verdicts(answer.text) == verdicts(html)
    assert "<style>" in answer.text


def test_a_pasted_note_is_read(client: TestClient) -> None:
    note = "A 51-year-old woman with recurrent nasopharyngeal carcinoma. ECOG 1. She has no hepatitis B."
    html = post(client, {"how": "note", "note": note, "open": "1", "as_of": "2026-03-02"})
    assert "NCT10000001" in verdicts(html)
    assert "Looked for trials about: nasopharyngeal carcinoma" in words(html)


def test_files_are_read_in_every_form_of_a_chart(client: TestClient, chart: str) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1974-06-11"}}],
    }
    for name, data in (("chart.yaml", chart), ("bundle.json", json.dumps(bundle))):
        html = post(client, {"how": "file", "trial": "SAMPLE-001"}, files={"file": (name, data)})
        assert "SAMPLE-001" in verdicts(html)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"how": "form"}, "nothing is filled in"),
        (
            {"how": "form", "labs": "hemoglobin 90"},
            "Blood and other tests, line 1: expected a name, a colon and a value",
        ),
        ({"how": "form", "conditions": "flu\ncold since 2026-02-31"}, "Illnesses, line 2: no such date"),
        ({"how": "form", "birth": "yesterday"}, "birth: no such date"),
        ({"how": "form", "sex": "x"}, "sex: expected female or male"),
        ({"how": "form", "sex": "male", "as_of": "someday"}, "the day to judge by: expected a day such as 2026-03-02"),
        ({"how": "form", "sex": "male", "trial": "NCT99999999"}, "none of these trials is on this computer"),
        ({"how": "form", "sex": "male", "trial": " ".join(f"NCT{n:08}" for n in range(26))}, "at most 25 trials"),
        ({"how": "note", "note": " "}, "the note is empty"),
        ({"how": "note", "note": "x" * 40_001}, "a note of at most 40,000 characters"),
        ({"how": "file"}, "choose a file first"),
        ({"how": "sample", "sample": "SAMPLE-Z"}, "there is no such sample patient"),
    ],
)
def test_what_cannot_be_is_said_with_the_form_as_it_was(
    client: TestClient, given: dict[str, str], expected: str
) -> None:
    html = post(client, given, 422)
    assert expected in words(html).replace("&#39;", "'")
    assert "No report yet." in html
    for name, text in given.items():
        if name in ("labs", "conditions"):
            assert text in html


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("deep.json", "[" * 50_000),
        ("deep.yaml", "a: " * 5_000),
        ("bomb.yaml", "a: &a [x]\nb: [*a, *a]\n"),
        ("bundle.json", '{"resourceType": "Bundle", "entry": ' + "[" * 20_000),
        ("chart.xml", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
        ("zip.json", "PK\x03\x04" + "\x00" * 100),
        ("empty.json", " "),
        ("words.json", f"{NAME} {NAME}"),
    ],
)
def test_a_file_that_is_no_chart_is_refused_in_one_line(client: TestClient, name: str, data: str) -> None:
    html = post(client, {"how": "file"}, 422, files={"file": (name, data)})
    told = html.partition("No report yet.</strong>")[2].partition("</p>")[0]
    assert told.strip()
    assert NAME not in told
    assert "Traceback" not in html


def test_nothing_of_a_patient_reaches_a_log_or_a_disk(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    caplog.set_level(logging.DEBUG)
    big = "id: x\nsex: female\n" + f"# {NAME}\n" * 150_000
    post(client, FORM)
    post(client, {"how": "note", "note": f"{NAME} has asthma"})
    post(client, {"how": "file", "trial": "SAMPLE-001"}, files={"file": (f"{NAME}.yaml", big)})
    post(client, FORM | {"conditions": f"{NAME} since 2026-02-31"}, 422)
    assert NAME not in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_patient_stands_in_no_address(client: TestClient) -> None:
    html = client.get("/screen?trial=NCT10000001&sex=female&conditions=asthma").text
    assert 'value="NCT10000001"' in html
    assert ">asthma<" not in html
    for form in re.findall(r"<form[^>]*>", html):
        assert 'method="post"' in form


def test_what_a_patient_form_says_is_escaped(client: TestClient) -> None:
    evil = '"><script>alert(1)</script>'
    html = post(client, FORM | {"conditions": evil, "trial": "SAMPLE-001"})
    assert "<script>alert" not in html
    html = post(client, FORM | {"conditions": f"{evil} since 2026-02-31", "name": evil}, 422)
    assert "<script>alert" not in html


def test_without_any_trial_the_samples_are_there(tmp_path: Path) -> None:
    with TestClient(application(tmp_path / "none"), base_url="http://127.0.0.1") as empty:
        assert "There are no trials here yet" in empty.get("/").text
        assert "There are no trials here yet" in empty.get("/search?q=asthma").text
        assert empty.get("/trial/sample-001").status_code == 200
        assert empty.get("/trial/NCT10000001").status_code == 404
        found = verdicts(post(empty, {"how": "sample", "sample": "SAMPLE-A"}))
        assert found["SAMPLE-003"] == "likely eligible"
        assert len(verdicts(post(empty, FORM))) == 5
        assert "a note can be read only when the library holds trials" in words(
            post(empty, {"how": "note", "note": "x"}, 422)
        )


# The boxes of the form.


def test_every_box_takes_its_own_example() -> None:
    for box in BOXES:
        (patient,) = read_patients(chart_of({box.section: box.example}))
        assert patient.facts, box.section
        assert not patient.diagnostics, (box.section, patient.diagnostics)


def test_a_chart_is_made_of_the_boxes() -> None:
    chart = json.loads(chart_of(FORM | {"scores": "NYHA: 2 on 2026-02-20"}))
    assert chart["labs"]["hemoglobin"] == ["84 g/L on 2026-02-20 (115-150)", "92 g/L on 2026-01-20"]
    assert chart["scores"] == {"ECOG": "1 on 2026-02-20", "NYHA": "2 on 2026-02-20"}
    assert chart["id"] == NAME
    assert json.loads(chart_of({"sex": "male", "name": "<b>"}))["id"] == "b"


def test_a_message_names_the_box() -> None:
    assert said(ChartError("input:1: conditions, item 2: no such date")) == "Illnesses, line 2: no such date"
    assert (
        said(ChartError("input:1: labs, hemoglobin: found no unit"))
        == "Blood and other tests, hemoglobin: found no unit"
    )
    assert said(ChartError("input: the file is empty")) == "the file is empty"


# Populations.


def people(number: int, hemoglobin: int) -> str:
    return "\n".join(
        f"---\nid: {NAME}-{hemoglobin}-{n}\nsex: female\nbirth: 1970-01-01\nscores:\n  ECOG: 1 on 2026-02-20\n"
        f"labs:\n  hemoglobin: {hemoglobin} g/L on 2026-02-24\n"
        for n in range(number)
    )


def test_a_population_is_counted_rule_by_rule(client: TestClient) -> None:
    files = [
        ("charts", ("a.yaml", people(30, 120))),
        ("charts", ("b.yaml", people(25, 70))),
        ("charts", ("c.txt", "{")),
    ]
    answer = client.post("/funnel", data={"trial": "sample-002", "as_of": "2026-03-02", "order": "I9"}, files=files)
    assert answer.status_code == 200, answer.text[:600]
    said_ = words(answer.text)
    assert "Given 56, not read 1, counted 55" in said_
    rows = re.findall(r"<tr><td>(\d+)</td><th scope=\"row\">(.*?)</th><td>(.*?)</td><td>(.*?)</td>", answer.text)
    assert rows[0][2:] == ("55", "55")
    assert words(rows[1][1]).startswith("I9")
    assert rows[1][3] == "30", "those whose haemoglobin is too low are out"
    assert "<svg" in answer.text
    assert NAME not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_few_people_are_not_shown_as_a_number(client: TestClient) -> None:
    files = [("charts", ("a.yaml", people(30, 120))), ("charts", ("b.yaml", people(3, 70)))]
    answer = client.post("/funnel", data={"trial": "SAMPLE-002", "as_of": "2026-03-02", "order": "I9"}, files=files)
    rows = re.findall(
        r"<tr><td>(\d+)</td><th scope=\"row\">.*?</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td>", answer.text
    )
    assert rows[1][3] == "&lt;10"


@pytest.mark.parametrize(
    ("given", "charts", "expected"),
    [
        ({"trial": "NCT99999999"}, "id: x\nsex: female\n", "no trial 'NCT99999999' is on this computer"),
        ({"trial": "SAMPLE-002", "without": "Z9"}, "id: x\nsex: female\n", "this trial has no criterion 'Z9'"),
        ({"trial": "SAMPLE-002"}, "{", "no chart could be read"),
        ({"trial": "SAMPLE-002", "as_of": "x"}, "id: x\n", "the day to judge by"),
        ({"trial": "SAMPLE-002"}, "", "choose at least one file"),
    ],
)
def test_a_count_that_cannot_be_is_said(client: TestClient, given: dict[str, str], charts: str, expected: str) -> None:
    files = [("charts", ("a.yaml", charts))] if charts else []
    answer = client.post("/funnel", data=given, files=files or None)
    assert answer.status_code == 422, answer.text[:300]
    assert expected in words(answer.text).replace("&#39;", "'")


# Records that are only read.


def test_a_pasted_record_becomes_its_page_and_is_not_kept(client: TestClient, seeds: dict[str, bytes]) -> None:
    answer = client.post("/check", data={"record": seeds["003"].decode()})
    assert answer.status_code == 200
    assert "This record was only read. It is not kept." in answer.text
    assert "no trial number" in answer.text
    assert 'href="/trial/' not in answer.text.partition("<main")[2].partition("<footer")[0]


def test_several_records_become_a_list(client: TestClient) -> None:
    lines = "\n".join(path.read_text(encoding="utf-8").replace("\n", " ") for path in samples.trial_paths())
    answer = client.post("/check", files={"file": ("records.jsonl", lines)}, data={})
    assert "5 records read" in answer.text
    assert "SAMPLE-004" in answer.text


def test_a_record_that_cannot_be_read_is_said(client: TestClient) -> None:
    for given in ({"record": "{"}, {"record": ""}, {"record": "<a>" * 5000}):
        answer = client.post("/check", data=given)
        assert answer.status_code == 422, answer.text[:300]
        assert 'role="alert"' in answer.text


def test_a_held_trial_leads_to_what_is_odd_in_it(client: TestClient) -> None:
    assert client.get("/check?trial=nct10000001").headers["location"] == "/trial/NCT10000001#odd"
    assert client.get("/check?trial=NCT99999999").status_code == 404
