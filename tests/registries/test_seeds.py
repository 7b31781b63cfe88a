"""The five documents the project is asked to serve, field by field.

Numbers, dates, names and ids are written here by hand from the documents and their reference reading. Long texts are
compared with slices of the documents themselves, which stay where they are.
"""

from collections import Counter

import pytest

from trialwright.registries import flattened, portal
from trialwright.trial import Trial

IDENTIFICATION = "protocolSection.identificationModule"
STATUS = "protocolSection.statusModule"
DESIGN = "protocolSection.designModule"
ARMS = "protocolSection.armsInterventionsModule"
SPONSORS = "protocolSection.sponsorCollaboratorsModule"
CONTACTS = "protocolSection.contactsLocationsModule"
ELIGIBILITY = "protocolSection.eligibilityModule"
DESCRIPTION = "protocolSection.descriptionModule"
OUTCOMES = "protocolSection.outcomesModule"


def between(text: str, start: str, end: str) -> str:
    """The document from `start` to just before `end`, without the white space around it."""
    first = text.index(start)
    return text[first : text.index(end, first)].strip()


def behind(text: str, heading: str, lines: int) -> str:
    """The paragraph that stands `lines` filled lines below a heading."""
    filled = [line for line in text[text.index(f"\n{heading}\n") :].split("\n") if line.strip()]
    return filled[lines]


def codes(trial: Trial) -> Counter[str]:
    return Counter(remark.code for remark in trial.diagnostics)


def remarks(trial: Trial, code: str) -> list[str]:
    return [remark.message for remark in trial.diagnostics if remark.code == code]


def extras(trial: Trial) -> dict[str, object]:
    return {str(extra.path[-1]): extra.value for extra in trial.extras}


def absent(trial: Trial, *paths: str) -> list[str]:
    """The paths that are not absent."""
    return [path for path in paths if trial.presence(path) != "absent"]


def check_origins(trial: Trial, text: str) -> None:
    """Every span lies in the document, and the places of short values hold the value."""
    assert trial.source.origins
    for path, origin in trial.source.origins.items():
        assert origin.place, path
        assert origin.span is not None, path
        assert origin.span.of(text).strip(), path
    for remark in trial.diagnostics:
        if not remark.where and remark.span:
            assert remark.span.end <= len(text), remark


class TestSeed000:
    @pytest.fixture(scope="class")
    @classmethod
    def text(cls, seeds: dict[str, bytes]) -> str:
        return seeds["000"].decode()

    @pytest.fixture(scope="class")
    @classmethod
    def trial(cls, text: str) -> Trial:
        assert flattened.looks_like(text)
        assert not portal.looks_like(text)
        return flattened.read(text, "000.txt", 1)

    def test_form(self, trial: Trial, text: str) -> None:
        assert (trial.source.form, trial.source.name, trial.source.position) == ("flattened-row", "000.txt", 1)
        assert trial.source.stripped == frozenset()
        assert trial.extras == ()
        check_origins(trial, text)

    def test_texts(self, trial: Trial, text: str) -> None:
        lines = text.strip().split("\n")
        description = trial.protocol.description
        assert trial.title == lines[0]
        assert description
        assert (description.brief_summary, description.detailed_description) == (lines[1], lines[5])

    def test_condition_and_interventions(self, trial: Trial) -> None:
        assert trial.conditions == ("Nasopharyngeal Carcinoma (NPC)",)
        assert [(item.type, item.name) for item in trial.interventions] == [
            ("DRUG", "Toripalimab"),
            ("DRUG", "Capecitabine"),
            ("PROCEDURE", "salvage surgery"),
        ]

    def test_the_outcome_is_parted_although_its_time_frame_holds_commas(self, trial: Trial, text: str) -> None:
        ((kind, outcome),) = trial.outcomes()
        assert (kind, outcome.measure) == ("primary", "2-year progression-free survival")
        assert outcome.description == outcome.measure
        assert outcome.time_frame == between(text, "From date of randomization", "\nRegarding")
        assert outcome.time_frame
        assert outcome.time_frame.count(",") == 2

    def test_what_the_form_does_not_hold_is_absent(self, trial: Trial) -> None:
        paths = (
            f"{IDENTIFICATION}.nctId",
            f"{STATUS}.overallStatus",
            f"{STATUS}.startDateStruct",
            f"{DESIGN}.phases",
            f"{DESIGN}.enrollmentInfo",
            f"{DESIGN}.designInfo",
            f"{ELIGIBILITY}.eligibilityCriteria",
            f"{ELIGIBILITY}.minimumAge",
            f"{SPONSORS}.leadSponsor",
            f"{CONTACTS}.locations",
            f"{ARMS}.armGroups",
            f"{OUTCOMES}.secondaryOutcomes",
        )
        assert absent(trial, *paths) == []

    def test_remarks(self, trial: Trial, text: str) -> None:
        assert codes(trial) == {"label-lost": 1, "missing-space": 1, "repeated-text": 2}
        (missing,) = [remark for remark in trial.diagnostics if remark.code == "missing-space"]
        assert missing.where == f"{DESCRIPTION}.detailedDescription"
        assert missing.span
        assert missing.span.of(text.split("\n")[5]) == "oma.The"
        first, second = (remark for remark in trial.diagnostics if remark.code == "repeated-text")
        assert first.span
        assert first.span.of(text.split("\n")[5]) == text.split("\n")[1]
        assert second.where == f"{OUTCOMES}.primaryOutcomes[0].description"


