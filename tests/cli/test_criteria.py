"""`trialwright criteria`: the criteria as published and as read, in every format."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_each_criterion_stands_with_its_words_and_its_reading(run: Run, folder: Path) -> None:
    result = run("criteria", folder / "one.json")
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert "Coverage: 3 of 3 criteria read whole" in text
    assert "I2 inclusion, read whole “Hemoglobin ≥ 90 g/L” Read as:" in text


def test_json_is_the_contract(run: Run, folder: Path) -> None:
    held = msgspec.json.decode(run("criteria", folder / "one.json", "--format", "json").stdout)
    assert (held["schema"], held["trial"]) == ("trialwright.criteria/1", "NCT00000001")
    assert [one["id"] for one in held["criteria"]] == ["I1", "I2", "I3"]


def test_several_trials_as_json_and_as_lines(run: Run, folder: Path) -> None:
    both = (folder / "one.json", folder / "two.json")
    array = msgspec.json.decode(run("criteria", *both, "--format", "json").stdout)
    lines = [msgspec.json.decode(line) for line in run("criteria", *both, "--format", "jsonl").stdout.splitlines()]
    assert array == lines
    assert [one["trial"] for one in lines] == ["NCT00000001", "NCT00000002"]


def test_csv_and_markdown_hold_a_row_for_each_criterion(run: Run, folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("criteria", folder / "one.json", "--format", "csv").stdout)))
    assert [row["id"] for row in rows] == ["I1", "I2", "I3"]
    assert all(row["understood"] for row in rows)
    markdown = run("criteria", folder / "one.json", "--format", "md").stdout
    assert len([line for line in markdown.splitlines() if line.startswith("| I")]) == 3


@pytest.mark.parametrize("sample", [f"SAMPLE-{number:03d}" for number in range(5)])
def test_every_sample_has_criteria(run: Run, sample: str) -> None:
    held = msgspec.json.decode(run("criteria", sample, "--format", "json").stdout)
    assert held["trial"] == sample
    assert held["criteria"]


def test_a_record_without_criteria_says_so_and_is_no_error(run: Run, folder: Path) -> None:
    bare = folder / "bare.json"
    bare.write_text('{"protocolSection": {"identificationModule": {"nctId": "NCT00000009"}}}')
    result = run("criteria", bare)
    assert result.exit_code == 0
    assert "no-criteria" in result.stdout
    assert run("criteria", bare, "--fail-on", "remarks").exit_code == 1


def test_fail_on_unread(run: Run, folder: Path) -> None:
    odd = folder / "odd.json"
    odd.write_text((folder / "one.json").read_text().replace("Signed consent", "Flurbs the wug ≥ under 3 of it"))
    assert run("criteria", folder / "one.json", "--fail-on", "unread").exit_code == 0
    assert run("criteria", odd, "--fail-on", "unread").exit_code == 1
