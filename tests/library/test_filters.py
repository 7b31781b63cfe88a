"""Filters: what each keeps, what a trial that does not state the value gets, what is said when nothing is left, and bad values."""

from pathlib import Path
from typing import Any

import pytest

from trialwright.library import View
from trialwright.library.asking import FilterText
from trialwright.library.errors import QueryError
from trialwright.library.filters import distance_km
from trialwright.library.searching import Removed, Search, search

from .shelves import BARE, NPC, library_of


def kept(view: View, *filters: tuple[str, str], text: str = "") -> dict[int, tuple[str, ...]]:
    """Numbers of the trials, each with the filters that it passes only because it does not state their value."""
    found = search(view, Search(text=text, filters=tuple(FilterText(*one) for one in filters)))
    return {int(hit.trial[-1]): hit.unstated for hit in found.hits}


KOREAS = ("Korea, Republic of", "South Korea", "Korea, Democratic People's Republic of")


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("Korea, Republic of", [1, 2]),
        ("south korea", [1, 2]),
        ("Korea, Democratic People's Republic of", [3]),
        ("France,Korea, Republic of", [1, 2, 4]),
        ("Korea, Republic of, France", [1, 2, 4]),
    ],
)
def test_a_country_is_found_by_all_its_names_and_its_own_comma_parts_nothing(
    tmp_path: Path, asked: str, numbers: list[int]
) -> None:
    named = [(f"NCT1000000{number}", country) for number, country in enumerate((*KOREAS, "France"), 1)]
    studies = [
        {"id": id_, "title": "A Trial", "sites": [("A city", country, 0.0, 0.0, None)]} for id_, country in named
    ]
    with library_of(tmp_path, *studies).view() as view:
        assert sorted(kept(view, ("country", asked))) == numbers


STATED: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("name", "value", "stating", "unstated"),
    [
        ("status", "recruiting", [1, 3], [4, 5]),
        ("status", "RECRUITING", [1, 3], [4, 5]),
        ("status", "completed,recruiting", [1, 2, 3], [4, 5]),
        ("status", "active, not recruiting".replace(", ", "-"), [], [4, 5]),
        ("phase", "2", [1], [4, 5]),
        ("phase", "phase 3", [2], [4, 5]),
        ("phase", "PHASE4,II", [1, 3], [4, 5]),
        ("sex", "female", [3, 4], [1, 2, 5]),
        ("sex", "M", [3], [1, 2, 5]),
        ("age", "45", [1], [2, 4, 5]),
        ("age", "6", [3], [4, 5]),
        ("age", "12", [3], [4, 5]),
        ("age", "13", [], [4, 5]),
        ("age", "70", [1], [2, 4, 5]),
        ("age", "71", [], [2, 4, 5]),
        ("country", "china", [1], [4, 5]),
        ("country", "France,China", [1, 2, 3], [4, 5]),
        ("condition", "npc", [1, 2], [5]),
        ("condition", "head and neck cancer", [1, 2], [5]),
        ("condition", "asthma", [3], [5]),
        ("intervention", "pd-1 inhibitor", [1, 2], [4, 5]),
        ("intervention", "JS001", [1], [4, 5]),
        ("near", "23.1,113.2,20", [1], [4, 5]),
        ("near", "45.7,4.8,30", [3], [4, 5]),
        ("near", "45.7,4.8,20000", [1, 3], [4, 5]),
        ("near", "0,0,1", [], [4, 5]),
        ("sponsor", "nobody", [], [1, 2, 3, 4, 5]),
    ],
)
def test_fields(view: View, *, name: str, value: str, stating: list[int], unstated: list[int]) -> None:
    found = kept(view, (name, value))
    assert sorted(number for number, lacking in found.items() if not lacking) == stating
    assert sorted(number for number, lacking in found.items() if lacking == (name,)) == unstated
    assert len(found) == len(stating) + len(unstated)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("accepts", "prior-pd1", [2, 3, 4, 5], id="a class by another name"),
        pytest.param("accepts", "toripalimab", [2, 3, 4, 5], id="a member of a class that is ruled out"),
        pytest.param("accepts", "asthma", [1, 2, 3, 4, 5], id="nothing rules it out"),
        pytest.param("accepts", "pregnancy", [2, 3, 4, 5], id="a finding"),
        pytest.param("excludes", "hbv", [1, 2], id="always, or when active"),
        pytest.param("excludes", "hepatitis b", [1, 2], id="in words"),
        pytest.param("excludes", "nasal-polyps", [3], id="with a hyphen"),
        pytest.param("excludes", "cystic fibrosis", [3], id="two words"),
        pytest.param("requires", "npc", [1], id="the disease"),
        pytest.param("requires", "histology=asthma", [3], id="under a heading"),
        pytest.param("allows", "ecog=0", [1, 2, 3, 4, 5], id="a score both take"),
        pytest.param("allows", "ecog=2", [2, 3, 4, 5], id="a score one rules out"),
        pytest.param("allows", "ECOG=3", [3, 4, 5], id="a score both rule out"),
        pytest.param("excludes", "ecog=2", [1], id="who rules a score out"),
        pytest.param("requires", "ecog=0", [], id="nobody asks for one score alone"),
    ],
)
def test_criteria(view: View, name: str, value: str, expected: list[int]) -> None:
    assert sorted(kept(view, (name, value))) == expected


def test_criteria_that_are_not_stated_are_told_apart(view: View) -> None:
    assert kept(view, ("accepts", "hbv")) == {2: (), 3: (), 4: (), 5: ("accepts:hbv",)}
    assert kept(view, ("allows", "ecog=2"))[2] == ()
    assert kept(view, ("allows", "ecog=2"))[3] == ("allows:ecog=2",), "its criteria name no ECOG"
    (hit,) = search(view, Search(text="registry accepts:hbv")).hits
    assert hit.why == ("registry in its title", "accepts:hbv is not stated")


