"""Ranking for a patient: what a note says is so, what it denies, which trials come first and why."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trialwright.library import Library, View
from trialwright.library.asking import FilterText
from trialwright.library.charts import case_of_patient
from trialwright.library.errors import QueryError
from trialwright.library.problems import Case, age_of, case_of_note, sex_of
from trialwright.library.ranking import OUTSIDE, Ranked, RankTerms, fused, rank
from trialwright.patients.loading import read_patients

from .shelves import ALL, ASTHMA, BARE, DAY, ENDOMETRIOSIS, NPC, library_of

NOTE = """A 52-year-old woman comes with recurrent nasopharyngeal carcinoma, stage II, after two lines of chemotherapy.
She has hypertension. No history of hepatitis B. She denies asthma, diabetes or epilepsy. Her mother had breast cancer.
She never had endometriosis. Surgery is planned for next week."""
MORE = (
    ENDOMETRIOSIS | {"id": "NCT80000001", "title": "Yoga in Hypertension", "conditions": ["Hypertension"]},
    BARE | {"id": "NCT80000002", "title": "Breast Cancer Screening", "conditions": ["Breast Cancer"]},
    BARE | {"id": "NCT80000003", "title": "Diabetes Diet", "conditions": ["Diabetes"]},
    BARE | {"id": "NCT80000004", "title": "Epilepsy Sleep", "conditions": ["Epilepsy"]},
    NPC
    | {"id": "NCT80000005", "title": "Gemcitabine in Recurrent Nasopharyngeal Carcinoma", "ages": ("60 Years", None),
       "drugs": ["Gemcitabine"], "criteria": "Inclusion Criteria:\n\n* Recurrent nasopharyngeal carcinoma"},
    NPC
    | {"id": "NCT80000006", "title": "Capecitabine in Recurrent Nasopharyngeal Carcinoma", "drugs": ["Capecitabine"],
       "criteria": "Inclusion Criteria:\n\n* Recurrent nasopharyngeal carcinoma\n\nExclusion Criteria:\n\n* Hypertension"},
    *(BARE | {"id": f"NCT8100000{number}", "title": f"Salt {number}", "conditions": ["Hypertension"]} for number in range(9)),
)  # fmt: skip


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    with library_of(tmp_path_factory.mktemp("clinic"), *ALL, *MORE).view() as view:
        yield view


@pytest.fixture(scope="module")
def case(clinic: View) -> Case:
    return case_of_note(NOTE, clinic.index, clinic.concepts, DAY)


@pytest.fixture(scope="module")
def ranked(clinic: View, case: Case) -> dict[str, Ranked]:
    return {one.trial: one for one in rank(clinic, case, RankTerms(as_of=DAY))}


def test_what_is_so_is_searched_for(case: Case) -> None:
    found = {problem.concept for problem in case.problems}
    assert {"nasopharyngeal-carcinoma", "hypertension"} <= found
    assert case.problems[0].concept == "nasopharyngeal-carcinoma", "the rarer disease, named first, counts most"
    assert "recurrent" in case.problems[0].narrowed


def test_what_is_denied_of_the_family_or_planned_is_left_out_and_listed(case: Case) -> None:
    found = {problem.concept for problem in case.problems}
    assert not found & {"hepatitis-b", "asthma", "diabetes", "epilepsy", "breast-cancer", "endometriosis"}
    left = {(one.name.lower(), one.why) for one in case.left_out}
    assert {("asthma", "denied"), ("diabetes", "denied"), ("epilepsy", "denied"), ("breast cancer", "family")} <= left


def test_age_and_sex_are_read(case: Case) -> None:
    assert (case.age, case.sex) == (52, "female")


def test_the_main_disease_comes_first(ranked: dict[str, Ranked]) -> None:
    first = next(iter(ranked.values()))
    assert first.trial == "NCT10000001"
    places = dict(first.problems)
    assert places["nasopharyngeal carcinoma"] <= 3
    assert f"nasopharyngeal carcinoma (place {places['nasopharyngeal carcinoma']})" in first.why


def test_ineligible_comes_after_the_rest_with_the_reason(ranked: dict[str, Ranked]) -> None:
    order = list(ranked)
    verdicts = [one.verdict for one in ranked.values()]
    assert verdicts == sorted(verdicts, key=lambda verdict: verdict == "ineligible")
    out = ranked["NCT80000006"]
    assert (out.verdict, [criterion for criterion, _ in out.failed]) == ("ineligible", ["E1"])
    assert any(why.startswith("E1 fails: ") for why in out.why)
    assert order.index("NCT80000006") > order.index("NCT81000000"), "though the disease is the main one"


def test_age_is_a_visible_penalty(ranked: dict[str, Ranked]) -> None:
    young = ranked["NCT80000005"]
    assert young.outside == ("age 52 is under the limit of 60 Years",)
    assert young.verdict != "ineligible", "its criteria say nothing of age"
    assert "age 52 is under the limit of 60 Years" in young.why
    assert young.score < ranked["NCT10000001"].score * (OUTSIDE + 0.1)


def test_what_is_only_denied_finds_no_trial(ranked: dict[str, Ranked]) -> None:
    order = list(ranked)
    for denied in ("NCT80000002", "NCT80000003", "NCT80000004"):
        assert denied not in order or order.index(denied) > order.index("NCT80000001")


def test_filters_narrow_the_list(clinic: View, case: Case) -> None:
    found = rank(clinic, case, RankTerms(as_of=DAY, filters=(FilterText("intervention", "toripalimab"),)))
    assert "NCT10000001" in {one.trial for one in found}
    assert "NCT80000006" not in {one.trial for one in found}
    with pytest.raises(QueryError, match="did you mean 'status'"):
        rank(clinic, case, RankTerms(as_of=DAY, filters=(FilterText("statsu", "recruiting"),)))


@pytest.mark.parametrize("limit", [1, 3])
def test_limits(clinic: View, case: Case, limit: int) -> None:
    assert len(rank(clinic, case, RankTerms(as_of=DAY, limit=limit))) == limit


def test_a_chart_is_ranked_as_a_note_is(clinic: View) -> None:
    chart = (
        b"id: someone\nsex: female\nbirth: 1974-01-01\nconditions:\n  - nasopharyngeal carcinoma\n  - hypertension\n"
    )
    (patient,) = read_patients(chart, as_of=DAY)
    case = case_of_patient(patient, clinic.index, clinic.concepts, DAY)
    assert (case.age, case.sex) == (52, "female")
    assert case.problems[0].concept == "nasopharyngeal-carcinoma"
    found = rank(clinic, case, RankTerms(as_of=DAY, limit=20))
    assert {one.trial: one for one in found}["NCT80000006"].verdict == "ineligible"


@pytest.mark.parametrize("text", ["", "No words of use here.", "1234 !!! ???", "\0\0", "é" * 50_000])
def test_notes_that_say_nothing(clinic: View, text: str) -> None:
    case = case_of_note(text, clinic.index, clinic.concepts, DAY)
    assert case.problems == ()
    assert len(rank(clinic, case, RankTerms(as_of=DAY))) <= len(clinic)


def test_a_long_note_is_read_to_its_limit(clinic: View) -> None:
    case = case_of_note("He is well today. " * 10_000 + "asthma", clinic.index, clinic.concepts, DAY)
    assert case.problems == ()


def test_a_case_does_not_show_the_patient(case: Case) -> None:
    assert repr(case) == f"<Case with {len(case.problems)} problems>"


def test_an_empty_library(home: Path) -> None:
    with Library(home, create=True).view() as view, pytest.raises(Exception, match="is empty"):
        case_of_note(NOTE, view.index, view.concepts, DAY)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("A 58-year-old man", 58),
        ("58 yo M with pain", 58),
        ("a 45 y/o female", 45),
        ("Patient aged 71", 71),
        ("An 8-month-old boy", 0),
        ("A 30-month-old girl", 2),
        ("a newborn with jaundice", 0),
        ("64F, hypertension", 64),
        ("seen 3 years ago", None),
        ("a man", None),
        ("age 400", None),
    ],
)
def test_ages(text: str, age: int | None) -> None:
    assert age_of(text) == age


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("A woman and her son", "female"),
        ("His wife says", "male"),
        ("The patient", None),
        ("58 yo M", "male"),
        ("64F", "female"),
    ],
)
def test_sexes(text: str, sex: str | None) -> None:
    assert sex_of(text) == sex


def test_fusion_counts_places() -> None:
    scores = fused([(1.0, [1, 2, 3]), (1.0, [2, 9]), (0.01, [3])])
    assert sorted(scores, key=lambda version: -scores[version]) == [2, 1, 9, 3]


def test_two_trials_alike_keep_their_order(clinic: View, case: Case, ranked: dict[str, Ranked]) -> None:
    assert [one.trial for one in rank(clinic, case, RankTerms(as_of=DAY))] == list(ranked)


def test_asthma_is_ranked_for_a_child(clinic: View) -> None:
    case = case_of_note("A 9-year-old boy with asthma since infancy.", clinic.index, clinic.concepts, DAY)
    first = rank(clinic, case, RankTerms(as_of=DAY))[0]
    assert (first.trial, first.outside) == (ASTHMA["id"], ())


def test_units_and_scores_are_no_diseases(clinic: View) -> None:
    case = case_of_note("QTc 420 ms, ECOG 1. He has hypertension.", clinic.index, clinic.concepts, DAY)
    assert [problem.concept for problem in case.problems] == ["hypertension"]


def test_a_cancer_counts_more_than_what_stands_beside_it(clinic: View) -> None:
    text = "Hypertension, asthma. Nasopharyngeal carcinoma."
    case = case_of_note(text, clinic.index, clinic.concepts, DAY)
    weights = {problem.concept: problem.weight for problem in case.problems}
    assert weights["nasopharyngeal-carcinoma"] > weights["hypertension"]
