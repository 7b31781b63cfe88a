"""`load`, `search`, `similar`, `compare`, `history`, `rank`: what they print, in every format, and what they say when it goes wrong."""

import csv
import io
import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from trialwright.library import Library
from trialwright.library.loading import Terms
from trialwright.registries import read_trials

Run = Callable[..., Result]

CRITERIA = "Inclusion Criteria:\n\n* Age ≥ 18 years\n* {disease}\n* ECOG 0-1\n\nExclusion Criteria:\n\n* {out}"
TRIALS = {
    "NCT50000001": ("Toripalimab in Nasopharyngeal Carcinoma", "Nasopharyngeal Carcinoma", "Hepatitis B", "RECRUITING"),
    "NCT50000002": ("Gemcitabine in NPC", "Nasopharyngeal Carcinoma", "Asthma", "COMPLETED"),
    "NCT50000003": ("Inhalers for Asthma", "Asthma", "Pregnancy", None),
}
NOTE = "A 52-year-old woman with recurrent nasopharyngeal carcinoma and asthma. No diabetes."


def study(nct_id: str, *, updated: str = "2025-01-01", **changed: Any) -> dict[str, Any]:
    title, disease, out, status = TRIALS[nct_id]
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": changed.get("title", title)},
            "statusModule": {"lastUpdatePostDateStruct": {"date": updated}}
            | ({"overallStatus": status} if status else {}),
            "conditionsModule": {"conditions": [disease]},
            "eligibilityModule": {"eligibilityCriteria": CRITERIA.format(disease=disease, out=changed.get("out", out))},
        }
    }


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "three.jsonl"
    path.write_text("\n".join(json.dumps(study(nct_id)) for nct_id in TRIALS), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the three trials; tests work on copies of it."""
    home = tmp_path_factory.mktemp("stock") / "shelf"
    library = Library(home, create=True)
    trials = read_trials("\n".join(json.dumps(study(nct_id)) for nct_id in TRIALS).encode())
    library.load(trials, Terms(today=date(2026, 3, 2), concepts=library.concepts))
    return home


@pytest.fixture
def call(run: Run, tmp_path: Path, stock: Path) -> Run:
    """Runs a command on a library of three trials."""
    shutil.copytree(stock, tmp_path / "shelf")

    def on_library(*args: object, **given: Any) -> Result:
        return run("--library", tmp_path / "shelf", *args, **given)

    return on_library


def rows(result: Result) -> list[list[str]]:
    return [line.split("\t") for line in result.stdout.splitlines()]


def test_load_counts(run: Run, tmp_path: Path, records: Path) -> None:
    first = run("--library", tmp_path / "new", "load", records)
    assert (first.exit_code, rows(first)[:2]) == (0, [["outcome", "records"], ["new", "3"]])
    second = run("--library", tmp_path / "new", "load", records, "--format", "json", "--fail-on", "new,changed")
    assert json.loads(second.stdout) == {"new": 0, "changed": 0, "unchanged": 3, "older": 0, "unreadable": 0}
    assert second.exit_code == 0
    records.write_text(json.dumps(study("NCT50000001", updated="2026-01-01")))
    assert run("--library", tmp_path / "new", "load", records, "--fail-on", "changed").exit_code == 1


def test_load_takes_what_it_can_read(call: Run, tmp_path: Path, folder: Path) -> None:
    result = call("load", folder / "mixed.jsonl", "--format", "json")
    assert result.exit_code == 4
    assert (json.loads(result.stdout)["new"], json.loads(result.stdout)["unreadable"]) == (1, 2)
    assert "mixed.jsonl, record 1" in result.stderr
    assert "not everything could be read: 1 could, 2 could not" in result.stderr


def test_load_reads_stdin(run: Run, tmp_path: Path) -> None:
    result = run("--library", tmp_path / "new", "load", "-", input=json.dumps(study("NCT50000001")))
    assert rows(result)[1] == ["new", "1"]


def test_a_record_without_an_id_is_told(call: Run) -> None:
    nameless = study("NCT50000001")
    del nameless["protocolSection"]["identificationModule"]["nctId"]
    result = call("load", "-", input=json.dumps(nameless))
    assert result.exit_code == 0
    assert result.stderr.startswith("LOCAL-")
    assert "the record has no id, so the library knows it by this one" in result.stderr


def test_load_anew(call: Run) -> None:
    result = call("load", "--rebuild")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "made anew: 3 trials\n")


def test_search_says_what_it_understood_and_how_many(call: Run) -> None:
    result = call("search", "npc", "status:recruiting")
    assert result.exit_code == 0
    assert rows(result)[0] == ["id", "status", "phase", "score", "title", "why", "snippet"]
    assert [row[0] for row in rows(result)[1:]] == ["NCT50000001"]
    assert "[status recruiting]" in result.stderr
    assert result.stderr.splitlines()[-1] == "1 trial"
    assert call("search", "npc", "--quiet").stderr == ""


def test_search_filters_may_be_options(call: Run) -> None:
    written, given = call("search", "npc status:completed"), call("search", "npc", "--status", "completed")
    assert written.stdout == given.stdout
    assert "NCT50000002" in given.stdout


def test_search_formats(call: Run) -> None:
    lines = [json.loads(line) for line in call("search", "npc", "--format", "jsonl").stdout.splitlines()]
    assert {line["nctId"] for line in lines} == {"NCT50000001", "NCT50000002"}
    assert {"nctId", "score", "why", "title", "status", "phases", "conditions", "unstated", "snippet"} == set(lines[0])
    whole = json.loads(call("search", "npc", "--facets", "--format", "json").stdout)
    assert (whole["total"], whole["facets"]["status"]) == (2, {"COMPLETED": 1, "RECRUITING": 1})
    table = list(csv.reader(io.StringIO(call("search", "npc", "--format", "csv").stdout)))
    assert len(table) == 3


def test_search_without_a_result_says_which_filter_removed_how_many(call: Run) -> None:
    result = call("search", "npc", "--status", "suspended", "--accepts", "asthma")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (
        "0 trials\nwithout status suspended: 1\nwithout does not rule out asthma outright: 0\nwithout all filters: 2\n"
        in result.stderr
    )


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        pytest.param(("search", "statsu:recruiting"), 2, "error: there is no filter 'statsu'; did you mean 'status'?", id="filter"),
        pytest.param(("search", "--status", "recruting"), 2, "did you mean 'recruiting'?", id="value"),
        pytest.param(("search", "--stauts", "x"), 2, "No such option", id="option"),
        pytest.param(("search", "--age", "old"), 2, "is no age in completed years, such as 45", id="age"),
        pytest.param(("search", "-o", "/nowhere/x.csv", "npc"), 2, "/nowhere/x.csv: cannot be written", id="output"),
        pytest.param(("similar", "NCT59999999"), 3, "NCT59999999: not in the library at", id="similar"),
        pytest.param(("compare", "NCT50000001", "NCT5"), 3, "NCT5: not in the library at", id="compare"),
        pytest.param(("compare", "NCT50000001"), 2, "takes 2 values", id="one to compare"),
        pytest.param(("history", "nothing"), 3, "NOTHING: not in the library at", id="history"),
        pytest.param(("rank", "absent.txt"), 3, "absent.txt: no such file; expected a chart or a note", id="rank"),
        pytest.param(("load", "absent.json"), 3, "absent.json: no such file", id="load"),
        pytest.param(("load",), 2, "nothing to load; expected PATH, or --rebuild", id="nothing to load"),
    ],
)  # fmt: skip
def test_mistakes(call: Run, tmp_path: Path, *, args: tuple[str, ...], code: int, said: str) -> None:
    command = [Path(sys.executable).with_name("trialwright"), "--library", tmp_path / "shelf", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert said in error


@pytest.mark.parametrize(
    "args", [("search", "x"), ("similar", "X"), ("compare", "X", "Y"), ("history", "X"), ("rank", "-")]
)
def test_no_library_yet(run: Run, tmp_path: Path, args: tuple[str, ...]) -> None:
    result = run("--library", tmp_path / "none", *args, input=NOTE)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.endswith("none yet; `trialwright load PATH` makes one\n")
    assert not (tmp_path / "none").exists()


def test_similar_says_why_and_what_differs(call: Run) -> None:
    result = call("similar", "nct50000001")
    header, first, *_ = rows(result)
    assert header == ["id", "status", "score", "title", "why", "differs"]
    assert first[0] == "NCT50000002"
    assert "both about nasopharyngeal carcinoma" in first[4].lower()
    assert first[5] == "status: COMPLETED (here RECRUITING)"
    one = json.loads(call("similar", "NCT50000001", "--format", "jsonl", "--limit", "1").stdout)
    assert set(one["why"][0]) == {"kind", "words", "counts"}


def test_compare_sets_side_by_side(call: Run) -> None:
    header, *lines = rows(call("compare", "NCT50000001", "NCT50000002"))
    assert header == ["what", "NCT50000001", "NCT50000002", "same"]
    assert ["conditions", "Nasopharyngeal Carcinoma", "Nasopharyngeal Carcinoma", "yes"] in lines
    assert sum(line[0] == "criterion" and line[-1] == "yes" for line in lines) == 3
    assert json.loads(call("compare", "NCT50000001", "NCT50000002", "--format", "json").stdout)["left"] == "NCT50000001"


def test_history_tells_fields_and_meanings(call: Run) -> None:
    later = study("NCT50000001", updated="2026-01-01", title="Another Title", out="Hepatitis C")
    assert rows(call("load", "-", input=json.dumps(later)))[2] == ["changed", "1"]
    result = call("history", "NCT50000001", "--fail-on", "changes")
    assert result.exit_code == 1
    assert result.stderr == "2 versions held: 2025-01-01, 2026-01-01\n"
    changes = {(row[2], row[3]): (row[4], row[5]) for row in rows(result)[1:]}
    assert changes["field", "protocolSection.identificationModule.briefTitle"][1] == "Another Title"
    assert changes["criterion changed", "E1"] == ("exclusion: Hepatitis B", "exclusion: Hepatitis C")
    assert call("history", "NCT50000002", "--fail-on", "changes").exit_code == 0


def test_rank_lists_what_it_searched_for_and_what_not(call: Run, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text(NOTE)
    result = call("rank", note, "--as-of", "2026-03-02")
    searched, left, _, header, *found = result.stdout.splitlines()
    assert set(searched.removeprefix("searched for: ").split(", ")) == {"nasopharyngeal carcinoma", "asthma"}
    assert left == "left out: diabetes (denied)"
    assert header.split("\t") == ["id", "verdict", "status", "score", "title", "why"]
    verdicts = {line.split("\t")[0]: line.split("\t")[1] for line in found}
    assert verdicts["NCT50000002"] == "ineligible", "asthma is ruled out there"
    assert found[-1].startswith("NCT50000002")
    assert result.stderr == "as of 2026-03-02; 3 trials; it decides nothing\n"


def test_rank_takes_a_chart_and_stdin(call: Run, folder: Path) -> None:
    assert call("rank", folder / "chart.yaml", "--as-of", "2026-03-02").exit_code == 0
    given = call("rank", "-", "--format", "json", "--as-of", "2026-03-02", input=NOTE)
    document = json.loads(given.stdout)
    assert {one["name"] for one in document["problems"]} == {"nasopharyngeal carcinoma", "asthma"}
    assert document["left_out"] == [{"name": "diabetes", "why": "denied"}]


@pytest.mark.parametrize("name", ["empty.json", "noise.bin", "bad.yaml", "hollow"])
def test_rank_with_what_is_no_patient(call: Run, folder: Path, name: str) -> None:
    result = call("rank", folder / name)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("error: ")


def test_other_commands_take_ids_of_the_library(call: Run) -> None:
    assert "ECOG" in call("criteria", "NCT50000001").stdout
    assert call("read", "nct50000002").stdout.startswith("NCT50000002 · Gemcitabine in NPC")


@pytest.mark.e2e
def test_a_terminal_gets_blocks_and_no_wide_table(call: Run, tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("trialwright"), "--library", tmp_path / "shelf", "search", "npc"]
    main, side = pty.openpty()
    done = subprocess.run(
        command, stdout=side, stderr=subprocess.PIPE, text=True, check=True, env={**os.environ, "NO_COLOR": "1"}
    )
    os.close(side)
    shown = os.read(main, 10_000).decode().replace("\r\n", "\n")
    os.close(main)
    assert "NCT50000001 recruiting · " in shown
    assert "  why: nasopharyngeal carcinoma in its " in shown
    assert "\t" not in shown
    assert "understood as" in done.stderr


@pytest.mark.e2e
def test_a_search_starts_fast(call: Run, tmp_path: Path) -> None:
    """Of processor time, with the library opened; the first of three may read files that are not in memory yet."""
    command = [Path(sys.executable).with_name("trialwright"), "--library", tmp_path / "shelf", "search", "npc"]
    taken = []
    for _ in range(3):
        before = os.times()
        subprocess.run(command, capture_output=True, check=True)
        after = os.times()
        taken.append(after.children_user - before.children_user + after.children_system - before.children_system)
    assert min(taken) < 0.8
