"""`trialwright plan`: each format, what is chosen and what has happened, and bad input as one clear line."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]
CHART = """
id: Maria Muster
sex: female
birth: 1970-01-01
labs:
  weight: 60 kg on 2026-02-20
  creatinine: 85 umol/L on 2026-02-20
"""
RECORD = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A trial"},
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Platinum", "description": "Cisplatin 75 mg/m2 or carboplatin AUC 5 on day 1 every 3 weeks for 4 cycles"},
                {"label": "Other", "description": "Docetaxel 75 mg/m2 on day 1 every 3 weeks for 4 cycles"},
            ]
        },
    }
}  # fmt: skip
ON = ("--start", "2026-03-02")


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(RECORD), encoding="utf-8")
    (tmp_path / "chart.yaml").write_text(CHART, encoding="utf-8")
    return path


def refused(run: Run, *args: object) -> str:
    with pytest.raises(click.UsageError) as caught:
        run("plan", *args)
    return caught.value.format_message()


def test_a_table_is_the_default(run: Run, record: Path) -> None:
    result = run("plan", record, *ON, "--arm", "Platinum")
    assert result.exit_code == 0
    assert "2026-05-04" in result.stdout  # the fourth cycle
    assert "choose Cisplatin | carboplatin" in result.stdout
    assert "decides nothing" in result.stdout


def test_json_and_csv(run: Run, record: Path) -> None:
    report = msgspec.json.decode(run("plan", record, *ON, "--format", "json").stdout)
    assert report["schema"] == "trialwright.plan/1"
    assert [arm["plan"]["arm"] for arm in report["arms"]] == ["Platinum", "Other"]
    rows = list(csv.DictReader(io.StringIO(run("plan", record, *ON, "--arm", "2", "--format", "csv").stdout)))
    assert [row["earliest"] for row in rows] == ["2026-03-02", "2026-03-23", "2026-04-13", "2026-05-04"]


@pytest.mark.parametrize("name", ["plan.ics", "plan.html", "plan.xlsx", "plan.csv", "plan.json"])
def test_the_suffix_decides_the_format(run: Run, record: Path, tmp_path: Path, name: str) -> None:
    starts = {"ics": b"BEGIN:VCALENDAR", "html": b"<!doctype html>", "xlsx": b"PK", "csv": b"trial,arm", "json": b"{"}
    place = tmp_path / name
    assert run("plan", record, *ON, "--arm", "2", "-o", place).exit_code == 0
    assert place.read_bytes().lstrip().startswith(starts[name.rpartition(".")[2]])


def test_a_choice_and_a_delay(run: Run, record: Path) -> None:
    result = run(
        "plan", record, *ON, "--arm", "1", "--choose", "carboplatin", "--actual", "C2D1=2026-03-30", "--delays", "shift", "--format", "csv"
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["activity"], row["earliest"]) for row in rows] == [
        ("carboplatin", day) for day in ("2026-03-02", "2026-03-30", "2026-04-20", "2026-05-11")
    ]


def test_doses_for_a_patient_and_what_their_chart_lacks(run: Run, record: Path) -> None:
    chart = record.parent / "chart.yaml"
    words = run("plan", record, *ON, "--arm", "1", "--patient", chart, "--bsa", "mosteller").stdout
    assert (
        "carboplatin: 434.40 mg" in words
    )  # 5 × ((140 − 56) × 60 × 0.85 / (72 × 0.9615) + 25), 85 umol/L being 0.9615 mg/dL
    assert "Cisplatin: not computed: height is not recorded" in words
    assert "creatinine 85 umol/L (2026-02-20, line 7)" in words
    assert "Maria" not in words
    assert "chart.yaml" not in words  # a chart's file may be named after somebody
    assert "for Maria Muster" in run("plan", record, *ON, "--patient", chart, "--name", "Maria Muster").stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--start", "2026-02-30"), "'2026-02-30' is no day of the calendar"),
        (("--start", "soon"), "expected a form such as 2026-03-02"),
        ((*ON, "--arm", "Radiation"), "there is no arm 'Radiation'; the arms are 'Platinum', 'Other'"),
        ((*ON, "--arm", "1", "--choose", "carboplatn"), "did you mean 'carboplatin'?"),
        ((*ON, "--arm", "1", "--actual", "C2D1"), "expected a form such as C3D1=2026-03-10"),
        (
            (*ON, "--arm", "1", "--actual", "C2D1=2026-03-30"),
            "say whether later cycles shift with it or keep their days",
        ),
        ((*ON, "--arm", "1", "--actual", "C9D1=2026-03-30"), "the plan holds no 'C9D1'"),
        ((*ON, "--gfr-cap", "-5"), "is no amount"),
        ((*ON, "--format", "ics"), "a calendar file holds one arm"),
    ],
    ids=[
        "no such day",
        "no day",
        "no such arm",
        "no such choice",
        "no date",
        "late without a rule",
        "no such cycle",
        "no amount",
        "two arms",
    ],
)
def test_a_mistake_is_one_clear_line(run: Run, record: Path, args: tuple[str, ...], message: str) -> None:
    assert message in refused(run, record, *args)


def test_a_start_date_is_needed(run: Run, record: Path) -> None:
    with pytest.raises(click.MissingParameter):
        run("plan", record)


def test_a_file_that_is_no_record_is_said_and_not_raised(run: Run, folder: Path) -> None:
    result = run("plan", folder / "noise.bin", *ON)
    assert result.exit_code == 3
    assert "noise.bin" in result.stderr
    assert "Traceback" not in result.stderr


def test_several_trials_are_refused(run: Run, folder: Path) -> None:
    (folder / "both.jsonl").write_text("\n".join(json.dumps(RECORD) for _ in range(2)), encoding="utf-8")
    assert "a plan is made for one" in refused(run, folder / "both.jsonl", *ON)


@pytest.mark.parametrize("sample", ["SAMPLE-002", "SAMPLE-004"])
def test_the_built_in_samples_are_planned(run: Run, sample: str) -> None:
    result = run("plan", sample, *ON)
    assert result.exit_code == 0
    assert "C1 D1" in result.stdout
