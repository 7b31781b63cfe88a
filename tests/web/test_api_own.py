"""`/api/trialwright`: what it answers is what the engines say, in their documented forms."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

import trialwright
from trialwright.cli import root
from trialwright.criteria.codec import from_json, json_schema
from trialwright.library import Library
from trialwright.web.api.fields import not_here
from trialwright.web.openapi import described

Get = Callable[..., Any]
TRIALS = "/api/trialwright/trials"
DAY = "2026-03-02"


def post(client: TestClient, **body: Any) -> Any:
    answer = client.post("/api/trialwright/screen", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def faults(name: str, value: Any) -> list[str]:
    """By the OpenAPI document's own schema."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": described()["components"]}
    return [
        f"{list(one.absolute_path)}: {one.message[:200]}" for one in Draft202012Validator(schema).iter_errors(value)
    ]


def test_criteria_are_the_criteria_json(get: Get, web_home: Path) -> None:
    found = get(f"{TRIALS}/SAMPLE-001/criteria")
    Draft202012Validator(json_schema()).validate(found)
    assert faults("CriteriaDocument", found) == []
    with Library(web_home).view() as view:
        assert from_json(json.dumps(found)) == view.criteria("SAMPLE-001")


def test_a_check_is_the_check_json(get: Get) -> None:
    found = get(f"{TRIALS}/SAMPLE-001/check")
    assert faults("Checked", found) == []
    assert (found["schema"], found["trial"]) == ("trialwright.check/1", "SAMPLE-001")
    assert {"no-outcomes"} <= {remark["code"] for remark in found["remarks"]}


def test_similar_trials_come_with_reasons(get: Get) -> None:
    found = get(f"{TRIALS}/SAMPLE-001/similar", limit=3)
    assert faults("SimilarTrials", found) == []
    assert len(found["trials"]) == 3
    assert "SAMPLE-001" not in {one["nctId"] for one in found["trials"]}
    assert all(one["why"] for one in found["trials"])
    scores = [one["score"] for one in found["trials"]]
    assert scores == sorted(scores, reverse=True)


def test_a_plan_is_the_plan_json(get: Get) -> None:
    found = get(f"{TRIALS}/SAMPLE-001/plan", start=DAY)
    assert faults("PlanReport", found) == []
    assert (found["schema"], found["start"], found["name"]) == ("trialwright.plan/1", DAY, "")
    assert found["arms"]
    assert all(not arm["doses"] for arm in found["arms"])


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({}, "start"),
        ({"start": "spring"}, "start"),
        ({"start": "0001-01-01"}, "start"),
        ({"start": DAY, "arm": "no such arm"}, "arm"),
        ({"start": DAY, "choose": "no such choice"}, "choose"),
        ({"start": DAY, "patient": "x"}, "patient"),
    ],
)
def test_a_plan_that_cannot_be_made_says_why(refused: Get, asked: dict[str, str], parameter: str) -> None:
    problem = refused(f"{TRIALS}/SAMPLE-001/plan", **asked)
    assert (problem["status"], problem["parameter"]) == (400, parameter)


@pytest.mark.parametrize("what", ["criteria", "check", "similar", "plan?start=2026-03-02"])
def test_a_trial_that_is_not_held(client: TestClient, what: str) -> None:
    answer = client.get(f"{TRIALS}/NCT77777777/{what}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:trialwright:problem:not-held")
    assert "tmp" not in answer.text, "the error tells where the library is"


def test_a_chart_is_judged_as_the_engine_judges_it(client: TestClient, web_home: Path, chart: str) -> None:
    found = post(client, patient=chart, asOf=DAY, trials=["SAMPLE-001", "SAMPLE-002"])
    assert faults("Screened", found) == []
    assert found["judged"] == 2 == sum(found["standing"].values())
    with Library(web_home).view() as view:
        expected = trialwright.screen(
            trialwright.read_patient(chart.encode()),
            [view.trial("SAMPLE-001"), view.trial("SAMPLE-002")],
            as_of=date(2026, 3, 2),
        )
    verdicts = {one.trial: {row.id: row.verdict for row in one.criteria} for one in expected.trials}
    assert {
        one["trial"]: {row["id"]: row["verdict"] for row in one["criteria"]} for one in found["report"]["trials"]
    } == verdicts