def test_what_was_not_understood_may_rule_out_more_and_is_said(tmp_path: Path) -> None:
    row = NPC | {"criteria": "Exclusion Criteria:\n\n* Hepatitis B\n* Zork values 3 << 12 >> of the moon unless both"}
    with library_of(tmp_path, row).view() as view:
        (hit,) = search(view, Search(text="accepts:asthma")).hits
        assert hit.why == ("does not rule out asthma outright", "1 of its 2 criteria were not understood, or not whole")
        (hit,) = search(view, Search(text="excludes:hbv")).hits
        assert hit.why == ("rules out hepatitis B, always or in some cases",)


def test_filters_within_a_query_are_as_filters_beside_it(view: View) -> None:
    written = search(view, Search(text="npc status:recruiting allows:ecog=1"))
    given = search(
        view, Search(text="npc", filters=(FilterText("status", "recruiting"), FilterText("allows", "ecog=1")))
    )
    assert written == given
    assert [hit.trial for hit in written.hits] == ["NCT10000001"]


def test_filters_do_not_change_the_score(view: View) -> None:
    plain = {hit.trial: hit.score for hit in search(view, Search(text="npc")).hits}
    filtered = {hit.trial: hit.score for hit in search(view, Search(text="npc status:recruiting")).hits}
    assert filtered == {trial: plain[trial] for trial in filtered}


def test_a_filter_that_leaves_nothing_says_what_there_would_be_without_it(view: View) -> None:
    found = search(view, Search(text="npc status:completed phase:2 country:china"))
    assert (found.total, found.hits) == (0, ())
    assert found.removed == (
        Removed("status completed", 1),
        Removed("phase 2", 0),
        Removed("country China", 0),
        Removed("all filters", 2),
    )
    assert search(view, Search(text="npc sex:female age:80 status:suspended")).removed[-1] == Removed("all filters", 2)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("status", "recruting", "did you mean 'recruiting'?"),
        ("status", "open", "expected one of recruiting, "),
        ("status", ",", "status: needs a value"),
        ("phase", "7", "phase: '7' is none that the library knows"),
        ("type", "interventionnal", "did you mean 'interventional'?"),
        ("sex", "both", "sex: 'both' is neither female nor male"),
        ("age", "old", "age: 'old' is no age in completed years, such as 45"),
        ("age", "-4", "is no age"),
        ("age", "400", "is no age"),
        ("country", "Frnace", "did you mean 'France'?"),
        ("near", "Lyon", "near: 'Lyon' is no place; expected LAT,LON,KM such as"),
        ("near", "1,2", "is no place"),
        ("near", "95,2,10", "is not on earth"),
        ("near", "nan,2,10", "is not on earth"),
        ("near", "5,2,-10", "is not on earth"),
        ("accepts", "hepatitis-bb", "no criterion of the library names it; did you mean"),
        ("excludes", "zzzz", "no criterion of the library names it; expected a disease"),
        ("allows", "ecog=9", "ecog has no value '9'; expected one of 0, 1, 2, 3, 4, 5"),
        ("stauts", "recruiting", "there is no filter 'stauts'; did you mean 'status'?"),
    ],
)
def test_bad_values(view: View, name: str, value: str, said: str) -> None:
    with pytest.raises(QueryError) as error:
        kept(view, (name, value))
    assert said in str(error.value)


def site(lat: float, lon: float, status: str | None = "RECRUITING") -> dict[str, Any]:
    return {"sites": [("Somewhere", "Nowhere", lat, lon, status)]}


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Sites at the date line, at the pole, and one that no longer recruits."""
    rows = (
        BARE | {"id": "NCT60000001", "status": "RECRUITING"} | site(-17.7, 178.0),
        BARE | {"id": "NCT60000002", "status": "RECRUITING"} | site(-13.8, -171.8),
        BARE | {"id": "NCT60000003", "status": "RECRUITING"} | site(78.2, 15.6),
        BARE | {"id": "NCT60000004", "status": "RECRUITING"} | site(-17.7, 178.0, "COMPLETED"),
        BARE | {"id": "NCT60000005", "status": "COMPLETED"} | site(-17.7, 178.0, None),
    )
    with library_of(tmp_path_factory.mktemp("far"), *rows).view() as view:
        yield view


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        pytest.param("-17.7,178,5", [1], id="only sites that recruit, of trials that do"),
        pytest.param("-15,180,1300", [1, 2], id="across the date line, from the east"),
        pytest.param("-15,-179.9,1300", [1, 2], id="across the date line, from the west"),
        pytest.param("90,0,1400", [3], id="around the pole"),
        pytest.param("89,-170,1500", [3], id="over the pole"),
        pytest.param("0,0,20100", [1, 2, 3], id="everywhere"),
    ],
)
def test_distances(far: View, place: str, expected: list[int]) -> None:
    assert sorted(kept(far, ("near", place))) == expected


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        # Great-circle distances of city pairs, from any atlas to the kilometre or two.
        ((48.8566, 2.3522), (51.5074, -0.1278), 344),
        ((40.7128, -74.0060), (34.0522, -118.2437), 3936),
        ((0.0, 179.5), (0.0, -179.5), 111),
        ((90.0, 0.0), (-90.0, 0.0), 20015),
        ((10.0, 20.0), (10.0, 20.0), 0),
    ],
)
def test_the_distance_of_two_places(one: tuple[float, float], other: tuple[float, float], km: float) -> None:
    assert distance_km(one, other) == pytest.approx(km, abs=2)