class TestSeed003:
    @pytest.fixture(scope="class")
    @classmethod
    def text(cls, seeds: dict[str, bytes]) -> str:
        return seeds["003"].decode()

    @pytest.fixture(scope="class")
    @classmethod
    def trial(cls, text: str) -> Trial:
        assert flattened.looks_like(text)
        assert not portal.looks_like(text)
        return flattened.read(text, "003.txt")

    def test_texts(self, trial: Trial, text: str) -> None:
        lines = text.strip().split("\n")
        assert trial.title == lines[0]
        description = trial.protocol.description
        assert description
        assert description.brief_summary == description.detailed_description == lines[1] == lines[6]
        assert trial.conditions == ("Nasopharyngeal Carcinoma",)
        check_origins(trial, text)

    def test_the_two_treatments_stay_one_intervention_as_registered(self, trial: Trial) -> None:
        (item,) = trial.interventions
        assert (item.type, item.name) == ("DRUG", "Sintilimab in combination with Multimodality Radiotherapy")

    def test_outcomes(self, trial: Trial) -> None:
        two_years = "up to approximately 2 years"
        found = [(kind, item.measure, item.description, item.time_frame) for kind, item in trial.outcomes()]
        assert found[:5] == [
            ("primary", "Objective response rate", None, two_years),
            ("secondary", "Progression-free survival", None, two_years),
            ("secondary", "Overall survival", None, two_years),
            ("secondary", "Duration of remission", None, two_years),
            ("secondary", "1 year overall survival", None, "1 years after treatment finished"),
        ]

    def test_the_literal_time_frame_parts_the_last_outcome(self, trial: Trial, text: str) -> None:
        *_, (_, last) = trial.outcomes()
        assert (last.measure, last.description) == ("Adverse reactions", None)
        assert last.time_frame == between(text, "from the first drug administration", "\nNasopharyngeal")

    def test_what_the_form_does_not_hold_is_absent(self, trial: Trial) -> None:
        paths = (
            f"{IDENTIFICATION}.nctId",
            f"{DESIGN}.phases",
            f"{ELIGIBILITY}.eligibilityCriteria",
            f"{ARMS}.armGroups",
        )
        assert absent(trial, *paths) == []
        assert trial.source.stripped == frozenset()

    def test_remarks(self, trial: Trial) -> None:
        assert codes(trial) == {"label-lost": 1, "label-in-value": 1, "missing-space": 2, "repeated-text": 1}
        assert remarks(trial, "repeated-text") == ["the detailed description is the brief summary, word for word"]


