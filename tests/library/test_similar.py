"""Similar trials: what makes them so, in what order, and with which reasons."""

from collections.abc import Iterator

import pytest

from trialwright.library import View
from trialwright.library.errors import NotHeldError
from trialwright.library.similarity import WEIGHTS, Similar, similar

from .shelves import ALL, ASTHMA, BARE, NPC, library_of

LIKE_NPC = {
    "same disease and drug": NPC
    | {"id": "NCT70000001", "title": "Toripalimab in Nasopharyngeal Carcinoma", "sites": []},
    "same disease, drug of the same class": NPC
    | {"id": "NCT70000002", "title": "Sintilimab in Nasopharyngeal Carcinoma", "drugs": ["Sintilimab"], "sites": []},
    "same disease, another drug": NPC
    | {"id": "NCT70000003", "title": "Cisplatin in Nasopharyngeal Carcinoma", "drugs": ["Cisplatin"], "sites": []},
    "same drug, another disease": NPC
    | {
        "id": "NCT70000004",
        "title": "Toripalimab in Melanoma",
        "conditions": ["Melanoma"],
        "criteria": "Inclusion Criteria:\n\n* Melanoma",
        "summary": "An antibody for the skin.",
        "sites": [],
    },
}
FILLER = tuple(ASTHMA | {"id": f"NCT7100000{number}", "title": f"Inhaler {number} in Asthma"} for number in range(8))


@pytest.fixture(scope="module")
def shelf_of_likes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    with library_of(tmp_path_factory.mktemp("alike"), *ALL, *LIKE_NPC.values(), *FILLER).view() as view:
        yield view


@pytest.fixture(scope="module")
def found(shelf_of_likes: View) -> tuple[Similar, ...]:
    return similar(shelf_of_likes, "NCT10000001", limit=20)


def test_the_nearer_in_disease_and_drug_the_higher(found: tuple[Similar, ...]) -> None:
    order = [one.trial for one in found if one.trial.startswith("NCT700")]
    assert order == [f"NCT7000000{number}" for number in (1, 2, 3, 4)]
    assert all(one.score <= 1 for one in found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_a_trial_is_not_like_itself(found: tuple[Similar, ...]) -> None:
    assert "NCT10000001" not in {one.trial for one in found}


def test_reasons_say_what_is_shared_and_how_much_it_counts(found: tuple[Similar, ...]) -> None:
    first = found[0]
    words = {reason.kind: reason.words for reason in first.reasons}
    assert words["condition"].lower() == "both about nasopharyngeal carcinoma"
    assert words["intervention"].lower() == "both with toripalimab"
    assert "rule out" in words["criteria"]
    assert words["design"] == "both phase 2"
    counts = [reason.counts for reason in first.reasons]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == pytest.approx(first.score, abs=0.05)
    by_class = next(one for one in found if one.trial == "NCT70000002")
    assert any("anti-PD-1" in reason.words or "pd-1" in reason.words.lower() for reason in by_class.reasons)


def test_what_differs_is_named(found: tuple[Similar, ...]) -> None:
    older = next(one for one in found if one.trial == "NCT10000002")
    assert "status: COMPLETED (here RECRUITING)" in older.differs
    assert "phase: PHASE3 (here PHASE2)" in older.differs


def test_the_weights_are_shares_of_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_a_trial_with_next_to_nothing_on_record(shelf_of_likes: View) -> None:
    assert all(one.score < 0.7 for one in similar(shelf_of_likes, BARE["id"], limit=5))


def test_limits_and_ids(shelf_of_likes: View) -> None:
    assert len(similar(shelf_of_likes, "nct10000001", limit=2)) == 2
    with pytest.raises(NotHeldError, match="NCT00000000: not in the library"):
        similar(shelf_of_likes, "NCT00000000")


def test_the_order_is_the_same_each_time(shelf_of_likes: View, found: tuple[Similar, ...]) -> None:
    assert similar(shelf_of_likes, "NCT10000001", limit=20) == found
