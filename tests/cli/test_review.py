"""A reviewer's hand: decisions from a plain file stand beside what was found, and two saved screenings say what changed and why."""

from collections.abc import Callable
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import Result

from trialwright.cli import root
from trialwright.export.changes import ChangesError, changes, read_saved
from trialwright.export.reviews import ReviewError, read_review

from .conftest import CHART, RECORD

Run = Callable[..., Result]
ON = ("--as-of", "2026-03-02")
HEAD = "patient\ttrial\tcriterion\tdecision\treason\tby\tday\n"


def screened(run: Run, folder: Path, *rest: object) -> Result:
    return run("screen", folder / "chart.yaml", "--trial", folder / "one.json", *ON, *rest)


def saved(run: Run, folder: Path, name: str, *rest: object) -> Path:
    assert screened(run, folder, "-o", folder / name, *rest).exit_code == 0
    return folder / name


def review(folder: Path, *lines: str) -> Path:
    (folder / "review.tsv").write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder / "review.tsv"


def test_a_verdict_is_given_with_its_reason_and_what_was_found_stands_beside_it(run: Run, folder: Path) -> None:
    given = review(folder, "\tNCT00000001\tI2\tpass\trepeat of today is 96 g/L\tDr Chan\t2026-03-02")
    (trial,) = msgspec.json.decode(screened(run, folder, "--review", given, "--format", "json").stdout)["trials"]
    (row,) = [row for row in trial["criteria"] if row["id"] == "I2"]
    assert (row["verdict"], row["judged"], row["answer"]) == ("pass", "fail", "yes")
    assert row["decision"]["reason"] == "repeat of today is 96 g/L"
    assert "Dr Chan (2026-03-02)" in row["why"]
    assert "84" in row["why"]
    assert trial["headline"] == "possibly, 1 for a person"
    assert [one for one in trial["changes"] if one["criterion"] == "I2"] == []


@pytest.mark.parametrize("form", ["table", "md", "html"])
def test_every_outlet_says_whose_word_it_is(run: Run, folder: Path, form: str) -> None:
    given = review(folder, "\t\tI2\tpass\trepeated\tDr Chan\t", "\t\tI1\toff\tnot at issue\tDr Chan\t")
    text = " ".join(screened(run, folder, "--review", given, "--format", form).stdout.split()).replace("\\", "")
    assert "Decided by a reviewer: I2 pass, found fail." in text
    assert "Switched off, not counted: I1 (Dr Chan: not at issue)." in text


def test_a_form_is_filled_in_and_given_back(run: Run, folder: Path) -> None:
    lines = screened(run, folder, "--format", "review").stdout.splitlines()
    assert [line.split("\t")[:3] for line in lines[1:]] == [
        ["someone", "NCT00000001", "I2"],
        ["someone", "NCT00000001", "I3"],
    ]
    cells = lines[2].split("\t")
    assert cells[3:8] == ["", "", "", "", "person"]
    (folder / "form.tsv").write_text(
        "\n".join([lines[0], lines[1], "\t".join([*cells[:3], "pass", "signed", "", "", *cells[7:]])]), encoding="utf-8"
    )
    filled = screened(run, folder, "--review", folder / "form.tsv", "--format", "review").stdout.splitlines()
    assert filled[2].split("\t")[3:8] == ["pass", "signed", "", "", "person"]


BAD = [
    ("no column", "criterion\tdecision\nI2\tpass\n", "no column 'reason'"),
    ("a decision that there is not", HEAD + "\t\tI2\tyes\tso it is\t\t\n", "line 2: no decision 'yes'"),
    ("no reason", HEAD + "\t\tI1\t\t\t\t\n\t\tI2\tpass\t\t\t\n", "line 3: a decision without a reason"),
    ("no criterion", HEAD + "\t\t\tpass\tgood\t\t\n", "a decision without a criterion"),
    ("an empty file", "", "no column 'criterion'"),
    ("no text", b"\xff\xfe\x00", "no text in UTF-8"),
]


