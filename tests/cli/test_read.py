"""`trialwright read`: formats, many inputs, and what it does with input that cannot be read."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_one_record_is_a_card(run: Run, folder: Path) -> None:
    result = run("read", folder / "one.json")
    assert result.exit_code == 0
    assert result.stdout.startswith("NCT00000001 · A trial\n")
    assert "status        (not stated)" in result.stdout
    assert result.stderr == ""


def test_several_records_are_lines_with_tabs(run: Run, folder: Path) -> None:
    header, *rows = [
        line.split("\t") for line in run("read", folder / "one.json", folder / "two.json").stdout.splitlines()
    ]
    assert (header[0], header[-1]) == ("id", "title")
    assert [row[0] for row in rows] == ["NCT00000001", "NCT00000002"]


def test_json_is_the_study_or_a_page_of_studies_and_reads_back(run: Run, folder: Path) -> None:
    one = run("read", folder / "one.json", "--format", "json").stdout
    assert msgspec.json.decode(one) == msgspec.json.decode((folder / "one.json").read_bytes())
    page = run("read", folder / "one.json", folder / "two.json", "--format", "json").stdout
    assert [list(study) for study in msgspec.json.decode(page)["studies"]] == [["protocolSection"]] * 2
    assert run("read", "-", "--format", "jsonl", input=page).stdout.count("\n") == 2


def test_jsonl_is_a_study_a_line(run: Run, folder: Path) -> None:
    lines = run("read", folder / "one.json", folder / "two.json", "--format", "jsonl").stdout.splitlines()
    assert [msgspec.json.decode(line)["protocolSection"]["identificationModule"]["nctId"] for line in lines] == [
        "NCT00000001",
        "NCT00000002",
    ]


def test_csv_has_a_header_and_a_row_each(run: Run, folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("read", folder / "one.json", "--format", "csv").stdout)))
    assert [(row["id"], row["title"], row["form"]) for row in rows] == [("NCT00000001", "A trial", "api-v2")]


def test_a_suffix_names_the_format(run: Run, folder: Path) -> None:
    out = folder / "out.jsonl"
    assert run("read", folder / "one.json", "-o", out).exit_code == 0
    assert msgspec.json.decode(out.read_bytes())["protocolSection"]


def test_limit(run: Run, folder: Path) -> None:
    result = run("read", folder / "one.json", folder / "two.json", "--limit", 1, "--format", "jsonl")
    assert result.stdout.count("\n") == 1


def test_a_built_in_sample_is_read_by_its_id(run: Run) -> None:
    assert run("read", "sample-002").stdout.startswith("SAMPLE-002 · ")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nofile.json", "nofile.json: no such file"),
        ("empty.json", "empty"),
        ("noise.bin", "no published form"),
        ("truncated.json", "record 1"),
        ("missing/one.json", "does not exist"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_3(run: Run, folder: Path, name: str, says: str) -> None:
    result = run("read", folder / name)
    assert result.exit_code == 3
    error, *others = result.stderr.splitlines()
    assert error.startswith("error: ")
    assert name.rpartition("/")[2].partition(".")[0] in error or "missing" in error
    assert says in error
    assert others == ["not everything could be read: 0 could, 1 could not"]
    assert "Traceback" not in result.output


def test_the_nearest_name_is_offered(run: Run, folder: Path) -> None:
    assert "did you mean 'one.json'?" in run("read", folder / "onne.json").stderr
    assert "did you mean 'SAMPLE-001'?" in run("read", "SAMPLE-01").stderr


def test_the_good_records_of_mixed_input_are_read(run: Run, folder: Path) -> None:
    result = run("read", folder / "mixed.jsonl", folder / "one.json", "--format", "jsonl")
    assert result.exit_code == 4
    assert result.stdout.count("\n") == 2
    assert "record 1" in result.stderr
    assert "record 3" in result.stderr


def test_an_empty_folder_holds_nothing(run: Run, folder: Path) -> None:
    result = run("read", folder / "hollow")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "holds no trial" in result.stderr


def test_quiet_says_errors_only(run: Run, folder: Path) -> None:
    assert run("read", folder / "nofile.json", "--quiet").stderr.count("\n") == 1


def test_an_output_file_is_not_touched_when_nothing_could_be_read(run: Run, folder: Path) -> None:
    out = folder / "out.csv"
    out.write_text("old")
    assert run("read", folder / "empty.json", "-o", out, "--format", "jsonl").exit_code == 3
    assert out.read_text() == "old"
    assert not list(folder.glob(".*.part"))


def test_fail_on_remarks(run: Run, folder: Path) -> None:
    odd = folder / "odd.json"
    odd.write_text((folder / "one.json").read_text().replace('"briefTitle": "A trial"', '"briefTitle": 3'))
    assert run("read", odd).exit_code == 0
    assert run("read", odd, "--fail-on", "remarks").exit_code == 1
    assert run("read", folder / "one.json", "--fail-on", "remarks").exit_code == 0


def test_a_hostile_file_name_rewrites_no_screen(run: Run) -> None:
    assert "\x1b" not in run("read", "\x1b[2Jnowhere").stderr
