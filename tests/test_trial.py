"""What a trial says about its own fields: absent, empty, stripped, stated; and where a value stood."""

import msgspec
import pytest

from trialwright.trial import Origin, Record, Source, Trial, is_list, part_fields

STUDY = b"""{"protocolSection": {
  "identificationModule": {"nctId": "NCT90000001", "acronym": ""},
  "conditionsModule": {"conditions": [], "keywords": ["a"]},
  "contactsLocationsModule": {"locations": [{"city": ""}, {"zip": "1"}, {}]}},
  "resultsSection": {"a": 1}}"""


@pytest.fixture
def trial() -> Trial:
    source = Source(
        stripped=frozenset(
            {"protocolSection.eligibilityModule.maximumAge", "protocolSection.identificationModule.nctId"}
        ),
        origins={
            "protocolSection.contactsLocationsModule.locations": Origin("Sites"),
            "protocolSection.contactsLocationsModule.locations[1].zip": Origin("Postal code"),
        },
    )
    return Trial(record=msgspec.json.decode(STUDY, type=Record), source=source)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("protocolSection", "stated"),
        ("protocolSection.identificationModule.nctId", "stated"),
        ("protocolSection.identificationModule.acronym", "empty"),
        ("protocolSection.identificationModule.briefTitle", "absent"),
        ("protocolSection.conditionsModule.conditions", "empty"),
        ("protocolSection.conditionsModule.keywords", "stated"),
        ("protocolSection.contactsLocationsModule.locations.city", "empty"),
        ("protocolSection.contactsLocationsModule.locations.zip", "stated"),
        ("protocolSection.contactsLocationsModule.locations.country", "absent"),
        ("protocolSection.contactsLocationsModule.locations.geoPoint.lat", "absent"),
        ("protocolSection.eligibilityModule.minimumAge", "absent"),
        ("protocolSection.eligibilityModule.maximumAge", "stripped"),
        ("protocolSection.designModule.designInfo.maskingInfo.masking", "absent"),
        ("protocolSection.outcomesModule.primaryOutcomes.measure", "absent"),
        ("resultsSection", "stated"),
        ("documentSection", "absent"),
        ("derivedSection.miscInfoModule.versionHolder", "absent"),
        ("hasResults", "absent"),
    ],
)
def test_presence(trial: Trial, path: str, word: str) -> None:
    assert trial.presence(path) == word


@pytest.mark.parametrize(
    "path",
    [
        "",
        "protocol",
        "protocolSection.eligibilityModule.minimum_age",
        "protocolSection.designModule.designInfo.masking",
        "protocolSection.contactsLocationsModule.locations.town",
        "protocolSection.identificationModule.nctId.length",
        "resultsSection.a",
    ],
)
def test_a_path_that_no_field_has_is_an_error_whatever_the_record_holds(trial: Trial, path: str) -> None:
    with pytest.raises(KeyError):
        trial.presence(path)
    with pytest.raises(KeyError):
        Trial(record=Record()).presence(path)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("protocolSection.contactsLocationsModule.locations[1].zip", "Postal code"),
        ("protocolSection.contactsLocationsModule.locations[1].city", "Sites"),
        ("protocolSection.contactsLocationsModule.locations[0]", "Sites"),
    ],
)
def test_origin_is_the_nearest_that_is_known(trial: Trial, path: str, place: str) -> None:
    assert trial.origin(path).place == place


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("protocolSection.identificationModule.nctId", "NCT90000001"),
        ("protocolSection.identificationModule.acronym", ""),
        ("protocolSection.contactsLocationsModule.locations[1].zip", "1"),
        ("protocolSection.contactsLocationsModule.locations[1].city", None),
        ("protocolSection.contactsLocationsModule.locations[7].zip", None),
        ("protocolSection.contactsLocationsModule.locations.zip", None),
        ("protocolSection.conditionsModule.keywords[0]", "a"),
        ("protocolSection.identificationModule[0]", None),
        ("protocolSection.identificationModule.nctId.length", None),
        ("protocolSection.nothing.of[2].this", None),
        ("resultsSection.a", None),
        ("/clinical_study/brief_title", None),
        ("", None),
    ],
)
def test_the_text_at_an_address(trial: Trial, path: str, text: str | None) -> None:
    assert trial.text_at(path) == text


def test_in_api_v2_the_path_is_the_place() -> None:
    path = "protocolSection.statusModule.overallStatus"
    assert Trial(record=Record()).origin(path) == Origin(path)


def test_parts_of_an_empty_trial_are_empty_and_nothing_is_made_up() -> None:
    trial = Trial(record=Record())
    assert (trial.nct_id, trial.title, trial.overall_status) == (None, None, None)
    assert trial.phases == trial.conditions == trial.arms == trial.interventions == trial.sites == ()
    assert list(trial.outcomes()) == []
    assert trial.eligibility.sex is None
    assert repr(trial) == "<Trial without id: untitled>"


def test_the_types_know_their_keys() -> None:
    protocol = part_fields(Record)["protocolSection"][1]
    module = part_fields(protocol)["contactsLocationsModule"][1]
    assert "locations_nested" in part_fields(module), "an undocumented key that real records hold"
    assert is_list(module, "locations")
    assert not is_list(protocol, "eligibilityModule")


def test_an_unknown_key_is_refused_by_the_types() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"news": 1}', type=Record)