@pytest.mark.parametrize(("data", "says"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_review(data: str | bytes, says: str) -> None:
    with pytest.raises(ReviewError, match=says):
        read_review(data.encode() if isinstance(data, str) else data, "review.tsv")


def test_a_review_of_a_criterion_that_there_is_not(run: Run, folder: Path) -> None:
    given = review(folder, "\tNCT00000001\tI22\tpass\tgood\t\t")
    with pytest.raises(click.UsageError, match=r"--review: no criterion 'NCT00000001:I22'"):
        screened(run, folder, "--review", given)


def test_the_last_decision_holds_and_one_for_somebody_else_does_not(run: Run, folder: Path) -> None:
    given = review(
        folder, "\t\tI2\tpass\tfirst\t\t", "\t\tI2\tunknown\ton second thoughts\t\t", "another\t\tI2\tfail\tnot ours\t\t"
    )  # fmt: skip
    (trial,) = msgspec.json.decode(screened(run, folder, "--review", given, "--format", "json").stdout)["trials"]
    (row,) = [row for row in trial["criteria"] if row["id"] == "I2"]
    assert (row["verdict"], row["decision"]["reason"]) == ("unknown", "on second thoughts")


# Two saved screenings ---------------------------------------------------------------------------------------------------


def changed(run: Run, before: Path, after: Path) -> dict[str, tuple[str, str, str, list[str]]]:
    found = msgspec.json.decode(run("changes", before, after, "--format", "json").stdout)
    return {
        one["criterion"]: (one["kind"], one["before"], one["after"], [reason["cause"] for reason in one["reasons"]])
        for trial in found["trials"]
        for one in trial["criteria"]
    }


def test_nothing_changed(run: Run, folder: Path) -> None:
    one, two = saved(run, folder, "one.saved.json"), saved(run, folder, "two.saved.json")
    result = run("changes", one, two, "--fail-on", "changed")
    assert (result.exit_code, result.stdout.strip()) == (0, "Nothing changed in 1 trial.")


def test_a_newer_chart(run: Run, folder: Path) -> None:
    before = saved(run, folder, "before.json")
    (folder / "chart.yaml").write_text(CHART.replace("84 g/L on 2026-02-20", "96 g/L on 2026-03-01"), encoding="utf-8")
    after = saved(run, folder, "after.json")
    assert changed(run, before, after) == {"I2": ("verdict", "fail", "pass", ["chart", "chart"])}
    text = run("changes", before, after).stdout
    assert "now on record: hemoglobin: 96 g/L" in text
    assert "not eligible, 1 failed → possibly, 1 for a person" in text


def test_a_review_between_them(run: Run, folder: Path) -> None:
    before = saved(run, folder, "before.json")
    given = review(folder, "\t\tI2\tpass\trepeated\tDr Chan\t", "\t\tI1\toff\tnot at issue\t\t")
    after = saved(run, folder, "after.json", "--review", given)
    assert changed(run, before, after) == {
        "I2": ("verdict", "fail", "pass", ["review"]),
        "I1": ("review", "pass", "pass", ["review"]),
    }
    assert changed(run, after, before)["I1"] == ("review", "pass", "pass", ["review"])


def test_a_newer_version_of_the_trial(run: Run, folder: Path) -> None:
    before = saved(run, folder, "before.json")
    newer = RECORD.replace("≥ 90 g/L", "≥ 80 g/L").replace("* Age ≥ 18 years\\n", "* ECOG 0-1\\n* Age ≥ 18 years\\n")
    (folder / "one.json").write_text(newer % "NCT00000001", encoding="utf-8")
    after = saved(run, folder, "after.json")
    assert changed(run, before, after) == {
        "I1": ("added", None, "unknown", ["words"]),
        "I3 (was I2)": ("verdict", "fail", "pass", ["words"]),
    }
    assert "now published as “Hemoglobin ≥ 80 g/L”, was “Hemoglobin ≥ 90 g/L”" in run("changes", before, after).stdout
    assert changed(run, after, before)["I1"] == ("removed", "unknown", None, ["words"])


def test_another_day(run: Run, folder: Path) -> None:
    before = saved(run, folder, "before.json")
    after = saved(run, folder, "after.json", "--as-of", "1985-01-01")
    assert changed(run, before, after)["I1"] == ("verdict", "pass", "fail", ["day"])
    assert "Judged as of 1985-01-01, was 2026-03-02." in run("changes", before, after).stdout


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_several_patients_are_paired_by_their_ids(run: Run, folder: Path, form: str) -> None:
    (folder / "other.yaml").write_text(CHART.replace("id: someone", "id: other"), encoding="utf-8")
    ask = ("--trial", folder / "one.json", *ON, "--format", form, "-o")
    run("screen", folder / "chart.yaml", folder / "other.yaml", *ask, folder / "a")
    run("screen", folder / "other.yaml", folder / "chart.yaml", *ask, folder / "b")
    one, two = (read_saved((folder / name).read_bytes(), name) for name in "ab")
    assert [report.patient for report in two] == ["other", "someone"]
    assert (changes(one, two).trials, changes(one, two).alike) == ((), 2)


@pytest.mark.parametrize("data", [b"{}", b"not json", b'[{"schema": 1}]', b'{"schema": "trialwright.screen/0"}'])
def test_a_file_that_holds_no_screening(data: bytes, folder: Path) -> None:
    with pytest.raises(ChangesError, match=r"saved\.json: no saved screening"):
        read_saved(data, "saved.json")


def test_changes_is_a_command() -> None:
    assert root.get_command(click.Context(root), "changes") is not None
