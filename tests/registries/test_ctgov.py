"""API v2 JSON: nothing is lost on the way in, and the way out gives the same JSON."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.registries import ctgov
from trialwright.registries.unreadable import BadRecordError
from trialwright.trial import Extra, Trial

STUDY: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT90000001", "briefTitle": "A sample", "nctIdAliases": ["NCT90000002"]},
        "statusModule": {"overallStatus": "RECRUITING", "startDateStruct": {"date": "2026-02", "type": "ESTIMATED"}},
        "designModule": {"phases": ["PHASE1", "PHASE2"], "enrollmentInfo": {"count": 20}, "patientRegistry": False},
        "eligibilityModule": {"eligibilityCriteria": "* Age \\>= 18\n", "minimumAge": "18 Years", "sex": "ALL"},
        "contactsLocationsModule": {"locations": [{"city": "Lyon", "geoPoint": {"lat": 45.7, "lon": 4}}, {}]},
        "outcomesModule": {"primaryOutcomes": [], "secondaryOutcomes": [{"measure": ""}]},
    },
    "resultsSection": {"anything": [1, {"pValue": None}, 1.50]},
    "hasResults": True,
}


def read(study: object) -> Trial:
    return ctgov.read(json.dumps(study).encode(), "x.json", 3)


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The sample with one value set."""
    study = json.loads(json.dumps(STUDY))
    holder = study
    for key in path[:-1]:
        holder = holder[key]
    if isinstance(holder, dict) and not isinstance(path[-1], str):
        raise KeyError(path[-1])  # JSON has no such key
    holder[path[-1]] = value
    return study


def test_a_study_is_read_into_its_types() -> None:
    trial = read(STUDY)
    assert (trial.nct_id, trial.title, trial.overall_status) == ("NCT90000001", "A sample", "RECRUITING")
    assert trial.phases == ("PHASE1", "PHASE2")
    assert trial.sites[0].city == "Lyon"
    assert trial.sites[1].city is None
    assert trial.eligibility.minimum_age == "18 Years"
    assert (trial.source.name, trial.source.form, trial.source.position) == ("x.json", "api-v2", 3)
    assert trial.extras == ()
    assert trial.diagnostics == ()


def test_absent_and_empty_stay_apart() -> None:
    trial = read(STUDY)
    assert trial.presence("protocolSection.outcomesModule.primaryOutcomes") == "empty"
    assert trial.presence("protocolSection.outcomesModule.otherOutcomes") == "absent"
    assert trial.presence("protocolSection.outcomesModule.secondaryOutcomes.measure") == "empty"
    assert trial.presence("protocolSection.oversightModule.oversightHasDmc") == "absent"


def test_all_1850_records_come_back_key_for_key(records: Iterable[bytes]) -> None:
    count = 0
    strictly = 0
    for number, line in enumerate(records, 1):
        trial = ctgov.read(line, "records", number)
        assert json.loads(ctgov.write(trial)) == json.loads(line), f"record {number}"
        count += 1
        strictly += ctgov.read_strictly(line) is not None
    assert count == 1850
    assert strictly >= 1840, "the fast way has become useless"


def test_the_sample_files_come_back_key_for_key_and_on_one_line(shared: Path) -> None:
    paths = [
        path for path in (shared / "data/records/samples").glob("*.json") if b"FullStudies" not in path.read_bytes()
    ]
    assert len(paths) == 14
    for path in paths:
        written = ctgov.write(ctgov.read(path.read_bytes()))
        assert json.loads(written) == json.loads(path.read_bytes()), path.name
        assert b"\n" not in written, path.name


MODULE = ("protocolSection", "designModule")
SITES = ("protocolSection", "contactsLocationsModule", "locations")


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        pytest.param(("news",), {"a": [1]}, "unknown-key", id="unknown-section"),
        pytest.param((*MODULE, "news"), "x", "unknown-key", id="unknown-key"),
        pytest.param((*MODULE, "patientRegistry"), "YES", "wrong-type", id="text-for-a-flag"),
        pytest.param((*MODULE, "studyType"), None, "wrong-type", id="null"),
        pytest.param((*MODULE, "phases"), "PHASE1", "wrong-type", id="text-for-a-list"),
        pytest.param((*MODULE, "phases", 0), 1, "wrong-type", id="number-in-a-list-of-texts"),
        pytest.param((*MODULE, "phases", 1), None, "wrong-type", id="null-in-a-list"),
        pytest.param((*MODULE, "enrollmentInfo"), [], "wrong-type", id="list-for-an-object"),
        pytest.param((*MODULE, "enrollmentInfo", "count"), 10**30, "wrong-type", id="a-number-beyond-64-bits"),
        pytest.param((*MODULE, "enrollmentInfo", "count"), 1.5, "wrong-type", id="half-a-person"),
        pytest.param((*MODULE, "enrollmentInfo", "count"), True, "wrong-type", id="a-flag-for-a-count"),
        pytest.param((*SITES, 1), "Lyon", "wrong-type", id="text-for-a-site"),
        pytest.param((*SITES, 0, "geoPoint", "height"), 3, "unknown-key", id="key-deep-in-a-list"),
        pytest.param(("hasResults",), "true", "wrong-type", id="text-for-the-last-flag"),
        pytest.param(("protocolSection",), 5, "wrong-type", id="number-for-a-section"),
        pytest.param(("derivedSection",), None, "wrong-type", id="null-for-a-section"),
    ],
)
def test_what_has_no_place_is_kept_aside_and_put_back(path: tuple[str | int, ...], value: object, code: str) -> None:
    study = changed(path, value)
    trial = read(study)
    assert Extra(path, value) in trial.extras
    (remark,) = [remark for remark in trial.diagnostics if remark.where == ctgov.dotted(path)]
    assert remark.code == code
    assert json.loads(ctgov.write(trial)) == study


