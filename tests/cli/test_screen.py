"""`trialwright screen`, `demo` and `doctor`: terms are honoured and printed, verdicts are no errors, bad charts are."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]
ON = ("--as-of", "2026-03-02")


def screened(result: Result) -> dict[str, str]:
    (trial,) = msgspec.json.decode(result.stdout)["trials"]
    return {row["id"]: row["verdict"] for row in trial["criteria"]}


def test_jsonl_is_one_report_for_each_patient(run: Run, folder: Path) -> None:
    result = run(
        "screen", folder / "chart.yaml", folder / "chart.yaml", "--trial", folder / "one.json", "--trial", folder / "two.json",
        "--format", "jsonl", *ON,
    )  # fmt: skip
    reports = [msgspec.json.decode(line) for line in result.stdout.splitlines()]
    assert [report["patient"] for report in reports] == ["someone", "someone"]
    assert [[trial["trial"] for trial in report["trials"]] for report in reports] == [
        ["NCT00000001", "NCT00000002"]
    ] * 2
    (row,) = [row for row in reports[0]["trials"][0]["criteria"] if row["id"] == "I2"]
    assert (row["kind"], row["verdict"], row["near"]) == ("inclusion", "fail", True)
    assert "84" in row["why"]
    assert row["evidence"][0]["date"] == "2026-02-20"


def test_an_ineligible_patient_is_no_error(run: Run, folder: Path) -> None:
    result = run("screen", folder / "chart.yaml", "--trial", folder / "one.json", "--format", "json", *ON)
    assert result.exit_code == 0
    assert screened(result) == {"I1": "pass", "I2": "fail", "I3": "person"}


def test_fail_on_a_verdict(run: Run, folder: Path) -> None:
    ask = ("screen", folder / "chart.yaml", "--trial", folder / "one.json", *ON, "--fail-on")
    assert run(*ask, "ineligible").exit_code == 1
    assert run(*ask, "eligible,open").exit_code == 0


def test_a_criterion_is_switched_off_and_the_report_says_so(run: Run, folder: Path) -> None:
    result = run("screen", folder / "chart.yaml", "--trial", folder / "one.json", "--without", "I2", *ON)
    assert "Switched off, not counted: I2." in result.stdout
    assert "POSSIBLY, 1 FOR A PERSON" in result.stdout


def test_the_day_is_an_argument_and_is_printed(run: Run, folder: Path) -> None:
    ask = ("screen", folder / "chart.yaml", "--trial", folder / "one.json")
    young = run(*ask, "--as-of", "1980-01-01", "--format", "json")
    assert screened(young)["I1"] == "fail"
    assert msgspec.json.decode(young.stdout)["as_of"] == "1980-01-01"
    assert "as of 1980-01-01, 1 trial" in young.stderr
    today = msgspec.json.decode(run(*ask, "--format", "json").stdout)["as_of"]
    assert today > "2025-01-01"


def test_complete_lists_turn_silence_into_an_answer(run: Run, folder: Path) -> None:
    record = folder / "prior.json"
    record.write_text((folder / "one.json").read_text().replace("Signed consent", "Prior docetaxel"))
    ask = ("screen", folder / "chart.yaml", "--trial", record, "--format", "json", *ON)
    assert screened(run(*ask))["I3"] == "unknown"
    assert screened(run(*ask, "--complete", "drugs,conditions"))["I3"] == "fail"


def test_limit_keeps_the_nearest_trials(run: Run, folder: Path) -> None:
    easy = folder / "easy.json"
    held = msgspec.json.decode((folder / "one.json").read_bytes())
    held["protocolSection"]["identificationModule"]["nctId"] = "NCT00000007"
    held["protocolSection"]["eligibilityModule"]["eligibilityCriteria"] = "Inclusion Criteria:\n\n* Age ≥ 18 years"
    easy.write_bytes(msgspec.json.encode(held))
    ask = ("screen", folder / "chart.yaml", "--trial", folder / "one.json", "--trial", easy, "--format", "json", *ON)
    (trial,) = msgspec.json.decode(run(*ask, "--limit", 1).stdout)["trials"]
    assert (trial["trial"], trial["verdict"]) == ("NCT00000007", "eligible")


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "md", "html"])
def test_every_format_is_written_to_a_file(run: Run, folder: Path, form: str) -> None:
    out = folder / "out"
    assert (
        run("screen", folder / "chart.yaml", "--trial", folder / "one.json", "--format", form, "-o", out, *ON).exit_code
        == 0
    )
    text = out.read_text(encoding="utf-8")
    assert "NCT00000001" in text
    assert "2026-03-02" in text


def test_csv_has_a_row_for_each_criterion_of_each_trial(run: Run, folder: Path) -> None:
    ask = ("screen", folder / "chart.yaml", "--trial", folder / "one.json", "--trial", folder / "two.json", *ON)
    rows = list(csv.DictReader(io.StringIO(run(*ask, "--format", "csv").stdout)))
    assert len(rows) == 6
    assert {row["as_of"] for row in rows} == {"2026-03-02"}


def test_a_chart_on_stdin(run: Run, folder: Path) -> None:
    chart = (folder / "chart.yaml").read_text()
    result = run("screen", "-", "--trial", folder / "one.json", "--format", "json", *ON, input=chart)
    assert screened(result)["I1"] == "pass"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--trial", "one.json", "--as-of", "2026-02-30"), "no day of the calendar"),
        (("--trial", "one.json", "--complete", "drug"), "did you mean 'drugs'?"),
        (("--trial", "one.json", "--without", "I33"), "did you mean 'I3'?"),
        (("--trial", "one.json", "--fail-on", "inelegible"), "did you mean 'ineligible'?"),
        (("-", "--trial", "-"), "can be read once only"),
        ((), "name them with --trial"),
    ],
)
def test_a_mistake_in_the_call_is_a_usage_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], says: str
) -> None:
    import click

    from trialwright.cli import root

    monkeypatch.chdir(folder)
    with pytest.raises(click.UsageError) as raised:
        root.main(["screen", "chart.yaml", *args], standalone_mode=False)
    assert raised.value.exit_code == 2
    assert says in raised.value.format_message()


@pytest.mark.parametrize(
    ("chart", "says"),
    [
        ("none.yaml", "no such file"),
        ("empty.json", "empty"),
        ("noise.bin", "noise.bin"),
        ("bad.yaml", "did you mean 'labs'?"),
    ],
)
def test_a_chart_that_cannot_be_read_is_one_line(run: Run, folder: Path, chart: str, says: str) -> None:
    result = run("screen", folder / chart, "--trial", folder / "one.json", "--quiet", *ON)
    assert result.exit_code == 3
    (error,) = result.stderr.splitlines()
    assert says in error
    assert "someone" not in error


def test_the_other_charts_are_still_screened(run: Run, folder: Path) -> None:
    result = run(
        "screen", folder / "bad.yaml", folder / "chart.yaml", "--trial", folder / "one.json", "--format", "jsonl", *ON
    )
    assert (result.exit_code, result.stdout.count("\n")) == (4, 1)


def test_no_message_holds_the_patient(run: Run, folder: Path) -> None:
    result = run("screen", folder / "chart.yaml", "--trial", folder / "one.json", *ON)
    assert "someone" in result.stdout
    assert "someone" not in result.stderr


def test_trials_that_cannot_be_read_are_named(run: Run, folder: Path) -> None:
    assert run("screen", folder / "chart.yaml", "--trial", folder / "empty.json").exit_code == 3
    partly = run("screen", folder / "chart.yaml", "--trial", folder / "mixed.jsonl", *ON)
    assert partly.exit_code == 4
    assert "NCT00000003" in partly.stdout


def test_doctor_says_what_is_there(run: Run, tmp_path: Path) -> None:
    result = run("--library", tmp_path / "shelf", "doctor", "--format", "json")
    assert result.exit_code == 0
    items = {item["what"]: item for item in msgspec.json.decode(result.stdout)}
    assert items["samples"]["detail"] == "5 trials, 4 patients"
    assert items["library"]["detail"].startswith(str(tmp_path / "shelf"))
    assert items["click"]["state"] == "ok"
    assert not [item for item in items.values() if item["state"] == "missing"]


def test_doctor_fails_only_when_asked_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialwright.samples.patient_paths", tuple)
    assert run("doctor").exit_code == 0
    result = run("doctor", "--fail-on", "missing")
    assert result.exit_code == 1
    assert "missing: samples" in result.stderr
