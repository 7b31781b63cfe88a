"""Classic XML: every element has its path, and none is left behind."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from trialwright.registries import classic_xml, ctgov, fields
from trialwright.registries.drafts import iso_date
from trialwright.registries.unreadable import BadRecordError, ReadError
from trialwright.trial import Extra, Trial

RECORD = """<?xml version="1.0" encoding="UTF-8"?>
<clinical_study>
  <!-- a remark -->
  <required_header><url>https://example.org/NCT90000001</url></required_header>
  <id_info><org_study_id>AB-1</org_study_id><secondary_id>S1</secondary_id><secondary_id>S2</secondary_id>
    <nct_id>NCT90000001</nct_id></id_info>
  <brief_title>A &lt;sample&gt; &amp; more</brief_title>
  <acronym></acronym>
  <sponsors><lead_sponsor><agency>Home</agency><agency_class>U.S. Fed</agency_class></lead_sponsor>
    <collaborator><agency>C1</agency><agency_class>Industry</agency_class></collaborator>
    <collaborator><agency>C2</agency></collaborator></sponsors>
  <brief_summary><textblock>
      First line&#xD;
      second line.&#xD;
&#xD;
        -  an item
    </textblock></brief_summary>
  <overall_status>Active, not recruiting</overall_status>
  <start_date type="Anticipated">February 2026</start_date>
  <completion_date>Sometime</completion_date>
  <phase>Phase 1/Phase 2</phase>
  <study_type>Observational [Patient Registry]</study_type>
  <study_design_info><allocation>N/A</allocation>
    <masking>Double (Participant, Outcomes Assessor)</masking></study_design_info>
  <primary_outcome><measure>M</measure><time_frame>T</time_frame></primary_outcome>
  <number_of_arms>2</number_of_arms>
  <enrollment type="Actual">1,024</enrollment>
  <condition>X</condition><condition>Y</condition>
  <arm_group><arm_group_label>One</arm_group_label><arm_group_type>No Intervention</arm_group_type></arm_group>
  <intervention><intervention_type>Dietary Supplement</intervention_type><intervention_name>Tea</intervention_name>
    <arm_group_label>One</arm_group_label><arm_group_label>Two</arm_group_label><other_name>Chai</other_name></intervention>
  <intervention><intervention_name>Coffee</intervention_name><other_name>Java</other_name></intervention>
  <eligibility><criteria><textblock>
        Inclusion:

          -  One
      </textblock></criteria>
    <gender>All</gender><minimum_age>18 Years</minimum_age><maximum_age>N/A</maximum_age>
    <healthy_volunteers>Accepts Healthy Volunteers</healthy_volunteers></eligibility>
  <overall_official><first_name>Ada</first_name><last_name>Low</last_name><degrees>MD</degrees>
    <role>Study Chair</role></overall_official>
  <overall_contact><last_name>Bo</last_name><phone>1</phone><phone_ext>2</phone_ext></overall_contact>
  <location><facility><name>H1</name><address><city>Lyon</city><country>France</country></address></facility>
    <contact><last_name>C</last_name></contact><contact_backup><last_name>D</last_name></contact_backup>
    <investigator><last_name>E</last_name><role>Principal Investigator</role></investigator></location>
  <location><facility><address><city>Nice</city></address></facility><status>Recruiting</status></location>
  <results_reference><citation>Cite</citation><PMID>7</PMID></results_reference>
  <condition_browse><mesh_term>Disease</mesh_term></condition_browse>
  <novelty lang="x"><deep>1</deep></novelty>
