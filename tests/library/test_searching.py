"""Searching: what counts more, what names what, what was misspelled, order, facets, snippets and what is told about it all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialwright.library import Library, View
from trialwright.library.errors import QueryError
from trialwright.library.searching import Found, Order, Search, search

from .shelves import ALL, ASTHMA, BARE, NPC, library_of

WHERE = {
    "title": {"title": "Zebrafish"},
    "condition": {"conditions": ["Zebrafish"]},
    "intervention": {"drugs": ["Zebrafish"]},
    "summary": {"summary": "Zebrafish"},
    "inclusion": {"criteria": "Inclusion Criteria:\n\n* Zebrafish at home"},
    "exclusion": {"criteria": "Exclusion Criteria:\n\n* Zebrafish at home"},
}
FULL = BARE | {
    "conditions": ["Tapir"],
    "drugs": ["Tapir"],
    "summary": "Tapir",
    "criteria": "Inclusion Criteria:\n\n* A tapir at home\n\nExclusion Criteria:\n\n* A tapir abroad",
}
PLACED = tuple(FULL | {"id": f"NCT4000000{number}"} | values for number, values in enumerate(WHERE.values(), 1))
FILLER = tuple(FULL | {"id": f"NCT4100000{number}"} for number in range(9))


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """One word, each time in another field."""
    with library_of(tmp_path_factory.mktemp("placed"), *PLACED, *FILLER).view() as view:
        yield view


def ids(view: View, text: str, **given: Any) -> list[str]:
    return [hit.trial for hit in search(view, Search(text=text, **given)).hits]


def number(*ids: int) -> list[str]:
    return [f"NCT1000000{id_}" for id_ in ids]


def test_a_title_counts_more_than_a_summary_and_a_summary_more_than_criteria(placed: View) -> None:
    found = search(placed, Search(text="zebrafish"))
    score = {hit.trial[-1]: hit.score for hit in found.hits}
    assert min(score["1"], score["2"]) > score["3"] > score["4"] > score["5"]


def test_exclusion_text_is_searched_only_when_asked_for(placed: View) -> None:
    assert "NCT40000006" not in ids(placed, "zebrafish")
    assert ids(placed, "exclusion:zebrafish") == ["NCT40000006"]
    (hit,) = search(placed, Search(text="exclusion:zebrafish")).hits
    assert hit.snippet is not None
    assert hit.snippet.field == "exclusion"
    assert hit.why == ("zebrafish in its exclusion",)


@pytest.mark.parametrize("place", list(WHERE))
def test_a_field_is_searched_alone(placed: View, place: str) -> None:
    assert ids(placed, f"{place}:zebrafish") == [f"NCT4000000{list(WHERE).index(place) + 1}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("budesonide", [3], id="one word"),
        pytest.param("BUDESONIDE", [3], id="in capitals"),
        pytest.param("antibodies", [1, 2], id="another form of the word"),
        pytest.param('"removes the recurrence"', [1], id="phrase"),
        pytest.param('"recurrence the removes"', [], id="phrase in another order"),
        pytest.param("tori*", [1], id="beginning"),
        pytest.param("toripa* OR budeso*", [1, 3], id="beginnings"),
        pytest.param("npc -metastatic", [1], id="without"),
        pytest.param("npc NOT title:metastatic", [1], id="not in the title"),
        pytest.param("-npc", [3, 4, 5], id="only without"),
        pytest.param("antibody AND gemcitabine", [2], id="both"),
        pytest.param("+gemcitabine antibody", [2], id="must"),
        pytest.param("children OR yoga", [3, 4], id="one of"),
        pytest.param("(yoga OR budesonide) AND children", [3], id="brackets"),
        pytest.param("npc", [1, 2], id="abbreviation"),
        pytest.param("nasopharyngeal cancer", [1, 2], id="another name of the disease"),
        pytest.param("JS001", [1], id="code name of the drug"),
        pytest.param("pd-1 inhibitor", [1, 2], id="class of the drug"),
        pytest.param("title:surgery", [1], id="field"),
        pytest.param("condition:npc", [1, 2], id="concept in a field"),
        pytest.param("intervention:(pd-1 inhibitor)", [1, 2], id="class in a field"),
        pytest.param("NCT10000003", [3], id="id"),
        pytest.param("id:nct10000004", [4], id="id in its field"),
        pytest.param("id:NCT1000000*", [1, 2, 3, 4, 5], id="beginning of an id"),
        pytest.param("kids with asthma", [3], id="everyday word"),
        pytest.param("workout", [4], id="everyday word for another"),
    ],
)
def test_what_is_found(view: View, text: str, expected: list[int]) -> None:
    assert sorted(ids(view, text)) == number(*expected)


def test_a_concept_is_found_by_every_kind_of_it(tmp_path: Path) -> None:
    with library_of(tmp_path, *ALL).view() as view:
        assert set(ids(view, "head and neck cancer")) >= set(number(1, 2))
        assert ids(view, "nasopharyngeal carcinoma toripalimab")[0] == number(1)[0]


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("npc", "nasopharyngeal carcinoma [any of its "),
        ("cancer", ", any kind of it]"),
        ('"two words"', '"two words"'),
        ("tori*", "tori*"),
        ("yoga -budesonide", "yoga · NOT budesonide"),
        ("yoga AND (budesonide OR children)", "yoga AND (budesonide"),
        ("title:yoga", "yoga (in title)"),
        ("status:recruiting age:45", "everything · [status recruiting] · [open to age 45]"),
        ("kids", "kids (or children"),
        ("", "everything"),
    ],
)
def test_the_query_is_echoed_as_it_was_understood(view: View, text: str, understood: str) -> None:
    assert understood in search(view, Search(text=text)).understood


@pytest.mark.parametrize(
    ("text", "expected", "note"),
    [
        ("budosenide", [3], "'budosenide' is nowhere in the library; searched for 'budesonide'"),
        ("endometriossis", [4], "searched for 'endometriosis'"),
        ("nasopharingeal carcinoma", [1, 2], "searched for 'nasopharyngeal'"),
        ("qqqqzzzz", [], "'qqqqzzzz' is nowhere in the library"),
        ("title:budesonide summary:budesonide", [3], "'budesonide' stands in no summary of the library"),
    ],
)
def test_a_misspelled_word_is_taken_for_the_nearest_and_said(
    view: View, text: str, expected: list[int], note: str
) -> None:
    found = search(view, Search(text=text))
    assert [hit.trial for hit in found.hits] == number(*expected)
    assert any(note in said for said in found.notes), found.notes


def test_everything_is_listed_the_latest_first(view: View) -> None:
    assert ids(view, "") == number(1, 3, 4, 2, 5)


@pytest.mark.parametrize(
    ("order", "expected"), [("updated", [1, 2]), ("started", [1, 2]), ("enrollment", [1, 2]), ("relevance", [1, 2])]
)
def test_orders(view: View, order: Order, expected: list[int]) -> None:
    assert sorted(ids(view, "npc", order=order)) == number(*expected)
    if order == "updated":
        assert ids(view, "npc", order=order) == number(*expected)
        assert {hit.score for hit in search(view, Search(text="npc", order=order)).hits} == {0.0}


def test_pages_follow_each_other(view: View) -> None:
    whole = ids(view, "", limit=5)
    assert [*ids(view, "", limit=2), *ids(view, "", limit=2, start=2), *ids(view, "", limit=2, start=4)] == whole
    assert ids(view, "", start=5) == []
    assert search(view, Search(text="", limit=1)).total == 5


def test_pages_of_filtered_results_follow_each_other(view: View) -> None:
    whole = ids(view, "status:recruiting", limit=9)
    assert whole == [*number(1, 3), *number(4, 5)], "those that state it first"
    assert [*ids(view, "status:recruiting", limit=3), *ids(view, "status:recruiting", limit=3, start=3)] == whole


def test_facets_count_all_that_is_found(view: View) -> None:
    found = search(view, Search(text="", facets=True, limit=1))
    assert found.facets["status"] == (("RECRUITING", 2), ("COMPLETED", 1), ("not stated", 2))
    assert found.facets["country"] == (("France", 2), ("China", 1), ("not stated", 2))
    assert dict(found.facets["phase"]) == {"PHASE2": 1, "PHASE3": 1, "PHASE4": 1, "not stated": 2}
    assert search(view, Search(text="npc", facets=True)).facets["country"] == (("China", 1), ("France", 1))


def test_an_id_comes_first_and_is_the_reason(view: View) -> None:
    first, *others = search(view, Search(text="npc nct10000003")).hits
    assert (first.trial, first.why) == ("NCT10000003", ("its id",))
    assert sorted(hit.trial for hit in others) == number(1, 2)
    assert search(view, Search(text="id:NCT99999999")).notes == ("the library holds no trial NCT99999999",)


def test_snippets_mark_the_hit_in_any_form_and_by_any_name(view: View) -> None:
    (hit,) = search(view, Search(text="steroids")).hits
    assert hit.snippet is not None
    assert hit.snippet.marked("<b>", "</b>") == "Children breathe a <b>steroid</b> each morning."
    assert hit.why == ("steroid in its summary",)
    marked = [one.snippet.marked("[", "]") for one in search(view, Search(text="npc")).hits if one.snippet]
    assert any("[nasopharyngeal carcinoma]" in text.lower() for text in marked)


def test_a_snippet_is_short_and_shows_where_most_hits_are(tmp_path: Path) -> None:
    words = (
        ("Filler words go on and on here. " * 40)
        + "A zebra met an okapi by the river. "
        + ("More filler follows. " * 40)
    )
    with library_of(tmp_path, BARE | {"summary": "zebra. " + words}, *FILLER).view() as view:
        (hit,) = search(view, Search(text="zebra okapi")).hits
    assert hit.snippet is not None
    assert len(hit.snippet.text) <= 240
    assert hit.snippet.text.startswith("… ")
    assert hit.snippet.text.endswith(" …")
    assert hit.snippet.marked("[", "]").count("[") == 2
    assert [span.of(hit.snippet.text) for span in hit.snippet.hits] == ["zebra", "okapi"]


def test_an_empty_library_says_so(home: Path) -> None:
    with Library(home, create=True).view() as view:
        assert search(view, Search(text="npc")) == Found(
            understood="everything", notes=("the library is empty",), total=0, hits=()
        )


@pytest.mark.parametrize(
    "text",
    [
        "word " * 2000,
        '"' * 7,
        "AND",
        "( OR ) NOT",
        "/a.*b/",
        "*",
        "a" * 10_000,
        "\0",
        "title:",
        "🙂 é ½",
        "../../etc",
        "'; DROP TABLE trial",
    ],
)
def test_odd_queries_end_well(view: View, text: str) -> None:
    found = search(view, Search(text=text))
    assert found.total >= 0
    assert found.notes or found.total or not text.strip()


def test_a_search_in_one_view_is_of_one_moment(home: Path) -> None:
    from .shelves import load

    library = library_of(home, NPC, ASTHMA)
    with library.view() as before:
        load(library, NPC | {"title": "Something Else Entirely", "updated": "2026-01-01"})
        assert search(before, Search(text="title:surgery")).total == 1
        assert before.trial("NCT10000001").title == NPC["title"]
    with library.view() as after:
        assert search(after, Search(text="title:surgery")).total == 0


def test_the_same_search_gives_the_same_answer(view: View) -> None:
    asked = Search(text="npc OR asthma antibody children", facets=True)
    assert search(view, asked) == search(view, asked)


_PIECES = st.sampled_from(
    ["npc", "tori*", '"', "(", ")", "AND", "OR", "NOT", "-", "+", "title:", "id:", "asthma", "zzz",
     "kids", "status:recruiting", "accepts:hbv", "*", "\0", "é"]
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=12).map(" ".join)))
def test_whatever_is_typed_is_answered(view: View, text: str) -> None:
    """With results, or with one line that says what is wrong."""
    try:
        found = search(view, Search(text=text, limit=3))
    except QueryError as error:
        said = str(error)
        assert said
        assert "\n" not in said
    else:
        assert found.understood
        assert len(found.hits) == min(found.total, 3)