def test_two_odd_members_of_one_list_come_back_in_their_places() -> None:
    sites = [1, {"city": "A"}, None, {"city": "B", "odd": True}, "x"]
    study = changed(SITES, sites)
    trial = read(study)
    assert [site.city for site in trial.sites] == ["A", "B"]
    assert [extra.path[-1] for extra in trial.extras] == [0, 2, "odd", 4]
    assert json.loads(ctgov.write(trial)) == study


def test_results_are_kept_as_printed_even_when_the_rest_goes_the_slow_way() -> None:
    data = b'{"odd": null, "resultsSection": {"a":  1.50, "b": null}, "hasResults": true}'
    trial = ctgov.read(data)
    assert trial.record.results is not None
    assert bytes(trial.record.results) == b'{"a":  1.50, "b": null}'
    assert json.loads(ctgov.write(trial)) == json.loads(data)


def test_the_word_null_in_a_text_is_no_null() -> None:
    study = changed(("protocolSection", "identificationModule", "briefTitle"), "the [null, hypothesis")
    assert ctgov.read_strictly(json.dumps(study).encode()) is None, "the cheap look is a look at bytes"
    assert read(study).extras == ()
    assert json.loads(ctgov.write(read(study))) == study


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("protocolSection", "statusModule", "startDateStruct", "date"), "2026-02-30", "bad-date"),
        (("protocolSection", "statusModule", "completionDateStruct"), {"date": "soon"}, "bad-date"),
        (("protocolSection", "statusModule", "studyFirstSubmitDate"), "2026-13", "bad-date"),
        (("protocolSection", "eligibilityModule", "minimumAge"), "18", "bad-age"),
        (("protocolSection", "eligibilityModule", "maximumAge"), "adult", "bad-age"),
    ],
)
def test_what_cannot_be_is_kept_and_remarked(path: tuple[str, ...], value: object, code: str) -> None:
    study = changed(path, value)
    trial = read(study)
    (remark,) = trial.diagnostics
    assert remark.code == code
    assert remark.where.startswith(".".join(path))
    assert json.loads(ctgov.write(trial)) == study


def test_real_dates_and_ages_have_no_remarks(records: Iterable[bytes]) -> None:
    codes = [remark.code for line in records for remark in ctgov.read(line).diagnostics]
    assert codes == ["wrong-type"], "one record has a text for a flag"


@pytest.mark.parametrize(
    ("data", "problem", "place"),
    [
        (b'{"protocolSection": {', "the JSON breaks off", "byte 21"),
        (b'{"protocolSection": {]}', "broken JSON", "byte 21"),
        (b"[]", "no object", ""),
        (b"{}", "none of its keys", ""),
        (b'{"nct_id": "NCT1"}', "found nct_id", ""),
        (b'{"hasResults": ' + b"[" * 100_000, "nested too deeply", ""),
        (b'{"protocolSection": {"n": 1e999}}', "range", ""),
    ],
)
def test_what_is_no_study_is_refused_with_its_place(data: bytes, problem: str, place: str) -> None:
    with pytest.raises(BadRecordError) as caught:
        ctgov.read(data)
    assert problem in caught.value.problem
    assert caught.value.place == place


def test_bytes_that_are_no_utf8_cost_a_letter_and_no_record() -> None:
    data = json.dumps(STUDY).encode().replace(b"A sample", b"A s\xe4mple")
    trial = ctgov.read(data)
    assert trial.title == "A s�mple"
    assert [remark.code for remark in trial.diagnostics] == ["bad-bytes"]


def test_extras_of_other_forms_do_not_enter_api_v2() -> None:
    from trialwright.registries import api_v1

    trial = api_v1.read(b'{"ProtocolSection": {"IdentificationModule": {"NCTId": "NCT90000001", "Odd": "1"}}}')
    assert trial.extras == (Extra(("ProtocolSection.IdentificationModule.Odd",), "1"),)
    assert json.loads(ctgov.write(trial)) == {"protocolSection": {"identificationModule": {"nctId": "NCT90000001"}}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, member in members for place in places(member, (*path, key))]


@given(st.lists(st.tuples(st.sampled_from(sorted(places(STUDY), key=str)), JSON), min_size=1, max_size=4))
def test_whatever_a_study_holds_comes_back(changes: list[tuple[tuple[str | int, ...], object]]) -> None:
    study = STUDY
    for path, value in changes:
        try:
            study = _with(study, path, value)
        except (TypeError, KeyError, IndexError):
            continue
    assert json.loads(ctgov.write(read(study))) == study


def _with(study: dict[str, Any], path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    copy = json.loads(json.dumps(study))
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    if isinstance(holder, dict) and not isinstance(path[-1], str):
        raise KeyError(path[-1])  # JSON has no such key
    holder[path[-1]] = value
    return copy