def test_every_trial_is_judged_and_the_nearest_reported(client: TestClient, chart: str) -> None:
    found = post(client, patient=chart, asOf=DAY, limit=2, complete=["conditions", "drugs"])
    assert found["judged"] == 10
    assert len(found["report"]["trials"]) == 2
    everything = post(client, patient=chart, asOf=DAY, limit=200, complete=["conditions", "drugs"])
    assert everything["report"]["trials"][:2] == found["report"]["trials"]
    assert found["report"]["complete"] == ["conditions", "drugs"]


def test_trials_are_chosen_by_a_search(client: TestClient, chart: str) -> None:
    found = post(client, patient=chart, query="asthma", asOf=DAY)
    assert [one["trial"] for one in found["report"]["trials"]] == ["NCT10000003"]


def test_a_chart_may_be_an_object_or_a_bundle(client: TestClient) -> None:
    form = {"sex": "female", "birth": "1974-05", "conditions": ["nasopharyngeal carcinoma"]}
    assert post(client, patient=form, trials=["NCT10000001"], asOf=DAY)["report"]["sex"] == "female"
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1970-01-02"}}],
    }
    report = post(client, patient=bundle, trials=["NCT10000001"], asOf=DAY)["report"]
    assert (report["sex"], report["age"]) == ("male", 56)


def test_a_criterion_can_be_switched_off(client: TestClient, chart: str) -> None:
    found = post(client, patient=chart, trials=["SAMPLE-001"], without=["I1"], asOf=DAY)
    (trial,) = found["report"]["trials"]
    assert [row["id"] for row in trial["without"]] == ["I1"]


def test_today_is_the_day_when_none_is_given_and_it_is_said(client: TestClient, chart: str) -> None:
    assert date.fromisoformat(post(client, patient=chart, trials=["SAMPLE-001"])["report"]["as_of"]).year >= 2026


