"""Two versions of a trial, and two trials: what differs in fields, and what criteria come to mean something else."""

from pathlib import Path
from typing import Any

import pytest

from trialwright.criteria.nodes import All, Not
from trialwright.library import View
from trialwright.library.comparing import Comparison, CriterionChange, FieldChange, compare, history
from trialwright.library.errors import NotHeldError
from trialwright.library.meanings import meaning_of

from .shelves import NPC, library_of, load


def after(tmp_path: Path, **changed: Any) -> tuple[tuple[FieldChange, ...], tuple[CriterionChange, ...]]:
    """What `history` says of a trial and its next version."""
    library = library_of(tmp_path, NPC)
    load(library, NPC | {"updated": "2026-01-01"} | changed)
    with library.view() as view:
        (step,) = history(view, "NCT10000001")
    assert (step.earlier.dated, step.later.dated) == ("2025-06-01", "2026-01-01")
    return tuple(one for one in step.fields if "lastUpdatePostDate" not in one.path), step.criteria


def criteria(*lines: str) -> str:
    """Inclusion criteria before a blank item, exclusion after it."""
    split = lines.index("")
    return "\n".join(
        [
            "Inclusion Criteria:\n",
            *(f"* {line}" for line in lines[:split]),
            "\nExclusion Criteria:\n",
            *(f"* {line}" for line in lines[split + 1 :]),
        ]
    )


SAME = ("Age 18 to 70 years", "ECOG performance status 0 or 1", "Recurrent nasopharyngeal carcinoma", "")
RULED_OUT = ("Prior anti-PD-1 treatment", "Hepatitis B", "Pregnancy")


