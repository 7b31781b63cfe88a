"""Every answer of `/api/v2` is valid by the registry's own OpenAPI document, and its clients work with this server's address."""

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator
from pytrials.client import ClinicalTrials
from starlette.testclient import TestClient

from trialwright.library import Library
from trialwright.library.loading import Terms
from trialwright.registries import read_trials
from trialwright.registries.client import Asked, Client, Manners
from trialwright.web.app import application

from .records import DAY, STUDIES

EVERY = int(os.environ.get("SHAPE_EVERY", "50"))


class Shapes:
    """The registry's document. OpenAPI 3.0 is JSON Schema of draft 4 for all that it uses."""

    def __init__(self, path: Path) -> None:
        self._components = yaml.safe_load(path.read_text(encoding="utf-8"))["components"]

    def faults(self, name: str, value: Any) -> list[str]:
        schema = {"$ref": f"#/components/schemas/{name}", "components": self._components}
        return [f"{list(one.absolute_path)}: {one.message[:200]}" for one in Draft4Validator(schema).iter_errors(value)]


@pytest.fixture(scope="session")
def shapes(shared: Path) -> Shapes:
    return Shapes(shared / "data/standards/ctg-oas-v2.yaml")


@pytest.fixture(scope="session")
def registry(records: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A library of real records."""
    library = Library(tmp_path_factory.mktemp("registry") / "library", create=True)
    lines = b"".join(islice(records, 0, None, EVERY))
    library.load(read_trials(lines, "records"), Terms(today=DAY, concepts=library.concepts))
    with TestClient(application(library.home), base_url="http://127.0.0.1") as client:
        yield client


def pages(client: TestClient, **parameters: str) -> Iterator[dict[str, Any]]:
    asked = {name.replace("__", "."): value for name, value in parameters.items()}
    while True:
        answer = client.get("/api/v2/studies", params=asked)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        if "nextPageToken" not in answer.json():
            return
        asked["pageToken"] = answer.json()["nextPageToken"]


def test_every_page_of_the_library_has_the_registrys_shape(registry: TestClient, shapes: Shapes) -> None:
    number = 0
    for page in pages(registry, pageSize="20", countTotal="true"):
        assert shapes.faults("PagedStudies", page) == []
        number += len(page["studies"])
    assert number >= 1850 // EVERY


def test_what_was_read_comes_out_as_it_was(registry: TestClient, records: Any) -> None:
    held = {
        one["protocolSection"]["identificationModule"]["nctId"]: one
        for page in pages(registry, pageSize="100")
        for one in page["studies"]
    }
    came = [json.loads(line) for line in islice(records, 0, None, EVERY)]
    assert came
    for one in came:
        assert held[one["protocolSection"]["identificationModule"]["nctId"]] == one


@pytest.mark.parametrize(
    "fields",
    ["NCTId", "NCTId|Condition|LocationGeoPoint", "StatusModule", "ResultsSection", "DerivedSection|HasResults"],
)
def test_chosen_fields_have_the_registrys_shape(registry: TestClient, shapes: Shapes, fields: str) -> None:
    for page in pages(registry, pageSize="50", fields=fields, markupFormat="legacy"):
        assert shapes.faults("PagedStudies", page) == []


def test_single_trials_sizes_and_version_have_the_registrys_shape(registry: TestClient, shapes: Shapes) -> None:
    page = registry.get("/api/v2/studies?pageSize=5&fields=NCTId").json()
    for one in page["studies"]:
        identity = one["protocolSection"]["identificationModule"]["nctId"]
        assert shapes.faults("Study", registry.get(f"/api/v2/studies/{identity}").json()) == []
    assert shapes.faults("GzipStats", registry.get("/api/v2/stats/size").json()) == []
    assert shapes.faults("Version", registry.get("/api/v2/version").json()) == []


def test_invented_trials_have_the_registrys_shape(client: TestClient, shapes: Shapes) -> None:
    invented = ",".join(one["protocolSection"]["identificationModule"]["nctId"] for one in STUDIES)
    for page in pages(client, pageSize="3", filter__ids=invented):
        assert shapes.faults("PagedStudies", page) == []


def test_the_fields_of_the_data_structure_are_all_known(client: TestClient, shared: Path) -> None:
    tree = json.loads((shared / "data/standards/studies-metadata.json").read_text(encoding="utf-8"))

    def names(nodes: list[dict[str, Any]]) -> Iterator[str]:
        for node in nodes:
            yield node["piece"]
            yield from names(node.get("children", []))

    known = list(names(tree))
    assert len(known) > 400
    for start in range(0, len(known), 100):
        answer = client.get("/api/v2/studies", params={"fields": "|".join(known[start : start + 100])})
        assert answer.status_code == 200, answer.text


@pytest.fixture
def pytrials(server: str, monkeypatch: pytest.MonkeyPatch) -> ClinicalTrials:
    """The public client library, pointed here."""
    monkeypatch.setattr(ClinicalTrials, "_BASE_URL", f"{server}/api/v2/")
    return ClinicalTrials()


def test_pytrials_reads_versions(pytrials: ClinicalTrials) -> None:
    assert pytrials.api_info == ("2.0.5", "2026-03-02T00:00:00")


def test_pytrials_reads_whole_trials(pytrials: ClinicalTrials) -> None:
    found = pytrials.get_full_studies(search_expr="nasopharyngeal+carcinoma", max_studies=50, fmt="json")
    assert {"NCT10000001", "NCT10000002"} <= {
        one["protocolSection"]["identificationModule"]["nctId"] for one in found["studies"]
    }
    rows = pytrials.get_full_studies(search_expr="gemcitabine metastatic", max_studies=1)
    assert rows[0][0] == "NCT Number"
    assert len(rows) == 2
    assert len(rows[1]) == 30


def test_pytrials_reads_chosen_fields(pytrials: ClinicalTrials) -> None:
    found = pytrials.get_study_fields(search_expr="asthma", fields=["NCTId", "Condition", "BriefTitle"], fmt="json")
    assert found["studies"][0]["protocolSection"]["conditionsModule"] == {"conditions": ["Asthma"]}
    rows = pytrials.get_study_fields(search_expr="asthma", fields=["NCT Number", "Conditions"], fmt="csv")
    assert rows == [["NCT Number", "Conditions"], ["NCT10000003", "Asthma"]]


def test_every_field_that_pytrials_knows_is_answered(pytrials: ClinicalTrials) -> None:
    fields = pytrials.study_fields
    assert len(pytrials.get_study_fields("cancer", fields["csv"], fmt="csv")[0]) == len(fields["csv"]) == 30
    assert pytrials.get_study_fields("cancer", sorted(set(fields["json"])), fmt="json")["studies"]


def test_our_own_client_pulls_from_here(server: str) -> None:
    with Client(f"{server}/api/v2", Manners(pause_s=0)) as client:
        found = list(client.pages(Asked(condition="nasopharyngeal carcinoma", since="2021-01-01", page_size=1)))
    assert found[0].total == len(found) == sum(page.count for page in found)
    assert found[-1].token is None


def test_fields_and_their_values_have_the_registrys_shape(registry: TestClient, shapes: Shapes) -> None:
    assert shapes.faults("FieldNodeList", registry.get("/api/v2/studies/metadata").json()) == []
    counted = registry.get("/api/v2/stats/field/values").json()
    assert shapes.faults("FieldValuesStatsList", counted) == []
    names = {"ENUM": "EnumStats", "BOOLEAN": "BooleanStats", "INTEGER": "IntegerStats"}
    assert [one for one in counted for fault in shapes.faults(names[one["type"]], one) if fault] == []
    assert counted