BODIES: dict[str, tuple[Any, int]] = {
    "no patient": ({}, 400),
    "unknown key": ({"patient": {}, "patients": 1}, 400),
    "no object": ([], 400),
    "number": ({"patient": 5}, 400),
    "list": ({"complete": ["everything"], "patient": {}}, 400),
    "day": ({"asOf": "today", "patient": {}}, 400),
    "limit": ({"limit": 0, "patient": {}}, 400),
    "unknown trial": ({"trials": ["NCT77777777"], "patient": {"sex": "male"}}, 404),
    "unknown filter": ({"query": "statsu:open", "patient": {"sex": "male"}}, 400),
    "empty chart": ({"patient": ""}, 422),
    "two patients": ({"patient": "sex: male\n---\nsex: female\n"}, 422),
    "no chart": ({"patient": {"resourceType": "Observation"}}, 422),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
def test_a_body_that_cannot_be_judged_says_why(client: TestClient, body: Any, status: int) -> None:
    answer = client.post("/api/trialwright/screen", json=body)
    assert (answer.status_code, answer.json()["status"]) == (status, status), answer.text
    assert answer.json()["detail"]


def test_only_json_is_taken(client: TestClient) -> None:
    assert (
        client.post("/api/trialwright/screen", content="x", headers={"content-type": "text/plain"}).status_code == 415
    )
    broken = client.post("/api/trialwright/screen", content="{", headers={"content-type": "application/json"})
    assert broken.status_code == 400


def test_a_chart_is_never_asked_for_by_address(client: TestClient) -> None:
    answer = client.get("/api/trialwright/screen?patient=x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def count(client: TestClient, **body: Any) -> Any:
    return client.post("/api/trialwright/funnel", json=body)


def test_a_population_is_counted_as_the_command_counts_it(client: TestClient, web_home: Path, tmp_path: Path) -> None:
    people = [f"sex: female\nbirth: {year}-01-01\n" for year in range(1990, 2020)]
    answer = count(client, trial="NCT10000001", patients=people, asOf=DAY)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert faults("FunnelReport", found) == []
    assert (found["schema"], found["given"], found["unread"]) == ("trialwright.funnel/1", 30, 0)
    (tmp_path / "charts.yaml").write_text("---\n".join(people), encoding="utf-8")
    (tmp_path / "trial.json").write_text(client.get("/api/v2/studies/NCT10000001").text, encoding="utf-8")
    arguments = [
        "funnel",
        tmp_path / "trial.json",
        "--patients",
        tmp_path / "charts.yaml",
        "--as-of",
        DAY,
        "--format",
        "json",
    ]
    done = CliRunner().invoke(root, [str(one) for one in arguments], catch_exceptions=False, standalone_mode=False)
    told = json.loads(done.stdout)
    for key in ("people", "steps", "groups", "trial"):
        assert found[key] == told[key]


def test_a_chart_that_cannot_be_read_is_counted_as_unread(client: TestClient) -> None:
    found = count(client, trial="NCT10000001", patients=[{"sex": "male"}, {"sxe": "male"}, "[" * 50], asOf=DAY).json()
    assert (found["given"], found["unread"], found["people"]["text"]) == (3, 2, "<10")


@pytest.mark.parametrize(
    ("body", "status", "parameter"),
    [
        ({"trial": "NCT77777777", "patients": [{"sex": "male"}]}, 404, ""),
        ({"trial": "NCT10000001", "patients": []}, 422, ""),
        ({"trial": "NCT10000001", "patients": ["?: ["]}, 422, ""),
        ({"trial": "NCT10000001", "patients": [{"sex": "male"}], "order": ["I99"]}, 400, "order"),
        ({"trial": "NCT10000001", "patients": [{"sex": "male"}], "without": ["I99"]}, 400, "without"),
        (
            {"trial": "NCT10000001", "patients": [{}], "whatIf": [{"criterion": "I99", "measure": "", "value": 1}]},
            400,
            "whatIf",
        ),
        (
            {"trial": "NCT10000001", "patients": [{}], "whatIf": [{"criterion": "E2", "measure": "", "value": 1}]},
            400,
            "whatIf",
        ),
        ({"trial": "NCT10000001", "patients": [5]}, 400, "patient"),
    ],
)
def test_a_population_that_cannot_be_counted(client: TestClient, body: Any, status: int, parameter: str) -> None:
    answer = count(client, **body)
    assert (answer.status_code, answer.json().get("parameter", "")) == (status, parameter), answer.text


def test_the_document_names_every_address(app: Any, get: Get) -> None:
    document = get("/api/openapi.json")
    assert document["openapi"] == "3.1.0"
    served = {
        (route.path, method)
        for route in app.routes
        if route.path.startswith("/api/") and route.endpoint is not not_here
        for method in route.methods
    }
    told = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    assert told == {pair for pair in served if pair[1] != "HEAD"}


def test_every_shape_that_is_referred_to_is_there() -> None:
    document = described()

    def references(part: Any) -> Any:
        match part:
            case {"$ref": str(name)}:
                yield name
            case dict():
                for value in part.values():
                    yield from references(value)
            case list():
                for value in part:
                    yield from references(value)
            case _:
                pass

    found = set(references(document))
    assert len(found) > 50
    for name in found:
        part: Any = document
        for key in name.removeprefix("#/").split("/"):
            part = part[key]
        assert part


def test_the_examples_of_the_document_are_valid() -> None:
    for path, item in described()["paths"].items():
        for operation in item.values():
            contents = [answer.get("content", {}) for answer in operation["responses"].values()]
            contents.append(operation.get("requestBody", {}).get("content", {}))
            for content in contents:
                for media in content.values():
                    examples = [media["example"]] if "example" in media else []
                    examples += [one["value"] for one in media.get("examples", {}).values()]
                    for example in examples:
                        schema = media["schema"] | {"components": described()["components"]}
                        found = [one.message for one in Draft202012Validator(schema).iter_errors(example)]
                        assert found == [], path