</clinical_study>
"""


PROTOCOL: dict[str, Any] = {
    "identificationModule": {
        "nctId": "NCT90000001",
        "orgStudyIdInfo": {"id": "AB-1"},
        "secondaryIdInfos": [{"id": "S1"}, {"id": "S2"}],
        "briefTitle": "A <sample> & more",
        "acronym": "",
    },
    "statusModule": {
        "overallStatus": "ACTIVE_NOT_RECRUITING",
        "startDateStruct": {"date": "2026-02", "type": "ESTIMATED"},
        "completionDateStruct": {"date": "Sometime"},
    },
    "sponsorCollaboratorsModule": {
        "leadSponsor": {"name": "Home", "class": "FED"},
        "collaborators": [{"name": "C1", "class": "INDUSTRY"}, {"name": "C2"}],
    },
    "descriptionModule": {"briefSummary": "First line\nsecond line.\n\n  -  an item"},
    "conditionsModule": {"conditions": ["X", "Y"]},
    "designModule": {
        "studyType": "OBSERVATIONAL",
        "patientRegistry": True,
        "phases": ["PHASE1", "PHASE2"],
        "designInfo": {
            "allocation": "NA",
            "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"]},
        },
        "enrollmentInfo": {"count": 1024, "type": "ACTUAL"},
    },
    "armsInterventionsModule": {
        "armGroups": [{"label": "One", "type": "NO_INTERVENTION"}],
        "interventions": [
            {"type": "DIETARY_SUPPLEMENT", "name": "Tea", "armGroupLabels": ["One", "Two"], "otherNames": ["Chai"]},
            {"name": "Coffee", "otherNames": ["Java"]},
        ],
    },
    "outcomesModule": {"primaryOutcomes": [{"measure": "M", "timeFrame": "T"}]},
    "eligibilityModule": {
        "eligibilityCriteria": "Inclusion:\n\n  -  One",
        "healthyVolunteers": True,
        "sex": "ALL",
        "minimumAge": "18 Years",
    },
    "contactsLocationsModule": {
        "centralContacts": [{"name": "Bo", "role": "CONTACT", "phone": "1", "phoneExt": "2"}],
        "overallOfficials": [{"name": "Ada Low, MD", "role": "STUDY_CHAIR"}],
        "locations": [
            {
                "facility": "H1",
                "city": "Lyon",
                "country": "France",
                "contacts": [
                    {"name": "C", "role": "CONTACT"},
                    {"name": "D", "role": "CONTACT"},
                    {"name": "E", "role": "PRINCIPAL_INVESTIGATOR"},
                ],
            },
            {"status": "RECRUITING", "city": "Nice"},
        ],
    },
    "referencesModule": {"references": [{"pmid": "7", "type": "RESULT", "citation": "Cite"}]},
}


def read(text: str) -> Trial:
    (study,) = classic_xml.studies(text.encode())
    return classic_xml.read(study, "r.xml", 1)


@pytest.fixture(scope="module")
def trial() -> Trial:
    return read(RECORD)


def test_every_element_comes_under_its_path(trial: Trial) -> None:
    assert json.loads(ctgov.write(trial))["protocolSection"] == PROTOCOL


def test_no_upper_limit_is_absent_and_says_where_it_was_stated(trial: Trial) -> None:
    path = "protocolSection.eligibilityModule.maximumAge"
    assert trial.presence(path) == "absent"
    assert trial.origin(path).place == "/clinical_study/eligibility[1]/maximum_age[1]"


def test_an_empty_element_is_empty_and_not_absent(trial: Trial) -> None:
    assert trial.presence("protocolSection.identificationModule.acronym") == "empty"
    assert trial.presence("protocolSection.identificationModule.officialTitle") == "absent"


def test_what_has_no_path_is_kept_aside(trial: Trial) -> None:
    assert trial.extras == (
        Extra(("/clinical_study/required_header[1]",), {"url": ["https://example.org/NCT90000001"]}),
        Extra(("/clinical_study/number_of_arms[1]",), "2"),
        Extra(("/clinical_study/novelty[1]",), {"@lang": "x", "deep": ["1"]}),
    )


def test_remarks(trial: Trial) -> None:
    remarks = {(remark.code, remark.where) for remark in trial.diagnostics}
    assert remarks == {
        ("unknown-key", "/clinical_study/novelty[1]"),
        ("bad-date", "protocolSection.statusModule.completionDateStruct.date"),
    }


@pytest.mark.parametrize(
    ("inner", "code", "kept"),
    [
        ("<brief_title>A</brief_title><brief_title>B</brief_title>", "second-value", "B"),
        ("<brief_title>A<b>x</b>tail</brief_title>", "unknown-key", {"b": ["x"], "#": "Atail"}),
        ("<brief_summary><textblock>A<p>x</p></textblock></brief_summary>", "unknown-key", {"p": ["x"], "#": "A"}),
        ("stray", "unknown-key", "stray"),
        ('<phase odd="1">Phase 1</phase>', "unknown-key", "1"),
        ("<enrollment>many</enrollment>", "wrong-type", "many"),
        ("<has_expanded_access>perhaps</has_expanded_access>", "wrong-type", "perhaps"),
    ],
)
def test_nothing_is_dropped(inner: str, code: str, kept: object) -> None:
    trial = read(f"<clinical_study>{inner}</clinical_study>")
    assert [extra.value for extra in trial.extras] == [kept]
    assert code in {remark.code for remark in trial.diagnostics}


def test_entities_are_refused_before_they_grow() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><clinical_study><brief_title>&e9;</brief_title></clinical_study>'
    with pytest.raises(ReadError, match="declares its own entities"):
        classic_xml.studies(bomb.encode())


def test_outside_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    data = f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]><clinical_study>&e;</clinical_study>'
    with pytest.raises(ReadError, match="declares its own entities"):
        classic_xml.studies(data.encode())


@pytest.mark.parametrize(
    ("data", "problem", "place"),
    [
        (b"<clinical_study><a></clinical_study>", "broken XML: mismatched tag", "line 1, column 22"),
        (b"<clinical_study>\n<a>", "broken XML: no element found", "line 2, column 4"),
        (b'<?xml version="1.0" encoding="no-such"?><clinical_study/>', "broken XML: unknown encoding: no-such", ""),
    ],
)
def test_broken_xml_names_its_place(data: bytes, problem: str, place: str) -> None:
    with pytest.raises(BadRecordError) as caught:
        classic_xml.studies(data)
    assert (caught.value.problem, caught.value.place) == (problem, place)


def test_several_records_under_one_root() -> None:
    assert len(classic_xml.studies(b"<all><clinical_study/><clinical_study/></all>")) == 2


def test_another_root_is_no_record() -> None:
    with pytest.raises(ReadError, match="root is <html>"):
        classic_xml.studies(b"<html/>")


def test_elements_beyond_all_depth_end_in_a_refusal() -> None:
    deep = "<x>" * 50_000 + "</x>" * 50_000
    (study,) = classic_xml.studies(f"<clinical_study>{deep}</clinical_study>".encode())
    with pytest.raises(BadRecordError, match="nested too deeply"):
        classic_xml.read(study)


def shared_records(shared: Path) -> Iterator[tuple[Any, Trial]]:
    with tarfile.open(shared / "data/records/classic_xml.tar.gz") as archive:
        for member in archive:
            stream = archive.extractfile(member)
            assert stream is not None
            data = stream.read()
            yield ET.fromstring(data), classic_xml.read(classic_xml.studies(data)[0], member.name)


def word(kind: str, text: str | None) -> str | None:
    return None if text is None else fields.word(kind, text)


def test_714_records_against_a_second_reading(shared: Path) -> None:
    """Field by field against plain look-ups in the same XML; no record of this set is in the API v2 set."""
    count = 0
    for root, trial in shared_records(shared):
        count += 1
        number = root.findtext("id_info/nct_id")
        assert trial.nct_id == number
        assert trial.title == root.findtext("brief_title"), number
        assert trial.overall_status == word("Status", root.findtext("overall_status")), number
        assert len(trial.sites) == len(root.findall("location")), number
        cities = [node.findtext("facility/address/city") for node in root.findall("location")]
        assert [site.city for site in trial.sites] == cities, number
        assert list(trial.conditions) == [node.text for node in root.findall("condition")], number
        assert [arm.label for arm in trial.arms] == [
            node.findtext("arm_group_label") for node in root.findall("arm_group")
        ]
        check_interventions(root, trial)
        check_outcomes(root, trial)
        check_eligibility(root, trial)
        check_dates(root, trial)
    assert count == 714


def check_interventions(root: Any, trial: Trial) -> None:
    nodes = root.findall("intervention")
    assert [item.name for item in trial.interventions] == [node.findtext("intervention_name") for node in nodes]
    kinds = [word("InterventionType", node.findtext("intervention_type")) for node in nodes]
    assert [item.type for item in trial.interventions] == kinds
    labels = [[label.text for label in node.findall("arm_group_label")] for node in nodes]
    assert [list(item.arm_group_labels or ()) for item in trial.interventions] == labels


def check_outcomes(root: Any, trial: Trial) -> None:
    stated = [
        (kind, node.findtext("measure"), node.findtext("time_frame"), node.findtext("description"))
        for kind in ("primary", "secondary", "other")
        for node in root.findall(f"{kind}_outcome")
    ]
    read_ones = [(kind, o.measure, o.time_frame, o.description) for kind, o in trial.outcomes()]
    assert [tuple(text and text.strip() for text in row) for row in stated] == read_ones


def check_eligibility(root: Any, trial: Trial) -> None:
    limits = [root.findtext(f"eligibility/{key}") for key in ("minimum_age", "maximum_age")]
    expected = [None if limit == "N/A" else limit for limit in limits]
    assert [trial.eligibility.minimum_age, trial.eligibility.maximum_age] == expected
    assert trial.eligibility.sex == (root.findtext("eligibility/gender") or "").upper()
    text = root.findtext("eligibility/criteria/textblock")
    assert (trial.eligibility.eligibility_criteria or "").split() == text.split()


def check_dates(root: Any, trial: Trial) -> None:
    status = trial.protocol.status
    assert status is not None
    start = root.find("start_date")
    stated = None if start is None else (iso_date(start.text), word("DateType", start.get("type")))
    found = status.start_date_struct and (status.start_date_struct.date, status.start_date_struct.type)
    assert found == stated
    assert status.last_update_submit_date == iso_date(root.findtext("last_update_submitted"))


def test_714_records_need_no_remark_on_keys_words_or_types(shared: Path) -> None:
    wanted = {"unknown-key", "unknown-word", "wrong-type", "second-value", "bad-date", "bad-age"}
    found = {remark for _, trial in shared_records(shared) for remark in trial.diagnostics if remark.code in wanted}
    assert found == set()


def test_no_text_of_the_714_records_is_left_behind(shared: Path) -> None:
    """As many letters come out, in fields and extras, as there are in the elements."""
    for root, trial in shared_records(shared):
        for results in root.findall("clinical_results"):
            root.remove(results)
        kept = json.dumps([extra.value for extra in trial.extras if "clinical_results" not in extra.path[0]])
        out = letters(ctgov.write(trial).decode() + kept)
        for element in root.iter():
            for token in (element.text or "").split():
                if token.isalpha() and len(token) > 12:
                    assert token.lower() in out, (trial.nct_id, token)


def letters(text: str) -> str:
    return text.lower()
