"""API v1 JSON: the older names and words of the same fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from trialwright.registries import api_v1, ctgov, fields, read_trial
from trialwright.registries.unreadable import BadRecordError
from trialwright.trial import Extra, Trial

STUDY: dict[str, Any] = {
    "ProtocolSection": {
        "IdentificationModule": {"NCTId": "NCT90000001", "OrgStudyIdInfo": {"OrgStudyId": "AB-1"}, "Acronym": ""},
        "StatusModule": {
            "OverallStatus": "Active, not recruiting",
            "StartDateStruct": {"StartDate": "March 4, 2021", "StartDateType": "Anticipated"},
            "CompletionDateStruct": {"CompletionDate": "February 30, 2022"},
        },
        "ConditionsModule": {"ConditionList": {"Condition": ["A", "B"]}, "KeywordList": {"Keyword": []}},
        "DesignModule": {
            "PhaseList": {"Phase": ["Phase 1", "Phase 2"]},
            "DesignInfo": {"DesignMaskingInfo": {"DesignMasking": "None (Open Label)"}},
            "EnrollmentInfo": {"EnrollmentCount": "1206", "EnrollmentType": "Actual"},
        },
        "ArmsInterventionsModule": {
            "ArmGroupList": {
                "ArmGroup": [
                    {
                        "ArmGroupLabel": "One",
                        "ArmGroupInterventionList": {"ArmGroupInterventionName": ["Drug: X", "Drug: Y"]},
                    }
                ]
            }
        },
        "EligibilityModule": {
            "Gender": "Female",
            "HealthyVolunteers": "Accepts Healthy Volunteers",
            "MinimumAge": "20 Years",
        },
    },
    "ResultsSection": {"MoreInfoModule": {"CertainAgreement": {"AgreementPISponsorEmployee": "No"}}},
}


@pytest.fixture
def trial() -> Trial:
    return api_v1.read(json.dumps(STUDY).encode(), "old.json", 2)


def test_fields_are_found_under_their_older_names_and_words(trial: Trial) -> None:
    written = json.loads(ctgov.write(trial))
    assert written == {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT90000001", "orgStudyIdInfo": {"id": "AB-1"}, "acronym": ""},
            "statusModule": {
                "overallStatus": "ACTIVE_NOT_RECRUITING",
                "startDateStruct": {"date": "2021-03-04", "type": "ESTIMATED"},
                "completionDateStruct": {"date": "February 30, 2022"},
            },
            "conditionsModule": {"conditions": ["A", "B"], "keywords": []},
            "designModule": {
                "phases": ["PHASE1", "PHASE2"],
                "designInfo": {"maskingInfo": {"masking": "NONE"}},
                "enrollmentInfo": {"count": 1206, "type": "ACTUAL"},
            },
            "armsInterventionsModule": {"armGroups": [{"label": "One", "interventionNames": ["Drug: X", "Drug: Y"]}]},
            "eligibilityModule": {"sex": "FEMALE", "healthyVolunteers": True, "minimumAge": "20 Years"},
        },
        "resultsSection": {"moreInfoModule": {"certainAgreement": {"piSponsorEmployee": False}}},
        "hasResults": True,
    }
    assert trial.extras == ()
    assert (trial.source.form, trial.source.name, trial.source.position) == ("api-v1", "old.json", 2)
    assert [remark.code for remark in trial.diagnostics] == ["bad-date"]


def test_each_value_keeps_where_it_stood(trial: Trial) -> None:
    conditions = trial.origin("protocolSection.conditionsModule.conditions[1]")
    assert conditions.place == "ProtocolSection.ConditionsModule.ConditionList.Condition[1]"
    sex = trial.origin("protocolSection.eligibilityModule.sex")
    assert sex.place == "ProtocolSection.EligibilityModule.Gender"


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("Odd", "x", "unknown-key"),
        ("PhaseList", {"Phase": "Phase 1"}, "wrong-type"),
        ("PhaseList", ["Phase 1"], "wrong-type"),
        ("DesignInfo", "open", "wrong-type"),
        ("StudyType", {"a": 1}, "wrong-type"),
        ("StudyType", None, "wrong-type"),
    ],
)
def test_what_has_no_place_is_kept_aside(key: str, value: object, code: str) -> None:
    trial = api_v1.read(json.dumps({"ProtocolSection": {"DesignModule": {key: value}}}).encode())
    place = f"ProtocolSection.DesignModule.{key}"
    assert trial.extras == (Extra((place,), value),)
    assert [(remark.code, remark.where) for remark in trial.diagnostics] == [(code, place)]


def test_an_odd_member_of_a_list_leaves_the_others_in_place() -> None:
    trial = api_v1.read(b'{"ProtocolSection": {"ConditionsModule": {"ConditionList": {"Condition": ["A", {}, "B"]}}}}')
    assert trial.conditions == ("A", "B")
    assert trial.extras == (Extra(("ProtocolSection.ConditionsModule.ConditionList.Condition[1]",), {}),)


def test_a_word_that_no_list_has_is_kept_as_printed() -> None:
    trial = api_v1.read(b'{"ProtocolSection": {"StatusModule": {"OverallStatus": "Maybe"}}}')
    assert trial.overall_status == "Maybe"
    assert [remark.code for remark in trial.diagnostics] == ["unknown-word"]


@pytest.mark.parametrize("data", [b"{}", b"[]", b"3", b'{"Study": {}}'])
def test_what_has_no_section_is_no_study(data: bytes) -> None:
    with pytest.raises(BadRecordError):
        api_v1.read(data)


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("NCT00023673", (("PHASE1", "PHASE2"), 41, None, "ALL")),
        ("NCT02028676", (("PHASE4",), 4, "3 Months", "ALL")),
        ("NCT04780763", (("NA",), 1, "20 Years", "FEMALE")),
    ],
)
def test_the_shared_records(shared: Path, name: str, stated: tuple[object, ...]) -> None:
    trial = read_trial(shared / f"data/records/samples/{name}.json")
    assert trial.source.form == "api-v1"
    assert trial.nct_id == name
    assert (trial.phases, len(trial.sites), trial.eligibility.minimum_age, trial.eligibility.sex) == stated
    assert trial.extras == ()
    assert not {remark.code for remark in trial.diagnostics} & {"unknown-key", "unknown-word", "wrong-type", "bad-date"}


def leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    return sum(map(leaves, value)) if isinstance(value, list) else 1


def test_no_value_of_the_shared_records_is_left_behind(shared: Path) -> None:
    for name in ("NCT00023673", "NCT02028676", "NCT04780763"):
        path = shared / f"data/records/samples/{name}.json"
        study = json.loads(path.read_bytes())["FullStudiesResponse"]["FullStudies"][0]["Study"]
        stated = leaves(study) + ("ResultsSection" in study)  # the section says that there are results
        assert leaves(json.loads(ctgov.write(read_trial(path)))) == stated, name


def test_the_table_of_fields_is_the_standards_own(shared: Path) -> None:
    def walk(node: dict[str, Any], above: str) -> dict[str, str]:
        path = f"{above}.{node['name']}".removeprefix(".")
        found = {path: node["piece"]}
        for child in node.get("children", ()):
            found |= walk(child, path)
        return found

    nodes = json.loads((shared / "data/standards/studies-metadata.json").read_bytes())
    standard = {path: piece for node in nodes for path, piece in walk(node, "").items()}
    assert len(standard) == 454
    assert {path: field.pieces[0] for path, field in fields.by_path().items()} == standard
