"""The pages: each is whole without script, in its order, with every word of a record escaped and in its place."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from trialwright.registries import read_trials
from trialwright.trial import Record, part_fields
from trialwright.web.app import application
from trialwright.web.pages.checking import read_record
from trialwright.web.pages.drawing import kept, paragraphs, web_url
from trialwright.web.pages.trials import Kept
from trialwright.web.pages.words import day_words, fields, listed, value

from .records import MARKUP, SCRIPT, library_of, status, study

ADDRESSES = (
    "/",
    "/search",
    "/search?q=carcinoma&status=RECRUITING",
    "/search?q=zzzz",
    "/trial/NCT10000001",
    "/trial/NCT10000004",
    "/trial/SAMPLE-004",
    "/trial/NCT10000001/similar",
    "/trial/NCT10000001/record",
    "/compare",
    "/compare?left=NCT10000001&right=NCT10000002",
    "/screen",
    "/funnel",
    "/check",
    "/about",
)
HOSTILE = (
    "/search?q=lung",
    "/trial/NCT10000005",
    "/trial/NCT10000005/record",
    "/trial/NCT10000005/similar",
    "/trial/NCT10000001/similar",
    "/compare?left=NCT10000005&right=NCT10000001",
    f"/search?q={SCRIPT}",
    "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&sort=%22onclick=%22&country=%22%3E%3Cb%3E",
    "/trial/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "/compare?left=%3Cscript%3E&right=%22onload=%22",
    "/screen?trial=%22%3E%3Cscript%3E",
    "/funnel?trial=%22%3E%3Cscript%3E",
)
ORDER = (
    "summary", "facts", "fit", "plan", "criteria", "design", "arms", "sites", "outcomes", "contacts", "people", "similar", "odd",
    "history", "ids", "record",
)  # fmt: skip


class Page(HTMLParser):
    """What a page holds: tags with their attributes, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: text or "" for name, text in attrs}))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [held for name, held in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        return [held["id"] for _, held in self.tags if "id" in held]

    @property
    def read(self) -> str:
        return " ".join(self.words.split())


def shown(client: TestClient, address: str, status: int = 200) -> Page:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"].startswith("text/html")
    return Page(answer.text)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_has_one_heading_a_title_a_language_and_ways_to_its_parts(client: TestClient, address: str) -> None:
    page = shown(client, address)
    assert len(page.all("h1")) == 1
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.ids) == len(set(page.ids))
    within = [held["href"][1:] for held in page.all("a") if held.get("href", "").startswith("#")]
    assert "main" in within
    assert set(within) <= set(page.ids)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_carries_nothing_inline_and_fetches_nothing_from_elsewhere(client: TestClient, address: str) -> None:
    page = shown(client, address)
    assert not page.all("style")
    assert all(held["src"].startswith("/static/") for held in page.all("script"))
    assert all(held["href"].startswith("/static/") for held in page.all("link"))
    assert not page.all("img")
    assert not [name for _, held in page.tags for name in held if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_field_of_a_form_has_a_label_and_every_form_a_button(client: TestClient, address: str) -> None:
    text = client.get(address).text
    page = Page(text)
    labelled = {held["for"] for held in page.all("label") if "for" in held}
    wrapped = re.findall(r"<label[^>]*>(?:(?!</label>).)*?<(?:input|select|textarea)[^>]*>", text, re.DOTALL)
    fields_ = [
        held for tag, held in page.tags if tag in ("input", "select", "textarea") and held.get("type") != "hidden"
    ]
    assert len(fields_) == len(wrapped) + len([held for held in fields_ if held.get("id") in labelled])
    assert text.count("<form") <= len([held for held in page.all("button") if held.get("type") == "submit"])


@pytest.mark.parametrize("address", HOSTILE)
def test_record_text_and_addresses_stay_words(client: TestClient, address: str) -> None:
    answer = client.get(address)
    page = Page(answer.text)
    assert all(held.get("src", "").startswith("/static/") for held in page.all("script"))
    assert not page.all("img")
    assert not page.all("b")
    assert not [name for _, held in page.tags for name in held if name.startswith("on")]
    assert not [
        held["href"] for held in page.all("a") if held.get("href", "").lower().startswith(("javascript", "data"))
    ]
    assert "49" not in re.findall(r"\{\{ *7\*7 *\}\}|(?<!\d)49(?!\d)", answer.text)


def test_a_hostile_title_is_shown_as_it_is_written(client: TestClient) -> None:
    page = shown(client, "/trial/NCT10000005")
    assert page.read.count(SCRIPT) >= 2
    assert MARKUP in page.read


def test_a_trial_page_stands_in_its_order(client: TestClient) -> None:
    for address in ("/trial/NCT10000001", "/trial/SAMPLE-004"):
        page = shown(client, address)
        places = [page.ids.index(name) for name in ("status", "sentence", *ORDER) if name in page.ids]
        assert len(places) >= 14
        assert places == sorted(places)


def test_a_criterion_has_its_own_address_its_tags_and_how_it_was_understood(client: TestClient) -> None:
    page = shown(client, "/trial/NCT10000001")
    assert {"I1", "I2", "E1", "E2"} <= set(page.ids)
    assert "Understood as: age at least 18 years" in page.read
    assert "must not be true" in page.read
    fit = page.read.partition("Made by this program from the criteria")[2].partition("Only what was fully")[0]
    assert "18 years old or older I1" in fit
    assert "Hepatitis B (active) E1" in fit


def test_absent_and_lost_are_told_apart(client: TestClient, seeds: dict[str, bytes]) -> None:
    assert "Status Whether people can join. not stated" in shown(client, "/trial/NCT10000004").read
    lost = Page(read_record(seeds["001"], "seed").html).read
    assert "Interventions The treatments or tests that are looked at. lost: the page" in lost
    assert "7 of 8 sites are not named on the page" in lost


def test_a_plan_is_shown_only_where_there_is_one(client: TestClient) -> None:
    assert "plan" not in shown(client, "/trial/NCT10000004").ids
    page = shown(client, "/trial/SAMPLE-004")
    assert "plan" in page.ids
    assert "pembrolizumab 200 mg; every 3 weeks" in page.read
    assert page.all("svg")


def test_zero_results_say_which_filter_took_how_many(client: TestClient) -> None:
    page = shown(client, "/search?q=asthma&status=COMPLETED&sex=female")
    assert "No trial fits all of this" in page.read
    assert "without status completed: 1 trial" in page.read
    assert "without open to female patients: 0 trials" in page.read
    assert "without all filters: 1 trial" in page.read
    links = {held["href"] for held in page.all("a")}
    assert {"/search?q=asthma&sex=female", "/search?q=asthma&status=COMPLETED", "/search?q=asthma"} <= links
    for address in ("/search?q=asthma+status:completed", "/search?q=asthma+status:completed&sex=female"):
        assert "without status completed (in your words): 1 trial" in shown(client, address).read


def test_a_filter_that_cannot_be_says_the_nearest(client: TestClient) -> None:
    page = shown(client, "/search?q=carcinoma&status=recruitng", 400)
    assert "did you mean 'recruiting'?" in page.read
    assert page.all("input")[0]["value"] == "carcinoma"


def test_facets_are_counted_and_those_chosen_stay_ticked(client: TestClient) -> None:
    page = shown(client, "/search?q=nasopharyngeal&phase=PHASE2")
    boxes = {held["value"]: held for held in page.all("input") if held.get("type") == "checkbox"}
    assert "checked" in boxes["PHASE2"]
    assert any("take away" in words for words in [page.read])


def test_pages_of_results_follow_each_other(client: TestClient) -> None:
    page = shown(client, "/search?page=1")
    assert "10 trials" in page.read or "trials" in page.read
    assert shown(client, "/search?page=999999999999").all("h1")
    assert shown(client, "/search?page=-1").all("h1")


def test_a_trial_number_leads_to_its_page(client: TestClient) -> None:
    answer = client.get("/search?q=nct10000001")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/trial/NCT10000001"


def test_what_is_not_here_is_said(client: TestClient) -> None:
    assert "This trial is not here" in shown(client, "/trial/NCT99999999", 404).read
    assert "Not on this computer: NCT99999999" in shown(client, "/compare?left=NCT10000001&right=NCT99999999", 404).read
    assert shown(client, "/nowhere", 404).all("h1")
    assert shown(client, "/static/..%2Fapp.py", 404).all("h1")


def test_two_trials_stand_side_by_side(client: TestClient) -> None:
    page = shown(client, "/compare?left=NCT10000001&right=NCT10000002")
    assert "In both (4)" in page.read
    assert "Only in NCT10000001 (0)" in page.read
    assert "/trial/NCT10000001#I1" in {held["href"] for held in page.all("a")}


def test_similar_trials_give_their_reasons(client: TestClient) -> None:
    page = shown(client, "/trial/NCT10000001/similar")
    assert "NCT10000002" in page.read
    assert "both about nasopharyngeal carcinoma" in page.read.lower()


def test_history_says_what_changed_in_words_and_in_meaning(tmp_path: Path) -> None:
    def version(age: int, updated: str) -> dict[str, Any]:
        criteria = f"Inclusion Criteria:\n\n* Age >= {age} years\n* Signed consent"
        return study(
            "NCT10000009",
            "A Trial",
            status=status("RECRUITING", "2024-01", updated),
            eligibility={"eligibilityCriteria": criteria},
        )

    home = tmp_path / "library"
    library_of(home, [version(18, "2024-01-01")], with_samples=False)
    library_of(home, [version(21, "2024-06-01")], with_samples=False)
    with TestClient(application(home), base_url="http://127.0.0.1") as client:
        page = shown(client, "/trial/NCT10000009")
    assert "2 versions on this computer: 1 January 2024; 1 June 2024." in page.read
    assert "From 1 January 2024 to 1 June 2024" in page.read
    assert squeezed("I1 has changed Age >= 18 years Age >= 21 years") in squeezed(page.words)
    assert page.all("ins")
    assert page.all("del")


def test_what_pages_are_drawn_with_may_be_kept_for_good_and_changes_its_address(client: TestClient) -> None:
    page = shown(client, "/")
    for address in [held["href"] for held in page.all("link")] + [held["src"] for held in page.all("script")]:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        again = client.get(address, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    assert client.get("/static/site.css").headers["cache-control"] == "no-cache"


# What a record says has its place: a record in which every field is filled, and the five seeds.

ON_THE_RECORD_PAGE_ONLY = {
    # What the registry derived or keeps for itself, and old or rare keys of one country's law.
    "derivedSection", "delayedPosting", "isUnapprovedDevice", "isPpsd", "isUsExport", "fdaaa801Violation", "resultsWaived",
    "studyFirstSubmitQcDate", "resultsFirstSubmitDate", "resultsFirstSubmitQcDate", "dispFirstSubmitDate",
    "dispFirstSubmitQcDate", "dispFirstPostDateStruct", "nPtrsToThisExpAccNctId", "geoPoint", "countryCode", "locations_nested",
}  # fmt: skip


def filled(part: type, path: str = "", depth: int = 0) -> Any:
    """A value for each key of a part of the record: texts name their own path."""
    made: dict[str, Any] = {}
    for key, (_, kind) in part_fields(part).items():
        if key in ("resultsSection", "documentSection", "annotationSection", "locations_nested"):
            continue
        where = f"{path}.{key}" if path else key
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            made[key] = filled(kind, where, depth + 1)
        elif kind is str:
            name = where.rpartition("Module.")[2]
            made[key] = f"https://example.org/{name}" if key in ("link", "url") else f"value of {name}"
        elif kind is bool:
            made[key] = True
        else:
            made[key] = 7
    return _as_lists(part, made)


def _as_lists(part: type, made: dict[str, Any]) -> dict[str, Any]:
    from trialwright.trial import is_list

    return {key: [found] if is_list(part, key) else found for key, found in made.items()}


def texts(found: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    match found:
        case dict():
            return [pair for key, part in found.items() for pair in texts(part, (*path, key))]
        case list():
            return [pair for part in found for pair in texts(part, path)]
        case str():
            return [(path, found)]
        case _:
            return []


def test_every_text_of_a_record_has_its_place_on_its_page() -> None:
    record = filled(Record)
    record["protocolSection"]["contactsLocationsModule"]["locations"][0]["status"] = "RECRUITING"
    html = read_record(msgspec.json.encode(record), "record").html
    page = Page(html)
    said = page.read.lower().replace("_", " ") + html.lower()
    missing = {
        path[-1] if not ON_THE_RECORD_PAGE_ONLY & set(path) else ""
        for path, words in texts(record)
        if words.lower() not in said
    } - {""}
    assert missing == set()


@pytest.mark.parametrize("seed", ["000", "001", "002", "003", "004"])
def test_every_text_of_a_seed_has_its_place_on_its_page(seeds: dict[str, bytes], seed: str) -> None:
    (trial,) = read_trials(seeds[seed], "seed")
    assert not hasattr(trial, "message")
    page = Page(read_record(seeds[seed], "seed").html)
    said = squeezed(page.words)
    missing = []
    for path, words in texts(msgspec.to_builtins(trial.record)):
        wanted = [squeezed(line) for line in words.splitlines()]
        if path[-1] == "eligibilityCriteria":
            wanted = [
                re.sub(r"^(?:\*|\d+\.)", "", line)
                for line in wanted
                if not line.lower().startswith(("inclusion", "exclusion"))
            ]
        is_coded = words.isupper() and " " not in words and path[-1] not in ("name", "id", "label")
        is_date = path[-1] == "date"
        repeats = path[-1] == "description" and "interventions" in path
        wanted = [day_words(words).replace(" ", "")] if is_date else [] if is_coded or repeats else wanted
        missing += [(path[-1], line) for line in wanted if line.lower() not in said.lower()]
    assert missing == [], missing
    beside = [
        word for one in trial.extras for _, words in texts({"": one.value}) for word in words.replace("_", " ").split()
    ]
    # Of sponsors whose part is not printed, the page shows the names.
    assert [word for word in beside if squeezed(word).lower() not in said.lower() and word != "OTHER"] == []


def squeezed(text: str) -> str:
    return "".join(re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", text).split())


def test_every_coded_value_of_the_registry_has_words() -> None:
    for field, code in (("status", "RECRUITING"), ("phase", "NA"), ("arm", "SHAM_COMPARATOR"), ("model", "CROSSOVER")):
        assert value(field, code).meaning
    assert value("status", "SOME_NEW_WORD").words == "some new word"
    assert len(fields("facts")) > 15


# Small parts.


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("http://example.org", "http://example.org"),
        ("javascript:alert(1)", ""),
        ("JaVaScript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org", ""),
        ("/trial/x", ""),
        ("http://[", ""),
        (None, ""),
    ],
)
def test_only_addresses_of_the_web_become_links(given: str | None, expected: str) -> None:
    assert web_url(given) == expected


def test_a_text_is_cut_into_paragraphs_and_lists() -> None:
    assert paragraphs("One.\n\nTwo:\n* a\n* b\nThree \\> two") == [
        ("p", ["One."]),
        ("p", ["Two:"]),
        ("ul", ["a", "b"]),
        ("p", ["Three > two"]),
    ]


def test_a_piece_keeps_the_blanks_around_it() -> None:
    assert kept("  a \\> b ") == "  a > b "
    assert kept(" \n") == " \n"


@pytest.mark.parametrize(
    ("date", "words"),
    [("2026-02-03", "3 February 2026"), ("2026-02", "February 2026"), ("2026", "2026"), ("soon", "soon"), (None, "")],
)
def test_dates_in_words(date: str | None, words: str) -> None:
    assert day_words(date) == words


def test_lists_in_words() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed([]) == ""


def test_what_was_asked_for_last_is_kept() -> None:
    made: list[str] = []
    kept_: Kept[str] = Kept(2)

    def make(name: str) -> str:
        made.append(name)
        return name

    for name in ("a", "b", "a", "c", "a", "b"):
        assert kept_.of((name,), lambda name=name: make(name)) == name
    assert made == ["a", "b", "c", "b"]