class TestSeed001:
    @pytest.fixture(scope="class")
    @classmethod
    def text(cls, seeds: dict[str, bytes]) -> str:
        return seeds["001"].decode()

    @pytest.fixture(scope="class")
    @classmethod
    def trial(cls, text: str) -> Trial:
        assert portal.looks_like(text)
        assert not flattened.looks_like(text)
        return portal.read(text, "001.txt")

    def test_identification(self, trial: Trial, text: str) -> None:
        assert trial.source.form == "portal-glued"
        assert trial.nct_id == "NCT05350891"
        assert trial.title == text.split("\n")[2]
        assert absent(trial, f"{IDENTIFICATION}.briefTitle", f"{IDENTIFICATION}.orgStudyIdInfo") == []
        check_origins(trial, text)

    def test_facts_are_parted_from_their_labels(self, trial: Trial) -> None:
        design, sponsors = trial.protocol.design, trial.protocol.sponsor_collaborators
        assert design
        assert design.enrollment_info
        assert (trial.phases, design.study_type) == (("PHASE2",), "INTERVENTIONAL")
        assert (design.enrollment_info.count, design.enrollment_info.type) == (77, "ESTIMATED")
        assert sponsors
        assert sponsors.lead_sponsor
        lead = sponsors.lead_sponsor
        assert (lead.name, lead.class_) == ("Eye & ENT Hospital of Fudan University", "OTHER")
        assert (trial.eligibility.minimum_age, trial.eligibility.maximum_age) == ("18 Years", None)
        assert trial.eligibility.sex == "ALL"
        assert trial.conditions == ("Recurrent Nasopharyngeal Carcinoma",)

    def test_one_site_is_named(self, trial: Trial) -> None:
        (site,) = trial.sites
        assert (site.facility, site.city, site.state, site.country, site.status) == (None, "Hefei", "Anhui", None, None)
        assert remarks(trial, "sites-unnamed") == ["7 of 8 sites are not named on the page"]

    def test_the_eligibility_text_is_whole_and_holds_nothing_of_the_editors(self, trial: Trial, text: str) -> None:
        assert trial.eligibility.eligibility_criteria == between(
            text, "Inclusion Criteria:", "Where this trial is running"
        )
        assert "Good fit" not in (trial.eligibility.eligibility_criteria or "")
        assert "\\>10mg" in (trial.eligibility.eligibility_criteria or "")

    def test_editorial_blocks_stand_beside_the_record(self, trial: Trial, text: str) -> None:
        assert absent(trial, f"{DESCRIPTION}.briefSummary", f"{DESCRIPTION}.detailedDescription") == []
        kept = extras(trial)
        assert kept["title"] == [text.split("\n")[0]]
        assert kept["under the title"] == [text.split("\n")[6]]
        for heading, count in (
            ("What this trial studies", 1),
            ("Who should consider this trial", 2),
            ("Why it matters", 2),
        ):
            found = kept[heading]
            assert isinstance(found, list)
            assert found == [behind(text, heading, at) for at in range(1, count + 1)]
        assert kept["Last reviewed"] == "2026-05-15"
        assert codes(trial)["editorial-text"] == 6

    def test_the_scraped_list_is_no_list_of_interventions(self, trial: Trial) -> None:
        assert trial.interventions == ()
        assert trial.presence(f"{ARMS}.interventions") == "stripped"
        assert extras(trial)["Drugs / interventions"] == "chemotherapy, immunotherapy, prednisone"
        (message,) = remarks(trial, "scraped-interventions")
        assert message.endswith("in the eligibility text stand chemotherapy, immunotherapy, prednisone")

    def test_stripped_and_absent(self, trial: Trial) -> None:
        assert trial.source.stripped == {f"{ARMS}.interventions", f"{CONTACTS}.centralContacts"}
        paths = (
            f"{STATUS}.overallStatus",
            f"{STATUS}.startDateStruct",
            f"{STATUS}.lastUpdatePostDateStruct",
            f"{ELIGIBILITY}.healthyVolunteers",
            f"{DESIGN}.designInfo",
            f"{ARMS}.armGroups",
            "protocolSection.outcomesModule",
            "hasResults",
        )
        assert absent(trial, *paths) == []

    def test_remarks(self, trial: Trial) -> None:
        assert codes(trial) == {
            "boilerplate": 1,
            "editorial-text": 6,
            "label-ambiguous": 1,
            "lost-superscript": 3,
            "markdown-escape": 1,
            "scraped-interventions": 1,
            "sites-unnamed": 1,
            "value-lost": 1,
        }
        text = trial.eligibility.eligibility_criteria or ""
        spans = [remark.span for remark in trial.diagnostics if remark.code == "lost-superscript"]
        assert [span.of(text) for span in spans if span] == ["x 109/L"] * 3
        assert remarks(trial, "value-lost") == ["printed without what belongs under them: Study contacts"]


