"""`trialwright check`: every remark once, with severity, place, words and meaning, in every format."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result

from trialwright.export.checking import COLUMNS

Run = Callable[..., Result]
SEEDS = ("000", "001", "002", "003", "004")
CONTRADICTING = "Inclusion Criteria:\\n\\n* Hemoglobin ≥ 10 g/dL\\n\\nExclusion Criteria:\\n\\n* Hemoglobin > 9 g/dL\\n* Infections etc."


def record(words: str, number: str = "NCT00000001") -> str:
    return (
        f'{{"protocolSection": {{"identificationModule": {{"nctId": "{number}", "briefTitle": "A trial"}},'
        f' "eligibilityModule": {{"eligibilityCriteria": "{words}"}}}}}}'
    )


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "odd.json"
    path.write_text(record(CONTRADICTING), encoding="utf-8")
    return path


def lines_of(run: Run, *args: object) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in run("check", *args, "--format", "jsonl").stdout.splitlines()]


@pytest.fixture
def seed_files(shared: Path) -> dict[str, Path]:
    return {path.name[:3]: path for path in sorted((shared / "seeds").glob("*.txt"))}


def test_a_remark_is_drawn_with_its_place_and_carets(run: Run, odd: Path) -> None:
    result = run("check", odd)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "NCT00000001 · A trial"
    assert lines[1].startswith("1 error, ")
    assert "Coverage: " in lines[1]
    at = lines.index("Errors (1)")
    assert lines[at + 1] == "  Nobody can meet two of the criteria at one time"
    assert lines[at + 2].startswith("    eligibilityCriteria, I1, characters 23-43: 'Hemoglobin ≥ 10 g/dL' and ")
    drawn = next(place for place in range(at, len(lines)) if lines[place].lstrip().startswith("^"))
    words, carets = lines[drawn - 1], lines[drawn]
    assert words[carets.index("^") : len(carets)] == "Hemoglobin ≥ 10 g/dL"
    assert "Warnings (" in result.stdout
    assert max(map(len, lines)) <= 100


def test_json_holds_counts_and_coverage_and_jsonl_a_remark_a_line(run: Run, odd: Path) -> None:
    held = msgspec.json.decode(run("check", odd, "--format", "json").stdout)
    assert (held["schema"], held["trial"], held["title"]) == ("trialwright.check/1", "NCT00000001", "A trial")
    assert sum(held["coverage"].values()) == 3
    assert held["counts"]["error"] == 1
    assert sum(held["counts"].values()) == len(held["remarks"])
    assert held["remarks"] == lines_of(run, odd)
    first = held["remarks"][0]
    assert (first["code"], first["severity"], first["criterion"]) == ("contradiction", "error", "I1")
    assert (first["where"], first["span"]) == ("protocolSection.eligibilityModule.eligibilityCriteria", [23, 43])
    assert first["words"] == "Hemoglobin ≥ 10 g/dL"


def test_several_trials_are_an_array(run: Run, folder: Path, odd: Path) -> None:
    held = msgspec.json.decode(run("check", odd, folder / "two.json", "--format", "json").stdout)
    assert [one["trial"] for one in held] == ["NCT00000001", "NCT00000002"]
    assert {line["trial"] for line in lines_of(run, odd, folder / "two.json")} == {"NCT00000001", "NCT00000002"}
    table = run("check", odd, folder / "two.json").stdout
    assert table.index("NCT00000001 · ") < table.index("NCT00000002 · ")


def test_csv_and_markdown_hold_a_row_for_each_remark(run: Run, odd: Path) -> None:
    remarks = lines_of(run, odd)
    rows = list(csv.DictReader(io.StringIO(run("check", odd, "--format", "csv").stdout)))
    assert tuple(rows[0]) == COLUMNS
    assert [row["code"] for row in rows] == [remark["code"] for remark in remarks]
    assert (rows[0]["start"], rows[0]["end"], rows[0]["words"]) == ("23", "43", "Hemoglobin ≥ 10 g/dL")
    markdown = run("check", odd, "--format", "md").stdout.splitlines()
    assert len([line for line in markdown if line.startswith(("| error |", "| warning |", "| note |"))]) == len(remarks)


@pytest.mark.parametrize(("fail_on", "code"), [("error", 1), ("warning", 1), ("note", 1), ("error,note", 1)])
def test_fail_on_a_severity_stands_for_the_worse_ones(run: Run, odd: Path, *, fail_on: str, code: int) -> None:
    assert run("check", odd).exit_code == 0
    assert run("check", odd, "--fail-on", fail_on, "--quiet").exit_code == code


def test_fail_on_does_not_speak_of_what_is_milder(run: Run, folder: Path) -> None:
    one = folder / "one.json"
    assert {remark["severity"] for remark in lines_of(run, one)} == {"warning"}
    assert [run("check", one, "--fail-on", name).exit_code for name in ("error", "warning", "note")] == [0, 1, 1]


def test_nothing_odd_is_said_in_words(run: Run, tmp_path: Path) -> None:
    sound = tmp_path / "sound.json"
    outcome = '{"primaryOutcomes": [{"measure": "Body weight", "timeFrame": "12 weeks after enrolment"}]}'
    design = '{"studyType": "OBSERVATIONAL"}'
    text = record("Inclusion Criteria:\\n\\n* Age ≥ 18 years").replace(
        '"eligibilityModule"', f'"outcomesModule": {outcome}, "designModule": {design}, "eligibilityModule"'
    )
    sound.write_text(text, encoding="utf-8")
    result = run("check", sound, "--fail-on", "note")
    assert (result.exit_code, lines_of(run, sound)) == (0, [])
    assert "Nothing odd was found. Coverage: 1 of 1 criteria read whole" in result.stdout
    assert msgspec.json.decode(run("check", sound, "--format", "json").stdout)["remarks"] == []


def test_limit_counts_records(run: Run, folder: Path, odd: Path) -> None:
    held = lines_of(run, odd, folder / "two.json", "--limit", 1)
    assert {remark["trial"] for remark in held} == {"NCT00000001"}


def test_a_suffix_names_the_format(run: Run, odd: Path, tmp_path: Path) -> None:
    out = tmp_path / "odd.csv"
    assert run("check", odd, "-o", out).exit_code == 0
    assert out.read_text(encoding="utf-8").startswith("trial,severity,code,")


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [("nofile.json", 3, "no such file"), ("noise.bin", 3, "no published form"), ("empty.json", 3, "empty")],
)
def test_bad_input_is_one_line(run: Run, folder: Path, *, name: str, code: int, says: str) -> None:
    result = run("check", folder / name)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert says in result.stderr.splitlines()[0]


def test_what_can_be_read_is_checked_beside_what_cannot(run: Run, folder: Path) -> None:
    result = run("check", folder / "mixed.jsonl", "--fail-on", "note")
    assert result.exit_code == 4
    assert result.stdout.startswith("NCT00000003 · ")


@pytest.mark.parametrize("number", SEEDS)
def test_the_seeds(run: Run, seed_files: dict[str, Path], number: str) -> None:
    remarks = lines_of(run, seed_files[number])
    assert len(remarks) > 5
    places = [(one["code"], one["where"], str(one["span"]), one["message"]) for one in remarks]
    assert len(places) == len(set(places)), "each remark once"
    for one in remarks:
        assert one["meaning"]
        assert not one["message"].startswith(f"{one['criterion']}:")
        if one["span"] and one["where"] and one["code"] != "personal-contact":
            start, end = one["span"]
            assert len(one["words"]) == end - start
    table = run("check", seed_files[number]).stdout
    assert all(one["meaning"] in table for one in remarks)
    assert table.count("[polarity]") == sum(one["code"] == "polarity" for one in remarks)


def test_seed_004_names_its_misfiled_items_and_gaps(run: Run, seed_files: dict[str, Path]) -> None:
    remarks = lines_of(run, seed_files["004"])
    misfiled = [one["criterion"] for one in remarks if one["code"] == "polarity"]
    assert misfiled == ["I20", "I21", "I22", "I23", "I24", "I25"]
    assert [one["message"] for one in remarks if one["code"] == "numbering-gap"][
        1
    ] == "items 14-19 are missing before 20"


def test_no_contact_is_shown(run: Run, seed_files: dict[str, Path], tmp_path: Path) -> None:
    called = tmp_path / "called.json"
    called.write_text(record("Inclusion Criteria:\\n\\n* Age ≥ 18 years, call 020 8734 3643 or mail a.b@example.org"))
    for path, secret in ((called, "8734 3643"), (called, "example.org"), (seed_files["002"], "87343643")):
        assert secret in path.read_text(encoding="utf-8")
        for form in ("table", "json", "jsonl", "csv", "md"):
            output = run("check", path, "--format", form).stdout
            assert "personal-contact" in output
            assert secret not in output