def test_nothing_but_the_date(tmp_path: Path) -> None:
    assert after(tmp_path) == ((), ())


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param(
            {"status": "COMPLETED"},
            [("protocolSection.statusModule.overallStatus", "RECRUITING", "COMPLETED")],
            id="status",
        ),
        pytest.param(
            {"phases": ["PHASE2", "PHASE3"]},
            [("protocolSection.designModule.phases[PHASE3]", "", "PHASE3")],
            id="a phase more",
        ),
        pytest.param(
            {"ages": ("18 Years", None)},
            [("protocolSection.eligibilityModule.maximumAge", "70 Years", "")],
            id="a limit is gone",
        ),
        pytest.param(
            {"drugs": ["Toripalimab", "Cisplatin"]},
            [("protocolSection.armsInterventionsModule.interventions[Cisplatin]", "", "type: DRUG; name: Cisplatin")],
            id="a drug more",
        ),
        pytest.param(
            {"sites": [("Guangzhou", "China", 23.13, 113.26, "COMPLETED")]},
            [("protocolSection.contactsLocationsModule.locations[A hospital].status", "RECRUITING", "COMPLETED")],
            id="a site closes",
        ),
    ],
)
def test_fields(tmp_path: Path, changed: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    fields, of_criteria = after(tmp_path, **changed)
    assert [(one.path, one.before, one.after) for one in fields] == expected
    assert of_criteria == ()


@pytest.mark.parametrize(
    ("lines", "kind", "words"),
    [
        pytest.param(
            (*SAME, "Prior anti-PD-1 therapy", *RULED_OUT[1:]), "reworded", "Prior anti-PD-1 therapy", id="other words"
        ),
        pytest.param(
            ("Age 18 to 75 years", *SAME[1:], *RULED_OUT), "changed", "Age 18 to 75 years", id="another number"
        ),
        pytest.param(
            (*SAME, *RULED_OUT[:1], "Hepatitis C", *RULED_OUT[2:]), "changed", "Hepatitis C", id="another disease"
        ),
        pytest.param((*SAME, *RULED_OUT, "Diabetes"), "added", "Diabetes", id="one more"),
        pytest.param((*SAME, *RULED_OUT[:2]), "removed", "", id="one less"),
    ],
)
def test_criteria(tmp_path: Path, lines: tuple[str, ...], kind: str, words: str) -> None:
    fields, (change,) = after(tmp_path, criteria=criteria(*lines))
    assert fields == (), "the text is told by its criteria"
    assert (change.kind, change.after) == (kind, words)


def test_a_number_that_changes_is_told_with_both_meanings(tmp_path: Path) -> None:
    _, (change,) = after(tmp_path, criteria=criteria("Age 18 to 75 years", *SAME[1:], *RULED_OUT))
    assert change.id == "I1"
    assert (change.before, change.after) == ("Age 18 to 70 years", "Age 18 to 75 years")
    before, later = change.meant
    assert "70 years" in before
    assert "75 years" in later
    assert before.startswith("inclusion: ")


def test_a_criterion_that_moves_to_the_other_side_means_the_opposite(tmp_path: Path) -> None:
    _, changes = after(tmp_path, criteria=criteria(*SAME[:3], "Hepatitis B", "", RULED_OUT[0], RULED_OUT[2]))
    assert {change.kind for change in changes} <= {"changed", "added", "removed"}
    assert any(change.meant[1].startswith("inclusion: ") for change in changes)


def test_criteria_in_another_order_are_the_same(tmp_path: Path) -> None:
    assert after(tmp_path, criteria=criteria(*SAME, *reversed(RULED_OUT))) == ((), ())


def test_every_step_is_told_in_order(tmp_path: Path) -> None:
    library = library_of(tmp_path, NPC)
    load(library, NPC | {"updated": "2026-02-01", "status": "COMPLETED"})
    load(library, NPC | {"updated": "2025-11-01", "status": "ACTIVE_NOT_RECRUITING"})
    with library.view() as view:
        steps = history(view, "nct10000001")
    told = [one.after for step in steps for one in step.fields if one.path.endswith("overallStatus")]
    assert told == ["ACTIVE_NOT_RECRUITING", "COMPLETED"]


def test_one_version_has_no_history(view: View) -> None:
    assert history(view, "NCT10000001") == ()


@pytest.mark.parametrize("nct_id", ["NCT00000000", "", "%", "NCT10000001'--"])
def test_ids_that_are_not_there(view: View, nct_id: str) -> None:
    with pytest.raises(NotHeldError, match="not in the library"):
        history(view, nct_id)
    with pytest.raises(NotHeldError, match="not in the library"):
        compare(view, "NCT10000001", nct_id)


def told(found: Comparison) -> dict[str, tuple[str, str, bool]]:
    return {row.what: (row.left, row.right, row.same) for row in found.rows}


def test_two_trials_side_by_side(view: View) -> None:
    found = compare(view, "NCT10000001", "nct10000002")
    assert (found.left, found.right) == ("NCT10000001", "NCT10000002")
    rows = told(found)
    assert rows["conditions"] == ("Nasopharyngeal Carcinoma", "Nasopharyngeal Carcinoma", True)
    assert rows["phase"] == ("PHASE2", "PHASE3", False)
    assert rows["ages"] == ("18 Years to 70 Years", "18 Years to no upper limit", False)
    assert "sex" not in rows, "neither states it"
    assert found.shared == ()
    assert any("hepatitis B [active]" in words for words in found.only_right)
    assert any("anti-PD-1" in words for words in found.only_left)


def test_criteria_that_mean_the_same_are_shared_whatever_their_words(tmp_path: Path) -> None:
    rows = (
        NPC | {"criteria": criteria("ECOG performance status 0 or 1", "", "Pregnancy", "Hepatitis B")},
        NPC | {"id": "NCT10000009", "criteria": criteria("ECOG 0-1", "", "HBV infection", "Asthma")},
    )
    with library_of(tmp_path, *rows).view() as view:
        found = compare(view, "NCT10000001", "NCT10000009")
    assert [words.split(" ", 1)[0] for words in found.shared] == ["I1", "E2"]
    assert [words.split(" ", 1)[0] for words in found.only_left] == ["E1"]
    assert [words.split(" ", 1)[0] for words in found.only_right] == ["E2"]


def test_a_trial_and_itself(view: View) -> None:
    found = compare(view, "NCT10000001", "NCT10000001")
    assert all(row.same for row in found.rows)
    assert (found.only_left, found.only_right) == ((), ())


def test_a_criterion_that_asks_nothing_has_a_meaning_too() -> None:
    assert meaning_of(All()) == meaning_of(All())
    assert meaning_of(Not(part=All())) != meaning_of(All())