class TestSeed002:
    @pytest.fixture(scope="class")
    @classmethod
    def text(cls, seeds: dict[str, bytes]) -> str:
        return seeds["002"].decode()

    @pytest.fixture(scope="class")
    @classmethod
    def trial(cls, text: str) -> Trial:
        assert portal.looks_like(text)
        assert not flattened.looks_like(text)
        return portal.read(text, "002.txt")

    def test_identification_and_dates(self, trial: Trial, text: str) -> None:
        status, identification = trial.protocol.status, trial.protocol.identification
        assert status
        assert identification
        assert trial.source.form == "portal-labelled"
        assert (trial.nct_id, trial.title) == ("NCT07332247", text.split("\n")[0])
        assert trial.overall_status == "RECRUITING"
        structs = (status.start_date_struct, status.completion_date_struct, status.last_update_post_date_struct)
        assert [struct and (struct.date, struct.type) for struct in structs] == [
            ("2026-02-03", None),
            ("2035-02-03", None),
            ("2026-02-04", None),
        ]
        assert identification.org_study_id_info
        assert identification.org_study_id_info.id == "2025-FXY-205"
        assert trial.record.has_results is False
        check_origins(trial, text)

    def test_design(self, trial: Trial) -> None:
        design = trial.protocol.design
        assert design
        assert design.design_info
        assert design.enrollment_info
        info = design.design_info
        assert (trial.phases, design.study_type) == (("PHASE2",), "INTERVENTIONAL")
        assert (design.enrollment_info.count, design.enrollment_info.type) == (94, None)
        assert (info.allocation, info.intervention_model, info.primary_purpose) == (
            "RANDOMIZED",
            "PARALLEL",
            "TREATMENT",
        )
        assert info.masking_info
        assert info.masking_info.masking == "NONE"

    def test_texts(self, trial: Trial, text: str) -> None:
        description = trial.protocol.description
        assert description
        assert description.brief_summary == behind(text, "Brief Summary", 2)
        assert description.detailed_description == behind(text, "Detailed Description", 2)
        assert trial.conditions == ("Nasopharangeal Cancer Recurrent Nasopharynx Carcinoma",)

    def test_eligibility(self, trial: Trial, text: str) -> None:
        module = trial.eligibility
        assert module.eligibility_criteria == between(text, "Inclusion Criteria\n", "Minimum Eligible Age")
        assert (module.minimum_age, module.maximum_age, module.sex) == ("18 Years", "70 Years", "ALL")
        assert module.healthy_volunteers is False

    def test_arms(self, trial: Trial, text: str) -> None:
        first, second = trial.arms
        assert (first.label, first.type) == ("Selective re-irradiation group", "OTHER")
        assert (second.label, second.type) == ("Immediate re-irradiation group", "OTHER")
        assert first.description == between(
            text, "PD-1 inhibitor maintenance + Selective re-irradiation:", "Group Type"
        )
        assert second.description == between(text, "Immediate re-irradiation + PD-1", "Group Type")
        assert first.intervention_names == ("Radiation: Selective re-irradiation",)
        assert second.intervention_names == ("Radiation: Immediate re-irradiation",)

    def test_interventions(self, trial: Trial, text: str) -> None:
        found = [(item.name, item.type, item.arm_group_labels) for item in trial.interventions]
        assert found == [
            ("Selective re-irradiation", "RADIATION", ("Selective re-irradiation group",)),
            ("Immediate re-irradiation", "RADIATION", ("Immediate re-irradiation group",)),
        ]
        listed = text[text.index("\nInterventions\n") :]
        selective, immediate = trial.interventions
        assert selective.description == between(listed, "PD-1 inhibitor maintenance +", "Intervention Type")
        assert immediate.description == between(listed, "Immediate re-irradiation + PD-1", "Intervention Type")

    def test_sponsor_and_responsible_party(self, trial: Trial) -> None:
        module = trial.protocol.sponsor_collaborators
        assert module
        assert module.lead_sponsor
        assert module.responsible_party
        assert (module.lead_sponsor.name, module.lead_sponsor.class_) == ("Sun Yat-sen University", "OTHER")
        assert module.collaborators is None
        party = module.responsible_party
        assert (party.type, party.investigator_full_name) == ("PRINCIPAL_INVESTIGATOR", "Hai-Qiang Mai,MD,PhD")
        assert (party.investigator_title, party.investigator_affiliation) == ("Principal Investigator", None)

    def test_site_and_contacts(self, trial: Trial) -> None:
        module = trial.protocol.contacts_locations
        assert module
        assert module.central_contacts
        (site,), (central,) = trial.sites, module.central_contacts
        assert site.facility == "Sun Yat-sen University Cancer Center"
        assert (site.city, site.state, site.country) == ("Guangzhou", "Guangdong", "China")
        assert site.status == "RECRUITING"
        assert (central.name, central.role, central.phone) == ("Haiqiang Mai, PhD, MD", "CONTACT", "+86-020-87343643")
        assert site.contacts
        (local,) = site.contacts
        assert (local.name, local.role, local.phone) == ("Haiqiang Mai, PhD, MD", "CONTACT", "00862087343643")
        assert extras(trial)["Countries"] == ["China"]

    def test_origins_name_heading_and_place(self, trial: Trial, text: str) -> None:
        for path, place, words in (
            (f"{DESIGN}.enrollmentInfo.count", "Total Enrollment", "94 participants"),
            (f"{ELIGIBILITY}.maximumAge", "Maximum Eligible Age", "70 Years"),
            (f"{CONTACTS}.locations[0].city", "Locations", "Guangzhou, Guangdong, China"),
            (f"{ARMS}.armGroups[1].type", "Study Groups", "Group Type OTHER"),
            (f"{CONTACTS}.locations[0].contacts", "Facility Contacts", "Haiqiang Mai, PhD, MD"),
        ):
            origin = trial.origin(path)
            assert (origin.place, bool(origin.span)) == (place, True), path
            assert origin.span
            assert origin.span.of(text).startswith(words)

    def test_nothing_is_stripped_and_outcomes_are_absent(self, trial: Trial) -> None:
        assert trial.source.stripped == frozenset()
        assert absent(trial, "protocolSection.outcomesModule", f"{CONTACTS}.overallOfficials") == []

    def test_the_related_trial_stays_outside(self, trial: Trial) -> None:
        kept = extras(trial)["More Related Trials"]
        assert isinstance(kept, list)
        assert kept[1].startswith("NCT03306121 ")
        (message,) = remarks(trial, "foreign-trial-id")
        assert message.endswith(": NCT03306121")

    def test_remarks(self, trial: Trial) -> None:
        assert codes(trial) == {
            "boilerplate": 1,
            "foreign-trial-id": 1,
            "joined-list": 1,
            "label-ambiguous": 1,
            "markdown-escape": 1,
            "missing-space": 2,
            "repeated-text": 2,
        }
        assert remarks(trial, "markdown-escape") == ["1 backslash escape: \\~"]
        assert remarks(trial, "boilerplate") == ["17 lines are the page's own words and were left out"]


