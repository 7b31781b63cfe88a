"""`/api/v2`: search, filters, fields, order, pages and forms, as programs for the public API ask for them."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from trialwright.registries import read_trials
from trialwright.trial import Trial

Get = Callable[..., Any]
NPC, OLD_NPC, ASTHMA, BARE, HOSTILE = (f"NCT1000000{number}" for number in range(1, 6))
INVENTED = {NPC, OLD_NPC, ASTHMA, BARE, HOSTILE}


def ids(page: dict[str, Any]) -> list[str]:
    return [one["protocolSection"]["identificationModule"]["nctId"] for one in page["studies"]]


def invented(page: dict[str, Any]) -> set[str]:
    """Those of the trials that this test knows by heart; the samples are about the same disease."""
    return set(ids(page)) & INVENTED


ASKED: dict[str, tuple[dict[str, str], set[str]]] = {
    "condition": ({"query.cond": "nasopharyngeal carcinoma"}, {NPC, OLD_NPC}),
    "synonym": ({"query.cond": "NPC"}, {NPC, OLD_NPC}),
    "all words are needed": ({"query.term": "gemcitabine asthma"}, set()),
    "or": ({"query.term": "gemcitabine OR asthma"}, {OLD_NPC, ASTHMA}),
    "and not": ({"query.cond": "nasopharyngeal carcinoma AND NOT metastatic"}, {NPC}),
    "brackets": ({"query.term": "(gemcitabine OR toripalimab) AND (antibody OR surgery)"}, {NPC}),
    "phrase": ({"query.titles": '"children with asthma"'}, {ASTHMA}),
    "phrase in another order": ({"query.titles": '"asthma with children"'}, set()),
    "intervention": ({"query.intr": "toripalimab"}, {NPC}),
    "outcome": ({"query.outc": "survival"}, {NPC}),
    "sponsor": ({"query.spons": "lyon"}, {OLD_NPC}),
    "lead sponsor": ({"query.lead": '"Sun Yat-sen"'}, {NPC}),
    "own id": ({"query.id": "B2021-077"}, {NPC}),
    "acronym": ({"query.term": "TORI-NPC"}, {NPC}),
    "city": ({"query.locn": "paris"}, {OLD_NPC}),
    "words of a place in several fields": ({"query.locn": "paris france"}, {OLD_NPC}),
    "patient": ({"query.patient": "mometasone"}, {ASTHMA}),
    "only ids": ({"query.term": "NCT10000001, nct10000003"}, {NPC, ASTHMA}),
    "an earlier id": ({"filter.ids": "NCT10000099"}, {NPC}),
    "ids": ({"filter.ids": "NCT10000001|NCT10000002,NCT77777777"}, {NPC, OLD_NPC}),
    "status": ({"filter.overallStatus": "COMPLETED"}, {OLD_NPC}),
    "statuses": ({"filter.overallStatus": "COMPLETED|RECRUITING"}, {NPC, OLD_NPC, ASTHMA}),
    "post filter": ({"postFilter.overallStatus": "COMPLETED"}, {OLD_NPC}),
    "kilometres": ({"filter.geo": "distance(23.0,113.0,50km)"}, {NPC}),
    "miles": ({"filter.geo": "distance(45.7,4.8,20mi)"}, {OLD_NPC}),
    "too near": ({"filter.geo": "distance(45.0,4.8,20mi)"}, set()),
    "a year": ({"filter.advanced": "AREA[StartDate]2022"}, {NPC}),
    "days": ({"query.term": "AREA[LastUpdatePostDate]RANGE[2021-02-03,2024-06-01]"}, {NPC, OLD_NPC}),
    "open range": ({"query.term": "AREA[EnrollmentCount]RANGE[100,MAX]"}, {OLD_NPC}),
    "ages": (
        {"filter.advanced": "AREA[MinimumAge]RANGE[MIN, 16 years] AND AREA[MaximumAge]RANGE[10 years, MAX]"},
        {ASTHMA},
    ),
    "choice": ({"filter.advanced": "AREA[Phase](PHASE2 OR PHASE3)"}, {NPC, OLD_NPC}),
    "choice as people write it": ({"filter.advanced": 'AREA[Phase]"Phase 3"'}, {OLD_NPC}),
    "flag": ({"filter.advanced": "AREA[HasResults]true"}, {OLD_NPC}),
    "missing": ({"filter.advanced": "AREA[OverallStatus]MISSING"}, {BARE, HOSTILE}),
    "field": ({"filter.advanced": "AREA[LocationCountry]France"}, {OLD_NPC}),
    "eligibility": ({"query.term": "AREA[EligibilityCriteria]pregnancy"}, {NPC, OLD_NPC, ASTHMA}),
    "all": ({"filter.advanced": "ALL"}, INVENTED),
    "a whole value": ({"query.term": 'AREA[Condition]COVERAGE[FullMatch]"Asthma"'}, {ASTHMA}),
    "part of a value is not the whole": ({"query.term": "AREA[Condition]COVERAGE[FullMatch]carcinoma"}, set()),
    "how a value ends": ({"query.term": "AREA[Condition]COVERAGE[EndsWith]carcinoma"}, {NPC, OLD_NPC}),
    "contained": ({"query.term": "COVERAGE[Contains]toripalimab"}, {NPC}),
    "expansion by concept": ({"query.cond": "EXPANSION[Concept]NPC"}, {NPC, OLD_NPC}),
    "choices of the search page": ({"aggFilters": "phase:2 3,results:with"}, {OLD_NPC}),
    "results or not": ({"aggFilters": "results:without,status:rec com"}, {NPC, ASTHMA}),
    "both surfaces at once": ({"query.cond": "NPC", "filter.overallStatus": "RECRUITING"}, {NPC}),
}


@pytest.mark.parametrize(("asked", "expected"), ASKED.values(), ids=ASKED)
def test_a_question_finds_what_it_asks_for(client: TestClient, asked: dict[str, str], expected: set[str]) -> None:
    answer = client.get("/api/v2/studies", params=asked | {"pageSize": "1000"})
    assert answer.status_code == 200, answer.text
    assert invented(answer.json()) == expected


REFUSED: dict[str, tuple[dict[str, str], str, str]] = {
    "an option of the search page": ({"aggFilters": "phase:2,colour:red"}, "aggFilters", "not-supported"),
    "a whole bracket": ({"query.term": "AREA[Condition]COVERAGE[FullMatch](a OR b)"}, "query.term", "not-supported"),
    "a whole number": ({"query.term": "AREA[Phase]COVERAGE[FullMatch]PHASE2"}, "query.term", "not-supported"),
    "another coverage": ({"query.term": "COVERAGE[Most]x"}, "query.term", "syntax"),
    "aggregation": ({"aggFilters": "sex:f"}, "aggFilters", "not-supported"),
    "synonyms": ({"filter.synonyms": "ConditionSearch:1"}, "filter.synonyms", "not-supported"),
    "decay": ({"geoDecay": "func:exp"}, "geoDecay", "not-supported"),
    "operator": ({"query.cond": "EXPANSION[None]cancer"}, "query.cond", "not-supported"),
    "same place": ({"query.locn": "SEARCH[Location](AREA[LocationCity]Lyon)"}, "query.locn", "not-supported"),
    "field that is only shown": ({"query.term": "AREA[LocationContactPhone]1"}, "query.term", "not-supported"),
    "range of words": ({"query.term": "AREA[BriefTitle]RANGE[a,b]"}, "query.term", "not-supported"),
    "range of nothing": ({"query.term": "RANGE[1,2]"}, "query.term", "not-supported"),
    "no area": ({"query.term": "AREA[StartDat]2022"}, "query.term", "unknown-name"),
    "no date": ({"query.term": "AREA[StartDate]RANGE[spring,MAX]"}, "query.term", "bad-value"),
    "open bracket": ({"query.term": "(cancer"}, "query.term", "syntax"),
    "operator alone": ({"query.term": "AND"}, "query.term", "syntax"),
    "closing bracket": ({"query.term": "cancer)"}, "query.term", "syntax"),
    "deep": ({"query.term": "(" * 60 + "a" + ")" * 60}, "query.term", "syntax"),
    "long": ({"query.term": "a " * 5000}, "query.term", "too-long"),
    "marks alone": ({"query.term": "***"}, "query.term", "syntax"),
    "status": ({"filter.overallStatus": "RECRUTING"}, "filter.overallStatus", "bad-value"),
    "no status": ({"filter.overallStatus": ""}, "filter.overallStatus", "bad-value"),
    "no id": ({"filter.ids": ","}, "filter.ids", "bad-value"),
    "no place": ({"filter.geo": ""}, "filter.geo", "bad-value"),
    "place": ({"filter.geo": "distance(x)"}, "filter.geo", "bad-value"),
    "off the earth": ({"filter.geo": "distance(99,1,5km)"}, "filter.geo", "bad-value"),
    "id": ({"filter.ids": "12345"}, "filter.ids", "bad-value"),
    "parameter": ({"query.conditions": "x"}, "query.conditions", "unknown-name"),
    "field": ({"fields": "NCTId|BriefTitel"}, "fields", "unknown-name"),
    "no field": ({"fields": ","}, "fields", "bad-value"),
    "order by words": ({"sort": "BriefTitle"}, "sort", "not-supported"),
    "three orders": ({"sort": "StartDate,EnrollmentCount,CompletionDate"}, "sort", "bad-value"),
    "way": ({"sort": "StartDate:down"}, "sort", "bad-value"),
    "size": ({"pageSize": "-1"}, "pageSize", "bad-value"),
    "token": ({"pageToken": "abracadabra"}, "pageToken", "page-token"),
    "form": ({"format": "xml"}, "format", "bad-value"),
    "column": ({"format": "csv", "fields": "NCTId"}, "fields", "unknown-name"),
    "count": ({"countTotal": "perhaps"}, "countTotal", "bad-value"),
    "nought": ({"query.term": "a\0b"}, "query.term", "bad-value"),
}


@pytest.mark.parametrize(("asked", "parameter", "kind"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_by_name(
    client: TestClient, asked: dict[str, str], parameter: str, kind: str
) -> None:
    answer = client.get("/api/v2/studies", params=asked)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert (problem["parameter"], problem["type"]) == (parameter, f"urn:trialwright:problem:{kind}")
    assert problem["detail"]
    assert problem["instance"] == "/api/v2/studies"


def test_a_misspelt_field_is_answered_with_the_nearest(refused: Get) -> None:
    assert "did you mean BriefTitle?" in refused("/api/v2/studies", fields="BriefTitel")["detail"]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_pages_are_without_gap_or_repetition_and_end(get: Get, size: int) -> None:
    whole = ids(get("/api/v2/studies", pageSize=1000))
    page = get("/api/v2/studies", pageSize=size, countTotal="true")
    assert page["totalCount"] == len(whole) == 10
    found = ids(page)
    for _ in range(len(whole)):
        if "nextPageToken" not in page:
            break
        page = get("/api/v2/studies", pageSize=size, pageToken=page["nextPageToken"], countTotal="true")
        assert "totalCount" not in page
        assert page["studies"]
        found += ids(page)
    assert "nextPageToken" not in page
    assert found == whole


def test_a_page_token_is_good_for_its_own_question_only(get: Get, refused: Get) -> None:
    token = get("/api/v2/studies", pageSize=1, query__cond="NPC")["nextPageToken"]
    assert ids(get("/api/v2/studies", pageSize=2, query__cond="NPC", pageToken=token))
    problem = refused("/api/v2/studies", pageSize=1, query__cond="asthma", pageToken=token)
    assert problem["type"].endswith("page-token")


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("LastUpdatePostDate", [ASTHMA, NPC, OLD_NPC]),
        ("LastUpdatePostDate:asc", [OLD_NPC, NPC, ASTHMA]),
        ("EnrollmentCount", [NPC, OLD_NPC]),
        ("EnrollmentCount:desc", [OLD_NPC, NPC]),
        ("StartDate:asc|EnrollmentCount", [OLD_NPC, NPC, ASTHMA]),
    ],
)
def test_order(get: Get, sort: str, first: list[str]) -> None:
    page = get("/api/v2/studies", sort=sort, filter__ids=",".join(INVENTED), pageSize=10)
    assert ids(page)[: len(first)] == first
    assert len(page["studies"]) == 5


def test_relevance_puts_the_nearest_first(get: Get) -> None:
    page = get("/api/v2/studies", query__term="toripalimab OR carcinoma", sort="@relevance", pageSize=20)
    assert ids(page)[0] in (NPC, "SAMPLE-001", "SAMPLE-002", "SAMPLE-000", "SAMPLE-003", "SAMPLE-004")
    assert OLD_NPC in ids(page)


def test_fields_are_names_parts_paths_and_areas(get: Get) -> None:
    def shown(fields: str) -> Any:
        return get(f"/api/v2/studies/{OLD_NPC}", fields=fields)

    assert shown("NCTId") == {"protocolSection": {"identificationModule": {"nctId": OLD_NPC}}}
    assert shown("HasResults") == {"hasResults": True}
    assert shown("LocationCity,NCTId")["protocolSection"]["contactsLocationsModule"] == {
        "locations": [{"city": "Lyon"}, {"city": "Paris"}]
    }
    assert set(shown("StatusModule|ConditionsModule")["protocolSection"]) == {"statusModule", "conditionsModule"}
    assert shown("protocolSection.statusModule.overallStatus") == {
        "protocolSection": {"statusModule": {"overallStatus": "COMPLETED"}}
    }
    assert "identificationModule" in shown("TitleSearch")["protocolSection"]
    assert shown("Acronym") == {}
    assert shown("StatusModule|StartDate|StatusModule") == shown("StatusModule")


def test_fields_of_the_query(get: Get) -> None:
    page = get("/api/v2/studies", query__locn="Lyon", fields="NCTId|@query")
    assert set(page["studies"][0]["protocolSection"]) == {"identificationModule", "contactsLocationsModule"}


def test_keys_that_nobody_documented_are_kept(get: Get) -> None:
    assert get(f"/api/v2/studies/{ASTHMA}")["protocolSection"]["undocumentedModule"] == {"anything": [1, None, "kept"]}


def test_legacy_markup_has_no_escapes(get: Get) -> None:
    text = get(f"/api/v2/studies/{NPC}", markupFormat="legacy")["protocolSection"]["descriptionModule"]["briefSummary"]
    assert text == "Surgery > radiotherapy, then an antibody."
    assert "\\>" in get(f"/api/v2/studies/{NPC}")["protocolSection"]["descriptionModule"]["briefSummary"]
    results = get(f"/api/v2/studies/{OLD_NPC}", markupFormat="legacy")["resultsSection"]
    assert results["moreInfoModule"]["limitationsAndCaveats"]["description"] == "Few [sic]"


@pytest.mark.parametrize("asked", ["NCT10000001", "nct10000001", "NCT010000001"])
def test_one_trial_by_its_id(get: Get, asked: str) -> None:
    assert get(f"/api/v2/studies/{asked}")["protocolSection"]["identificationModule"]["nctId"] == NPC


def test_an_earlier_id_leads_to_the_trial(client: TestClient) -> None:
    answer = client.get("/api/v2/studies/NCT10000099?fields=NCTId")
    assert (answer.status_code, answer.headers["location"]) == (301, "/api/v2/studies/NCT10000001?fields=NCTId")


@pytest.mark.parametrize(
    ("asked", "status"),
    [("NCT10000077", 404), ("enums", 404), ("x" * 300, 400), ("%00", 400), ("NCT0", 404), ("a b", 400)],
)
def test_an_id_that_is_none_or_not_there(client: TestClient, asked: str, status: int) -> None:
    answer = client.get(f"/api/v2/studies/{asked}")
    assert (answer.status_code, answer.json()["status"]) == (status, status)


@pytest.mark.parametrize("form", ["json.zip", "fhir.json", "ris"])
def test_other_forms_of_one_trial_are_refused_by_name(refused: Get, form: str) -> None:
    problem = refused(f"/api/v2/studies/{NPC}", format=form)
    assert problem["type"].endswith("not-supported")
    assert form in problem["detail"]


def table(client: TestClient, **parameters: str) -> tuple[list[list[str]], Any]:
    answer = client.get("/api/v2/studies", params={name.replace("__", "."): text for name, text in parameters.items()})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.text))), answer.headers


def test_csv_pages_make_one_table(client: TestClient) -> None:
    first, headers = table(client, format="csv", pageSize="4", countTotal="true")
    assert headers["x-total-count"] == "10"
    assert (first[0][0], len(first)) == ("NCT Number", 5)
    second, headers = table(client, format="csv", pageSize="40", pageToken=headers["x-next-page-token"])
    assert len(second) == 6
    assert "x-next-page-token" not in headers
    assert len({row[0] for row in (*first[1:], *second)}) == 10


def test_csv_reads_back_as_the_trials_it_came_from(client: TestClient) -> None:
    answer = client.get("/api/v2/studies", params={"format": "csv", "filter.ids": f"{NPC},{OLD_NPC}"})
    read = {one.nct_id: one for one in read_trials(answer.content, "x.csv") if isinstance(one, Trial)}
    assert set(read) == {NPC, OLD_NPC}
    assert read[NPC].title == "Toripalimab After Surgery for Recurrent Nasopharyngeal Carcinoma"
    assert read[NPC].conditions == ("Nasopharyngeal Carcinoma",)
    assert [site.city for site in read[OLD_NPC].sites] == ["Lyon", "Paris"]
    assert read[OLD_NPC].phases == ("PHASE3",)
    assert read[NPC].overall_status == "RECRUITING"


def test_csv_columns_are_chosen_by_name(client: TestClient) -> None:
    rows, _ = table(client, format="csv", fields="NCT Number|Study Status", filter__ids=NPC)
    assert rows == [["NCT Number", "Study Status"], [NPC, "RECRUITING"]]


def test_version_and_sizes(get: Get) -> None:
    assert get("/api/v2/version") == {"apiVersion": "2.0.5", "dataTimestamp": "2026-03-02T00:00:00"}
    sizes = get("/api/v2/stats/size")
    assert sizes["totalStudies"] == 10 == sum(band["studiesCount"] for band in sizes["ranges"])
    assert sizes["largestStudies"][0]["sizeBytes"] >= sizes["averageSizeBytes"] > 0
    own = len(str(get(f"/api/v2/studies/{BARE}")))
    assert sizes["percentiles"]["1"] < 2 * own


def test_a_library_that_changes_is_seen_at_once_and_old_tokens_are_refused(tmp_path: Any) -> None:
    from trialwright.web.app import application

    from .records import STUDIES, library_of, study

    library_of(tmp_path / "library", STUDIES[:2], with_samples=False)
    with TestClient(application(tmp_path / "library"), base_url="http://127.0.0.1") as client:
        page = client.get("/api/v2/studies?pageSize=1&countTotal=true&sort=EnrollmentCount").json()
        assert page["totalCount"] == 2
        library_of(tmp_path / "library", [study("NCT10000008", "New")], with_samples=False)
        assert client.get("/api/v2/studies?countTotal=true").json()["totalCount"] == 3
        assert client.get("/api/v2/studies?filter.ids=NCT10000008").json()["studies"]
        params = {"pageSize": "1", "sort": "EnrollmentCount", "pageToken": page["nextPageToken"]}
        assert client.get("/api/v2/studies", params=params).status_code == 400


def test_an_empty_library_answers(tmp_path: Any) -> None:
    from trialwright.web.app import application

    with TestClient(application(tmp_path / "none"), base_url="http://127.0.0.1") as client:
        assert client.get("/api/v2/studies?countTotal=true&query.cond=x&sort=StartDate").json() == {
            "totalCount": 0,
            "studies": [],
        }
        assert client.get("/api/v2/version").json() == {"apiVersion": "2.0.5"}
        assert client.get("/api/v2/stats/size").json()["totalStudies"] == 0
        assert client.get("/api/v2/studies/NCT10000001").status_code == 404
        assert client.get("/api/v2/studies?format=csv").text.count("\n") == 1


def test_values_are_counted(get: Get) -> None:
    (phase,) = get("/api/v2/stats/field/values", fields="Phase")
    assert (phase["field"], phase["type"]) == ("protocolSection.designModule.phases", "ENUM")
    assert {"value": "PHASE3", "studiesCount": 1} in phase["topValues"]
    (results,) = get("/api/v2/stats/field/values", fields="HasResults", types="BOOLEAN")
    assert results["trueCount"] == 1
    (people,) = get("/api/v2/stats/field/values", fields="EnrollmentCount")
    assert people["min"] <= people["avg"] <= people["max"]
    assert get("/api/v2/stats/field/values", fields="EnrollmentCount", types="ENUM") == []
    assert {one["type"] for one in get("/api/v2/stats/field/values")} == {"ENUM", "BOOLEAN", "INTEGER"}


def test_fields_are_listed_as_a_tree(get: Get) -> None:
    tree = get("/api/v2/studies/metadata")
    (protocol,) = (one for one in tree if one["name"] == "protocolSection")
    (design,) = (one for one in protocol["children"] if one["name"] == "designModule")
    (phases,) = (one for one in design["children"] if one["name"] == "phases")
    assert (phases["piece"], phases["isEnum"]) == ("Phase", True)


@pytest.mark.parametrize("address", ["/studies/enums", "/studies/search-areas", "/stats/field/sizes"])
def test_addresses_that_are_not_answered_say_so(refused: Get, address: str) -> None:
    told = refused(f"/api/v2{address}")
    assert (told["status"], told["type"]) == (404, "urn:trialwright:problem:not-supported")
    assert address in told["detail"]


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"fields": "BriefTitle"}, "not-supported"),
        ({"fields": "Colour"}, "unknown-name"),
        ({"fields": ""}, "bad-value"),
        ({"types": "TEXT"}, "bad-value"),
    ],
)
def test_values_that_are_not_counted_are_refused(refused: Get, asked: dict[str, str], kind: str) -> None:
    assert refused("/api/v2/stats/field/values", **asked)["type"].endswith(kind)