class TestSeed004:
    @pytest.fixture(scope="class")
    @classmethod
    def text(cls, seeds: dict[str, bytes]) -> str:
        return seeds["004"].decode()

    @pytest.fixture(scope="class")
    @classmethod
    def trial(cls, text: str) -> Trial:
        assert portal.looks_like(text)
        assert not flattened.looks_like(text)
        return portal.read(text, "004.txt")

    def test_identification_and_dates(self, trial: Trial, text: str) -> None:
        status, identification = trial.protocol.status, trial.protocol.identification
        assert status
        assert identification
        assert trial.source.form == "portal-stripped"
        assert (trial.nct_id, trial.title) == ("NCT07129772", text.split("\n")[0])
        assert trial.overall_status == "NOT_YET_RECRUITING"
        structs = (status.start_date_struct, status.completion_date_struct, status.last_update_post_date_struct)
        assert [struct and struct.date for struct in structs] == ["2025-11-01", "2028-06-30", "2025-09-04"]
        assert identification.org_study_id_info
        assert identification.org_study_id_info.id == "PINNACLE"
        check_origins(trial, text)

    def test_design_is_told_by_its_words(self, trial: Trial) -> None:
        design = trial.protocol.design
        assert design
        assert design.design_info
        assert design.enrollment_info
        info = design.design_info
        assert (trial.phases, design.study_type, design.enrollment_info.count) == (("PHASE2",), "INTERVENTIONAL", 53)
        assert (info.allocation, info.intervention_model, info.primary_purpose) == ("NA", "SINGLE_GROUP", "TREATMENT")
        assert info.masking_info
        assert info.masking_info.masking == "NONE"

    def test_texts(self, trial: Trial, text: str) -> None:
        description = trial.protocol.description
        assert description
        assert description.brief_summary == behind(text, "Brief Summary", 2)
        wanted = between(text, "All eligible patients shall receive", "\nConditions\n")
        assert description.detailed_description == wanted
        assert wanted.count("\n") == 2

    def test_eligibility(self, trial: Trial, text: str) -> None:
        module = trial.eligibility
        assert module.eligibility_criteria == between(text, "Inclusion Criteria\n", "\n18 Years\nALL\nNo\nSponsors")
        assert (module.minimum_age, module.maximum_age, module.sex) == ("18 Years", None, "ALL")
        assert module.healthy_volunteers is False

    def test_arm_and_interventions(self, trial: Trial, text: str) -> None:
        (arm,) = trial.arms
        assert arm.label == behind(text, "Study Groups", 2)
        assert arm.description == behind(text, "Study Groups", 3)
        names = ("Gemcitabine (GEM)", "Cisplatin", "PEMBROLIZUMAB (alone or when added to a regimen above)")
        assert arm.intervention_names == names
        assert tuple(item.name for item in trial.interventions) == names
        assert {item.description for item in trial.interventions} == {behind(text, "Interventions", 3)}
        assert {item.arm_group_labels for item in trial.interventions} == {(arm.label,)}
        assert {item.type for item in trial.interventions} == {arm.type} == {None}

    def test_four_sponsors_and_no_lead(self, trial: Trial) -> None:
        names = (
            "Sun Yat-sen University",
            "Changhua Christian Hospital",
            "National University of Singapore",
            "The University of Hong Kong",
        )
        assert trial.protocol.sponsor_collaborators is None
        assert extras(trial)["Sponsors"] == [{"name": name, "class": "OTHER"} for name in names]
        (message,) = remarks(trial, "lead-sponsor-unmarked")
        assert all(name in message for name in names)

    def test_official_and_site(self, trial: Trial) -> None:
        module = trial.protocol.contacts_locations
        assert module
        assert module.overall_officials
        (official,), (site,) = module.overall_officials, trial.sites
        assert (official.name, official.role) == ("Victor Ho-Fun Lee, MD", "PRINCIPAL_INVESTIGATOR")
        assert official.affiliation == "Department of Clinical Oncology, The University of Hong Kong"
        assert site.facility == "Department of Clinical Oncology, Queen Mary Hospital"
        assert (site.city, site.state, site.country, site.status) == ("Hong Kong", "", "Hong Kong", None)

    def test_reference(self, trial: Trial, text: str) -> None:
        module = trial.protocol.references
        assert module
        assert module.references
        (reference,) = module.references
        assert reference.citation == behind(text, "References", 2)

    def test_stripped_is_neither_absent_nor_empty(self, trial: Trial) -> None:
        assert trial.source.stripped == {
            "portal.Countries",
            "protocolSection.conditionsModule.conditions",
            f"{ARMS}.armGroups.type",
            f"{ARMS}.interventions.type",
            f"{ARMS}.interventions.otherNames",
            f"{SPONSORS}.leadSponsor",
            f"{SPONSORS}.collaborators",
            f"{SPONSORS}.responsibleParty",
            f"{CONTACTS}.centralContacts",
            f"{CONTACTS}.locations.status",
        }
        for path in trial.source.stripped - {"portal.Countries"}:
            assert trial.presence(path) == "stripped", path
        assert trial.presence(f"{CONTACTS}.locations.state") == "empty"
        assert absent(trial, "protocolSection.outcomesModule", f"{ELIGIBILITY}.maximumAge") == []
        (message,) = remarks(trial, "value-lost")
        lost = "Conditions, Other Intervention Names, Responsible Party, Countries, Central Contacts"
        assert message.endswith(lost)

    def test_the_five_related_trials_stay_outside(self, trial: Trial) -> None:
        foreign = ("NCT04890522", "NCT05549466", "NCT05193617", "NCT07332247", "NCT03619824")
        (message,) = remarks(trial, "foreign-trial-id")
        assert message.endswith(", ".join(foreign))
        kept = extras(trial)["Related Clinical Trials"]
        assert isinstance(kept, list)
        assert len(kept) == 2 * len(foreign)
        description = trial.protocol.description
        assert description
        whole = f"{description.brief_summary}{description.detailed_description}{trial.eligibility.eligibility_criteria}"
        assert not any(nct_id in whole for nct_id in foreign)

    def test_what_publishing_did_to_the_criteria(self, trial: Trial) -> None:
        text = trial.eligibility.eligibility_criteria or ""
        marked = [
            (item.code, item.span.of(text))
            for item in trial.diagnostics
            if item.where.endswith("Criteria") and item.span
        ]
        assert ("lost-angle-text", "\\<\\>") in marked
        assert ("lost-angle-text", "Women 1 year ago") in marked
        assert remarks(trial, "numbering-gap") == [
            "item 1 is missing before 2",
            "items 14-19 are missing before 20",
            "item 1 is missing before 2",
        ]
        (escapes,) = remarks(trial, "markdown-escape")
        assert escapes == "16 backslash escapes: \\< \\> \\[ \\]"

    def test_remarks(self, trial: Trial) -> None:
        assert codes(trial) == {
            "boilerplate": 1,
            "foreign-trial-id": 1,
            "label-ambiguous": 1,
            "label-lost": 5,
            "lead-sponsor-unmarked": 1,
            "lost-angle-text": 2,
            "markdown-escape": 1,
            "numbering-gap": 3,
            "repeated-text": 2,
            "value-lost": 1,
        }
